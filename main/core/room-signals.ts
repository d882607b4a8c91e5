import type { LogId } from '../../shared/domain/ids.ts';
import type { EventLog } from '../log/port.ts';
import type { Views } from '../log/views-port.ts';
import type { ReadableDb } from '../store/port.ts';

/**
 * Which signals a room names. The status asks for all rooms after every commit, so an answer is kept as long as no stream of
 * that room has grown: heads are one small query, a header is many.
 */
export type RoomSignals = (log: LogId) => readonly string[];

export const roomSignalsOf = (db: ReadableDb, events: EventLog, views: Views): RoomSignals => {
  const kept = new Map<LogId, { readonly heads: string; readonly signals: readonly string[] }>();
  return (log) => {
    const heads = events.heads(db, log).map(({ dev, seq }) => `${dev}:${seq}`).join(' '); // prettier-ignore
    const known = kept.get(log);
    if (known?.heads === heads) return known.signals;
    const signals = views.roomHeader(db, log)?.signals ?? [];
    kept.set(log, { heads, signals });
    return signals;
  };
};
