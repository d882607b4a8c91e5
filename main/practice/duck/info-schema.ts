import { governanceSql, governanceViews } from './info-governance.ts';
import type { Lake } from './lake.ts';
import { shownColumns } from './relations.ts';
import { duckType, jsonStructure, parseType, quoteText, typeText } from './sql-types.ts';

type Cell = string | number | null;
type View = {
  readonly columns: readonly (readonly [name: string, type: string])[];
  readonly rows: (lake: Lake) => readonly (readonly Cell[])[];
};

const strings = (names: string): (readonly [string, string])[] => names.split(' ').map((n) => [n, 'string'] as const);
const instant = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

/** All views with their columns, as the schema describes itself. */
const describedViews = (): readonly (readonly [string, Pick<View, 'columns'>])[] => [
  ...Object.entries(views),
  ...Object.entries(governanceViews).map(([name, view]) => [name, { columns: strings(view.columns) }] as const),
];

/** The views of information_schema that Breakwater asks for; columns as documented (facts 1.1). */
export const views: Readonly<Record<string, View>> = {
  catalogs: {
    columns: strings('catalog_name catalog_owner comment'),
    rows: (lake) => lake.catalogs().map((c) => [c.catalog, 'account admins', null]),
  },
  schemata: {
    columns: strings('catalog_name schema_name schema_owner comment'),
    rows: (lake) =>
      lake
        .catalogs()
        .flatMap((c) => [...c.schemas, 'information_schema'].map((s) => [c.catalog, s, 'account admins', null])),
  },
  tables: {
    columns: [
      ...strings(
        'table_catalog table_schema table_name table_type is_insertable_into commit_action table_owner comment',
      ),
      ['created', 'timestamp'],
      ['created_by', 'string'],
      ['last_altered', 'timestamp'],
      ...strings('last_altered_by data_source_format storage_sub_directory storage_path'),
    ],
    rows: (lake) => [
      ...lake
        .tables()
        .map((t) => [
          t.catalog,
          t.schema,
          t.name,
          'MANAGED',
          t.catalog === 'system' ? 'NO' : 'YES',
          null,
          t.owner,
          t.comment,
          instant(t.createdAt),
          t.owner,
          instant(t.alteredAt),
          t.owner,
          'DELTA',
          null,
          null,
        ]),
      ...describedViews().map(([name]) => [
        'system',
        'information_schema',
        name,
        'VIEW',
        'NO',
        null,
        'System user',
        null,
        null,
        'System user',
        null,
        'System user',
        'UNKNOWN_DATA_SOURCE_FORMAT',
        null,
        null,
      ]),
    ],
  },
  columns: {
    columns: [
      ...strings('table_catalog table_schema table_name column_name'),
      ['ordinal_position', 'int'],
      ...strings('column_default is_nullable full_data_type data_type'),
      ['numeric_precision', 'int'],
      ['numeric_scale', 'int'],
      ['datetime_precision', 'int'],
      ...strings('is_identity is_generated is_updatable'),
      ['partition_index', 'int'],
      ['comment', 'string'],
    ],
    rows: (lake) => [
      ...lake.tables().flatMap((t) =>
        shownColumns(lake, t).map((c, i) => {
          const text = typeText(c.type);
          const decimal = c.type.kind === 'decimal' ? c.type : undefined;
          return [
            t.catalog,
            t.schema,
            t.name,
            c.name,
            i + 1,
            null,
            c.nullable ? 'YES' : 'NO',
            text,
            (/^\w+/.exec(text)?.[0] ?? '').toUpperCase(),
            decimal?.precision ?? null,
            decimal?.scale ?? null,
            null,
            'NO',
            'NEVER',
            'YES',
            null,
            c.comment ?? null,
          ];
        }),
      ),
      ...describedViews().flatMap(([name, view]) =>
        view.columns.map(([column, type], i) => [
          'system',
          'information_schema',
          name,
          column,
          i + 1,
          null,
          'YES',
          type,
          type.toUpperCase(),
          null,
          null,
          null,
          'NO',
          'NEVER',
          'NO',
          null,
          null,
        ]),
      ),
    ],
  },
};

const caches = new WeakMap<Lake, Map<string, { generation: number; sql: string }>>();

/**
 * A subquery that is `<catalog>.information_schema.<view>`, or undefined for a view we do not have. The rows are made from the
 * catalogue in memory, as one JSON literal: some hundred rows, rebuilt only when the catalogue changes.
 */
export const infoSchemaSql = (lake: Lake, catalog: string, name: string): string | undefined => {
  const governance = governanceViews[name];
  if (governance !== undefined) return lake.narrow(governanceSql(governance, catalog), governance.columns.split(' '));
  const view = views[name];
  if (view === undefined) return undefined;
  const cache = caches.get(lake) ?? new Map<string, { generation: number; sql: string }>();
  caches.set(lake, cache);
  const key = `${catalog}.${name}`;
  const cached = cache.get(key);
  if (cached !== undefined && cached.generation === lake.generation()) return cached.sql;
  const rows = view.rows(lake).filter((r) => catalog === 'system' || r[0] === catalog);
  const type = parseType(`array<struct<${view.columns.map(([n, t]) => `${n}:${t}`).join(',')}>>`);
  const json = JSON.stringify(rows.map((r) => Object.fromEntries(view.columns.map(([n], i) => [n, r[i]]))));
  const sql =
    rows.length === 0
      ? `(SELECT ${view.columns.map(([n, t]) => `CAST(NULL AS ${duckType(parseType(t))}) AS ${n}`).join(', ')} LIMIT 0)`
      : `(SELECT unnest(from_json(${quoteText(json)}, ${quoteText(JSON.stringify(jsonStructure(type)))}), recursive := true))`;
  cache.set(key, { generation: lake.generation(), sql });
  return sql;
};
