import type { Migration } from './migration.ts';

/** Of each source of a packed room: calls of REST, which are no statements, and what the room holds of it once it was measured. */
export const migration0100: Migration = {
  version: 100,
  name: 'pack-kept',
  up: ({ exec }) => {
    exec(`
ALTER TABLE pack_source ADD COLUMN calls INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pack_source ADD COLUMN facts INTEGER;
ALTER TABLE pack_source ADD COLUMN links INTEGER;
`);
  },
};
