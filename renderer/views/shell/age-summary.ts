import type { Instant } from '../../../shared/base/time.ts';
import type { Freshness } from '../../../shared/contract/status.ts';

export type AgeGroup = 'trouble' | 'old' | 'due' | 'fresh' | 'around';

/** Where a source stands for a person. One that is read only around something has nothing to be late with before. */
const groupOf = ({ state, read }: Freshness): AgeGroup => {
  if (state === 'denied' || state === 'failed' || state === 'missing') return 'trouble';
  if (state === 'stale') return 'old';
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
 * longest ago was read (null = nothing was ever read). Never younger than its oldest part.
 */
export const summaryOf = (
  facts: readonly Freshness[],
): { readonly readAt: Instant | null; readonly good: number; readonly expected: number } => {
  const expected = facts.filter((fact) => groupOf(fact) !== 'around');
  const good = expected.filter((fact) => groupOf(fact) === 'fresh');
  const read = (good.length > 0 ? good : expected).flatMap(({ observedAt }) => observedAt ?? []);
  return { readAt: read.toSorted()[0] ?? null, good: good.length, expected: expected.length };
};
