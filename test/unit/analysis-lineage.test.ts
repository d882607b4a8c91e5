import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssetId } from '../../shared/domain/ids.ts';
import { components, layers, makeGraph } from '../../main/analysis/graph.ts';
import { lineageView } from '../../main/analysis/lineage.ts';
import { marksOf } from '../../main/analysis/marks.ts';
import type { Edge, LineageInput, LineageView, Marks } from '../../main/analysis/port.ts';

const t = (name: string): AssetId => `table|ms|${name}` as AssetId;
const j = (name: string): AssetId => `job|7|${name}` as AssetId;
const e = (from: AssetId, to: AssetId, via: AssetId | null = null): Edge => ({ from, to, source: 'lineage', via });
const none: Marks = { failed: new Set(), changed: new Set(), doubtful: new Set(), stale: new Set() };
const view = (change: Partial<LineageInput>): LineageView =>
  lineageView({
    edges: [], focus: [], marks: none, hops: 3, completeTo: null,
    labelOf: (asset) => ({ name: asset.split('|').at(-1) ?? '', kind: asset.split('|')[0] ?? '', detail: '' }), ...change,
  }); // prettier-ignore
const told = (found: LineageView) => found.nodes.map((one) => `${one.name}:${one.layer}:${one.state}`);

describe('the map', () => {
  const line = [e(t('a'), t('b')), e(t('b'), t('c')), e(t('c'), t('d')), e(t('side'), t('b'))];

  it('layers by the longest way, states by marks, damage from change to failure', () => {
    const found = view({
      edges: [...line, e(t('a'), t('c'))],
      focus: [t('c')],
      marks: { ...none, changed: new Set([t('a')]), doubtful: new Set([t('c')]) },
    });
    expect(told(found)).toEqual(['a:0:changed', 'side:0:healthy', 'b:1:healthy', 'c:2:doubtful', 'd:3:doubtful']);
    expect(found.edges.filter((one) => one.damage).map((one) => `${one.from}>${one.to}`)).toEqual([
      `${t('a')}>${t('b')}`,
      `${t('a')}>${t('c')}`,
      `${t('b')}>${t('c')}`,
    ]);
    expect(found.text).toBe('showing 5 of 5');
  });

  it('names the documented table where a live answer says the same of a pair, whichever is told first', () => {
    const from = (source: string): Edge => ({ ...e(t('a'), t('b')), source });
    const two = [from('rest.lineage-tracking.table-lineage'), from('system.access.table_lineage')];
    for (const edges of [two, two.toReversed()])
      expect(view({ edges, focus: [t('a')] }).edges.map(({ source }) => source)).toEqual([
        'system.access.table_lineage',
      ]);
    expect(view({ edges: two.slice(0, 1), focus: [t('a')] }).edges.map(({ source }) => source)).toEqual(['rest.lineage-tracking.table-lineage']); // prettier-ignore
  });

  it('hops bound the map; what is cut off is counted at its neighbour', () => {
    const found = view({ edges: line, focus: [t('b')], hops: 1 });
    expect(found.nodes.map((one) => one.name)).toEqual(['a', 'side', 'b', 'c']);
    expect(found.nodes.find((one) => one.name === 'c')?.hidden).toEqual({ up: 0, down: 1 });
    expect(view({ edges: line, focus: [t('b')], hops: 1, total: 1_460 }).text).toBe('showing 4 of 1,460');
  });

  it('a failing job stands between its tables, another job does not show', () => {
    const edges = [
      e(t('a'), t('b'), j('1')),
      e(t('a'), j('1')),
      e(j('1'), t('b')),
      e(t('b'), t('c'), j('2')),
      e(t('b'), j('2')),
      e(j('2'), t('c')),
    ];
    const found = view({ edges, focus: [j('1')], marks: { ...none, failed: new Set([j('1')]) } });
    expect(told(found)).toEqual(['a:0:healthy', '1:1:failed', 'b:2:doubtful', 'c:3:doubtful']);
    expect(found.edges.map((one) => `${one.from}>${one.to}`)).not.toContain(`${t('a')}>${t('b')}`);
  });

  it('an affected asset without lineage still shows; an empty map is empty', () => {
    expect(told(view({ focus: [t('alone')] }))).toEqual(['alone:0:healthy']);
    expect(view({})).toMatchObject({ nodes: [], edges: [], total: 0, text: 'showing 0 of 0' });
  });

  it('cycles end, and their members share a layer', () => {
    const found = view({
      edges: [e(t('a'), t('b')), e(t('b'), t('c')), e(t('c'), t('b')), e(t('c'), t('d')), e(t('d'), t('d'))],
      focus: [t('b')],
    });
    expect(found.nodes.map((one) => [one.name, one.layer])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 1],
      ['d', 2],
    ]);
  });

  it('keeps the affected and the marked when there are too many', () => {
    const edges = Array.from({ length: 500 }, (_, i) => e(t('hub'), t(`leaf${i}`)));
    const found = view({ edges, focus: [t('hub')], marks: { ...none, doubtful: new Set([t('leaf499')]) } });
    expect(found.nodes.length).toBe(300);
    expect(found.nodes.some((one) => one.name === 'leaf499')).toBe(true);
    expect(found.nodes.find((one) => one.name === 'hub')?.hidden.down).toBe(201);
    expect(found.text).toBe('showing 300 of 501');
  });

  it('is the same for every order of edges, and every edge has both ends', () => {
    const asset = fc.constantFrom(...['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(t), j('1'), j('2'));
    const edges = fc.array(fc.record({ from: asset, to: asset, via: fc.option(fc.constantFrom(j('1'), j('2'))) }), {
      maxLength: 25,
    });
    fc.assert(
      fc.property(
        edges,
        asset,
        fc.subarray([t('a'), t('b'), j('1')]),
        fc.subarray([t('c'), t('d')]),
        (specs, focus, failed, changed) => {
          const all = specs.map((one) => e(one.from, one.to, one.via));
          const marks = { ...none, failed: new Set(failed), changed: new Set(changed) };
          const found = view({ edges: all, focus: [focus], marks });
          expect(view({ edges: [...all].reverse(), focus: [focus], marks })).toEqual(found);
          const ids = new Set(found.nodes.map((one) => one.id));
          expect(ids.has(focus)).toBe(true);
          expect(found.edges.every((one) => ids.has(one.from) && ids.has(one.to))).toBe(true);
          expect(new Set(found.nodes.map((one) => `${one.layer}.${one.order}`)).size).toBe(found.nodes.length);
        },
      ),
    );
  });

  it('20,000 edges take well under a second of work', () => {
    const edges = Array.from({ length: 20_000 }, (_, i) =>
      e(t(`n${Math.floor(i / 3)}`), t(`n${Math.floor(i / 3) + 1 + ((i * 7) % 40)}`)),
    );
    const before = process.cpuUsage();
    const found = view({
      edges,
      focus: [t('n3000')],
      hops: 40,
      marks: { ...none, changed: new Set([t('n2990')]), failed: new Set([t('n3100')]) },
    });
    const used = process.cpuUsage(before);
    expect(found.nodes.length).toBe(300);
    expect((used.user + used.system) / 1000).toBeLessThan(2_000);
  });
});

