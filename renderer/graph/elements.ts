import type { ElementDefinition } from 'cytoscape';
import type { Lineage } from '../../shared/contract/room.ts';
import { type Place, presetPlaces } from './layout.ts';

export type LineageNode = Lineage['nodes'][number];
export type LineageEdge = Lineage['edges'][number];

/** Lineage → elements of the graph with preset places. Edges whose ends are not here are left out: they would draw nothing. */
export const toElements = (lineage: Pick<Lineage, 'nodes' | 'edges'>): readonly ElementDefinition[] => {
  const places = presetPlaces(lineage.nodes);
  const nodes = lineage.nodes.map((node): ElementDefinition => ({
    group: 'nodes',
    data: { id: node.id, state: node.state },
    position: { ...(places.get(node.id) ?? { x: 0, y: 0 }) },
  }));
  const edges = lineage.edges
    .filter((edge) => places.has(edge.from) && places.has(edge.to))
    .map((edge): ElementDefinition => ({
      group: 'edges',
      data: { id: `edge ${edge.id}`, source: edge.from, target: edge.to, damage: edge.damage ? 'yes' : 'no' },
    }));
  return [...nodes, ...edges];
};

/** What a state is called, and the letter that says it without colour. */
export const stateWords: Readonly<
  Record<
    LineageNode['state'],
    { readonly word: string; readonly letter: string; readonly tone: 'bad' | 'change' | 'warn' | 'plain' }
  >
> = {
  failed: { word: 'broken', letter: '!', tone: 'bad' },
  changed: { word: 'changed', letter: 'C', tone: 'change' },
  doubtful: { word: 'doubtful', letter: '?', tone: 'warn' },
  stale: { word: 'stale', letter: '~', tone: 'plain' },
  hidden: { word: 'not visible', letter: '×', tone: 'plain' },
  healthy: { word: 'healthy', letter: '', tone: 'plain' },
};

export type Step = 'left' | 'right' | 'up' | 'down';

/** The node that an arrow key goes to: left and right follow edges (damage first), up and down stay in the layer. */
export const neighbour = (lineage: Pick<Lineage, 'nodes' | 'edges'>, from: string, step: Step): string | null => {
  const node = lineage.nodes.find((one) => one.id === from);
  if (node === undefined) return lineage.nodes[0]?.id ?? null;
  if (step === 'up' || step === 'down') {
    const layer = lineage.nodes.filter((one) => one.layer === node.layer).sort((a, b) => a.order - b.order);
    return layer[layer.indexOf(node) + (step === 'down' ? 1 : -1)]?.id ?? null;
  }
  const present = new Set(lineage.nodes.map((one) => one.id));
  const along = lineage.edges
    .map((edge) => ({
      damage: edge.damage,
      here: step === 'right' ? edge.from : edge.to,
      there: step === 'right' ? edge.to : edge.from,
    }))
    .filter((edge) => edge.here === from && present.has(edge.there))
    .sort((a, b) => Number(b.damage) - Number(a.damage));
  return along[0]?.there ?? null;
};

export type Placed = { readonly node: LineageNode; readonly place: Place };
/** Nodes with their places, in reading order: layer by layer, top to bottom. */
export const placed = (nodes: readonly LineageNode[]): readonly Placed[] => {
  const places = presetPlaces(nodes);
  return nodes
    .toSorted((a, b) => a.layer - b.layer || a.order - b.order)
    .map((node) => ({ node, place: places.get(node.id) ?? { x: 0, y: 0 } }));
};
