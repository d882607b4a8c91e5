import type { Instant } from '../../shared/base/time.ts';
import { agedOut, dropFacts } from './lake.ts';
import type { ReadableDb, Row, Sql, WritableDb } from './port.ts';
import { sql } from './sql.ts';

/** A room's packing as stored: `scope` and `totals` are JSON text. The lake room gives it meaning. */
export type PackRow = {
  readonly id: number;
  readonly room: string;
  readonly state: string;
  readonly scope: string;
  readonly hops: number;
  /** Hops that were really packed: fewer than `hops` where the limit of the room left the farthest out. */
  readonly reach: number;
  readonly since: string;
  readonly until: string | null;
  readonly started: string;
  readonly finished: string | null;
  readonly totals: string;
  readonly note: string | null;
};

export const packOf = (db: ReadableDb, room: string): PackRow | undefined =>
  db.first<PackRow & Row>(sql`SELECT * FROM pack WHERE room = ${room}`);
export const packRows = (db: ReadableDb): readonly PackRow[] =>
  db.all<PackRow & Row>(sql`SELECT * FROM pack ORDER BY started, id`);

/** Store a room's packing; its id is kept, so that what it holds stays held. */
export const putPack = (db: WritableDb, row: Omit<PackRow, 'id'>): void => {
  db.run(sql`INSERT INTO pack (room, state, scope, hops, reach, since, until, started, finished, totals, note)
    VALUES (${row.room}, ${row.state}, ${row.scope}, ${row.hops}, ${row.reach}, ${row.since}, ${row.until}, ${row.started},
      ${row.finished}, ${row.totals}, ${row.note})
    ON CONFLICT (room) DO UPDATE SET state = excluded.state, scope = excluded.scope, hops = excluded.hops,
      reach = excluded.reach, since = excluded.since, until = excluded.until, started = excluded.started,
      finished = excluded.finished, totals = excluded.totals, note = excluded.note`);
};

export type PackSourceRow = {
  readonly pack: number;
  readonly source: string;
  readonly workspace: string;
  readonly state: string;
  readonly cursor: string | null;
  readonly complete_to: string | null;
  readonly observed: string | null;
  /** From when on it was read, and for which assets (JSON list): a cursor says nothing about others. */
  readonly since: string | null;
  readonly covered: string;
  readonly missing: string;
  readonly note: string | null;
  readonly rows: number;
  readonly bytes: number;
  readonly statements: number;
  readonly pages: number;
  readonly expected: number | null;
  /** Calls of REST; rows, statements, pages and calls are those of the last packing. */
  readonly calls: number;
  /** What the room holds of it now: facts, and links between its assets; null = not measured yet. */
  readonly facts: number | null;
  readonly links: number | null;
  /** What was before it the workspace did not keep any more when it was read; null = nothing was too old. */
  readonly lost_before: string | null;
};

export const packSources = (db: ReadableDb, pack: number): readonly PackSourceRow[] =>
  db.all<PackSourceRow & Row>(sql`SELECT * FROM pack_source WHERE pack = ${pack} ORDER BY source, workspace`);
export const packSource = (
  db: ReadableDb,
  pack: number,
  source: string,
  workspace: string,
): PackSourceRow | undefined =>
  db.first<PackSourceRow & Row>(
    sql`SELECT * FROM pack_source WHERE pack = ${pack} AND source = ${source} AND workspace = ${workspace}`,
  );
