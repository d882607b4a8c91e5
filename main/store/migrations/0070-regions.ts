import type { Migration } from './migration.ts';

/** In which region each fact and each source lies, as the metastore said (`aws:eu-central-1`); null = not known. */
export const migration0070: Migration = {
  version: 70,
  name: 'regions',
  up: ({ exec }) => {
    exec(`
ALTER TABLE lake_fact ADD COLUMN region TEXT;
ALTER TABLE lake_source ADD COLUMN region TEXT;
`);
  },
};
