import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AssetId } from '../../shared/domain/ids.ts';
import { assetParts } from '../../shared/domain/ids.ts';
import type { Workspace } from '../../main/databricks/port.ts';
import type { Lake } from '../../main/lake/lake.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import type { Store } from '../../main/store/port.ts';
import { openPracticeLake, type PracticeLake } from '../support/practice-lake.ts';

/** What a room reads around itself beside system tables, against the estate of the practice lakehouse. */
let world: PracticeLake;
let workspace: Workspace;
let lake: Lake;
let store: Store;
let ws = '';
const sources = [
  'system.lakeflow.job_run_timeline', 'rest.clusters.events', 'rest.pipelines.updates', 'system.lakeflow.pipeline_update_timeline', 'system.query.history',
  'rest.sql.history.queries', 'system.access.table_lineage/statements',
]; // prettier-ignore
const factsOf = (source: string): readonly LakeFact[] => {
  const found: LakeFact[] = [];
  for (let before: string | null = null; ;) {
    const page = lake.facts(store.read, { limit: 500, before });
    found.push(...page.rows.filter((one) => one.source === source));
    before = page.next;
    if (before === null) return found;
  }
};
const rowsOf = async (text: string) => {
  const found = await workspace.warehouse.query({ name: 'test.read', effect: 'read', text });
  if (!found.ok) throw new Error(found.error.advice);
  return found.value.rows;
};

beforeAll(async () => {
  world = await openPracticeLake({ estate: true });
  ({ workspace, ws } = world);
  ({ lake, store } = world.device(sources));
  // Jobs that were repaired say that a host was taken back: their clusters must say so, too.
  const [repaired] = await rowsOf(
    "SELECT job_id AS job, count(*) AS n FROM system.lakeflow.job_run_timeline WHERE termination_code = 'CLOUD_FAILURE' AND period_end_time > current_timestamp() - INTERVAL 13 DAY GROUP BY job_id ORDER BY n DESC LIMIT 1",
  );
  const [pipeline] = await rowsOf(
    'SELECT pipeline_id AS id FROM system.lakeflow.pipelines ORDER BY pipeline_id LIMIT 1',
  );
  const [warehouse] = await rowsOf('SELECT min(warehouse_id) AS id FROM system.compute.warehouses');
  const assets = [`job|${ws}|${repaired?.['job'] ?? ''}`, `pipeline|${ws}|${pipeline?.['id'] ?? ''}`, `warehouse|${ws}|${warehouse?.['id'] ?? ''}`]; // prettier-ignore
  const report = await lake.refresh({ assets: assets as AssetId[] });
  if (!report.ok) throw new Error(report.error.what);
  for (const one of report.value.sources)
    if (one.failure !== null) throw new Error(`${one.source}: ${one.failure.what}`);
}, 240_000);
afterAll(() => world.close());

describe('around a room', () => {
  it('clusters tell of lost nodes, tied to the job whose run it hit', () => {
    const lost = factsOf('rest.clusters.events').filter((one) => one.data['event'] === 'NODES_LOST');
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.some((one) => one.assets.some((asset) => assetParts(asset).kind === 'job'))).toBe(true);
    expect(lost[0]).toMatchObject({
      kind: 'compute-event',
      data: { trouble: true, reason: 'SPOT_INSTANCE_TERMINATION' },
    });
  });

  it('updates of a pipeline are each one fact, whether REST or the system table tells of them, with their end', () => {
    const all = lake.facts(store.read, { kinds: ['pipeline-update'], limit: 500 }).rows;
    expect(all.length).toBeGreaterThan(10);
    expect(new Set(all.map((one) => one.data['update'])).size).toBe(all.length);
    expect(all.every((one) => typeof one.data['endedAt'] === 'string')).toBe(true);
  });

  it('statements of the last hour come from REST before the table has them, and each is one fact', async () => {
    const all = lake.facts(store.read, { kinds: ['query'], limit: 500 }).rows;
    expect(new Set(all.map((one) => one.data['statement'])).size).toBe(all.length);
    const [row] = await rowsOf('SELECT count(*) AS n FROM system.query.history');
    expect(Number(row?.['n'])).toBeGreaterThan(100);
    // A device without the table knows the same statements by REST, as far as REST goes back.
    const other = world.device(['rest.sql.history.queries']);
    const scope = [...new Set(all.flatMap(({ assets }) => assets.filter((one) => one.startsWith('warehouse|'))))];
    const report = await other.lake.refresh({ assets: scope });
    expect(report).toMatchObject({ ok: true });
    const live = other.lake.facts(other.store.read, { kinds: ['query'], limit: 500 }).rows;
    const bad = (rows: readonly LakeFact[]) => rows.filter(({ data }) => data['result'] === 'cancelled').map(({ id }) => id).toSorted(); // prettier-ignore
    expect(bad(live).length).toBeGreaterThan(0);
    expect(bad(live)).toEqual(bad(all));
    expect(JSON.stringify(live)).not.toContain('sum(amount)');
  });

  it('failed and slow statements stand on the tables that they read', async () => {
    const queries = factsOf('system.query.history');
    const placed = queries.filter((one) => one.assets.some((asset) => asset.startsWith('table|')));
    expect(placed.length).toBeGreaterThan(0);
    const [one] = placed;
    const reads = one?.data['reads'] as readonly string[];
    const [row] = await rowsOf(
      `SELECT source_table_full_name AS t FROM system.access.table_lineage WHERE statement_id = '${String(one?.data['statement'])}'`,
    );
    expect(reads).toEqual([row?.['t']?.toLowerCase()]);
    expect(JSON.stringify(queries)).not.toContain('sum(amount)');
  });
});
