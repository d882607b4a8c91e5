import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toInstant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { FactKind } from '../../shared/domain/vocabulary.ts';
import { seriesLimit, thinned } from '../../main/lake/collectors/metric-history.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import { createLake } from '../../main/lake/lake.ts';
import { collectors } from '../../main/lake/sources.ts';
import type { Workspace } from '../../main/databricks/port.ts';
import { putFact } from '../support/facts.ts';
import { ok } from '../../shared/base/result.ts';
import { openPracticeLake, type PracticeLake } from '../support/practice-lake.ts';
import { addRows, at } from '../support/system-rows.ts';

/** Compute, statements and experiments around what is in scope: rows in practice's system tables, facts out. */
const now = Date.now();
const clock = { now: () => Date.now() };
const hour = 3_600_000;
const hourStart = Math.floor(now / hour) * hour;
let practice: PracticeLake;
let workspace: Workspace;
let [ws, metastore] = ['', ''];
beforeAll(async () => {
  practice = await openPracticeLake({ seed: 1, fault: 'none' });
  ({ workspace, ws, metastore } = practice);
}, 240_000);
afterAll(() => practice.close());

const storeWith = (facts: readonly { readonly id: string; readonly kind: FactKind; readonly assets: readonly string[]; readonly data: object }[]) => {
  const store = practice.store();
  store.transaction<null>((db) => {
    for (const one of facts)
      putFact(db, { id: one.id, kind: one.kind, source: 's', workspace: ws,
        region: null, happened: toInstant(now - hour), observed: toInstant(now), complete_to: null, assets: JSON.stringify(one.assets), title: '', data: JSON.stringify(one.data) }, one.assets);
    return ok(null);
  }); // prettier-ignore
  return store;
}; // prettier-ignore

const packed = (source: string, assets: readonly string[], store = storeWith([])) =>
  practice.packed(source, assets, { store });
const titles = (facts: readonly LakeFact[]): readonly string[] => facts.map((one) => one.title);

describe('notebooks', { timeout: 180_000 }, () => {
  it('get the path under which they were billed last; without one they keep their id, and that is said', async () => {
    const used = (id: string, path: string | null, hoursAgo: number) => ({
      workspace_id: ws, usage_date: at(now - hoursAgo * hour).slice(0, 10), usage_start_time: at(now - (hoursAgo + 1) * hour),
      usage_end_time: at(now - hoursAgo * hour), usage_metadata: { notebook_id: id, notebook_path: path },
    }); // prettier-ignore
    await addRows(workspace, 'billing.usage', [
      used('801', '/Users/ana/old', 300), used('801', '/Users/ana/Über "prices"', 20), used('801', null, 10),
      used('802', null, 20), used('803', '/Users/ben/other', 20),
    ]); // prettier-ignore
    const source = 'system.billing.usage/notebooks';
    const found = await packed(source, [`notebook|${ws}|801`, `notebook|${ws}|802`, 'notebook|other|803']);
    expect(found.assets).toMatchObject([{ asset: `notebook|${ws}|801`, name: '/Users/ana/Über "prices"' }]);
    expect(found.note).toContain('1 notebooks keep their id');
    expect(found.estimate).toMatchObject({ statements: 1 });
    expect(await packed(source, [`table|${metastore}|a.b.c`])).toMatchObject({ note: null, estimate: { statements: 0 } });
  }); // prettier-ignore
});

