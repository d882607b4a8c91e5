import type { Check } from '../check.ts';
import { ask, prepare, see, seenOf, type Stage } from '../stage.ts';

/** A table that is made before its columns are known, as before a first COPY INTO with mergeSchema. */
const noColumns = async (stage: Stage): Promise<unknown> => {
  const full = `${stage.catalog}.${stage.schema}.no_columns`;
  const made = seenOf(await ask(stage.workspace, `CREATE TABLE ${full} USING DELTA`));
  const now = await see(stage, `SELECT * FROM ${full} LIMIT 0`);
  await prepare(stage, `ALTER TABLE ${full} ADD COLUMNS (a INT)`);
  return {
    made,
    now,
    later: await see(stage, `SELECT * FROM ${full} LIMIT 0`),
    past: await see(stage, `SELECT * FROM ${full} VERSION AS OF 0 LIMIT 0`),
  };
};

const none = { errorClass: 'DELTA_READ_TABLE_WITHOUT_COLUMNS', sqlState: '428GU' };

export const noColumnsChecks: readonly Check[] = [
  {
    id: 'delta.no-columns',
    about:
      'a table without columns is refused by name, now and in its past: it has none, which is not the same as unreadable',
    observe: noColumns,
    expected: { made: { rows: [] }, now: none, later: { rows: [] }, past: none },
  },
];