export const putPackSource = (db: WritableDb, row: PackSourceRow): void => {
  db.run(sql`INSERT INTO pack_source (pack, source, workspace, state, cursor, complete_to, observed, since, covered, missing,
      note, rows, bytes, statements, pages, expected, calls, facts, links, lost_before)
    VALUES (${row.pack}, ${row.source}, ${row.workspace}, ${row.state}, ${row.cursor}, ${row.complete_to}, ${row.observed},
      ${row.since}, ${row.covered}, ${row.missing}, ${row.note}, ${row.rows}, ${row.bytes}, ${row.statements}, ${row.pages},
      ${row.expected}, ${row.calls}, ${row.facts}, ${row.links}, ${row.lost_before})
    ON CONFLICT (pack, source, workspace) DO UPDATE SET state = excluded.state, cursor = excluded.cursor,
      complete_to = excluded.complete_to, observed = excluded.observed, since = excluded.since, covered = excluded.covered,
      missing = excluded.missing, note = excluded.note, rows = excluded.rows, bytes = excluded.bytes,
      statements = excluded.statements, pages = excluded.pages, expected = excluded.expected,
      calls = excluded.calls, facts = excluded.facts, links = excluded.links,
      lost_before = excluded.lost_before`);
};

/**
 * A room lets go: its cursors and holds are dropped. Facts that are too old at `time` or come from one of `sources`, which
 * only packing reads, and that no other room holds are removed, except those in `cited`. How many went, how many cited stay.
 */
export const releasePack = (
  db: WritableDb,
  pack: number,
  rule: { readonly time: string; readonly sources: readonly string[]; readonly cited: readonly string[] },
): { readonly removed: number; readonly cited: number } => {
  const doomed = sql`SELECT f.rid FROM pack_fact p JOIN lake_fact f ON f.rid = p.fact
    WHERE p.pack = ${pack} AND ((${agedOut(rule.time)}) OR f.source IN (SELECT value FROM json_each(${JSON.stringify(rule.sources)})))
      AND NOT EXISTS (SELECT 1 FROM pack_fact o WHERE o.fact = p.fact AND o.pack <> ${pack})`;
  const cited = sql`SELECT value FROM json_each(${JSON.stringify(rule.cited)})`;
  const kept =
    db.first<{ readonly n: number }>(
      sql`SELECT count(*) AS n FROM pack_fact p JOIN lake_fact f ON f.rid = p.fact WHERE p.pack = ${pack} AND f.id IN (${cited})`,
    )?.n ?? 0;
  const removed = dropFacts(db, sql`rid IN (${doomed}) AND id NOT IN (${cited})`);
  // What is cited stays held: it is evidence, whatever becomes of the room.
  db.run(
    sql`DELETE FROM pack_fact WHERE pack = ${pack} AND fact NOT IN (SELECT rid FROM lake_fact WHERE id IN (${cited}))`,
  );
  db.run(sql`DELETE FROM pack_source WHERE pack = ${pack}`);
  return { removed, cited: kept };
};

/** When a source of a workspace was last read for a room that is packed here. */
export type PackedAge = {
  readonly source: string;
  readonly workspace: string;
  readonly observed: Instant;
};
export const packedAges = (db: ReadableDb): readonly PackedAge[] =>
  db.all<PackedAge & Row>(sql`SELECT s.source, s.workspace, max(s.observed) AS observed
    FROM pack_source s JOIN pack p ON p.id = s.pack
    WHERE p.state <> 'released' AND s.observed IS NOT NULL AND s.state IN ('done', 'left-out', 'due', 'reading')
    GROUP BY s.source, s.workspace ORDER BY s.source, s.workspace`);

/** What earlier pulls of a source on this device came to, added up: stored bytes, statements, time. */
export type RateRow = {
  readonly source: string;
  readonly rows: number;
  readonly bytes: number;
  readonly statements: number;
  readonly ms: number;
};
export const rateRows = (db: ReadableDb): readonly RateRow[] => db.all<RateRow & Row>(sql`SELECT * FROM source_rate`);
export const addRate = (db: WritableDb, row: RateRow): void => {
  db.run(sql`INSERT INTO source_rate (source, rows, bytes, statements, ms)
    VALUES (${row.source}, ${row.rows}, ${row.bytes}, ${row.statements}, ${row.ms})
    ON CONFLICT (source) DO UPDATE SET rows = rows + excluded.rows, bytes = bytes + excluded.bytes,
      statements = statements + excluded.statements, ms = ms + excluded.ms`);
};

