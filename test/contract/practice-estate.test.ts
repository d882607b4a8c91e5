import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resting } from '../../main/practice/world/estate/calendar.ts';
import { systemTables } from '../../main/practice/world/system-tables.ts';
import { connectDriver, type DriverSession } from '../support/practice-driver.ts';
import { startPractice, type Practice } from '../support/practice.ts';

/** The whole estate: what surrounds the told lines. Numbers are those of the issue. */
let practice: Practice;
let driver: DriverSession;
beforeAll(async () => {
  practice = await startPractice({ seed: 5, fault: 'line', estate: true });
  driver = await connectDriver(practice);
}, 180_000);
afterAll(async () => {
  await driver.close();
  await practice.close();
});
const one = async (sql: string): Promise<number> => Number((await driver.query(sql))[0]?.['n']);

const get = async (path: string): Promise<Record<string, unknown>> => {
  const reply = await practice.rest(path);
  expect(reply.status, path).toBe(200);
  return reply.body;
};
const list = async (path: string, name: string): Promise<readonly Record<string, unknown>[]> =>
  (await get(path))[name] as readonly Record<string, unknown>[];

describe('the estate', () => {
  it('has the size of a platform', async () => {
    const count = await one(
      `SELECT count(*) AS n FROM system.information_schema.tables WHERE table_catalog = '${practice.catalog}'`,
    );
    expect(count).toBeGreaterThanOrEqual(200);
    expect(count).toBeLessThanOrEqual(500);
    expect(await one('SELECT count(DISTINCT job_id) AS n FROM system.lakeflow.jobs')).toBeGreaterThanOrEqual(150);
    expect(await one('SELECT count(DISTINCT pipeline_id) AS n FROM system.lakeflow.pipelines')).toBe(30);
    expect(await one('SELECT count(DISTINCT name) AS n FROM system.mlflow.experiments_latest')).toBe(20);
    expect(
      await one(
        'SELECT datediff(max(period_end_time), min(period_start_time)) AS n FROM system.lakeflow.job_run_timeline',
      ),
    ).toBeGreaterThanOrEqual(58);
    expect(
      await one('SELECT datediff(max(usage_date), min(usage_date)) AS n FROM system.billing.usage'),
    ).toBeGreaterThanOrEqual(360);
    // A year of usage by what was used, a day at a time, and of audit.
    const charged = `usage_metadata.cluster_id IS NOT NULL OR usage_metadata.warehouse_id IS NOT NULL OR usage_metadata.endpoint_name IS NOT NULL`;
    expect(
      await one(`SELECT count(DISTINCT usage_date) AS n FROM system.billing.usage WHERE ${charged}`),
    ).toBeGreaterThanOrEqual(360);
    expect(await one('SELECT count(DISTINCT event_date) AS n FROM system.access.audit')).toBeGreaterThanOrEqual(350);
    const models = await list('/api/2.1/unity-catalog/models', 'registered_models');
    expect(models.length).toBeGreaterThanOrEqual(20);
  });

  it('leaves no system table without rows', async () => {
    for (const name of Object.keys(systemTables))
      expect(await one(`SELECT count(*) AS n FROM system.${name}`), name).toBeGreaterThan(0);
  });

  it('says the same of a table in its history, in the lineage and in the schema', async () => {
    const [edge] = await driver.query(
      `SELECT target_table_full_name AS t, entity_run_id AS r, entity_type AS e FROM system.access.table_lineage WHERE entity_type = 'PIPELINE' ORDER BY event_time DESC LIMIT 1`,
    );
    const table = String(edge?.['t']);
    const history = await driver.query(`DESCRIBE HISTORY ${table} LIMIT 70`);
    expect(history.length).toBeGreaterThan(50);
    expect((await driver.query(`SELECT * FROM ${table}`)).length).toBeGreaterThan(0);
    expect((await driver.query(`SELECT * FROM ${table} VERSION AS OF ${String(history[1]?.['version'])}`)).length).toBeGreaterThan(0);
  }); // prettier-ignore

  it('is quiet on Sundays and full at the end of a month', async () => {
    const rows = await driver.query(
      `SELECT CAST(usage_date AS STRING) AS d, sum(usage_quantity) AS q FROM system.billing.usage WHERE sku_name = 'PREMIUM_SERVERLESS_SQL_COMPUTE' GROUP BY 1`,
    );
    const of = (weekday: number): number => {
      const some = rows.filter((r) => new Date(`${String(r['d'])}T00:00:00Z`).getUTCDay() === weekday);
      return some.reduce((sum, r) => sum + Number(r['q']), 0) / some.length;
    };
    expect(of(0)).toBeLessThan(of(2) * 0.8);
    expect(of(6)).toBeGreaterThan(of(2));
  });

  it('rests on the holidays of the countries that it trades in, each by its share', async () => {
    const used = async (day: string): Promise<number> =>
      one(`SELECT sum(usage_quantity) AS n FROM system.billing.usage WHERE billing_origin_product = 'MODEL_SERVING' AND usage_date = DATE'${day}'`);
    // The newest weekday on which half of the trade rested, and a plain day of the same weekday before it.
    const ahead = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
    const years = [0, 1].map((back) => new Date().getUTCFullYear() - back);
    const found = years
      .flatMap((year) => [...resting(year)])
      .filter(([day, share]) => day < ahead && share >= 0.5 && new Date(day).getUTCDay() % 6 !== 0 && !/-12-/.test(day))
      .toSorted(([a], [b]) => (a < b ? 1 : -1))[0];
    const weekBefore = (day: string): string => {
      const earlier = new Date(Date.parse(day) - 7 * 86_400_000).toISOString().slice(0, 10);
      return resting(Number(earlier.slice(0, 4))).has(earlier) ? weekBefore(earlier) : earlier;
    };
    const plain = weekBefore(found?.[0] ?? '');
    expect(await used(found?.[0] ?? '')).toBeLessThan((await used(plain)) * (1.4 - (found?.[1] ?? 0)));
    // Easter moves: these are the dates of the almanac.
    expect(resting(2026).get('2026-04-03')).toBeCloseTo(0.55);
    expect([2024, 2025, 2027].map((year) => [...resting(year).keys()].filter((day) => /-0[34]-/.test(day)).toSorted())).toEqual([
      ['2024-03-21', '2024-03-29', '2024-04-01', '2024-04-27'],
      ['2025-03-21', '2025-04-18', '2025-04-21', '2025-04-27'],
      ['2027-03-21', '2027-03-26', '2027-03-29', '2027-04-27'],
    ]);
  }); // prettier-ignore

  it('has no row yet for what its lateness still holds back', async () => {
    for (const [table, column, minutes] of [
      ['billing.usage', 'usage_end_time', 150],
      ['query.history', 'start_time', 60],
      ['lakeflow.pipeline_update_timeline', 'period_end_time', 60],
    ] as const) {
      const newest = await one(`SELECT CAST(unix_micros(max(${column})) AS STRING) AS n FROM system.${table}`);
      expect(Date.now() - newest / 1_000, table).toBeGreaterThan((minutes - 1) * 60_000);
    }
  });

  it('tells grants, tags, masks and filters of personal tables', async () => {
    const info = `${practice.catalog}.information_schema`;
    const personal = await driver.query(
      `SELECT DISTINCT catalog_name || '.' || schema_name || '.' || table_name AS t FROM ${info}.column_tags WHERE tag_value = 'personal'`,
    );
    expect(personal.length).toBeGreaterThan(6);
    expect(await one(`SELECT count(*) AS n FROM ${info}.column_masks WHERE mask_name = 'mask_email'`)).toBeGreaterThan(
      3,
    );
    expect(await one(`SELECT count(*) AS n FROM ${info}.row_filters`)).toBeGreaterThan(1);
    expect(
      await one(`SELECT count(*) AS n FROM ${info}.table_privileges WHERE inherited_from = 'SCHEMA'`),
    ).toBeGreaterThan(100);
    // Nobody reads personal tables by a grant of their own.
    expect(
      await one(
        `SELECT count(*) AS n FROM ${info}.table_privileges p JOIN ${info}.column_tags t ON p.table_name = t.table_name AND p.table_schema = t.schema_name WHERE p.grantee = 'analysts' AND p.privilege_type = 'SELECT'`,
      ),
    ).toBe(0);
  });
});