describe('compute', { timeout: 180_000 }, () => {
  it('settings of the clusters on which runs in scope ran, what changed field by field', async () => {
    const row = {
      workspace_id: ws,
      cluster_id: 'cl-1',
      cluster_name: 'nightly',
      driver_node_type: 'D4',
      worker_node_type: 'D4',
      cluster_source: 'JOB',
    };
    await addRows(workspace, 'compute.clusters', [
      { ...row, worker_count: 4, dbr_version: '15.4', change_time: at(now - 400 * hour) },
      { ...row, worker_count: 40, dbr_version: '15.4', azure_attributes: { availability: 'SPOT' }, change_time: at(now - 20 * hour) },
      { ...row, cluster_id: 'cl-2', worker_count: 40, change_time: at(now - 20 * hour) },
    ]); // prettier-ignore
    const store = storeWith([{ id: 'run|1', kind: 'run', assets: [`job|${ws}|77`], data: { clusters: ['cl-1'] } }]);
    const { facts, estimate } = await packed('system.compute.clusters', [`job|${ws}|77`], store);
    expect(titles(facts)).toEqual([
      'Cluster nightly was changed: workers 4 → 40, azure none → {"availability":"SPOT"}',
    ]);
    expect(estimate?.rows).toBe(2);
  });

  it('events of a warehouse and load of a cluster by the hour', async () => {
    await addRows(workspace, 'compute.warehouse_events', [
      {
        workspace_id: ws,
        warehouse_id: 'wh-1',
        event_type: 'SCALED_UP',
        cluster_count: 3,
        event_time: at(now - 3 * hour),
      },
      {
        workspace_id: ws,
        warehouse_id: 'wh-1',
        event_type: 'STOPPED',
        cluster_count: 0,
        event_time: at(now - 2 * hour),
      },
      {
        workspace_id: ws,
        warehouse_id: 'wh-2',
        event_type: 'STOPPED',
        cluster_count: 0,
        event_time: at(now - 2 * hour),
      },
    ]);
    const events = await packed('system.compute.warehouse_events', [`warehouse|${ws}|wh-1`]);
    expect(titles(events.facts)).toEqual(['Warehouse wh-1 scaled up to 3 clusters', 'Warehouse wh-1 stopped']);
    expect(events.estimate?.rows).toBe(2);

    const minute = (minutes: number, node: string, cpu: number, memory: number) => ({
      workspace_id: ws, cluster_id: 'cl-9', instance_id: node, start_time: at(hourStart - 5 * hour + minutes * 60_000), end_time: at(hourStart - 5 * hour + (minutes + 1) * 60_000),
      driver: false, cpu_user_percent: cpu, cpu_system_percent: 1, cpu_wait_percent: 0, mem_used_percent: memory, mem_swap_percent: 0, network_sent_bytes: '9007199254740993', network_received_bytes: 1,
    }); // prettier-ignore
    await addRows(workspace, 'compute.node_timeline', [
      minute(0, 'a', 10, 20),
      minute(1, 'a', 30, 40),
      minute(1, 'b', 80, 97.5),
      minute(61, 'a', 5, 5),
    ]);
    const load = await packed('system.compute.node_timeline', [`cluster|${ws}|cl-9`]);
    expect(load.facts.map((one) => one.data)).toMatchObject([
      { hour: toInstant(hourStart - 5 * hour), nodes: 2, cpuMeanPercent: 41, cpuMaxPercent: 81, memoryMaxPercent: 97.5, sentBytes: '27021597764222979' },
      { hour: toInstant(hourStart - 4 * hour), nodes: 1, cpuMaxPercent: 6 },
    ]); // prettier-ignore
    expect(load.estimate?.rows).toBe(2);
  });
});

describe('statements', { timeout: 180_000 }, () => {
  it('failed and slowest ones, never our own, never their text or parameters', async () => {
    const row = (id: string, ms: number, more: object = {}) => ({
      workspace_id: ws, statement_id: id, execution_status: 'FINISHED', statement_type: 'MERGE', executed_by: 'a@x', compute: { type: 'WAREHOUSE', warehouse_id: 'wh-1' },
      statement_text: 'SELECT hush', total_duration_ms: ms, start_time: at(hourStart - 2 * hour), end_time: at(hourStart - 2 * hour + ms), query_source: { job_info: { job_id: '77' } },
      client_application: 'Databricks SQL', ...more,
    }); // prettier-ignore
    await addRows(workspace, 'query.history', [
      ...[40, 50, 60, 70, 80, 90].map((seconds) => row(`slow-${seconds}`, seconds * 1000)),
      row('quick', 200),
      row('bad', 300, { execution_status: 'FAILED', error_message: '[DELTA_CONCURRENT_APPEND] hush on hush', statement_type: 'DELETE' }),
      row('odd', 300, { execution_status: 'FAILED', error_message: 'hush hush', query_source: { pipeline_info: { pipeline_id: 'pl-7' } }, compute: { type: 'SERVERLESS_COMPUTE' } }),
      row('ours', 99_000, { client_application: 'Breakwater' }),
      row('tagged', 99_000, { query_tags: { app: 'breakwater' } }),
      row('elsewhere', 99_000, { compute: { warehouse_id: 'wh-9' }, query_source: {} }),
    ]); // prettier-ignore
    const { facts, estimate } = await packed('system.query.history', [`warehouse|${ws}|wh-1`, `pipeline|${ws}|pl-7`]);
    expect(facts.map((one) => one.data['statement']).sort()).toEqual([
      'bad',
      'odd',
      'slow-50',
      'slow-60',
      'slow-70',
      'slow-80',
      'slow-90',
    ]);
    expect(JSON.stringify(facts)).not.toContain('hush');
    expect(facts.find((one) => one.data['statement'] === 'bad')).toMatchObject({
      title: 'DELETE on warehouse wh-1 failed with DELTA_CONCURRENT_APPEND',
      assets: [`warehouse|${ws}|wh-1`, `job|${ws}|77`],
      data: { result: 'failed', errorClass: 'DELTA_CONCURRENT_APPEND', raw: { execution_status: 'FAILED' } },
    });
    expect(estimate?.rows).toBe(facts.length);
  });
});

