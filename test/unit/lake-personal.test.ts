import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Statement, TextRow } from '../../main/databricks/port.ts';
import { auditCollector } from '../../main/lake/collectors/audit.ts';
import { personalColumnsCollector, personalTables } from '../../main/lake/collectors/personal-columns.ts';
import { personalFlowsCollector } from '../../main/lake/collectors/personal-flows.ts';
import type { Collected } from '../../main/lake/collector.ts';
import { detectSignals } from '../../main/detect/detectors.ts';
import { factOf } from '../../main/lake/fact-rows.ts';
import { factsPage } from '../../main/store/lake.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import type { FactKind } from '../../shared/domain/vocabulary.ts';
import { isPersonalTag } from '../../main/lake/personal.ts';
import { storeBatch } from '../../main/lake/store-batch.ts';
import { ok } from '../../shared/base/result.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const day = 86_400_000;
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const columns = [
  'catalog_name', 'schema_name', 'table_name', 'column_name', 'tag_name', 'tag_value', 'event_id', 'workspace_id', 'event_time', 'event_date', 'service_name', 'action_name',
  'request_params', 'user_identity', 'response', 'source_table_full_name', 'source_column_name', 'target_table_full_name', 'target_column_name', 'table_catalog', 'table_schema',
]; // prettier-ignore
const tag = (table: string, column: string, name: string, value: string | null = null): TextRow => ({
  catalog_name: 'Main', schema_name: 'shop', table_name: table, column_name: column, tag_name: name, tag_value: value,
}); // prettier-ignore
const flow = (target: string, column: string, daysAgo: number): TextRow => ({
  source_name: 'main.shop.people', source_col: 'Email', target_name: `main.shop.${target}`, target_col: column,
  first_at: micros(collectNow - daysAgo * day), last_at: micros(collectNow),
}); // prettier-ignore

/** A device that has read these tags; what it asks for next is answered by the statement's name. */
const device = async (tags: readonly TextRow[], answers: Readonly<Record<string, readonly TextRow[]>> = {}) => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  let held = tags;
  const { workspace, asked } = fakeWorkspace({
    columns,
    sql: ({ name }: Statement) => rowPage(name === 'lake.personal-columns' ? held : (answers[name] ?? []), ['x']),
  });
  const keep = (found: Collected): Collected => {
    store.transaction<null>((db) => {
      storeBatch(db, found, null, null);
      return ok(null);
    });
    return found;
  };
  const pull = async (collector: typeof auditCollector, more: Parameters<typeof collectContext>[3] = {}) => {
    const found = await collector.collect(
      collectContext(workspace, store.read, [], { lane: 'watch', completeTo: null, ...more }),
    );
    if (!found.ok) throw new Error(found.error.what);
    return keep(found.value);
  };
  const first = await pull(personalColumnsCollector);
  const stored = (kind: FactKind): readonly LakeFact[] =>
    factsPage(store.read, { assets: null, kinds: [kind], from: null, to: null, before: null, limit: 100 })
      .map(factOf)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  return { pull, asked, first, stored, retag: (rows: readonly TextRow[]) => (held = rows) };
};

