import { afterEach, describe, expect, it } from 'vitest';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { TextRow } from '../../main/databricks/port.ts';
import { lineageView } from '../../main/analysis/lineage.ts';
import { columnLineageCollector } from '../../main/lake/collectors/column-lineage.ts';
import { lineageCollector } from '../../main/lake/collectors/lineage.ts';
import { allEdges, countAssets, putEdge } from '../../main/store/lake.ts';
import { ok } from '../../shared/base/result.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const store = () => {
  const made = temporaryStore(() => collectNow);
  cleanups.push(made.close);
  return made.store;
};
const hour = 3_600_000;
const row = (over: Partial<TextRow>): TextRow => ({
  ms: 'ms', ws: '7', source_name: 'a.b.from', source_kind: 'TABLE', target_name: 'a.b.to', target_kind: 'TABLE', entity_kind: 'JOB',
  entity: '9', first_at: micros(collectNow - 2 * hour), last_at: micros(collectNow - hour), source_paths: '0', target_paths: '0', ...over,
}); // prettier-ignore
const columns = [
  'metastore_id', 'workspace_id', 'source_table_full_name', 'source_type', 'target_table_full_name', 'target_type', 'entity_type',
  'entity_id', 'event_time', 'event_date', 'source_path', 'target_path', 'source_column_name', 'target_column_name',
]; // prettier-ignore

describe('table lineage', () => {
  it('every documented kind of mover is a node; unknown ones and paths make no edge and are told', async () => {
    const { workspace } = fakeWorkspace({
      columns,
      sql: () =>
        rowPage([
          row({}),
          row({ entity_kind: 'NOTEBOOK', entity: 'n' }),
          row({ entity_kind: 'PIPELINE', entity: 'p' }),
          row({ entity_kind: 'DASHBOARD_V3', entity: 'd', target_name: null, target_kind: null }),
          row({ entity_kind: 'DBSQL_QUERY', entity: 'q', target_name: null, target_kind: null }),
          row({ entity_kind: 'SOMETHING_NEW', entity: 'x' }),
          row({ source_name: null, source_paths: '3', entity_kind: null, entity: null }),
        ]),
    });
    const found = await lineageCollector.collect(collectContext(workspace, store().read, [], { lane: 'watch' }));
    if (!found.ok) throw new Error(found.error.what);
    const edges = (found.value.edges ?? []).map(({ from, to, via }) => `${from} > ${to} by ${via ?? '-'}`);
    expect(edges).toContain('table|ms|a.b.from > table|ms|a.b.to by job|7|9');
    expect(edges).toContain('table|ms|a.b.from > table|ms|a.b.to by notebook|7|n');
    expect(edges).toContain('pipeline|7|p > table|ms|a.b.to by -');
    expect(edges).toContain('table|ms|a.b.from > dashboard|7|d by -');
    expect(edges).toContain('table|ms|a.b.from > query|7|q by -');
    expect(edges).toContain('table|ms|a.b.from > table|ms|a.b.to by -');
    expect(edges.some((edge) => edge.includes('|x'))).toBe(false);
    expect(found.value.note).toContain('3 reads and writes went by path');
    expect(found.value.completeTo).toBe(instantAt(collectNow - hour));
  });

  it('around a room only what touches its tables is asked for, and nothing without tables', async () => {
    const { workspace, asked } = fakeWorkspace({ columns });
    const db = store().read;
    await lineageCollector.collect(collectContext(workspace, db, ['job|7|9']));
    expect(asked).toEqual([]);
    await lineageCollector.collect(
      collectContext(workspace, db, ['table|ms|a.b."odd', 'column|ms|a.b.from.x'], { until: instantAt(collectNow) }),
    );
    expect(asked[0]?.parameters?.['tables']).toBe(JSON.stringify(['a.b."odd', 'a.b.from']));
    expect(asked[0]?.text).toContain('`target_table_full_name`');
    expect(asked[0]?.text).toContain(':until');
  });

  it('a dashboard stands on the map, a query only where it matters', () => {
    const table = 'table|ms|a.b.c' as AssetId;
    const [dashboard, query] = ['dashboard|7|d' as AssetId, 'query|7|q' as AssetId];
    const edges = [dashboard, query].map((to) => ({
      from: table as AssetId,
      to: to as AssetId,
      source: 's',
      via: null,
    }));
    const none = new Set<AssetId>();
    const view = (focus: readonly AssetId[]) =>
      lineageView({
        edges, focus, hops: 2, completeTo: null, labelOf: (id) => ({ name: id, kind: 'x', detail: '' }),
        marks: { failed: none, changed: none, doubtful: none, stale: none },
      }).nodes.map(({ id }) => id); // prettier-ignore
    expect(view([table])).toEqual([table, dashboard]);
    expect(view([table, query])).toContain(query);
  });
});

describe('column lineage', () => {
  const pair = (over: Partial<TextRow>): TextRow => ({
    ms: 'ms', source_name: 'a.b.from', source_col: 'Price', target_name: 'a.b.to', target_col: 'amount',
    first_at: micros(collectNow - 2 * hour), last_at: micros(collectNow - hour), ...over,
  }); // prettier-ignore

  it('is read around a room only; a masked end costs its edge, not the others', async () => {
    const { workspace, asked } = fakeWorkspace({
      columns,
      sql: () => rowPage([pair({}), pair({ target_col: '<REDACTED>' }), pair({ last_at: 'soon' })]),
    });
    const db = store().read;
    const watch = await columnLineageCollector.collect(
      collectContext(workspace, db, ['table|ms|a.b.from'], { lane: 'watch' }),
    );
    expect(watch.ok && watch.value.edges).toBeUndefined();
    expect(asked).toEqual([]);
    const found = await columnLineageCollector.collect(collectContext(workspace, db, ['table|ms|a.b.from']));
    if (!found.ok) throw new Error(found.error.what);
    expect(found.value.edges?.map(({ from, to }) => [from, to])).toEqual([
      ['column|ms|a.b.from.price', 'column|ms|a.b.to.amount'],
    ]);
    expect(found.value.note).toBe('1 rows could not be read.');
    expect(found.value.missingColumns).toEqual(['target_column_name (masked)']);
  });

  it('columns are no assets of the map', () => {
    const { transaction, read } = store();
    const edge = { source: 's', via: '', first_seen: instantAt(collectNow), last_seen: instantAt(collectNow) };
    transaction((db) => {
      putEdge(db, { from_asset: 'column|ms|a.b.c.x', to_asset: 'column|ms|a.b.d.x', ...edge });
      putEdge(db, { from_asset: 'table|ms|a.b.c', to_asset: 'table|ms|a.b.d', ...edge });
      return ok(null);
    });
    expect(countAssets(read)).toBe(2);
    expect(allEdges(read, 10)).toHaveLength(1);
  });
});
