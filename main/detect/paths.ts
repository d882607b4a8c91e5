import type { AssetId } from '../../shared/domain/ids.ts';
import { carrier } from '../lake/assets.ts';
import type { LakeEdge } from '../lake/port.ts';

/** Lineage as neighbours, sorted, so that walks do not depend on the order of edges. */
export type Neighbours = {
  readonly down: ReadonlyMap<AssetId, readonly AssetId[]>;
  readonly up: ReadonlyMap<AssetId, readonly AssetId[]>;
};

export const neighbours = (edges: readonly Pick<LakeEdge, 'from' | 'to'>[]): Neighbours => {
  const down = new Map<AssetId, Set<AssetId>>();
  const up = new Map<AssetId, Set<AssetId>>();
  const add = (map: Map<AssetId, Set<AssetId>>, key: AssetId, value: AssetId): void => {
    const known = map.get(key);
    if (known === undefined) map.set(key, new Set([value]));
    else known.add(value);
  };
  for (const edge of edges) {
    const [from, to] = [carrier(edge.from), carrier(edge.to)];
    if (from === to) continue;
    add(down, from, to);
    add(up, to, from);
  }
  const sorted = (map: Map<AssetId, Set<AssetId>>): ReadonlyMap<AssetId, readonly AssetId[]> =>
    new Map([...map].map(([key, values]) => [key, [...values].sort()]));
  return { down: sorted(down), up: sorted(up) };
};

/** Assets within `hops` along one direction, each with the asset before it on a shortest way; the start maps to null. */
export const reach = (
  next: ReadonlyMap<AssetId, readonly AssetId[]>,
  start: AssetId,
  hops: number,
): ReadonlyMap<AssetId, AssetId | null> => {
  const before = new Map<AssetId, AssetId | null>([[start, null]]);
  let frontier: readonly AssetId[] = [start];
  for (let hop = 0; hop < hops && frontier.length > 0; hop += 1) {
    const found: AssetId[] = [];
    for (const asset of frontier)
      for (const other of next.get(asset) ?? [])
        if (!before.has(other)) {
          before.set(other, asset);
          found.push(other);
        }
    frontier = found;
  }
  return before;
};

/** Where two walks meet first: the asset that both reach, with the fewest steps of both together; null = nowhere. */
export const meeting = (
  a: ReadonlyMap<AssetId, AssetId | null>,
  b: ReadonlyMap<AssetId, AssetId | null>,
): AssetId | null => {
  const steps = (end: AssetId): number => wayTo(a, end).length + wayTo(b, end).length;
  const shared = [...a.keys()].filter((one) => b.has(one)).map((one) => ({ one, steps: steps(one) }));
  return shared.sort((x, y) => x.steps - y.steps || (x.one < y.one ? -1 : 1))[0]?.one ?? null;
};

/** The way from the start of a walk to `end`, both included. */
export const wayTo = (before: ReadonlyMap<AssetId, AssetId | null>, end: AssetId): readonly AssetId[] => {
  const way: AssetId[] = [];
  for (let at: AssetId | null | undefined = end; at !== null && at !== undefined; at = before.get(at)) way.push(at);
  return way.reverse();
};
