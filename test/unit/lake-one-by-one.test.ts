// Things that are asked one by one: one that never answers costs itself, and what came is kept whatever ends a round.
import { afterEach, describe, expect, it } from 'vitest';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { DatabricksTag, RestRequest, Statement } from '../../main/databricks/port.ts';
import type { CollectContext, Collector } from '../../main/lake/collector.ts';
import { driftCollector } from '../../main/lake/collectors/drift.ts';
import { eventLogCollector } from '../../main/lake/collectors/event-log.ts';
import { expectationsSource } from '../../main/lake/collectors/expectations.ts';
import { externalLineageCollector } from '../../main/lake/collectors/external-lineage.ts';
import { historyCollector } from '../../main/lake/collectors/history.ts';
import { inferenceCollector } from '../../main/lake/collectors/inference.ts';
import { modelsCollector } from '../../main/lake/collectors/models.ts';
import { namesCollector } from '../../main/lake/collectors/names.ts';
import { profilesCollector } from '../../main/lake/collectors/profiles.ts';
import { qualityMonitorsCollector } from '../../main/lake/collectors/quality-monitors.ts';
import { restLineageCollector } from '../../main/lake/collectors/rest-lineage.ts';
import { restQueriesCollector } from '../../main/lake/collectors/rest-queries.ts';
import { restRunsCollector } from '../../main/lake/collectors/rest-runs.ts';
import { restUpdatesCollector } from '../../main/lake/collectors/rest-updates.ts';
import { servingCollector } from '../../main/lake/collectors/serving.ts';
import { createLake } from '../../main/lake/lake.ts';
import { putSource, sourceRow } from '../../main/store/lake.ts';
import { err, ok } from '../../shared/base/result.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const hour = 3_600_000;
const columns = [
  'window', 'window_cmp', 'granularity', 'monitor_version', 'slice_key', 'log_type', 'column_name', 'drift_type', 'population_stability_index', 'count',
  'at', 'p',
]; // prettier-ignore
const window = { window_start: micros(collectNow - 2 * hour), window_end: micros(collectNow - hour), grain: '1 hour', monitor: '0', col: 'price' }; // prettier-ignore
/** Each of these is asked about by its name; `m1`, which is heavy, comes second. */
const names = ['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7'];
const assetsOf: Readonly<Record<string, (name: string) => string>> = {
  [modelsCollector.source]: (name) => `model|ms|main.ml.${name}`,
  [servingCollector.source]: (name) => `endpoint|7|${name}`,
  [namesCollector.source]: (name) => `query|7|${name}`,
  [restUpdatesCollector.source]: (name) => `pipeline|7|${name}`,
  [restRunsCollector.source]: (name) => `job|7|${name}`,
  [restQueriesCollector.source]: (name) => `warehouse|7|${name}`,
};
const nameIn = (said: string): string => /m\d/.exec(said)?.[0] ?? '';

