import type { Workspace } from '../../main/databricks/port.ts';
import { systemTables } from '../../main/practice/world/system-tables.ts';
import type { TableName } from '../../main/databricks/identifiers.ts';

/** A moment as a warehouse in UTC reads it. */
export const at = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

/** Rows for a table that has these columns (name → type), as one INSERT with one parameter. */
const insert = async (
  workspace: Workspace,
  table: TableName,
  columns: readonly { readonly name: string; readonly type: string }[],
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> => {
  const names = columns.filter(({ name }) => rows.some((row) => Object.hasOwn(row, name)));
  const fields = names.map(({ name, type }) => `${name}:${type}`).join(',');
  const list = names.map(({ name }) => `\`${name}\``).join(', ');
  const done = await workspace.warehouse.query({
    name: 'test.insert',
    effect: 'write',
    text: `INSERT INTO ${table.catalog}.${table.schema}.${table.table} (${list}) SELECT ${names.map(({ name }) => `r.\`${name}\``).join(', ')} FROM (SELECT explode(from_json(:rows, 'array<struct<${fields}>>')) AS r)`,
    parameters: { rows: JSON.stringify(rows) },
  });
  if (!done.ok) throw new Error(`${table.table}: ${done.error.what} ${done.error.advice}`);
};

/** Rows for a documented system table of practice. */
export const addRows = (
  workspace: Workspace,
  name: string,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> => {
  const [schema = '', table = ''] = name.split('.');
  return insert(workspace, { catalog: 'system', schema, table }, systemTables[name] ?? [], rows);
};
