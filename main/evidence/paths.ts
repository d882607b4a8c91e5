/** The closed list of places in a pack of version 1 (event-format section 7). Names are ASCII and shorter than 160. */
export const packVersion = 1;
/** How the derived files are made from the log. Raised when one of them comes out differently; recorded in bag-info.txt. */
export const viewRules = 1;

export const manifestFile = 'manifest-sha256.txt';
export const tagManifestFile = 'tagmanifest-sha256.txt';
export const signatureFile = `signatures/${tagManifestFile}.sig`;
export const signersCopy = 'signatures/allowed_signers';
export const topFiles = [
  'bag-info.txt',
  'bagit.txt',
  manifestFile,
  tagManifestFile,
  signatureFile,
  signersCopy,
] as const;

export const headsFile = 'data/20-timeline/HEADS.txt';
export const disclosuresFile = 'data/90-disclosures/disclosures.jsonl';
export const lineageFile = 'data/60-lineage/lineage.json';

/** Streams of the room lie in 20-timeline, those of the organisation's log in 20-timeline/org. */
export const streamFile = (org: boolean, dev: string, kind: 'chain' | 'sigs'): string =>
  `data/20-timeline/${org ? 'org/' : ''}${dev}.${kind}.jsonl`;
export const blobFile = (sha256: string): string => `data/95-attachments/${sha256}`;

const streamPattern = /^data\/20-timeline\/(org\/)?([A-Za-z0-9_-]{43})\.(chain|sigs)\.jsonl$/;
const blobPattern = /^data\/95-attachments\/([0-9a-f]{64})$/;

export type StreamPlace = { readonly org: boolean; readonly dev: string; readonly kind: 'chain' | 'sigs' };
export const streamPlace = (path: string): StreamPlace | null => {
  const match = streamPattern.exec(path);
  if (!match) return null;
  return { org: match[1] !== undefined, dev: match[2] ?? '', kind: match[3] === 'chain' ? 'chain' : 'sigs' };
};
export const blobPlace = (path: string): string | null => blobPattern.exec(path)?.[1] ?? null;

/** Text order by code unit, which is byte order for the pack's ASCII names (LC_ALL=C). */
export const byPath = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
