import { canaryValue } from '../../../main/databricks/session.ts';
import type { Check } from '../check.ts';
import { ask, prepare, rowsOf, see, type Parameters, type Stage } from '../stage.ts';

const value = (
  id: string,
  about: string,
  text: string,
  expected: Check['expected'],
  parameters?: Parameters,
): Check => ({
  id,
  about,
  observe: (stage) => see(stage, text, parameters),
  expected,
});
const one = (...values: readonly (string | null)[]): { readonly rows: (string | null)[][] } => ({
  rows: [[...values]],
});

/** Texts that a broken parameter path, a substitution or an escape would change. */
export const hostileTexts: readonly string[] = [
  canaryValue,
  "'; DROP TABLE x; --",
  '"double" `back` \\\\ \\n \\u0041',
  'line\nbreak\ttab\u0000nul',
  '😀 é e\u0301 \u202e rtl ﷽',
  ':x ? /* c */ -- c',
  '${env} ${spark.x} $(x)',
  '',
  ' ',
  '%_\\%',
];

const identifiers = ['back`tick', 'dotted.name', 'two words', 'ü-ñ-漢-😀', 'x'.repeat(255)] as const;
const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** A table per odd name, and one table with all of them as columns: written to, read back, described. */
const oddColumns = async (stage: Stage): Promise<unknown> => {
  const table = `${stage.catalog}.${stage.schema}.odd_columns`;
  const columns = identifiers.map((name) => `${quoted(name)} STRING`).join(', ');
  await prepare(
    stage,
    `CREATE TABLE ${table} (${columns}) USING DELTA TBLPROPERTIES ('delta.columnMapping.mode' = 'name')`,
    `INSERT INTO ${table} VALUES (${identifiers.map((_, i) => `'v${i}'`).join(', ')})`,
  );
  const found = await rowsOf(stage, `SELECT ${identifiers.map(quoted).join(', ')} FROM ${table}`);
  return identifiers.map((name) => found[0]?.[name] ?? null);
};

const oddTable = async (stage: Stage): Promise<unknown> => {
  const seen: unknown[] = [];
  for (const name of ['back`tick', 'ünïcode', 'two words']) {
    const table = `${quoted(stage.catalog)}.${quoted(stage.schema)}.${quoted(name)}`;
    const made = await see(stage, `CREATE TABLE ${table} (a INT) USING DELTA`);
    seen.push('rows' in made ? await see(stage, `SELECT count(*) AS n FROM ${table}`) : made);
  }
  return seen;
};

/** 10 MB through a parameter and back. */
const bigCell = async (stage: Stage): Promise<unknown> => {
  const text = 'é0123456789abcd'.repeat(655_360);
  const answer = await ask(stage.workspace, 'SELECT :big AS big, length(:big) AS n', { big: text });
  return answer.ok
    ? { same: answer.value.rows[0]?.['big'] === text, length: answer.value.rows[0]?.['n'] }
    : { code: answer.error.code ?? answer.error.tag };
};

const cancelled = async (stage: Stage): Promise<unknown> => {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 1_000);
  const text =
    'WITH n AS (SELECT explode(sequence(1, 20000)) AS i) SELECT sum(a.i * b.i % 7 + c.i) AS s FROM n AS a CROSS JOIN n AS b CROSS JOIN n AS c';
  const answer = await stage.workspace.warehouse.query(
    { name: 'conformance', text, effect: 'read' },
    { signal: stop.signal },
  );
  clearTimeout(timer);
  const after = await see(stage, 'SELECT 1 AS a');
  return { ended: answer.ok ? 'finished' : answer.error.tag, after };
};

