import type { ReadableDb, WritableDb } from './port.ts';
import { sql } from './sql.ts';

/** A signal as stored; `facts` and `data` are JSON text. */
export type SignalRow = {
  readonly id: string;
  readonly monitor: string;
  readonly asset: string;
  readonly window_key: string;
  readonly title: string;
  readonly why: string;
  readonly started: string;
  readonly observed: string;
  readonly complete_to: string | null;
  readonly facts: string;
  readonly data: string;
};

/**
 * Store a signal. Seen again it takes the newer words and facts but keeps when it was first observed, which is when it was
 * detected. True when it is new or says something else than before.
 */
export const putSignal = (db: WritableDb, row: SignalRow): boolean =>
  db.run(sql`INSERT INTO signal (id, monitor, asset, window_key, title, why, started, observed, complete_to, facts, data)
    VALUES (${row.id}, ${row.monitor}, ${row.asset}, ${row.window_key}, ${row.title}, ${row.why}, ${row.started}, ${row.observed},
      ${row.complete_to}, ${row.facts}, ${row.data})
    ON CONFLICT (id) DO UPDATE SET title = excluded.title, why = excluded.why, started = excluded.started,
      complete_to = excluded.complete_to, facts = excluded.facts, data = excluded.data
    WHERE title <> excluded.title OR why <> excluded.why OR started <> excluded.started OR facts <> excluded.facts
      OR data <> excluded.data`) > 0;

/** Signals that started at `from` or later, oldest first; at most `limit`, the newest win. */
export const signalRows = (db: ReadableDb, from: string, limit: number): readonly SignalRow[] =>
  db
    .all<SignalRow>(sql`SELECT * FROM signal WHERE started >= ${from} ORDER BY started DESC, id DESC LIMIT ${limit}`)
    .toReversed();
export const signalById = (db: ReadableDb, id: string): SignalRow | undefined =>
  db.first<SignalRow>(sql`SELECT * FROM signal WHERE id = ${id}`);
export const deleteSignal = (db: WritableDb, id: string): void => {
  db.run(sql`DELETE FROM signal WHERE id = ${id}`);
};
