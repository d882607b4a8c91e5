import { assetKeys } from './lake-keys.ts';
import type { ReadableDb, Row, Sql, WritableDb } from './port.ts';
import { sql, sqlJoin } from './sql.ts';

/** A cached fact as stored: `assets` and `data` are JSON text. The lake room gives it meaning. */
export type FactRow = {
  readonly id: string;
  readonly kind: string;
  readonly source: string;
  readonly workspace: string;
  readonly region: string | null;
  readonly happened: string;
  readonly observed: string;
  readonly complete_to: string | null;
  readonly assets: string;
  readonly title: string;
  readonly data: string;
};

const columns = sql`id, kind, source, workspace, region, happened, observed, complete_to, assets, title, data`;

export const factById = (db: ReadableDb, id: string): FactRow | undefined =>
  db.first<FactRow>(sql`SELECT ${columns} FROM lake_fact WHERE id = ${id}`);

/** Newest first. `assets` null = all; `before` is the key of the last row of the page before. Times are inclusive. */
export type FactsWhere = {
  readonly assets: readonly string[] | null;
  readonly kinds: readonly string[] | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly before: { readonly happened: string; readonly id: string } | null;
  readonly limit: number;
};

const noText = '';
const lastText = '\u{10ffff}';

const ofKinds = (kinds: readonly string[] | null): Sql => (kinds === null ? sql`1` : sql`kind IN (${sqlJoin(kinds)})`);

/** Numbers of assets, as a list for `json_each`. */
const keyList = (db: ReadableDb, assets: readonly string[]): { readonly keys: string; readonly many: number } => {
  const keys = [...assetKeys(db, assets).values()];
  return { keys: JSON.stringify(keys), many: keys.length };
};

/**
 * One page of facts by keyset: no offset is counted, so page 1,000 costs as much as page 1. Of assets with many facts only
 * those are looked at that can stand in the page: where one asset alone fills it, nothing older is needed.
 */
export const factsPage = (db: ReadableDb, where: FactsWhere): readonly FactRow[] => {
  const from = where.from ?? noText;
  const to = where.to ?? lastText;
  const { happened: atTime, id: atId } = where.before ?? { happened: lastText, id: lastText };
  const kinds = ofKinds(where.kinds);
  if (where.assets === null)
    return db.all<FactRow>(sql`SELECT ${columns} FROM lake_fact
      WHERE happened >= ${from} AND happened <= ${to} AND (happened, id) < (${atTime}, ${atId}) AND ${kinds}
      ORDER BY happened DESC, id DESC LIMIT ${where.limit}`);
  const { keys, many } = keyList(db, where.assets);
  if (many === 0) return [];
  const filled =
    db.first<{
      readonly at: string | null;
    }>(sql`SELECT max((SELECT a.happened FROM lake_fact_asset a WHERE a.asset = j.value
      AND a.happened >= ${from} AND a.happened <= ${to} AND a.happened < ${atTime} AND ${kinds}
      ORDER BY a.happened DESC LIMIT 1 OFFSET ${where.limit - 1})) AS at FROM json_each(${keys}) j`)?.at ?? from;
  return db.all<FactRow>(sql`SELECT ${columns} FROM lake_fact f
    WHERE f.rid IN (SELECT a.fact FROM json_each(${keys}) j CROSS JOIN lake_fact_asset a WHERE a.asset = j.value
      AND a.happened >= ${filled} AND a.happened <= ${to} AND a.happened <= ${atTime} AND ${kinds})
      AND (f.happened, f.id) < (${atTime}, ${atId})
    ORDER BY f.happened DESC, f.id DESC LIMIT ${where.limit}`);
};

/** How many facts a page could come from. */
export const countFacts = (db: ReadableDb, where: Pick<FactsWhere, 'assets' | 'kinds' | 'from' | 'to'>): number => {
  const inWindow = sql`happened >= ${where.from ?? noText} AND happened <= ${where.to ?? lastText} AND ${ofKinds(where.kinds)}`;
  const counted = (query: Sql): number => db.first<{ readonly n: number }>(query)?.n ?? 0;
  if (where.assets === null) return counted(sql`SELECT count(*) AS n FROM lake_fact WHERE ${inWindow}`);
  const { keys, many } = keyList(db, where.assets);
  // A fact may name several of them.
  const facts = many > 1 ? sql`count(DISTINCT a.fact)` : sql`count(*)`;
  return counted(sql`SELECT ${facts} AS n FROM json_each(${keys}) j CROSS JOIN lake_fact_asset a
    WHERE a.asset = j.value AND ${inWindow}`);
};

