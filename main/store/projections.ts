import type { ReadableDb, WritableDb } from './port.ts';
import { sql } from './sql.ts';

/** Tables `head`, `over_ref`, `entry`, `witness`, `author`, `auth_use`, `org_seen`: made from events, thrown away freely. */
export type HeadRow = {
  readonly register: string;
  readonly entity: string;
  readonly hash: string;
  readonly event_rid: number;
};

export const isOver = (db: ReadableDb, logRid: number, entity: string, register: string, hash: string): boolean =>
  db.first(
    sql`SELECT 1 AS one FROM over_ref
        WHERE log_rid = ${logRid} AND entity = ${entity} AND register = ${register} AND hash = ${hash}`,
  ) !== undefined;

export const addHead = (
  db: WritableDb,
  logRid: number,
  entity: string,
  register: string,
  hash: string,
  rid: number,
): void => {
  db.run(
    sql`INSERT INTO head (log_rid, register, entity, hash, event_rid)
        VALUES (${logRid}, ${register}, ${entity}, ${hash}, ${rid}) ON CONFLICT DO NOTHING`,
  );
};

export const addOver = (db: WritableDb, logRid: number, entity: string, register: string, hash: string): void => {
  db.run(
    sql`INSERT INTO over_ref (log_rid, register, entity, hash) VALUES (${logRid}, ${register}, ${entity}, ${hash})
        ON CONFLICT DO NOTHING`,
  );
  db.run(
    sql`DELETE FROM head WHERE log_rid = ${logRid} AND entity = ${entity} AND register = ${register} AND hash = ${hash}`,
  );
};

export const headsOf = (db: ReadableDb, logRid: number, entity: string, register: string): readonly HeadRow[] =>
  db.all<HeadRow>(
    sql`SELECT register, entity, hash, event_rid FROM head
        WHERE log_rid = ${logRid} AND entity = ${entity} AND register = ${register} ORDER BY hash`,
  );

/** Registers of a log that have more than one head (their values may still be equal). */
export const contestedRegisters = (db: ReadableDb, logRid: number): readonly { entity: string; register: string }[] =>
  db.all<{ entity: string; register: string }>(
    sql`SELECT entity, register FROM head WHERE log_rid = ${logRid}
        GROUP BY entity, register HAVING count(*) > 1 ORDER BY entity, register`,
  );

/** The same for one entity. */
export const contestedOf = (
  db: ReadableDb,
  logRid: number,
  entity: string,
): readonly { entity: string; register: string }[] =>
  db.all<{ entity: string; register: string }>(
    sql`SELECT entity, register FROM head WHERE log_rid = ${logRid} AND entity = ${entity}
        GROUP BY register HAVING count(*) > 1 ORDER BY register`,
  );

/** Entities that have a head of a register, in text order. */
export const entitiesOf = (db: ReadableDb, logRid: number, register: string): readonly string[] =>
  db
    .all<{
      entity: string;
    }>(sql`SELECT DISTINCT entity FROM head WHERE log_rid = ${logRid} AND register = ${register} ORDER BY entity`)
    .map(({ entity }) => entity);

export type EntryRow = {
  readonly event_rid: number;
  readonly hash: string;
  readonly type: string;
  readonly happened: string;
  readonly hlc: string;
  readonly reason: string | null;
  readonly fact: string | null;
};
const entryColumns = sql`event_rid, hash, type, happened, hlc, reason, fact`;

export const addEntry = (db: WritableDb, logRid: number, row: EntryRow, listed: boolean): void => {
  db.run(
    sql`INSERT INTO entry (event_rid, log_rid, hash, type, happened, hlc, reason, listed, fact)
        VALUES (${row.event_rid}, ${logRid}, ${row.hash}, ${row.type}, ${row.happened}, ${row.hlc}, ${row.reason},
                ${listed ? 1 : 0}, ${row.fact}) ON CONFLICT (event_rid) DO NOTHING`,
  );
};

export const dropEntry = (db: WritableDb, eventRid: number): void => {
  db.run(sql`DELETE FROM entry WHERE event_rid = ${eventRid}`);
};

export const entryOf = (db: ReadableDb, eventRid: number): EntryRow | undefined =>
  db.first<EntryRow>(sql`SELECT ${entryColumns} FROM entry WHERE event_rid = ${eventRid}`);

/** A place between two entries: the sort key of the row before it. */
export type EntryKey = { readonly at: string; readonly hlc: string; readonly hash: string };

