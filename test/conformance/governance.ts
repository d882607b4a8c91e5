import type { Lake } from '../../main/practice/duck/lake.ts';
import { quoteText } from '../../main/practice/duck/sql-types.ts';
import type { Naming } from './hostile.ts';

/** A view that only `information_schema` knows, beside a table: practice and Unity Catalog list it, and nothing reads it. */
export const viewBeside = (table: string): string => `${table}_view`;

type Governed = readonly [kind: string, table: string, column: string | null, a: string, b: string | null];

const insert = async (lake: Lake, table: string, rows: readonly (readonly (string | null)[])[]): Promise<void> => {
  const values = rows.map((row) => `(${row.map((one) => (one === null ? 'NULL' : quoteText(one))).join(', ')})`);
  await lake.write((write) => write.run(`INSERT INTO bw.${table} VALUES ${values.join(', ')}`));
};

const governed = (lake: Lake, rows: readonly Governed[]): Promise<void> =>
  insert(
    lake,
    'governance',
    rows.map(([kind, table, column, a, b]) => [kind, ...table.split('.'), column, a, b]),
  );

/** Rights, tags, a row filter and a column mask on a table of the suite, and a view beside it, in a practice lakehouse. */
export const govern = async (lake: Lake, table: string, { name }: Naming): Promise<void> => {
  const [catalog = '', schema = ''] = table.split('.');
  const net = name('net_price');
  await governed(lake, [
    ['table-tag', table, null, 'area', 'conformance'],
    ['column-tag', table, net, 'unit', 'EUR'],
    ['filter', table, null, `${catalog}.${schema}.own_rows`, name('region')],
    ['mask', table, net, `${catalog}.${schema}.hide`, null],
    ['view', viewBeside(table), null, 'SELECT id FROM with_past', 'false'],
  ]);
  await insert(lake, 'grants', [
    ['analysts', 'SELECT', 'TABLE', table],
    ['analysts', 'USE SCHEMA', 'SCHEMA', `${catalog}.${schema}`],
    ['users', 'USE CATALOG', 'CATALOG', catalog],
  ]);
};

/** A column of a table that a lakehouse only hears of is personal; both are called as rows call them. */
export const tagPersonal = async (
  lake: Lake,
  { table, column }: { readonly table: string; readonly column: string },
  naming: Naming,
): Promise<void> => {
  const row = JSON.parse(
    naming.rows(JSON.stringify({ table_full_name: table, column_name: column }), new Set()),
  ) as Record<string, string>;
  await governed(lake, [['column-tag', row['table_full_name'] ?? '', row['column_name'] ?? '', 'class', 'personal']]);
};
