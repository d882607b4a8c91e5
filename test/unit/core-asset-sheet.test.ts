import { afterEach, describe, expect, it } from 'vitest';
import { ok } from '../../shared/base/result.ts';
import type { JsonObject } from '../../shared/base/json.ts';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import type { FactKind } from '../../shared/domain/vocabulary.ts';
import { compareVersions } from '../../main/core/asset-compare.ts';
import { assetSheet } from '../../main/core/asset-sheet.ts';
import { rowOf } from '../../main/lake/fact-rows.ts';
import { createLake } from '../../main/lake/lake.ts';
import { sourceLabel } from '../../main/lake/sources.ts';
import { putEdge, putSource } from '../../main/store/lake.ts';
import { putFact } from '../support/facts.ts';
import { collectNow, instantAt } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const hour = 3_600_000;
const table = 'table|ms|main.shop.orders';
type Given = {
  readonly kind: FactKind;
  readonly source: string;
  readonly assets?: readonly string[];
  readonly data: JsonObject;
  readonly ago?: number;
};

const sheetOver = (given: readonly Given[]) => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  store.transaction((db) => {
    given.forEach(({ kind, source, assets = [table], data, ago = 1 }, n) => {
      const fact = {
        id: `${kind}|${n}` as FactId, kind, source, workspace: '7', happenedAt: instantAt(collectNow - ago * hour), observedAt: instantAt(collectNow - hour),
        completeTo: null, assets: assets as readonly AssetId[], title: `title ${n}`, data,
      }; // prettier-ignore
      putFact(db, rowOf(fact), fact.assets);
    });
    const source = { workspace: '7', region: null, cursor: null, complete_to: null, observed: instantAt(collectNow), missing: '[]', note: null };
    putSource(db, { ...source, source: 'system.information_schema.row_filters', state: 'denied' });
    putSource(db, { ...source, source: 'system.information_schema.columns', state: 'fresh', missing: '["comment"]' });
    const seen = { via: '', first_seen: instantAt(collectNow - hour), last_seen: instantAt(collectNow) };
    putEdge(db, { from_asset: 'table|ms|main.shop.raw', to_asset: table, source: 'system.access.table_lineage', ...seen });
    putEdge(db, { from_asset: 'column|ms|main.shop.raw.mail', to_asset: 'column|ms|main.shop.orders.mail', source: 'system.access.column_lineage', ...seen });
    putEdge(db, { from_asset: 'column|ms|main.shop.raw.x', to_asset: 'column|ms|main.shop.orders2.x', source: 'system.access.column_lineage', ...seen });
    return ok(null);
  }); // prettier-ignore
  const lake = createLake({ workspaces: () => [], store, clock: { now: () => collectNow }, log: () => undefined });
  const from = { lake, db: store.read, sourceLabel };
  const of = (asset: string) => {
    const sheet = assetSheet(from, asset);
    return { sheet, section: (id: string) => sheet.sections.find((one) => one.id === id) };
  };
  return { of, compare: (a: number, b: number) => compareVersions(from, table, a, b) };
};

const info = (name: string): string => `system.information_schema.${name}`;
const version = (n: number, columns: Readonly<Record<string, string>>): Given => ({
  kind: 'schema', source: 'delta.history', ago: 100 - n,
  data: { what: 'version', version: n, items: Object.entries(columns).map(([name, type]) => ({ name, type })) },
}); // prettier-ignore

