import type { Migration } from './migration.ts';

/** Settings of this profile: small JSON values by key (who am I, which organisation, registry version of projections). */
export const migration0060: Migration = {
  version: 60,
  name: 'profile',
  up: ({ exec }) => {
    exec('CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;');
  },
};
