// What only the last source joins to a room was asked of none of the others: the card says so, and the next packing brings it.
import { expect, it } from 'vitest';
import { ok } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { externalLineageCollector } from '../../main/lake/collectors/external-lineage.ts';
import { createPacking } from '../../main/lake/packing.ts';
import { collectNow, fakeWorkspace, instantAt } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const room = 'inc:00000000000000000000000000000007';
const table = (name: string): AssetId => `table|ms|main.gold.${name}` as AssetId;

it('assets that external lineage joins come with the next packing, which the card says until then', async () => {
  let now = collectNow;
  const { store, close } = temporaryStore(() => now);
  const { workspace } = fakeWorkspace({
    rest: ({ path, query }) => {
      const name = query?.['object_info.table.name'];
      if (!path.endsWith('/external-lineage')) return ok({ system_type: 'SAP' });
      const isOurs = name !== undefined && query?.['lineage_direction'] === 'UPSTREAM';
      const others = query?.['lineage_direction'] === 'DOWNSTREAM' && name === 'main.gold.sales' ? [{ table_info: { name: 'orders', catalog_name: 'main', schema_name: 'gold' } }] : [];
      return ok({ external_lineage_relationships: isOurs ? [{ external_metadata_info: { name: 'erp' } }] : others });
    },
  }); // prettier-ignore
  const asked: (readonly string[])[] = [];
  const first: Collector = {
    source: 'first', label: 'First', table: null,
    meta: { when: 'pack', features: [], needs: [], preview: null, latenessMs: 0, retentionDays: null },
    collect: (context) => {
      asked.push([...context.scope.keys()]);
      return Promise.resolve(ok({ cursor: '{}', completeTo: null, missingColumns: [], note: null }));
    },
  }; // prettier-ignore
  const packing = createPacking({
    store, clock: { now: () => now }, log: () => undefined, workspaces: () => [workspace], breathe: () => Promise.resolve(),
    assetsOf: () => [table('sales')], limits: () => ({ rows: 1e6, bytes: 1e9 }), changed: () => undefined, collectors: [first, externalLineageCollector],
  }); // prettier-ignore
  const pack = async () => {
    asked.length = 0;
    packing.start({ room, hops: 3, from: instantAt(collectNow - 86_400_000), to: null });
    await packing.settled();
    return packing.pack(store.read, room);
  };
  const once = await pack();
  expect(asked.flat()).not.toContain(table('orders'));
  expect(once).toMatchObject({
    state: 'done',
    note: '1 asset is joined to this room only by lineage that was read last; what the other sources say of it comes with the next packing.',
  });
  now += 3_600_000;
  const again = await pack();
  expect(asked.flat()).toContain(table('orders'));
  expect(again).toMatchObject({ state: 'done', note: null });
  close();
});
