import { isJsonObject, parseJson } from '../../shared/base/json.ts';
import { isLogId, type DeviceId, type EventHash, type LogId } from '../../shared/domain/ids.ts';
import type { ReadableDb, WritableDb } from './port.ts';
import { sql } from './sql.ts';

/** A known place. Same fields as `Share` of main/sync/port.ts, which this room may not import. */
export type ShareRow = {
  readonly id: string;
  readonly kind: string;
  readonly place: string;
  readonly org: string;
  readonly backend_id: string;
  readonly incarnation: string;
  readonly added_at: string;
};
/** How far a stream reached a place: `acked` ≤ `sent`. */
export type StreamMark = { readonly sent: number; readonly acked: number; readonly strikes: number };
export type ProblemRow = {
  readonly share: string;
  readonly name: string;
  readonly tag: string;
  readonly reason: string;
  readonly at: string;
};

/** A hostile place must not fill the disk with complaints about itself. */
export const maxProblemsPerShare = 1_000;
/** Names and reasons come from outside. */
const maxText = 1_000;

export const allShares = (db: ReadableDb): readonly ShareRow[] =>
  db.all<ShareRow>(sql`SELECT * FROM share ORDER BY added_at, id`);

export const putShare = (db: WritableDb, share: ShareRow): void => {
  db.run(
    sql`INSERT INTO share (id, kind, place, org, backend_id, incarnation, added_at)
        VALUES (${share.id}, ${share.kind}, ${share.place}, ${share.org}, ${share.backend_id}, ${share.incarnation}, ${share.added_at})
        ON CONFLICT (id) DO UPDATE SET org = excluded.org, backend_id = excluded.backend_id, incarnation = excluded.incarnation`,
  );
};

/** Forget a place; the events stay. */
export const dropShare = (db: WritableDb, id: string): void => {
  db.run(sql`DELETE FROM share_problem WHERE share = ${id}`);
  db.run(sql`DELETE FROM share WHERE id = ${id}`);
};

/** The place is another one than before: cursors and marks say nothing about it. */
export const forgetProgress = (db: WritableDb, id: string): void => {
  db.run(sql`DELETE FROM share_log WHERE share = ${id}`);
  db.run(sql`DELETE FROM share_stream WHERE share = ${id}`);
};

export const cursorOf = (db: ReadableDb, share: string, log: LogId): string | null =>
  db.first<{ cursor: string | null }>(sql`SELECT cursor FROM share_log WHERE share = ${share} AND log = ${log}`)
    ?.cursor ?? null;

export const putCursor = (db: WritableDb, share: string, log: LogId, cursor: string, at: string): void => {
  db.run(
    sql`INSERT INTO share_log (share, log, cursor, pulled_at) VALUES (${share}, ${log}, ${cursor}, ${at})
        ON CONFLICT (share, log) DO UPDATE SET cursor = excluded.cursor, pulled_at = excluded.pulled_at`,
  );
};

export const lastPull = (db: ReadableDb, share: string): string | null =>
  db.first<{ at: string | null }>(sql`SELECT max(pulled_at) AS at FROM share_log WHERE share = ${share}`)?.at ?? null;

export const marksOf = (db: ReadableDb, share: string, log: LogId): ReadonlyMap<DeviceId, StreamMark> => {
  const rows = db.all<{ dev: string; sent: number; acked: number; strikes: number }>(
    sql`SELECT dev, sent, acked, strikes FROM share_stream WHERE share = ${share} AND log = ${log}`,
  );
  return new Map(rows.map(({ dev, sent, acked, strikes }) => [dev as DeviceId, { sent, acked, strikes }]));
};

export const putMark = (db: WritableDb, share: string, log: LogId, dev: DeviceId, mark: StreamMark): void => {
  db.run(
    sql`INSERT INTO share_stream (share, log, dev, sent, acked, strikes)
        VALUES (${share}, ${log}, ${dev}, ${mark.sent}, ${mark.acked}, ${mark.strikes})
        ON CONFLICT (share, log, dev)
        DO UPDATE SET sent = excluded.sent, acked = excluded.acked, strikes = excluded.strikes`,
  );
};

