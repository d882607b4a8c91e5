import type { JsonValue } from '../../shared/base/json.ts';
import { isJsonObject } from '../../shared/base/json.ts';
import type { Instant } from '../../shared/base/time.ts';
import { assetParts, type AssetId } from '../../shared/domain/ids.ts';
import { workspaceAsset } from './assets.ts';
import type { LakeEdge } from './port.ts';

/** Compute on which something ran, as a source names it: by kind where it says which, else by the spelling of its id. */
export type ComputeId = { readonly kind: 'cluster' | 'warehouse'; readonly id: string };

/**
 * A lone id: clusters are spelt with dashes (1234-567890-abcdefgh), warehouses are sixteen hexadecimal digits. What looks like
 * neither is left out: which kind it is would be a guess.
 */
const spelt = (id: string): readonly ComputeId[] =>
  /^\d{4}-\d{6}-\w+$/.test(id)
    ? [{ kind: 'cluster', id }]
    : /^[0-9a-f]{16}$/.test(id)
      ? [{ kind: 'warehouse', id }]
      : [];

const named = (value: JsonValue): readonly ComputeId[] => {
  if (!isJsonObject(value)) return [];
  const { cluster_id: cluster, warehouse_id: warehouse } = value;
  return [
    ...(typeof cluster === 'string' && cluster !== '' ? [{ kind: 'cluster' as const, id: cluster }] : []),
    ...(typeof warehouse === 'string' && warehouse !== '' ? [{ kind: 'warehouse' as const, id: warehouse }] : []),
  ];
};

/**
 * From `compute` of a run (array of {type, cluster_id, warehouse_id}; facts 1.1), which says what each id is; from the older
 * `compute_ids` (lone ids) where that names nothing. Serverless compute has no id and makes none.
 */
export const computeOf = (compute: readonly JsonValue[], ids: readonly string[]): readonly ComputeId[] => {
  const said = compute.flatMap(named);
  return said.length > 0 ? said : ids.flatMap(spelt);
};

/** What ran on which compute: from the compute to the job or pipeline, since what happens to it reaches what runs on it. */
export const computeEdges = (
  runner: AssetId,
  compute: readonly ComputeId[],
  seen: { readonly source: string; readonly workspace: string; readonly first: Instant; readonly last: Instant },
): readonly LakeEdge[] =>
  compute.map(({ kind, id }) => ({
    from: workspaceAsset(kind, seen.workspace, id),
    to: runner,
    source: seen.source,
    via: null,
    firstSeen: seen.first,
    lastSeen: seen.last,
  }));

/** Clusters and warehouses: everything may run on one, so a walk along lineage does not go on through them. */
export const isCompute = (asset: AssetId): boolean => ['cluster', 'warehouse'].includes(assetParts(asset).kind);
