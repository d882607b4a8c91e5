import { isJsonObject, type JsonValue } from '../../shared/base/json.ts';
import { fromInstant, type Instant } from '../../shared/base/time.ts';
import type { CitationView } from '../log/views-port.ts';
import type { LakeFact } from '../lake/port.ts';

/** Two sources may round one moment differently; what differs by more was another moment. */
const sameMomentMs = 60_000;
/** Kinds whose facts say how something was when it was looked at: that it is otherwise now is their nature. */
const changing: ReadonlySet<string> = new Set([
  'schema',
  'access',
  'settings',
  'cost',
  'profile',
  'inference',
  'metric',
]);

const resultOf = (snapshot: JsonValue | null): string | null => {
  const data = isJsonObject(snapshot) ? snapshot['data'] : null;
  const result = isJsonObject(data) ? data['result'] : null;
  return typeof result === 'string' ? result : null;
};
const texts = (value: JsonValue | undefined): readonly string[] | null =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : null;
/** Tables that a statement touched, as lineage told by then; null = nobody had looked yet, and nothing was said about it. */
const touched = (snapshot: JsonValue | null): ReadonlySet<string> | null => {
  const data = isJsonObject(snapshot) ? snapshot['data'] : null;
  const [reads, writes] = isJsonObject(data) ? [texts(data['reads']), texts(data['writes'])] : [null, null];
  return reads === null || writes === null ? null : new Set([...reads, ...writes]);
};
const minute = (at: Instant): string => `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;

/** What the platform says now of a fact that was cited, where its result, tables or time are others: null = the same. */
const difference = (cited: CitationView, snapshot: JsonValue | null, present: LakeFact): string | null => {
  const was = resultOf(snapshot);
  const is = typeof present.data['result'] === 'string' ? present.data['result'] : null;
  if (was !== null && is !== null && was !== is) return `was ${was}, is ${is} by ${present.source}`;
  const [knew, knows] = [touched(snapshot), touched({ data: present.data })];
  const came = knew === null ? [] : [...(knows ?? [])].filter((name) => !knew.has(name));
  if (came.length > 0) return `touched ${came.join(', ')} as well, by lineage that came later`;
  const apart = Math.abs(fromInstant(cited.happenedAt) - fromInstant(present.happenedAt));
  return apart > sameMomentMs
    ? `was ${minute(cited.happenedAt)}, is ${minute(present.happenedAt)} by ${present.source}`
    : null;
};

/**
 * Cited facts of a room of which the platform says something else now, in words. What was cited never changes: a conclusion
 * that rests on such a fact "was concluded on older facts". Facts that have left the cache prove nothing.
 */
export const olderFacts = (
  citations: readonly CitationView[],
  present: (fact: string) => LakeFact | null,
): ReadonlyMap<string, string> =>
  new Map(
    citations.flatMap((cited): (readonly [string, string])[] => {
      const now = changing.has(cited.kind) ? null : present(cited.factId);
      const words = now === null ? null : difference(cited, cited.witnesses[0]?.snapshot ?? null, now);
      return words === null ? [] : [[cited.factId, words]];
    }),
  );

export const onOlderFacts = 'was concluded on older facts';
