import type { JsonValue } from '../../shared/base/json.ts';
import { bagInfoText, bagitText, printManifest } from './bag.ts';
import { checkerFiles } from './checkers.ts';
import { crateFile } from './derive-crate.ts';
import { disclosureFiles } from './derive-disclosures.ts';
import { incidentFiles } from './derive-incident.ts';
import { recordFiles } from './derive-records.ts';
import { startFile } from './derive-start.ts';
import { timelineFiles } from './derive-timeline.ts';
import { jsonFile, measure, textFile, type MeasuredFile, type PackFile } from './pack-file.ts';
import type { PackContext } from './pack-context.ts';
import { blobFile, byPath, lineageFile, manifestFile, signersCopy, tagManifestFile } from './paths.ts';
import { signersLine } from './sshsig.ts';

/** Lineage as the exporting device had it; the only file of a pack that does not follow from the log. */
export type LineageExtract = {
  readonly edges: readonly JsonValue[];
  /** Up to which moment its source was complete, as the device knew it. */
  readonly completeTo: string | null;
  readonly source: string;
};

const lineageNote =
  'A device’s cache of lineage, not part of the log: the signature of this pack covers it, the chains do not. The source ' +
  'records a subset of all reads and writes and keeps them for about a year.';

export const lineageFileOf = (lineage: LineageExtract | null): PackFile =>
  jsonFile(lineageFile, {
    collected: lineage !== null,
    source: lineage?.source ?? null,
    complete_to: lineage?.completeTo ?? null,
    note: lineage === null ? 'No lineage was collected for this pack.' : lineageNote,
    edges: lineage?.edges ?? [],
  });

/** Every file that follows from the log, without attachments and lineage. */
export const derivedFiles = (context: PackContext): readonly PackFile[] => [
  startFile(context),
  ...incidentFiles(context),
  ...timelineFiles(context),
  ...recordFiles(context),
  ...disclosureFiles(context),
  ...checkerFiles({ top: context.topFolder, principal: context.principal }),
];

export type Payload = readonly MeasuredFile[];

/** The payload: derived files, `others` (attachments, lineage), and the crate that lists them all. Sorted by path. */
export const payloadOf = (context: PackContext, others: readonly MeasuredFile[]): Payload => {
  const files = [...derivedFiles(context).map(measure), ...others].sort((a, b) => byPath(a.path, b.path));
  return [...files, measure(crateFile(context, files))].sort((a, b) => byPath(a.path, b.path));
};

export type TagFiles = {
  readonly files: readonly MeasuredFile[];
  /** The bytes that are signed. */
  readonly tagManifest: Buffer;
};

/** bagit.txt, bag-info.txt, both manifests, and the convenience copy of the signer's line. */
export const tagFilesOf = (context: PackContext, payload: Payload, agent: string): TagFiles => {
  const manifest = measure(textFile(manifestFile, printManifest(payload)));
  const info = bagInfoText({
    log: context.replay.room,
    org: context.replay.org,
    at: context.at,
    principal: context.principal,
    fingerprint: context.fingerprint,
    agent,
    payloadBytes: payload.reduce((sum, { size }) => sum + size, 0),
    payloadFiles: payload.length,
  });
  const tagged = [measure(textFile('bag-info.txt', info)), measure(textFile('bagit.txt', bagitText)), manifest];
  const tagText = printManifest(tagged);
  return {
    files: [
      ...tagged,
      measure(textFile(tagManifestFile, tagText)),
      measure(textFile(signersCopy, signersLine(context.principal, context.pub))),
    ],
    tagManifest: Buffer.from(tagText),
  };
};

/** A blob as a file of the pack; null when what lies there does not have the digest of its name. */
export const checkedBlob = (file: PackFile, sha256: string): MeasuredFile | null => {
  const measured = measure({ ...file, path: blobFile(sha256) });
  return measured.sha256 === sha256 ? measured : null;
};
