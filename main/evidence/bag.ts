import { byPath, packVersion, viewRules } from './paths.ts';

/** BagIt 1.0 (RFC 8493): plain text files that `sha256sum -c` reads. */
export type Sum = { readonly path: string; readonly sha256: string };

export const bagitText = 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n';

export const printManifest = (sums: readonly Sum[]): string =>
  [...sums]
    .sort((a, b) => byPath(a.path, b.path))
    .map(({ path, sha256 }) => `${sha256}  ${path}\n`)
    .join('');

/** Entries of a manifest, or null when a line is not `<sha256>  <path>` or a path stands twice. */
export const parseManifest = (text: string): ReadonlyMap<string, string> | null => {
  const sums = new Map<string, string>();
  if (text !== '' && !text.endsWith('\n')) return null;
  for (const line of text.split('\n').slice(0, -1)) {
    const [, sha256, path] = /^([0-9a-f]{64}) {2}([!-~]+)$/.exec(line) ?? [];
    if (sha256 === undefined || path === undefined || sums.has(path)) return null;
    sums.set(path, sha256);
  }
  return sums;
};

export type BagFacts = {
  readonly log: string;
  readonly org: string | null;
  /** RFC 3339: when the export was recorded. */
  readonly at: string;
  readonly principal: string;
  readonly fingerprint: string;
  /** Program and version that wrote the pack; never judged. */
  readonly agent: string;
  readonly payloadBytes: number;
  readonly payloadFiles: number;
};

export const bagInfoText = (facts: BagFacts): string =>
  [
    `Bag-Software-Agent: ${facts.agent}`,
    `Bagging-Date: ${facts.at.slice(0, 10)}`,
    `Breakwater-Exported-At: ${facts.at}`,
    `Breakwater-Log: ${facts.log}`,
    `Breakwater-Organisation-Log: ${facts.org ?? 'none'}`,
    `Breakwater-Pack-Version: ${packVersion}`,
    `Breakwater-Signer: ${facts.principal}`,
    `Breakwater-Signer-Fingerprint: ${facts.fingerprint}`,
    `Breakwater-View-Rules: ${viewRules}`,
    `External-Identifier: urn:breakwater:${facts.log}`,
    `Payload-Oxum: ${facts.payloadBytes}.${facts.payloadFiles}`,
    '',
  ].join('\n');

/** `Name: value` lines of bag-info.txt; the first of a name counts. */
export const parseBagInfo = (text: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf(': ');
    if (at > 0 && !found.has(line.slice(0, at))) found.set(line.slice(0, at), line.slice(at + 2));
  }
  return found;
};