describe('the sheet of an asset', () => {
  it('says up to when the labels of a request log are complete, and where they nowhere are', () => {
    const log = (labelsCompleteTo: string | null, labels: number | null = 4): Given => ({
      kind: 'inference', source: 'inference_aggregates', data: { segment: null, requests: 8, labels, labelsCompleteTo },
    }); // prettier-ignore
    const first = (given: Given) => sheetOver([given]).of(table).section('quality')?.lines[0];
    const to = instantAt(collectNow - 9 * hour);
    expect(first(log(to))).toMatchObject({
      label: 'Labels',
      value: 'complete up to',
      at: to,
      chips: ['95 % of predictions'],
    });
    expect(first(log(null))).toMatchObject({ label: 'Labels', value: 'not complete at any time that was read' });
    // A log that has no column for labels says nothing about them.
    expect(first(log(null, null))?.label).toBe('title 0');
  });

  it('says what is cached, from where and how old; what is missing is named', () => {
    const { of } = sheetOver([
      { kind: 'schema', source: info('columns'), data: { what: 'columns', items: [{ name: 'mail', type: 'string', place: 2 }, { name: 'id', type: 'bigint', place: 1, nullable: false }] } },
      { kind: 'settings', source: info('column_masks'), data: { what: 'column-masks', items: [{ column: 'mail', mask: 'r.m.hide', columns: null }] } },
      { kind: 'settings', source: info('column_tags'), data: { what: 'column-tags', items: [{ column: 'mail', tag: 'pii', value: 'email' }] } },
      { kind: 'settings', source: info('table_tags'), data: { what: 'tags', items: [] } },
      { kind: 'access', source: info('table_privileges'), data: { what: 'table', items: [{ who: 'bi', privilege: 'SELECT', inheritedFrom: 'SCHEMA' }, { who: 'bi', privilege: 'USE_SCHEMA', inheritedFrom: 'SCHEMA' }] } },
      { kind: 'run', source: 'system.lakeflow.job_run_timeline', data: { result: 'failed' } },
      { kind: 'cost', source: 'system.billing.usage', data: { list: 3 } },
    ]); // prettier-ignore
    const { sheet, section } = of(table);
    expect(section('columns')?.lines.map(({ label, value, chips }) => [label, value, ...chips])).toEqual([
      ['id', 'bigint', 'not null'],
      ['mail', 'string', 'pii: email', 'masked by r.m.hide'],
    ]);
    expect(section('columns')).toMatchObject({ observedAt: instantAt(collectNow - hour), source: 'Columns of tables' });
    expect(section('columns')?.note).toContain('without comment');
    expect(section('access')?.lines.map(({ label, value, chips }) => [label, value, ...chips])).toEqual([
      ['bi', 'SELECT, USE SCHEMA', 'inherited from schema'],
    ]);
    expect(section('rules')?.note).toContain('Row filters: not complete, this user may not read it.');
    expect(section('rules')?.lines).toHaveLength(1);
    expect(section('tags')?.lines).toHaveLength(1);
    expect(section('runs')?.lines[0]).toMatchObject({ tone: 'bad', fact: 'run|5' });
    expect(section('cost')?.lines).toHaveLength(1);
    expect(section('versions')?.note).toContain('not read yet');
    expect(section('lineage')?.lines[0]).toMatchObject({
      label: 'raw',
      value: 'goes into it',
      chips: ['Lineage of tables'],
    });
    expect(section('column-lineage')?.lines.map(({ label, value }) => [label, value])).toEqual([
      ['mail', 'made from raw.mail'],
    ]);
    expect(sheet.versions).toEqual([]);
  });

  it('an asset that nobody knows has sections that say so, and names are shown safely', () => {
    const { of } = sheetOver([]);
    expect(of('table|ms|main.shop.\u202enone').sheet.name).toBe('·none');
    expect(of('table|ms|x.y.z').section('access')?.note).toContain('not read yet');
    expect(of('cluster|7|c').sheet.sections).toEqual([]);
  });

  it('a view is found by its name where a source cannot tell it from a table', () => {
    const { of } = sheetOver([
      { kind: 'settings', source: info('views'), data: { what: 'view', items: [{ definitionLength: 12 }] } },
    ]);
    expect(of('view|ms|main.shop.orders').section('about')?.lines[0]).toMatchObject({
      label: 'definition length',
      value: '12',
    });
  });

  it('a mismatch of alias and served version is named on both sheets', () => {
    const [model, endpoint] = ['model|ms|main.ml.price', 'endpoint|7|api'];
    const { of } = sheetOver([
      { kind: 'settings', source: 'rest.unity-catalog.models', assets: [model], data: { what: 'aliases', model: 'main.ml.price', items: [{ alias: 'champion', version: '7' }] } },
      { kind: 'settings', source: 'rest.serving-endpoints', assets: [endpoint, model], data: { what: 'served', endpoint: 'api', items: [{ entity: 'main.ml.price', version: '6', traffic: 100, size: 'Large', scalesToZero: false }] } },
    ]); // prettier-ignore
    expect(of(endpoint).section('served')?.lines[0]?.chips).toEqual([
      '100 % of traffic',
      'size large',
      'never scales to zero',
    ]);
    for (const asset of [model, endpoint])
      expect(of(asset).section('served')?.note).toContain('alias champion → v7, served v6');
    expect(
      of(model)
        .section('served')
        ?.lines.map(({ label, value }) => `${label} ${value}`),
    ).toContain('alias champion version 7');
  });
});

