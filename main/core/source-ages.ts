import { fromInstant } from '../../shared/base/time.ts';
import { staleAfterMs } from '../lake/lake.ts';
import type { SourceState } from '../lake/port.ts';
import type { PackedAge } from '../store/packs.ts';

const keyOf = ({ source, workspace }: Pick<PackedAge, 'source' | 'workspace'>): string => `${source}\n${workspace}`;

/**
 * Sources as they stand on this device, whoever read them: the background, or the packing of a room, which reads more of them. Ages
 * are the newest of the two; up to when a source is complete only the background says, since a packing reads what touches one room.
 * What the background cannot read stays so: that is news, whatever lies here from before.
 */
export const withPacked = (
  states: readonly SourceState[],
  packed: readonly PackedAge[],
  now: number,
): readonly SourceState[] => {
  const [ages, read] = [new Map(packed.map((one) => [keyOf(one), one])), new Set(packed.map(({ source }) => source))];
  // A source that nothing read stands there once, of no workspace.
  const known = states.filter(({ source, workspace }) => workspace !== '' || !read.has(source));
  const joined = known.map((state): SourceState => {
    const found = ages.get(keyOf(state));
    const isOlder = found === undefined || (state.observedAt !== null && state.observedAt >= found.observed);
    if (isOlder || state.state === 'denied' || state.state === 'failed' || state.state === 'missing') return state;
    const age = ageOf(found, now);
    // A source that rests is not late where the background says so.
    return state.state === 'fresh' ? { ...state, observedAt: age.observedAt } : { ...state, ...age };
  });
  const isKnown = new Set(known.map(keyOf));
  const more = packed.flatMap((one): SourceState[] =>
    isKnown.has(keyOf(one))
      ? []
      : [{ source: one.source, workspace: one.workspace, region: null, completeTo: null, missingColumns: [], note: 'Read for packed rooms.', ...ageOf(one, now) }],
  ); // prettier-ignore
  return [...joined, ...more];
};

// Read long ahead of the clock: it was set back, and how old the facts are nobody knows.
const ageOf = ({ observed }: PackedAge, now: number): Pick<SourceState, 'observedAt' | 'state'> => ({
  observedAt: observed,
  state: Math.abs(now - fromInstant(observed)) > staleAfterMs ? 'stale' : 'fresh',
});
