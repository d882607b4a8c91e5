import { hlcReceive } from '../../shared/domain/hlc.ts';
import { zeroHash, type LogId } from '../../shared/domain/ids.ts';
import {
  addWaiting, dropWaiting, setApartWire, takeWaitingTo, waitingFrom,
} from '../store/apart.ts'; // prettier-ignore
import { readHlc, writeHlc } from '../store/clock.ts';
import { addEvent, eventAt } from '../store/events.ts';
import { addStream, logById, markForked, moveHead, streamOf, type StreamRow } from '../store/logs.ts';
import type { WritableDb } from '../store/port.ts';
import { applyNew } from './apply.ts';
import { addCopy, Batch, fittingDisclosures } from './batch.ts';
import { candidateOf, type Candidate } from './candidate.ts';
import { ensureLog, type LogContext } from './context.ts';
import { sha256Url } from './digest.ts';
import { clearText } from './line.ts';
import type { IntakeReport, WireEvent } from './port.ts';
import { openSealed, replaceSealed } from './sealed.ts';
import { deviceIdOf, verifyEvent } from './signature.ts';

const waitingPage = 1000;

type Group = { readonly log: string; readonly dev: string; readonly candidates: readonly Candidate[] };

/** Candidates by number: those of this batch and, where the run gets that far, those that waited. */
const optionsOf = (batch: Batch, { log, dev, candidates }: Group): ((seq: number) => readonly Candidate[]) => {
  const bySeq = new Map<number, Candidate[]>();
  const add = (candidate: Candidate): void => {
    const list = bySeq.get(candidate.seq);
    if (list) list.push(candidate);
    else bySeq.set(candidate.seq, [candidate]);
  };
  for (const candidate of candidates) add(candidate);
  let loadedTo = 0;
  return (seq) => {
    if (seq > loadedTo) {
      const rows = waitingFrom(batch.db, log, dev, seq, waitingPage);
      for (const row of rows) {
        const candidate = candidateOf(JSON.parse(row.wire));
        if (candidate.ok) add(candidate.value);
      }
      // A full page may end in the middle of a number; its last number is read again.
      const last = rows.at(-1)?.seq ?? Number.MAX_SAFE_INTEGER;
      loadedTo = rows.length < waitingPage ? Number.MAX_SAFE_INTEGER : Math.max(seq, last - 1);
    }
    return bySeq.get(seq) ?? [];
  };
};

const pubOf = (candidate: Candidate): string | null => {
  const { line, seq, dev } = candidate;
  if (!line || seq !== 1 || line.type !== 'stream.opened') return null;
  const pub = clearText(line.c, 'pub');
  return pub !== null && deviceIdOf(pub) === dev ? pub : null;
};

/** One candidate per hash; of copies with different signatures the valid one (Ed25519 has one per key and text). */
const oneOfEach = (offered: readonly Candidate[], signed: (candidate: Candidate) => boolean): readonly Candidate[] => {
  const first = offered[0];
  if (offered.length === 1 || first === undefined) return offered;
  const byHash = new Map<string, Candidate>();
  for (const candidate of offered) {
    const other = byHash.get(candidate.hash);
    if (!other || (other.wire.sig !== candidate.wire.sig && signed(candidate))) byHash.set(candidate.hash, candidate);
  }
  return [...byHash.values()];
};

type Run = { readonly picked: readonly Candidate[]; readonly pub: string | null };

/** Take events that their device did not sign off the end of a run; true when there was one. What follows then waits. */
const dropUnsigned = (
  batch: Batch,
  { log, dev }: Group,
  picked: Candidate[],
  signed: (candidate: Candidate) => boolean,
): boolean => {
  let dropped = false;
  for (let last = picked.at(-1); last && !signed(last); last = picked.at(-1)) {
    dropWaiting(batch.db, log, dev, last.seq, last.hash);
    batch.refuse(
      last,
      'broken-chain',
      `event ${last.seq} of ${dev} was changed: the events after it do not continue it`,
    );
    picked.pop();
    dropped = true;
  }
  return dropped;
};

