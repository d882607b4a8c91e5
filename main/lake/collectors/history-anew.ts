import type { Instant } from '../../../shared/base/time.ts';
import type { AssetId } from '../../../shared/domain/ids.ts';
import { factsPage } from '../../store/lake.ts';
import type { CollectContext, CollectedFact } from '../collector.ts';
import { factOf } from '../fact-rows.ts';
import type { LakeFact } from '../port.ts';
import type { Seen } from './history-estimate.ts';
import type { Version } from './schema-changes.ts';

/** The last version that is known of a table that another one took the name of. */
export type Replaced = { readonly version: number; readonly at: Instant };

/**
 * Whether these versions, oldest first, are of another table than the one that was seen: after DROP and CREATE they count from 0 again,
 * up to below, at or past the number that was seen, and that number has another commit time. `isWhole`: each row could be read.
 */
export const isMadeAnew = (all: readonly Version[], seen: Seen, isWhole: boolean): boolean => {
  const [oldest, newest] = [all[0], all.at(-1)];
  if (seen.version < 0 || oldest === undefined || newest === undefined) return false;
  if (newest.version < seen.version) return true;
  const same = all.find(({ version }) => version === seen.version);
  // Versions count up by one: one that lies between the others and is not there was of the other table.
  if (same === undefined) return isWhole && oldest.version < seen.version;
  return seen.at !== undefined && same.at !== seen.at;
};

/** What a version replaced that is the first of its table: what was seen, or else what is stored of an older table of that name. */
export const replacedBy = (
  first: Version,
  seen: Seen | null,
  asset: AssetId,
  context: CollectContext,
): Replaced | null => {
  if (seen?.at !== undefined && seen.at < first.at) return { version: seen.version, at: seen.at };
  if (first.version !== 0) return null;
  const stored = factsPage(context.db, {
    assets: [asset], kinds: ['table-version'], from: null, to: first.at, before: null, limit: 2,
  })
    .map(factOf)
    .find(({ happenedAt }) => happenedAt < first.at); // prettier-ignore
  const version = stored?.data['version'];
  return stored === undefined || typeof version !== 'number' ? null : { version, at: stored.happenedAt };
};

/** The first version of a table that was made anew says so, also after it is read again by a look that knows of no other table. */
export const madeAnew = (fact: LakeFact, replaced: Replaced | null): CollectedFact => ({
  fact:
    replaced === null
      ? fact
      : {
          ...fact,
          title: `${fact.title}. The table was made anew; the one before it ended with version ${replaced.version} or later`,
          data: { ...fact.data, replaced },
        },
  merge: (old, next) =>
    next.data['replaced'] === undefined && old.data['replaced'] !== undefined
      ? { ...next, title: old.title, data: { ...next.data, replaced: old.data['replaced'] } }
      : next,
});
