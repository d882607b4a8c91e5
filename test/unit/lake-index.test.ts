import { expect, it } from 'vitest';
import { putFacts } from '../../main/store/fact-batch.ts';
import { isNamedAsset, namedAssets } from '../../main/store/lake-index.ts';
import { ok } from '../../shared/base/result.ts';
import { temporaryStore } from '../support/lakehouse.ts';

it('what only facts speak of is known by name: with few rights that is all there is', () => {
  const { store, close } = temporaryStore();
  const at = '2026-01-01T00:00:00.000Z';
  const row = { id: 'f', kind: 'run', source: 's', workspace: '7', region: null, happened: at, observed: at, complete_to: null, title: 't', data: '{}' } as const; // prettier-ignore
  store.transaction<null>((db) => {
    const assets = ['table|ms|a.b.c', 'job|7|1'];
    putFacts(db, [{ row: { ...row, assets: JSON.stringify(assets) }, assets, old: null }]);
    return ok(null);
  });
  expect(namedAssets(store.read, 'table', 10)).toEqual([{ asset: 'table|ms|a.b.c', name: null }]);
  expect(isNamedAsset(store.read, 'job|7|1')).toBe(true);
  expect(isNamedAsset(store.read, 'job|7|2')).toBe(false);
  close();
});
