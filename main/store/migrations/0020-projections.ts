import type { Migration } from './migration.ts';

/**
 * What is made from events and can be thrown away and made again. Rows point at events (rid, hash) and hold no value that a
 * redaction could have to remove. `org_*` tables hold the judged authority of an organisation's log (org-judge).
 */
export const migration0020: Migration = {
  version: 20,
  name: 'projections',
  up: ({ exec }) => {
    exec(`
CREATE TABLE head (
  log_rid INTEGER NOT NULL, register TEXT NOT NULL, entity TEXT NOT NULL, hash TEXT NOT NULL, event_rid INTEGER NOT NULL,
  PRIMARY KEY (log_rid, entity, register, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE over_ref (
  log_rid INTEGER NOT NULL, register TEXT NOT NULL, entity TEXT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (log_rid, entity, register, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE entry (
  event_rid INTEGER PRIMARY KEY, log_rid INTEGER NOT NULL, hash TEXT NOT NULL, type TEXT NOT NULL, happened TEXT NOT NULL,
  hlc TEXT NOT NULL, reason TEXT, listed INTEGER NOT NULL, fact TEXT
) STRICT;
CREATE INDEX entry_happened ON entry (log_rid, happened, hlc, hash);
CREATE INDEX entry_recorded ON entry (log_rid, hlc, hash);
CREATE INDEX entry_listed ON entry (log_rid, type, hlc) WHERE listed = 1;
CREATE INDEX entry_reason ON entry (log_rid, reason) WHERE reason IS NOT NULL;
CREATE TABLE witness (
  log_rid INTEGER NOT NULL, fact TEXT NOT NULL, hlc TEXT NOT NULL, hash TEXT NOT NULL, event_rid INTEGER NOT NULL,
  PRIMARY KEY (log_rid, fact, hlc, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE author (
  log_rid INTEGER NOT NULL, actor TEXT NOT NULL, dev TEXT NOT NULL, last_hlc TEXT NOT NULL, last_at TEXT NOT NULL,
  PRIMARY KEY (log_rid, actor, dev)
) STRICT, WITHOUT ROWID;
CREATE TABLE auth_use (
  log_rid INTEGER NOT NULL, auth TEXT NOT NULL, PRIMARY KEY (log_rid, auth)
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_use_auth ON auth_use (auth);
CREATE TABLE org_seen (
  stream_rid INTEGER NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, log_rid INTEGER NOT NULL,
  PRIMARY KEY (stream_rid, seq, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX org_seen_hash ON org_seen (hash);
CREATE INDEX org_seen_log ON org_seen (log_rid);
CREATE TABLE org_binding (
  org TEXT NOT NULL, dev TEXT NOT NULL, person TEXT NOT NULL, how TEXT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (org, dev, person)
) STRICT, WITHOUT ROWID;
CREATE TABLE org_grant (
  org TEXT NOT NULL, hash TEXT NOT NULL, person TEXT NOT NULL, role TEXT NOT NULL, expires_at TEXT, hlc TEXT NOT NULL,
  reason TEXT, revoked INTEGER NOT NULL, PRIMARY KEY (org, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE org_grant_end (
  org TEXT NOT NULL, grant_hash TEXT NOT NULL, dev TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (org, grant_hash, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE org_cut (
  org TEXT NOT NULL, dev TEXT NOT NULL, log TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (org, dev, log, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE org_effect (
  org TEXT NOT NULL, hash TEXT NOT NULL, reason TEXT, PRIMARY KEY (org, hash)
) STRICT, WITHOUT ROWID;
`);
  },
};
