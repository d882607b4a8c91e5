import type { FactRow } from './lake.ts';
import { chunks, idLists, madeKeys } from './lake-keys.ts';
import type { ReadableDb, SqlValue, WritableDb } from './port.ts';
import { sql, sqlJoin, sqlRows } from './sql.ts';

/**
 * Storing facts by the batch: one statement for many rows, and numbers in place of long ids, because a bulk pull is judged by
 * how much storing costs beside reading. All of it runs within the caller's transaction.
 */

/** A fact as it is stored, with the number by which the indexes know it. */
export type StoredFact = FactRow & { readonly rid: number };
export type FactChange = {
  readonly row: FactRow;
  /** `row.assets` as a list. */
  readonly assets: readonly string[];
  /** What is stored of it; null = nothing. */
  readonly old: StoredFact | null;
};

/** Rows of one statement: more gain nothing, and what is left over goes one by one. */
const rowsPerStatement = 16;

/** Those of the ids that are stored. Ids are bound as they are: text that went through JSON may not be the same (NUL). */
export const storedFacts = (db: ReadableDb, ids: readonly string[]): ReadonlyMap<string, StoredFact> => {
  const found = new Map<string, StoredFact>();
  for (const some of idLists(ids))
    for (const row of db.all<StoredFact>(sql`SELECT rid, id, kind, source, workspace, region, happened, observed, complete_to,
        assets, title, data FROM lake_fact WHERE id IN (${sqlJoin(some)})`))
      found.set(row.id, row);
  return found;
};

const manyRows = (
  width: number,
  rows: readonly (readonly SqlValue[])[],
  run: (values: ReturnType<typeof sqlRows>) => void,
): void => {
  for (const some of chunks(rows, rowsPerStatement))
    if (some.length === rowsPerStatement) run(sqlRows(width, some.flat()));
    else for (const row of some) run(sqlRows(width, row));
};

const insertFacts = (db: WritableDb, rows: readonly FactRow[], first: number): void =>
  manyRows(
    12,
    rows.map((row, at) => [
      first + at, row.id, row.kind, row.source, row.workspace, row.region, row.happened, row.observed, row.complete_to, row.assets, row.title, row.data,
    ]),
    (values) =>
      db.run(sql`INSERT INTO lake_fact (rid, id, kind, source, workspace, region, happened, observed, complete_to, assets, title, data)
        VALUES ${values}`),
  ); // prettier-ignore

/** Columns that stand in an index are set only where they changed: each costs its places anew. */
const updateFact = (db: WritableDb, row: FactRow, old: StoredFact): void => {
  db.run(sql`UPDATE lake_fact SET source = ${row.source}, workspace = ${row.workspace}, region = ${row.region}, observed = ${row.observed},
    complete_to = ${row.complete_to}, assets = ${row.assets}, title = ${row.title}, data = ${row.data} WHERE rid = ${old.rid}`);
  if (old.happened !== row.happened || old.kind !== row.kind)
    db.run(sql`UPDATE lake_fact SET happened = ${row.happened}, kind = ${row.kind} WHERE rid = ${old.rid}`);
};

/** Store facts, each once, over older versions of themselves. The number of each, by id. */
export const putFacts = (db: WritableDb, changes: readonly FactChange[]): ReadonlyMap<string, number> => {
  const last = db.first<{ readonly rid: number | null }>(sql`SELECT max(rid) AS rid FROM lake_fact`)?.rid ?? 0;
  const fresh = changes.flatMap(({ row, old }) => (old === null ? [row] : []));
  insertFacts(db, fresh, last + 1);
  const rids = new Map(fresh.map((row, at) => [row.id, last + 1 + at]));
  const moved: FactChange[] = [];
  for (const change of changes) {
    const { row, old } = change;
    if (old === null) moved.push(change);
    else {
      rids.set(row.id, old.rid);
      updateFact(db, row, old);
      if (old.happened !== row.happened || old.assets !== row.assets || old.kind !== row.kind) moved.push(change);
    }
  }
  const before = moved.map(({ old }) => (old === null ? [] : (JSON.parse(old.assets) as string[])));
  const keys = madeKeys(db, new Set([...before, ...moved.map(({ assets }) => assets)].flat()));
  moved.forEach(({ old }, at) => {
    for (const asset of old === null ? [] : (before[at] ?? []))
      db.run(sql`DELETE FROM lake_fact_asset WHERE asset = ${keys.get(asset.toWellFormed()) ?? null} AND happened = ${old?.happened ?? null}
        AND fact = ${old?.rid ?? null}`);
  });
  const places = moved.flatMap(({ row, assets }) =>
    assets.map((asset) => [keys.get(asset.toWellFormed()) ?? null, row.happened, rids.get(row.id) ?? null, row.kind]),
  );
  manyRows(4, places, (values) =>
    db.run(sql`INSERT OR IGNORE INTO lake_fact_asset (asset, happened, fact, kind) VALUES ${values}`),
  );
  return rids;
};

/** Which of these facts a room holds already. */
export const alreadyHeld = (db: ReadableDb, pack: number, rids: readonly number[]): ReadonlySet<number> =>
  new Set(
    rids.length === 0
      ? []
      : db
          .all<{ readonly fact: number }>(
            sql`SELECT p.fact FROM json_each(${JSON.stringify(rids)}) j JOIN pack_fact p ON p.fact = j.value AND p.pack = ${pack}`,
          )
          .map(({ fact }) => fact),
  );
/** A room holds facts that are stored: they are not forgotten while it does. */
export const holdFacts = (db: WritableDb, pack: number, rids: readonly number[]): void => {
  if (rids.length > 0)
    db.run(
      sql`INSERT OR IGNORE INTO pack_fact (fact, pack) SELECT value, ${pack} FROM json_each(${JSON.stringify(rids)})`,
    );
};
