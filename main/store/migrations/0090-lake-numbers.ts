import type { Migration } from './migration.ts';

/**
 * Half of what storing a fact cost were its places in indexes that repeated long ids. `lake_key` gives each asset that facts
 * name a number; `lake_fact_asset` holds numbers and the kind, so that a page of a room and its count are read from it alone.
 * What a room holds is looked up by fact. Nothing that was stored is lost.
 */
export const migration0090: Migration = {
  version: 90,
  name: 'lake-numbers',
  up: ({ exec }) => {
    exec(`
CREATE TABLE lake_key (key INTEGER PRIMARY KEY, asset TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO lake_key (asset) SELECT DISTINCT asset FROM lake_fact_asset;
CREATE TABLE lake_fact_at (
  asset INTEGER NOT NULL, happened TEXT NOT NULL, fact INTEGER NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (asset, happened, fact)
) STRICT, WITHOUT ROWID;
INSERT INTO lake_fact_at (asset, happened, fact, kind)
  SELECT k.key, f.happened, f.rid, f.kind FROM lake_fact_asset a JOIN lake_key k ON k.asset = a.asset JOIN lake_fact f ON f.id = a.id
  WHERE f.happened = a.happened ORDER BY 1, 2, 3;
DROP TABLE lake_fact_asset;
ALTER TABLE lake_fact_at RENAME TO lake_fact_asset;
DROP INDEX lake_fact_happened;
CREATE INDEX lake_fact_happened ON lake_fact (happened, kind);
CREATE TABLE pack_holds (fact INTEGER NOT NULL, pack INTEGER NOT NULL, PRIMARY KEY (fact, pack)) STRICT, WITHOUT ROWID;
INSERT INTO pack_holds (fact, pack) SELECT fact, pack FROM pack_fact WHERE fact IN (SELECT rid FROM lake_fact) ORDER BY fact, pack;
DROP TABLE pack_fact;
ALTER TABLE pack_holds RENAME TO pack_fact;
`);
  },
};