describe('REST of the estate', () => {
  it('shows a run at once, whose rows come an hour later, and what was repaired', async () => {
    const runs = await list('/api/2.2/jobs/runs/list?limit=26&expand_tasks=true', 'runs');
    const newest = runs.find((r) => String(r['run_name']).includes('-'));
    expect(newest).toBeDefined();
    const seen: number[] = [];
    for (let token = ''; seen.length < 80;) {
      const page = await get(`/api/2.2/jobs/runs/list?limit=26${token}`);
      seen.push(...(page['runs'] as { run_id: number }[]).map((r) => r.run_id));
      if (page['has_more'] !== true) break;
      token = `&page_token=${String(page['next_page_token'])}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    const [repaired] = await driver.query(
      `SELECT run_id AS r FROM system.lakeflow.job_run_timeline WHERE result_state IS NOT NULL GROUP BY run_id HAVING count(*) > 1 LIMIT 1`,
    );
    const run = `/api/2.2/jobs/runs/get?run_id=${String(repaired?.['r'])}`;
    expect(await get(run)).not.toHaveProperty('repair_history');
    expect((await get(`${run}&include_history=true`))['repair_history']).toMatchObject([{ type: 'ORIGINAL' }, { type: 'REPAIR' }]); // prettier-ignore
  });

  it('answers for pipelines, endpoints, clusters, grants, lineage, monitors and queries', async () => {
    const [pipeline] = await list('/api/2.0/pipelines', 'statuses');
    const updates = await list(`/api/2.0/pipelines/${String(pipeline?.['pipeline_id'])}/updates`, 'updates');
    expect(updates[0]).toMatchObject({ cause: 'JOB_TASK' });
    expect((await list(`/api/2.0/pipelines/${String(pipeline?.['pipeline_id'])}/events?filter=level='ERROR'`, 'events')).length).toBe(0); // prettier-ignore
    const endpoints = await list('/api/2.0/serving-endpoints', 'endpoints');
    // Eight serve models, one the features of the first: by a specification, which is a function and has no version.
    const served = endpoints.map((one) => (one['config'] as { served_entities: { entity_name: string; entity_version?: string }[] }).served_entities[0]); // prettier-ignore
    const specs = served.filter((one) => one?.entity_version === undefined);
    expect([endpoints.length, specs.length]).toEqual([9, 1]);
    const spec = await get(`/api/2.1/unity-catalog/functions/${specs[0]?.entity_name ?? ''}`);
    const { dependencies } = spec['routine_dependencies'] as { dependencies: { table: { table_full_name: string } }[] };
    expect(practice.server.lake.find(dependencies[0]?.table.table_full_name.split('.') ?? [])).toBeDefined();
    // One endpoint serves another version than its champion: two facts.
    const differing: string[] = [];
    for (const endpoint of endpoints) {
      const config = endpoint['config'] as { served_entities: { entity_name: string; entity_version: string }[] };
      const entity = config.served_entities[0];
      if (entity?.entity_version === undefined) continue;
      const model = await get(`/api/2.1/unity-catalog/models/${entity.entity_name}?include_aliases=true`);
      const [alias] = model['aliases'] as { version_num: number }[];
      if (String(alias?.version_num) !== entity.entity_version) differing.push(String(endpoint['name']));
    }
    expect(differing.length).toBe(1);
    const clusters = await list('/api/2.1/clusters/list', 'clusters');
    expect(clusters.length).toBe(14);
    expect((await practice.rest('/api/2.1/clusters/get?cluster_id=none')).status).toBe(400);
    const events = async (more: object = {}) => {
      const answer = await practice.rest('/api/2.1/clusters/events', { method: 'POST', body: { cluster_id: clusters[0]?.['cluster_id'], order: 'ASC', ...more } }); // prettier-ignore
      return answer.body as { events: { timestamp: number; type: string }[]; next_page_token?: string };
    };
    const all = await events();
    expect(all.events[0]?.type).toBe('CREATING');
    expect(all.events.map((one) => one.timestamp)).toEqual(all.events.map((one) => one.timestamp).toSorted());
    const first = await events({ page_size: 1 });
    expect([first.events.length, first.next_page_token]).toEqual([1, all.events.length > 1 ? '1' : undefined]);
    const table = (await driver.query("SELECT source_table_full_name AS t FROM system.access.column_lineage LIMIT 1"))[0]?.['t']; // prettier-ignore
    expect((await get(`/api/2.1/unity-catalog/permissions/table/${String(table)}`))['privilege_assignments']).toBeInstanceOf(Array); // prettier-ignore
    const hop = await get(
      `/api/2.0/lineage-tracking/table-lineage?table_name=${String(table)}&include_entity_lineage=true`,
    );
    expect((hop['downstreams'] as unknown[]).length).toBeGreaterThan(0);
    expect((await list('/api/2.0/lineage-tracking/external-metadata', 'external_metadata')).length).toBe(3);
    expect((await list('/api/data-quality/v1/monitors', 'monitors')).length).toBeGreaterThan(0);
    expect((await list('/api/2.0/sql/history/queries?max_results=5', 'res')).length).toBe(5);
  });
});
