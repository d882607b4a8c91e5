import { afterEach, describe, expect, it } from 'vitest';
import { err } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { Statement, TextRow } from '../../main/databricks/port.ts';
import { queriesCollector } from '../../main/lake/collectors/queries.ts';
import { keepTables, queryTablesCollector } from '../../main/lake/collectors/query-tables.ts';
import { createLake } from '../../main/lake/lake.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import { collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const minute = 60_000;
const hour = 60 * minute;
const history = (id: string, ended: number): TextRow => ({
  ws: '7', id, ended: micros(ended), started: micros(ended - 40_000), status: 'FINISHED', type: 'MERGE', total_duration_ms: '40000',
  compute: '{"warehouse_id":"w"}', place: '1',
}); // prettier-ignore
const lineage = (id: string, source: string | null, target: string | null): TextRow => ({
  ms: 'MS', id, source_name: source, source_kind: 'TABLE', target_name: target, target_kind: 'TABLE', last_at: micros(collectNow),
}); // prettier-ignore

const rig = (world: { queries: TextRow[]; lineage: TextRow[]; refused?: boolean }) => {
  let now = collectNow;
  const { store, close } = temporaryStore(() => now);
  cleanups.push(close);
  const sql = (statement: Statement) => {
    if (statement.name === 'lake.queries') return rowPage(world.queries, ['id']);
    if (world.refused === true) return err(databricksFailure('Forbidden', { code: '42501' }));
    const asked = JSON.parse(String(statement.parameters?.['statements'])) as string[];
    const rows = world.lineage.filter((row) => asked.includes(row['id'] ?? ''));
    return rowPage(rows, ['id']);
  };
  const { workspace, asked } = fakeWorkspace({
    columns: ['workspace_id', 'statement_id', 'end_time', 'start_time', 'execution_status', 'statement_type', 'total_duration_ms', 'client_application', 'compute', 'query_source', 'metastore_id',
      'source_table_full_name', 'source_type', 'target_table_full_name', 'target_type', 'event_time', 'event_date'],
    sql,
  }); // prettier-ignore
  const lake = createLake({
    workspaces: () => [workspace], store, clock: { now: () => now }, log: () => undefined, collectors: [queriesCollector, queryTablesCollector],
  }); // prettier-ignore
  const refresh = async (): Promise<readonly string[]> => {
    asked.length = 0;
    const report = await lake.refresh({ assets: ['warehouse|7|w' as AssetId] });
    if (!report.ok) throw new Error(report.error.what);
    return asked.filter((one) => one.name === 'lake.query-tables').map((one) => String(one.parameters?.['statements']));
  };
  const facts = () => lake.facts(store.read, { kinds: ['query'], limit: 50 }).rows;
  const of = (asset: string) => lake.facts(store.read, { assets: [asset as AssetId], limit: 50 }).rows.map((one) => one.data['statement']); // prettier-ignore
  return { lake, store, refresh, facts, of, asked, pass: (ms: number) => (now += ms) };
};

