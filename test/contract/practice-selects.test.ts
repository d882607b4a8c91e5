import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRandom, type Random } from '../../main/practice/world/random.ts';
import { valueText } from '../../main/practice/duck/values.ts';
import { connectDriver, type DriverSession } from '../support/practice-driver.ts';
import { startPractice, type Practice } from '../support/practice.ts';

/**
 * 200 generated SELECTs, each written twice: in Databricks SQL for the lakehouse (through the unmodified driver) and in DuckDB SQL for
 * a database of our own with the same rows. Both must answer alike: nothing recognises a statement by its text.
 */
type Both = { readonly lake: string; readonly duck: string };
const both = (lake: string, duck = lake): Both => ({ lake, duck });
const glue = (parts: readonly (Both | string)[]): Both => ({
  lake: parts.map((p) => (typeof p === 'string' ? p : p.lake)).join(''),
  duck: parts.map((p) => (typeof p === 'string' ? p : p.duck)).join(''),
});

const tables = ['orders', 'stores', 'goods'] as const;
const source = (name: (typeof tables)[number]): Both => both(`main.gen.${name}`, name);

const number = (r: Random, t: string): Both =>
  r.pick([
    both(`${t}.n`),
    both(`${t}.n + ${r.integer(1, 9)}`),
    both(`coalesce(${t}.m, -1)`),
    both(`CASE WHEN ${t}.n > ${r.integer(1, 40)} THEN ${t}.n ELSE 0 END`),
    both(`length(${t}.s)`),
    both(`if(${t}.m IS NULL, 0, ${t}.m)`, `CASE WHEN ${t}.m IS NULL THEN 0 ELSE ${t}.m END`),
    both(`CAST(${t}.n AS BIGINT)`),
    both(`abs(${t}.n - ${r.integer(1, 60)})`),
    both(`unix_micros(${t}.at) % 1000003`, `epoch_us(${t}."at") % 1000003`),
    both(`nvl(${t}.m, 7)`, `coalesce(${t}.m, 7)`),
  ]);
const word = (r: Random, t: string): Both =>
  r.pick([
    both(`${t}.s`),
    both(`upper(${t}.s)`),
    both(`concat(${t}.s, '-', ${t}.k)`, `${t}.s || '-' || ${t}.k`),
    both(`CAST(${t}.n AS STRING)`, `CAST(${t}.n AS VARCHAR)`),
    both(`\`${t}\`.\`k\``, `"${t}"."k"`),
    both(`get_json_object(${t}.j, '$.a')`, `json_extract_string(${t}.j, '$.a')`),
    both(`date_format(${t}.at, 'yyyy-MM-dd')`, `strftime(${t}."at", '%Y-%m-%d')`),
    both(`substring(${t}.s, 2, 3)`),
    both("'it\\'s'", "'it''s'"),
  ]);
const condition = (r: Random, t: string): Both =>
  r.pick([
    both(`${t}.n > ${r.integer(0, 60)}`),
    both(`${t}.s LIKE '%${r.pick(['a', 'e', 'o'])}%'`),
    both(`${t}.m IS NOT NULL`),
    both(`${t}.k IN ('k1', 'k2', 'k3')`),
    both(`${t}.k <=> 'k2'`, `${t}.k IS NOT DISTINCT FROM 'k2'`),
    both(`${t}.at >= TIMESTAMP'2026-01-03 00:00:00'`, `${t}."at" >= TIMESTAMP '2026-01-03 00:00:00'`),
    both(
      `${t}.at < TIMESTAMP'2026-01-02 00:00:00' + INTERVAL 3 DAYS`,
      `${t}."at" < TIMESTAMP '2026-01-02 00:00:00' + INTERVAL 3 DAY`,
    ),
    both(`NOT (${t}.n % 3 = 0)`),
    both(`${t}.s RLIKE '[aeiou]$'`, `regexp_matches(${t}.s, '[aeiou]$')`),
    both(`${t}.n BETWEEN 5 AND ${r.integer(20, 80)}`),
  ]);

const simple = (r: Random): Both =>
  glue([
    'SELECT ',
    number(r, 'a'),
    ' AS x, ',
    word(r, 'a'),
    ' AS y FROM ',
    source(r.pick(tables)),
    ' a WHERE ',
    condition(r, 'a'),
    r.pick([' AND ', ' OR ']),
    condition(r, 'a'),
  ]);
const joined = (r: Random): Both =>
  glue([
    'SELECT ',
    number(r, 'a'),
    ' AS x, ',
    word(r, 'b'),
    ' AS y, a.k AS z FROM ',
    source('orders'),
    ` a ${r.pick(['JOIN', 'LEFT JOIN', 'INNER JOIN', 'FULL OUTER JOIN'])} `,
    source(r.pick(['stores', 'goods'])),
    ' b ON a.k = b.k AND ',
    condition(r, 'b'),
    ' WHERE ',
    condition(r, 'a'),
  ]);
const grouped = (r: Random): Both =>
  glue([
    'SELECT a.k AS x, count(*) AS c, sum(',
    number(r, 'a'),
    ') AS t, ',
    r.pick([
      both('max_by(a.s, a.id)', 'arg_max(a.s, a.id)'),
      both('min(a.s)'),
      both('count(DISTINCT a.s)'),
      both('count_if(a.n > 20)', 'count(*) FILTER (WHERE a.n > 20)'),
      both('max(a.s) FILTER (WHERE a.n > 9)'),
    ]),
    ' AS u FROM ',
    source(r.pick(tables)),
    ' a WHERE ',
    condition(r, 'a'),
    r.pick([both(' GROUP BY a.k'), both(' GROUP BY ALL'), both(' GROUP BY 1')]),
    r.pick(['', ' HAVING count(*) > 1']),
  ]);
