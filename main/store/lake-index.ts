import type { ReadableDb, Row, Sql } from './port.ts';
import { sql } from './sql.ts';

export type NamedAsset = { readonly asset: string; readonly name: string | null };

/**
 * Assets of one kind (as in asset ids) that names, facts or edges speak of, with their name where they have one; `limit` of each.
 * A seek an asset on the keys, however many facts there are.
 */
export const namedAssets = (db: ReadableDb, kind: string, limit: number): readonly NamedAsset[] => {
  const [from, to] = [`${kind}|`, `${kind}}`];
  return db.all<NamedAsset & Row>(sql`SELECT k.asset, a.name FROM (
      SELECT asset FROM lake_asset WHERE asset > ${from} AND asset < ${to} AND gone = 0
      UNION SELECT asset FROM (SELECT n.asset FROM lake_key n WHERE n.asset > ${from} AND n.asset < ${to}
        AND EXISTS (SELECT 1 FROM lake_fact_asset f WHERE f.asset = n.key) LIMIT ${limit})
      UNION SELECT asset FROM (SELECT DISTINCT from_asset AS asset FROM lake_edge WHERE from_asset > ${from} AND from_asset < ${to} LIMIT ${limit})
      UNION SELECT asset FROM (SELECT DISTINCT to_asset AS asset FROM lake_edge WHERE to_asset > ${from} AND to_asset < ${to} LIMIT ${limit})
    ) k LEFT JOIN lake_asset a ON a.asset = k.asset ORDER BY k.asset LIMIT ${limit}`);
};

/** Whether anything cached speaks of an asset. */
export const isNamedAsset = (db: ReadableDb, asset: string): boolean => {
  const any = (query: Sql): boolean => db.first(query) !== undefined;
  return (
    any(sql`SELECT 1 AS n FROM lake_asset WHERE asset = ${asset}`) ||
    any(
      sql`SELECT 1 AS n FROM lake_key k JOIN lake_fact_asset f ON f.asset = k.key WHERE k.asset = ${asset} LIMIT 1`,
    ) ||
    any(sql`SELECT 1 AS n FROM lake_edge WHERE from_asset = ${asset} OR to_asset = ${asset} LIMIT 1`)
  );
};
