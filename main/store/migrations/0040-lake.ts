import type { Migration } from './migration.ts';

/**
 * What this device has read of the lake: a cache, bounded in time, thrown away and read again at will. Never secrets or
 * statement text. `asset` holds the names that people know of assets; `lake_source` says how far each source has been read.
 */
export const migration0040: Migration = {
  version: 40,
  name: 'lake',
  up: ({ exec }) => {
    exec(`
CREATE TABLE lake_fact (
  rid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, source TEXT NOT NULL, workspace TEXT NOT NULL,
  happened TEXT NOT NULL, observed TEXT NOT NULL, complete_to TEXT, assets TEXT NOT NULL, title TEXT NOT NULL, data TEXT NOT NULL
) STRICT;
CREATE INDEX lake_fact_happened ON lake_fact (happened, id);
CREATE INDEX lake_fact_kind ON lake_fact (kind, happened);
CREATE TABLE lake_fact_asset (
  asset TEXT NOT NULL, happened TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (asset, happened, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE lake_edge (
  from_asset TEXT NOT NULL, to_asset TEXT NOT NULL, source TEXT NOT NULL, via TEXT NOT NULL,
  first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, PRIMARY KEY (from_asset, to_asset, source, via)
) STRICT, WITHOUT ROWID;
CREATE INDEX lake_edge_to ON lake_edge (to_asset, from_asset);
CREATE TABLE lake_asset (
  asset TEXT PRIMARY KEY, name TEXT NOT NULL, detail TEXT NOT NULL, changed TEXT NOT NULL, gone INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE lake_source (
  source TEXT NOT NULL, workspace TEXT NOT NULL, cursor TEXT, complete_to TEXT, observed TEXT, state TEXT NOT NULL,
  missing TEXT NOT NULL, note TEXT, PRIMARY KEY (source, workspace)
) STRICT, WITHOUT ROWID;
`);
  },
};
