// REST of the practice lakehouse as somebody with few rights sees it: every path that Breakwater asks, one by one.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../shared/base/json.ts';
import { root } from '../support/places.ts';
import { startPractice, type Practice, type RestReply } from '../support/practice.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let practice: Practice;
beforeAll(async () => {
  practice = await startPractice({ seed: 5, estate: true });
});
afterAll(async () => {
  await practice.close();
});

const limited = (rights: JsonObject | string): Promise<unknown> => practice.control({ rights });
const items = ({ body }: RestReply, key: string): readonly Record<string, unknown>[] =>
  (body[key] ?? []) as readonly Record<string, unknown>[];
const first = async (path: string, key: string, name: string): Promise<string> => {
  const value = items(await practice.rest(path), key)[0]?.[name];
  if (typeof value !== 'string' && typeof value !== 'number') throw new Error(`${path} has no ${name}`);
  return String(value);
};
const uc = '/api/2.1/unity-catalog';
const tracking = '/api/2.0/lineage-tracking';
const quality = '/api/data-quality/v1/monitors';
const history = '/api/2.0/sql/history/queries?max_results=1000';

/** One path about one thing: the right that shows it, and what the same path says of a thing that nobody has. */
type One = {
  readonly path: string;
  readonly method?: string;
  readonly body?: JsonObject;
  readonly rights: JsonObject;
  readonly unknown: { readonly path: string; readonly body?: JsonObject; readonly status: number };
};
const monitored = async (): Promise<{ table: string; id: string }> => {
  const drift = practice.server.lake
    .tables()
    .find((one) => one.catalog === practice.catalog && one.name.endsWith('_drift_metrics'));
  const table = `${drift?.catalog ?? ''}.${drift?.schema ?? ''}.${(drift?.name ?? '').replace('_drift_metrics', '')}`;
  const { body } = await practice.rest(`${uc}/tables/${table}`);
  return { table, id: String(body['table_id']) };
};

