import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Statement, Workspace } from '../../main/databricks/port.ts';
import type { CollectContext, Collected, Collector } from '../../main/lake/collector.ts';
import { workspaceAsset } from '../../main/lake/assets.ts';
import { collectors } from '../../main/lake/sources.ts';
import { systemTables } from '../../main/practice/world/system-tables.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { happenings } from '../conformance/happenings.ts';
import { collectContext, instantAt } from '../support/collect.ts';
import { openPracticeLake, type PracticeLake } from '../support/practice-lake.ts';
import type { Store } from '../../main/store/port.ts';

/**
 * Every column of every system table, hidden one by one from every source that asks for it: what a row is about and when it
 * happened are all that a source cannot do without. Anything else costs what is made of it: the source answers, names what is
 * missing, and brings facts, or says why it brings none.
 */
const keys: Readonly<Record<string, readonly string[]>> = {
  'lakeflow.jobs': ['workspace_id', 'job_id', 'change_time'],
  'lakeflow.job_tasks': ['workspace_id', 'job_id', 'task_key', 'change_time'],
  'lakeflow.job_run_timeline': ['workspace_id', 'job_id', 'run_id', 'period_end_time'],
  'lakeflow.job_task_run_timeline': ['workspace_id', 'job_id', 'job_run_id', 'run_id', 'task_key', 'period_end_time'],
  'lakeflow.pipelines': ['workspace_id', 'pipeline_id', 'change_time'],
  'lakeflow.pipeline_update_timeline': ['workspace_id', 'pipeline_id', 'update_id', 'period_end_time'],
  'lakeflow_pipeline_events_preview.pipeline_events': ['pipeline_id', 'update_id', 'event_time'],
  'access.audit': ['event_id', 'event_time'],
  'access.table_lineage': ['event_time', 'statement_id'],
  'access.column_lineage': ['event_time'],
  'billing.usage': ['workspace_id', 'usage_date', 'usage_metadata', 'sku_name', 'usage_unit'],
  'compute.clusters': ['workspace_id', 'cluster_id', 'change_time'],
  'compute.warehouses': ['workspace_id', 'warehouse_id', 'change_time'],
  'compute.warehouse_events': ['workspace_id', 'warehouse_id', 'event_time'],
  'compute.node_timeline': ['workspace_id', 'cluster_id', 'start_time'],
  'query.history': ['workspace_id', 'statement_id', 'end_time'],
  'serving.served_entities': ['workspace_id', 'endpoint_name', 'change_time'],
  'mlflow.runs_latest': ['workspace_id', 'run_id', 'update_time'],
  'mlflow.run_metrics_history': ['workspace_id', 'run_id', 'metric_name', 'metric_time'],
  'data_quality_monitoring.table_results': ['catalog_name', 'schema_name', 'table_name', 'event_time'],
};
/** Sources that find nothing in this world: their statements are still asked without each column. */
const silent = new Set<string>();
const day = 86_400_000;

let at: PracticeLake;
let store: Store;
let scope: ReadonlyMap<AssetId, number>;

beforeAll(async () => {
  at = await openPracticeLake({ seed: 5, fault: 'two', estate: true, scenarios: [happenings] });
  // What a device knows that has read everything: sources that ask about what others found have something to ask about.
  const device = at.device(collectors.map(({ source }) => source));
  store = device.store;
  await device.lake.refresh({ assets: [] });
  const text = 'SELECT DISTINCT warehouse_id AS id FROM system.compute.warehouses';
  const known = await at.workspace.warehouse.query({ name: 'test.warehouses', text, effect: 'read' });
  const warehouses = known.ok ? known.value.rows.map((row) => workspaceAsset('warehouse', at.ws, row['id'] ?? '')) : [];
  await device.lake.refresh({ assets: warehouses });
  const edges = device.lake.allEdges(store.read).flatMap(({ from, to }) => [from, to]);
  const facts = device.lake.facts(store.read, { limit: 500, before: null }).rows.flatMap(({ assets }) => assets);
  scope = new Map([...new Set([...warehouses, ...edges, ...facts])].map((asset, i) => [asset, i]));
}, 300_000);
afterAll(() => at.close());

type Looked = { readonly found: Collected | string; readonly text: string };

