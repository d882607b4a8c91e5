import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planRuns } from '../../main/practice/world/build.ts';
import { dueAt } from '../../main/practice/world/late.ts';
import { runRows } from '../../main/practice/world/runs.ts';
import { planWorld } from '../../main/practice/world/plan.ts';
import { systemTables } from '../../main/practice/world/system-tables.ts';
import { connectDriver, type DriverSession } from '../support/practice-driver.ts';
import { startPractice, type Practice } from '../support/practice.ts';

const failedRuns = "SELECT run_id, job_id FROM system.lakeflow.job_run_timeline WHERE result_state = 'FAILED'";
const lineage =
  'SELECT DISTINCT source_table_full_name AS s, target_table_full_name AS t FROM system.access.table_lineage WHERE source_table_full_name IS NOT NULL';

const driftTables = async (driver: DriverSession): Promise<string[]> =>
  (
    await driver.query(
      "SELECT table_catalog || '.' || table_schema || '.' || table_name AS t FROM system.information_schema.tables WHERE table_name LIKE '%\\_drift\\_metrics' ORDER BY 1",
    )
  ).map((r) => String(r['t']));
/** Drifted columns: PSI of at least 0.2 in two windows that follow each other. */
const drifted = async (driver: DriverSession, table: string): Promise<string[]> =>
  (
    await driver.query(`SELECT DISTINCT column_name AS c FROM (SELECT column_name, population_stability_index AS psi,
     lag(population_stability_index) OVER (PARTITION BY column_name, drift_type ORDER BY window.start) AS before FROM ${table}) WHERE psi >= 0.2 AND before >= 0.2 ORDER BY 1`)
  ).map((r) => String(r['c']));
const downstream = async (driver: DriverSession, start: string): Promise<Set<string>> => {
  const edges = await driver.query(lineage);
  const reached = new Set([start]);
  for (let size = 0; size !== reached.size;) {
    size = reached.size;
    for (const e of edges) if (reached.has(String(e['s']))) reached.add(String(e['t']));
  }
  return reached;
};

