// Compute that usage names by its id gets a name in the background, before any room is about it.
import { afterEach, expect, it } from 'vitest';
import { err, ok } from '../../shared/base/result.ts';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { RestRequest } from '../../main/databricks/port.ts';
import { computeNamesCollector } from '../../main/lake/collectors/compute-names.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import { storeBatch } from '../../main/lake/store-batch.ts';
import { assetRow, putAsset } from '../../main/store/lake.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const cost = (asset: string): LakeFact => ({
  id: `cost|7|${asset}` as FactId, kind: 'cost', source: 's', workspace: asset.split('|')[1] ?? '', happenedAt: instantAt(collectNow),
  observedAt: instantAt(collectNow), completeTo: null, assets: [asset as AssetId], title: 't', data: {},
}); // prettier-ignore
const batch = { cursor: null, completeTo: null, missingColumns: [], note: null } as const;

const rig = (facts: readonly string[], rest: (request: RestRequest) => object | null) => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  store.transaction((db) => ok(storeBatch(db, { ...batch, facts: facts.map((one) => ({ fact: cost(one) })) }, null, null)));
  const { workspace, called } = fakeWorkspace({
    rest: (request) => {
      const found = rest(request);
      return found === null ? err(databricksFailure('BadAnswer', { detail: 'x' })) : ok(found);
    },
  });
  const collect = async (cursor: string | null, now = collectNow, lane: 'watch' | 'pack' = 'watch') => {
    const before = called.length;
    const found = await computeNamesCollector.collect(collectContext(workspace, store.read, [], { cursor, lane, clock: { now: () => now }, observedAt: instantAt(now) }));
    if (!found.ok) throw new Error(found.error.what);
    const { value } = found;
    store.transaction((db) => ok(storeBatch(db, value, null, null)));
    return { ...value, asked: called.slice(before).map(({ path, query }) => `${path} ${String(query?.['cluster_id'] ?? '')}`.trim()) };
  };
  return { store, collect };
}; // prettier-ignore

const names = ({ path, query }: RestRequest): object | null =>
  query?.['cluster_id'] === 'c1' ? { cluster_name: 'shared' } : path.endsWith('/w1') ? { name: 'reports' } : null;

it('asks once for each that has no name, of this workspace only, and never while a room is packed', async () => {
  const { store, collect } = rig(['cluster|7|c1', 'cluster|8|elsewhere', 'warehouse|7|w1', 'job|7|9'], names);
  expect(await collect(null, collectNow, 'pack')).toMatchObject({ asked: [], note: expect.stringContaining('in the background') }); // prettier-ignore
  const first = await collect(null);
  expect(first.asked).toEqual(['/api/2.1/clusters/get c1', '/api/2.0/sql/warehouses/w1']);
  expect(first.note).toBeNull();
  expect([assetRow(store.read, 'cluster|7|c1')?.name, assetRow(store.read, 'warehouse|7|w1')?.name]).toEqual(['shared', 'reports']); // prettier-ignore
  expect((await collect(first.cursor)).asked).toEqual([]);
});

it('one without a name that may be read is asked about again a day later', async () => {
  const { collect } = rig(['cluster|7|gone'], names);
  const first = await collect(null);
  expect(first.note).toBe('1 have no name that this user may read; they keep their id.');
  expect((await collect(first.cursor, collectNow + 3_600_000)).asked).toEqual([]);
  expect((await collect(first.cursor, collectNow + 86_400_000)).asked).toHaveLength(1);
});

it('what a definition says of the same compute replaces the name that was read here', async () => {
  const { store, collect } = rig(['cluster|7|c1'], names);
  await collect(null);
  store.transaction((db) => {
    putAsset(db, { asset: 'cluster|7|c1', name: 'renamed', detail: 'cluster c1', changed: instantAt(collectNow - 9e9), gone: 1 }); // prettier-ignore
    return ok(null);
  });
  expect(assetRow(store.read, 'cluster|7|c1')).toMatchObject({ name: 'renamed', gone: 1 });
});