/** One look at eight things, of which some do not answer. */
const look = async (
  collector: Collector,
  failing: Readonly<Record<string, DatabricksTag>>,
  more: Partial<CollectContext> = {},
) => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  store.transaction<null>((db) => {
    putSource(db, { source: 'system.access.table_lineage', workspace: '7', region: null, cursor: null, complete_to: null, observed: null, state: 'denied', missing: '[]', note: null });
    return ok(null);
  }); // prettier-ignore
  const asked = new Set<string>();
  const judge = (said: string) => {
    const name = nameIn(said);
    if (name !== '') asked.add(name);
    const tag = failing[name];
    return tag === undefined ? null : err(databricksFailure(tag, { code: 'HTTP 500' }));
  };
  const { workspace } = fakeWorkspace({
    columns,
    sql: ({ name, text, parameters }: Statement) => {
      if (name === 'lake.drift-tables') {
        const suffix = String(parameters?.['suffix']);
        return rowPage(names.map((one) => ({ catalog_name: 'main', schema_name: 'shop', name: `${one}${suffix}`, watched_schema: 'shop' }))); // prettier-ignore
      }
      const failed = judge(text);
      if (failed !== null) return failed;
      if (name === 'lake.table-history') return rowPage([{ version: '0', timestamp: micros(collectNow - hour), operation: 'WRITE' }]); // prettier-ignore
      if (name === 'lake.drift-metrics') return rowPage([{ ...window, drift: 'BASELINE', psi: '0.4' }]);
      if (name === 'lake.profile-metrics') return rowPage([{ ...window, n_count: '100' }]);
      return undefined;
    },
    rest: ({ path, query }: RestRequest) => {
      if (path === '/api/2.0/serving-endpoints') return ok({ endpoints: names.map((name) => ({ name })) });
      const failed = judge(`${path} ${JSON.stringify(query ?? {})}`);
      if (failed !== null) return failed;
      if (path.endsWith('/versions')) return ok({ model_versions: [{ version: 1, created_at: collectNow - hour }] });
      if (path.endsWith('/monitor')) return ok({ inference_log: { timestamp_col: 'at', prediction_col: 'p' } });
      return ok({ table_id: nameIn(path), display_name: path, name: path, config: { served_entities: [] } });
    },
  });
  const assetOf = assetsOf[collector.source] ?? ((name: string) => `table|ms|main.shop.${name}`);
  const context = collectContext(workspace, store.read, names.map(assetOf), { completeTo: instantAt(collectNow - 9 * hour), ...more }); // prettier-ignore
  const found = await collector.collect(context);
  if (!found.ok) throw new Error(`${found.error.tag}: nothing kept`);
  return { asked: [...asked], ...found.value, told: JSON.stringify([found.value.facts, found.value.edges, found.value.assets]) }; // prettier-ignore
};

const all = [
  historyCollector, driftCollector, profilesCollector, modelsCollector, servingCollector, namesCollector, qualityMonitorsCollector, restLineageCollector,
  externalLineageCollector, inferenceCollector, restUpdatesCollector, restRunsCollector, restQueriesCollector,
].map((collector) => [collector.source, collector] as const); // prettier-ignore

describe.each(all)('%s', (_, collector) => {
  it.each(['TimedOut', 'Unavailable'] as const)('reads the others where one always says %s, and is not complete', async (tag) => {
    const whole = await look(collector, {});
    expect(whole.asked).toEqual(names);
    expect(whole.failure).toBeUndefined();
    const found = await look(collector, { m1: tag });
    expect(found.asked).toEqual(names);
    expect(found).toMatchObject({ failure: { tag }, more: false });
    expect(found.note).toMatch(/Could not be read, since no answer came: m1[._]/);
    const read = (name: string): boolean => found.told.includes(name);
    expect(names.filter((name) => whole.told.includes(name) && !read(name))).toEqual(whole.told.includes('m1') ? ['m1'] : []);
    // Not a moment further than it was.
    expect([null, instantAt(collectNow - 9 * hour)]).toContain(found.completeTo);
  }); // prettier-ignore

  it('keeps what came before a connection broke, and asks those first that were not asked', async () => {
    const found = await look(collector, { m3: 'Offline' });
    expect(found.asked).toEqual(names.slice(0, 4));
    expect(found).toMatchObject({ failure: { tag: 'Offline' }, more: false });
    expect(found.note).toContain('3 of 8 ');
    const on = await look(collector, {}, { cursor: found.cursor, resumed: true });
    expect(on.asked).toEqual(names.slice(3));
    expect(on.failure).toBeUndefined();
  });

  it('ends at three in a row that do not answer: that is the service', async () => {
    const found = await look(collector, { m2: 'TimedOut', m3: 'Unavailable', m4: 'TimedOut', m5: 'TimedOut' });
    expect(found.asked).toEqual(names.slice(0, 5));
    expect(found).toMatchObject({ failure: { tag: 'TimedOut' }, more: false });
  });
});

