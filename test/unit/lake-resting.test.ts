// A source that rests for a while says what it said when it was read last: resting is no news about the workspace.
import { afterEach, describe, expect, it } from 'vitest';
import type { Statement, TextRow } from '../../main/databricks/port.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { clusterEventsCollector } from '../../main/lake/collectors/cluster-events.ts';
import { costCollector } from '../../main/lake/collectors/cost.ts';
import { eventLogCollector } from '../../main/lake/collectors/event-log.ts';
import { expectationsCollector, expectationsSource } from '../../main/lake/collectors/expectations.ts';
import { personalColumnsCollector } from '../../main/lake/collectors/personal-columns.ts';
import { personalFlowsCollector } from '../../main/lake/collectors/personal-flows.ts';
import { qualityMonitorsCollector } from '../../main/lake/collectors/quality-monitors.ts';
import { queryTablesCollector } from '../../main/lake/collectors/query-tables.ts';
import { restLineageCollector } from '../../main/lake/collectors/rest-lineage.ts';
import { createLake } from '../../main/lake/lake.ts';
import { personalColumnsId } from '../../main/lake/personal.ts';
import { runCollector } from '../../main/lake/refresh.ts';
import { putSource, sourceRow } from '../../main/store/lake.ts';
import { ok } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { putFact } from '../support/facts.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const minute = 60_000;
const columns = [
  'workspace_id', 'usage_date', 'sku_name', 'usage_unit', 'cloud', 'billing_origin_product', 'usage_metadata', 'usage_start_time', 'usage_end_time', 'usage_quantity', 'record_type',
  'catalog_name', 'schema_name', 'table_name', 'column_name', 'tag_name', 'tag_value', 'metastore_id', 'statement_id', 'source_table_full_name', 'source_type',
  'target_table_full_name', 'target_type', 'source_column_name', 'target_column_name', 'event_time', 'event_date', 'table_catalog', 'table_schema',
  'currency_code', 'price_start_time', 'price_end_time', 'pricing', 'pipeline_id', 'update_id', 'event_type', 'details',
]; // prettier-ignore
const source = { workspace: '7', region: null, cursor: null, complete_to: null, observed: null, missing: '[]', note: null } as const; // prettier-ignore

/** What the sources that rest find when they are asked. */
const answers: Readonly<Record<string, readonly TextRow[]>> = {
  'lake.personal-columns': [{ catalog_name: 'main', schema_name: 'shop', table_name: 'people', column_name: 'email', tag_name: 'pii', tag_value: null }],
  'lake.column-lineage-reach': [{ oldest: micros(collectNow - 86_400_000) }],
}; // prettier-ignore

const rig = (
  types: Readonly<Record<string, string>> = {},
  more: typeof answers = {},
  {
    things = ['pipeline|7|0f2c5c1e-7a52-4a6e-9d58-2f0c6a1b9e11'],
    rest = (): unknown => ({ spec: { catalog: 'main', schema: 'gold' } }),
  } = {},
) => {
  let now = collectNow;
  const { store, close } = temporaryStore(() => now);
  cleanups.push(close);
  store.transaction<null>((db) => {
    const personal = JSON.stringify({ what: 'personal-columns', items: [{ table: 'main.shop.people', column: 'email', tag: 'pii', value: null }] }); // prettier-ignore
    const at = instantAt(collectNow);
    putFact(db, { id: personalColumnsId('ms'), kind: 'settings', source: 's', workspace: '7', region: null, happened: at, observed: at, complete_to: null, assets: '[]', title: '', data: personal }, []); // prettier-ignore
    putFact(db, { id: 'query|7|1', kind: 'query', source: 's', workspace: '7', region: null, happened: at, observed: at, complete_to: null, assets: '[]', title: '', data: '{"statement":"s1"}' }, []); // prettier-ignore
    // Where the table of all pipelines cannot be read, logs of single ones are.
    putSource(db, { ...source, source: expectationsSource, state: 'denied' });
    return ok(null);
  });
  const { workspace, asked, called } = fakeWorkspace({
    columns,
    types,
    sql: ({ name }: Statement) => rowPage(more[name] ?? answers[name] ?? [], ['x']),
    rest: () => ok(rest()),
  });
  const deps = { store, clock: { now: () => now }, log: () => undefined };
  const scope = new Map(things.map((one) => [one as AssetId, 0]));
  const refresh = async (collector: Collector) => {
    const ids = { workspaceId: '7', metastoreId: 'ms', region: null };
    const done = await runCollector(deps, collector, { workspace, ids, scope, options: {} });
    expect(done.failure).toBeNull();
    const row = sourceRow(store.read, collector.source, '7');
    if (row === undefined) throw new Error('no row');
    return row;
  };
  return {
    store,
    clock: deps.clock,
    refresh,
    asked,
    count: () => asked.length + called.length,
    pass: (ms: number) => (now += ms),
  };
};

/** Sources that ask about things one by one, each again after a while, and the thing in scope that they ask about. */
const oneByOne: readonly (readonly [Collector, string, string, everyMs?: number])[] = [
  [qualityMonitorsCollector, 'table|ms|main.gold.sales', ''],
  // Of the room's own tables more often than of others.
  [restLineageCollector, 'table|ms|main.gold.sales', '', 5 * minute],
  [clusterEventsCollector, 'cluster|7|c-1', '{"events":[{"cluster_id":"c-1","timestamp":1,"type":"TERMINATING"}]}'],
];

