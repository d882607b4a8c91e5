import { dropFacts } from './lake.ts';
import type { ReadableDb, WritableDb } from './port.ts';
import { sql } from './sql.ts';

/** Where something cached comes from, as it was written beside it; `region` null = it was not known. */
export type StoredPlace = { readonly workspace: string; readonly region: string | null };

/** Every place of which something is cached or a source was read. Looks through all facts: not for every commit. */
export const storedPlaces = (db: ReadableDb): readonly StoredPlace[] =>
  db.all<StoredPlace>(
    sql`SELECT DISTINCT workspace, region FROM lake_fact UNION SELECT workspace, region FROM lake_source`,
  );

/**
 * Drop everything cached of one place: its facts, and edges, names, signals and what packed rooms list in its scopes. `region` null =
 * it is not known, and rows without one are meant; `metastore` null = nothing is named by it, or others may name the same.
 */
export const forgetPlace = (
  db: WritableDb,
  place: { readonly workspace: string; readonly metastore: string | null; readonly region: string | null },
): void => {
  // What lies in another region stays: a workspace may have moved, and account-level rows of all regions bear one number.
  const of = sql`(workspace = ${place.workspace} AND region IS NULL) OR region = ${place.region}`;
  db.run(sql`DELETE FROM pack_fact WHERE fact IN (SELECT rid FROM lake_fact WHERE ${of})`);
  dropFacts(db, of);
  for (const id of place.metastore === null ? [place.workspace] : [place.workspace, place.metastore]) {
    const scope = `|${id}|`;
    db.run(sql`DELETE FROM lake_edge WHERE instr(from_asset, ${scope}) > 0 OR instr(to_asset, ${scope}) > 0`);
    db.run(sql`DELETE FROM lake_asset WHERE instr(asset, ${scope}) > 0`);
    db.run(sql`DELETE FROM signal WHERE instr(asset, ${scope}) > 0`);
    db.run(sql`UPDATE pack SET scope = (SELECT json_group_array(value) FROM json_each(scope) WHERE instr(value, ${scope}) = 0)
      WHERE instr(scope, ${scope}) > 0`);
  }
};

/** Every source of a workspace says why nothing is read of it, for the watch and for packed rooms; its cursors start over. */
export const withholdSources = (db: WritableDb, workspace: string, note: string): void => {
  db.run(sql`UPDATE lake_source SET cursor = NULL, complete_to = NULL, observed = NULL, state = 'denied', missing = '[]', note = ${note}
    WHERE workspace = ${workspace}`);
  db.run(sql`UPDATE pack_source SET state = 'withheld', cursor = NULL, complete_to = NULL, covered = '[]', missing = '[]', note = ${note},
    since = NULL, lost_before = NULL, observed = NULL, rows = 0, bytes = 0, expected = NULL, facts = 0, links = 0 WHERE workspace = ${workspace}`);
};