describe('a thing that is asked about in several places', () => {
  const denied = (source: string) => ({ source, workspace: '7', region: null, cursor: null, complete_to: null, observed: null, state: 'denied' as const, missing: '[]', note: null }); // prettier-ignore
  it.each([
    { collector: inferenceCollector, kind: 'table|ms|main.shop', every: (n: number) => n % 2 === 0 },
    { collector: eventLogCollector, kind: 'pipeline|7|main', every: () => true },
    { collector: externalLineageCollector, kind: 'table|ms|main.shop', every: () => true },
  ])('ends at three in a row of which one place does not answer, though the other does: $collector.source', async (one) => {
    const { collector, kind, every } = one;
    const { store, close } = temporaryStore(() => collectNow);
    cleanups.push(close);
    store.transaction<null>((db) => {
      putSource(db, denied(expectationsSource));
      return ok(null);
    });
    const hung: string[] = [];
    const hang = (said: string) => {
      hung.push(nameIn(said));
      return err(databricksFailure('TimedOut'));
    };
    const { workspace } = fakeWorkspace({
      columns: [...columns, 'id', 'origin', 'timestamp', 'details', 'event_type'],
      sql: ({ text }) => hang(text),
      rest: ({ path, query }) => {
        const name = nameIn(`${path} ${JSON.stringify(query ?? {})}`);
        if (query?.['lineage_direction'] === 'DOWNSTREAM') return hang(name);
        // A table without a monitor tells nothing of the warehouse.
        if (path.endsWith('/monitor'))
          return every(Number(name.slice(1)))
            ? ok({ inference_log: { timestamp_col: 'at', prediction_col: 'p' } })
            : err(databricksFailure('BadAnswer', { code: 'HTTP 404' }));
        return ok({ spec: { catalog: 'main', schema: 'shop', event_log: { name } } });
      },
    });
    const found = await collector.collect(collectContext(workspace, store.read, names.map((name) => `${kind}.${name}`))); // prettier-ignore
    expect(found).toMatchObject({ ok: true, value: { failure: { tag: 'TimedOut' }, more: false } });
    expect([...new Set(hung)]).toEqual(names.filter((_, n) => every(n)).slice(0, 3));
  }); // prettier-ignore
});

it('a refresh stores what came with where it goes on, and forgets no missing column of what had no answer', async () => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  let heavy = false;
  const { workspace } = fakeWorkspace({
    columns: columns.filter((name) => name !== 'granularity'),
    sql: ({ name, text }) => {
      if (name === 'lake.drift-tables') return rowPage(['m0', 'm1'].map((one) => ({ catalog_name: 'main', schema_name: 'shop', name: `${one}_drift_metrics`, watched_schema: 'shop' }))); // prettier-ignore
      if (heavy || text.includes('m1_')) return err(databricksFailure('TimedOut'));
      return rowPage([{ ...window, grain: null, drift: 'BASELINE', psi: '0.4' }]);
    },
  });
  const lake = createLake({
    workspaces: () => [workspace],
    store,
    clock: { now: () => collectNow },
    log: () => undefined,
    collectors: [driftCollector],
  });
  const row = () => sourceRow(store.read, driftCollector.source, '7');
  expect((await lake.refresh({ assets: [] })).ok).toBe(true);
  expect(lake.facts(store.read, { kinds: ['drift'], limit: 9 }).rows.map(({ title }) => title)).toEqual(['m0.price has drifted from the baseline: PSI 0.40']); // prettier-ignore
  const before = row();
  // Something was read of it: it is not as if it had never been.
  expect(before).toMatchObject({ state: 'stale', observed: instantAt(collectNow) });
  expect(before?.missing).toContain('granularity');
  expect(before?.cursor).toContain('main.shop.m0_drift_metrics');
  heavy = true;
  await lake.refresh({ assets: [] });
  expect(row()).toMatchObject({ missing: before?.missing });
  expect(row()?.cursor).toContain('main.shop.m0_drift_metrics":"');
});
