import { assetParts, type AssetId } from '../../shared/domain/ids.ts';
import { distances, layers, makeGraph, type Graph } from './graph.ts';
import type { Edge, LineageEdge, LineageInput, LineageNode, LineageView, Marks, NodeState } from './port.ts';

const defaultCap = 300;

const kindOf = (asset: AssetId): string => assetParts(asset).kind;

/** What moves data without being data: it stands on the map only where it matters. */
const movers: ReadonlySet<string> = new Set(['job', 'pipeline', 'notebook', 'query']);
const isMover = (asset: AssetId): boolean => movers.has(kindOf(asset));
/** What movers run on: it stands on the map with them. */
const isCompute = (asset: AssetId): boolean => ['cluster', 'warehouse'].includes(kindOf(asset));

/** Movers that matter themselves, and those that run on compute that does: what happens to it reaches their tables. */
const shownMovers = (input: LineageInput): ReadonlySet<AssetId> => {
  const matters = new Set([...input.focus, ...input.marks.failed, ...input.marks.changed]);
  const above = input.edges.filter(({ from }) => isCompute(from) && matters.has(from)).map(({ to }) => to);
  return new Set([...matters, ...above].filter(isMover));
};

/**
 * Edges as the map draws them. Movers stand on the map only where they matter (affected or marked); their tables are then joined
 * through them. Everywhere else a table is joined to the tables that it is made from.
 */
const drawnEdges = (edges: readonly Edge[], shown: ReadonlySet<AssetId>): readonly Edge[] =>
  edges.filter((edge) => {
    if (edge.via !== null && shown.has(edge.via)) return false;
    return [edge.from, edge.to].every((asset) => !isMover(asset) || shown.has(asset));
  });

/** Downstream of what fails or drifted, nothing is certain; what changed is a cause and not a victim. */
const stateOf = (asset: AssetId, marks: Marks, downstream: ReadonlyMap<AssetId, number>): NodeState => {
  if (marks.failed.has(asset)) return 'failed';
  if (marks.changed.has(asset)) return 'changed';
  if (marks.doubtful.has(asset) || downstream.has(asset)) return 'doubtful';
  return marks.stale.has(asset) ? 'stale' : 'healthy';
};

/** Which edges lie on a way from a changed asset to one that suffers. */
const damaged = (
  graph: Graph<AssetId>,
  marks: Marks,
  shown: ReadonlySet<AssetId>,
): ((edge: { readonly from: AssetId; readonly to: AssetId }) => boolean) => {
  const suffering = [...marks.failed, ...marks.doubtful].filter((asset) => shown.has(asset));
  const from = distances(
    graph.down,
    [...marks.changed].filter((asset) => shown.has(asset)),
  );
  const to = distances(graph.up, suffering);
  return (edge) => from.has(edge.from) && to.has(edge.to);
};

/** Order within layers: after the average place of what lies left of a node, ties by id. One pass is enough to keep ways together. */
const places = (graph: Graph<AssetId>, layerOf: ReadonlyMap<AssetId, number>): ReadonlyMap<AssetId, number> => {
  const columns = new Map<number, AssetId[]>();
  for (const node of graph.nodes) {
    const layer = layerOf.get(node) ?? 0;
    columns.set(layer, [...(columns.get(layer) ?? []), node]);
  }
  const place = new Map<AssetId, number>();
  for (const layer of [...columns.keys()].sort((a, b) => a - b)) {
    const weight = (node: AssetId): number => {
      const above = (graph.up.get(node) ?? []).flatMap((one) => place.get(one) ?? []);
      return above.length === 0 ? Number.MAX_SAFE_INTEGER : above.reduce((sum, one) => sum + one, 0) / above.length;
    };
    const weighed = (columns.get(layer) ?? []).map((node) => ({ node, weight: weight(node) }));
    weighed.sort((a, b) => a.weight - b.weight || (a.node < b.node ? -1 : 1));
    weighed.forEach(({ node }, i) => place.set(node, i));
  }
  return place;
};

