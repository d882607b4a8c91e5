import { ensure } from '../../../shared/base/assert.ts';
import { parseType, quoteIdentifier, typeText, type SqlType } from './sql-types.ts';

/** A column of a practice table. `physical` is its column in DuckDB and never changes; renaming changes only `name`. */
export type Column = {
  readonly name: string;
  readonly type: SqlType;
  readonly physical: string;
  readonly nullable: boolean;
  readonly comment?: string;
};

/**
 * A practice table. Its rows live in DuckDB table `d.t<key>`, where each row knows the version that added and the one that
 * removed it; so every version can be read, and RESTORE is bookkeeping.
 */
export type Table = {
  readonly key: number;
  /** New after DROP + CREATE and after CREATE OR REPLACE, as Delta does. */
  readonly id: string;
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  readonly comment: string | null;
  readonly createdAt: number;
  readonly alteredAt: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly clusterBy: readonly string[];
  readonly version: number;
  /** Set by VACUUM: older versions have lost their files. */
  readonly readableFrom?: number;
  /** Time of `version`, epoch ms. */
  readonly versionAt: number;
  /** Columns by the version that brought them, ascending. */
  readonly schemas: readonly { readonly from: number; readonly columns: readonly Column[] }[];
  readonly nextColumn: number;
};

export const fullName = (t: Pick<Table, 'catalog' | 'schema' | 'name'>): string => `${t.catalog}.${t.schema}.${t.name}`;
export const tableKey = (parts: readonly string[]): string => parts.map((p) => p.toLowerCase()).join('\u0001');
export const storage = (t: Pick<Table, 'key'>): string => `d.t${t.key}`;

/** Columns at a version (default: now). */
export const columnsAt = (table: Table, version = table.version): readonly Column[] =>
  ensure(
    table.schemas.findLast((s) => s.from <= version) ?? table.schemas[0],
    'a table is made with the schema of its first version',
  ).columns;

export type NewColumn = {
  readonly name: string;
  readonly type: string;
  readonly nullable?: boolean;
  readonly comment?: string;
};

/** Give new columns their places in storage, counting on from `next`. */
export const placeColumns = (columns: readonly NewColumn[], next: number): readonly Column[] =>
  columns.map((c, i) => ({
    name: c.name,
    type: parseType(c.type),
    physical: `c${next + i}`,
    nullable: c.nullable ?? true,
    ...(c.comment === undefined ? {} : { comment: c.comment }),
  }));

export const isAppendOnly = (t: Table): boolean => t.properties['delta.appendOnly'] === 'true';
export const hasRowTracking = (t: Table): boolean => t.properties['delta.enableRowTracking'] === 'true';
export const hasChangeFeed = (t: Table): boolean => t.properties['delta.enableChangeDataFeed'] === 'true';

/** Stored form: types become text, since a parsed type is only a cache of it. */
export const encodeTable = (t: Table): string =>
  JSON.stringify({
    ...t,
    schemas: t.schemas.map((s) => ({ ...s, columns: s.columns.map((c) => ({ ...c, type: typeText(c.type) })) })),
  });

type StoredColumn = Omit<Column, 'type'> & { readonly type: string };
type StoredTable = Omit<Table, 'schemas'> & {
  readonly schemas: readonly { from: number; columns: readonly StoredColumn[] }[];
};

export const decodeTable = (text: string): Table => {
  const stored = JSON.parse(text) as StoredTable;
  return {
    ...stored,
    schemas: stored.schemas.map((s) => ({ ...s, columns: s.columns.map((c) => ({ ...c, type: parseType(c.type) })) })),
  };
};

/** Rows alive at a version; `undefined` = now. */
export const alive = (version?: number): string =>
  version === undefined
    ? '__removed IS NULL'
    : `__added <= ${version} AND (__removed IS NULL OR __removed > ${version})`;

/** `c0 AS "id", c1 AS "name"` for these columns. */
export const projection = (columns: readonly Column[]): string =>
  columns.map((c) => `${c.physical} AS ${quoteIdentifier(c.name)}`).join(', ');
