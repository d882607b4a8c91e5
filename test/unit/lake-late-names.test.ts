import { afterEach, expect, it } from 'vitest';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import { expectationsCollector } from '../../main/lake/collectors/expectations.ts';
import { pipelinesCollector } from '../../main/lake/collectors/pipelines.ts';
import { createLake } from '../../main/lake/lake.ts';
import { putAsset } from '../../main/store/lake.ts';
import { sql } from '../../main/store/sql.ts';
import { err, ok } from '../../shared/base/result.ts';
import { putFact } from '../support/facts.ts';
import { collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A device whose names of pipelines are refused at first. */
const deviceOn = (refusals: number) => {
  let now = collectNow;
  let left = refusals;
  const { store, close } = temporaryStore(() => now);
  cleanups.push(close);
  const { workspace } = fakeWorkspace({
    columns: [
      'workspace_id',
      'pipeline_id',
      'name',
      'change_time',
      'delete_time',
      'pipeline_type',
      'update_id',
      'event_time',
      'event_type',
      'details',
    ],
    sql: (statement) => {
      if (statement.name === 'lake.expectations')
        return now > collectNow
          ? rowPage([], ['id'])
          : rowPage([{ pipeline: 'p-1', id: 'u-1', dataset: 'A.b.orders', name: 'valid id', passed: '60', failed: '40', newest: micros(collectNow - 60_000) }]); // prettier-ignore
      if (statement.name !== 'lake.pipelines') return undefined;
      left -= 1;
      if (left >= 0) return err(databricksFailure('Forbidden', { code: '42501' }));
      return rowPage([{ ws: '7', native: 'p-1', label: 'daily orders', changed: micros(collectNow - 3_600_000) }]);
    },
  });
  const lake = createLake({
    workspaces: () => [workspace], store, clock: { now: () => now }, log: () => undefined, collectors: [pipelinesCollector, expectationsCollector],
  }); // prettier-ignore
  const refresh = () => lake.refresh({ assets: ['pipeline|7|p-1' as AssetId] });
  const label = () => lake.assetLabel(store.read, 'pipeline|7|p-1' as AssetId).name;
  const facts = () => lake.facts(store.read, { kinds: ['expectation'], limit: 50 }).rows.map(({ title, assets, data }) => ({ title, assets, data })); // prettier-ignore
  return { refresh, label, facts, pass: (ms: number) => (now += ms) };
};

it('what an expectation says does not depend on whether its pipeline had a name by then', async () => {
  const [late, early] = [deviceOn(1), deviceOn(0)];
  await late.refresh();
  await early.refresh();
  expect([late.label(), early.label()]).toEqual(['pipeline p-1', 'daily orders']);
  // Results of expectations are behind the cursor by now: they do not come again.
  late.pass(6 * 3_600_000);
  await late.refresh();
  expect(late.label()).toBe('daily orders');
  expect(late.facts()).toHaveLength(1);
  expect(late.facts()).toEqual(early.facts());
});

it('a title holds the name that is known now where there was none, and the one of then where there was', async () => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  const at = instantAt(collectNow);
  const lake = createLake({ workspaces: () => [], store, clock: { now: () => collectNow }, log: () => undefined });
  const name = (asset: string, text: string): void =>
    void store.transaction((db) => {
      putAsset(db, { asset, name: text, detail: '', changed: at, gone: 0 });
      return ok(null);
    });
  const put = (id: string, title: string, assets: readonly string[]): void =>
    void store.transaction((db) => {
      putFact(db, { id, kind: 'run', source: 's', workspace: '7', region: null, happened: at, observed: at, complete_to: null, assets: JSON.stringify(assets), title, data: '{}' }, [...assets]);
      return ok(null);
    }); // prettier-ignore
  put('1', 'Run 12 of job 12 failed', ['job|7|12']);
  put('2', 'Run 5 of job 123 failed', ['job|7|123', 'job|7|12']);
  put('3', 'Warehouse 0a-1b started', ['warehouse|7|0a-1b']);
  put('4', 'Update of pipeline p-1 failed', ['pipeline|7|p-1', 'job|7|12']);
  put('5', 'Run 9 of nightly failed', ['job|7|12']);
  const titles = () => lake.facts(store.read, { limit: 50 }).rows.map(({ title }) => title).sort(); // prettier-ignore
  expect(titles()).toEqual([
    'Run 12 of job 12 failed', 'Run 5 of job 123 failed', 'Run 9 of nightly failed', 'Update of pipeline p-1 failed', 'Warehouse 0a-1b started',
  ]); // prettier-ignore
  name('job|7|12', 'daily $& orders');
  name('warehouse|7|0a-1b', 'Analysts');
  name('pipeline|7|p-1', 'sales');
  expect(titles()).toEqual([
    'Run 12 of daily $& orders failed', 'Run 5 of job 123 failed', 'Run 9 of nightly failed', 'Update of sales failed', 'Warehouse Analysts started',
  ]); // prettier-ignore
  expect(lake.fact(store.read, '1' as FactId)?.title).toBe('Run 12 of daily $& orders failed');
  // What is stored stays as it was read.
  expect(store.read.first<{ readonly title: string }>(sql`SELECT title FROM lake_fact WHERE id = '1'`)?.title).toBe('Run 12 of job 12 failed'); // prettier-ignore
});
