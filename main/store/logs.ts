import type { ReadableDb, WritableDb } from './port.ts';
import { sql } from './sql.ts';

/** Tables `log`, `stream`, `own_seen`, `own_org_seen`: which logs there are and how far each stream of them is here. */
export type LogRow = { readonly rid: number; readonly id: string; readonly org: string | null };
/** `contig`: newest event without a hole before it; `head` its hash; `pub` null until the stream's first event is here. */
export type StreamRow = {
  readonly rid: number;
  readonly log_rid: number;
  readonly dev: string;
  readonly contig: number;
  readonly head: string;
  readonly pub: string | null;
  readonly forked: number;
};

export const logById = (db: ReadableDb, id: string): LogRow | undefined =>
  db.first<LogRow>(sql`SELECT rid, id, org FROM log WHERE id = ${id}`);

export const logByRid = (db: ReadableDb, rid: number): LogRow | undefined =>
  db.first<LogRow>(sql`SELECT rid, id, org FROM log WHERE rid = ${rid}`);

export const allLogs = (db: ReadableDb): readonly LogRow[] =>
  db.all<LogRow>(sql`SELECT rid, id, org FROM log ORDER BY rid`);

export const addLog = (db: WritableDb, id: string, org: string | null, at: string): LogRow => {
  db.run(sql`INSERT INTO log (id, org, at) VALUES (${id}, ${org}, ${at})`);
  return logById(db, id) as LogRow;
};

export const setLogOrg = (db: WritableDb, rid: number, org: string): void => {
  db.run(sql`UPDATE log SET org = ${org} WHERE rid = ${rid}`);
};

export const streamsOf = (db: ReadableDb, logRid: number): readonly StreamRow[] =>
  db.all<StreamRow>(
    sql`SELECT rid, log_rid, dev, contig, head, pub, forked FROM stream WHERE log_rid = ${logRid} ORDER BY dev`,
  );

export const streamOf = (db: ReadableDb, logRid: number, dev: string): StreamRow | undefined =>
  db.first<StreamRow>(
    sql`SELECT rid, log_rid, dev, contig, head, pub, forked FROM stream WHERE log_rid = ${logRid} AND dev = ${dev}`,
  );

export const addStream = (db: WritableDb, logRid: number, dev: string, zero: string): StreamRow => {
  db.run(sql`INSERT INTO stream (log_rid, dev, head) VALUES (${logRid}, ${dev}, ${zero})`);
  return streamOf(db, logRid, dev) as StreamRow;
};

export const moveHead = (db: WritableDb, rid: number, contig: number, head: string, pub: string | null): void => {
  db.run(sql`UPDATE stream SET contig = ${contig}, head = ${head}, pub = ${pub} WHERE rid = ${rid}`);
};

export const markForked = (db: WritableDb, rid: number): void => {
  db.run(sql`UPDATE stream SET forked = 1 WHERE rid = ${rid}`);
};

/** Logs that hold a stream of one of these devices (`devs` as JSON array text). */
export const logsWithDevices = (db: ReadableDb, devs: readonly string[]): readonly number[] =>
  db
    .all<{
      log_rid: number;
    }>(sql`SELECT DISTINCT log_rid FROM stream WHERE dev IN (SELECT value FROM json_each(${JSON.stringify(devs)}))`)
    .map(({ log_rid }) => log_rid);

type SeenRow = { readonly dev: string; readonly seq: number; readonly head: string };

/** Streams of a log, other than our own, that moved since our stream named them last; at most `limit`, by device. */
export const unseenHeads = (db: ReadableDb, logRid: number, own: StreamRow, limit: number): readonly SeenRow[] =>
  db.all<SeenRow>(
    sql`SELECT s.dev, s.contig AS seq, s.head FROM stream s
        LEFT JOIN own_seen o ON o.stream_rid = ${own.rid} AND o.dev = s.dev
        WHERE s.log_rid = ${logRid} AND s.rid <> ${own.rid} AND s.contig > coalesce(o.seq, 0) ORDER BY s.dev LIMIT ${limit}`,
  );

export const markSeen = (db: WritableDb, streamRid: number, dev: string, seq: number): void => {
  db.run(
    sql`INSERT INTO own_seen (stream_rid, dev, seq) VALUES (${streamRid}, ${dev}, ${seq})
        ON CONFLICT (stream_rid, dev) DO UPDATE SET seq = excluded.seq`,
  );
};

/** The same for heads of the org log, which a room's stream names in `c.org`. */
export const unseenOrgHeads = (db: ReadableDb, orgRid: number, own: StreamRow, limit: number): readonly SeenRow[] =>
  db.all<SeenRow>(
    sql`SELECT s.dev, s.contig AS seq, s.head FROM stream s
        LEFT JOIN own_org_seen o ON o.stream_rid = ${own.rid} AND o.dev = s.dev
        WHERE s.log_rid = ${orgRid} AND s.contig > coalesce(o.seq, 0) ORDER BY s.dev LIMIT ${limit}`,
  );

export const markOrgSeen = (db: WritableDb, streamRid: number, dev: string, seq: number): void => {
  db.run(
    sql`INSERT INTO own_org_seen (stream_rid, dev, seq) VALUES (${streamRid}, ${dev}, ${seq})
        ON CONFLICT (stream_rid, dev) DO UPDATE SET seq = excluded.seq`,
  );
};