describe('columns with personal data', () => {
  it.each([
    ['class.email_address', null, true], ['CLASS.name', '', true], ['pii', null, true], ['kind', ' Personal ', true], ['Sensitive', 'no', true],
    ['class', 'other', false], ['classy', null, false], ['owner', 'personal shopper', false], ['', null, false],
  ] as const)('a tag %j with value %j: %j', (name, value, is) => {
    expect(isPersonalTag(name, value)).toBe(is);
  }); // prettier-ignore

  it('are one fact of the metastore, read once an hour', async () => {
    const { first, pull, asked } = await device([
      tag('people', 'Email', 'class.email_address'),
      tag('cards', 'owner', 'kind', 'personal'),
    ]);
    expect(first.facts?.map(({ fact }) => [fact.title, fact.data['items']])).toEqual([
      [
        '2 columns of 2 tables are tagged as personal data',
        [
          { table: 'main.shop.cards', column: 'owner', tag: 'kind', value: 'personal' },
          { table: 'main.shop.people', column: 'email', tag: 'class.email_address', value: null },
        ],
      ],
    ]);
    expect(personalTables(first.cursor)).toBe(2);
    const count = asked.length;
    expect((await pull(personalColumnsCollector, { cursor: first.cursor })).note).toContain('once an hour');
    expect(asked).toHaveLength(count);
  });

  it.each([personalColumnsCollector, personalFlowsCollector])('are not asked for by a packing, and its estimate says so: $label', async (collector) => {
    const { store, close } = temporaryStore(() => collectNow);
    cleanups.push(close);
    const { workspace, asked } = fakeWorkspace({ columns });
    const context = collectContext(workspace, store.read, ['table|ms|main.shop.people']);
    expect(await collector.estimate?.(context)).toEqual({ ok: true, value: { rows: 0, statements: 0, counted: true } });
    const found = await collector.collect(context);
    expect(found.ok && found.value.note).toContain('Read in the background');
    expect(asked).toEqual([]);
  }); // prettier-ignore

  it('stay known where a row cannot be read or a table is not seen any more, and go where their tag went', async () => {
    const people = tag('people', 'email', 'pii');
    const { first, pull, retag } = await device([people, tag('cards', 'owner', 'pii')], {
      'lake.tables': [{ table_catalog: 'main', table_schema: 'shop', table_name: 'people' }],
    });
    // A row with a tag that was not asked for is as odd as one whose table is masked.
    for (const row of [tag('<REDACTED>', 'owner', 'pii'), tag('cards', 'owner', 'kind', 'red')]) {
      retag([people, row]);
      const odd = await pull(personalColumnsCollector);
      expect([odd.facts, odd.note, odd.cursor]).toEqual([undefined, '1 rows could not be read: what was known stays.', null]); // prettier-ignore
    }
    retag([]);
    const seen = await pull(personalColumnsCollector);
    expect(seen.facts?.[0]?.fact.data['items']).toMatchObject([{ table: 'main.shop.cards' }]);
    expect(seen.note).toContain('1 columns are in tables that cannot be seen any more');
    // Neither is a reason to rest.
    expect([first, seen].map(({ cursor }) => Object.keys(JSON.parse(cursor ?? '{}') as object))).toEqual([['read', 'tables'], ['tables']]); // prettier-ignore
  });

  it('without any, nothing is asked about where they flow', async () => {
    const { first, pull } = await device([]);
    expect(first.facts?.[0]?.fact.title).toBe('0 columns of 0 tables are tagged as personal data');
    expect(personalTables(first.cursor)).toBe(0);
    expect(await pull(personalFlowsCollector)).toMatchObject({
      note: 'No column that this user can see is tagged as personal data.',
    });
  });
});

describe('flows of personal data', () => {
  const people = [tag('people', 'email', 'pii')];
  const seeing = (...names: readonly string[]): readonly TextRow[] =>
    names.map((name) => ({ table_catalog: 'main', table_schema: 'shop', table_name: name }));
  const reach = (daysAgo: number): readonly TextRow[] => [{ oldest: micros(collectNow - daysAgo * day) }];

  it('that are new and go where this user sees no such tag are facts; old ones and unseen targets are not', async () => {
    const { pull, asked, retag } = await device(people, {
      'lake.personal-flows': [flow('board', 'mail', 2), flow('old', 'mail', 20), flow('hidden', 'mail', 1)],
      'lake.column-lineage-reach': reach(40),
      'lake.tables': seeing('board'),
    });
    const found = await pull(personalFlowsCollector);
    expect(found.facts?.map(({ fact }) => [fact.kind, fact.happenedAt, fact.title, fact.assets[0], fact.data['tagged']])).toEqual([
      ['schema-change', instantAt(collectNow - 2 * day), 'Personal data of people (email) flows into mail of board for the first time', 'table|ms|main.shop.board', false],
    ]); // prettier-ignore
    expect(found.note).toContain('1 flows go into tables that this user cannot see');
    const statement = asked.find(({ name }) => name === 'lake.personal-flows');
    expect(statement?.parameters?.['columns']).toBe('["main.shop.people.email"]');
    // Once the target has the tag, the fact says so, however old the flow is by then.
    retag([...people, tag('board', 'mail', 'pii')]);
    await pull(personalColumnsCollector);
    const later = await pull(personalFlowsCollector, { observedAt: instantAt(collectNow + 9 * day) });
    expect(later.facts?.map(({ fact }) => [fact.data['table'], fact.data['tagged']])).toEqual([['main.shop.board', true]]); // prettier-ignore
  });

  it('are no news where lineage does not reach a week back', async () => {
    const { pull } = await device(people, {
      'lake.personal-flows': [flow('board', 'mail', 2)],
      'lake.column-lineage-reach': reach(3),
      'lake.tables': seeing('board'),
    });
    const found = await pull(personalFlowsCollector);
    expect(found.facts).toEqual([]);
    expect(found.note).toContain('nothing can be called new');
  });
});

