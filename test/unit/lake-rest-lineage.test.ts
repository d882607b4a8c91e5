import type { AssetId } from '../../shared/domain/ids.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { err, ok } from '../../shared/base/result.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import { externalLineageCollector } from '../../main/lake/collectors/external-lineage.ts';
import { labelOf } from '../../main/lake/labels.ts';
import { namesCollector } from '../../main/lake/collectors/names.ts';
import { restLineageCollector } from '../../main/lake/collectors/rest-lineage.ts';
import { putSource } from '../../main/store/lake.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const store = (state: string | null = null) => {
  const made = temporaryStore(() => collectNow);
  cleanups.push(made.close);
  if (state !== null)
    made.store.transaction((db) => {
      putSource(db, {
        source: 'system.access.table_lineage', workspace: '7', region: null, cursor: null, complete_to: null, observed: null, state, missing: '[]', note: null,
      }); // prettier-ignore
      return ok(null);
    });
  return made.store;
};
const scope = ['table|ms|main.shop.orders'];
const forbidden = err(databricksFailure('Forbidden', { detail: 'x' }));

describe('lineage by REST', () => {
  const answer = {
    upstreams: [
      {
        tableInfo: {
          name: 'Raw',
          catalog_name: 'main',
          schema_name: 'shop',
          lineage_timestamp: '2026-11-24 10:00:00.0',
        },
        jobInfos: [{ workspace_id: 7, job_id: 9 }],
      },
      { fileInfo: { path: 's3://x' }, notebookInfos: [{ notebook_id: 5 }] },
      'nonsense',
    ],
    downstreams: [{ tableInfo: { name: 'half' } }, {}],
  };

  it('is asked around all tables where the system table cannot be read, one step, and not again at once', async () => {
    const { workspace, called } = fakeWorkspace({ rest: () => ok(answer) });
    const db = store('denied').read;
    const found = await restLineageCollector.collect(collectContext(workspace, db, scope, { lane: 'watch' }));
    if (!found.ok) throw new Error(found.error.what);
    expect(found.value.edges?.map(({ from, to, via }) => `${from} > ${to} by ${via ?? '-'}`)).toEqual([
      'table|ms|main.shop.raw > table|ms|main.shop.orders by job|7|9',
      'job|7|9 > table|ms|main.shop.orders by -',
      'table|ms|main.shop.raw > job|7|9 by -',
      'notebook|7|5 > table|ms|main.shop.orders by -',
    ]);
    await restLineageCollector.collect(collectContext(workspace, db, scope, { cursor: found.value.cursor }));
    expect(called).toHaveLength(1);
    const later = { cursor: found.value.cursor, observedAt: instantAt(collectNow + 3_600_000) };
    await restLineageCollector.collect(collectContext(workspace, db, scope, later));
    expect(called).toHaveLength(2);
  });

  it.each(['fresh', 'denied'])(
    'is asked around a room’s own tables every five minutes; where the system table is %s, around the others less often or not',
    async (state) => {
      const { workspace, called } = fakeWorkspace({ rest: () => ok(answer) });
      const db = store(state).read;
      const near = [...scope, 'table|ms|main.shop.far', 'job|7|9'];
      const ask = async (cursor: string | null, minutes: number) => {
        const observedAt = instantAt(collectNow + minutes * 60_000);
        const found = await restLineageCollector.collect(
          collectContext(workspace, db, near, { lane: 'watch', cursor, observedAt }),
        );
        if (!found.ok) throw new Error(found.error.what);
        const names = called.splice(0).map(({ query }) => query?.['table_name']);
        return { ...found.value, names };
      };
      const far = state === 'denied' ? ['main.shop.far'] : [];
      const first = await ask(null, 0);
      expect(first.names).toEqual(['main.shop.orders', ...far]);
      expect(first.edges?.length).toBeGreaterThan(0);
      const soon = await ask(first.cursor, 1);
      expect([soon.names, soon.unread]).toEqual([[], true]);
      const later = await ask(soon.cursor, 6);
      expect(later.names).toEqual(['main.shop.orders']);
      expect((await ask(later.cursor, 40)).names.toSorted()).toEqual([...far, 'main.shop.orders']);
    },
  );

  it('where the system table tells the same later, a refusal is said and takes nothing from what is complete', async () => {
    const { workspace } = fakeWorkspace({ rest: () => forbidden });
    const found = await restLineageCollector.collect(collectContext(workspace, store('fresh').read, scope));
    expect(found).toMatchObject({ ok: true, value: { partly: false, note: '1 tables could not be asked; this endpoint is not documented. The system table tells of them later.' } }); // prettier-ignore
  });

  it('a table that is refused costs itself', async () => {
    const { workspace } = fakeWorkspace({ rest: () => forbidden });
    const found = await restLineageCollector.collect(collectContext(workspace, store('missing').read, scope));
    expect(found.ok && found.value.note).toContain('1 tables could not be asked');
  });
});

