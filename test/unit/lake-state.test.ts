import { afterEach, describe, expect, it } from 'vitest';
import { ok } from '../../shared/base/result.ts';
import type { FactId } from '../../shared/domain/ids.ts';
import type { TextRow } from '../../main/databricks/port.ts';
import type { Collected, Collector } from '../../main/lake/collector.ts';
import { catalogAccessCollector, tableAccessCollector } from '../../main/lake/collectors/access.ts';
import {
  columnMasksCollector, columnsCollector, rowFiltersCollector, tableTagsCollector, viewsCollector,
} from '../../main/lake/collectors/catalog.ts'; // prettier-ignore
import { rowOf } from '../../main/lake/fact-rows.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import { keepState } from '../../main/lake/state-source.ts';
import { factById, forgetBefore } from '../../main/store/lake.ts';
import { sql } from '../../main/store/sql.ts';
import { putFact } from '../support/facts.ts';
import { namedIn } from '../../main/lake/named-in.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, rowPage, type FakeAnswers } from '../support/collect.ts';
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
const tables = ['table|ms|main.shop.orders', 'view|ms|main.shop.v'];
const read = async (collector: Collector, answers: FakeAnswers, assets = tables) => {
  const { workspace, asked } = fakeWorkspace(answers);
  const found = await collector.collect(collectContext(workspace, store().read, assets));
  if (!found.ok) throw new Error(found.error.what);
  return { asked, value: found.value };
};
const said = (value: Collected) => (value.facts ?? []).map(({ fact }) => [fact.id, fact.title, fact.data['items']]);
const three = { name0: 'Main', name1: 'shop', name2: 'Orders' };