describe('a source that rests', () => {
  it.each(
    oneByOne.map(([collector, thing, answer, everyMs]) => ({
      label: collector.label,
      collector,
      thing,
      answer,
      everyMs: everyMs ?? collector.meta.restsMs ?? 0,
    })),
  )('is as old as its last reading where nothing is due: $label', async ({ collector, thing, answer, everyMs }) => {
    const rest = (): unknown => (answer === '' ? { table_id: 't-1', schema_id: 's-1' } : JSON.parse(answer));
    const { store, refresh, count, pass } = rig({}, {}, { things: [thing], rest });
    store.transaction<null>((db) => {
      putSource(db, { ...source, source: 'system.access.table_lineage', state: 'denied' });
      return ok(null);
    });
    const first = await refresh(collector);
    const before = count();
    expect(before).toBeGreaterThan(0);
    pass(4 * minute);
    const then = await refresh(collector);
    expect(count()).toBe(before);
    expect(then.observed).toBe(first.observed);
    const again = `Asked again from ${instantAt(collectNow + everyMs)} on.`;
    expect(then.note).toBe(first.note === null ? again : `${first.note} ${again}`);
    pass(everyMs);
    expect((await refresh(collector)).observed).toBe(instantAt(collectNow + 4 * minute + everyMs));
    expect(count()).toBeGreaterThan(before);
  });

  it('is not old while it rests by itself, and old as soon as it was not asked for longer than that', async () => {
    const { store, refresh, pass, clock } = rig();
    const lake = createLake({ workspaces: () => [], store, clock, log: () => undefined });
    const stateOf = () => lake.sourceStates(store.read).find((one) => one.source === costCollector.source)?.state;
    await refresh(costCollector);
    pass(170 * minute);
    await refresh(costCollector);
    expect(stateOf()).toBe('fresh');
    pass(140 * minute);
    expect(stateOf()).toBe('stale');
  });

  it.each([
    costCollector, expectationsCollector, eventLogCollector, queryTablesCollector, personalColumnsCollector, personalFlowsCollector,
  ])('keeps what it lacked, what it said and where it is: $label', async (collector) => {
    const { store, refresh, count, pass } = rig();
    const first = await refresh(collector);
    expect(count()).toBeGreaterThan(0);
    const said = { ...first, missing: '["usage_metadata.job_id"]', note: 'Said when it was read.' };
    store.transaction<null>((db) => {
      putSource(db, said);
      return ok(null);
    });
    const before = count();
    for (let times = 0; times < 2; times += 1) {
      pass(minute);
      const { note, ...then } = await refresh(collector);
      const { note: _, ...kept } = said;
      // As old as it was when it was read: a rest is no look at the workspace.
      expect(then).toEqual(kept);
      expect(note?.startsWith('Said when it was read.')).toBe(true);
      const until = /Asked again from (\S+) on\.$/.exec(note ?? '')?.[1];
      expect(until).toBe(instantAt(collectNow + (collector.meta.restsMs ?? 0)));
      expect(note?.split('Asked again')).toHaveLength(2);
    }
    expect(count()).toBe(before);
  }); // prettier-ignore

  it.each(
    [costCollector, eventLogCollector, queryTablesCollector].map((collector) => [collector.label, collector] as const),
  )('that brought nothing says so again when it is read again: %s', async (_, collector) => {
    const { refresh, pass } = rig();
    const nothing = 'Nothing found in scope that this user can see.';
    expect((await refresh(collector)).note).toBe(nothing);
    pass(minute);
    expect((await refresh(collector)).note).toMatch(new RegExp(`^${nothing} .*Asked again from `));
    pass(collector.meta.restsMs ?? 0);
    expect((await refresh(collector)).note).toBe(nothing);
  });

  it('does not scan usage again because a field of it is missing', async () => {
    const { refresh, asked, pass } = rig({ usage_metadata: 'struct<job_id:string,dlt_pipeline_id:string,endpoint_name:string,warehouse_id:string>' }); // prettier-ignore
    const scans = (): number => asked.filter(({ name }) => name === 'lake.usage').length;
    for (let times = 0; times < 6; times += 1) {
      expect((await refresh(costCollector)).missing).toBe('["usage_metadata.cluster_id"]');
      expect(scans()).toBe(1);
      pass(20 * minute);
    }
    pass(60 * minute);
    await refresh(costCollector);
    expect(scans()).toBe(2);
  });

  it('looks for late rows over its whole lateness when it is read after a rest, however often it rested meanwhile', async () => {
    const told: TextRow = { pipeline: 'p', id: 'u1', dataset: 'a.b.c', name: 'valid', passed: '1', failed: '1', newest: micros(collectNow - 2 * minute) }; // prettier-ignore
    const { refresh, asked, pass } = rig({}, { 'lake.expectations': [told] });
    const reads = () => asked.filter(({ name }) => name === 'lake.expectations');
    const sinceOf = (statement: (typeof asked)[number]): number => {
      const seen = statement.parameters?.['seen'];
      const text = typeof seen === 'object' && seen !== null && 'value' in seen ? String(seen.value) : '';
      return Date.parse(`${text.replace(' ', 'T')}Z`);
    };
    await refresh(expectationsCollector);
    // Refreshes every four minutes over six hours: each of them but every fourth rests.
    for (let times = 0; times < 90; times += 1) {
      pass(4 * minute);
      await refresh(expectationsCollector);
    }
    const farthest = Math.max(
      ...reads()
        .slice(1)
        .map((one) => collectNow - sinceOf(one)),
    );
    expect(farthest).toBeGreaterThanOrEqual(24 * 60 * minute);
  });
});