describe('tables of statements', () => {
  it('a slow statement stands on the tables that it read and wrote, and is found there', async () => {
    const world = {
      queries: [history('s-1', collectNow - hour), history('s-2', collectNow - 30 * hour)],
      lineage: [lineage('s-1', 'Main.silver.sales', 'Main.gold.daily'), lineage('s-1', 'main.silver.shops', 'main.gold.daily'), lineage('other', 'main.hr.pay', null)],
    }; // prettier-ignore
    const { refresh, facts, of, asked } = rig(world);
    expect(await refresh()).toEqual(['["s-1","s-2"]']);
    expect(facts().map((one) => [one.data['reads'], one.data['writes'], one.assets])).toEqual([
      [['main.silver.sales', 'main.silver.shops'], ['main.gold.daily'], ['warehouse|7|w', 'table|ms|main.gold.daily', 'table|ms|main.silver.sales', 'table|ms|main.silver.shops']],
      // A day after its end lineage names none.
      [[], [], ['warehouse|7|w']],
    ]); // prettier-ignore
    expect([of('table|ms|main.gold.daily'), of('table|ms|main.hr.pay')]).toEqual([['s-1'], []]);
    expect(asked.map((one) => one.text).join()).not.toMatch(/statement_text|query_parameters/);
  });

  it('late lineage and late history end alike; what is settled is not asked about again', async () => {
    const world = { queries: [history('s-1', collectNow - hour)], lineage: [] as TextRow[] };
    const first = rig(world);
    await first.refresh();
    expect(first.facts()[0]?.data['reads']).toBeUndefined();
    // It rests, then asks again; history, read again meanwhile, takes nothing away.
    expect(await first.refresh()).toEqual([]);
    world.lineage = [lineage('s-1', 'main.a.b', null)];
    first.pass(16 * minute);
    expect(await first.refresh()).toEqual(['["s-1"]']);
    world.lineage = [lineage('s-1', null, 'main.a.c')];
    first.pass(16 * minute);
    await first.refresh();
    expect(first.facts()[0]?.data).toMatchObject({ reads: ['main.a.b'], writes: ['main.a.c'] });
    // Settled: only together with all others, now and then.
    first.pass(24 * hour);
    expect(await first.refresh()).toEqual(['["s-1"]']);
    first.pass(16 * minute);
    expect(await first.refresh()).toEqual([]);

    const other = rig({ queries: [], lineage: [lineage('s-1', 'main.a.b', null), lineage('s-1', null, 'main.a.c')] });
    await other.refresh();
    expect(other.facts()).toEqual([]);
    const second = rig({ queries: world.queries, lineage: [lineage('s-1', 'main.a.b', null), lineage('s-1', null, 'main.a.c')] }); // prettier-ignore
    await second.refresh();
    expect(second.facts()[0]).toMatchObject({ assets: first.facts()[0]?.assets, data: first.facts()[0]?.data });
  });

  it('lineage that comes days after a statement still completes it, and the fact says what it replaced', async () => {
    const world = { queries: [history('s-1', collectNow - hour), history('s-2', collectNow - hour)], lineage: [lineage('s-2', 'main.a.x', null)] }; // prettier-ignore
    const { refresh, facts, of, pass } = rig(world);
    const known = (id: string) => facts().find((one) => one.data['statement'] === id)?.data;
    await refresh();
    pass(25 * hour);
    await refresh();
    expect(known('s-1')).toMatchObject({ reads: [], writes: [] });
    expect(known('s-1')).not.toHaveProperty('replaced');
    world.queries = [];
    world.lineage = [lineage('s-1', 'main.a.b', 'main.a.c'), lineage('s-2', 'main.a.x', 'main.a.y')];
    pass(3 * 24 * hour);
    await refresh();
    expect(known('s-1')).toMatchObject({
      reads: ['main.a.b'],
      writes: ['main.a.c'],
      durationMs: 40_000,
      replaced: { source: queryTablesCollector.source, reads: [], writes: [] },
    });
    expect(known('s-2')).toMatchObject({ writes: ['main.a.y'], replaced: { reads: ['main.a.x'], writes: [] } });
    expect(of('table|ms|main.a.b')).toEqual(['s-1']);
    // Said once: the same answer again is no news, and history read again takes nothing away.
    const before = [known('s-1'), known('s-2')];
    world.queries = [history('s-1', collectNow - hour), history('s-2', collectNow - hour)];
    pass(7 * hour);
    await refresh();
    expect([known('s-1'), known('s-2')]).toEqual(before);
  });

  it('merges the same in any order', () => {
    const fact = (reads: readonly string[] | undefined, assets: readonly string[]): LakeFact => ({
      id: 'query|7|s' as LakeFact['id'], kind: 'query', source: 'x', workspace: '7', happenedAt: instantAt(collectNow), observedAt: instantAt(collectNow), completeTo: null,
      assets: ['warehouse|7|w', ...assets] as AssetId[], title: 't', data: { statement: 's', ...(reads === undefined ? {} : { reads, writes: [] }) },
    }); // prettier-ignore
    const [bare, a, b] = [fact(undefined, []), fact(['x'], ['table|m|x']), fact(['y'], ['table|m|y'])];
    const all = [[bare, a, b], [bare, b, a], [a, bare, b], [a, b, bare], [b, a, bare], [b, bare, a]].map((order) => order.reduce(keepTables)); // prettier-ignore
    for (const one of all)
      expect(one).toMatchObject({ assets: ['warehouse|7|w', 'table|m|x', 'table|m|y'], data: { reads: ['x', 'y'], writes: [] } }); // prettier-ignore
    expect(keepTables(bare, bare)).toBe(bare);
  });

  it('without the right to read lineage statements stay as they are, and the source says so', async () => {
    const { refresh, facts, lake, store } = rig({ queries: [history('s-1', collectNow - hour)], lineage: [], refused: true }); // prettier-ignore
    await refresh();
    expect(facts()[0]?.data['reads']).toBeUndefined();
    expect(lake.sourceStates(store.read).find((one) => one.source === queryTablesCollector.source)?.state).toBe('denied'); // prettier-ignore
  });
});