describe('the line', () => {
  let practice: Practice;
  let driver: DriverSession;
  let took: number;
  beforeAll(async () => {
    const before = performance.now();
    practice = await startPractice({ seed: 11 });
    took = performance.now() - before;
    driver = await connectDriver(practice);
  }, 60_000);
  afterAll(async () => {
    await driver.close();
    await practice.close();
  });

  it('has about thirty tables and documented system tables that describe themselves', async () => {
    expect(took).toBeLessThan(15_000);
    const [count] = await driver.query(
      'SELECT count(*) AS n FROM system.information_schema.tables WHERE table_catalog = :c',
      { c: practice.catalog },
    );
    expect(Number(count?.['n'])).toBeGreaterThanOrEqual(30);
    for (const [name, columns] of Object.entries(systemTables)) {
      const [schema, table] = name.split('.');
      const rows = await driver.query(
        "SELECT column_name AS c FROM system.information_schema.columns WHERE table_catalog = 'system' AND table_schema = :s AND table_name = :t ORDER BY ordinal_position",
        { s: schema, t: table },
      );
      expect(rows.map((r) => r['c'])).toEqual(columns.map((c) => c.name));
    }
    expect(
      await driver.query(
        "SELECT count(*) AS n FROM system.information_schema.columns WHERE table_schema = 'information_schema' AND table_name = 'columns'",
      ),
    ).not.toEqual([{ n: 0 }]);
    const own = await driver.query(
      `SELECT DISTINCT table_catalog AS c FROM ${practice.catalog}.information_schema.columns`,
    );
    expect(own).toEqual([{ c: practice.catalog }]);
  }, 120_000);

  it('breaks along the lineage: change, feature table, failed run, drift', async () => {
    const [incident] = practice.truth.incidents;
    if (incident === undefined) throw new Error('the line has an incident');
    expect((await driver.query(failedRuns)).map((r) => [r['run_id'], r['job_id']])).toEqual(
      incident.failedRuns.map((id) => [id, incident.failedJob.id]),
    );
    const reached = await downstream(driver, incident.changedTable);
    for (const table of [incident.silverTable, incident.featureTable, incident.forecastTable])
      expect(reached).toContain(table);
    for (const table of await driftTables(driver)) {
      const expected = incident.driftTables.includes(table);
      expect((await drifted(driver, table)).length > 0, table).toBe(expected);
    }
    const operations = ['RENAME COLUMN', 'CHANGE COLUMN', 'DROP COLUMNS'];
    const history = await driver.query(`DESCRIBE HISTORY ${incident.changedTable}`);
    const change = history.filter((h) => operations.includes(String(h['operation'])));
    expect(change).toHaveLength(1);
    expect(change[0]?.['userName']).toBe(incident.by);
    const audit = await driver.query(
      "SELECT count(*) AS n FROM system.access.audit WHERE action_name = 'updateTables' AND request_params['full_name_arg'] = :t",
      { t: incident.changedTable },
    );
    expect(audit).toEqual([{ n: 1 }]);
    const age = Date.now() - incident.onset;
    expect(age).toBeGreaterThan(3_600_000);
    expect(age).toBeLessThan(24 * 3_600_000);
    expect(incident.redHerring.at).toBeLessThan(incident.onset);
  });

  it('cuts runs at clock hours and puts the outcome in the last slice', async () => {
    const bad = await driver.query(`SELECT count(*) AS n FROM system.lakeflow.job_run_timeline t
      WHERE period_end_time > date_trunc('HOUR', period_start_time) + INTERVAL 1 HOUR OR (result_state IS NULL) != (period_end_time < (SELECT max(u.period_end_time) FROM system.lakeflow.job_run_timeline u WHERE u.run_id = t.run_id))`);
    expect(bad).toEqual([{ n: 0 }]);
  });

  it('shows jobs, runs, models, versions and aliases over REST', async () => {
    const [incident] = practice.truth.incidents;
    const run = await practice.rest(`/api/2.2/jobs/runs/get?run_id=${incident?.failedRuns[0] ?? ''}`);
    expect(run.body).toMatchObject({ job_id: Number(incident?.failedJob.id), state: { result_state: 'FAILED' } });
    expect(run.headers['x-databricks-org-id']).toMatch(/^\d{16}$/);
    expect((await practice.rest('/api/2.2/jobs/get?job_id=1')).status).toBe(400);
    const job = await practice.rest(`/api/2.2/jobs/get?job_id=${incident?.failedJob.id ?? ''}`);
    expect(job.body).toMatchObject({ settings: { name: incident?.failedJob.name } });
    const list = await practice.rest('/api/2.2/jobs/list?limit=3');
    expect(list.body).toMatchObject({ has_more: true, next_page_token: '3' });
    const model = `/api/2.1/unity-catalog/models/${incident?.model ?? ''}`;
    expect((await practice.rest(model)).body).not.toHaveProperty('aliases');
    const shown = await practice.rest(`${model}?include_aliases=true`);
    expect(shown.body['aliases']).toContainEqual({ alias_name: 'champion', version_num: incident?.redHerring.to });
    const versions = (await practice.rest(`${model}/versions`)).body['model_versions'] as unknown[];
    expect(versions.length).toBeGreaterThanOrEqual(4);
    expect((await practice.rest(`${model}/aliases/champion`, { method: 'PUT', body: { version_num: 1 } })).status).toBe(
      200,
    );
    expect((await practice.rest(`${model}/aliases/champion`)).body).toMatchObject({ version: 1 });
    expect((await practice.rest('/api/2.0/preview/scim/v2/Me', { token: practice.tokenOf('bob') })).body).toMatchObject(
      { userName: 'bob@practice.example' },
    );
    expect((await practice.rest('/api/2.1/unity-catalog/current-metastore-assignment')).body).toHaveProperty(
      'metastore_id',
    );
    expect((await practice.rest('/api/2.0/nothing')).status).toBe(404);
  });

  it('goes on when played: REST tells newer runs and failures at once, the system tables when their lateness is over', async () => {
    const newest = 'SELECT max(period_end_time) AS t, count(*) AS n FROM system.lakeflow.job_run_timeline';
    const at = async (): Promise<number> => Date.parse(`${String((await driver.query(newest))[0]?.['t']).replace(' ', 'T')}Z`); // prettier-ignore
    const [incident] = practice.truth.incidents;
    const failures = async (): Promise<string[]> => {
      const { body } = await practice.rest(`/api/2.2/jobs/runs/list?job_id=${incident?.failedJob.id ?? ''}`);
      return (body['runs'] as { run_id: number; state: { result_state: string } }[])
        .filter((run) => run.state.result_state === 'FAILED')
        .map((run) => String(run.run_id));
    };
    const before = await at();
    expect(before).toBeLessThanOrEqual(Date.now() - 3_600_000);
    for (let round = 1; round <= 2; round++) {
      const { played } = await practice.control({ play: 'next' });
      expect(played).toMatchObject({ round, failed: 1 });
    }
    const told = await failures();
    expect(told).toHaveLength(3);
    const changed = incident?.changedTable ?? '';
    const [edge] = await driver.query(`SELECT CAST(max(event_time) AS STRING) AS t FROM system.access.table_lineage WHERE source_table_full_name = '${changed}' AND target_table_full_name IS NOT NULL`); // prettier-ignore
    const hop = (await practice.rest(`/api/2.0/lineage-tracking/table-lineage?table_name=${changed}`)).body;
    const seen = (hop['downstreams'] as { tableInfo: { lineage_timestamp: string } }[]).map((one) => one.tableInfo.lineage_timestamp); // prettier-ignore
    expect(seen.some((at) => at > String(edge?.['t']))).toBe(true);
    expect(await at()).toBeLessThanOrEqual(Date.now() - 3_600_000);
    expect(await driver.query(failedRuns)).toHaveLength(1);
    const { now } = await practice.control({ advance: 61 });
    expect(await at()).toBeGreaterThan(before);
    expect(await at()).toBeLessThanOrEqual(Number(now) - 3_600_000);
    expect((await driver.query(failedRuns)).map((r) => String(r['run_id'])).sort()).toEqual(told.sort());
  });
});

