import type { Migration } from './migration.ts';

/**
 * What this device knows about places where logs meet. Nothing here is an event or a second copy of one: the outbox is the
 * difference between the log and `share_stream`. `sent`: up to there it was handed over and may be there; `acked`: up to
 * there every event was read back with our hash. `strikes`: rounds in which the place took events and did not keep them.
 */
export const migration0030: Migration = {
  version: 30,
  name: 'sync',
  up: ({ exec }) => {
    exec(`
CREATE TABLE share (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, place TEXT NOT NULL, org TEXT NOT NULL, backend_id TEXT NOT NULL,
  incarnation TEXT NOT NULL, added_at TEXT NOT NULL, UNIQUE (kind, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE share_log (
  share TEXT NOT NULL REFERENCES share (id) ON DELETE CASCADE, log TEXT NOT NULL, cursor TEXT, pulled_at TEXT,
  PRIMARY KEY (share, log)
) STRICT, WITHOUT ROWID;
CREATE TABLE share_stream (
  share TEXT NOT NULL REFERENCES share (id) ON DELETE CASCADE, log TEXT NOT NULL, dev TEXT NOT NULL,
  sent INTEGER NOT NULL, acked INTEGER NOT NULL, strikes INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (share, log, dev), CHECK (acked >= 0 AND sent >= acked)
) STRICT, WITHOUT ROWID;
CREATE INDEX share_stream_log ON share_stream (log, dev);
CREATE TABLE share_problem (
  share TEXT NOT NULL, name TEXT NOT NULL, tag TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (share, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE share_room (
  org TEXT NOT NULL, log TEXT NOT NULL, PRIMARY KEY (org, log)
) STRICT, WITHOUT ROWID;
CREATE INDEX share_room_log ON share_room (log);
CREATE TABLE share_room_scan (id INTEGER PRIMARY KEY CHECK (id = 1), rid INTEGER NOT NULL) STRICT;
INSERT INTO share_room_scan (id, rid) VALUES (1, 0);
CREATE TABLE device_seen (
  dev TEXT PRIMARY KEY, wrote_at TEXT, pulled_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`);
  },
};