/** Before a pull from the beginning: nothing is known to be there until it is read again. */
export const resetMarks = (db: WritableDb, share: string, log: LogId): void => {
  db.run(sql`UPDATE share_stream SET acked = 0 WHERE share = ${share} AND log = ${log}`);
};

/** Best marks over all places: an event is shared when any place that we know holds it. */
export const bestMark = (
  db: ReadableDb,
  log: LogId,
  dev: DeviceId,
): { readonly sent: number; readonly acked: number } => {
  const row = db.first<{ sent: number | null; acked: number | null }>(
    sql`SELECT max(sent) AS sent, max(acked) AS acked FROM share_stream WHERE log = ${log} AND dev = ${dev}`,
  );
  return { sent: row?.sent ?? 0, acked: row?.acked ?? 0 };
};

/** Events of one log that a place was not seen to hold. */
export const logNotShared = (db: ReadableDb, share: string, log: LogId): number =>
  db.first<{ n: number | null }>(
    sql`SELECT sum(stream.contig - coalesce(mark.acked, 0)) AS n FROM stream JOIN log ON log.rid = stream.log_rid
        LEFT JOIN share_stream AS mark ON mark.share = ${share} AND mark.log = log.id AND mark.dev = stream.dev
        WHERE log.id = ${log} AND stream.contig > coalesce(mark.acked, 0)`,
  )?.n ?? 0;

/** Events of a place's logs (its organisation, its rooms, rooms that nobody announced yet) that it was not seen to hold. */
export const placeNotShared = (db: ReadableDb, share: string, org: LogId): number =>
  db.first<{ n: number | null }>(
    sql`SELECT sum(stream.contig - coalesce(mark.acked, 0)) AS n FROM stream JOIN log ON log.rid = stream.log_rid
        LEFT JOIN share_stream AS mark ON mark.share = ${share} AND mark.log = log.id AND mark.dev = stream.dev
        WHERE stream.contig > coalesce(mark.acked, 0) AND (
          log.id = ${org} OR EXISTS (SELECT 1 FROM share_room AS r WHERE r.org = ${org} AND r.log = log.id)
          OR (log.id LIKE 'inc:%' AND NOT EXISTS (SELECT 1 FROM share_room AS r WHERE r.log = log.id)))`,
  )?.n ?? 0;

/** Events that no place was seen to hold. */
export const nowhereShared = (db: ReadableDb): number =>
  db.first<{ n: number | null }>(
    sql`SELECT sum(contig - acked) AS n FROM (
          SELECT stream.contig AS contig, coalesce(max(mark.acked), 0) AS acked
          FROM stream JOIN log ON log.rid = stream.log_rid
          LEFT JOIN share_stream AS mark ON mark.log = log.id AND mark.dev = stream.dev
          GROUP BY stream.rid
        ) WHERE contig > acked`,
  )?.n ?? 0;

export const putProblem = (db: WritableDb, problem: ProblemRow): void => {
  const known = db.first<{ n: number }>(sql`SELECT count(*) AS n FROM share_problem WHERE share = ${problem.share}`);
  if ((known?.n ?? 0) >= maxProblemsPerShare) return;
  db.run(
    sql`INSERT INTO share_problem (share, name, tag, reason, at)
        VALUES (${problem.share}, ${problem.name.slice(0, maxText)}, ${problem.tag}, ${problem.reason.slice(0, maxText)}, ${problem.at})
        ON CONFLICT (share, name) DO UPDATE SET tag = excluded.tag, reason = excluded.reason`,
  );
};

/** Tags by name of what a place's problems are. */
export const problemsOf = (db: ReadableDb, share: string): ReadonlyMap<string, string> =>
  new Map(
    db
      .all<{ name: string; tag: string }>(sql`SELECT name, tag FROM share_problem WHERE share = ${share}`)
      .map(({ name, tag }) => [name, tag]),
  );

export const dropProblem = (db: WritableDb, share: string, name: string): void => {
  db.run(sql`DELETE FROM share_problem WHERE share = ${share} AND name = ${name.slice(0, maxText)}`);
};