/** The longest chain that continues the stream. What stands in its way is kept apart. */
const chainOf = (batch: Batch, group: Group, stream: StreamRow | undefined): Run => {
  const options = optionsOf(batch, group);
  const picked: Candidate[] = [];
  let prev: string = stream?.head ?? zeroHash;
  let pub = stream?.pub ?? null;
  for (let seq = (stream?.contig ?? 0) + 1; ; seq += 1) {
    const signed = (candidate: Candidate): boolean =>
      pub !== null && verifyEvent(pub, candidate.hash, candidate.wire.sig);
    const offered = options(seq);
    if (offered.length === 0) return { picked, pub };
    if (seq === 1) pub = offered.map(pubOf).find((found) => found !== null) ?? null;
    const here = oneOfEach(offered, signed);
    const fits = here.filter((candidate) => {
      if (candidate.line === null) return pub === null || signed(candidate);
      return candidate.line.prev === prev && (seq > 1 ? pub !== null : pubOf(candidate) !== null);
    });
    // Several fit only when somebody forged or forked: then each signature is looked at.
    const clearFits = fits.filter(({ line }) => line !== null);
    const pool = clearFits.length > 0 ? clearFits : fits;
    const pick = pool.length > 1 ? (pool.find(signed) ?? pool[0]) : pool[0];
    // A signed event that does not continue ours: before calling it a fork, see whether what stands before it is genuine.
    if (!pick && here.some(signed) && dropUnsigned(batch, group, picked, signed)) return { picked, pub };
    for (const candidate of here) {
      if (candidate === pick || candidate.hash === pick?.hash) continue;
      // Readable events of a stream whose opening is sealed wait for somebody with the key.
      if (candidate.line && seq > 1 && pub === null) continue;
      dropWaiting(batch.db, group.log, group.dev, seq, candidate.hash);
      if (seq === 1 && pubOf(candidate) === null) {
        batch.refuse(candidate, 'bad-device', 'a stream begins with stream.opened, whose key is its device id');
      } else if (signed(candidate)) batch.refuse(candidate, 'fork', `${group.dev} signed two histories at ${seq}`);
      else batch.refuse(candidate, 'broken-chain', `event ${seq} of ${group.dev} does not continue its stream`);
    }
    if (!pick) return { picked, pub };
    picked.push(pick);
    prev = pick.hash;
  }
};

/** How many of a run its signatures vouch for: the newest valid signature covers everything before it. */
const vouchedFor = (run: Run): number => {
  const { picked, pub } = run;
  if (pub === null) return picked.length;
  for (let end = picked.length; end > 0; end -= 1) {
    const last = picked[end - 1];
    if (last && verifyEvent(pub, last.hash, last.wire.sig)) return end;
  }
  return 0;
};

const store = (batch: Batch, group: Group, run: Run, count: number): void => {
  const { db, context } = batch;
  const log = ensureLog(db, context, group.log as LogId);
  const stream = streamOf(db, log.rid, group.dev) ?? addStream(db, log.rid, group.dev, zeroHash);
  for (const candidate of run.picked.slice(0, count)) {
    const { seq, hash, line, wire } = candidate;
    const d = JSON.stringify(fittingDisclosures(batch, candidate));
    const rid = addEvent(db, {
      log_rid: log.rid, stream_rid: stream.rid, seq, hash, type: line?.type ?? 'enc1', line: wire.line, d, sig: wire.sig,
      sealed: line ? 0 : 1, source: batch.from,
    }); // prettier-ignore
    if (line) batch.keep(log.rid, { rid, hash, streamRid: stream.rid, line });
    batch.applied += 1;
  }
  const last = run.picked[count - 1];
  if (last) moveHead(db, stream.rid, last.seq, last.hash, run.pub);
  batch.logs.add(group.log);
};

/** Candidates at or below the head: copies, late keys, forks. True when the stream was reset and must be looked at again. */
const compare = (batch: Batch, stream: StreamRow, candidate: Candidate): boolean => {
  const row = eventAt(batch.db, stream.rid, candidate.seq);
  if (!row) return false;
  if (row.hash === candidate.hash) {
    if (row.sealed === 1 && candidate.line) openSealed(batch, stream, row, candidate);
    else addCopy(batch, stream.rid, stream.pub, candidate);
    return false;
  }
  if (row.sealed === 1 && stream.pub === null) {
    const pub = pubOf(candidate);
    if (pub !== null && verifyEvent(pub, candidate.hash, candidate.wire.sig)) {
      replaceSealed(batch, stream, candidate);
      return true;
    }
  }
  if (stream.pub !== null && verifyEvent(stream.pub, candidate.hash, candidate.wire.sig)) {
    markForked(batch.db, stream.rid);
    batch.refuse(candidate, 'fork', `${candidate.dev} signed two events with number ${candidate.seq}`);
  } else batch.refuse(candidate, 'bad-signature', `event ${candidate.seq} is not signed by ${candidate.dev}`);
  return false;
};

