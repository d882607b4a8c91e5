import type { FactRow } from './lake.ts';
import { idLists, madeKeys } from './lake-keys.ts';
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
const rowsPerStatement = 32;
function* statements(from: number, to: number): Generator<readonly [from: number, to: number]> {
  let at = from;
  for (; at + rowsPerStatement <= to; at += rowsPerStatement) yield [at, at + rowsPerStatement];
  for (; at < to; at += 1) yield [at, at + 1];
}

/**
 * Those of the ids that are stored. One list of ids is bound in place of each, but for ids that are not the same after they went
 * through JSON (NUL).
 */
export const storedFacts = (db: ReadableDb, ids: readonly string[]): ReadonlyMap<string, StoredFact> => {
  const found = new Map<string, StoredFact>();
  const columns = sql`f.rid, f.id, f.kind, f.source, f.workspace, f.region, f.happened, f.observed, f.complete_to, f.assets, f.title, f.data`;
  const list = JSON.stringify(ids);
  const queries = list.includes(String.raw`\u0000`)
    ? Array.from(idLists(ids), (some) => sql`SELECT ${columns} FROM lake_fact f WHERE f.id IN (${sqlJoin(some)})`)
    : [sql`SELECT ${columns} FROM json_each(${list}) j CROSS JOIN lake_fact f WHERE f.id = j.value`];
  for (const query of queries) for (const row of db.all<StoredFact>(query)) found.set(row.id, row);
  return found;
};

/** Calls `each` with the ends of every stretch of items that are alike with the first of it. */
const stretches = <T>(
  all: readonly T[],
  alike: (a: T, b: T) => boolean,
  each: (from: number, to: number) => void,
): void => {
  let from = 0;
  all.forEach((one, at) => {
    const first = all[from];
    if (at > from && first !== undefined && !alike(first, one)) {
      each(from, at);
      from = at;
    }
  });
  if (from < all.length) each(from, all.length);
};

/** True when two facts differ in nothing but id, moment, title and text: what they share is bound once a statement. */
const isOfOneKind = (a: FactRow, b: FactRow): boolean =>
  a.assets === b.assets && a.observed === b.observed && a.complete_to === b.complete_to && a.kind === b.kind &&
  a.source === b.source && a.workspace === b.workspace && a.region === b.region; // prettier-ignore

/** `rows` get the numbers from `first` on. */
const insertFacts = (db: WritableDb, rows: readonly FactRow[], first: number): void =>
  stretches(rows, isOfOneKind, (from, to) => {
    const row = rows[from];
    if (row === undefined) return;
    for (const [at, end] of statements(from, to)) {
      const values: SqlValue[] = [];
      for (let n = at; n < end; n += 1) {
        const { id, happened, title, data } = rows[n] ?? row;
        values.push(first + n, id, happened, title, data);
      }
      db.run(sql`INSERT INTO lake_fact (rid, id, kind, source, workspace, region, happened, observed, complete_to, assets, title, data)
        SELECT r.column1, r.column2, s.kind, s.source, s.workspace, s.region, r.column3, s.observed, s.complete_to, s.assets, r.column4, r.column5
        FROM (SELECT ${row.kind} AS kind, ${row.source} AS source, ${row.workspace} AS workspace, ${row.region} AS region,
          ${row.observed} AS observed, ${row.complete_to} AS complete_to, ${row.assets} AS assets) s CROSS JOIN (VALUES ${sqlRows(5, values)}) r`);
    }
  });

/** Columns that stand in an index are set only where they changed: each costs its places anew. */
const updateFact = (db: WritableDb, row: FactRow, old: StoredFact): void => {
  db.run(sql`UPDATE lake_fact SET source = ${row.source}, workspace = ${row.workspace}, region = ${row.region}, observed = ${row.observed},
    complete_to = ${row.complete_to}, assets = ${row.assets}, title = ${row.title}, data = ${row.data} WHERE rid = ${old.rid}`);
  if (old.happened !== row.happened || old.kind !== row.kind)
    db.run(sql`UPDATE lake_fact SET happened = ${row.happened}, kind = ${row.kind} WHERE rid = ${old.rid}`);
};

/** Store facts, each once, over older versions of themselves. The number of each, by id. */
export const putFacts = (db: WritableDb, given: readonly FactChange[]): ReadonlyMap<string, number> => {
  // What speaks of the same assets gets numbers side by side, so that one statement can place it.
  const changes = given.toSorted((a, b) => (a.row.assets < b.row.assets ? -1 : a.row.assets > b.row.assets ? 1 : 0));
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
  const keyOf = (asset: string): number | null => keys.get(asset.toWellFormed()) ?? null;
  moved.forEach(({ old }, at) => {
    for (const asset of before[at] ?? [])
      db.run(sql`DELETE FROM lake_fact_asset WHERE asset = ${keyOf(asset)} AND happened = ${old?.happened ?? null}
        AND fact = ${old?.rid ?? null}`);
  });
  const place = (asset: string, from: number, to: number): void => {
    db.run(sql`INSERT OR IGNORE INTO lake_fact_asset (asset, happened, fact, kind)
      SELECT ${keyOf(asset)}, happened, rid, kind FROM lake_fact WHERE rid BETWEEN ${from} AND ${to}`);
  };
  // What is new lies side by side, and mostly speaks of the same assets.
  const isNextTo = (a: FactChange, b: FactChange): boolean =>
    a.old === null && b.old === null && a.row.assets === b.row.assets;
  stretches(moved, isNextTo, (from, to) => {
    const rid = rids.get(moved[from]?.row.id ?? '') ?? 0;
    for (const asset of moved[from]?.assets ?? []) place(asset, rid, rid + to - from - 1);
  });
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
/** A room holds facts that are stored: they are not forgotten while it does. Numbers rise. */
export const holdFacts = (db: WritableDb, pack: number, rids: readonly number[]): void =>
  stretches(
    rids.map((rid, at) => rid - at),
    (a, b) => a === b,
    (from, to) => {
      db.run(sql`INSERT OR IGNORE INTO pack_fact (fact, pack)
        SELECT rid, ${pack} FROM lake_fact WHERE rid BETWEEN ${rids[from] ?? 0} AND ${rids[to - 1] ?? 0}`);
    },
  );
