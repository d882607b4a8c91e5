import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDriver, failureOf, type DriverSession } from '../support/practice-driver.ts';
import { startPractice, type Practice } from '../support/practice.ts';

let practice: Practice;
let driver: DriverSession;
beforeAll(async () => {
  practice = await startPractice();
  driver = await connectDriver(practice);
  await driver.query('CREATE SCHEMA IF NOT EXISTS main.wr');
}, 60_000);
afterAll(async () => {
  await driver.close();
  await practice.close();
});

const shareDdl = (name: string): string => `CREATE TABLE IF NOT EXISTS ${name} (
  log_id STRING NOT NULL, device_id STRING NOT NULL, seq BIGINT NOT NULL, hash STRING NOT NULL, line STRING NOT NULL, disclosures STRING, sig STRING NOT NULL,
  batch_id STRING, pushed_at TIMESTAMP, pushed_by STRING) USING DELTA CLUSTER BY (log_id)
  TBLPROPERTIES ('delta.appendOnly' = 'true', 'delta.enableRowTracking' = 'true', 'delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'true',
    'delta.dataSkippingStatsColumns' = 'log_id,device_id,seq', 'delta.logRetentionDuration' = 'interval 365 days')`;
const push = (
  name: string,
): string => `INSERT INTO ${name} SELECT s.log_id, s.device_id, s.seq, s.hash, s.line, s.disclosures, s.sig, s.batch_id, current_timestamp(), session_user()
  FROM (SELECT explode(from_json(:batch, 'array<struct<log_id:string,device_id:string,seq:bigint,hash:string,line:string,disclosures:string,sig:string,batch_id:string>>')) s)`;
const event = (device: string, seq: number): Record<string, unknown> => ({
  log_id: 'inc:1',
  device_id: device,
  seq,
  hash: `h${seq}`,
  line: `{"t":"it's \\\\ ${seq} \${x}"}`,
  disclosures: null,
  sig: 's',
  batch_id: `${device}-${seq}`,
});

