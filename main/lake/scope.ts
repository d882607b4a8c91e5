import { assetParts, type AssetId } from '../../shared/domain/ids.ts';
import { edgesOf } from '../store/lake.ts';
import type { ReadableDb } from '../store/port.ts';
import { carrier } from './assets.ts';
import { edgeOf } from './fact-rows.ts';
import type { LakeEdge } from './port.ts';

/** Assets that a walk may reach: bounds what one hub table can pull in. */
const maxAssets = 2_000;

/** Edges within `hops` of these assets, both directions, and the distance of every asset that they touch, nearest first. */
export const around = (
  db: ReadableDb,
  assets: readonly AssetId[],
  hops: number,
): { readonly edges: readonly LakeEdge[]; readonly distance: ReadonlyMap<AssetId, number> } => {
  const distance = new Map<AssetId, number>();
  for (const asset of assets) distance.set(carrier(asset), 0);
  const edges = new Map<string, LakeEdge>();
  let frontier = [...distance.keys()];
  for (let hop = 1; hop <= hops && frontier.length > 0 && distance.size < maxAssets; hop += 1) {
    const next: AssetId[] = [];
    for (const row of edgesOf(db, frontier)) {
      const edge = edgeOf(row);
      edges.set(`${edge.from}\n${edge.to}\n${edge.source}\n${edge.via ?? ''}`, edge);
      for (const asset of [edge.from, edge.to])
        if (!distance.has(asset)) {
          distance.set(asset, hop);
          next.push(asset);
        }
    }
    frontier = next;
  }
  return { edges: [...edges.values()], distance };
};

/** Tables first among equals: they are what scoped sources read. */
export const nearestFirst = (distance: ReadonlyMap<AssetId, number>): ReadonlyMap<AssetId, number> => {
  const rank = (asset: AssetId): number => (assetParts(asset).kind === 'table' ? 0 : 1);
  return new Map([...distance].sort((a, b) => a[1] - b[1] || rank(a[0]) - rank(b[0]) || (a[0] < b[0] ? -1 : 1)));
};
