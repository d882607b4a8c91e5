import { isJsonObject } from '../../../shared/base/json.ts';
import { ok, type Result } from '../../../shared/base/result.ts';
import type { Instant } from '../../../shared/base/time.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { cursorObject } from '../cursor.ts';
import { later, latest, minus } from '../rows.ts';

/** Something can be listed a little after it began. */
export const listedLateMs = 5 * 60_000;

/**
 * Where a list by time stands that comes newest first: everything begun until `upTo` is stored, except what lies in `gap` (read newest
 * first, the rest follows), and `open` names what was still going on.
 */
export type Place = {
  readonly upTo: Instant | null;
  readonly gap: { readonly from: Instant; readonly to: Instant } | null;
  readonly open: readonly string[];
};
export type Places = Readonly<Record<string, Place>>;

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
export const placeOf = (value: unknown): Place => {
  const place = isJsonObject(value) ? value : {};
  const gap = isJsonObject(place['gap']) ? place['gap'] : {};
  const [from, to] = [text(gap['from']), text(gap['to'])];
  return {
    upTo: text(place['upTo']),
    gap: from === null || to === null ? null : { from, to },
    open: Array.isArray(place['open']) ? place['open'].filter((one): one is string => typeof one === 'string') : [],
  };
};
export const placesOf = (cursor: string | null): Places =>
  Object.fromEntries(Object.entries(cursorObject(cursor)).map(([key, place]) => [key, placeOf(place)]));

/** What such a list is of: it begins, and ends or does not yet. */
export type Begun = { readonly id: string; readonly startedAt: Instant; readonly ended: boolean };
/** `whole`: nothing older in the asked time was left behind. */
export type Listed<T> = { readonly all: readonly T[]; readonly unreadable: number; readonly whole: boolean };
/** `silent`: those about which no answer came, while others had one; `failure` says why. */
export type Again<T> = {
  readonly all: readonly T[];
  readonly silent: readonly string[];
  readonly failure: DatabricksFailure | null;
};
export type Stretch<T> = {
  readonly all: readonly T[];
  readonly place: Place;
  readonly unreadable: number;
  readonly failure: DatabricksFailure | null;
};

/** Since when a list is asked for. */
export const startOf = (before: Place, horizon: Instant): Instant =>
  before.upTo === null || before.upTo < horizon ? horizon : minus(before.upTo, listedLateMs);

/**
 * What began since the last time, then what lies in the gap, then once more what had not ended (`openAtOnce` of them). Nothing is
 * counted as read that was not: where a list is longer than one pull, the rest of it is the gap.
 */
export const readStretch = async <T extends Begun>(
  before: Place,
  ask: {
    readonly horizon: Instant;
    readonly until: Instant | null;
    readonly openAtOnce: number;
    /** What began in [from, to], newest first; `to` null = until now. */
    readonly list: (from: Instant, to: Instant | null) => Promise<Result<Listed<T>, DatabricksFailure>>;
    readonly again: (ids: readonly string[]) => Promise<Result<Again<T>, DatabricksFailure>>;
  },
): Promise<Result<Stretch<T>, DatabricksFailure>> => {
  const start = startOf(before, ask.horizon);
  const fresh = await ask.list(start, ask.until);
  if (!fresh.ok) return fresh;
  const all: T[] = [...fresh.value.all];
  let { unreadable } = fresh.value;
  let gap = before.gap === null || before.gap.to < ask.horizon ? null : before.gap;
  if (!fresh.value.whole) gap = { from: gap?.from ?? start, to: oldest(all) ?? start };
  else if (gap !== null) {
    const rest = await ask.list(gap.from, gap.to);
    if (!rest.ok) return rest;
    all.push(...rest.value.all);
    unreadable += rest.value.unreadable;
    gap = rest.value.whole ? null : { from: gap.from, to: oldest(rest.value.all) ?? gap.to };
  }
  const listed = new Set(all.map((one) => one.id));
  const waiting = before.open.filter((id) => !listed.has(id));
  const again = await ask.again(waiting.slice(0, ask.openAtOnce));
  if (!again.ok) return again;
  all.push(...again.value.all);
  return ok({
    all,
    unreadable,
    failure: again.value.failure,
    place: {
      upTo: later(before.upTo, latest(fresh.value.all.map((one) => one.startedAt))),
      gap,
      // Those not asked this time come first next time.
      open: [
        ...waiting.slice(ask.openAtOnce),
        ...again.value.silent,
        ...new Set(all.filter((one) => !one.ended).map((one) => one.id)),
      ],
    },
  });
};

const oldest = (begun: readonly Begun[]): Instant | null =>
  begun.reduce<Instant | null>(
    (least, { startedAt }) => (least === null || startedAt < least ? startedAt : least),
    null,
  );
