import { checkColumnName } from '../databricks/identifiers.ts';
import type { RowPage, TextRow } from '../databricks/port.ts';
import type { TableColumns } from '../databricks/probe-columns.ts';
import { column, dbx, named, type Piece } from '../databricks/statements.ts';
import { isMasked } from './rows.ts';

/** Where a field lies inside a struct: `['job_info', 'job_id']`. */
export type Path = readonly string[];
type Has = TableColumns['has'];

/** A column that a collector asks for: from which columns it is made, how, and whether a row means anything without it. */
export type Wanted = {
  readonly as: string;
  /** The table's column; its absence leaves this one NULL. */
  readonly from: string;
  readonly expression: Piece;
  readonly required: boolean;
  /** Fields of the column that are read: what lacks one is named, and costs that field only. */
  readonly fields?: readonly Path[];
  /** Other columns that it is made from: named like `from` where they are missing. */
  readonly besides?: readonly string[];
  /** What is asked for when fields or other columns are missing; null = NULL. Without it `expression` needs `from` only. */
  readonly build?: (has: Has) => Piece | null;
};

type Options = { readonly required?: boolean; readonly as?: string };
const wanted = (
  from: string,
  expression: Piece,
  options: Options = {},
  inside: Pick<Wanted, 'fields' | 'build'> = {},
): Wanted => ({
  as: options.as ?? from,
  from,
  expression,
  required: options.required ?? false,
  ...inside,
});
/** `column.a.b`. */
export const fieldOf = (from: string, path: Path): Piece =>
  path.reduce((outer, name) => dbx`${outer}.${column(name)}`, column(from));
/** As text. Ids and decimals are cast because the driver would round them (facts 5.5). */
export const asText = (from: string, options?: Options): Wanted =>
  wanted(from, dbx`CAST(${column(from)} AS STRING)`, options);
/** Microseconds since 1970 as text: no zone, no rounding. */
export const asMicros = (from: string, options?: Options): Wanted =>
  wanted(from, dbx`CAST(unix_micros(${column(from)}) AS STRING)`, options);
/** As JSON text; `fields` are those that are read of it, so that one that is missing is named. */
export const asJson = (from: string, options?: Options & { readonly fields?: readonly Path[] }): Wanted =>
  wanted(from, dbx`to_json(${column(from)})`, options, options?.fields === undefined ? {} : { fields: options.fields });
const oneField = (from: string, field: string, expression: Piece, options: Options): Wanted =>
  wanted(from, expression, options, { fields: [[field]], build: (has) => (has(from, [field]) ? expression : null) });
/** A field of a struct, as text. */
export const fieldText = (from: string, field: string, options: Options & { readonly as: string }): Wanted =>
  oneField(from, field, dbx`CAST(${column(from)}.${column(field)} AS STRING)`, options);
/** The beginning of a text: a cell may hold megabytes, and only its first characters are ever shown. */
export const asShort = (from: string, limit: number, options?: Options): Wanted =>
  wanted(from, dbx`left(CAST(${column(from)} AS STRING), ${limit})`, options);
/** A number that the warehouse works out, e.g. `sum(usage_quantity)`; `from` is the column that it needs. */
export const computed = (from: string, as: string, expression: Piece): Wanted =>
  wanted(from, dbx`CAST(${expression} AS STRING)`, { as });
/** As `computed`, from fields of `from` or from other columns; `build` says how with those that are there, null = not at all. */
export const computedOf = (
  from: string,
  as: string,
  fields: readonly Path[],
  build: (has: Has) => Piece | null,
): Wanted => {
  const text = (has: Has): Piece | null => {
    const found = build(has);
    return found === null ? null : dbx`CAST(${found} AS STRING)`;
  };
  return wanted(from, text(() => true) ?? dbx`CAST(NULL AS STRING)`, { as }, { fields, build: text });
};
/** The same column in the row before it, by `order`, among rows that agree in `keys`. */
export const before = (want: Wanted, keys: readonly string[], order: string): Wanted => {
  const lag = (one: Piece): Piece =>
    dbx`lag(${one}) OVER (PARTITION BY ${keys.map((key) => column(key))} ORDER BY ${column(order)})`;
  const { build, fields = [] } = want;
  const inside =
    build === undefined
      ? {}
      : {
          fields,
          build: (has: Has): Piece | null => {
            const found = keys.every((key) => has(key)) ? build(has) : null;
            return found === null ? null : lag(found);
          },
        };
  return wanted(want.from, lag(want.expression), { as: `before_${want.as}` }, inside);
};
export const fieldMicros = (from: string, field: string, options: Options & { readonly as: string }): Wanted =>
  oneField(from, field, dbx`CAST(unix_micros(${column(from)}.${column(field)}) AS STRING)`, options);

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

/** How a column is asked for of a table that has these columns; null = it cannot be. */
export const expressionOf = (columns: TableColumns, want: Wanted): Piece | null => {
  if (!columns.has(want.from)) return null;
  return want.build === undefined ? want.expression : want.build(columns.has);
};

/** What of a wanted column the table lacks: the column, or fields inside it as `column.field`. */
const lacking = (columns: TableColumns, want: Wanted): readonly string[] => [
  ...(!columns.has(want.from)
    ? [want.from]
    : (want.fields ?? [])
        .filter((path) => !columns.has(want.from, path))
        .map((path) => [want.from, ...path].join('.'))),
  ...(want.besides ?? []).filter((name) => !columns.has(name)),
];

/** What can be asked of a table that has these columns. */
export const selectable = (columns: TableColumns, wants: readonly Wanted[]): Selection => {
  const asked = wants.map((want) => ({ want, expression: expressionOf(columns, want) }));
  const impossible = asked.filter(({ want, expression }) => want.required && expression === null);
  return {
    list: asked.map(({ want, expression }) => named(expression ?? dbx`CAST(NULL AS STRING)`, want.as)),
    missing: [...new Set(wants.flatMap((want) => lacking(columns, want)))],
    impossible: [...new Set(impossible.flatMap(({ want }) => lacking(columns, want)))],
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

/**
 * The page without rows that came more than once, where more came than the statement had: sums and counts would be too high.
 * Rows that are rightly equal go with them; then fewer are left than were announced, which is told.
 */
export const withoutRepeats = (page: RowPage, limit: number): RowPage => {
  const said = announced(page.rows[0]);
  if (said === null || page.rows.length <= Math.min(said, limit)) return page;
  return { ...page, rows: [...new Map(page.rows.map((row) => [JSON.stringify(row), row])).values()] };
};

/** Names of columns from an answer that may hold anything. */
export const usableColumns = (names: readonly string[]): readonly string[] =>
  names.filter((name) => checkColumnName(name) === null);