describe('external lineage', () => {
  it('puts systems outside on the map, with who owns them; their properties stay there', async () => {
    const { workspace, called } = fakeWorkspace({
      rest: ({ path, query }) =>
        path.includes('/external-metadata/')
          ? ok({ name: 'SAP ERP', system_type: 'SAP', entity_type: 'table', owner: 'erp-team', properties: { password: 'x' } })
          : query?.['lineage_direction'] === 'UPSTREAM'
            ? ok({ external_lineage_relationships: [{ external_metadata_info: { name: 'SAP ERP' } }, { file_info: {} }] })
            : ok({}),
    }); // prettier-ignore
    const found = await externalLineageCollector.collect(collectContext(workspace, store().read, scope));
    if (!found.ok) throw new Error(found.error.what);
    expect(called[0]?.query).toEqual({ 'object_info.table.name': 'main.shop.orders', lineage_direction: 'UPSTREAM' });
    expect(found.value.edges?.map(({ from, to }) => [from, to])).toEqual([
      ['external|external|metadata/SAP ERP', scope[0]],
    ]);
    expect(found.value.assets?.map(({ name, detail }) => [name, detail])).toEqual([['SAP ERP', 'outside, sap']]);
    expect(found.value.facts?.[0]?.fact.data).toMatchObject({ owner: 'erp-team', system: 'SAP' });
    expect(JSON.stringify(found.value)).not.toContain('password');
  });

  it('refused is not complete, and nothing is asked in the background', async () => {
    const { workspace, called } = fakeWorkspace({ rest: () => forbidden });
    const found = await externalLineageCollector.collect(collectContext(workspace, store().read, scope));
    expect(found.ok && [found.value.note, found.value.failure?.tag]).toEqual([
      'Not complete: refused for orders.',
      'Forbidden',
    ]);
    await externalLineageCollector.collect(collectContext(workspace, store().read, scope, { lane: 'watch' }));
    expect(called).toHaveLength(2);
  });
});

describe('names by id', () => {
  it('come from documented calls; what has none is not asked for', async () => {
    const { workspace, called } = fakeWorkspace({
      rest: ({ path }) => (path.includes('/queries/') ? ok({ display_name: 'Top sellers' }) : forbidden),
    });
    const found = await namesCollector.collect(
      collectContext(workspace, store().read, ['query|7|q 1', 'dashboard|7|d', 'notebook|7|n', 'query|8|other']),
    );
    if (!found.ok) throw new Error(found.error.what);
    expect(called.map(({ path }) => path)).toEqual(['/api/2.0/sql/queries/q%201', '/api/2.0/lakeview/dashboards/d']);
    expect(found.value.assets?.map(({ name }) => name)).toEqual(['Top sellers']);
    expect(found.value.note).toContain('1 have no name that this user may read');
  });

  it('are not asked of dashboards of the older kind: no supported call tells them, and label and note say so', async () => {
    const { workspace, called } = fakeWorkspace({ rest: () => ok({ display_name: 'Board' }) });
    const older = 'dashboard|7|4e443c27-9f61-4f2e-a12d-ea5668460bf1' as AssetId;
    const context = collectContext(workspace, store().read, [older, 'dashboard|7|04aab30f99ea444490c10c85852f216c']);
    expect(await namesCollector.estimate?.(context)).toMatchObject({ value: { calls: 1 } });
    const found = await namesCollector.collect(context);
    expect(called.map(({ path }) => path)).toEqual(['/api/2.0/lakeview/dashboards/04aab30f99ea444490c10c85852f216c']);
    expect(found.ok && found.value.note).toBe('1 dashboards are of the older kind, whose names no supported API of Databricks tells; they keep their id.'); // prettier-ignore
    expect(labelOf(store().read, older)).toEqual({
      name: 'dashboard 4e443c27-9f61-4f2e-a12d-ea5668460bf1',
      kind: 'dashboard',
      detail: 'of the older kind, whose name no supported API of Databricks tells',
    });
  });
});