describe('two versions of a table', () => {
  it('are compared from what was kept before and after changes', () => {
    const { of, compare } = sheetOver([
      version(3, { id: 'bigint', price: 'decimal' }),
      version(4, { id: 'int', amount: 'decimal' }),
      { kind: 'table-version', source: 'delta.history', data: { version: 9 } },
      { kind: 'schema-change', source: 'delta.history', data: { version: 4 } },
    ]);
    expect(of(table).sheet.versions.map((one) => one.version)).toEqual([9, 4, 3]);
    expect(compare(2, 9).rows).toEqual([
      { name: 'id', from: 'bigint', to: 'int', change: 'retyped' },
      { name: 'price', from: 'decimal', to: null, change: 'removed' },
      { name: 'amount', from: null, to: 'decimal', change: 'added' },
    ]);
    expect(compare(2, 9).changes).toEqual(['Version 4: title 3']);
    expect(compare(4, 9).rows.every((row) => row.change === 'same')).toBe(true);
    expect(compare(9, 3).rows.find((row) => row.name === 'price')?.change).toBe('added');
  });

  it('that were never read are not made up', () => {
    expect(sheetOver([]).compare(1, 2)).toMatchObject({
      rows: [],
      note: expect.stringContaining('not been read') as string,
    });
  });
});

describe('two versions of a table', () => {
  it('are compared by exact types; what differs inside a type is named by its path', () => {
    const at = (amount: string, address: string, tags: string) => ({
      id: 'int',
      amount,
      address,
      tags,
      plain: 'decimal',
    });
    const { compare } = sheetOver([
      version(1, at('decimal(10,2)', 'struct<zip:int,city:string,geo:struct<lat:double>>', 'map<string,array<int>>')),
      version(
        2,
        at('decimal(12,2)', 'struct<zip:string,geo:struct<lat:float,lon:double>>', 'map<string,array<bigint>>'),
      ),
      version(3, { ...at('decimal(12,2)', 'string', 'map<string,array<bigint>>'), plain: 'decimal(4,1)' }),
    ]);
    const differences = (a: number, b: number) =>
      compare(a, b)
        .rows.filter((row) => row.change !== 'same')
        .map((row) => [row.name, row.from, row.to, row.change]);
    expect(differences(1, 2)).toEqual([
      ['amount', 'decimal(10,2)', 'decimal(12,2)', 'retyped'],
      ['address.zip', 'int', 'string', 'retyped'],
      ['address.city', 'string', null, 'removed'],
      ['address.geo.lat', 'double', 'float', 'retyped'],
      ['address.geo.lon', null, 'double', 'added'],
      ['tags.value.element', 'int', 'bigint', 'retyped'],
    ]);
    // Another kind of type altogether; a coarse name proves no difference, and is said to be one.
    expect(differences(2, 3)).toEqual([
      ['address', 'struct<zip:string,geo:struct<lat:float,lon:double>>', 'string', 'retyped'],
    ]);
    expect(compare(2, 3).note).toBe('Only the kind of type is known of plain: what is inside may differ.');
    expect(compare(1, 1).rows).toHaveLength(5);
  });
});
