import { toInstant } from '../../shared/base/time.ts';
import { addQuarantine, redactedDigests } from '../store/apart.ts';
import { eventAt, setDisclosures, setSignature } from '../store/events.ts';
import { logById } from '../store/logs.ts';
import type { WritableDb } from '../store/port.ts';
import { keptText, type Candidate, type Refused } from './candidate.ts';
import type { LogContext } from './context.ts';
import { sha256Url } from './digest.ts';
import { parseStored } from './disclosures.ts';
import { disclosureCountLimit, disclosureLimit, isSealed } from './line.ts';
import type { IntakeReport, QuarantineTag } from './port.ts';
import type { Stored } from './project.ts';
import { verifyEvent } from './signature.ts';

/** One call of intake: what was counted, what is to be projected. */
export class Batch {
  applied = 0;
  duplicates = 0;
  waiting = 0;
  maxHlc = '';
  readonly quarantined: IntakeReport['quarantined'][number][] = [];
  readonly stored = new Map<number, Stored[]>();
  readonly logs = new Set<string>();
  /** Hashes of events that were kept apart in this call; they do not wait as well. */
  readonly refused = new Set<string>();
  readonly #redacted = new Map<string, ReadonlySet<string>>();
  readonly db: WritableDb;
  readonly context: LogContext;
  readonly from: string;

  constructor(db: WritableDb, context: LogContext, from: string) {
    this.db = db;
    this.context = context;
    this.from = from;
  }

  /** Keep something apart, with its reason. */
  apart(refused: Refused, wire: unknown): void {
    const { tag, reason, log, dev, seq, hash } = refused;
    const at = toInstant(this.context.clock.now());
    addQuarantine(this.db, { tag, reason, log, dev, seq, hash, wire: keptText(wire), source: this.from, at });
    this.quarantined.push({
      tag,
      reason,
      ...(log === null ? {} : { log }),
      ...(dev === null ? {} : { dev }),
      ...(seq === null ? {} : { seq }),
    });
  }

  refuse(candidate: Candidate, tag: QuarantineTag, reason: string): void {
    const { log, dev, seq, hash } = candidate;
    this.refused.add(hash);
    this.apart({ tag, reason, log, dev, seq, hash }, candidate.wire);
  }

  redacted(log: string): ReadonlySet<string> {
    let digests = this.#redacted.get(log);
    if (!digests) {
      const row = logById(this.db, log);
      digests = new Set(row ? redactedDigests(this.db, row.rid) : []);
      this.#redacted.set(log, digests);
    }
    return digests;
  }

  keep(logRid: number, event: Stored): void {
    const list = this.stored.get(logRid);
    if (list) list.push(event);
    else this.stored.set(logRid, [event]);
    if (event.line.hlc > this.maxHlc) this.maxHlc = event.line.hlc;
  }
}

/** Disclosures that belong to the line and were not redacted; others are kept apart, the event stays. */
export const fittingDisclosures = (batch: Batch, candidate: Candidate): readonly string[] => {
  const { line, wire } = candidate;
  if (wire.d.length === 0 || !line) return wire.d;
  const redacted = batch.redacted(candidate.log);
  const refuse = (text: string, reason: string): void => {
    const { log, dev, seq } = candidate;
    batch.apart({ tag: 'bad-disclosure', reason, log, dev, seq, hash: sha256Url(text) }, { seq, d: [text] });
  };
  const kept = new Set<string>();
  for (const text of wire.d.slice(0, disclosureCountLimit)) {
    if (text.length > 2 * disclosureLimit) refuse(text, 'the disclosure is larger than 256 KiB');
    else if (isSealed(text)) kept.add(text);
    else {
      const digest = sha256Url(text);
      if (!line._sd.includes(digest)) refuse(text, 'no digest in the line matches this disclosure');
      else if (text.length > disclosureLimit) refuse(text, 'the disclosure is larger than 256 KiB');
      else if (!redacted.has(digest)) kept.add(text);
    }
  }
  if (wire.d.length > disclosureCountLimit) refuse(String(wire.d.length), 'more disclosures than an event can have');
  return [...kept];
};

/** The same event again: take disclosures that were missing here. A copy with fewer is never a fork. */
export const addCopy = (batch: Batch, streamRid: number, pub: string | null, candidate: Candidate): void => {
  batch.duplicates += 1;
  const { wire } = candidate;
  const row = eventAt(batch.db, streamRid, candidate.seq);
  if (!row || row.sealed === 1 || !candidate.line) return;
  // Inside a run a broken signature goes unnoticed (a later one covers it); mend it, so that this event can travel alone.
  if (wire.sig !== row.sig && pub !== null && verifyEvent(pub, row.hash, wire.sig))
    setSignature(batch.db, row.rid, wire.sig);
  if (wire.d.length === 0) return;
  const here = parseStored(row.d);
  if (candidate.wire.d.every((text) => here.includes(text))) return;
  const union = new Set([...here, ...fittingDisclosures(batch, candidate)]);
  if (union.size > here.length) setDisclosures(batch.db, row.rid, JSON.stringify([...union]));
};
