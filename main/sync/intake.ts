import { toInstant, type Clock } from '../../shared/base/time.ts';
import type { DeviceId, LogId } from '../../shared/domain/ids.ts';
import type { EventLog } from '../log/port.ts';
import type { WritableDb } from '../store/port.ts';
import { eventHash, marksOf, putDeviceSeen, putMark, putProblem } from '../store/sync.ts';
import { noMark, readBack } from './plan.ts';
import type { PlaceProblem, SharedEvent } from './port.ts';
import { isSealed, lineHash } from '../log/line.ts';
import { lineAddress } from './segment.ts';

export type IntakeDeps = {
  readonly log: EventLog;
  readonly clock: Clock;
  /** The place holds more of our own stream than we do: this profile is an old copy. Gives the device a new key. */
  readonly ownStreamAhead: (db: WritableDb, log: LogId, seq: number) => void;
};
export type Taken = { readonly applied: number; readonly ownAhead: boolean };

type Address = { readonly dev: DeviceId; readonly seq: number; readonly hash: string; readonly at: string | null };

/** Who an event says it is, or null with the reason when the copies beside the line say something else. */
const addressOf = (log: LogId, event: SharedEvent): Address | string => {
  const address = lineAddress(event.line);
  const { copies } = event;
  // A sealed line is readable only with its key: until then the copies are all we know, and the log keeps it apart.
  if (copies && isSealed(event.line))
    return { dev: copies.dev as DeviceId, seq: copies.seq, hash: copies.hash, at: null };
  if (!address) return 'it holds no line of event format 1';
  const hash = lineHash(event.line);
  if (copies && copies.log !== address.log) return 'its column log_id is not the log of its line';
  if (copies && copies.dev !== address.dev) return 'its column device_id is not the device of its line';
  if (copies && copies.seq !== address.seq) return 'its column seq is not the number of its line';
  if (copies && copies.hash !== hash) return 'its column hash is not the hash of its line';
  if (address.log !== log) return 'it lies in another log than its line says';
  return { dev: address.dev as DeviceId, seq: address.seq, hash, at: address.at };
};

/**
 * Hand what a place holds to the log and note which events were read back. Runs inside the caller's transaction, so that
 * rows, marks and cursor become durable together (facts/sync.md 2.5 a). Nothing is dropped: what the copies contradict is
 * named here, what chain or signature contradict is kept apart by the log.
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
  const self = deps.log.device.id;
  const ownBefore = deps.log.heads(db, log).find((head) => head.dev === self)?.seq ?? 0;
  const addresses: Address[] = [];
  const good: SharedEvent[] = [];
  for (const event of events) {
    const address = addressOf(log, event);
    if (typeof address === 'string') {
      const name = event.copies ? `${event.copies.dev} ${String(event.copies.seq)}` : lineHash(event.line);
      putProblem(db, { share, name: `${log} ${name}`, tag: 'forged', reason: address, at: now });
    } else {
      addresses.push(address);
      good.push(event);
    }
  }
  const report = deps.log.intake(db, good, share);
  noteReadBack(db, share, log, addresses);
  if (report.applied > 0) noteDevices(db, addresses, self, now);
  const ownAfter = deps.log.heads(db, log).find((head) => head.dev === self)?.seq ?? 0;
  const ownAhead = ownAfter > ownBefore;
  if (ownAhead) deps.ownStreamAhead(db, log, ownAfter);
  return { applied: report.applied, ownAhead };
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
