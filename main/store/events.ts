import type { ReadableDb, WritableDb } from './port.ts';
import { sql } from './sql.ts';

/** Table `event`: lines exactly as written, their disclosures that are here, their signatures. */
export type EventRow = {
  readonly rid: number;
  readonly log_rid: number;
  readonly stream_rid: number;
  readonly seq: number;
  readonly hash: string;
  readonly type: string;
  readonly line: string;
  /** JSON array of texts. */
  readonly d: string;
  readonly sig: string;
  readonly sealed: number;
};
export type NewEvent = Omit<EventRow, 'rid'> & { readonly source: string };

export const addEvent = (db: WritableDb, event: NewEvent): number =>
  (
    db.first<{ rid: number }>(
      sql`INSERT INTO event (log_rid, stream_rid, seq, hash, type, line, d, sig, sealed, source)
          VALUES (${event.log_rid}, ${event.stream_rid}, ${event.seq}, ${event.hash}, ${event.type}, ${event.line},
                  ${event.d}, ${event.sig}, ${event.sealed}, ${event.source}) RETURNING rid`,
    ) as { rid: number }
  ).rid;

const columns = sql`rid, log_rid, stream_rid, seq, hash, type, line, d, sig, sealed`;

export const eventByHash = (db: ReadableDb, hash: string): EventRow | undefined =>
  db.first<EventRow>(sql`SELECT ${columns} FROM event WHERE hash = ${hash}`);

export const eventByRid = (db: ReadableDb, rid: number): EventRow | undefined =>
  db.first<EventRow>(sql`SELECT ${columns} FROM event WHERE rid = ${rid}`);

export const eventAt = (db: ReadableDb, streamRid: number, seq: number): EventRow | undefined =>
  db.first<EventRow>(sql`SELECT ${columns} FROM event WHERE stream_rid = ${streamRid} AND seq = ${seq}`);

/** Events of a stream, ascending, both ends included. */
export const eventRange = (db: ReadableDb, streamRid: number, from: number, to: number): readonly EventRow[] =>
  db.all<EventRow>(
    sql`SELECT ${columns} FROM event WHERE stream_rid = ${streamRid} AND seq BETWEEN ${from} AND ${to} ORDER BY seq`,
  );

/** Events of a log in order of arrival after `afterRid`; for rebuilds, a page at a time. */
export const eventsAfter = (db: ReadableDb, logRid: number, afterRid: number, limit: number): readonly EventRow[] =>
  db.all<EventRow>(
    sql`SELECT ${columns} FROM event WHERE rid > ${afterRid} AND log_rid = ${logRid} ORDER BY rid LIMIT ${limit}`,
  );

/** Newest-first events of a stream up to `seq` whose line contains `text`; a coarse filter, the caller looks closer. */
export const eventsBackwardsWith = (
  db: ReadableDb,
  streamRid: number,
  seq: number,
  text: string,
  limit: number,
): readonly EventRow[] =>
  db.all<EventRow>(
    sql`SELECT ${columns} FROM event WHERE stream_rid = ${streamRid} AND seq <= ${seq} AND instr(line, ${text}) > 0
        ORDER BY seq DESC LIMIT ${limit}`,
  );

export const eventsOfLogWith = (db: ReadableDb, logRid: number, text: string): readonly EventRow[] =>
  db.all<EventRow>(
    sql`SELECT ${columns} FROM event WHERE log_rid = ${logRid} AND instr(line, ${text}) > 0 ORDER BY rid`,
  );

export const eventsOfTypes = (db: ReadableDb, logRid: number, types: readonly string[]): readonly EventRow[] =>
  db.all<EventRow>(
    sql`SELECT ${columns} FROM event
        WHERE log_rid = ${logRid} AND type IN (SELECT value FROM json_each(${JSON.stringify(types)})) ORDER BY rid`,
  );

export const setDisclosures = (db: WritableDb, rid: number, d: string): void => {
  db.run(sql`UPDATE event SET d = ${d} WHERE rid = ${rid}`);
};

export const setSignature = (db: WritableDb, rid: number, sig: string): void => {
  db.run(sql`UPDATE event SET sig = ${sig} WHERE rid = ${rid}`);
};

/** A line that was sealed is here in clear now: same hash, readable text. */
export const unseal = (db: WritableDb, rid: number, type: string, line: string, d: string, sig: string): void => {
  db.run(sql`UPDATE event SET type = ${type}, line = ${line}, d = ${d}, sig = ${sig}, sealed = 0 WHERE rid = ${rid}`);
};

/** Take unverifiable sealed copies of a stream away from `seq` on; returns them so that they can be kept apart. */
export const takeSealedFrom = (db: WritableDb, streamRid: number, seq: number): readonly EventRow[] =>
  db.all<EventRow>(
    sql`DELETE FROM event WHERE stream_rid = ${streamRid} AND seq >= ${seq} AND sealed = 1 RETURNING ${columns}`,
  );

export const countEvents = (db: ReadableDb, logRid: number): { readonly events: number; readonly sealed: number } => {
  const events = db.first<{ n: number }>(
    sql`SELECT coalesce(sum(contig), 0) AS n FROM stream WHERE log_rid = ${logRid}`,
  );
  const sealed = db.first<{ n: number }>(sql`SELECT count(*) AS n FROM event WHERE log_rid = ${logRid} AND sealed = 1`);
  return { events: events?.n ?? 0, sealed: sealed?.n ?? 0 };
};