describe('experiments', { timeout: 180_000 }, () => {
  it('runs that made versions of models in scope, with metrics that are numbers', async () => {
    const store = storeWith([
      { id: 'mv|1', kind: 'model-version', assets: [`model|${metastore}|a.b.price`], data: { run: 'run-1', model: 'a.b.price', version: '3' } },
    ]); // prettier-ignore
    await addRows(workspace, 'mlflow.runs_latest', [
      { workspace_id: ws, run_id: 'run-1', experiment_id: '12', run_name: 'retrain', status: 'FINISHED', start_time: at(now - 3000 * hour), end_time: at(now - 2999 * hour), update_time: at(now - 2999 * hour), params: { key: 'hush' },
        aggregated_metrics: [{ metric_name: 'rmse', min_value: 1.5, max_value: 9, latest_value: 2 }, { metric_name: 'odd', min_value: null, max_value: null, latest_value: null }] },
      { workspace_id: ws, run_id: 'run-2', experiment_id: '12', status: 'FAILED', update_time: at(now) },
    ]); // prettier-ignore
    const runs = await packed('system.mlflow.runs_latest', [`model|${metastore}|a.b.price`], store);
    expect(runs.facts).toMatchObject([
      {
        title: 'Experiment run retrain succeeded; it made version 3 of price',
        assets: [`experiment|${ws}|12`, `model|${metastore}|a.b.price`],
        data: { result: 'succeeded', metrics: { rmse: { min: 1.5, max: 9, latest: 2 }, odd: { min: null, max: null, latest: null } }, models: ['a.b.price/3'] },
      },
    ]); // prettier-ignore
    expect(JSON.stringify(runs.facts)).not.toContain('hush');

    await addRows(workspace, 'mlflow.run_metrics_history',
      Array.from({ length: 500 }, (_, step) => ({ workspace_id: ws, run_id: 'run-1', experiment_id: '12', metric_name: 'loss', metric_time: at(now - 3000 * hour + step * 1000), metric_step: step, metric_value: step === 333 ? -7 : 500 - step }))
    ); // prettier-ignore
    const series = await packed('system.mlflow.run_metrics_history', [`model|${metastore}|a.b.price`], store);
    expect(series.facts).toMatchObject([
      { data: { metric: 'loss', values: 500, last: 1, min: -7, max: 500, notNumbers: 0 } },
    ]);
    const points = series.facts[0]?.data['points'] as readonly (readonly [string, number, number])[];
    expect(points.length).toBeLessThanOrEqual(seriesLimit);
    expect(points.map(([, step]) => step)).toEqual(expect.arrayContaining([0, 333, 499]));
    expect(series.estimate?.rows).toBe(500);
  });

  it('a thinned series keeps its ends and extremes, whatever the values', () => {
    const points = Array.from({ length: 1000 }, (_, i) => ({ at: toInstant(i + 1), step: i, value: Math.sin(i * i) }));
    const kept = thinned(points, 20);
    const values = points.map((one) => one.value);
    expect(kept.length).toBeLessThanOrEqual(20);
    expect(kept.map((one) => one.value)).toEqual(
      expect.arrayContaining([Math.min(...values), Math.max(...values), values[0], values.at(-1)]),
    );
    expect(thinned(points.slice(0, 5), 20)).toHaveLength(5);
  });
});

describe('when a source is read', { timeout: 180_000 }, () => {
  it('in the background only what is cheap, around rooms what they need, what packing needs never', async () => {
    const store = practice.store();
    const asked: string[] = [];
    const one = collectors.map((collector) => ({
      ...collector,
      collect: () => {
        asked.push(collector.meta.when);
        return Promise.resolve(ok({ cursor: null, completeTo: null, missingColumns: [], note: null }));
      },
    }));
    const lake = createLake({ workspaces: () => [workspace], store, clock, log: () => undefined, collectors: one });
    await lake.refresh({ assets: [] });
    expect(new Set(asked)).toEqual(new Set(['watch']));
    await lake.refresh({ assets: [`job|${ws}|1` as AssetId] });
    expect(new Set(asked)).toEqual(new Set(['watch', 'room']));
    expect(collectors.some((each) => each.meta.when === 'pack')).toBe(true);
  });
});
