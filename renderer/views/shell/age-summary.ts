import type { Instant } from '../../../shared/base/time.ts';
import type { Freshness } from '../../../shared/contract/status.ts';

export type AgeGroup = 'trouble' | 'old' | 'due' | 'fresh' | 'around';

/**
 * Where a source stands for a person. One that is read only around something has nothing to be late with before; one that only a packing
 * reads does not grow old by itself: how old a packed room is, its card tells.
 */
export const groupOf = ({ state, read }: Freshness): AgeGroup => {
  if (state === 'denied' || state === 'failed' || state === 'missing') return 'trouble';
  if (state === 'stale' && read !== 'packing') return 'old';
  if (state === 'fresh') return 'fresh';
  return read === 'always' ? 'due' : 'around';
};

const order: readonly AgeGroup[] = ['trouble', 'old', 'due', 'fresh', 'around'];

/** Sources by how they stand, what needs a person first; empty groups are left out. */
export const ageGroups = (facts: readonly Freshness[]): readonly (readonly [AgeGroup, readonly Freshness[]])[] =>
  order.flatMap((group) => {
    const members = facts.filter((fact) => groupOf(fact) === group);
    return members.length === 0 ? [] : [[group, members] as const];
  });

/**
 * All sources in one line: how many of those that should be read can be vouched for, and when the one of them that was read
 * longest ago was read (null = nothing was ever read). Never younger than its oldest part; what packings
 * read is no part of it, and what rests between its readings does not make the others old.
 */
export const summaryOf = (
  facts: readonly Freshness[],
): { readonly readAt: Instant | null; readonly good: number; readonly expected: number } => {
  const expected = facts.filter(
    (fact) => groupOf(fact) !== 'around' && !(fact.read === 'packing' && fact.state === 'fresh'),
  );
  const good = expected.filter((fact) => groupOf(fact) === 'fresh');
  const paced = good.filter(({ rests }) => rests !== true);
  const read = (paced.length > 0 ? paced : good.length > 0 ? good : expected).flatMap(
    ({ observedAt }) => observedAt ?? [],
  );
  return { readAt: read.toSorted()[0] ?? null, good: good.length, expected: expected.length };
};
