import type { DeviceId, EventHash, LogId } from '../../shared/domain/ids.ts';
import type { EventLog } from '../log/port.ts';
import type { ReadableDb } from '../store/port.ts';
import { bestMark, nowhereShared, placeNotShared } from '../store/sync.ts';
import { lineHash } from '../log/line.ts';
import type { LedgerState } from './port.ts';

/**
 * What is only here. The ledger is derived: an event is `shared` when some place was seen to hold it with our hash, `sent`
 * when it was handed over and not read back yet, else `only-here`.
 */
export const ledgerState = (db: ReadableDb, log: LogId, dev: DeviceId, seq: number): LedgerState => {
  const { sent, acked } = bestMark(db, log, dev);
  return seq <= acked ? 'shared' : seq <= sent ? 'sent' : 'only-here';
};

/** How many events this place (null: of all places that we know) was not seen to hold; of a place only its own logs count. */
export const notShared = (db: ReadableDb, share: { readonly id: string; readonly org: LogId } | null): number =>
  share === null ? nowhereShared(db) : placeNotShared(db, share.id, share.org);

export type LedgerEntry = {
  readonly log: LogId;
  readonly dev: DeviceId;
  readonly seq: number;
  readonly hash: EventHash;
  readonly line: string;
  readonly state: Exclude<LedgerState, 'shared'>;
};

/**
 * Events that no place was seen to hold, log by log and stream by stream, at most `limit` (500 at most). `after` is the
 * last entry of the page before.
 */
export const listNotShared = (
  db: ReadableDb,
  log: EventLog,
  limit: number,
  after: Pick<LedgerEntry, 'log' | 'dev' | 'seq'> | null = null,
): readonly LedgerEntry[] => {
  const most = Math.min(limit, 500);
  const entries: LedgerEntry[] = [];
  for (const one of [...log.logs(db)].sort()) {
    if (after && one < after.log) continue;
    for (const { dev, seq: head } of [...log.heads(db, one)].sort((a, b) => (a.dev < b.dev ? -1 : 1))) {
      if (after && one === after.log && dev < after.dev) continue;
      const { sent, acked } = bestMark(db, one, dev);
      const from = Math.max(acked + 1, after && one === after.log && dev === after.dev ? after.seq + 1 : 1);
      const to = Math.min(head, from + most - entries.length - 1);
      if (from > to) continue;
      for (const [index, { line }] of log.read(db, one, dev, from, to).entries()) {
        const seq = from + index;
        entries.push({ log: one, dev, seq, hash: lineHash(line), line, state: seq <= sent ? 'sent' : 'only-here' });
      }
      if (entries.length >= most) return entries;
    }
  }
  return entries;
};
