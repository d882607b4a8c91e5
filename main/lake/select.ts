import { checkColumnName } from '../databricks/identifiers.ts';
import type { RowPage, TextRow } from '../databricks/port.ts';
import { column, dbx, named, type Piece } from '../databricks/statements.ts';
import { isMasked } from './rows.ts';

/** A column that a collector asks for: from which columns it is made, how, and whether a row means anything without it. */
export type Wanted = {
  readonly as: string;
  /** The table's column; its absence leaves this one NULL. */
  readonly from: string;
  readonly expression: Piece;
  readonly required: boolean;
};

type Options = { readonly required?: boolean; readonly as?: string };
const wanted = (from: string, expression: Piece, options: Options = {}): Wanted => ({
  as: options.as ?? from,
  from,
  expression,
  required: options.required ?? false,
});
/** As text. Ids and decimals are cast because the driver would round them (facts 5.5). */
export const asText = (from: string, options?: Options): Wanted =>
  wanted(from, dbx`CAST(${column(from)} AS STRING)`, options);
/** Microseconds since 1970 as text: no zone, no rounding. */
export const asMicros = (from: string, options?: Options): Wanted =>
  wanted(from, dbx`CAST(unix_micros(${column(from)}) AS STRING)`, options);
export const asJson = (from: string, options?: Options): Wanted => wanted(from, dbx`to_json(${column(from)})`, options);
/** A field of a struct, as text. */
export const fieldText = (from: string, field: string, options: Options & { readonly as: string }): Wanted =>
  wanted(from, dbx`CAST(${column(from)}.${column(field)} AS STRING)`, options);
/** The beginning of a text: a cell may hold megabytes, and only its first characters are ever shown. */
export const asShort = (from: string, limit: number, options?: Options): Wanted =>
  wanted(from, dbx`left(CAST(${column(from)} AS STRING), ${limit})`, options);
/** A number that the warehouse works out, e.g. `sum(usage_quantity)`; `from` is the column that it needs. */
export const computed = (from: string, as: string, expression: Piece): Wanted =>
  wanted(from, dbx`CAST(${expression} AS STRING)`, { as });
/** The same column in the row before it, by `order`, among rows that agree in `keys`. */
export const before = (want: Wanted, keys: readonly string[], order: string): Wanted =>
  wanted(
    want.from,
    dbx`lag(${want.expression}) OVER (PARTITION BY ${keys.map((key) => column(key))} ORDER BY ${column(order)})`,
    { as: `before_${want.as}` },
  );
export const fieldMicros = (from: string, field: string, options: Options & { readonly as: string }): Wanted =>
  wanted(from, dbx`CAST(unix_micros(${column(from)}.${column(field)}) AS STRING)`, options);

/** How many rows the statement would have had without its LIMIT, on every row: shows an answer that was cut off. */
export const totalColumn = 'bw_total';
export const total = named(dbx`CAST(count(*) OVER () AS STRING)`, totalColumn);

export type Selection = {
  /** For the SELECT list, with NULL in place of what the table lacks. */
  readonly list: readonly Piece[];
  readonly missing: readonly string[];
  /** Required columns that are missing: nothing can be asked. */
  readonly impossible: readonly string[];
};

/** What can be asked of a table that has these columns (lower case). */
export const selectable = (columns: ReadonlySet<string>, wants: readonly Wanted[]): Selection => {
  const has = (want: Wanted): boolean => columns.has(want.from.toLowerCase());
  const missing = wants.filter((want) => !has(want));
  return {
    list: wants.map((want) => named(has(want) ? want.expression : dbx`CAST(NULL AS STRING)`, want.as)),
    missing: [...new Set(missing.map((want) => want.from))],
    impossible: [...new Set(missing.filter((want) => want.required).map((want) => want.from))],
  };
};

/** Names of columns in which some value is masked, marked as such for the screen. */
export const maskedColumns = (rows: readonly TextRow[], wants: readonly Wanted[]): readonly string[] => {
  const found = wants.filter((want) => rows.some((row) => isMasked(row[want.as])));
  return [...new Set(found.map((want) => `${want.from} (masked)`))];
};

/** How many rows an answer announced; null where it does not say. */
export const announced = (row: TextRow | undefined): number | null => {
  const said = Number(row?.[totalColumn] ?? Number.NaN);
  return Number.isFinite(said) ? said : null;
};

/** True when fewer rows arrived than the statement had: `limit` rows at most were asked for. */
export const isCutOff = (page: RowPage, limit: number): boolean => {
  const said = Number(page.rows[0]?.[totalColumn] ?? 0);
  return Number.isFinite(said) && page.rows.length < Math.min(said, limit);
};

/** Names of columns from an answer that may hold anything. */
export const usableColumns = (names: readonly string[]): readonly string[] =>
  names.filter((name) => checkColumnName(name) === null);
