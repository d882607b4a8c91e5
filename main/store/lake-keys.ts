import type { ReadableDb, Row, WritableDb } from './port.ts';
import { sql, sqlJoin } from './sql.ts';

/** Numbers of assets (`lake_key`): the index by asset holds them in place of long ids. */

const idsPerStatement = 100;

export function* chunks<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}
/** Ids in lists of one length, filled up with the first: one prepared statement serves them all. */
export function* idLists(ids: readonly string[]): Generator<readonly string[]> {
  for (const some of chunks(ids, idsPerStatement))
    yield some.length === 1 || some.length === idsPerStatement
      ? some
      : [...some, ...Array<string>(idsPerStatement - some.length).fill(some[0] ?? '')];
}

/** Numbers of the assets that facts name, by the id as it can be stored (well-formed); assets that no fact names have none. */
export const assetKeys = (db: ReadableDb, assets: Iterable<string>): ReadonlyMap<string, number> => {
  const found = new Map<string, number>();
  const ids = new Set(Array.from(assets, (asset) => asset.toWellFormed()));
  for (const some of idLists([...ids]))
    for (const { key, asset } of db.all<Row & { readonly key: number; readonly asset: string }>(
      sql`SELECT key, asset FROM lake_key WHERE asset IN (${sqlJoin(some)})`,
    ))
      found.set(asset, key);
  return found;
};

/** The same, with numbers for those that had none. */
export const madeKeys = (db: WritableDb, assets: ReadonlySet<string>): ReadonlyMap<string, number> => {
  const known = assetKeys(db, assets);
  const fresh = [...assets].filter((asset) => !known.has(asset.toWellFormed()));
  if (fresh.length === 0) return known;
  for (const asset of fresh) db.run(sql`INSERT OR IGNORE INTO lake_key (asset) VALUES (${asset.toWellFormed()})`);
  return new Map([...known, ...assetKeys(db, fresh)]);
};