describe('the shared event table', () => {
  it('takes pushes of four writers at once without a conflict, each with its own version', async () => {
    await driver.query(shareDdl('main.wr.events'));
    const writers = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (device) => ({
        device,
        driver: await connectDriver(practice, { token: practice.tokenOf(device) }),
      })),
    );
    await Promise.all(
      writers.map(async (w) => {
        for (let seq = 1; seq <= 8; seq++)
          await w.driver.query(push('main.wr.events'), { batch: JSON.stringify([event(w.device, seq)]) });
        await w.driver.close();
      }),
    );
    const rows = await driver.query(
      'SELECT device_id, seq, line, pushed_by, _metadata.row_commit_version AS cv FROM main.wr.events ORDER BY cv',
    );
    expect(rows).toHaveLength(32);
    expect(rows.map((r) => r['cv'])).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
    for (const row of rows) {
      expect(row['pushed_by']).toBe(`${String(row['device_id'])}@practice.example`);
      expect(row['line']).toBe(event('', Number(row['seq']))['line']);
    }
    const history = await driver.query('DESCRIBE HISTORY main.wr.events');
    expect(history.map((h) => h['version'])).toEqual(Array.from({ length: 33 }, (_, i) => 32 - i));
    expect(history[0]).toMatchObject({
      operation: 'WRITE',
      isBlindAppend: true,
      operationMetrics: { numOutputRows: '1' },
    });
  });

  it('answers the pull statement', async () => {
    const rows = await driver.query(
      "SELECT e._metadata.row_commit_version cv, e.* FROM main.wr.events e JOIN (VALUES ('inc:1', 30)) w(log_id, cv0) ON e.log_id = w.log_id WHERE e._metadata.row_commit_version > w.cv0 ORDER BY cv, e.device_id, e.seq LIMIT 20001",
    );
    expect(rows.map((r) => r['cv'])).toEqual([31, 32]);
    expect(Object.keys(rows[0] ?? {})).toEqual([
      'cv',
      'log_id',
      'device_id',
      'seq',
      'hash',
      'line',
      'disclosures',
      'sig',
      'batch_id',
      'pushed_at',
      'pushed_by',
    ]);
  });

  it('gives table_changes inclusive on both ends, and its errors', async () => {
    const changes = await driver.query(
      "SELECT _change_type, _commit_version FROM table_changes('main.wr.events', 2, 3) ORDER BY 2",
    );
    expect(changes).toEqual([
      { _change_type: 'insert', _commit_version: 2 },
      { _change_type: 'insert', _commit_version: 3 },
    ]);
    expect(await driver.query("SELECT * FROM table_changes('main.wr.events', 32)")).toHaveLength(1);
    expect(await driver.query("SELECT * FROM table_changes('main.wr.events', :a, :b)", { a: 30, b: 99 })).toHaveLength(
      3,
    );
    expect((await failureOf(driver.query("SELECT * FROM table_changes('main.wr.events', 33)"))).message).toContain(
      '[DELTA_CDC_START_VERSION_AFTER_LATEST]',
    );
    expect((await failureOf(driver.query("SELECT * FROM table_changes('main.wr.events', 4, 3)"))).message).toContain(
      '[DELTA_INVALID_CDC_RANGE]',
    );
    await driver.query('CREATE TABLE main.wr.plain (a INT)');
    expect((await failureOf(driver.query("SELECT * FROM table_changes('main.wr.plain', 0)"))).sqlState).toBe('KD002');
  });

  it.each([
    'DELETE FROM main.wr.events WHERE seq = 1',
    "UPDATE main.wr.events SET line = 'x'",
    'TRUNCATE TABLE main.wr.events',
    'INSERT OVERWRITE main.wr.events SELECT * FROM main.wr.events',
  ])('refuses %s on an append-only table', async (sql) => {
    const seen = await failureOf(driver.query(sql));
    expect(seen.message).toContain('[DELTA_CANNOT_MODIFY_APPEND_ONLY]');
    expect(seen.sqlState).toBe('42809');
  });

  it('checks NOT NULL and commits nothing then', async () => {
    const seen = await failureOf(
      driver.query(push('main.wr.events'), { batch: JSON.stringify([event('a', 9), { log_id: 'inc:1' }]) }),
    );
    expect(seen.sqlState).toBe('23502');
    expect(await driver.query('SELECT count(*) AS n FROM main.wr.events')).toEqual([{ n: 32 }]);
  });

  it('RESTORE removes rows that row_commit_version cannot tell, and says so in the history', async () => {
    await driver.query('RESTORE TABLE main.wr.events TO VERSION AS OF 2');
    expect(await driver.query('SELECT count(*) AS n FROM main.wr.events')).toEqual([{ n: 2 }]);
    await driver.query(push('main.wr.events'), { batch: JSON.stringify([event('e', 1)]) });
    await driver.query('RESTORE TABLE main.wr.events TO VERSION AS OF 5');
    const rows = await driver.query('SELECT _metadata.row_commit_version AS cv FROM main.wr.events ORDER BY cv');
    // Rows that come back keep their old numbers.
    expect(rows.map((r) => r['cv'])).toEqual([1, 2, 3, 4, 5]);
    const history = await driver.query('DESCRIBE HISTORY main.wr.events LIMIT 3');
    expect(history.map((h) => [h['version'], h['operation']])).toEqual([
      [35, 'RESTORE'],
      [34, 'WRITE'],
      [33, 'RESTORE'],
    ]);
    const types = await driver.query(
      "SELECT _change_type, count(*) AS n FROM table_changes('main.wr.events', 35, 35) GROUP BY ALL ORDER BY 1",
    );
    expect(types).toEqual([
      { _change_type: 'delete', n: 1 },
      { _change_type: 'insert', n: 3 },
    ]);
    expect(await driver.query('SELECT count(*) AS n FROM main.wr.events VERSION AS OF 32')).toEqual([{ n: 32 }]);
    expect((await failureOf(driver.query('RESTORE TABLE main.wr.events TO VERSION AS OF 99'))).message).toContain(
      '[DELTA_CANNOT_RESTORE_TABLE_VERSION]',
    );
  });

  it('DROP + CREATE and CREATE OR REPLACE give another table id', async () => {
    const id = async (): Promise<unknown> => (await driver.query('DESCRIBE DETAIL main.wr.again'))[0]?.['id'];
    await driver.query(shareDdl('main.wr.again'));
    const first = await id();
    await driver.query('DROP TABLE main.wr.again');
    await driver.query(shareDdl('main.wr.again'));
    const second = await id();
    expect(second).not.toBe(first);
    expect(await driver.query('DESCRIBE HISTORY main.wr.again')).toHaveLength(1);
    await driver.query('CREATE OR REPLACE TABLE main.wr.again (a INT)');
    expect(await id()).not.toBe(second);
    expect((await driver.query('DESCRIBE HISTORY main.wr.again')).map((h) => h['version'])).toEqual([1, 0]);
    expect(await driver.query('SELECT * FROM main.wr.again')).toEqual([]);
  });

  it('creates once when several ask at once', async () => {
    await Promise.all(Array.from({ length: 4 }, () => driver.query(shareDdl('main.wr.once'))));
    expect(await driver.query('DESCRIBE HISTORY main.wr.once')).toHaveLength(1);
    expect((await failureOf(driver.query('CREATE TABLE main.wr.once (a INT)'))).sqlState).toBe('42P07');
  });
});