describe('other worlds', () => {
  it('without a fault nothing fails and nothing drifts', async () => {
    const practice = await startPractice({ seed: 11, fault: 'none' });
    const driver = await connectDriver(practice);
    expect(practice.truth.incidents).toEqual([]);
    expect(await driver.query(failedRuns)).toEqual([]);
    for (const table of await driftTables(driver))
      expect(await driver.query(`SELECT * FROM ${table} WHERE population_stability_index >= 0.1`)).toEqual([]);
    await practice.control({ play: 'next' });
    await practice.control({ advance: 61 });
    expect(await driver.query(failedRuns)).toEqual([]);
    await driver.close();
    await practice.close();
  });

  it('with two faults has two incidents on lineage that does not meet', async () => {
    const practice = await startPractice({ seed: 12, fault: 'two' });
    const driver = await connectDriver(practice);
    const [one, two] = practice.truth.incidents;
    if (one === undefined || two === undefined) throw new Error('two incidents are planned');
    expect(one.cause).not.toBe(two.cause);
    const [a, b] = [await downstream(driver, one.changedTable), await downstream(driver, two.changedTable)];
    expect([...a].filter((t) => b.has(t))).toEqual([]);
    expect(new Set((await driver.query(failedRuns)).map((r) => r['job_id']))).toEqual(
      new Set([one.failedJob.id, two.failedJob.id]),
    );
    for (const incident of [one, two]) {
      const [features = '', scores = ''] = incident.driftTables;
      expect(await drifted(driver, features)).toEqual([incident.driftColumns[0]]);
      expect(await drifted(driver, scores)).toEqual([...incident.driftColumns].sort());
    }
    await driver.close();
    await practice.close();
  });

  it('another seed has other names, ids, times and another cause; the same seed the same', () => {
    const now = Date.UTC(2026, 10, 24, 12);
    for (let seed = 1; seed <= 30; seed++) {
      const [one, again, other] = [
        planWorld(seed, 'line', now),
        planWorld(seed, 'line', now),
        planWorld(seed + 1, 'line', now),
      ];
      expect(JSON.stringify(again)).toBe(JSON.stringify(one));
      expect(other.domains[0]?.fault?.cause).not.toBe(one.domains[0]?.fault?.cause);
      expect(other.domains[0]?.fault?.onset).not.toBe(one.domains[0]?.fault?.onset);
      expect(other.workspaceId).not.toBe(one.workspaceId);
      // All that happened before a world begins is in the system tables by then: nobody waits for the incident.
      for (const run of planRuns(one).flat()) {
        const due = runRows(one, run).map((row) => dueAt('lakeflow.job_run_timeline', row));
        expect(Math.max(...due)).toBeLessThanOrEqual(now);
      }
      const names = (p: typeof one): string => [...(p.domains[0]?.tables.values() ?? [])].map((t) => t.full).join();
      expect(names(other)).not.toBe(names(one));
    }
  });
});
