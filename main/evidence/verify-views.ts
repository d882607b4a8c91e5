import { verifyPyPath, verifyShPath, verifyTxtPath } from './checkers.ts';
import type { Findings } from './finding.ts';
import { measure } from './pack-file.ts';
import { checkedBlob, payloadOf, tagFilesOf } from './pack-files.ts';
import { blobsOf, exportedBy, packContext } from './pack-context.ts';
import { blobPlace, lineageFile, manifestFile, signatureFile, signersCopy, tagManifestFile } from './paths.ts';
import type { Replay } from './replay.ts';
import { fingerprintOf, parseSigners, signersLine } from './sshsig.ts';
import { textOf, type CheckedBag } from './verify-bag.ts';

/**
 * Make every file of the pack again from its log and compare. A file that says anything else than the log, is not from the
 * log, or is missing, is named. Called when chains and heads hold.
 */
export type ViewCheck = {
  readonly replay: Replay;
  readonly bag: CheckedBag;
  readonly exporter: string;
  readonly pub: string;
  /** What the zip's folder is called; null when somebody packed the files again. */
  readonly top: string | null;
};

/** Files that follow from the other files of the pack. */
const lists: ReadonlySet<string> = new Set([
  'bag-info.txt', manifestFile, tagManifestFile, 'data/ro-crate-metadata.json',
]); // prettier-ignore

const checkerPaths: ReadonlySet<string> = new Set([verifyShPath, verifyPyPath, verifyTxtPath]);

const named = (path: string): readonly ['lying-checker' | 'view-differs', string] =>
  checkerPaths.has(path)
    ? ['lying-checker', 'It is not what this version of Breakwater writes into a pack. Do not follow it.']
    : ['view-differs', 'It does not say what the log in this pack says.'];

const checkReplay = (replay: Replay, findings: Findings): void => {
  for (const { tag, reason, dev, seq } of replay.report.quarantined)
    findings.add(
      'not-accepted',
      `${dev ?? 'the log'} event ${seq ?? '?'}`,
      `A Breakwater would keep it apart (${tag}): ${reason}.`,
    );
  if (replay.report.waiting > 0)
    findings.add('not-accepted', 'the log', 'Events are here that do not continue their stream.');
};

/** The convenience copy: the exporting device's line; or, when another key signed, that key's own line. */
const checkSignersCopy = (check: ViewCheck, principal: string, findings: Findings): void => {
  const { bag, pub } = check;
  if (bag.signersText === signersLine(principal, pub)) return;
  const [only, more] = parseSigners(bag.signersText).signers;
  const other =
    bag.signature !== null && bag.signature.pub !== pub && only?.pub === bag.signature.pub && more === undefined;
  if (other && bag.signersText === signersLine(only.principal, only.pub)) return;
  if (other) findings.remark(signersCopy, 'It names a key that is not the exporting device’s.');
  else if (bag.files.has(signersCopy))
    findings.add('changed-file', signersCopy, 'It does not hold the line of the device that exported.');
};

export const checkViews = (check: ViewCheck, findings: Findings): void => {
  const { replay, bag, exporter, pub, top } = check;
  checkReplay(replay, findings);
  const exported = exportedBy(replay, exporter);
  if (exported === null) {
    findings.add('not-exported', 'data/20-timeline', 'No stream ends with the export that made this pack.');
    return;
  }
  const here = [...bag.files.keys()].flatMap((path) => blobPlace(path) ?? []);
  const wanted = new Map(blobsOf(replay).map((blob) => [blob.sha256, blob]));
  const blobs = here.flatMap((sha256) => {
    const found = bag.files.get(`data/95-attachments/${sha256}`);
    const file = found && wanted.has(sha256) ? checkedBlob(found.entry, sha256) : null;
    if (found && wanted.has(sha256) && file === null)
      findings.add('changed-attachment', found.entry.path, 'Its bytes do not have the sha256 that the log names.');
    return file ? [file] : [];
  });
  const packed = new Set(blobs.map(({ sha256 }) => sha256));
  const signer = { pub, fingerprint: fingerprintOf(pub) };
  const context = packContext(replay, exported, signer, (sha256) => packed.has(sha256));
  if (top !== null && top !== context.topFolder)
    findings.add('container-changed', top, `The folder of this pack is ${context.topFolder}.`);
  checkSignersCopy(check, context.principal, findings);

  const lineage = bag.files.get(lineageFile);
  const others = [...blobs, ...(lineage ? [measure({ path: lineageFile, chunks: lineage.entry.chunks })] : [])];
  const payload = payloadOf(context, others);
  const agent = bag.info.get('Bag-Software-Agent') ?? '';
  const expected = new Map([...tagFilesOf(context, payload, agent).files, ...payload].map((file) => [file.path, file]));
  const reported = new Set(findings.list.map(({ where }) => where));
  const compare = (fits: (path: string) => boolean): void => {
    for (const [path, file] of expected) {
      const found = bag.files.get(path);
      if (path === signersCopy || reported.has(path) || !fits(path)) continue;
      if (!found) findings.add('missing-file', path, 'Every pack has it; it was taken away.');
      else if (found.sha256 !== file.sha256) findings.add(...withPlace(named(path), path));
    }
  };
  const before = findings.list.length;
  compare((path) => !lists.has(path));
  if (!lineage) findings.add('missing-file', lineageFile, 'Every pack has it; it was taken away.');
  for (const path of bag.files.keys())
    if (!expected.has(path) && path !== signatureFile && !reported.has(path))
      findings.add('added-file', path, 'Nothing in the log leads to it: a pack does not hold such a file.');
  // Lists of files differ whenever a file does: they are only worth naming when they alone were changed.
  if (findings.list.length === before) compare((path) => lists.has(path));
  const entry = replay.views.entryByHash(replay.db, exported.hash);
  if (entry?.effect === 'none')
    findings.remark(
      'pack.exported',
      `Whoever exported had no right to, as far as this log tells (${entry.reason ?? 'unknown'}).`,
    );
  remarks(replay, bag, wanted.size - packed.size, findings);
};

const withPlace = ([what, says]: ReturnType<typeof named>, path: string): readonly [typeof what, string, string] => [
  what,
  path,
  says,
];

/** What is right and still worth knowing. */
const remarks = (replay: Replay, bag: CheckedBag, absent: number, findings: Findings): void => {
  const people = replay.views.authors(replay.db, replay.room).filter(({ by }) => !by.attested);
  const unknown = new Set(people.map(({ by }) => by.actor));
  if (unknown.size > 0)
    findings.remark(
      'people',
      `${unknown.size} of the people who wrote here are not attested: only their own device says who they are.`,
    );
  if (absent > 0)
    findings.remark('data/95-attachments', `${absent} files are named in the log, but are not in this pack.`);
  const redactions = textOf(bag.files, 'data/90-disclosures/redactions.csv').split('\r\n').length - 2;
  if (redactions > 0)
    findings.remark('data/90-disclosures', `${redactions} disclosures are withheld or redacted, each with its reason.`);
};
