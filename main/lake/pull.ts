import { err, ok, type Result } from '../../shared/base/result.ts';
import { databricksFailure } from '../databricks/failures.ts';
import { quoteTable, type TableName } from '../databricks/identifiers.ts';
import type { DatabricksFailure, Parameter, RowPage, TextRow, Warehouse } from '../databricks/port.ts';
import { probeColumns, type TableColumns } from '../databricks/probe-columns.ts';
import { column, dbx, type Piece, type StatementMaker } from '../databricks/statements.ts';
import { beneath } from './counted-workspace.ts';
import { pullLimit, type Collected, type CollectContext } from './collector.ts';
import { isTimeless, type Keys, maskedKeys, maskedName, maskedWords, timeless } from './masked-keys.ts';
import { latest, newestOf, notAfter } from './rows.ts';
import {
  expressionOf,
  isCutOff,
  maskedColumns,
  selectable,
  total,
  withoutRepeats,
  type Selection,
  type Wanted,
} from './select.ts';

/**
 * A condition and the column that it needs: a table without the column is asked without the condition; null = it is always asked.
 * `build`: how it reads where columns or fields inside them are missing.
 */
export type Condition = {
  readonly needs: string | null;
  readonly piece: Piece;
  readonly build?: (has: TableColumns['has']) => Piece;
};
export type Parameters = Readonly<Record<string, Parameter>>;
/** Why a table that lacks some columns is not asked at all, in a sentence: its rows could not be told apart. Null = it is asked. */
export type Cannot = (has: TableColumns['has']) => string | null;

export type Pull = {
  readonly kind: StatementMaker;
  readonly table: TableName;
  readonly wants: readonly Wanted[];
  readonly where: readonly Condition[];
  readonly parameters: Parameters;
  /** The alias (of `wants`) by which rows are ordered and the cursor moves. */
  readonly order: string;
  /** Group by all wanted text columns that are not listed here; empty = no grouping. */
  readonly groupBy?: readonly string[];
  /** A condition on aliases of `wants`, judged after their window functions: which of the rows are wanted. */
  readonly keep?: Piece;
  readonly cannot?: Cannot;
  readonly limit?: number;
};
export type Pulled = {
  readonly rows: readonly TextRow[];
  readonly missingColumns: readonly string[];
  readonly cutOff: DatabricksFailure | null;
  readonly full: boolean;
  /** Why nothing was asked, or no row came, in words: columns are missing or masked by which rows are asked for and told apart. */
  readonly unasked?: string | null;
};

/** `Cannot` where one of these columns is missing. `what` follows "Without x,". */
export const without =
  (columns: readonly string[], what: string): Cannot =>
  (has) => {
    const gone = columns.filter((name) => !has(name));
    return gone.length === 0 ? null : `Without ${gone.join(' and ')}, ${what}.`;
  };
/** `Cannot` where none of these columns is there. */
export const withoutAll =
  (columns: readonly string[], what: string): Cannot =>
  (has) =>
    columns.some((name) => has(name)) ? null : `Without ${columns.join(' and ')}, ${what}.`;

export const cutOff = (table: TableName): DatabricksFailure =>
  databricksFailure('BadAnswer', {
    detail: `Fewer rows of ${table.schema}.${table.table} arrived than it announced.`,
    advice: 'It is read again at the next refresh; what arrived is kept.',
    code: 'CUT_OFF',
  });

/** The same for answers of which only the whole is true: sums, counts and series of a part would be wrong numbers. */
export const halfOfSums = (failure: DatabricksFailure): DatabricksFailure => ({
  ...failure,
  advice: 'It is read again at the next refresh; sums of half an answer are not kept.',
});

/** A table lacks what says what its rows are about, or when that was. */
export const lacksColumns = (table: TableName, columns: readonly string[]): DatabricksFailure =>
  databricksFailure('BadAnswer', {
    detail: `${quoteTable(table)} lacks ${columns.join(', ')}.`,
    advice: 'Ask for SELECT on these columns, or check whether the system schema is enabled.',
    code: 'MISSING_COLUMNS',
  });

/** Columns of tables per warehouse: they change rarely, and asking costs a statement each time. */
const probed = new WeakMap<Warehouse, Map<string, { readonly at: number; readonly columns: TableColumns }>>();
const probeForMs = 5 * 60_000;

