import { toInstant, type Clock } from '../../shared/base/time.ts';
import type { DeviceId, LogId } from '../../shared/domain/ids.ts';
import type { EventLog } from '../log/port.ts';
import type { WritableDb } from '../store/port.ts';
import { eventHash, marksOf, putDeviceSeen, putMark, putProblem } from '../store/sync.ts';
import { noMark, readBack } from './plan.ts';
import type { PlaceProblem, SharedEvent } from './port.ts';
import { isSealed, lineHash } from '../log/line.ts';
import { lineAddress } from './segment.ts';

export type IntakeDeps = { readonly log: EventLog; readonly clock: Clock };
/** `ownAhead`: the place held more of our own stream than we did, and the log found it signed by our key: an old copy. */
export type Taken = { readonly applied: number; readonly ownAhead: boolean };

type Address = { readonly dev: DeviceId; readonly seq: number; readonly hash: string; readonly at: string | null };

/** Who an event says it is. A sealed line is readable only with its key: until then the copies are all we know. */
const addressOf = (log: LogId, event: SharedEvent): Address | null => {
  const { copies } = event;
  if (isSealed(event.line))
    return copies?.log === log ? { dev: copies.dev as DeviceId, seq: copies.seq, hash: copies.hash, at: null } : null;
  const address = lineAddress(event.line);
  if (address?.log !== log) return null;
  return { dev: address.dev as DeviceId, seq: address.seq, hash: lineHash(event.line), at: address.at };
};

const ownSeq = (deps: IntakeDeps, db: WritableDb, log: LogId): number =>
  deps.log.heads(db, log).find((head) => head.dev === deps.log.device.id)?.seq ?? 0;

/**
 * Hand what a place holds to the log and note which events were read back. Runs inside the caller's transaction, so that
 * rows, marks and cursor become durable together (facts/sync.md 2.5 a). Nothing is dropped: the log keeps apart what
 * copies, chain or signature contradict.
 */
export const takeIn = (
  deps: IntakeDeps,
  db: WritableDb,
  share: string,
  log: LogId,
  events: readonly SharedEvent[],
  problems: readonly PlaceProblem[],
): Taken => {
  const now = toInstant(deps.clock.now());
  for (const problem of problems) putProblem(db, { share, ...problem, at: now });
  if (events.length === 0) return { applied: 0, ownAhead: false };
  const before = ownSeq(deps, db, log);
  const report = deps.log.intake(db, events, share);
  const addresses = events.flatMap((event) => addressOf(log, event) ?? []);
  noteReadBack(db, share, log, addresses);
  if (report.applied > 0) noteDevices(db, addresses, deps.log.device.id, now);
  // The log says 'fork' of our stream only when our own key signed the other history: a copy of this profile wrote it.
  const forked = report.quarantined.some(({ tag, dev }) => tag === 'fork' && dev === deps.log.device.id);
  return { applied: report.applied, ownAhead: forked || ownSeq(deps, db, log) > before };
};

const noteReadBack = (db: WritableDb, share: string, log: LogId, addresses: readonly Address[]): void => {
  const marks = marksOf(db, share, log);
  const present = new Map<DeviceId, Set<number>>();
  for (const { dev, seq, hash } of addresses) {
    if (seq <= (marks.get(dev)?.acked ?? 0) || eventHash(db, log, dev, seq) !== hash) continue;
    const set = present.get(dev) ?? new Set<number>();
    present.set(dev, set.add(seq));
  }
  for (const [dev, set] of present) {
    const before = marks.get(dev) ?? noMark;
    const after = readBack(before, set);
    if (after !== before) putMark(db, share, log, dev, after);
  }
};

const noteDevices = (db: WritableDb, addresses: readonly Address[], self: DeviceId, now: string): void => {
  const newest = new Map<DeviceId, string | null>();
  for (const { dev, at } of addresses) {
    const known = newest.get(dev);
    if (dev !== self && (known === undefined || (at ?? '') > (known ?? ''))) newest.set(dev, at);
  }
  for (const [dev, at] of newest) putDeviceSeen(db, dev, at, now);
};
