import databricks from '@databricks/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDriver, failureOf, type DriverSession } from '../support/practice-driver.ts';
import { startPractice, type Practice } from '../support/practice.ts';

let practice: Practice;
let driver: DriverSession;
beforeAll(async () => {
  practice = await startPractice();
  driver = await connectDriver(practice);
  await driver.query('CREATE SCHEMA main.wr');
}, 60_000);
afterAll(async () => {
  await driver.close();
  await practice.close();
});

describe('what the unmodified driver sees', () => {
  it('gets the canary parameter back as it was', async () => {
    const canary = "it's \\ ${a} :y";
    expect(await driver.query('SELECT :p AS p', { p: canary })).toEqual([{ p: canary }]);
  });

  it.each([
    '',
    '"double" \'single\' `tick`',
    'line\nbreak\t\r',
    '日本語 🌊 \u202eabc',
    '-- no comment /* either */',
    'x'.repeat(1_000_000),
  ])('keeps the text %#', async (text) => {
    expect(await driver.query('SELECT :p AS p, length(:p) AS n', { p: text })).toEqual([
      { p: text, n: Array.from(text).length },
    ]);
  });

  it('binds every type of parameter', async () => {
    const at = new Date('2026-03-01T10:00:00.123Z');
    const [row] = await driver.query('SELECT :i AS i, :b AS b, :d AS d, :t AS t, :s AS s, :n AS n, :at AS at', {
      i: 7,
      b: 9007199254740993n,
      d: 1.5,
      t: true,
      s: 'x',
      n: null,
      at,
    });
    expect({ ...row, b: String(row?.['b']) }).toMatchObject({
      i: 7,
      d: 1.5,
      t: true,
      s: 'x',
      n: null,
      at: '2026-03-01 10:00:00.123',
    });
    expect(await driver.query('SELECT CAST(:b AS STRING) AS b', { b: 9007199254740993n })).toEqual([
      { b: '9007199254740993' },
    ]);
    expect((await failureOf(driver.query('SELECT :missing'))).message).toContain('UNBOUND_SQL_PARAMETER');
  });

  it('binds positional parameters', async () => {
    const operation = await driver.raw.executeStatement('SELECT ? AS a, ? AS b', { ordinalParameters: [1, 'x'] });
    expect(await operation.fetchAll()).toEqual([{ a: 1, b: 'x' }]);
  });

  it('does not hang on a statement without columns', async () => {
    expect(await driver.query('CREATE TABLE main.wr.empty_result (a INT)')).toEqual([]);
    expect(await driver.query('DROP TABLE main.wr.empty_result')).toEqual([]);
  });

  it('puts values under the right column names, pages included', async () => {
    const rows = await driver.query(
      'SELECT id AS a, id * 2 AS b, CAST(id AS STRING) AS c FROM (SELECT explode(sequence(1, 5000)) AS id)',
      undefined,
      700,
    );
    expect(rows).toHaveLength(5000);
    for (const row of rows) expect(row).toEqual({ a: row['a'], b: Number(row['a']) * 2, c: String(row['a']) });
    expect(new Set(rows.map((r) => r['a'])).size).toBe(5000);
  });

  it('gives complex values as objects and exact numbers as text', async () => {
    const [row] = await driver.query(
      "SELECT named_struct('a', 1, 'b', array('x')) AS s, map('k', 2) AS m, CAST(12.30 AS DECIMAL(10,2)) AS d, CAST('2026-01-02' AS DATE) AS day, CAST(TIMESTAMP'2026-01-02 03:04:05.000006' AS STRING) AS t",
    );
    expect(row).toEqual({
      s: { a: 1, b: ['x'] },
      m: { k: 2 },
      d: 12.3,
      day: '2026-01-02',
      t: '2026-01-02 03:04:05.000006',
    });
  });

  it('takes a value of a named type out of a variant, and asks for the type as documented', async () => {
    const json = `'{"a":{"list":[{"n":"x","k":2},{"n":"y"}]}}'`;
    const type = `'array<struct<n:string,k:bigint>>'`;
    const rows = `SELECT x.n AS n, CAST(x.k AS STRING) AS k FROM (SELECT explode(try_variant_get(${json}, '$.a.list', ${type})) AS x) AS t ORDER BY n`;
    expect(await driver.query(rows)).toEqual([
      { n: 'x', k: '2' },
      { n: 'y', k: null },
    ]);
    const none = `SELECT count(*) AS c FROM (SELECT explode(variant_get(${json}, '$.a.none', ${type})) AS x) AS t`;
    expect(await driver.query(none)).toEqual([{ c: 0 }]);
    const short = await failureOf(driver.query(`SELECT variant_get(${json}, '$.a')`));
    expect(short.message).toContain('WRONG_NUM_ARGS');
  });

  it('cancels a running statement and frees it without CloseOperation', async () => {
    const operation = await driver.raw.executeStatement(
      'SELECT count(*) AS n FROM (SELECT explode(sequence(1, 300000)) AS x) a JOIN (SELECT explode(sequence(1, 300000)) AS y) b ON a.x % 7 = b.y % 5',
    );
    const waiting = failureOf(operation.fetchAll());
    await operation.cancel();
    expect((await waiting).name + (await waiting).message).toMatch(/cancel/i);
    expect(practice.server.openOperations()).toBe(0);
  });

  it('leaves no operation open after a failure', async () => {
    await failureOf(driver.query('SELECT nope'));
    expect(practice.server.openOperations()).toBe(0);
  });

  it('calls the user of the token', async () => {
    const other = await connectDriver(practice, { token: practice.tokenOf('bob') });
    expect(await other.query('SELECT session_user() AS u')).toEqual([{ u: 'bob@practice.example' }]);
    await other.close();
  });

  it.each([
    ['SELECT * FROM main.wr.nope', 'TABLE_OR_VIEW_NOT_FOUND', '42P01'],
    ['SELECT nope FROM system.access.audit', 'UNRESOLVED_COLUMN.WITH_SUGGESTION', '42703'],
    ['SELEC 1', 'PARSE_SYNTAX_ERROR', '42601'],
    ['SELECT 1; SELECT 2', 'PARSE_SYNTAX_ERROR', '42601'],
    ['SELECT nope(1)', 'UNRESOLVED_ROUTINE', '42883'],
    ["SELECT CAST('x' AS INT)", 'CAST_INVALID_INPUT', '22018'],
    ['INSERT INTO system.access.nope VALUES (1)', 'TABLE_OR_VIEW_NOT_FOUND', '42P01'],
    ['CREATE TABLE main.nowhere.t (a INT)', 'SCHEMA_NOT_FOUND', '42704'],
    ['USE CATALOG nowhere', 'NO_SUCH_CATALOG_EXCEPTION', '42704'],
    ["SELECT 'open", 'PARSE_SYNTAX_ERROR', '42601'],
    ["SELECT * FROM read_csv('/etc/passwd')", 'UNRESOLVABLE_TABLE_VALUED_FUNCTION', '42883'],
    ['SELECT * FROM duckdb_settings() s', 'UNRESOLVABLE_TABLE_VALUED_FUNCTION', '42883'],
    ['SELECT version FROM (DESCRIBE HISTORY system.access.audit)', 'PARSE_SYNTAX_ERROR', '42601'],
    ['DESCRIBE HISTORY main.wr.nope', 'TABLE_OR_VIEW_NOT_FOUND', '42P01'],
  ])('answers %s with %s', async (sql, errorClass, sqlState) => {
    const seen = await failureOf(driver.query(sql));
    expect(seen.message).toContain(`[${errorClass}]`);
    expect(seen.sqlState).toBe(sqlState);
  });

  it('refuses a wrong token, a missing token, a wrong authority and an unknown catalog', async () => {
    expect((await failureOf(connectDriver(practice, { token: 'dapi-wrong' }))).message).toMatch(/403/);
    expect((await practice.rest('/api/2.0/preview/scim/v2/Me', { token: null })).status).toBe(401);
    expect((await failureOf(connectDriver(practice, { ca: '' }))).message).toMatch(/self.signed|certificate/i);
    expect((await failureOf(connectDriver(practice, { catalog: 'nowhere' }))).message).toContain(
      'NO_SUCH_CATALOG_EXCEPTION',
    );
  });

  it('says that a session is gone', async () => {
    const other = await connectDriver(practice);
    await practice.control({ expireSessions: true });
    expect((await failureOf(other.query('SELECT 1'))).message).toContain('Invalid SessionHandle');
    await driver.close();
    driver = await connectDriver(practice);
  });

  it('reads what a share keeps, whatever its columns are called, and compares dates given as text', async () => {
    await driver.query('CREATE TABLE main.wr.meta (key STRING NOT NULL, value STRING, at TIMESTAMP) USING DELTA');
    await driver.query('INSERT INTO main.wr.meta (key, value, at) VALUES (:k, :v, current_timestamp())', {
      k: 'backend_id',
      v: 'x',
    });
    expect(
      await driver.query("SELECT key, value FROM main.wr.meta WHERE key = 'backend_id' AND at > :t", {
        t: '2020-01-01T00:00:00Z',
      }),
    ).toEqual([{ key: 'backend_id', value: 'x' }]);
    expect(
      await driver.query('SELECT count(*) > 0 AS some FROM system.access.table_lineage WHERE event_date >= :d', {
        d: '2020-01-01',
      }),
    ).toEqual([{ some: true }]);
    expect(
      await driver.query(
        "SELECT 7 div 2 AS i, timestampadd(HOUR, -1, TIMESTAMP'2026-01-01 10:00:00') AS t, try_cast('x' AS INT) AS n",
      ),
    ).toEqual([{ i: 3, t: '2026-01-01 09:00:00', n: null }]);
  });

  it('speaks protocol V8, below which parameters vanish', () => {
    expect(databricks.DBSQLClient).toBeDefined();
    return expect(driver.query('SELECT :x IS NULL AS gone', { x: 1 })).resolves.toEqual([{ gone: false }]);
  });
});
