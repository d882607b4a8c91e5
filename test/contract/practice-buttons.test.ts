import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectDriver, failureOf, type DriverSession } from '../support/practice-driver.ts';
import { startPractice, type Practice } from '../support/practice.ts';

let practice: Practice;
let driver: DriverSession;
beforeAll(async () => {
  practice = await startPractice();
  driver = await connectDriver(practice);
  await driver.query('CREATE SCHEMA main.wr');
  await driver.query('CREATE TABLE main.wr.t (a INT)');
  await driver.query('INSERT INTO main.wr.t SELECT explode(sequence(1, 10))');
}, 60_000);
afterEach(() => practice.control({ release: true }));
afterAll(async () => {
  await driver.close();
  await practice.close();
});

const me = '/api/2.0/preview/scim/v2/Me';

describe('buttons', () => {
  it('disconnects and comes back, while the control port stays reachable', async () => {
    await practice.control({ disconnected: true });
    expect((await failureOf(driver.query('SELECT 1'))).message).toMatch(/hang up|ECONNRESET|socket|closed/i);
    await expect(practice.rest(me)).rejects.toThrow();
    expect(await practice.control({})).toMatchObject({ disconnected: true });
    await practice.control({ disconnected: false });
    expect(await driver.query('SELECT 1 AS a')).toEqual([{ a: 1 }]);
  });

  it.each([401, 403, 429, 500, 503])('answers %i as often as asked', async (code) => {
    await practice.control({ status: { code, retryAfter: code === 429 ? 7 : null, on: 'rest', count: 2 } });
    const replies = [await practice.rest(me), await practice.rest(me), await practice.rest(me)];
    expect(replies.map((r) => r.status)).toEqual([code, code, 200]);
    expect(replies[0]?.headers['retry-after']).toBe(code === 429 ? '7' : undefined);
    expect(replies[0]?.body).toHaveProperty('error_code');
    expect(await driver.query('SELECT 1 AS a')).toEqual([{ a: 1 }]);
  });

  it('gives the driver a status on SQL only', async () => {
    await practice.control({ status: { code: 503, on: 'sql', count: 1 } });
    expect((await practice.rest(me)).status).toBe(200);
    expect((await failureOf(driver.query('SELECT 1'))).message).toMatch(/503/);
    expect(await driver.query('SELECT 1 AS a')).toEqual([{ a: 1 }]);
  });

  it('loses the reply after the commit', async () => {
    await practice.control({ loseReply: { pattern: 'insert into main\\.wr\\.t', count: 1 } });
    expect((await failureOf(driver.query('INSERT INTO main.wr.t VALUES (11)'))).message).toMatch(
      /hang up|ECONNRESET|socket|closed/i,
    );
    expect(await driver.query('SELECT count(*) AS n FROM main.wr.t WHERE a = 11')).toEqual([{ n: 1 }]);
    expect(practice.server.openOperations()).toBe(0);
    await driver.query('INSERT INTO main.wr.t VALUES (12)');
    await driver.query('RESTORE TABLE main.wr.t TO VERSION AS OF 1');
  });

  it('is slow when told so, and cold until it has started', async () => {
    const timed = async (): Promise<number> => {
      const before = performance.now();
      await driver.query('SELECT 1');
      return performance.now() - before;
    };
    await practice.control({ latencyMs: 300 });
    expect(await timed()).toBeGreaterThan(280);
    await practice.control({ latencyMs: 0, coldStartMs: 600 });
    expect(await timed()).toBeGreaterThan(550);
    expect(await practice.control({})).toMatchObject({ coldStartMs: 0 });
    // What is cancelled while the warehouse starts never runs.
    await practice.control({ coldStartMs: 500 });
    const operation = await driver.raw.executeStatement('INSERT INTO main.wr.t VALUES (99)');
    await operation.cancel();
    await timed();
    expect(await driver.query('SELECT count(*) AS n FROM main.wr.t WHERE a = 99')).toEqual([{ n: 0 }]);
    await practice.control({ coldStartMs: 400 });
    const before = performance.now();
    await (await connectDriver(practice)).close();
    expect(performance.now() - before).toBeGreaterThan(350);
  });

  it.each([
    ['truncated', [1, 2, 3, 4, 5]],
    ['duplicated', [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10]],
    ['reordered', [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]],
    ['mistyped', Array.from({ length: 10 }, (_, i) => `?${i + 1}`)],
  ])('gives a %s result for a statement pattern, once', async (kind, expected) => {
    await practice.control({ result: { kind, pattern: 'from main\\.wr\\.t', count: 1 } });
    expect(await driver.query('SELECT 1 AS a')).toEqual([{ a: 1 }]);
    expect((await driver.query('SELECT a FROM main.wr.t ORDER BY a')).map((r) => r['a'])).toEqual(expected);
    expect(await driver.query('SELECT a FROM main.wr.t ORDER BY a')).toHaveLength(10);
  });

  it('is slow by the row, cuts a result in its middle, and denies what matches', async () => {
    await practice.control({ slowRowsMs: 400 });
    const before = performance.now();
    expect(await driver.query('SELECT a FROM main.wr.t')).toHaveLength(10);
    expect(performance.now() - before).toBeGreaterThan(380);
    await practice.control({ release: true, cutResult: { pattern: 'from main\\.wr\\.t', count: 1 } });
    // The driver does not notice and would wait for ever: a limit of our own has to end it.
    const ends = await Promise.race([
      driver.query('SELECT a FROM main.wr.t').then(
        () => 'whole',
        () => 'failed',
      ),
      new Promise<string>((resolve) => setTimeout(() => resolve('hangs'), 2_000)),
    ]);
    expect(['failed', 'hangs']).toContain(ends);
    expect(await driver.query('SELECT a FROM main.wr.t')).toHaveLength(10);
    await practice.control({ deny: {} });
    // Names are refused as they are written: Breakwater quotes all of them.
    for (const name of ['system.lakeflow.jobs', '`system`.`lakeflow`.`jobs`'])
      expect((await failureOf(driver.query(`SELECT * FROM ${name}`))).sqlState).toBe('42501');
    expect((await practice.rest('/api/2.2/jobs/list')).body).toMatchObject({ error_code: 'PERMISSION_DENIED' });
    expect(await driver.query('SELECT 1 AS a')).toEqual([{ a: 1 }]);
  });

  it('commits a write twice, or answers one that it did not commit', async () => {
    await practice.control({ commit: { kind: 'duplicated', count: 1 } });
    await driver.query('INSERT INTO main.wr.t VALUES (70)');
    await practice.control({ commit: { kind: 'missing', count: 1 } });
    await driver.query('INSERT INTO main.wr.t VALUES (71)');
    await driver.query('INSERT INTO main.wr.t VALUES (72)');
    const rows = await driver.query('SELECT a FROM main.wr.t WHERE a >= 70 ORDER BY a');
    expect(rows.map((r) => r['a'])).toEqual([70, 70, 72]);
    await driver.query('DELETE FROM main.wr.t WHERE a >= 70');
  });

  it('vacuums, restores, and drops and creates a table', async () => {
    await driver.query('CREATE TABLE main.wr.m (a INT, b STRUCT<c: STRING>)');
    for (const a of [1, 2, 3]) await driver.query(`INSERT INTO main.wr.m VALUES (${a}, NULL)`);
    const rows = (at = ''): Promise<unknown[]> => driver.query(`SELECT a FROM main.wr.m ${at} ORDER BY a`);
    expect(await rows('VERSION AS OF 1')).toHaveLength(1);
    expect(await practice.control({ vacuum: 'main.wr.m' })).toMatchObject({ hit: ['main.wr.m'] });
    expect((await failureOf(rows('VERSION AS OF 1'))).sqlState).toBe('KD001');
    expect(await rows()).toHaveLength(3);
    expect((await driver.query('DESCRIBE HISTORY main.wr.m'))[0]).toMatchObject({ operation: 'VACUUM END' });
    await practice.control({ restore: 'main.wr.m' });
    expect(await rows()).toHaveLength(2);
    await practice.control({ recreate: 'main.wr.m' });
    expect(await rows()).toHaveLength(0);
    expect(await driver.query('DESCRIBE HISTORY main.wr.m')).toMatchObject([{ version: 0, operation: 'CREATE TABLE' }]);
    await driver.query('DROP TABLE main.wr.m');
  });

  it('hides and masks columns, in information_schema too', async () => {
    const columns = async (): Promise<unknown[]> =>
      (
        await driver.query(
          "SELECT column_name AS c FROM system.information_schema.columns WHERE table_schema = 'lakeflow' AND table_name = 'job_run_timeline'",
        )
      ).map((r) => r['c']);
    await practice.control({
      tables: [
        { table: 'system.lakeflow.job_run_timeline', column: 'termination_code', kind: 'hide' },
        { table: 'system.lakeflow.job_run_timeline', column: 'run_name', kind: 'mask' },
      ],
    });
    expect(await columns()).not.toContain('termination_code');
    expect(
      (await failureOf(driver.query('SELECT termination_code FROM system.lakeflow.job_run_timeline'))).sqlState,
    ).toBe('42703');
    expect(await driver.query('SELECT DISTINCT run_name FROM system.lakeflow.job_run_timeline')).toEqual([
      { run_name: '<REDACTED>' },
    ]);
    await practice.control({ release: true });
    expect(await columns()).toContain('termination_code');
  });

  it('refuses a button that does not exist', async () => {
    expect(await practice.control({ disconect: true })).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' });
  });
});
