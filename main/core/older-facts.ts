import { isJsonObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
import { fromInstant, toInstant, type Instant } from '../../shared/base/time.ts';
import type { FactKind } from '../../shared/domain/vocabulary.ts';
import type { CitationView, Witness } from '../log/views-port.ts';
import type { LakeFact } from '../lake/port.ts';

/** Two sources may round one moment differently; what differs by more was another moment. */
const sameMomentMs = 60_000;
/** A conclusion and the citations that it writes are one act, in which a moment passes. */
const sameActMs = 1_000;
const shownFields = 2;

/** Field of a fact's data → what people call it; an empty name is told without one. */
type Fields = Readonly<Record<string, string>>;
const result: Fields = { result: '' };
/**
 * What a conclusion may rest on, by kind: when a late row or a window that is computed again says otherwise there, it is older. Kinds
 * that are not here are told once and stay (a version, a grant, an event), or say how something was when it was looked at (columns,
 * rights, settings): that it is otherwise now is their nature.
 */
const fieldsOf: Readonly<Partial<Record<FactKind, Fields>>> = {
  run: result,
  repair: result,
  'pipeline-update': result,
  'experiment-run': result,
  query: result,
  drift: {
    psi: 'PSI', js: 'JS distance', chiSquared: 'chi-squared statistic', totalVariation: 'total variation distance',
    lInfinity: 'L-infinity distance', nullsDelta: 'change of nulls',
  },
  expectation: { failedRecords: 'failed records', passedRecords: 'passed records' },
  quality: { status: '', freshness: 'freshness', completeness: 'completeness' },
  'model-version': { status: 'status' },
  cost: { quantity: 'quantity', listAmount: 'amount' },
  profile: { rows: 'rows', nullPercent: 'nulls in percent', mean: 'mean' },
  inference: {
    requests: 'requests', labels: 'labels', meanPrediction: 'mean prediction', meanLabel: 'mean label',
  },
  metric: { last: 'last value', cpuMaxPercent: 'processor in percent', memoryMaxPercent: 'memory in percent' },
}; // prettier-ignore
/** Facts about how something is now: another time of them is another look. */
const asOfNow: ReadonlySet<string> = new Set([
  'schema',
  'access',
  'settings',
  'cost',
  'profile',
  'inference',
  'metric',
]);

const dataOf = (snapshot: JsonValue | null): JsonObject => {
  const data = isJsonObject(snapshot) ? snapshot['data'] : null;
  return data !== null && data !== undefined && isJsonObject(data) ? data : {};
};
const texts = (value: JsonValue | undefined): readonly string[] | null =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : null;
/** Tables that a statement touched, as lineage told by then; null = nobody had looked yet, and nothing was said about it. */
const touched = (data: JsonObject): ReadonlySet<string> | null => {
  const [reads, writes] = [texts(data['reads']), texts(data['writes'])];
  return reads === null || writes === null ? null : new Set([...reads, ...writes]);
};
const minute = (at: Instant): string => `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;

const isValue = (value: JsonValue | undefined): value is string | number =>
  typeof value === 'string' || typeof value === 'number';
/** Decimals come as exact text: "1.0" and "1.00" are one number. */
const isSame = (a: string | number, b: string | number): boolean =>
  a === b || (a !== '' && b !== '' && Number(a) === Number(b));
/** Numbers as people read them; text as it is. */
const shown = (value: string | number): string => {
  const number = Number(value);
  if (value === '' || !Number.isFinite(number) || Math.abs(number) > Number.MAX_SAFE_INTEGER) return String(value);
  return String(Number.isInteger(number) ? number : Number(number.toPrecision(4)));
};

/** What one telling of a fact says. `at`: when it happened, where that is told; null = not to be compared. */
type Telling = { readonly data: JsonObject; readonly source: string; readonly at: Instant | null };

/** What `now` says otherwise than `then`, in words; null = the same, as far as a conclusion may rest on it. */
const difference = (kind: string, then: Telling, now: Telling): string | null => {
  const changed = Object.entries(fieldsOf[kind as FactKind] ?? {}).flatMap(([field, name]) => {
    const [was, is] = [then.data[field], now.data[field]];
    if (!isValue(was) || !isValue(is) || isSame(was, is)) return [];
    return [`${name === '' ? '' : `${name}: `}was ${shown(was)}, is ${shown(is)}`];
  });
  if (changed.length > 0) return `${changed.slice(0, shownFields).join('; ')} by ${now.source}`;
  const [knew, knows] = [touched(then.data), touched(now.data)];
  const came = knew === null ? [] : [...(knows ?? [])].filter((name) => !knew.has(name));
  if (came.length > 0) return `touched ${came.join(', ')} as well, by lineage that came later`;
  if (then.at === null || now.at === null || asOfNow.has(kind)) return null;
  return Math.abs(fromInstant(then.at) - fromInstant(now.at)) > sameMomentMs
    ? `was ${minute(then.at)}, is ${minute(now.at)} by ${now.source}`
    : null;
};

const told = ({ witnesses }: CitationView): readonly Witness[] => witnesses.filter(({ snapshot }) => snapshot !== null);
/** When a witness happened is kept once for all of them: it is that of the first. */
const telling = (cited: CitationView, witness: Witness): Telling => ({
  data: dataOf(witness.snapshot),
  source: cited.source,
  at: witness === told(cited)[0] ? cited.happenedAt : null,
});
const seenAt = ({ observedAt, recordedAt }: Witness): Instant => observedAt ?? recordedAt;

/** The newest that is known: what the cache says now, or somebody's citation that looked later. */
const newest = (cited: CitationView, present: LakeFact | null): Telling | null => {
  const last = told(cited).reduce<Witness | null>(
    (best, one) => (best === null || seenAt(one) >= seenAt(best) ? one : best),
    null,
  );
  if (present !== null && (last === null || present.observedAt >= seenAt(last)))
    return { data: present.data, source: present.source, at: present.happenedAt };
  return last === null ? null : telling(cited, last);
};

/**
 * In words, what is said now of a cited fact otherwise than when something was concluded on it at `at` (null = when it was first
 * cited); null = the same, or not cited.
 */
export type OlderFacts = (fact: string, at: Instant | null) => string | null;

/**
 * Cited facts of a room of which something else is said now. What was cited never changes: a conclusion that rests on such a fact
 * "was concluded on older facts". It is compared with what the cache says, which keeps what is cited (main/store/lake.ts), and
 * with what others cited later. `present`: the fact in this device's cache.
 */
export const olderFacts = (
  citations: readonly CitationView[],
  present: (fact: string) => LakeFact | null,
): OlderFacts => {
  const byId = new Map(citations.map((one) => [one.factId, one]));
  return (fact, at) => {
    const cited = byId.get(fact);
    if (cited === undefined) return null;
    const until = at === null ? null : toInstant(fromInstant(at) + sameActMs);
    const [first] = told(cited);
    const base = until === null ? first : (told(cited).findLast((one) => one.recordedAt <= until) ?? first);
    const now = newest(cited, present(fact));
    return base === undefined || now === null ? null : difference(cited.kind, telling(cited, base), now);
  };
};

/** Whether a room's newest citation of a fact says the same as the fact does: citing it again would add nothing. */
export const isCitedAsIs = (cited: CitationView, fact: LakeFact): boolean => {
  const last = told(cited).at(-1);
  const now: Telling = { data: fact.data, source: fact.source, at: fact.happenedAt };
  return last === undefined || difference(cited.kind, telling(cited, last), now) === null;
};

export const onOlderFacts = 'was concluded on older facts';
