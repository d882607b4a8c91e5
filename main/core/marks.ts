import { isJsonObject, parseJson } from '../../shared/base/json.ts';
import { type DeviceId, isOrgLog, type LogId } from '../../shared/domain/ids.ts';
import type { EventLog } from '../log/port.ts';
import { eventByHash } from '../store/events.ts';
import type { ReadableDb } from '../store/port.ts';
import { bestMark } from '../store/sync.ts';
import { notShared } from '../sync/ledger.ts';
import type { LedgerState } from '../sync/port.ts';

/**
 * Ledger marks for one answer: where an event has got to. Never "shared" for what no place was seen to hold; without a
 * share everything is only here. Looked up once a stream, so that a page of 500 rows asks a handful of times.
 */
export type Marks = {
  readonly at: (log: LogId, dev: DeviceId, seq: number) => LedgerState;
  /** The same for an entity that is known by the hash of the event that made it. */
  readonly of: (log: LogId, hash: string) => LedgerState;
  /** How many events of a log no place was seen to hold. */
  readonly onlyHere: (log: LogId) => number;
};

export const marksFor = (db: ReadableDb, events: EventLog): Marks => {
  const byStream = new Map<string, { readonly sent: number; readonly acked: number }>();
  const best = (log: LogId, dev: DeviceId): { readonly sent: number; readonly acked: number } => {
    const key = `${log} ${dev}`;
    const mark = byStream.get(key) ?? bestMark(db, log, dev);
    byStream.set(key, mark);
    return mark;
  };
  const at = (log: LogId, dev: DeviceId, seq: number): LedgerState => {
    const { sent, acked } = best(log, dev);
    return seq <= acked ? 'shared' : seq <= sent ? 'sent' : 'only-here';
  };
  return {
    at,
    of: (log, hash) => {
      const line = parseJson(eventByHash(db, hash)?.line ?? '');
      if (!line.ok || !isJsonObject(line.value)) return 'only-here';
      const { dev, seq } = line.value;
      return typeof dev === 'string' && typeof seq === 'number' ? at(log, dev as DeviceId, seq) : 'only-here';
    },
    onlyHere: (log) =>
      events.heads(db, log).reduce((sum, { dev, seq }) => sum + Math.max(0, seq - best(log, dev).acked), 0),
  };
};

/** Logs that the ledger leaves out: organisations that this profile left by joining another. Nobody waits for those. */
export const isLeftBehind = (log: LogId, org: LogId): boolean => isOrgLog(log) && log !== org;

/** How many events no place was seen to hold: of all rooms and of the profile's organisation. */
export const countOnlyHere = (db: ReadableDb, events: EventLog, org: LogId): number => {
  const marks = marksFor(db, events);
  const left = events.logs(db).filter((log) => isLeftBehind(log, org));
  return notShared(db, null) - left.reduce((sum, log) => sum + marks.onlyHere(log), 0);
};
