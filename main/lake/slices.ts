import type { JsonValue } from '../../shared/base/json.ts';
import type { Instant } from '../../shared/base/time.ts';
import type { LakeFact } from './port.ts';
import { earlier, later } from './rows.ts';
import { said } from './values.ts';

const instant = (value: unknown): Instant | null => (typeof value === 'string' ? value : null);
const known = (data: LakeFact['data']): [string, JsonValue][] =>
  Object.entries(data).filter(([, value]) => value !== null);

/**
 * Fields that explain a result, such as its termination code: they are never taken over from a slice with another result, as a
 * repaired run has one.
 */
const withoutOther = (
  weak: readonly [string, JsonValue][],
  ofResult: readonly string[],
  sameResult: boolean,
): readonly [string, JsonValue][] => (sameResult ? weak : weak.filter(([key]) => !ofResult.includes(key)));

/**
 * Add a time slice to what is known of something that ran: the newest slice with a result says how it ended (facts 1.0), fields
 * that it lacks come from the other. Associative, commutative and idempotent: duplicates and disorder do no harm. Slices
 * may be cut at the start of the run or at clock hours: only their ends are compared.
 */
export const mergeSlices =
  (title: (fact: LakeFact) => string, ofResult: readonly string[] = []) =>
  (old: LakeFact, next: LakeFact): LakeFact => {
    const [a, b] = [old.data, next.data];
    const [aAt, bAt] = [instant(a['resultAt']), instant(b['resultAt'])];
    const order = (data: LakeFact['data'], at: Instant | null): string =>
      [at ?? '', said(data['result']), said(data['endedAt'])].join('\n');
    const [weak, strong] = order(a, aAt) > order(b, bAt) ? [b, a] : [a, b];
    const endedAt = later(instant(a['endedAt']), instant(b['endedAt'])) ?? next.happenedAt;
    const resultAt = later(aAt, bAt);
    const merged: LakeFact = {
      ...next,
      observedAt: later(old.observedAt, next.observedAt) ?? next.observedAt,
      completeTo: later(old.completeTo, next.completeTo),
      happenedAt: resultAt ?? endedAt,
      data: {
        ...strong,
        ...Object.fromEntries(withoutOther(known(weak), ofResult, aAt === bAt)),
        ...Object.fromEntries(known(strong)),
        startedAt: earlier(instant(a['startedAt']), instant(b['startedAt'])),
        endedAt,
        resultAt,
      },
    };
    return { ...merged, title: title(merged) };
  };
