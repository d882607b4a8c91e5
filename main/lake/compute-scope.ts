import type { JsonValue } from '../../shared/base/json.ts';
import { assetParts, type AssetId } from '../../shared/domain/ids.ts';
import { factsPage } from '../store/lake.ts';
import type { CollectContext } from './collector.ts';
import { factOf } from './fact-rows.ts';
import { scoped } from './scope-filter.ts';

/** Runs and updates looked through for what they ran on, newest first; more of them when a room is packed. */
const lookedAt = { watch: 500, pack: 10_000 } as const;
/** Ids in one list at most, those in scope and of the newest runs first. */
const computeLimit = { watch: 50, pack: 2_000 } as const;

const idsIn = (value: JsonValue | undefined): readonly string[] => {
  if (typeof value === 'string') return value === '' ? [] : [value];
  return Array.isArray(value) ? value.flatMap((one: JsonValue) => idsIn(one)) : [];
};

/**
 * Ids of clusters or warehouses that matter in scope: those that are in it themselves, and those on which its jobs and pipelines
 * ran, as their runs, updates and queries say (`clusters`, `cluster`, `warehouse` of cached facts).
 */
export const computeInScope = (context: CollectContext, kind: 'cluster' | 'warehouse'): readonly string[] => {
  const runners = [...context.scope.keys()].filter((asset: AssetId) =>
    ['job', 'pipeline', 'task'].includes(assetParts(asset).kind),
  );
  const facts =
    runners.length === 0
      ? []
      : factsPage(context.db, {
          assets: runners, kinds: ['run', 'pipeline-update'], from: context.horizon, to: context.until, before: null, limit: lookedAt[context.lane],
        }); // prettier-ignore
  const used = facts.flatMap((row) => {
    const { data } = factOf(row);
    // A run names what it ran on without saying which kind that is: an id of the other kind finds nothing.
    return [...idsIn(data['clusters']), ...idsIn(data[kind])];
  });
  return [...new Set([...scoped(context, kind), ...used])].slice(0, computeLimit[context.lane]);
};
