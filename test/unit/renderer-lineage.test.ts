import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { neighbour, placed, toElements } from '../../renderer/graph/elements.ts';
import { fitName } from '../../renderer/graph/fit-name.ts';
import { box, presetPlaces } from '../../renderer/graph/layout.ts';
import { assets, sampleLineage } from '../support/renderer-sample.ts';

describe('places from layer and order', () => {
  it('boxes never overlap, whatever layers and orders come', () => {
    const nodes = fc.array(fc.record({ layer: fc.nat(12), order: fc.nat(20) }), { maxLength: 60 });
    fc.assert(
      fc.property(nodes, (list) => {
        const places = [...presetPlaces(list.map((one, at) => ({ id: `n${at}`, ...one }))).values()];
        for (const [at, a] of places.entries())
          for (const b of places.slice(at + 1)) {
            const apart = Math.abs(a.x - b.x) >= box.width || Math.abs(a.y - b.y) >= box.height;
            expect(apart).toBe(true);
          }
      }),
    );
  });

  it('a layer is centred, an empty layer takes no room, left is upstream', () => {
    const places = presetPlaces([{ id: 'a', layer: 0, order: 0 }, { id: 'b', layer: 5, order: 1 }, { id: 'c', layer: 5, order: 0 }]); // prettier-ignore
    expect(places.get('a')).toEqual({ x: 0, y: 0 });
    expect(places.get('b')?.x).toBe(box.width + box.gapX);
    expect(places.get('c')?.y).toBe(-(places.get('b')?.y ?? 0));
    expect(places.get('c')?.y).toBeLessThan(0);
  });
});

describe('elements', () => {
  it('every node and edge once, damage marked, edges without both ends left out', () => {
    const torn = {
      ...sampleLineage,
      edges: [...sampleLineage.edges, { id: 'x', from: 'nowhere', to: assets.pos, damage: true, source: 's' }],
    };
    const elements = toElements(torn);
    expect(elements.filter((one) => one.group === 'nodes')).toHaveLength(sampleLineage.nodes.length);
    const edges = elements.filter((one) => one.group === 'edges');
    expect(edges).toHaveLength(sampleLineage.edges.length);
    expect(edges.filter((one) => one.data['damage'] === 'yes')).toHaveLength(
      sampleLineage.edges.filter((one) => one.damage).length,
    );
    expect(new Set(elements.map((one) => one.data.id)).size).toBe(elements.length);
  });

  it('reading order is layer by layer, top to bottom', () => {
    const order = placed(sampleLineage.nodes).map(({ node }) => node.layer * 100 + node.order);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('arrow keys follow edges, damage first, and stay in the layer up and down', () => {
    expect(neighbour(sampleLineage, assets.pos, 'right')).toBe(assets.clean);
    expect(neighbour(sampleLineage, assets.pos, 'left')).toBe(assets.events);
    expect(neighbour(sampleLineage, assets.clean, 'down')).toBe(assets.daily);
    expect(neighbour(sampleLineage, assets.clean, 'up')).toBeNull();
    expect(neighbour(sampleLineage, assets.board, 'right')).toBeNull();
    expect(neighbour(sampleLineage, 'unknown', 'right')).toBe(sampleLineage.nodes[0]?.id);
  });
});

describe('names in boxes', () => {
  it('are the longest cut that fits', () => {
    const measure = (text: string): number => [...text].length * 7;
    expect(fitName('pos_sales', 100, measure)).toBe('pos_sales');
    const cut = fitName('store_demand_by_store_and_7d', 91, measure);
    expect(cut).toBe('store_…and_7d');
    expect(measure(cut)).toBe(91);
  });
});
