import { ok, type Result } from '../../shared/base/result.ts';
import type { TableName } from './identifiers.ts';
import type { DatabricksFailure, QueryOptions, TextRow, Warehouse } from './port.ts';
import { column, dbx, named, statementKind } from './statements.ts';

/** Rows and characters that are looked at: a mask is seen in the first ones. */
const fewRows = 200;
const fewCharacters = 20;
const kind = statementKind(
  'probe.shown',
  'read',
  'asks what a user is shown of the columns by which rows are asked for',
);

/**
 * The beginning of these columns' values in some rows of a table, in no order and without a condition, which a mask would change as
 * well. Empty = the table has no row that the connected user may see.
 */
export const probeShown = async (
  warehouse: Warehouse,
  table: TableName,
  columns: readonly string[],
  options?: QueryOptions,
): Promise<Result<readonly TextRow[], DatabricksFailure>> => {
  const list = columns.map((name) => named(dbx`left(CAST(${column(name)} AS STRING), ${fewCharacters})`, name));
  const found = await warehouse.query(kind(dbx`SELECT ${list} FROM ${table} LIMIT ${fewRows}`), options);
  return found.ok ? ok(found.value.rows) : found;
};
