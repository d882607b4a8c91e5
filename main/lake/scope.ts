import { assetParts, type AssetId } from '../../shared/domain/ids.ts';
import { edgesOf } from '../store/lake.ts';
import type { ReadableDb } from '../store/port.ts';
import { carrier } from './assets.ts';
import { isCompute } from './compute-edges.ts';
import { edgeOf } from './fact-rows.ts';
import type { LakeEdge } from './port.ts';

/** Assets after which a walk takes no further hop: bounds what one hub table can pull in. */
const maxAssets = 2_000;

/** Compute that one job or pipeline is shown with: one that gets a new cluster for each run has had dozens. */
const computePerRunner = 5;

/**
 * Edges without the compute that a runner used longest ago. Where the walk stands on the compute itself, everything that ran on
 * it is wanted.
 */
const recentCompute = (edges: readonly LakeEdge[], frontier: ReadonlySet<AssetId>): readonly LakeEdge[] => {
  const used = new Map<AssetId, AssetId[]>();
  const newestFirst = edges
    .filter(({ from }) => isCompute(from) && !frontier.has(from))
    .sort((a, b) => (a.lastSeen > b.lastSeen ? -1 : a.lastSeen < b.lastSeen ? 1 : a.from < b.from ? -1 : 1));
  for (const { from, to } of newestFirst) {
    const known = used.get(to) ?? [];
    if (!known.includes(from)) used.set(to, [...known, from]);
  }
  return edges.filter(({ from, to }) => (used.get(to)?.indexOf(from) ?? -1) < computePerRunner);
};

/**
 * Edges within `hops` of these assets, both directions, and the distance of every asset that they touch, nearest first. A walk
 * ends at clusters and warehouses unless it begins there: nearly everything is joined through one that is shared. `walked`: fewer
 * hops than were asked for, where so many assets lie within them that what is farther was not followed.
 */
export const around = (
  db: ReadableDb,
  assets: readonly AssetId[],
  hops: number,
): {
  readonly edges: readonly LakeEdge[];
  readonly distance: ReadonlyMap<AssetId, number>;
  readonly walked: number;
} => {
  const distance = new Map<AssetId, number>();
  for (const asset of assets) distance.set(carrier(asset), 0);
  const edges = new Map<string, LakeEdge>();
  let frontier = [...distance.keys()];
  let walked = hops;
  for (let hop = 1; hop <= hops && frontier.length > 0; hop += 1) {
    if (distance.size >= maxAssets) {
      walked = hop - 1;
      break;
    }
    const next: AssetId[] = [];
    const found = edgesOf(db, frontier).map(edgeOf);
    for (const edge of recentCompute(found, new Set(frontier))) {
      edges.set(`${edge.from}\n${edge.to}\n${edge.source}\n${edge.via ?? ''}`, edge);
      for (const asset of [edge.from, edge.to])
        if (!distance.has(asset)) {
          distance.set(asset, hop);
          if (!isCompute(asset)) next.push(asset);
        }
    }
    frontier = next;
  }
  return { edges: [...edges.values()], distance, walked };
};

/** Tables first among equals: they are what scoped sources read. */
export const nearestFirst = (distance: ReadonlyMap<AssetId, number>): ReadonlyMap<AssetId, number> => {
  const rank = (asset: AssetId): number => (assetParts(asset).kind === 'table' ? 0 : 1);
  return new Map([...distance].sort((a, b) => a[1] - b[1] || rank(a[0]) - rank(b[0]) || (a[0] < b[0] ? -1 : 1)));
};
