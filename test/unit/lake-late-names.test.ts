import { afterEach, expect, it } from 'vitest';
import type { AssetId } from '../../shared/domain/ids.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import { expectationsCollector } from '../../main/lake/collectors/expectations.ts';
import { pipelinesCollector } from '../../main/lake/collectors/pipelines.ts';
import { createLake } from '../../main/lake/lake.ts';
import { err } from '../../shared/base/result.ts';
import { collectNow, fakeWorkspace, micros, rowPage } from '../support/collect.ts';
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
    columns: ['workspace_id', 'pipeline_id', 'name', 'change_time', 'delete_time', 'pipeline_type'],
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
