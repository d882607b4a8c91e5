import { eventsBackwardsWith } from '../store/events.ts';
import type { ReadableDb } from '../store/port.ts';
import { lineOf } from './decode.ts';

/**
 * How far a stream's author had another device's stream of the same log when writing its event `seq`: what the newest
 * `seen` at or before it says; 0 = not at all. A claim of the author, used only where it can speak against the author.
 */
export const knownSeq = (db: ReadableDb, streamRid: number, seq: number, dev: string): number => {
  for (let to = seq; to > 0;) {
    const rows = eventsBackwardsWith(db, streamRid, to, dev, 50);
    for (const row of rows) {
      const { seen } = lineOf(row);
      const head = Object.hasOwn(seen, dev) ? seen[dev] : undefined;
      if (head) return head[0];
    }
    const last = rows.at(-1);
    if (rows.length < 50 || !last) return 0;
    to = last.seq - 1;
  }
  return 0;
};