/** How values come back through driver and front end. */
export const answerChecks: readonly Check[] = [
  {
    id: 'values.parameters',
    about: 'hostile texts in parameters come back equal',
    observe: async (stage) => {
      const names = hostileTexts.map((_, i) => `p${i}`);
      const found = await rowsOf(
        stage,
        `SELECT ${names.map((name) => `:${name} AS ${name}`).join(', ')}`,
        Object.fromEntries(hostileTexts.map((text, i) => [`p${i}`, text])),
      );
      return hostileTexts.map((text, i) => found[0]?.[`p${i}`] === text);
    },
    expected: hostileTexts.map(() => true),
  },
  value(
    'values.parameter-types',
    'typed parameters count as what they are; a null has no type and fits everywhere',
    'SELECT :i + 1 AS i, CAST(:b + 1 AS STRING) AS b, :d * 2 AS d, NOT :o AS o, CAST(unix_micros(:t) AS STRING) AS t, coalesce(:n, 7) AS n',
    one('2', '9007199254740994', '0.2', 'false', '1774751400000001', '7'),
    {
      i: { type: 'INT', value: '1' },
      b: { type: 'BIGINT', value: '9007199254740993' },
      d: { type: 'DOUBLE', value: '0.1' },
      o: { type: 'BOOLEAN', value: 'true' },
      t: { type: 'TIMESTAMP', value: '2026-03-29 02:30:00.000001' },
      n: null,
    },
  ),
  value(
    'values.big-ids',
    'ids over 2^53 cast to text keep their digits',
    'SELECT CAST(:id AS STRING) AS a, CAST(9223372036854775807 AS STRING) AS b, CAST(:id + 1 AS STRING) AS c',
    one('9007199254740993', '9223372036854775807', '9007199254740994'),
    { id: { type: 'BIGINT', value: '9007199254740993' } },
  ),
  value(
    'values.big-ids-uncast',
    'an id that lost digits on its way is refused, not stored',
    'SELECT CAST(9007199254740993 AS BIGINT) AS a',
    { failed: 'BadAnswer' },
  ),
  value(
    'values.moments',
    'microseconds, before 1970, and a time that no clock in Berlin showed',
    'SELECT CAST(unix_micros(CAST(:a AS TIMESTAMP)) AS STRING) AS a, CAST(unix_micros(CAST(:b AS TIMESTAMP)) AS STRING) AS b, CAST(unix_micros(:c) AS STRING) AS c',
    one('-1', '1774751400000001', '1774751400000001'),
    {
      a: '1969-12-31 23:59:59.999999',
      b: '2026-03-29 02:30:00.000001',
      c: { type: 'TIMESTAMP', value: '2026-03-29 02:30:00.000001' },
    },
  ),
  value(
    'values.timestamps',
    'timestamps print in UTC with their microseconds',
    "SELECT CAST('2026-10-25 02:30:00.123456' AS TIMESTAMP) AS a, CAST('0001-01-01 00:00:00.000001' AS TIMESTAMP) AS b, CAST('2026-01-01' AS DATE) AS c",
    one('2026-10-25 02:30:00.123456', '0001-01-01 00:00:00.000001', '2026-01-01'),
  ),
  value(
    'values.doubles',
    'NaN and infinities through text',
    "SELECT CAST(CAST('NaN' AS DOUBLE) AS STRING) AS a, CAST(CAST('Infinity' AS DOUBLE) AS STRING) AS b, CAST(CAST('-Infinity' AS DOUBLE) AS STRING) AS c, CAST(CAST('-0.0' AS DOUBLE) AS STRING) AS d",
    one('NaN', 'Infinity', '-Infinity', '-0.0'),
  ),
  value(
    'values.infinity-uncast',
    'an infinity that is not cast is refused: the driver shows lost digits as the same',
    "SELECT CAST('Infinity' AS DOUBLE) AS a",
    { failed: 'BadAnswer' },
  ),
  value('values.nan-uncast', 'NaN as it is', "SELECT CAST('NaN' AS DOUBLE) AS a", one('NaN')),
  value(
    'values.decimals',
    'decimals cast to text keep every digit',
    "SELECT CAST(CAST('12345678901234567890.123456789012345678' AS DECIMAL(38,18)) AS STRING) AS a",
    one('12345678901234567890.123456789012345678'),
  ),
  value(
    'values.nested',
    'to_json leaves null fields out and keeps odd keys',
    "SELECT to_json(named_struct('a', 1, 'b', named_struct('c', 'x', 'd', CAST(NULL AS INT)))) AS s, to_json(map('odd key: \"q\" \\\\', 1, '', 2, '😀', 3)) AS m",
    one('{"a":1,"b":{"c":"x"}}', '{"odd key: \\"q\\" \\\\":1,"":2,"😀":3}'),
  ),
  value(
    'values.nothing',
    'nulls of several types, and an empty array',
    'SELECT CAST(NULL AS INT) AS a, CAST(NULL AS TIMESTAMP) AS b, CAST(NULL AS STRING) AS c, to_json(array()) AS d',
    one(null, null, null, '[]'),
  ),
  value('values.binary', 'bytes, also none', "SELECT unhex('00ff80') AS a, unhex('') AS b", one('AP+A', '')),
  value('values.zero-rows', 'no rows', 'SELECT 1 AS a WHERE false', { rows: [] }),
  value('values.same-names', 'two columns of one name are refused: one value would be lost', 'SELECT 1 AS a, 2 AS a', {
    failed: 'BadAnswer',
  }),
  {
    id: 'values.zero-columns',
    about: 'a statement without columns ends',
    observe: (stage) => see(stage, `CREATE SCHEMA IF NOT EXISTS ${stage.catalog}.${stage.schema}`),
    expected: { rows: [] },
  },
  { id: 'values.big-cell', about: 'a cell of 10 MB', observe: bigCell, expected: { same: true, length: '9830400' } },
  {
    id: 'names.columns',
    about: 'columns named with backtick, dot, space, Unicode, 255 characters',
    observe: oddColumns,
    expected: ['v0', 'v1', 'v2', 'v3', 'v4'],
  },
  {
    id: 'names.tables',
    about: 'tables named with backtick, Unicode; a space is refused',
    observe: oddTable,
    expected: [
      { rows: [['0']] },
      { rows: [['0']] },
      { errorClass: 'INVALID_SCHEMA_OR_RELATION_NAME', sqlState: '42602' },
    ],
  },
  {
    id: 'statement.cancel',
    about: 'a statement that runs is cancelled, and the session goes on',
    observe: cancelled,
    expected: { ended: 'Cancelled', after: { rows: [['1']] } },
  },
];