export const allProblems = (db: ReadableDb): readonly ProblemRow[] =>
  db.all<ProblemRow>(sql`SELECT share, name, tag, reason, at FROM share_problem ORDER BY at DESC, share, name`);

/** Rooms that the organisation's log announces. Call `scanRooms` first. */
export const roomsOf = (db: ReadableDb, org: LogId): readonly LogId[] =>
  db
    .all<{ log: string }>(sql`SELECT log FROM share_room WHERE org = ${org} ORDER BY log`)
    .map((row) => row.log as LogId);

/** Organisations that announce a room. */
export const orgsOf = (db: ReadableDb, log: LogId): readonly LogId[] =>
  db.all<{ org: string }>(sql`SELECT org FROM share_room WHERE log = ${log}`).map((row) => row.org as LogId);

/** Whether events were stored since `scanRooms` looked. */
export const scanIsDue = (db: ReadableDb): boolean =>
  db.first(
    sql`SELECT 1 AS due FROM share_room_scan WHERE id = 1 AND rid < (SELECT coalesce(max(rid), 0) FROM event)`,
  ) !== undefined;

/**
 * Look at the announcements that were stored since the last look. Whether its author was allowed to announce decides what
 * the room is worth, not whether it is fetched: an event is never dropped for lack of a role.
 */
export const scanRooms = (db: WritableDb): void => {
  const from = db.first<{ rid: number }>(sql`SELECT rid FROM share_room_scan WHERE id = 1`)?.rid ?? 0;
  const to = db.first<{ rid: number | null }>(sql`SELECT max(rid) AS rid FROM event`)?.rid ?? 0;
  if (to <= from) return;
  const rows = db.all<{ org: string; line: string }>(
    sql`SELECT log.id AS org, event.line AS line FROM event JOIN log ON log.rid = event.log_rid
        WHERE event.rid > ${from} AND event.rid <= ${to} AND event.type = 'room.announced'`,
  );
  for (const { org, line } of rows) {
    const parsed = parseJson(line);
    const fields = parsed.ok && isJsonObject(parsed.value) ? parsed.value['c'] : null;
    const log = isJsonObject(fields) ? fields['log'] : null;
    if (isLogId(log) && log.startsWith('inc:') && org.startsWith('org:'))
      db.run(sql`INSERT INTO share_room (org, log) VALUES (${org}, ${log}) ON CONFLICT DO NOTHING`);
  }
  db.run(sql`UPDATE share_room_scan SET rid = ${to} WHERE id = 1`);
};

/** Hash of a stored event of the contiguous part of a stream; null when it is not here. */
export const eventHash = (db: ReadableDb, log: LogId, dev: DeviceId, seq: number): EventHash | null => {
  const row = db.first<{ hash: string }>(
    sql`SELECT event.hash AS hash FROM event JOIN stream ON stream.rid = event.stream_rid
        JOIN log ON log.rid = stream.log_rid
        WHERE log.id = ${log} AND stream.dev = ${dev} AND event.seq = ${seq} AND event.seq <= stream.contig`,
  );
  return row ? (row.hash as EventHash) : null;
};

export const putDeviceSeen = (db: WritableDb, dev: DeviceId, wroteAt: string | null, pulledAt: string): void => {
  db.run(
    sql`INSERT INTO device_seen (dev, wrote_at, pulled_at) VALUES (${dev}, ${wroteAt}, ${pulledAt})
        ON CONFLICT (dev) DO UPDATE SET
          wrote_at = max(coalesce(device_seen.wrote_at, ''), coalesce(excluded.wrote_at, '')), pulled_at = excluded.pulled_at`,
  );
};

/** When each other device last wrote (its own clock) and when something new of it last arrived here (our clock). */
export const devicesSeen = (
  db: ReadableDb,
): readonly { readonly dev: string; readonly wrote_at: string | null; readonly pulled_at: string }[] =>
  db.all<{ dev: string; wrote_at: string | null; pulled_at: string }>(
    sql`SELECT dev, wrote_at, pulled_at FROM device_seen ORDER BY dev`,
  );
