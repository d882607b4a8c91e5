import type { Migration } from './migration.ts';

/**
 * Rooms that are packed for working offline. `pack` is one per room; `pack_source` says how far each source has been read for
 * it, apart from the watch's own cursors in `lake_source`; `pack_fact` which cached facts it holds, so that they are not
 * forgotten while their room is open. `source_rate` is what earlier pulls taught about a source on this device.
 */
export const migration0080: Migration = {
  version: 80,
  name: 'pack',
  up: ({ exec }) => {
    exec(`
CREATE TABLE pack (
  id INTEGER PRIMARY KEY, room TEXT NOT NULL UNIQUE, state TEXT NOT NULL, scope TEXT NOT NULL, hops INTEGER NOT NULL,
  reach INTEGER NOT NULL, since TEXT NOT NULL, until TEXT, started TEXT NOT NULL, finished TEXT, totals TEXT NOT NULL, note TEXT
) STRICT;
CREATE TABLE pack_source (
  pack INTEGER NOT NULL, source TEXT NOT NULL, workspace TEXT NOT NULL, state TEXT NOT NULL, cursor TEXT, complete_to TEXT,
  observed TEXT, since TEXT, covered TEXT NOT NULL, missing TEXT NOT NULL, note TEXT, rows INTEGER NOT NULL,
  bytes INTEGER NOT NULL, statements INTEGER NOT NULL, pages INTEGER NOT NULL, expected INTEGER,
  PRIMARY KEY (pack, source, workspace)
) STRICT, WITHOUT ROWID;
CREATE TABLE pack_fact (
  pack INTEGER NOT NULL, fact INTEGER NOT NULL, PRIMARY KEY (pack, fact)
) STRICT, WITHOUT ROWID;
CREATE INDEX pack_fact_fact ON pack_fact (fact);
CREATE TABLE source_rate (
  source TEXT PRIMARY KEY, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, statements INTEGER NOT NULL, ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`);
  },
};