/** Entries from newest to oldest by what happened, after `before`. */
export const entriesByHappened = (
  db: ReadableDb,
  logRid: number,
  before: EntryKey | null,
  limit: number,
): readonly EntryRow[] =>
  before === null
    ? db.all<EntryRow>(
        sql`SELECT ${entryColumns} FROM entry WHERE log_rid = ${logRid}
            ORDER BY happened DESC, hlc DESC, hash DESC LIMIT ${limit}`,
      )
    : db.all<EntryRow>(
        sql`SELECT ${entryColumns} FROM entry
            WHERE log_rid = ${logRid} AND (happened, hlc, hash) < (${before.at}, ${before.hlc}, ${before.hash})
            ORDER BY happened DESC, hlc DESC, hash DESC LIMIT ${limit}`,
      );

/** Entries from newest to oldest by when they were recorded (hybrid clock: causes stand below their effects). */
export const entriesByRecorded = (
  db: ReadableDb,
  logRid: number,
  before: EntryKey | null,
  limit: number,
): readonly EntryRow[] =>
  before === null
    ? db.all<EntryRow>(
        sql`SELECT ${entryColumns} FROM entry WHERE log_rid = ${logRid} ORDER BY hlc DESC, hash DESC LIMIT ${limit}`,
      )
    : db.all<EntryRow>(
        sql`SELECT ${entryColumns} FROM entry WHERE log_rid = ${logRid} AND (hlc, hash) < (${before.hlc}, ${before.hash})
            ORDER BY hlc DESC, hash DESC LIMIT ${limit}`,
      );

/** Entries of a type that rooms list apart (tasks, decisions …), oldest first. */
export const listedEntries = (db: ReadableDb, logRid: number, type: string): readonly EntryRow[] =>
  db.all<EntryRow>(
    sql`SELECT ${entryColumns} FROM entry WHERE log_rid = ${logRid} AND listed = 1 AND type = ${type} ORDER BY hlc, hash`,
  );

export const countEntries = (
  db: ReadableDb,
  logRid: number,
): { readonly entries: number; readonly unknown: number; readonly withoutEffect: number } => {
  const all = db.first<{ n: number }>(sql`SELECT count(*) AS n FROM entry WHERE log_rid = ${logRid}`);
  const none = db.first<{ n: number; u: number }>(
    sql`SELECT count(*) AS n, coalesce(sum(reason = 'unknown-type'), 0) AS u FROM entry
        WHERE log_rid = ${logRid} AND reason IS NOT NULL`,
  );
  const unknown = none?.u ?? 0;
  return { entries: all?.n ?? 0, unknown, withoutEffect: (none?.n ?? 0) - unknown };
};

export type WitnessRow = {
  readonly fact: string;
  readonly hlc: string;
  readonly hash: string;
  readonly event_rid: number;
};

export const addWitness = (db: WritableDb, logRid: number, row: WitnessRow): void => {
  db.run(
    sql`INSERT INTO witness (log_rid, fact, hlc, hash, event_rid)
        VALUES (${logRid}, ${row.fact}, ${row.hlc}, ${row.hash}, ${row.event_rid}) ON CONFLICT DO NOTHING`,
  );
};

export const witnessesOf = (db: ReadableDb, logRid: number, fact: string): readonly WitnessRow[] =>
  db.all<WitnessRow>(
    sql`SELECT fact, hlc, hash, event_rid FROM witness WHERE log_rid = ${logRid} AND fact = ${fact} ORDER BY hlc, hash`,
  );

export const allWitnesses = (db: ReadableDb, logRid: number): readonly WitnessRow[] =>
  db.all<WitnessRow>(
    sql`SELECT fact, hlc, hash, event_rid FROM witness WHERE log_rid = ${logRid} ORDER BY fact, hlc, hash`,
  );

export type AuthorRow = {
  readonly actor: string;
  readonly dev: string;
  readonly last_hlc: string;
  readonly last_at: string;
};

export const noteAuthor = (db: WritableDb, logRid: number, row: AuthorRow): void => {
  db.run(
    sql`INSERT INTO author (log_rid, actor, dev, last_hlc, last_at)
        VALUES (${logRid}, ${row.actor}, ${row.dev}, ${row.last_hlc}, ${row.last_at})
        ON CONFLICT (log_rid, actor, dev) DO UPDATE SET last_hlc = excluded.last_hlc, last_at = excluded.last_at
        WHERE excluded.last_hlc > author.last_hlc`,
  );
};

