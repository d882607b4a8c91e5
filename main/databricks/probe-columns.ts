import { err, ok, type Result } from '../../shared/base/result.ts';
import { hasField, parseDataType, type DataType } from './data-type.ts';
import { databricksFailure } from './failures.ts';
import type { TableName } from './identifiers.ts';
import type { DatabricksFailure, QueryOptions, Warehouse } from './port.ts';
import { dbx, statementKind } from './statements.ts';

/** A Delta table has far fewer. */
const mostColumns = 2000;
const listKind = statementKind('probe.columns', 'read', 'asks which columns a table has before it is read');
const emptyKind = statementKind('probe.empty', 'read', 'asks which columns a table shows by reading none of its rows');

/** Columns that a table shows. */
export type TableColumns = {
  /** Lower case. */
  readonly names: ReadonlySet<string>;
  /**
   * Whether a column is there, or the field at a path inside it (`has('compute', ['warehouse_id'])`). A column whose type is not
   * told counts as having every field: the statement then finds out.
   */
  readonly has: (column: string, path?: readonly string[]) => boolean;
};

const tableColumns = (types: ReadonlyMap<string, DataType | null>): TableColumns => ({
  names: new Set(types.keys()),
  has: (column, path = []) => {
    const type = types.get(column.toLowerCase());
    return type !== undefined && (type === null || hasField(type, path));
  },
});

/** Only what has fields is worth reading: it is asked about more often than a type changes. */
const nested = (text: string | null | undefined): DataType | null =>
  text === null || text === undefined || !text.includes('<') ? null : parseDataType(text);

/**
 * The columns that the connected user can read, with the fields inside them. None = the table is not there or not visible.
 * First `information_schema` (rows filtered by privilege), then the table itself with LIMIT 0, whose failure is returned:
 * it says whether the table is missing or forbidden.
 */
export const probeColumns = async (
  warehouse: Warehouse,
  table: TableName,
  options?: QueryOptions,
): Promise<Result<TableColumns, DatabricksFailure>> => {
  const view = { catalog: table.catalog, schema: 'information_schema', table: 'columns' };
  const listed = await warehouse.query(
    listKind(
      dbx`SELECT column_name, full_data_type, CAST(count(*) OVER () AS STRING) AS bw_total FROM ${view} WHERE table_catalog = :catalog AND table_schema = :schema AND table_name = :name LIMIT ${mostColumns}`,
      { catalog: table.catalog.toLowerCase(), schema: table.schema.toLowerCase(), name: table.table.toLowerCase() },
    ),
    options,
  );
  // Half a list would make the other columns look absent, and facts would be stored without them.
  if (listed.ok && listed.value.rows.length < Math.min(Number(listed.value.rows[0]?.['bw_total'] ?? 0), mostColumns))
    return err(
      databricksFailure('BadAnswer', {
        detail: `Fewer columns of ${table.schema}.${table.table} arrived than were announced.`,
        advice: 'It is read again at the next refresh.',
        code: 'CUT_OFF',
      }),
    );
  if (listed.ok && listed.value.rows.length > 0)
    return ok(
      tableColumns(
        new Map(
          listed.value.rows.flatMap((row): [string, DataType | null][] => {
            const name = row['column_name']?.toLowerCase();
            return name === undefined ? [] : [[name, nested(row['full_data_type'])]];
          }),
        ),
      ),
    );
  if (!listed.ok && !['StatementFailed', 'Forbidden'].includes(listed.error.tag)) return listed;
  const empty = await warehouse.query(emptyKind(dbx`SELECT * FROM ${table} LIMIT 0`), options);
  return empty.ok
    ? ok(tableColumns(new Map(empty.value.columns.map((name) => [name.toLowerCase(), null] as const))))
    : empty;
};