const windowed = (r: Random): Both =>
  glue([
    'SELECT a.id AS i, ',
    r.pick(['row_number()', 'rank()', 'dense_rank()', 'sum(a.n)', 'lag(a.n, 1)', 'count(*)', 'first_value(a.s)']),
    ' OVER (PARTITION BY a.k ORDER BY a.n ',
    r.pick(['', 'DESC ']),
    'NULLS LAST, a.id) AS w FROM ',
    source(r.pick(tables)),
    ' a WHERE ',
    condition(r, 'a'),
  ]);
const common = (r: Random): Both =>
  glue([
    'WITH p AS (',
    simple(r),
    '), q AS (SELECT x, count(*) AS c FROM p GROUP BY x) SELECT p.x AS x, p.y AS y, q.c AS c FROM p JOIN q ON p.x = q.x',
  ]);
const united = (r: Random): Both =>
  glue([
    'SELECT x, y FROM (',
    simple(r),
    ') s ',
    r.pick(['UNION ALL', 'UNION', 'EXCEPT', 'INTERSECT']),
    ' SELECT x, y FROM (',
    simple(r),
    ') t',
  ]);
const nested = (r: Random): Both =>
  glue([
    'SELECT a.id AS i, (SELECT max(b.n) FROM ',
    source('stores'),
    ' b WHERE b.k = a.k) AS m FROM ',
    source('orders'),
    ' a WHERE ',
    r.pick(['', 'NOT ']),
    'EXISTS (SELECT 1 FROM ',
    source('goods'),
    ' c WHERE c.k = a.k AND ',
    condition(r, 'c'),
    ') AND a.n IN (SELECT n FROM ',
    source('stores'),
    ' d WHERE ',
    condition(r, 'd'),
    ')',
  ]);
const qualified = (r: Random): Both =>
  glue([
    'SELECT a.id AS i, a.k AS k FROM ',
    source(r.pick(tables)),
    ' a WHERE ',
    condition(r, 'a'),
    ' QUALIFY row_number() OVER (PARTITION BY a.k ORDER BY a.id) <= ',
    String(r.integer(1, 3)),
  ]);
const ordered = (r: Random): Both =>
  glue([
    'SELECT x, y FROM (',
    simple(r),
    ') s ORDER BY x ',
    r.pick(['', 'DESC ']),
    'NULLS LAST, y NULLS LAST LIMIT ',
    String(r.integer(1, 12)),
  ]);
const kinds = [simple, joined, grouped, windowed, common, united, nested, qualified, ordered];

let practice: Practice;
let driver: DriverSession;
let oracle: DuckDBConnection;
let instance: DuckDBInstance;

const literal = (v: string | number | null): string =>
  v === null ? 'NULL' : typeof v === 'number' ? String(v) : `'${v}'`;

beforeAll(async () => {
  practice = await startPractice({ fault: 'none' });
  driver = await connectDriver(practice);
  instance = await DuckDBInstance.create(':memory:');
  oracle = await instance.connect();
  await driver.query('CREATE SCHEMA main.gen');
  const random = createRandom(20261124);
  for (const table of tables) {
    await driver.query(
      `CREATE TABLE main.gen.${table} (id INT, k STRING, s STRING, n INT, m INT, j STRING, at TIMESTAMP) USING DELTA`,
    );
    await oracle.run(
      `CREATE TABLE ${table}(id INTEGER, k VARCHAR, s VARCHAR, n INTEGER, m INTEGER, j VARCHAR, "at" TIMESTAMP)`,
    );
    const rows = Array.from({ length: 40 }, (_, i) => [
      i,
      `k${random.integer(1, 6)}`,
      random.pick(['apple', 'berry', 'cocoa', 'date', 'olive', '']),
      random.integer(0, 80),
      random.next() < 0.3 ? null : random.integer(0, 9),
      `{"a":"${random.hex(2)}"}`,
      `2026-01-0${random.integer(1, 7)} 0${random.integer(0, 9)}:00:00`,
    ]);
    const values = (cast: string): string =>
      rows
        .map((r) => `(${r.map((v, i) => (i === 6 ? `${cast}${literal(v ?? null)}` : literal(v ?? null))).join(', ')})`)
        .join(', ');
    await driver.query(`INSERT INTO main.gen.${table} VALUES ${values('TIMESTAMP')}`);
    await oracle.run(`INSERT INTO ${table} VALUES ${values('TIMESTAMP ')}`);
  }
}, 60_000);
afterAll(async () => {
  oracle.closeSync();
  instance.closeSync();
  await driver.close();
  await practice.close();
});

const canonical = (value: unknown): string =>
  value === null || value === undefined ? 'null' : typeof value === 'string' ? value : JSON.stringify(value);

it('answers 200 generated SELECTs as the engine does', async () => {
  const seed = Number(process.env['BW_SEED'] ?? 7);
  const random = createRandom(seed);
  for (let i = 0; i < 200; i++) {
    const kind = kinds[i % kinds.length] ?? simple;
    const statement = kind(random);
    const expected = (await oracle.runAndReadAll(statement.duck))
      .getRows()
      .map((row) => row.map((v) => canonical(valueText(v))).join('\u0001'));
    const context = `seed ${seed}, statement ${i}: ${statement.lake}`;
    const rows = await driver.query(statement.lake).catch((thrown: unknown) => {
      throw new Error(`${context}: ${(thrown as Error).message}`);
    });
    const seen = rows.map((row) => Object.values(row).map(canonical).join('\u0001'));
    if (kind !== ordered) {
      expected.sort();
      seen.sort();
    }
    expect(seen, context).toEqual(expected);
  }
}, 120_000);