/** Facts of one source that a packed room holds now, and the bytes of their texts. */
export type HeldRow = {
  readonly source: string;
  readonly workspace: string;
  readonly facts: number;
  readonly bytes: number;
  /** The last one that was looked at. */
  readonly last: number;
};

/**
 * What a room holds now, by source and workspace, of at most `limit` facts after one (0 = from the first): texts are read for it,
 * so a large room is looked through in steps. Ids and assets count as often as they are stored.
 */
export const heldFacts = (db: ReadableDb, pack: number, after: number, limit: number): readonly HeldRow[] => {
  const columns = sql`count(*) AS facts, max(p.fact) AS last,
    sum(octet_length(f.data) + octet_length(f.title) + 2 * octet_length(f.assets) + 3 * octet_length(f.id)) AS bytes`;
  const held = sql`FROM (SELECT fact FROM pack_fact WHERE pack = ${pack} AND fact > ${after} ORDER BY fact LIMIT ${limit}) p
    JOIN lake_fact f ON f.rid = p.fact`;
  // Facts lie in the order in which they came, a large source's in one stretch: sorting them by source costs more than reading them.
  const first = db.first<Pick<HeldRow, 'source' | 'workspace'> & Row>(
    sql`SELECT f.source, f.workspace FROM pack_fact p JOIN lake_fact f ON f.rid = p.fact
      WHERE p.pack = ${pack} AND p.fact > ${after} ORDER BY p.fact LIMIT 1`,
  );
  if (first === undefined) return [];
  const { source, workspace } = first;
  const all = db.first<Pick<HeldRow, 'facts' | 'bytes' | 'last'> & Row & { readonly alike: number }>(
    sql`SELECT ${columns}, sum(f.source = ${source} AND f.workspace = ${workspace}) AS alike ${held}`,
  );
  if (all === undefined) return [];
  const { facts, bytes, last } = all;
  if (facts === all.alike) return [{ source, workspace, facts, bytes, last }];
  return db.all<HeldRow & Row>(sql`SELECT f.source, f.workspace, ${columns} ${held} GROUP BY f.source, f.workspace`);
};
/** Rows and bytes of all sources of a room, added up: asked after every batch. */
export const packSum = (db: ReadableDb, pack: number): { readonly rows: number; readonly bytes: number } =>
  db.first<{ readonly rows: number; readonly bytes: number }>(
    sql`SELECT coalesce(sum(rows), 0) AS rows, coalesce(sum(bytes), 0) AS bytes FROM pack_source WHERE pack = ${pack}`,
  ) ?? { rows: 0, bytes: 0 };
/** How many facts a room holds now. */
export const heldCount = (db: ReadableDb, pack: number): number =>
  db.first<{ readonly n: number }>(sql`SELECT count(*) AS n FROM pack_fact WHERE pack = ${pack}`)?.n ?? 0;
/** Edges at these assets (JSON list), by source. */
export const edgesAt = (db: ReadableDb, assets: string): ReadonlyMap<string, number> =>
  new Map(
    db
      .all<{ readonly source: string; readonly n: number } & Row>(
        sql`SELECT source, count(*) AS n FROM (
            SELECT e.* FROM json_each(${assets}) j JOIN lake_edge e ON e.from_asset = j.value
            UNION SELECT e.* FROM json_each(${assets}) j JOIN lake_edge e ON e.to_asset = j.value
          ) GROUP BY source`,
      )
      .map(({ source, n }) => [source, n]),
  );

/** What is cached of lakes on this device: packed rooms, facts, and the bytes that packing stored. */
export const packedSize = (
  db: ReadableDb,
): { readonly rooms: number; readonly facts: number; readonly bytes: number } => {
  const one = (query: Sql): number => db.first<{ readonly n: number }>(query)?.n ?? 0;
  return {
    rooms: one(sql`SELECT count(*) AS n FROM pack WHERE state <> 'released'`),
    facts: one(sql`SELECT count(*) AS n FROM lake_fact`),
    bytes: one(sql`SELECT coalesce(sum(bytes), 0) AS n FROM pack_source`),
  };
};