const onesOf = async (): Promise<Readonly<Record<string, One>>> => {
  const job = await first('/api/2.2/jobs/runs/list?limit=1', 'runs', 'job_id');
  const run = await first(`/api/2.2/jobs/runs/list?limit=1&job_id=${job}`, 'runs', 'run_id');
  const pipeline = await first('/api/2.0/pipelines', 'statuses', 'pipeline_id');
  const update = await first(`/api/2.0/pipelines/${pipeline}/updates`, 'updates', 'update_id');
  const endpoint = await first('/api/2.0/serving-endpoints', 'endpoints', 'name');
  const cluster = await first('/api/2.1/clusters/list', 'clusters', 'cluster_id');
  const dashboard = await first('/api/2.0/lakeview/dashboards', 'dashboards', 'dashboard_id');
  const outside = await first(`${tracking}/external-metadata`, 'external_metadata', 'name');
  const model = practice.server.world.estate?.models[0];
  const version = (await practice.rest(`${uc}/models/${model?.full ?? ''}/versions/1`)).body;
  const { table, id } = await monitored();
  const schema = table.split('.').slice(0, 2).join('.');
  const spec = `${practice.server.world.estate?.models.find((one) => one.endpoint !== null)?.features ?? ''}_spec`;
  const schemaId = String((await practice.rest(`${uc}/schemas/${schema}`)).body['schema_id']);
  const oneTable = { tables: [table] };
  const noTable = `${schema}.no_such`;
  const noJob = '/api/2.2/jobs';
  const noPipeline = { path: '/api/2.0/pipelines/nobody', status: 404 };
  return {
    job: { path: `${noJob}/get?job_id=${job}`, rights: { jobs: [job] }, unknown: { path: `${noJob}/get?job_id=1`, status: 400 } },
    'runs of a job': { path: `${noJob}/runs/list?job_id=${job}`, rights: { jobs: [job] }, unknown: { path: `${noJob}/runs/list`, status: 200 } },
    run: { path: `${noJob}/runs/get?run_id=${run}&include_history=true`, rights: { jobs: [job] }, unknown: { path: `${noJob}/runs/get?run_id=1`, status: 400 } },
    pipeline: { path: `/api/2.0/pipelines/${pipeline}`, rights: { pipelines: [pipeline] }, unknown: noPipeline },
    updates: { path: `/api/2.0/pipelines/${pipeline}/updates`, rights: { pipelines: [pipeline] }, unknown: noPipeline },
    update: { path: `/api/2.0/pipelines/${pipeline}/updates/${update}`, rights: { pipelines: [pipeline] }, unknown: noPipeline },
    'events of a pipeline': { path: `/api/2.0/pipelines/${pipeline}/events`, rights: { pipelines: [pipeline] }, unknown: noPipeline },
    endpoint: { path: `/api/2.0/serving-endpoints/${endpoint}`, rights: { endpoints: [endpoint] }, unknown: { path: '/api/2.0/serving-endpoints/nobody', status: 404 } },
    cluster: { path: `/api/2.1/clusters/get?cluster_id=${cluster}`, rights: { clusters: [cluster] }, unknown: { path: '/api/2.1/clusters/get?cluster_id=x', status: 400 } },
    'events of a cluster': { path: '/api/2.1/clusters/events', method: 'POST', body: { cluster_id: cluster }, rights: { clusters: [cluster] }, unknown: { path: '/api/2.1/clusters/events', body: { cluster_id: 'x' }, status: 400 } },
    dashboard: { path: `/api/2.0/lakeview/dashboards/${dashboard}`, rights: { dashboards: [dashboard] }, unknown: { path: '/api/2.0/lakeview/dashboards/x', status: 404 } },
    'training run': { path: `/api/2.0/mlflow/runs/get?run_id=${String(version['run_id'])}`, rights: { experiments: [model?.experiment ?? ''] }, unknown: { path: `/api/2.0/mlflow/runs/get?run_id=${'0'.repeat(32)}`, status: 404 } },
    model: { path: `${uc}/models/${model?.full ?? ''}?include_aliases=true`, rights: { models: [model?.full ?? ''] }, unknown: { path: `${uc}/models/${schema}.nobody`, status: 404 } },
    versions: { path: `${uc}/models/${model?.full ?? ''}/versions`, rights: { models: [model?.full ?? ''] }, unknown: { path: `${uc}/models/${schema}.nobody/versions`, status: 404 } },
    version: { path: `${uc}/models/${model?.full ?? ''}/versions/1`, rights: { models: [model?.full ?? ''] }, unknown: { path: `${uc}/models/${schema}.nobody/versions/1`, status: 404 } },
    function: { path: `${uc}/functions/${spec}`, rights: { models: [spec] }, unknown: { path: `${uc}/functions/${schema}.nobody`, status: 404 } },
    table: { path: `${uc}/tables/${table}`, rights: oneTable, unknown: { path: `${uc}/tables/${noTable}`, status: 404 } },
    schema: { path: `${uc}/schemas/${schema}`, rights: oneTable, unknown: { path: `${uc}/schemas/${practice.catalog}.no_such`, status: 404 } },
    'monitor by name': { path: `${uc}/tables/${table}/monitor`, rights: oneTable, unknown: { path: `${uc}/tables/${noTable}/monitor`, status: 404 } },
    'monitor by id': { path: `${quality}/table/${id}`, rights: oneTable, unknown: { path: `${quality}/table/x`, status: 404 } },
    'refreshes of a monitor': { path: `${quality}/table/${id}/refreshes`, rights: oneTable, unknown: { path: `${quality}/table/x/refreshes`, status: 404 } },
    'monitor of a schema': { path: `${quality}/schema/${schemaId}`, rights: oneTable, unknown: { path: `${quality}/schema/x`, status: 404 } },
    'lineage of a table': { path: `${tracking}/table-lineage?table_name=${table}`, rights: oneTable, unknown: { path: `${tracking}/table-lineage?table_name=${noTable}`, status: 404 } },
    'lineage of a column': { path: `${tracking}/column-lineage?table_name=${table}&column_name=a`, rights: oneTable, unknown: { path: `${tracking}/column-lineage?table_name=${noTable}`, status: 404 } },
    'relations to the outside': { path: `${tracking}/external-lineage?object_info.table.name=${table}`, rights: oneTable, unknown: { path: `${tracking}/external-lineage`, status: 200 } },
    'a system outside': { path: `${tracking}/external-metadata/${outside}`, rights: { external: [outside] }, unknown: { path: `${tracking}/external-metadata/nobody`, status: 404 } },
  };
}; // prettier-ignore

/** Lists: the key of their items, what names one, and the right that shows it. */
const lists = [
  ['/api/2.2/jobs/list?limit=100', 'jobs', 'job_id', 'jobs'],
  ['/api/2.2/jobs/runs/list', 'runs', 'job_id', 'jobs'],
  ['/api/2.0/pipelines', 'statuses', 'pipeline_id', 'pipelines'],
  ['/api/2.0/serving-endpoints', 'endpoints', 'name', 'endpoints'],
  ['/api/2.1/clusters/list', 'clusters', 'cluster_id', 'clusters'],
  ['/api/2.0/lakeview/dashboards', 'dashboards', 'dashboard_id', 'dashboards'],
  [`${uc}/models`, 'registered_models', 'full_name', 'models'],
  [`${tracking}/external-metadata`, 'external_metadata', 'name', 'external'],
] as const;

/** Paths that need no right to one thing, or have a test of their own. */
const others = [
  '/api/2.0/preview/scim/v2/Me', // whoever signed in
  `${uc}/current-metastore-assignment`,
  `${uc}/metastore_summary`,
  `${uc}/metastores/m/systemschemas`, // administrators: practice-rights.test.ts
  '/api/2.0/sql/warehouses/w', // who can ask in SQL can use it: practice-rights.test.ts
  '/api/2.0/sql/queries', // nobody saved one here
];

