import { tableAsset } from '../../main/lake/assets.ts';
import type { LakeEdge, LakeFact } from '../../main/lake/port.ts';
import { assetId, assetParts, type AssetId } from '../../shared/domain/ids.ts';
import { harmless } from './hostile.ts';

/** What a room of the suite is about: full names. */
export type Room = {
  /** Tables of the suite's own, and what else the engine has. */
  readonly tables: readonly string[];
  /** Views that only `information_schema` speaks of. */
  readonly views: readonly string[];
  /** Tables of which REST tells, though the engine has none of them. */
  readonly elsewhere: readonly string[];
  /** The published event log of every pipeline; null = none is published, and `event_log()` is asked. */
  readonly published: { readonly catalog: string; readonly schema: string; readonly name: string } | null;
};

/** Further assets of each kind that a room of the suite holds. */
const mostOfKind = 10;

/** One asset of each kind that nothing speaks of: so every source has something to ask for, whatever the workspace holds. */
const unheardOf = (workspaceId: string): readonly AssetId[] =>
  (
    ['job', 'pipeline', 'notebook', 'query', 'dashboard', 'endpoint', 'experiment', 'cluster', 'warehouse'] as const
  ).map((kind) => assetId(kind, workspaceId, '1'));

/** Sorted as if all names were harmless, so that the same ones are chosen. */
const fewOfEach = (scope: ReadonlyMap<AssetId, number>): ReadonlyMap<AssetId, number> => {
  const count = new Map<string, number>();
  const nearest = [...scope].sort(([a, x], [b, y]) => x - y || (harmless(a) < harmless(b) ? -1 : 1));
  return new Map(
    nearest.filter(([asset, distance]) => {
      if (distance === 0) return true;
      const { kind } = assetParts(asset);
      count.set(kind, (count.get(kind) ?? 0) + 1);
      return (count.get(kind) ?? 0) <= mostOfKind;
    }),
  );
};

/** From here on everything is far away. */
const far = 6;

/** The room itself, what edges lead to, nearest first, and then what else was found; a few of each kind. */
export const scopeOf = (
  room: Room,
  ids: { readonly workspaceId: string; readonly metastoreId: string },
  found: { readonly edges: readonly LakeEdge[]; readonly facts: readonly LakeFact[] },
): ReadonlyMap<AssetId, number> => {
  const scope = new Map<AssetId, number>();
  const add = (asset: AssetId | null, distance: number): void => {
    if (asset !== null && (scope.get(asset) ?? Infinity) > distance) scope.set(asset, distance);
  };
  for (const one of room.tables) add(tableAsset(ids.metastoreId, one), 0);
  for (const one of room.views) add(tableAsset(ids.metastoreId, one, 'VIEW'), 0);
  for (const one of unheardOf(ids.workspaceId)) add(one, 0);
  for (let step = 1; step < far; step += 1)
    for (const edge of found.edges)
      if ([edge.from, edge.to].some((end) => (scope.get(end) ?? far) < step))
        for (const end of [edge.from, edge.to, edge.via]) add(end, step);
  for (const { assets } of found.facts)
    for (const one of assets) add(one, assets.some((other) => (scope.get(other) ?? far) < far) ? far : far + 1);
  for (const edge of found.edges) for (const end of [edge.from, edge.to]) add(end, far + 1);
  return fewOfEach(scope);
};
