import { expect, it } from 'vitest';
import { connectDriver } from '../support/practice-driver.ts';
import { startPractice } from '../support/practice.ts';

it('time that passes brings runs, versions, usage and audit, each when its lateness is over', async () => {
  const practice = await startPractice({ seed: 3, fault: 'line', estate: true });
  const driver = await connectDriver(practice);
  const last = async (table: string, column: string): Promise<number> =>
    Number((await driver.query(`SELECT CAST(unix_micros(max(${column})) AS STRING) AS n FROM system.${table}`))[0]?.['n']) / 1_000; // prettier-ignore
  const tables = [
    ['lakeflow.job_run_timeline', 'period_end_time', 60],
    ['lakeflow.pipeline_update_timeline', 'period_end_time', 60],
    ['billing.usage', 'usage_end_time', 150],
    ['lakeflow.job_task_run_timeline', 'period_end_time', 60],
    ['access.audit', 'event_time', 15],
    ['access.table_lineage', 'event_time', 30],
    ['query.history', 'start_time', 60],
  ] as const;
  const before = new Map<string, number>();
  for (const [table, column, late] of tables) {
    before.set(table, await last(table, column));
    expect(before.get(table), table).toBeLessThanOrEqual(Date.now() - late * 60_000);
  }
  const edge = await driver.query(
    "SELECT target_table_full_name AS t FROM system.access.table_lineage WHERE entity_type = 'PIPELINE' LIMIT 1",
  );
  const table = String(edge[0]?.['t']);
  const versions = (await driver.query(`DESCRIBE HISTORY ${table}`)).length;
  const state = await practice.control({ advance: 26 * 60 });
  const now = Number(state['now']);
  expect(now - Date.now()).toBeGreaterThan(25 * 3_600_000);
  for (const [name, column, late] of tables) {
    const newest = await last(name, column);
    expect(newest, name).toBeGreaterThan(before.get(name) ?? Infinity);
    expect(newest, name).toBeLessThanOrEqual(now - late * 60_000);
  }
  expect((await driver.query(`DESCRIBE HISTORY ${table}`)).length).toBeGreaterThan(versions);
  const double = await driver.query(
    'SELECT record_id FROM system.billing.usage GROUP BY record_id HAVING count(*) > 1',
  );
  expect(double).toEqual([]);
  const runs = await driver.query(
    'SELECT run_id, period_end_time FROM system.lakeflow.job_run_timeline GROUP BY ALL HAVING count(*) > 1',
  );
  expect(runs).toEqual([]);
  // Statements of the last hour: in the answer of REST, and in the table an hour later.
  type Told = { query_id: string; query_start_time_ms: number };
  const told = async (): Promise<readonly Told[]> =>
    (await practice.rest('/api/2.0/sql/history/queries?max_results=50')).body['res'] as Told[];
  let live: Told | undefined;
  // Dashboards ask between seven and five o'clock.
  const sinceMidnight = Math.floor(now / 60_000) % 1_440;
  for (let tries = 0; tries < 5 && live === undefined; tries += 1) {
    await practice.control({ advance: tries > 0 ? 45 : ((12 * 60 - sinceMidnight + 1_440) % 1_440) + 1 });
    const newest = await last('query.history', 'start_time');
    live = (await told()).find((one) => one.query_start_time_ms > newest);
  }
  const known = `SELECT statement_id FROM system.query.history WHERE statement_id = '${live?.query_id ?? ''}'`;
  expect(live).toBeDefined();
  expect(await driver.query(known)).toEqual([]);
  await practice.control({ advance: 61 });
  expect(await driver.query(known)).toHaveLength(1);
  expect((await told()).filter((one) => one.query_id === live?.query_id)).toHaveLength(1);
  const at = Number((await practice.control({}))['now']);
  // By itself, five thousand times as fast: hours pass in seconds.
  await practice.control({ speed: 5_000 });
  await new Promise((resolve) => setTimeout(resolve, 8_000));
  const later = await practice.control({ speed: null });
  expect(Number(later['now']) - at).toBeGreaterThan(3 * 3_600_000);
  await driver.close();
  await practice.close();
}, 300_000);