const takeStream = (batch: Batch, group: Group): void => {
  const { db } = batch;
  const log = logById(db, group.log);
  let stream = log && streamOf(db, log.rid, group.dev);
  const contig = stream?.contig ?? 0;
  if (stream) {
    for (const candidate of group.candidates) {
      if (candidate.seq <= contig && compare(batch, stream, candidate)) {
        takeStream(batch, group);
        return;
      }
    }
    stream = streamOf(db, stream.log_rid, group.dev);
  }
  const ahead = { ...group, candidates: group.candidates.filter(({ seq }) => seq > contig) };
  const run = chainOf(batch, ahead, stream);
  const count = vouchedFor(run);
  if (count > 0) store(batch, group, run, count);
  for (const candidate of run.picked.slice(count)) {
    batch.refuse(candidate, 'bad-signature', `event ${candidate.seq} is not signed by ${group.dev}`);
  }
  settle(batch, ahead, contig + count, contig + run.picked.length, new Set(run.picked.map(({ hash }) => hash)));
};

/** Put what lies behind a hole into `waiting`, count repeats, and clear waiting rows that are settled. */
const settle = (
  batch: Batch,
  { log, dev, candidates }: Group,
  contig: number,
  looked: number,
  picked: ReadonlySet<string>,
): void => {
  const { db } = batch;
  const counted = new Set<string>();
  for (const candidate of candidates) {
    const { seq, hash } = candidate;
    if (counted.has(hash)) {
      const row = logById(db, log);
      const stream = row && streamOf(db, row.rid, dev);
      if (stream && picked.has(hash)) addCopy(batch, stream.rid, stream.pub, candidate);
      else batch.duplicates += 1;
      continue;
    }
    counted.add(hash);
    if (picked.has(hash) || seq <= looked || batch.refused.has(hash)) continue;
    keepWaiting(batch, candidate);
    batch.logs.add(log);
  }
  takeWaitingTo(db, log, dev, Math.max(contig, looked));
};

/** Copies of a waiting event are united like those of a stored one. Redacted disclosures are not stored here either. */
const keepWaiting = (batch: Batch, { log, dev, seq, hash, wire }: Candidate): void => {
  const redacted = batch.redacted(log);
  const d = redacted.size === 0 ? wire.d : wire.d.filter((text) => !redacted.has(sha256Url(text)));
  const row = { log, dev, seq, hash, wire: JSON.stringify({ ...wire, d }), source: batch.from };
  if (addWaiting(batch.db, row)) {
    batch.waiting += 1;
    return;
  }
  batch.duplicates += 1;
  const before = waitingFrom(batch.db, log, dev, seq, 50).find((other) => other.seq === seq && other.hash === hash);
  if (!before || before.wire === row.wire) return;
  const old = JSON.parse(before.wire) as WireEvent;
  setApartWire(batch.db, 'waiting', before.rid, JSON.stringify({ ...old, d: [...new Set([...old.d, ...d])] }));
};

/**
 * Verify and store events from a transport or file, in any order, with repeats; project what became contiguous. Never
 * throws for anything that a stranger can write; what is not applied waits or is kept apart with its reason.
 */
export const intakeEvents = (
  db: WritableDb,
  context: LogContext,
  events: readonly unknown[],
  from: string,
): IntakeReport => {
  const batch = new Batch(db, context, from);
  const groups = new Map<string, { log: string; dev: string; candidates: Candidate[] }>();
  for (const wire of events) {
    const candidate = candidateOf(wire);
    if (!candidate.ok) {
      batch.apart(candidate.error, wire);
      continue;
    }
    const { log, dev } = candidate.value;
    const key = `${log} ${dev}`;
    const group = groups.get(key);
    if (group) group.candidates.push(candidate.value);
    else groups.set(key, { log, dev, candidates: [candidate.value] });
  }
  for (const group of groups.values()) takeStream(batch, group);
  applyNew(
    db,
    context.specOf,
    [...batch.stored].map(([logRid, stored]) => ({ logRid, events: stored })),
    { authority: true },
  );
  if (batch.maxHlc !== '') writeHlc(db, hlcReceive(readHlc(db), batch.maxHlc, context.clock.now()));
  const { applied, duplicates, waiting, quarantined } = batch;
  return { applied, duplicates, waiting, quarantined, logs: [...batch.logs] as LogId[] };
};
