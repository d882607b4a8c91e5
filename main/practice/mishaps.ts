import { storageDdl, type Lake } from './duck/lake.ts';
import { restoreTable } from './duck/restore.ts';
import { typeText } from './duck/sql-types.ts';
import { fullName, storage, type Table } from './duck/table.ts';

/** What an administrator may do to a table behind our back. */
export const mishaps = ['vacuum', 'restore', 'recreate'] as const;
export type Mishap = (typeof mishaps)[number];

const admin = 'admin@practice.example';

/** VACUUM: what only older versions hold is gone for good; the newest version stays as it is. */
const vacuum = (lake: Lake, old: Table): Promise<void> =>
  lake.write(async (write) => {
    const begun = await write.commit(
      { ...old, version: old.version + 1 },
      { user: admin, operation: 'VACUUM START', parameters: { retentionCheckEnabled: 'false' } },
    );
    await write.run(`DELETE FROM ${storage(old)} WHERE __removed < ${old.version}`);
    const ended = { ...begun, version: begun.version + 1, readableFrom: old.version };
    await write.commit(ended, { user: admin, operation: 'VACUUM END', parameters: { status: 'COMPLETED' } });
  });

/** DROP and CREATE with the same columns and properties: another table, empty, whose versions begin again. */
const recreate = (lake: Lake, old: Table): Promise<void> =>
  lake.write(async (write) => {
    const columns = old.schemas.at(-1)?.columns ?? [];
    const made = lake.newTable({
      ...old,
      columns: columns.map((c) => ({ name: c.name, type: typeText(c.type), nullable: c.nullable })),
      createdAt: lake.clock.now(),
    }); // prettier-ignore
    await write.forget(old);
    await write.run(storageDdl(made));
    await write.commit(made, { user: admin, operation: 'CREATE TABLE', parameters: { isManaged: 'true' } });
  });

/**
 * Let a mishap happen to a table, or to all that people made here (`true`: what a user of this workspace owns, such as a share).
 * Returns the names. Throws EngineError for an unknown table.
 */
export const happen = async (lake: Lake, mishap: Mishap, to: string | true): Promise<readonly string[]> => {
  const tables =
    to === true ? lake.tables().filter((t) => t.owner.endsWith('@practice.example')) : [lake.table(to.split('.'))];
  for (const table of tables) {
    if (mishap === 'vacuum') await vacuum(lake, table);
    else if (mishap === 'recreate') await recreate(lake, table);
    // Half of its history back: what was written since is gone from the newest version.
    else await restoreTable(lake, table, { kind: 'version', version: Math.floor(table.version / 2) }, admin);
  }
  return tables.map(fullName);
};