/** The columns that a table shows to this user, asked for at most every five minutes. */
export const columnsOf = async (
  context: CollectContext,
  table: TableName,
): Promise<Result<TableColumns, DatabricksFailure>> => {
  const { warehouse } = context.workspace;
  const line = beneath(warehouse);
  const known = probed.get(line) ?? new Map<string, { readonly at: number; readonly columns: TableColumns }>();
  probed.set(line, known);
  const key = quoteTable(table);
  const cached = known.get(key);
  const now = context.clock.now();
  if (cached !== undefined && now - cached.at >= 0 && now - cached.at < probeForMs) return ok(cached.columns);
  const found = await probeColumns(warehouse, table, context.options);
  if (found.ok) known.set(key, { at: now, columns: found.value });
  return found;
};

/** A statement named a column, or a field, that is not there. */
export const isOfColumns = (failure: DatabricksFailure): boolean =>
  /^(?:UNRESOLVED_COLUMN|FIELD_NOT_FOUND|MISSING_COLUMNS)/.test(failure.errorClass ?? failure.code ?? '');

/** Ask about a table; once more by its columns as they are now, where they may have changed since they were looked up. */
export const askedAgain = async <T>(
  context: CollectContext,
  table: TableName,
  ask: () => Promise<Result<T, DatabricksFailure>>,
): Promise<Result<T, DatabricksFailure>> => {
  const first = await ask();
  return first.ok || !mayHaveChanged(context, table, first.error) ? first : ask();
};

/**
 * True when a table may have other columns than were known when it was asked: what was known is forgotten, and asking once
 * more is worth it.
 */
export const mayHaveChanged = (context: CollectContext, table: TableName, failure: DatabricksFailure): boolean => {
  if (!isOfColumns(failure)) return false;
  const known = probed.get(beneath(context.workspace.warehouse));
  const fresh = known?.get(quoteTable(table))?.at === context.clock.now();
  known?.delete(quoteTable(table));
  return !fresh;
};

/** Read a table by its columns as they are: probe, ask only for what exists, notice masks and answers that were cut off. */
export const pull = (context: CollectContext, spec: Pull): Promise<Result<Pulled, DatabricksFailure>> =>
  askedAgain(context, spec.table, () => pullOnce(context, spec));

/** A SELECT over a table with the columns that it has now, without order and limit. */
export const askable = async (
  context: CollectContext,
  spec: Pull,
): Promise<
  Result<{ readonly selection: Selection; readonly rows: Piece; readonly unasked: string | null }, DatabricksFailure>
> => {
  const columns = await columnsOf(context, spec.table);
  if (!columns.ok) return columns;
  const selection = selectable(columns.value, spec.wants);
  if (selection.impossible.length > 0) return err(lacksColumns(spec.table, selection.impossible));
  const source = sourceOf(spec, columns.value);
  const unasked = spec.cannot?.(columns.value.has) ?? null;
  const dropped = spec.where.flatMap(({ needs }) => (needs === null || columns.value.has(needs) ? [] : [needs]));
  const rows =
    spec.keep === undefined
      ? dbx`SELECT ${[...selection.list, total]} FROM ${source}`
      : dbx`SELECT *, ${total} FROM (SELECT ${selection.list} FROM ${source}) AS seen WHERE ${spec.keep}`;
  return ok({ selection: { ...selection, missing: [...new Set([...selection.missing, ...dropped])] }, rows, unasked });
};

const pullOnce = async (context: CollectContext, spec: Pull): Promise<Result<Pulled, DatabricksFailure>> => {
  const asked = await askable(context, spec);
  if (!asked.ok) return asked;
  const { selection, rows, unasked } = asked.value;
  if (unasked !== null) return ok({ rows: [], missingColumns: selection.missing, cutOff: null, full: false, unasked });
  const limit = spec.limit ?? pullLimit;
  const found = await context.workspace.warehouse.query(
    spec.kind(dbx`${rows} ORDER BY ${column(spec.order)} LIMIT ${limit}`, spec.parameters),
    context.options,
  );
  if (!found.ok) return found;
  const answer = pulled(withoutRepeats(found.value, limit), selection.missing, spec, limit);
  if (answer.rows.length > 0 || answer.cutOff !== null) return ok(answer);
  const masked = await maskedKeys(context, keysOf(spec), selection.missing);
  if (masked.length === 0) return ok(answer);
  const missingColumns = [...answer.missingColumns, ...masked.map(maskedName)];
  return ok({ ...answer, missingColumns, unasked: maskedWords(masked) });
};

