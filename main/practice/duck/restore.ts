import { EngineError } from '../engine-port.ts';
import type { Lake } from './lake.ts';
import { versionAsOf } from './relations.ts';
import type { Moment } from './statements.ts';
import { alive, columnsAt, storage, type Table } from './table.ts';

/**
 * RESTORE as measured on Delta (spark.md 7): a new version with the rows of the old one. Rows that come back keep their row id and
 * their row_commit_version, so a reader that follows row_commit_version does not see them; appendOnly does not forbid it.
 * Returns the query that answers the six metrics.
 */
export const restoreTable = async (lake: Lake, table: Table, to: Moment, user: string): Promise<string> => {
  const target = to.kind === 'version' ? to.version : await versionAsOf(lake, table, to.timestamp);
  if (target > table.version)
    throw new EngineError(
      'DELTA_CANNOT_RESTORE_TABLE_VERSION',
      '22003',
      `Cannot restore table to version ${target}. Available versions: [0, ${table.version}].`,
    );
  return lake.write(async (write) => {
    const old = lake.table([table.catalog, table.schema, table.name]);
    const next: Table = {
      ...old,
      version: old.version + 1,
      schemas: [...old.schemas, { from: old.version + 1, columns: columnsAt(old, target) }],
    };
    const t = storage(next);
    const physical = Array.from({ length: next.nextColumn }, (_, i) => `c${i}`).join(', ');
    const removed = await write.run(
      `UPDATE ${t} SET __removed = ${next.version} WHERE ${alive()} AND NOT (__added <= ${target})`,
    );
    // Every row that was there at the target and is not any more; an updated row comes back as it was.
    const restored = await write.run(
      `INSERT INTO ${t}(${physical}, __row_id, __rcv, __added) SELECT ${physical}, __row_id, __rcv, ${next.version} FROM ${t}
       WHERE __added <= ${target} AND __removed > ${target} AND __removed < ${next.version}`,
    );
    await write.commit(next, {
      user,
      operation: 'RESTORE',
      parameters: to.kind === 'version' ? { version: String(target) } : { timestamp: to.timestamp },
      metrics: { numRestoredFiles: String(restored), numRemovedFiles: String(removed) },
    });
    return `SELECT CAST(0 AS BIGINT) AS table_size_after_restore, CAST(1 AS BIGINT) AS num_of_files_after_restore, CAST(${removed} AS BIGINT) AS num_removed_files,
      CAST(${restored} AS BIGINT) AS num_restored_files, CAST(0 AS BIGINT) AS removed_files_size, CAST(0 AS BIGINT) AS restored_files_size`;
  });
};