describe('how tables are now', () => {
  it('every table in scope has a fact, also where nothing is there', async () => {
    const { value, asked } = await read(tableTagsCollector, {
      columns: ['catalog_name', 'schema_name', 'table_name', 'tag_name', 'tag_value'],
      sql: () => rowPage([{ ...three, tag: 'owner', content: 'pricing' }]),
    });
    expect(said(value)).toEqual([
      ['settings|ms|main.shop.orders/tags', '1 tags of orders', [{ tag: 'owner', value: 'pricing' }]],
      ['settings|ms|main.shop.v/tags', 'v has no tags', []],
    ]);
    expect(asked[0]?.parameters?.['names']).toBe(JSON.stringify(['main.shop.orders', 'main.shop.v']));
    expect(value.completeTo).toBeNull();
  });

  it('the view of the whole metastore is bounded by plain equality: it times out otherwise', async () => {
    const columns = ['catalog_name', 'schema_name', 'table_name', 'tag_name', 'tag_value'];
    const { asked } = await read(tableTagsCollector, { columns });
    expect(asked[0]?.text).toContain('WHERE ((`catalog_name` = :catalog0 AND `schema_name` = :schema0)) AND ');
    expect(asked[0]?.parameters).toMatchObject({ catalog0: 'main', schema0: 'shop' });
    const bounds = (names: readonly string[], parts = 3) => {
      const { where, parameters } = namedIn(columns.slice(0, parts), names);
      return [where[0]?.piece.text ?? '', Object.keys(parameters).length - 1];
    };
    expect(bounds(['a.b.c', 'a.b.d', 'a.e.f'])).toEqual([
      '((`catalog_name` = :catalog0 AND `schema_name` = :schema0) OR (`catalog_name` = :catalog1 AND `schema_name` = :schema1))',
      4,
    ]);
    expect(bounds(['a', 'b'], 1)).toEqual(['((`catalog_name` = :catalog0) OR (`catalog_name` = :catalog1))', 2]);
    const many = Array.from({ length: 60 }, (_, i) => i);
    expect(bounds(many.map((i) => `a.s${i}.t`))).toEqual(['((`catalog_name` = :catalog0))', 1]);
    expect(bounds(many.map((i) => `c${i}.s.t`))[1]).toBe(0);
  });

  it('is read when a room is packed only', async () => {
    const { workspace, asked } = fakeWorkspace({});
    const context = collectContext(workspace, store().read, tables, { lane: 'watch' });
    expect((await columnsCollector.collect(context)).ok).toBe(true);
    expect(asked).toEqual([]);
  });

  it('an answer that is cut off takes nothing away', async () => {
    const { value } = await read(columnsCollector, {
      columns: ['table_catalog', 'table_schema', 'table_name', 'column_name', 'full_data_type'],
      sql: () => rowPage([{ ...three, col: 'Price', full_type: 'decimal(10,2)', bw_total: '7' }]),
    });
    expect(value.facts).toEqual([]);
    expect(value.failure?.code).toBe('CUT_OFF');
  });

  it('a table that cannot be seen any more keeps what was known of it; one that was emptied does not', async () => {
    const own = store();
    let [tags, visible] = [[{ ...three, tag: 'owner', content: 'pricing' }] as readonly TextRow[], true];
    const look = async () => {
      const { workspace } = fakeWorkspace({
        columns: [
          'catalog_name',
          'schema_name',
          'table_name',
          'tag_name',
          'tag_value',
          'table_catalog',
          'table_schema',
        ],
        sql: ({ name }) =>
          name === 'lake.tables'
            ? rowPage(visible ? [{ table_catalog: 'main', table_schema: 'shop', table_name: 'orders' }] : [], ['x'])
            : rowPage(tags, ['x']),
      });
      const found = await tableTagsCollector.collect(
        collectContext(workspace, own.read, ['table|ms|main.shop.orders']),
      );
      if (!found.ok) throw new Error(found.error.what);
      own.transaction<null>((db) => {
        for (const { fact } of found.value.facts ?? []) putFact(db, rowOf(fact), fact.assets);
        return ok(null);
      });
      return found.value;
    };
    expect(said(await look())).toHaveLength(1);
    [tags, visible] = [[], false];
    const hidden = await look();
    expect(hidden.facts).toEqual([]);
    expect(hidden.note).toContain('1 tables cannot be seen any more');
    visible = true;
    expect(said(await look())).toEqual([['settings|ms|main.shop.orders/tags', 'orders has no tags', []]]);
  });

  it('columns keep their declared type; what is missing in this workspace is named', async () => {
    const { value } = await read(columnsCollector, {
      columns: ['table_catalog', 'table_schema', 'table_name', 'column_name', 'full_data_type'],
      sql: () => rowPage([{ ...three, col: 'Price', full_type: 'decimal(10,2)' }]),
    });
    expect(value.facts?.[0]?.fact.data['items']).toEqual([
      { name: 'price', place: null, type: 'decimal(10,2)', nullable: null, partition: null, comment: null },
    ]);
    expect(value.missingColumns).toEqual(['ordinal_position', 'is_nullable', 'partition_index', 'comment']);
  });

  it('the text of a view never leaves the workspace', async () => {
    const { asked } = await read(viewsCollector, {
      columns: ['table_catalog', 'table_schema', 'table_name', 'view_definition', 'is_materialized'],
    });
    expect(asked[0]?.text).toContain('sha2(`view_definition`, 256)');
    expect(asked[0]?.text).not.toMatch(/(?<!\()`view_definition`/);
  });

  it('filters and masks name their function', async () => {
    const columns = [
      'catalog_name', 'schema_name', 'table_name', 'column_name', 'filter_catalog', 'filter_schema', 'filter_name', 'filter_col_usage',
      'mask_catalog', 'mask_schema', 'mask_name', 'mask_col_usage',
    ]; // prettier-ignore
    const fn = { fn_catalog: 'main', fn_schema: 'rules', fn_name: 'eu_only', using_cols: 'region' };
    const filters = await read(rowFiltersCollector, { columns, sql: () => rowPage([{ ...three, ...fn }]) });
    expect(said(filters.value)[0]?.[2]).toEqual([{ filter: 'main.rules.eu_only', columns: 'region' }]);
    const masks = await read(columnMasksCollector, {
      columns,
      sql: () =>
        rowPage([
          { ...three, ...fn, col: 'Mail' },
          { ...three, ...fn, col: null },
        ]),
    });
    expect(masks.value.facts?.[0]?.fact.data).toMatchObject({
      items: [{ column: 'mail', mask: 'main.rules.eu_only', columns: 'region' }],
      unread: 1,
    });
  });

  it('a right on a catalog reaches every table of it', async () => {
    const row: TextRow = { name0: 'main', who: 'analysts', privilege: 'SELECT', via: null, granted_by: 'o' };
    const { value, asked } = await read(catalogAccessCollector, {
      columns: ['catalog_name', 'grantee', 'privilege_type', 'inherited_from', 'grantor'],
      sql: () => rowPage([row]),
    });
    expect(asked[0]?.parameters?.['names']).toBe(JSON.stringify(['main']));
    const right = { who: 'analysts', privilege: 'SELECT', inheritedFrom: null, by: 'o' };
    expect(said(value).map((one) => one[2])).toEqual([[right], [right]]);
  });

  it('counts before it reads', async () => {
    const { workspace } = fakeWorkspace({
      columns: ['table_catalog', 'table_schema', 'table_name', 'grantee', 'privilege_type'],
      sql: () => rowPage([{ n: '5' }]),
    });
    const many = Array.from({ length: 150 }, (_, i) => `table|ms|a.b.t${i}`);
    const found = await tableAccessCollector.estimate?.(collectContext(workspace, store().read, many));
    expect(found).toEqual(ok({ rows: 10, statements: 2, counted: true }));
  });
});

describe('keeping a state', () => {
  const fact = (observed: number, items: readonly string[]): LakeFact => ({
    id: 'settings|ms|a.b.c/tags' as FactId, kind: 'settings', source: 's', workspace: '7', happenedAt: instantAt(observed),
    observedAt: instantAt(observed), completeTo: null, assets: [], title: 't', data: { items: [...items] },
  }); // prettier-ignore
  const day = 86_400_000;

  it('the same state is only seen again; another one begins now', () => {
    const [old, same, other] = [fact(collectNow - day, ['x']), fact(collectNow, ['x']), fact(collectNow, ['y'])];
    expect(keepState(old, same)).toMatchObject({ happenedAt: old.happenedAt, observedAt: same.observedAt });
    expect(keepState(old, other)).toEqual(other);
  });

  it('settings and what is cited outlive the facts of their time, and columns live as long as they are seen', () => {
    const { transaction, read } = store();
    const old = fact(collectNow - 60 * day, []);
    transaction((db) => {
      putFact(db, rowOf(old), []);
      putFact(db, rowOf({ ...old, id: 'a' as FactId, kind: 'run' }), []);
      putFact(db, rowOf({ ...old, id: 'b' as FactId, kind: 'schema' }), []);
      putFact(db, rowOf({ ...old, id: 'c' as FactId, kind: 'schema', observedAt: instantAt(collectNow) }), []);
      // Cited by a log: it says whether what was concluded on it still holds.
      putFact(db, rowOf({ ...old, id: 'd' as FactId, kind: 'run' }), []);
      db.run(sql`INSERT INTO witness (log_rid, fact, hlc, hash, event_rid) VALUES (1, 'd', '0', '0', 1)`);
      forgetBefore(db, instantAt(collectNow - 45 * day));
      return ok(null);
    });
    const left = ['settings|ms|a.b.c/tags', 'a', 'b', 'c', 'd'].filter((id) => factById(read, id) !== undefined);
    expect(left).toEqual(['settings|ms|a.b.c/tags', 'c', 'd']);
  });
});