/** What a pull stands on: its conditions, and what says of each row what it is about and when it was. */
export const keysOf = ({ table, wants, order, where }: Pull): Keys => ({
  table,
  always: wants.filter(({ as, required }) => required || as === order).map(({ from }) => from),
  asked: where.flatMap(({ needs }) => needs ?? []),
});

/** How many rows (groups, where the pull groups) a pull would bring, without bringing them. */
export const countRows = async (context: CollectContext, spec: Pull): Promise<Result<number, DatabricksFailure>> => {
  const columns = await columnsOf(context, spec.table);
  if (!columns.ok) return columns;
  if (typeof spec.cannot?.(columns.value.has) === 'string') return ok(0);
  const source = sourceOf(spec, columns.value);
  const counted =
    spec.keep === undefined
      ? dbx`SELECT 1 AS one FROM ${source}`
      : dbx`SELECT 1 AS one FROM (SELECT ${selectable(columns.value, spec.wants).list} FROM ${source}) AS seen WHERE ${spec.keep}`;
  const found = await context.workspace.warehouse.query(
    spec.kind(dbx`SELECT CAST(count(*) AS STRING) AS n FROM (${counted}) AS counted`, spec.parameters),
    context.options,
  );
  if (!found.ok) return found;
  const rows = Number(found.value.rows[0]?.['n'] ?? Number.NaN);
  return Number.isFinite(rows) && rows >= 0
    ? ok(rows)
    : err(databricksFailure('BadAnswer', { detail: 'A count came back that is no number.', code: 'COUNT' }));
};

/** `table WHERE … GROUP BY …`, with what the table has. */
const sourceOf = (spec: Pull, columns: TableColumns): Piece => {
  const usable = spec.where.filter((one) => one.needs === null || columns.has(one.needs));
  const pieces = usable.map((one) => one.build?.(columns.has) ?? one.piece);
  const where = pieces.length === 0 ? dbx`TRUE` : pieces.reduce((a, b) => dbx`${a} AND ${b}`);
  const keys = spec.wants.flatMap((want) =>
    spec.groupBy?.includes(want.as) === true ? (expressionOf(columns, want) ?? []) : [],
  );
  const groups = keys.length === 0 ? dbx`` : dbx` GROUP BY ${keys}`;
  return dbx`${spec.table} WHERE ${where}${groups}`;
};

const pulled = (page: RowPage, missing: readonly string[], spec: Pull, limit: number): Pulled => ({
  rows: page.rows,
  missingColumns: [...missing, ...maskedColumns(page.rows, spec.wants)],
  cutOff: isCutOff(page, limit) ? cutOff(spec.table) : null,
  full: page.rows.length >= limit,
});

export const tooManyAtOnce = 'More rows carry one moment than a pull can hold; some are left out.';

/**
 * How far a time-ordered source is known after a pull. The cursor moves only when everything that was announced arrived, and says when
 * it happened; a
 * full page means more to ask, unless the cursor would stand still (more rows at one moment than a page holds).
 */
export const progress = (
  context: CollectContext,
  result: Pulled,
  timeColumn: string,
  unreadable: number,
): Omit<Collected, 'facts' | 'edges' | 'assets'> => {
  const newest = newestOf(result.rows, timeColumn);
  const isDark = isTimeless(result.rows, timeColumn, newest);
  // Nothing could be kept of them: what a mask hides now may be read from here later. A full page is passed over all the same.
  const isLost = result.rows.length > 0 && unreadable >= result.rows.length && !result.full;
  // A full page that ends within what is read again: the next one goes on there, so that late rows behind it come too.
  const advanced = result.full ? newest : notAfter(latest([context.cursor, newest]), context);
  const stuck = result.full && !isDark && context.resumed && advanced === context.cursor;
  const isKnown = result.cutOff === null && !isDark && !isLost;
  const notes = [
    ...(unreadable > 0 ? [`${unreadable} rows could not be read.`] : []),
    ...(stuck ? [tooManyAtOnce] : []),
    ...(typeof result.unasked === 'string' ? [result.unasked] : []),
    ...(isDark ? [timeless] : []),
  ];
  return {
    cursor: isKnown ? advanced : context.cursor,
    completeTo: isKnown ? latest([context.completeTo, newest]) : context.completeTo,
    missingColumns: result.missingColumns,
    note: notes.length === 0 ? null : notes.join(' '),
    more: result.full && !stuck && isKnown,
    ...(typeof result.unasked === 'string' || isDark ? { partly: true } : {}),
    ...(result.cutOff === null ? {} : { failure: result.cutOff }),
  };
};
