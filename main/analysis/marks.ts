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

/** Kinds of facts that say that an asset was changed, other than by the data in it. */
export const changeKinds: readonly string[] = [
  'schema-change', 'alias-move', 'model-version', 'served-version', 'definition-change', 'grant-change',
]; // prettier-ignore

/** The asset that stands on the map for another: a column's table, a task's job. */
const onMap = (asset: AssetId): AssetId => {
  const { kind, scope, native } = assetParts(asset);
  if (kind === 'column') return assetId('table', scope, native.split('.').slice(0, 3).join('.'));
  if (kind === 'task') return assetId('job', scope, native.split('/')[0] ?? native);
  return asset;
};

/** Many jobs get a cluster of their own for each run: that one appears is no change. */
const isNewCompute = ({ kind, assets, data }: MarkingFact): boolean =>
  kind === 'definition-change' && data['versionBefore'] === null && assets[0]?.startsWith('cluster|') === true;

/** What these rules see does not make data doubtful: it costs more, more people may read it, or it stands in one more place. */
const changeMonitors: readonly string[] = ['cost-jump', 'open-grant', 'personal-flow'];

const markOf = <T>(monitor: string, marks: { readonly failed: T; readonly changed: T; readonly doubtful: T }): T =>
  monitor === 'failed-run' ? marks.failed : changeMonitors.includes(monitor) ? marks.changed : marks.doubtful;

/**
 * Marks from signals and facts. Failing: jobs with a failed run. Doubtful: tables that drifted. Changed: what costs more or
 * has personal data that lies open, and assets with a schema change, an alias move, a new or newly served model version, an edited
 * definition or a changed right between `from` and `to`; a routine write is no change. `stale` is the caller's knowledge of late
 * tables; no detector of this version makes it.
 */
export const marksOf = (input: {
  readonly signals: readonly MarkingSignal[];
  readonly facts: readonly MarkingFact[];
  readonly from: Instant;
  readonly to?: Instant;
  readonly stale?: ReadonlySet<AssetId>;
  /** Doubtful for another reason than a signal: what is served is not what an alias says. */
  readonly doubts?: Iterable<AssetId>;
}): Marks => {
  const failed = new Set<AssetId>();
  const doubtful = new Set<AssetId>();
  for (const asset of input.doubts ?? []) doubtful.add(onMap(asset));
  const changed = new Set<AssetId>();
  for (const signal of input.signals) markOf(signal.monitor, { failed, changed, doubtful }).add(onMap(signal.asset));
  for (const fact of input.facts) {
    if (!changeKinds.includes(fact.kind) || isNewCompute(fact)) continue;
    if (fact.happenedAt < input.from || (input.to !== undefined && fact.happenedAt > input.to)) continue;
    const asset = fact.assets[0];
    if (asset !== undefined) changed.add(onMap(asset));
  }
  return { failed, changed, doubtful, stale: input.stale ?? new Set() };
};

const items = (value: unknown): readonly { readonly [key: string]: unknown }[] =>
  Array.isArray(value)
    ? value.filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null)
    : [];
const word = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * Where what is served is not what an alias says: an alias flip redeploys nothing (facts 3.3). Both are facts of their own, kinds
 * of `settings`; for every model and endpoint where a served version with traffic bears no alias although the model has some, the
 * words that name both: "alias champion → v7, served v6".
 */
export const servedMismatches = (facts: readonly MarkingFact[]): ReadonlyMap<AssetId, string> => {
  const aliases = new Map<string, readonly { readonly alias: string; readonly version: string }[]>();
  for (const { data, assets } of facts) {
    if (data['what'] !== 'aliases' || assets[0] === undefined) continue;
    const named = items(data['items']).map((one) => ({ alias: word(one['alias']), version: word(one['version']) }));
    aliases.set(word(data['model']), named);
  }
  const found = new Map<AssetId, string>();
  for (const { data, assets } of facts) {
    if (data['what'] !== 'served') continue;
    const [endpoint, ...models] = assets;
    for (const [model, known] of aliases) {
      const served = items(data['items']).filter((one) => one['entity'] === model && one['traffic'] !== 0);
      const versions = [...new Set(served.map((one) => word(one['version'])).filter((one) => one !== ''))].sort();
      const odd = versions.filter((version) => !known.some((one) => one.version === version));
      if (known.length === 0 || odd.length === 0) continue;
      const words = `${known.map((one) => `alias ${one.alias} → v${one.version}`).join(', ')}, served v${odd.join(', v')}`;
      for (const asset of [endpoint, models.find((one) => assetParts(one).native === model)])
        if (asset !== undefined) found.set(asset, words);
    }
  }
  return found;
};
