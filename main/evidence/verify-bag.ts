import { createHash } from 'node:crypto';
import { thrownText } from '../../shared/base/failure.ts';
import { bagitText, parseBagInfo, parseManifest } from './bag.ts';
import { knownCheckers, verifyPyPath, verifyShPath } from './checkers.ts';
import type { Findings } from './finding.ts';
import { bytesOf } from './pack-file.ts';
import {
  manifestFile, packVersion, signatureFile, signersCopy, tagManifestFile, topFiles, viewRules,
} from './paths.ts'; // prettier-ignore
import { readPackSignature, type PackSignature } from './sshsig.ts';
import type { OpenZip, ZipEntry } from './zip-read.ts';

/** A file of the pack as it was found. */
export type FoundFile = { readonly entry: ZipEntry; readonly sha256: string };
export type CheckedBag = {
  readonly files: ReadonlyMap<string, FoundFile>;
  readonly info: ReadonlyMap<string, string>;
  readonly signature: PackSignature | null;
  readonly signersText: string;
  /** False when the pack is of a format that this version does not know: its log is then not judged. */
  readonly known: boolean;
};

const tagLimit = 64 * 1024 * 1024;
/** Logs and disclosures are gone through in memory; 1 GiB of them is a million events. */
const logLimit = 1024 ** 3;

/** Hash every file once. One that cannot be read is named and missing from the result. */
const hashAll = (zip: OpenZip, findings: Findings): ReadonlyMap<string, FoundFile> => {
  const files = new Map<string, FoundFile>();
  for (const entry of zip.entries) {
    const hash = createHash('sha256');
    try {
      for (const piece of entry.chunks()) hash.update(bytesOf(piece));
      files.set(entry.path, { entry, sha256: hash.digest('hex') });
    } catch (thrown) {
      findings.add('unreadable', entry.path, `It cannot be read: ${thrownText(thrown)}.`);
    }
  }
  return files;
};

/** Text of a small file; empty when it is not there or too large. */
export const textOf = (files: ReadonlyMap<string, FoundFile>, path: string): string => {
  const found = files.get(path);
  if (!found || found.entry.size > tagLimit) return '';
  return Buffer.concat([...found.entry.chunks()].map(bytesOf)).toString('utf8');
};

const checkManifest = (
  files: ReadonlyMap<string, FoundFile>,
  name: string,
  covers: (path: string) => boolean,
  findings: Findings,
): void => {
  if (!files.has(name)) {
    findings.add('missing-file', name, 'The manifest is missing.');
    return;
  }
  const listed = parseManifest(textOf(files, name));
  if (listed === null) {
    findings.add('bad-manifest', name, 'It is not a list of sha256 sums and paths.');
    return;
  }
  for (const [path, sha256] of listed) {
    const found = files.get(path);
    if (!covers(path)) findings.add('bad-manifest', path, `${name} lists it, which is not its place.`);
    else if (!found) findings.add('missing-file', path, `${name} lists it, but it is not in the pack.`);
    else if (found.sha256 !== sha256) findings.add('changed-file', path, `Its bytes are not those that ${name} lists.`);
  }
  for (const path of files.keys())
    if (covers(path) && !listed.has(path)) findings.add('added-file', path, `${name} does not list it: it was added.`);
};

const tagged: ReadonlySet<string> = new Set(['bag-info.txt', 'bagit.txt', manifestFile]);

const checkTools = (files: ReadonlyMap<string, FoundFile>, findings: Findings): void => {
  for (const [path, kind] of [
    [verifyShPath, 'sh'],
    [verifyPyPath, 'py'],
  ] as const) {
    const found = files.get(path);
    if (found && !knownCheckers.some((checker) => checker[kind] === found.sha256))
      findings.add('lying-checker', path, 'It is not the checker that any Breakwater puts into packs. Do not run it.');
  }
};

const checkFormat = (
  info: ReadonlyMap<string, string>,
  files: ReadonlyMap<string, FoundFile>,
  findings: Findings,
): boolean => {
  const pack = info.get('Breakwater-Pack-Version');
  const rules = info.get('Breakwater-View-Rules');
  if (pack === String(packVersion) && rules === String(viewRules)) {
    if (textOf(files, 'bagit.txt') !== bagitText)
      findings.add('changed-file', 'bagit.txt', 'It is not the declaration of BagIt 1.0.');
    return true;
  }
  const newer = /^\d{1,6}$/.test(pack ?? '') && (Number(pack) > packVersion || Number(rules ?? 0) > viewRules);
  findings.add(
    newer ? 'newer-format' : 'changed-file',
    'bag-info.txt',
    newer
      ? `It is a pack of version ${pack ?? '?'} (views ${rules ?? '?'}), newer than this program: check it with a newer Breakwater.`
      : 'It does not say that this is a Breakwater pack of version 1.',
  );
  return false;
};

/** Manifests, closed list of top files, checker scripts, signature. */
export const checkBag = (zip: OpenZip, findings: Findings): CheckedBag => {
  const files = hashAll(zip, findings);
  checkManifest(files, tagManifestFile, (path) => tagged.has(path), findings);
  checkManifest(files, manifestFile, (path) => path.startsWith('data/'), findings);
  const top: readonly string[] = topFiles;
  for (const path of files.keys())
    if (!path.startsWith('data/') && !top.includes(path))
      findings.add('added-file', path, 'A pack has no such file: it was added, and nothing signs it.');
  checkTools(files, findings);
  const info = parseBagInfo(textOf(files, 'bag-info.txt'));
  const large = [...files.values()].filter(
    ({ entry }) => /^data\/(20-timeline|90-disclosures)\//.test(entry.path) && entry.size > logLimit,
  );
  for (const { entry } of large)
    findings.add('too-large', entry.path, 'It is larger than 1 GiB and was not gone through.');
  const known = checkFormat(info, files, findings) && large.length === 0;
  const sigText = textOf(files, signatureFile);
  const tagManifest = Buffer.from(textOf(files, tagManifestFile));
  const signature = sigText === '' ? null : readPackSignature(sigText, tagManifest);
  if (sigText === '') findings.add('bad-signature', signatureFile, 'There is no signature.');
  else if (signature === null)
    findings.add('bad-signature', signatureFile, 'It is not an Ed25519 SSH signature for evidence packs.');
  else if (!signature.valid)
    findings.add(
      'bad-signature',
      signatureFile,
      'It does not hold for tagmanifest-sha256.txt: one of them was changed.',
    );
  if (!files.has(signersCopy)) findings.add('missing-file', signersCopy, 'It is not in the pack.');
  return { files, info, signature, signersText: textOf(files, signersCopy), known };
};