describe('REST with few rights', () => {
  it('one thing: refused without its right, answered with it, and what is not there is not there for anybody', async () => {
    await practice.control({ release: true });
    for (const [name, one] of Object.entries(await onesOf())) {
      const ask = (path = one.path, body = one.body): Promise<RestReply> =>
        practice.rest(path, one.method === undefined ? {} : { method: one.method, body });
      const whole = await ask();
      expect(whole.status, name).toBe(200);
      await limited({});
      expect(await ask(), name).toMatchObject({ status: 403, body: { error_code: 'PERMISSION_DENIED' } });
      expect((await ask(one.unknown.path, one.unknown.body)).status, name).toBe(one.unknown.status);
      await limited(one.rights);
      expect((await ask()).status, name).toBe(200);
      // All that is outside of catalog system is seen without system tables, as before.
      await limited('no-system-tables');
      expect((await ask()).body, name).toEqual(whole.body);
      await practice.control({ release: true });
    }
  });

  it('lists leave out what is not visible, and page as if it were not there', async () => {
    for (const [path, key, id, kind] of lists) {
      await practice.control({ release: true });
      const all = items(await practice.rest(path), key).map((one) => String(one[id]));
      expect(all.length, path).toBeGreaterThan(0);
      const last = all.at(-1) ?? '';
      await limited({});
      const none = await practice.rest(path);
      expect([none.status, items(none, key), none.body['next_page_token']], path).toEqual([200, [], undefined]);
      await limited({ [kind]: [last] });
      const seen = items(await practice.rest(path), key).map((one) => String(one[id]));
      expect(new Set(seen), path).toEqual(new Set([last]));
    }
  });

  it('lineage names only what is visible on its other side', async () => {
    await practice.control({ release: true });
    const incident = practice.truth.incidents[0];
    const path = `${tracking}/table-lineage?include_entity_lineage=true&table_name=${incident?.silverTable ?? ''}`;
    const names = (reply: RestReply): unknown[] =>
      items(reply, 'upstreams').map((one) => {
        const { catalog_name, schema_name, name } = one['tableInfo'] as Record<string, string>;
        return `${catalog_name ?? ''}.${schema_name ?? ''}.${name ?? ''}`;
      });
    const all = await practice.rest(path);
    expect(names(all)).toContain(incident?.changedTable);
    expect(JSON.stringify(all.body)).toContain('job_id');
    await limited({ tables: [incident?.silverTable ?? ''] });
    expect((await practice.rest(path)).body).toEqual({ upstreams: [], downstreams: [] });
    await limited({ tables: [incident?.silverTable ?? '', incident?.changedTable ?? ''] });
    const some = await practice.rest(path);
    expect(names(some)).toEqual([incident?.changedTable]);
    expect(JSON.stringify(some.body)).not.toContain('job_id');
  });

  it('monitors, past queries and privileges', async () => {
    await practice.control({ release: true });
    const { table, id } = await monitored();
    const privileges = `${uc}/permissions/table/${table}`;
    expect(items(await practice.rest(quality), 'monitors').length).toBeGreaterThan(1);
    expect(items(await practice.rest(history), 'res').length).toBeGreaterThan(1);
    expect((await practice.rest(privileges)).status).toBe(200);
    await limited({ tables: [table] });
    expect(items(await practice.rest(quality), 'monitors')).toMatchObject([{ object_id: id }]);
    // Somebody else's queries are for whoever may monitor the warehouse; this user asked none in that time.
    expect(items(await practice.rest(history), 'res')).toEqual([]);
    expect((await practice.rest(privileges)).status).toBe(403);
  });

  it('nothing is changed by somebody who may only read', async () => {
    await practice.control({ release: true });
    const full = practice.server.world.plan.domains[0]?.model.full ?? '';
    const path = `${uc}/models/${full}/aliases/champion`;
    const before = (await practice.rest(path)).body;
    const put = (): Promise<RestReply> => practice.rest(path, { method: 'PUT', body: { version_num: 1 } });
    await limited({ models: [full] });
    expect((await put()).status).toBe(403);
    expect((await practice.rest(path)).body).toEqual(before);
    await limited('no-system-tables');
    expect((await put()).status).toBe(200);
    expect((await practice.rest(path)).body['version']).toBe(1);
  });

  it('every path that Breakwater asks is among these', async () => {
    await practice.control({ release: true });
    const tested = [
      ...Object.values(await onesOf()).map((one) => one.path),
      ...lists.map(([path]) => path),
      ...others,
      quality,
      history,
    ].map((path) => path.split('?')[0] ?? '');
    const files = globSync('main/{databricks,lake,core,respond,detect}/**/*.ts', { cwd: root });
    const asked = files.flatMap((path) =>
      [...readFileSync(join(root, path), 'utf8').matchAll(/['"`](\/api\/[^'"`?\s]*)/g)].map((match) => match[1] ?? ''),
    );
    expect(new Set(asked).size).toBeGreaterThan(20);
    const shape = (path: string): RegExp =>
      new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\$\{[^}]*\}/g, '[^/]+')}(?:/|$)`);
    expect([...new Set(asked)].filter((path) => !tested.some((one) => shape(path).test(one)))).toEqual([]);
  });
});
