import { governanceSql, governanceViews } from './info-governance.ts';
import type { Lake } from './lake.ts';
import { shownColumns } from './relations.ts';
import { jsonStructure, parseType, quoteText, typeText } from './sql-types.ts';

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

/** What the views are made of: as long as it is the same, so are they. Rows that are only written change nothing here. */
const fingerprint = (lake: Lake): string =>
  JSON.stringify([lake.tables().map((t) => [t.key, t.schemas.length, t.alteredAt]), lake.catalogs(), lake.faults()]);

type Kept = { readonly of: string; readonly made: Promise<string> };
const caches = new WeakMap<Lake, { readonly id: number; readonly views: Map<string, Kept> }>();
let lakes = 0;

/** Keep the rows of a view in a table of their own: thousands of columns are too many to be said with every question. */
const keep = async (lake: Lake, table: string, view: View): Promise<string> => {
  const type = parseType(`array<struct<${view.columns.map(([n, t]) => `${n}:${t}`).join(',')}>>`);
  const rows = view.rows(lake).map((r) => Object.fromEntries(view.columns.map(([n], i) => [n, r[i] ?? null])));
  const connection = await lake.connect();
  try {
    await connection.run(
      `CREATE OR REPLACE TABLE ${table} AS SELECT unnest(from_json($rows::JSON, ${quoteText(JSON.stringify(jsonStructure(type)))}), recursive := true)`,
      { rows: JSON.stringify(rows) },
    );
    return table;
  } finally {
    connection.closeSync();
  }
};

/** A subquery that is `<catalog>.information_schema.<view>`, or undefined for a view we do not have. */
export const infoSchemaSql = async (lake: Lake, catalog: string, name: string): Promise<string | undefined> => {
  const governance = governanceViews[name];
  if (governance !== undefined) return lake.narrow(governanceSql(governance, catalog), governance.columns.split(' '));
  const view = views[name];
  if (view === undefined) return undefined;
  const cache = caches.get(lake) ?? { id: (lakes += 1), views: new Map<string, Kept>() };
  caches.set(lake, cache);
  const of = fingerprint(lake);
  let kept = cache.views.get(name);
  if (kept?.of !== of) {
    kept = { of, made: keep(lake, `bw.info_${cache.id}_${name}`, view) };
    cache.views.set(name, kept);
  }
  const [first = ['']] = view.columns;
  return `(SELECT * FROM ${await kept.made}${catalog === 'system' ? '' : ` WHERE ${first[0]} = ${quoteText(catalog)}`})`;
};