describe('graphs', () => {
  it('layers rise along every edge that is in no cycle', () => {
    const node = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    fc.assert(
      fc.property(fc.array(fc.record({ from: node, to: node }), { maxLength: 20 }), (edges) => {
        const graph = makeGraph(edges);
        const [layer, component] = [layers(graph), components(graph)];
        for (const { from, to } of edges) {
          if (component.get(from) === component.get(to)) expect(layer.get(from)).toBe(layer.get(to));
          else expect(layer.get(from)).toBeLessThan(layer.get(to) ?? -1);
        }
      }),
    );
  });

  it('a chain of 20,000 does not overflow the stack', () => {
    const graph = makeGraph(Array.from({ length: 20_000 }, (_, i) => ({ from: `n${i}`, to: `n${i + 1}` })));
    expect(layers(graph).get('n20000')).toBe(20_000);
  });
});

describe('marks', () => {
  it('from signals and facts: columns stand for their table, tasks for their job, old changes do not count', () => {
    const marks = marksOf({
      signals: [{ monitor: 'failed-run', asset: 'task|7|9/check' as AssetId }, { monitor: 'drift-psi', asset: 'column|ms|c.s.t.x' as AssetId }],
      facts: [
        { kind: 'schema-change', happenedAt: '2026-11-24T00:00:00.000Z', assets: [t('new')], data: {} },
        { kind: 'schema-change', happenedAt: '2026-11-01T00:00:00.000Z', assets: [t('old')], data: {} },
        { kind: 'table-version', happenedAt: '2026-11-24T00:00:00.000Z', assets: [t('written')], data: {} },
      ],
      from: '2026-11-20T00:00:00.000Z',
    }); // prettier-ignore
    expect([...marks.failed]).toEqual(['job|7|9']);
    expect([...marks.doubtful]).toEqual(['table|ms|c.s.t']);
    expect([...marks.changed]).toEqual([t('new')]);
  });
});
