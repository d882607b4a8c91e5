import type { Instant } from '../../shared/base/time.ts';
import { assetId, assetParts, type AssetId } from '../../shared/domain/ids.ts';
import type { Marks } from './port.ts';

/** A fact as far as marks need it. */
export type MarkingFact = {
  readonly kind: string;
  readonly happenedAt: Instant;
  readonly assets: readonly AssetId[];
  readonly data: { readonly [key: string]: unknown };
};
export type MarkingSignal = { readonly monitor: string; readonly asset: AssetId };

/** The asset that stands on the map for another: a column's table, a task's job. */
const onMap = (asset: AssetId): AssetId => {
  const { kind, scope, native } = assetParts(asset);
  if (kind === 'column') return assetId('table', scope, native.split('.').slice(0, 3).join('.'));
  if (kind === 'task') return assetId('job', scope, native.split('/')[0] ?? native);
  return asset;
};

/**
 * Marks from signals and facts. Failing: jobs with a failed run. Doubtful: tables that drifted. Changed: assets with a schema
 * change, an alias move or a new model version between `from` and `to`; a routine write is no change. `stale` is the caller's
 * knowledge of late tables; no detector of this version makes it.
 */
export const marksOf = (input: {
  readonly signals: readonly MarkingSignal[];
  readonly facts: readonly MarkingFact[];
  readonly from: Instant;
  readonly to?: Instant;
  readonly stale?: ReadonlySet<AssetId>;
}): Marks => {
  const failed = new Set<AssetId>();
  const doubtful = new Set<AssetId>();
  for (const signal of input.signals) (signal.monitor === 'failed-run' ? failed : doubtful).add(onMap(signal.asset));
  const changed = new Set<AssetId>();
  for (const fact of input.facts) {
    if (!['schema-change', 'alias-move', 'model-version'].includes(fact.kind)) continue;
    if (fact.happenedAt < input.from || (input.to !== undefined && fact.happenedAt > input.to)) continue;
    const asset = fact.assets[0];
    if (asset !== undefined) changed.add(onMap(asset));
  }
  return { failed, changed, doubtful, stale: input.stale ?? new Set() };
};
