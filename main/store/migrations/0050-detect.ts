import type { Migration } from './migration.ts';

/** Signals that this device's detectors have seen: a cache by deterministic id, until somebody judges or cites one. */
export const migration0050: Migration = {
  version: 50,
  name: 'detect',
  up: ({ exec }) => {
    exec(`
CREATE TABLE signal (
  id TEXT PRIMARY KEY, monitor TEXT NOT NULL, asset TEXT NOT NULL, window_key TEXT NOT NULL, title TEXT NOT NULL, why TEXT NOT NULL,
  started TEXT NOT NULL, observed TEXT NOT NULL, complete_to TEXT, facts TEXT NOT NULL, data TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX signal_started ON signal (started, id);
`);
  },
};
