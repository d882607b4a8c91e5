import type { ReadableDb, WritableDb } from './port.ts';
import { sql } from './sql.ts';

/** Tables `waiting`, `quarantine`, `redaction`: what is kept beside the log. Nothing that arrived is thrown away. */
export type WaitingRow = {
  readonly rid: number;
  readonly log: string;
  readonly dev: string;
  readonly seq: number;
  readonly hash: string;
  readonly wire: string;
  readonly source: string;
};

export const addWaiting = (db: WritableDb, row: Omit<WaitingRow, 'rid'>): boolean =>
  db.run(
    sql`INSERT INTO waiting (log, dev, seq, hash, wire, source)
        VALUES (${row.log}, ${row.dev}, ${row.seq}, ${row.hash}, ${row.wire}, ${row.source})
        ON CONFLICT (log, dev, seq, hash) DO NOTHING`,
  ) > 0;

export const waitingFrom = (
  db: ReadableDb,
  log: string,
  dev: string,
  seq: number,
  limit: number,
): readonly WaitingRow[] =>
  db.all<WaitingRow>(
    sql`SELECT rid, log, dev, seq, hash, wire, source FROM waiting
        WHERE log = ${log} AND dev = ${dev} AND seq >= ${seq} ORDER BY seq, hash LIMIT ${limit}`,
  );

export const dropWaiting = (db: WritableDb, log: string, dev: string, seq: number, hash: string): void => {
  db.run(sql`DELETE FROM waiting WHERE log = ${log} AND dev = ${dev} AND seq = ${seq} AND hash = ${hash}`);
};

/** Waiting rows at or below `seq` that no longer wait for anything. */
export const takeWaitingTo = (db: WritableDb, log: string, dev: string, seq: number): readonly WaitingRow[] =>
  db.all<WaitingRow>(
    sql`DELETE FROM waiting WHERE log = ${log} AND dev = ${dev} AND seq <= ${seq}
        RETURNING rid, log, dev, seq, hash, wire, source`,
  );

export const waitingStreams = (db: ReadableDb, log: string | null): readonly { log: string; dev: string }[] =>
  db.all<{ log: string; dev: string }>(
    sql`SELECT DISTINCT log, dev FROM waiting WHERE ${log} IS NULL OR log = ${log} ORDER BY log, dev`,
  );

export const waitingSeqs = (db: ReadableDb, log: string, dev: string): readonly number[] =>
  db
    .all<{ seq: number }>(sql`SELECT DISTINCT seq FROM waiting WHERE log = ${log} AND dev = ${dev} ORDER BY seq`)
    .map(({ seq }) => seq);

export const countWaiting = (db: ReadableDb, log: string): number =>
  db.first<{ n: number }>(sql`SELECT count(*) AS n FROM waiting WHERE log = ${log}`)?.n ?? 0;

export type QuarantineRecord = {
  readonly rid: number;
  readonly tag: string;
  readonly reason: string;
  readonly log: string | null;
  readonly dev: string | null;
  readonly seq: number | null;
  readonly hash: string;
  readonly wire: string;
  readonly source: string;
  readonly at: string;
};

/** Keep something apart; false when this very thing is already there. */
export const addQuarantine = (db: WritableDb, row: Omit<QuarantineRecord, 'rid'>): boolean =>
  db.run(
    sql`INSERT INTO quarantine (tag, reason, log, dev, seq, hash, wire, source, at)
        VALUES (${row.tag}, ${row.reason}, ${row.log}, ${row.dev}, ${row.seq}, ${row.hash}, ${row.wire}, ${row.source}, ${row.at})
        ON CONFLICT (hash, tag) DO NOTHING`,
  ) > 0;

export const quarantined = (db: ReadableDb, limit: number): readonly QuarantineRecord[] =>
  db.all<QuarantineRecord>(
    sql`SELECT rid, tag, reason, log, dev, seq, hash, wire, source, at FROM quarantine ORDER BY rid DESC LIMIT ${limit}`,
  );

export const countQuarantine = (db: ReadableDb, log: string): number =>
  db.first<{ n: number }>(sql`SELECT count(*) AS n FROM quarantine WHERE log = ${log}`)?.n ?? 0;

export const addRedaction = (db: WritableDb, logRid: number, digest: string, by: string): void => {
  db.run(
    sql`INSERT INTO redaction (log_rid, digest, by_hash) VALUES (${logRid}, ${digest}, ${by}) ON CONFLICT DO NOTHING`,
  );
};

export const redactedDigests = (db: ReadableDb, logRid: number): readonly string[] =>
  db
    .all<{ digest: string }>(sql`SELECT DISTINCT digest FROM redaction WHERE log_rid = ${logRid} ORDER BY digest`)
    .map(({ digest }) => digest);

export const clearRedactions = (db: WritableDb, logRid: number): void => {
  db.run(sql`DELETE FROM redaction WHERE log_rid = ${logRid}`);
};

/** Everything kept apart of one log, for redactions: what must go must go here too. */
export const apartOfLog = (
  db: ReadableDb,
  log: string,
): readonly { readonly table: 'waiting' | 'quarantine'; readonly rid: number; readonly wire: string }[] =>
  db.all<{ table: 'waiting' | 'quarantine'; rid: number; wire: string }>(
    sql`SELECT 'waiting' AS "table", rid, wire FROM waiting WHERE log = ${log}
        UNION ALL SELECT 'quarantine', rid, wire FROM quarantine WHERE log = ${log}`,
  );

export const setApartWire = (db: WritableDb, table: 'waiting' | 'quarantine', rid: number, wire: string): void => {
  db.run(
    table === 'waiting'
      ? sql`UPDATE waiting SET wire = ${wire} WHERE rid = ${rid}`
      : sql`UPDATE quarantine SET wire = ${wire} WHERE rid = ${rid}`,
  );
};