/**
 * Facts that are too old at a time. How something is stays as long as it was seen since; settings stay altogether, one for
 * each asset: most were written long ago and are never sent again.
 */
export const agedOut = (time: string): Sql =>
  sql`happened < ${time} AND kind <> 'settings' AND NOT (kind IN ('schema', 'access') AND observed >= ${time})`;

/** Remove facts with their places in indexes; how many. What packs hold of them is the caller's: a number is given again. */
export const dropFacts = (db: WritableDb, which: Sql): number => {
  const doomed = sql`SELECT rid FROM lake_fact WHERE ${which}`;
  // The index by asset knows no way from a fact to its places but through all of it: only where there is something to remove.
  if (db.first(sql`${doomed} LIMIT 1`) === undefined) return 0;
  db.run(sql`DELETE FROM lake_fact_asset WHERE fact IN (${doomed})`);
  db.run(sql`DELETE FROM lake_key WHERE NOT EXISTS (SELECT 1 FROM lake_fact_asset a WHERE a.asset = key)`);
  return db.run(sql`DELETE FROM lake_fact WHERE ${which}`);
};

/** The newest moment up to `now` that facts of these kinds, or sources by how far they are complete, tell of; null = none does. */
export const newestMoment = (db: ReadableDb, now: string, kinds: readonly string[]): string | null => {
  const first = (query: Sql): string | null => db.first<{ readonly at: string | null }>(query)?.at ?? null;
  const found = [
    first(sql`SELECT max(complete_to) AS at FROM lake_source WHERE complete_to <= ${now}`),
    first(
      sql`SELECT happened AS at FROM lake_fact WHERE happened <= ${now} AND ${ofKinds(kinds)} ORDER BY happened DESC LIMIT 1`,
    ),
  ];
  return (
    found
      .filter((one) => one !== null)
      .toSorted()
      .at(-1) ?? null
  );
};

/**
 * Drop facts that are too old at a time; how many. Edges last seen before it go too. What a packed room holds stays: its
 * facts, and the edges of the assets in its scope. So do facts that a log cites: they are evidence, and say whether it holds.
 */
export const forgetBefore = (db: WritableDb, time: string): number => {
  const scope = sql`SELECT j.value FROM pack p, json_each(p.scope) j`;
  db.run(
    sql`DELETE FROM lake_edge WHERE last_seen < ${time} AND from_asset NOT IN (${scope}) AND to_asset NOT IN (${scope})`,
  );
  return dropFacts(
    db,
    sql`${agedOut(time)} AND rid NOT IN (SELECT fact FROM pack_fact) AND id NOT IN (SELECT fact FROM witness)`,
  );
};

export type EdgeRow = {
  readonly from_asset: string;
  readonly to_asset: string;
  readonly source: string;
  readonly via: string;
  readonly first_seen: string;
  readonly last_seen: string;
};

/** Store an edge; seen again it keeps its earliest and latest sight, whatever the order of arrival. */
export const putEdge = (db: WritableDb, edge: EdgeRow): void => {
  db.run(sql`INSERT INTO lake_edge (from_asset, to_asset, source, via, first_seen, last_seen)
    VALUES (${edge.from_asset}, ${edge.to_asset}, ${edge.source}, ${edge.via}, ${edge.first_seen}, ${edge.last_seen})
    ON CONFLICT (from_asset, to_asset, source, via) DO UPDATE SET
      first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)`);
};

/** All edges of one asset, both directions. */
export const edgesOf = (db: ReadableDb, assets: readonly string[]): readonly EdgeRow[] => {
  const list = JSON.stringify(assets);
  return db.all<EdgeRow>(sql`SELECT e.* FROM json_each(${list}) j JOIN lake_edge e ON e.from_asset = j.value
    UNION SELECT e.* FROM json_each(${list}) j JOIN lake_edge e ON e.to_asset = j.value`);
};
/** Edges of the columns of one table, by its native id, into them and out of them; `limit` of each. */
export const columnEdges = (
  db: ReadableDb,
  metastore: string,
  table: string,
  limit: number,
): { readonly into: readonly EdgeRow[]; readonly out: readonly EdgeRow[] } => {
  const from = `column|${metastore}|${table}.`;
  const to = `column|${metastore}|${table}/`;
  return {
    into: db.all<EdgeRow>(sql`SELECT * FROM lake_edge WHERE to_asset > ${from} AND to_asset < ${to} LIMIT ${limit}`),
    out: db.all<EdgeRow>(sql`SELECT * FROM lake_edge WHERE from_asset > ${from} AND from_asset < ${to} LIMIT ${limit}`),
  };
};
/** Edges of columns are looked up for one table; they are no assets of the map. `}` follows `|` in every order of text. */
const ofColumns = sql`from_asset > 'column|' AND from_asset < 'column}'`;

