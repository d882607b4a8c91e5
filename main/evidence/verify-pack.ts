import { closeSync, fstatSync, openSync } from 'node:fs';
import { failure, thrownText, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { isLogId, type LogId } from '../../shared/domain/ids.ts';
import { clearText } from '../log/line.ts';
import { collectFindings, type Finding, type Findings, type Remark } from './finding.ts';
import { replay, type ReplayDeps } from './replay.ts';
import { fingerprintOf, parseSigners, signerCovers } from './sshsig.ts';
import { signatureFile } from './paths.ts';
import { checkBag, type CheckedBag } from './verify-bag.ts';
import { checkChains, type FoundLog } from './verify-chains.ts';
import { checkHeads, headClaims } from './verify-heads.ts';
import { checkViews } from './verify-views.ts';
import { compareContainer } from './zip-compare.ts';
import { openZip, type OpenZip } from './zip-read.ts';

/** Exit codes of `breakwater verify`; 2 is wrong usage. */
export const outcomeExit = { verified: 0, refused: 1, 'intact, signer unknown': 3 } as const;
export type Outcome = keyof typeof outcomeExit;

export type Trust = {
  /** Text of an OpenSSH allowed_signers file that did not come with the pack. */
  readonly signers?: string;
  /** `SHA256:…` as ssh-keygen prints it. */
  readonly fingerprint?: string;
};
export type VerifyResult = {
  readonly outcome: Outcome;
  readonly findings: readonly Finding[];
  /** Findings beyond the limit of the list. */
  readonly moreFindings: number;
  readonly remarks: readonly Remark[];
  readonly signer: { readonly principal: string; readonly fingerprint: string; readonly device: string } | null;
  readonly room: string | null;
  readonly exportedAt: string | null;
  readonly agent: string | null;
  readonly events: number;
  readonly streams: number;
  readonly files: number;
};

const notReadable = (file: string, thrown: unknown): Failure =>
  failure(
    'PackNotReadable', `The file ${file} cannot be read: ${thrownText(thrown)}.`, 'Nothing was changed and nothing was judged.',
    'Check the path and your permissions.',
  ); // prettier-ignore

/** Does somebody vouch for the key? Null when nobody was asked. */
const checkTrust = (bag: CheckedBag, trust: Trust, claimed: string, at: string | null, findings: Findings): boolean => {
  const { signature } = bag;
  if (signature === null) return false;
  const fingerprint = fingerprintOf(signature.pub);
  let known = false;
  if (trust.fingerprint !== undefined) {
    if (fingerprint === trust.fingerprint) known = true;
    else
      findings.add(
        'fingerprint-differs',
        signatureFile,
        `It was signed by the key ${fingerprint}, not by ${trust.fingerprint}.`,
      );
  }
  if (trust.signers !== undefined) {
    const { signers, skipped } = parseSigners(trust.signers);
    const signer = signers.find(({ pub }) => pub === signature.pub);
    if (!signer) {
      const why = skipped > 0 ? ` (${skipped} lines of the file are of other kinds and were not used)` : '';
      findings.add(
        'signer-not-in-file',
        signatureFile,
        `It was signed by the key ${fingerprint}, which the signers file does not name${why}.`,
      );
    } else if (at !== null && !signerCovers(signer, at)) {
      findings.add(
        'signer-not-in-file',
        signatureFile,
        `The signers file does not trust the key ${fingerprint} at ${at}.`,
      );
    } else {
      known = true;
      if (signer.principal !== claimed)
        findings.remark(
          signatureFile,
          `The signers file knows the key as ${signer.principal}; the pack says ${claimed}.`,
        );
    }
  }
  return known;
};

/** Public key of a stream, from its first event. */
const pubOf = (found: FoundLog, dev: string): string | null => {
  for (const { line } of found.events()) {
    const parsed = JSON.parse(line) as { dev: string; c: Record<string, string> };
    if (parsed.dev === dev) return clearText(parsed.c, 'pub');
  }
  return null;
};

const checkLog = (zip: OpenZip, bag: CheckedBag, deps: ReplayDeps, findings: Findings): Result<FoundLog, Failure> => {
  const claims = headClaims();
  const before = findings.list.length;
  const found = checkChains(bag.files, claims.note, findings);
  const exporter = exporterOf(bag);
  checkHeads(bag.files, found, claims, exporter, findings);
  const room = found.streams.find(({ org, log }) => !org && log !== null)?.log ?? null;
  const pub = found.streams.every(({ whole }) => whole) ? pubOf(found, exporter) : null;
  if (bag.signature !== null && bag.signature.dev !== exporter)
    findings.remark(signatureFile, 'The pack is signed by another key than that of the device that exported it.');
  if (room === null || pub === null) {
    if (found.streams.length === 0)
      findings.add('missing-file', 'data/20-timeline', 'There is no chain of any device.');
    return ok(found);
  }
  // Derived files are made from the whole log and all attachments; from half of them they would all differ, which says nothing.
  if (findings.list.length > before || findings.list.some(({ what }) => incomplete.has(what))) {
    findings.remark(
      'data',
      'The derived files were not compared with the log, because the log or an attachment does not hold.',
    );
    return ok(found);
  }
  const replayed = replay(room, found.events(), deps);
  if (!replayed.ok) return replayed;
  try {
    checkViews({ replay: replayed.value, bag, exporter, pub, top: zip.ours ? zip.top : null }, findings);
  } finally {
    replayed.value.close();
  }
  return ok(found);
};

const incomplete: ReadonlySet<string> = new Set([
  'missing-file', 'unreadable', 'header-mismatch', 'hostile-name', 'duplicate-name', 'symlink', 'encrypted', 'bomb', 'too-large',
]); // prettier-ignore

/** The device that says it exported: the second half of the principal. */
const exporterOf = (bag: CheckedBag): string => (bag.info.get('Breakwater-Signer') ?? '').split('/')[1] ?? '';

/**
 * Judge a pack from anybody, without unpacking it to disk. Every reason for a refusal is named. An Err means that the file
 * could not be read or this machine could not work (no space for a temporary profile), never that the pack is bad.
 */
export const judgePack = async (
  file: string,
  trust: Trust,
  deps: ReplayDeps,
): Promise<Result<VerifyResult, Failure>> => {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (thrown) {
    return err(notReadable(file, thrown));
  }
  try {
    return await judge(fd, file, trust, deps);
  } finally {
    closeSync(fd);
  }
};

const judge = async (
  fd: number,
  file: string,
  trust: Trust,
  deps: ReplayDeps,
): Promise<Result<VerifyResult, Failure>> => {
  const stat = fstatSync(fd);
  if (!stat.isFile()) return err(notReadable(file, new Error('it is not a file')));
  const findings = collectFindings();
  const zip = await openZip(fd, findings);
  if (zip === null) return ok(result(findings, null, null, false));
  const bag = checkBag(zip, findings);
  let found: FoundLog | null = null;
  if (bag.known) {
    const log = checkLog(zip, bag, deps, findings);
    if (!log.ok) return log;
    found = log.value;
  }
  // A changed file changes its checksum in the zip too: the zip itself is only looked at when its files are whole.
  if (findings.list.length === 0) await compareContainer(fd, stat.size, zip, findings);
  const at = bag.info.get('Breakwater-Exported-At') ?? null;
  const known = checkTrust(bag, trust, bag.info.get('Breakwater-Signer') ?? '', at, findings);
  return ok(result(findings, bag, found, known));
};

const result = (findings: Findings, bag: CheckedBag | null, found: FoundLog | null, known: boolean): VerifyResult => {
  const signature = bag?.signature ?? null;
  const room: LogId | null = found?.streams.find(({ org }) => !org)?.log ?? null;
  return {
    outcome: findings.list.length > 0 ? 'refused' : known ? 'verified' : 'intact, signer unknown',
    findings: findings.list,
    moreFindings: findings.more(),
    remarks: findings.remarks,
    signer: signature && {
      principal: bag?.info.get('Breakwater-Signer') ?? '',
      fingerprint: fingerprintOf(signature.pub),
      device: signature.dev,
    },
    room: isLogId(room) ? room : null,
    exportedAt: bag?.info.get('Breakwater-Exported-At') ?? null,
    agent: bag?.info.get('Bag-Software-Agent') ?? null,
    events: found?.streams.reduce((sum, { hashes }) => sum + hashes.length, 0) ?? 0,
    streams: found?.streams.length ?? 0,
    files: bag?.files.size ?? 0,
  };
};