export const authorsOf = (db: ReadableDb, logRid: number): readonly AuthorRow[] =>
  db.all<AuthorRow>(
    sql`SELECT actor, dev, last_hlc, last_at FROM author WHERE log_rid = ${logRid} ORDER BY actor, dev`,
  );

export const noteAuth = (db: WritableDb, logRid: number, auth: string): void => {
  db.run(sql`INSERT INTO auth_use (log_rid, auth) VALUES (${logRid}, ${auth}) ON CONFLICT DO NOTHING`);
};

export const logsUsingGrants = (db: ReadableDb, grants: readonly string[]): readonly number[] =>
  db
    .all<{
      log_rid: number;
    }>(
      sql`SELECT DISTINCT log_rid FROM auth_use WHERE auth IN (SELECT value FROM json_each(${JSON.stringify(grants)}))`,
    )
    .map(({ log_rid }) => log_rid);

export const noteOrgSeen = (db: WritableDb, logRid: number, streamRid: number, seq: number, hash: string): void => {
  db.run(
    sql`INSERT INTO org_seen (stream_rid, seq, hash, log_rid) VALUES (${streamRid}, ${seq}, ${hash}, ${logRid})
        ON CONFLICT DO NOTHING`,
  );
};

export const logsNamingOrgEvents = (db: ReadableDb, hashes: readonly string[]): readonly number[] =>
  db
    .all<{
      log_rid: number;
    }>(
      sql`SELECT DISTINCT log_rid FROM org_seen WHERE hash IN (SELECT value FROM json_each(${JSON.stringify(hashes)}))`,
    )
    .map(({ log_rid }) => log_rid);

/** How far a room stream knew each stream of the org log at `seq`. */
export const orgKnowledge = (db: ReadableDb, streamRid: number, seq: number): readonly { dev: string; seq: number }[] =>
  db.all<{ dev: string; seq: number }>(
    sql`SELECT s.dev, max(e.seq) AS seq FROM org_seen o JOIN event e ON e.hash = o.hash JOIN stream s ON s.rid = e.stream_rid
        WHERE o.stream_rid = ${streamRid} AND o.seq <= ${seq} GROUP BY s.dev`,
  );

export const clearProjections = (db: WritableDb, logRid: number): void => {
  db.run(sql`DELETE FROM head WHERE log_rid = ${logRid}`);
  db.run(sql`DELETE FROM over_ref WHERE log_rid = ${logRid}`);
  db.run(sql`DELETE FROM entry WHERE log_rid = ${logRid}`);
  db.run(sql`DELETE FROM witness WHERE log_rid = ${logRid}`);
  db.run(sql`DELETE FROM author WHERE log_rid = ${logRid}`);
  db.run(sql`DELETE FROM auth_use WHERE log_rid = ${logRid}`);
  db.run(sql`DELETE FROM org_seen WHERE log_rid = ${logRid}`);
};

/** Every projected row of a log as text, in an order that does not depend on arrival. */
export const projectionLines = (db: ReadableDb, logRid: number): readonly string[] => {
  const lines = (rows: readonly { readonly line: string }[]): readonly string[] => rows.map(({ line }) => line);
  return [
    ...lines(
      db.all<{ line: string }>(
        sql`SELECT json_array('head', entity, register, hash) AS line FROM head WHERE log_rid = ${logRid}
            ORDER BY entity, register, hash`,
      ),
    ),
    ...lines(
      db.all<{ line: string }>(
        sql`SELECT json_array('entry', hash, type, happened, hlc, reason, fact, listed) AS line FROM entry
            WHERE log_rid = ${logRid} ORDER BY hash`,
      ),
    ),
    ...lines(
      db.all<{ line: string }>(
        sql`SELECT json_array('witness', fact, hlc, hash) AS line FROM witness WHERE log_rid = ${logRid}
            ORDER BY fact, hlc, hash`,
      ),
    ),
    ...lines(
      db.all<{ line: string }>(
        sql`SELECT json_array('author', actor, dev, last_hlc, last_at) AS line FROM author WHERE log_rid = ${logRid}
            ORDER BY actor, dev`,
      ),
    ),
    ...lines(
      db.all<{ line: string }>(
        sql`SELECT json_array('redaction', digest, by_hash) AS line FROM redaction WHERE log_rid = ${logRid}
            ORDER BY digest, by_hash`,
      ),
    ),
  ];
};