export const allEdges = (db: ReadableDb, limit: number): readonly EdgeRow[] =>
  db.all<EdgeRow>(
    sql`SELECT * FROM lake_edge WHERE NOT (${ofColumns}) ORDER BY from_asset, to_asset, source, via LIMIT ${limit}`,
  );
export const countAssets = (db: ReadableDb): number =>
  db.first<{ readonly n: number }>(
    sql`SELECT count(*) AS n FROM (SELECT from_asset FROM lake_edge WHERE NOT (${ofColumns})
      UNION SELECT to_asset FROM lake_edge WHERE NOT (${ofColumns}))`,
  )?.n ?? 0;

export type AssetRow = {
  readonly asset: string;
  readonly name: string;
  readonly detail: string;
  readonly changed: string;
  readonly gone: number;
};

/** Names of assets that have an id instead (jobs). An older change never overwrites a newer one (SCD2 rows come in any order). */
export const putAsset = (db: WritableDb, row: AssetRow): void => {
  db.run(sql`INSERT INTO lake_asset (asset, name, detail, changed, gone)
    VALUES (${row.asset}, ${row.name}, ${row.detail}, ${row.changed}, ${row.gone})
    ON CONFLICT (asset) DO UPDATE SET name = excluded.name, detail = excluded.detail, changed = excluded.changed,
      gone = excluded.gone WHERE excluded.changed >= changed`);
};
export const assetRow = (db: ReadableDb, asset: string): AssetRow | undefined =>
  db.first<AssetRow>(sql`SELECT asset, name, detail, changed, gone FROM lake_asset WHERE asset = ${asset}`);

/** Assets with a name that still exist, by the beginning of their id. */
export const countNamed = (db: ReadableDb, prefix: string): number =>
  db.first<{ readonly n: number }>(
    sql`SELECT count(*) AS n FROM lake_asset WHERE gone = 0 AND substr(asset, 1, ${prefix.length}) = ${prefix}`,
  )?.n ?? 0;

/** Assets of one kind that some fact speaks of; `kind` as in asset ids. A seek per asset on the primary key. */
export const assetsWithFacts = (db: ReadableDb, kind: string, limit: number): readonly string[] =>
  db
    .all<{ readonly asset: string }>(
      sql`SELECT asset FROM lake_key k WHERE asset > ${`${kind}|`} AND asset < ${`${kind}}`}
        AND EXISTS (SELECT 1 FROM lake_fact_asset a WHERE a.asset = k.key) ORDER BY asset LIMIT ${limit}`,
    )
    .map(({ asset }) => asset);

export type SourceRow = {
  readonly source: string;
  readonly workspace: string;
  readonly region: string | null;
  readonly cursor: string | null;
  readonly complete_to: string | null;
  readonly observed: string | null;
  readonly state: string;
  readonly missing: string;
  readonly note: string | null;
};

export const sourceRows = (db: ReadableDb): readonly SourceRow[] =>
  db.all<SourceRow & Row>(sql`SELECT * FROM lake_source ORDER BY source, workspace`);
export const sourceRow = (db: ReadableDb, source: string, workspace: string): SourceRow | undefined =>
  db.first<SourceRow & Row>(sql`SELECT * FROM lake_source WHERE source = ${source} AND workspace = ${workspace}`);
export const putSource = (db: WritableDb, row: SourceRow): void => {
  db.run(sql`INSERT INTO lake_source (source, workspace, region, cursor, complete_to, observed, state, missing, note)
    VALUES (${row.source}, ${row.workspace}, ${row.region}, ${row.cursor}, ${row.complete_to}, ${row.observed}, ${row.state}, ${row.missing}, ${row.note})
    ON CONFLICT (source, workspace) DO UPDATE SET region = excluded.region, cursor = excluded.cursor, complete_to = excluded.complete_to,
      observed = excluded.observed, state = excluded.state, missing = excluded.missing, note = excluded.note`);
};

/** Facts of a source among the newest stored ones and the bytes that they take: how large a row of it is. */
export const sampleFacts = (db: ReadableDb, source: string): { readonly rows: number; readonly bytes: number } =>
  db.first<{ readonly rows: number; readonly bytes: number }>(
    sql`SELECT count(*) AS rows, coalesce(sum(length(data) + length(title) + 2 * length(assets) + 3 * length(id) + 220), 0) AS bytes
      FROM (SELECT source, data, title, assets, id FROM lake_fact ORDER BY rid DESC LIMIT 5000) WHERE source = ${source}`,
  ) ?? { rows: 0, bytes: 0 };