describe('tables over their versions', () => {
  it('keeps the schema of each version', async () => {
    const t = 'main.wr.shape';
    await driver.query(
      `CREATE TABLE ${t} (id INT, price DOUBLE) TBLPROPERTIES ('delta.enableChangeDataFeed'='true', 'delta.enableRowTracking'='true')`,
    );
    await driver.query(`INSERT INTO ${t} VALUES (1, 2.5), (2, 3.5)`);
    await driver.query(`ALTER TABLE ${t} RENAME COLUMN price TO net_price`);
    await driver.query(`ALTER TABLE ${t} ADD COLUMNS (note STRING)`);
    await driver.query(`ALTER TABLE ${t} ALTER COLUMN net_price TYPE BIGINT`);
    await driver.query(`ALTER TABLE ${t} DROP COLUMN note`);
    const columns = async (version: number): Promise<string[]> =>
      Object.keys((await driver.query(`SELECT * FROM ${t} VERSION AS OF ${version} LIMIT 1`))[0] ?? {});
    expect(await columns(1)).toEqual(['id', 'price']);
    expect(await columns(2)).toEqual(['id', 'net_price']);
    expect(await columns(3)).toEqual(['id', 'net_price', 'note']);
    expect(await columns(5)).toEqual(['id', 'net_price']);
    expect(await driver.query(`SELECT price FROM ${t} VERSION AS OF 1 ORDER BY 1`)).toEqual([
      { price: 2.5 },
      { price: 3.5 },
    ]);
    const operations = (await driver.query(`DESCRIBE HISTORY ${t}`)).map((h) => h['operation']);
    expect(operations).toEqual([
      'DROP COLUMNS',
      'CHANGE COLUMN',
      'ADD COLUMNS',
      'RENAME COLUMN',
      'WRITE',
      'CREATE TABLE',
    ]);
    expect((await failureOf(driver.query(`SELECT * FROM ${t} VERSION AS OF 77`))).message).toContain(
      '[DELTA_VERSION_NOT_FOUND]',
    );
    expect((await failureOf(driver.query(`SELECT * FROM ${t} TIMESTAMP AS OF '1999-01-01'`))).message).toContain(
      '[DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION]',
    );
    expect((await failureOf(driver.query(`SELECT * FROM ${t} TIMESTAMP AS OF '2999-01-01'`))).message).toContain(
      '[DELTA_TIMESTAMP_GREATER_THAN_COMMIT]',
    );
    await driver.query(`RESTORE TABLE ${t} TO VERSION AS OF 1`);
    expect(await driver.query(`SELECT * FROM ${t} ORDER BY id`)).toEqual([
      { id: 1, price: 2.5 },
      { id: 2, price: 3.5 },
    ]);
  });

  it('tells updates and deletes in table_changes', async () => {
    const t = 'main.wr.changing';
    await driver.query(`CREATE TABLE ${t} (id INT, v STRING) TBLPROPERTIES (delta.enableChangeDataFeed = true)`);
    await driver.query(`INSERT INTO ${t} VALUES (1, 'a'), (2, 'b'), (3, 'c')`);
    expect(await driver.query(`UPDATE ${t} SET v = 'B' WHERE id = 2`)).toEqual([{ num_affected_rows: 1 }]);
    expect(await driver.query(`DELETE FROM ${t} WHERE id = :id`, { id: 3 })).toEqual([{ num_affected_rows: 1 }]);
    const changes = await driver.query(
      `SELECT id, v, _change_type AS c, _commit_version AS n FROM table_changes('${t}', 2) ORDER BY n, c`,
    );
    expect(changes).toEqual([
      { id: 2, v: 'B', c: 'update_postimage', n: 2 },
      { id: 2, v: 'b', c: 'update_preimage', n: 2 },
      { id: 3, v: 'c', c: 'delete', n: 3 },
    ]);
    expect(await driver.query(`SELECT id FROM ${t} VERSION AS OF 1 ORDER BY id`)).toEqual([
      { id: 1 },
      { id: 2 },
      { id: 3 },
    ]);
  });

  it('answers DESCRIBE, SHOW TBLPROPERTIES, SHOW GRANTS, OPTIMIZE and IDENTIFIER', async () => {
    expect(await driver.query('DESCRIBE TABLE main.wr.changing')).toMatchObject([
      { col_name: 'id', data_type: 'int' },
      { col_name: 'v', data_type: 'string' },
    ]);
    expect(await driver.query("SHOW TBLPROPERTIES main.wr.events ('delta.appendOnly')")).toEqual([
      { key: 'delta.appendOnly', value: 'true' },
    ]);
    await driver.query('GRANT SELECT, MODIFY ON TABLE main.wr.events TO `war room`');
    await driver.query('REVOKE MODIFY ON TABLE main.wr.events FROM `war room`');
    expect(await driver.query('SHOW GRANTS ON TABLE main.wr.events')).toEqual([
      { Principal: 'war room', ActionType: 'SELECT', ObjectType: 'TABLE', ObjectKey: 'main.wr.events' },
    ]);
    await driver.query('OPTIMIZE main.wr.changing');
    expect((await driver.query('DESCRIBE HISTORY main.wr.changing LIMIT 1'))[0]).toMatchObject({
      version: 4,
      operation: 'OPTIMIZE',
    });
    expect(await driver.query('SELECT count(*) AS n FROM IDENTIFIER(:t)', { t: 'main.wr.changing' })).toEqual([
      { n: 2 },
    ]);
    await driver.query('CREATE TABLE main.wr.copied AS SELECT id, v FROM main.wr.changing');
    expect(
      await driver.query(
        'SELECT full_data_type FROM system.information_schema.columns WHERE table_name = :t ORDER BY ordinal_position',
        { t: 'copied' },
      ),
    ).toEqual([{ full_data_type: 'int' }, { full_data_type: 'string' }]);
  });
});

it('keeps its state over a restart', async () => {
  const first = await startPractice({ seed: 4 });
  const one = await connectDriver(first);
  await one.query('CREATE SCHEMA main.keep');
  await one.query(shareDdl('main.keep.events'));
  await one.query(push('main.keep.events'), { batch: JSON.stringify([event('a', 1)]) });
  const detail = await one.query('DESCRIBE DETAIL main.keep.events');
  await one.close();
  await first.server.close();
  const second = await startPractice({ seed: 99, dir: first.dir });
  const two = await connectDriver(second);
  expect(second.server.world.seed).toBe(4);
  expect(await two.query('SELECT device_id, seq, _metadata.row_commit_version AS cv FROM main.keep.events')).toEqual([
    { device_id: 'a', seq: 1, cv: 1 },
  ]);
  expect((await two.query('DESCRIBE DETAIL main.keep.events'))[0]?.['id']).toBe(detail[0]?.['id']);
  await two.query('DROP TABLE main.keep.events');
  await two.query(shareDdl('main.keep.events'));
  expect(await two.query('DESCRIBE HISTORY main.keep.events')).toHaveLength(1);
  await two.close();
  await second.close();
  await first.close();
});