describe('a change of rights', () => {
  it('names the tables with personal data that it reaches, also in the background', async () => {
    const changes = JSON.stringify([{ principal: 'account users', add: ['SELECT'], remove: [] }]);
    const row = (event: string, name: string): TextRow => ({
      event, ws: '7', at: micros(collectNow - 1000), service: 'unityCatalog', action: 'updatePermissions', who: 'ann', status: '200',
      params: JSON.stringify({ securable_type: 'schema', securable_full_name: name, changes }),
    }); // prettier-ignore
    const { pull } = await device([tag('people', 'email', 'pii'), tag('cards', 'owner', 'pii')], {
      'lake.audit': [row('e1', 'main.shop'), row('e2', 'main.sho'), row('e3', 'main'), row('e4', 'main.shop.people')],
    });
    const found = await pull(auditCollector);
    const both = ['main.shop.cards', 'main.shop.people'];
    expect(found.facts?.map(({ fact }) => [fact.id, fact.data['personal'], fact.assets])).toEqual([
      ['grant-change|7|e1', both, both.map((name) => `table|ms|${name}`)],
      ['grant-change|7|e2', undefined, []],
      ['grant-change|7|e3', both, both.map((name) => `table|ms|${name}`)],
      ['grant-change|7|e4', ['main.shop.people'], ['table|ms|main.shop.people']],
    ]);
  });

  it('is judged the same whichever comes first, the tags or the change, also where a tag comes days later', async () => {
    const changes = JSON.stringify([{ principal: 'account users', add: ['SELECT'], remove: [] }]);
    const row = (event: string, type: string, name: string): TextRow => ({
      event, ws: '7', at: micros(collectNow - 3 * day), service: 'unityCatalog', action: 'updatePermissions', who: 'ann', status: '200',
      params: JSON.stringify({ securable_type: type, securable_full_name: name, changes }),
    }); // prettier-ignore
    const rows = [
      row('e1', 'schema', 'main.shop'), row('e2', 'CATALOG', 'Main'), row('e3', 'table', 'main.shop.people'), row('e4', 'schema', 'main.other'),
      row('e5', 'table', 'main.shop.prices'),
    ]; // prettier-ignore
    const tags = [tag('people', 'email', 'pii'), tag('cards', 'owner', 'pii')];
    const judged = async (first: readonly TextRow[], later: readonly TextRow[] | null) => {
      const { pull, retag, stored } = await device(first, { 'lake.audit': rows });
      await pull(auditCollector);
      if (later !== null) {
        retag(later);
        await pull(personalColumnsCollector);
      }
      const grants = stored('grant-change');
      const signals = detectSignals(grants, (text) => createHash('sha256').update(text).digest('hex'));
      return {
        grants: grants.map(({ id, assets, data }) => [id, assets, data['personal']]),
        signals: signals.map(({ asset, windowKey }) => `${windowKey} ${asset}`).sort(),
      };
    };
    const before = await judged(tags, null);
    expect(before.signals).toEqual([
      'e1 table|ms|main.shop.cards', 'e1 table|ms|main.shop.people', 'e2 table|ms|main.shop.cards', 'e2 table|ms|main.shop.people',
      'e3 table|ms|main.shop.people',
    ]); // prettier-ignore
    expect(await judged([], tags)).toEqual(before);
    expect(await judged(tags.slice(0, 1), tags)).toEqual(before);
    // Read again once it is known it stays, and what lost its tag has lain open all the same.
    expect(await judged(tags, tags.slice(0, 1))).toEqual(before);
  });

  it('of another metastore is not told with the tables of this one', async () => {
    const changes = JSON.stringify([{ principal: 'account users', add: ['SELECT'], remove: [] }]);
    const params = JSON.stringify({ securable_type: 'schema', securable_full_name: 'main.shop', changes });
    const { pull, retag, stored } = await device([], {
      'lake.audit': [{ event: 'e1', ws: '9', at: micros(collectNow - day), service: 'unityCatalog', action: 'updatePermissions', status: '200', params }],
    }); // prettier-ignore
    await pull(auditCollector, { metastoreId: 'other' });
    retag([tag('people', 'email', 'pii')]);
    await pull(personalColumnsCollector);
    expect(stored('grant-change').map(({ assets, data }) => [assets, data['personal']])).toEqual([[[], undefined]]);
  });
});