/** 1460 → "1,460": the same on every machine, whatever its language. */
const grouped = (n: number): string =>
  n < 1000 ? String(n) : `${grouped(Math.floor(n / 1000))},${String(n % 1000).padStart(3, '0')}`;

/**
 * The map around affected assets: everything upstream and downstream within `hops`, what is marked and connected first, at most
 * `cap` nodes. Pure and deterministic; about 60 ms on 20,000 edges.
 */
export const lineageView = (input: LineageInput): LineageView => {
  const { marks } = input;
  const named = shownMovers(input);
  const edges = drawnEdges(input.edges, named);
  const graph = makeGraph(edges, input.focus);
  const [above, below] = [distances(graph.up, input.focus, input.hops), distances(graph.down, input.focus, input.hops)];
  const near = (asset: AssetId): number => Math.min(above.get(asset) ?? Infinity, below.get(asset) ?? Infinity);
  const marked = (asset: AssetId): boolean =>
    marks.failed.has(asset) || marks.changed.has(asset) || marks.doubtful.has(asset);
  const focus = new Set(input.focus);
  const rank = (asset: AssetId): number => (focus.has(asset) ? 0 : marked(asset) ? 1 : 2);
  const candidates = graph.nodes
    .filter((asset) => near(asset) !== Infinity)
    .map((asset) => ({ asset, rank: rank(asset), near: near(asset) }))
    .sort((a, b) => a.rank - b.rank || a.near - b.near || (a.asset < b.asset ? -1 : 1))
    .slice(0, input.cap ?? defaultCap);
  const shown = new Set(candidates.map((one) => one.asset));
  const visible = uniqueEdges(edges.filter((edge) => shown.has(edge.from) && shown.has(edge.to)));
  const drawn = makeGraph(visible, shown);
  const layerOf = layers(drawn);
  const order = places(drawn, layerOf);
  const downstream = distances(
    graph.down,
    [...marks.failed, ...marks.doubtful].filter((asset) => shown.has(asset)),
  );
  const isDamage = damaged(drawn, marks, shown);
  const count = (all: readonly AssetId[] | undefined): number => (all ?? []).filter((one) => !shown.has(one)).length;
  const nodes = drawn.nodes
    .map((asset): LineageNode => ({
      id: asset,
      ...input.labelOf(asset),
      state: stateOf(asset, marks, downstream),
      layer: layerOf.get(asset) ?? 0,
      order: order.get(asset) ?? 0,
      hidden: { up: count(graph.up.get(asset)), down: count(graph.down.get(asset)) },
    }))
    .sort((a, b) => a.layer - b.layer || a.order - b.order);
  const total = Math.max(input.total ?? makeGraph(input.edges, input.focus).nodes.length, nodes.length);
  return {
    nodes,
    edges: visible.map((edge): LineageEdge => ({
      from: edge.from,
      to: edge.to,
      source: edge.source,
      damage: isDamage(edge),
    })),
    total,
    shown: nodes.length,
    text: `showing ${grouped(nodes.length)} of ${grouped(total)}`,
    completeTo: input.completeTo,
  };
};

/** What a documented table says counts before what a live answer said of the same pair (`rest.…`); among equals the first by name. */
const isBetter = (one: Edge, known: Edge): boolean => {
  const [a, b] = [one, known].map(({ source }) => source.startsWith('rest.'));
  return a === b ? one.source < known.source : b === true;
};
/** One edge per pair, whatever number of jobs moves data along it; sorted. */
const uniqueEdges = (edges: readonly Edge[]): readonly Edge[] => {
  const found = new Map<string, Edge>();
  for (const edge of edges) {
    const key = `${edge.from}\n${edge.to}`;
    const known = found.get(key);
    if (edge.from !== edge.to && (known === undefined || isBetter(edge, known))) found.set(key, edge);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, edge]) => edge);
};
