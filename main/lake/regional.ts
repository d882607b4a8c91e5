import type { AssetId } from '../../shared/domain/ids.ts';
import { assetParts } from '../../shared/domain/ids.ts';
import type { Ids } from './refresh.ts';

/** One workspace that could read what a region's workspaces share, and what is known of its last try. */
export type Candidate = Ids & {
  /** False: it was not reached at its last try. */
  readonly reached: boolean;
  /** State of the source there; null = never read by it. */
  readonly state: string | null;
};

/**
 * Which workspace reads a source that holds every workspace of a region (facts/databricks.md 1.0): the first that is reached
 * and was not refused; else the first. Asked anew for each refresh, so the next one takes over when the reader is lost.
 */
export const regionalReader = (candidates: readonly Candidate[], mine: Ids): string => {
  const same = candidates.filter(
    (one) => one.metastoreId === mine.metastoreId && (one.region ?? '') === (mine.region ?? ''),
  );
  const able = same.find((one) => one.reached && !['denied', 'missing', 'failed'].includes(one.state ?? ''));
  return (able ?? same[0] ?? mine).workspaceId;
};

/** Assets that this workspace can speak of: those of its metastore and its own. A name of another metastore is another thing. */
export const ownAssets = <T>(reach: ReadonlyMap<AssetId, T>, ids: Ids): ReadonlyMap<AssetId, T> =>
  new Map(
    [...reach].filter(([asset]) => {
      const { scope } = assetParts(asset);
      return scope === ids.metastoreId || scope === ids.workspaceId || scope === 'external';
    }),
  );
