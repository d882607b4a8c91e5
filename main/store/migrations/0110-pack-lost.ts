import type { Migration } from './migration.ts';

const words = ' days): what was before ';

/**
 * Of each source of a packed room: before which moment the workspace kept nothing any more when it was read. It stood in words in
 * the note only; the day in them is taken over once, as far as the words are there.
 */
export const migration0110: Migration = {
  version: 110,
  name: 'pack-lost',
  up: ({ exec }) => {
    exec(`
ALTER TABLE pack_source ADD COLUMN lost_before TEXT;
UPDATE pack_source SET lost_before = substr(note, instr(note, '${words}') + ${words.length}, 10) || 'T00:00:00.000Z'
  WHERE note GLOB '*Older than the workspace keeps ([0-9]*${words}[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] may be missing.*';
`);
  },
};
