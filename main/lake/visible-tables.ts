import { ok, type Result } from '../../shared/base/result.ts';
import type { DatabricksFailure } from '../databricks/port.ts';
import { statementKind } from '../databricks/statements.ts';
import type { CollectContext } from './collector.ts';
import { namedIn } from './named-in.ts';
import { pull } from './pull.ts';
import { textOf } from './rows.ts';
import { asText } from './select.ts';

export const tablesView = { catalog: 'system', schema: 'information_schema', table: 'tables' };
export const tablesKind = statementKind(
  'lake.tables',
  'read',
  'kind, owner and last definition change of the tables in scope',
);

/** Which of these tables (full names, lower case) this user can see now. What cannot be seen has no rows in any other view. */
export const visibleTables = async (
  context: CollectContext,
  tables: readonly string[],
): Promise<Result<ReadonlySet<string>, DatabricksFailure>> => {
  if (tables.length === 0) return ok(new Set());
  const found = await pull(context, {
    kind: tablesKind,
    table: tablesView,
    wants: ['table_catalog', 'table_schema', 'table_name'].map((one) => asText(one, { as: one, required: true })),
    ...namedIn(['table_catalog', 'table_schema', 'table_name'], tables),
    order: 'table_name',
  });
  if (!found.ok) return found;
  return ok(
    new Set(
      found.value.rows.map((row) =>
        ['table_catalog', 'table_schema', 'table_name']
          .map((part) => textOf(row, part) ?? '')
          .join('.')
          .toLowerCase(),
      ),
    ),
  );
};
