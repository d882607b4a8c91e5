import type { Migration } from './migration.ts';

/**
 * The truth: logs, streams, events exactly as written, what waits, what is kept apart, what was redacted.
 * `event.line` is text as hashed and signed; `event.d` is a JSON array of the disclosures that are here.
 */
export const migration0010: Migration = {
  version: 10,
  name: 'log',
  up: ({ exec }) => {
    exec(`
CREATE TABLE log (
  rid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, org TEXT, at TEXT NOT NULL
) STRICT;
CREATE INDEX log_org ON log (org);
CREATE TABLE stream (
  rid INTEGER PRIMARY KEY, log_rid INTEGER NOT NULL REFERENCES log (rid), dev TEXT NOT NULL,
  contig INTEGER NOT NULL DEFAULT 0, head TEXT NOT NULL, pub TEXT, forked INTEGER NOT NULL DEFAULT 0,
  UNIQUE (log_rid, dev)
) STRICT;
CREATE TABLE event (
  rid INTEGER PRIMARY KEY, log_rid INTEGER NOT NULL, stream_rid INTEGER NOT NULL REFERENCES stream (rid),
  seq INTEGER NOT NULL, hash TEXT NOT NULL UNIQUE, type TEXT NOT NULL, line TEXT NOT NULL, d TEXT NOT NULL, sig TEXT NOT NULL,
  sealed INTEGER NOT NULL DEFAULT 0, source TEXT NOT NULL,
  UNIQUE (stream_rid, seq)
) STRICT;
CREATE INDEX event_log ON event (log_rid);
CREATE INDEX event_sealed ON event (log_rid) WHERE sealed = 1;
CREATE TABLE waiting (
  rid INTEGER PRIMARY KEY, log TEXT NOT NULL, dev TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL,
  wire TEXT NOT NULL, source TEXT NOT NULL, UNIQUE (log, dev, seq, hash)
) STRICT;
CREATE TABLE quarantine (
  rid INTEGER PRIMARY KEY, tag TEXT NOT NULL, reason TEXT NOT NULL, log TEXT, dev TEXT, seq INTEGER, hash TEXT NOT NULL,
  wire TEXT NOT NULL, source TEXT NOT NULL, at TEXT NOT NULL, UNIQUE (hash, tag)
) STRICT;
CREATE INDEX quarantine_log ON quarantine (log);
CREATE TABLE redaction (
  log_rid INTEGER NOT NULL, digest TEXT NOT NULL, by_hash TEXT NOT NULL, PRIMARY KEY (log_rid, digest, by_hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE own_seen (
  stream_rid INTEGER NOT NULL, dev TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (stream_rid, dev)
) STRICT, WITHOUT ROWID;
CREATE TABLE own_org_seen (
  stream_rid INTEGER NOT NULL, dev TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (stream_rid, dev)
) STRICT, WITHOUT ROWID;
CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), hlc TEXT NOT NULL, epoch INTEGER NOT NULL) STRICT;
INSERT INTO clock (id, hlc, epoch) VALUES (1, '0000000000000000', 0);
`);
  },
};