/** A source in both lanes, by a warehouse of which nothing is known yet. */
const look = async (collector: Collector): Promise<readonly Looked[]> => {
  let texts: string[] = [];
  const { warehouse } = at.workspace;
  const heard = (statement: Statement): Statement => {
    if (!statement.name.startsWith('probe.')) texts.push(statement.text);
    return statement;
  };
  const workspace: Workspace = {
    ...at.workspace,
    warehouse: { ...warehouse, query: (statement, options) => warehouse.query(heard(statement), options) },
  };
  const now = Date.now();
  const context = (lane: CollectContext['lane']): CollectContext => ({
    ...collectContext(workspace, store.read, [], {
      workspaceId: at.ws, metastoreId: at.metastore, clock: { now: () => now }, horizon: instantAt(now - 14 * day), observedAt: instantAt(now),
    }), // prettier-ignore
    lane,
    scope,
  });
  const lanes: Looked[] = [];
  for (const lane of ['watch', 'pack'] as const) {
    const found = await collector.collect(context(lane));
    lanes.push({
      found: found.ok ? found.value : `${found.error.what} ${found.error.advice}`,
      text: texts.join('\n'),
    });
    await collector.estimate?.(context(lane));
    texts = [];
  }
  return lanes;
};
const told = (of: Collected | string): number =>
  typeof of === 'string' ? 0 : [of.facts, of.edges, of.assets].reduce((sum, all) => sum + (all?.length ?? 0), 0);
const names = (text: string, column: string): boolean => new RegExp(`(?<![.\\w])${column}(?!\\w)`).test(text.replaceAll('`', '')); // prettier-ignore

const sources = collectors.flatMap((one): (readonly [string, string, Collector])[] => {
  const name = one.table === null ? '' : `${one.table.schema}.${one.table.table}`;
  return one.table?.catalog === 'system' && systemTables[name] !== undefined ? [[one.source, name, one]] : [];
});

describe('a column that is hidden', () => {
  it('is of a table whose keys are named here', () => {
    expect([...new Set(sources.map(([, table]) => table))].toSorted()).toEqual(Object.keys(keys).toSorted());
  });

  it.each(sources)(
    '%s goes on without it',
    async (_, table, collector) => {
      const whole = await look(collector);
      expect(whole.flatMap(({ found }) => (typeof found === 'string' ? [found] : []))).toEqual([]);
      // Nothing that is hidden matters to a source that finds nothing anyway.
      expect(whole.some(({ found }) => told(found) > 0)).toBe(!silent.has(collector.source));
      const asked = whole.map(({ text }) => text).join('\n');
      const columns = (systemTables[table] ?? []).map(({ name }) => name);
      const found: string[] = [];
      for (const column of columns.filter((name) => names(asked, name) && keys[table]?.includes(name) !== true)) {
        await at.practice.control({ tables: [{ table: `system.${table}`, column, kind: 'hide' }] });
        const lanes = await look(collector);
        for (const [i, before] of whole.entries()) {
          const one = lanes[i]?.found ?? '';
          if (typeof one === 'string') found.push(`${column}: ${one}`);
          else if (names(before.text, column) && told(before.found) > 0) {
            const missing = one.missingColumns.some((name) => name === column || name.startsWith(`${column}.`));
            if (!missing) found.push(`${column}: is not named`);
            if (told(one) === 0 && !(one.note ?? '').includes(column))
              found.push(`${column}: nothing, and no word why`);
          }
        }
        await at.practice.control({ release: true });
      }
      expect(found).toEqual([]);
    },
    300_000,
  );
});

/**
 * What a source cannot do without, masked one by one: conditions compare masked values as well, so that no row comes. What was there
 * before must not look like nothing that is known to the last moment.
 */
describe('a column by which rows are asked for, masked', () => {
  it.each(sources)(
    '%s says so, and claims nothing',
    async (_, table, collector) => {
      const whole = await look(collector);
      const asked = whole.map(({ text }) => text).join('\n');
      const found: string[] = [];
      for (const column of (keys[table] ?? []).filter((name) => names(asked, name))) {
        await at.practice.control({ tables: [{ table: `system.${table}`, column, kind: 'mask' }] });
        const lanes = await look(collector);
        for (const [i, before] of whole.entries()) {
          const one = lanes[i]?.found ?? '';
          if (typeof one === 'string') found.push(`${column}: ${one}`);
          else if (told(before.found) > 0 && told(one) === 0) {
            if (one.note === null) found.push(`${column}: nothing, and no word why`);
            if (one.completeTo !== null) found.push(`${column}: complete to ${one.completeTo}`);
          }
        }
        await at.practice.control({ release: true });
      }
      expect(found).toEqual([]);
    },
    300_000,
  );
});
