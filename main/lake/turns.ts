import { isJsonObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
import type { Result } from '../../shared/base/result.ts';
import type { DatabricksFailure } from '../databricks/port.ts';
import type { Collected, CollectContext } from './collector.ts';
import { cursorObject } from './cursor.ts';
import { newRound } from './round.ts';

/**
 * Things that are asked about one by one (a table, a run, an endpoint), more of them than one pull may ask: they take turns.
 * Rounds are counted and no clock is read: a packing is one round that goes on (`more`) until every thing was asked, also
 * after a cut; in the background each refresh is a round, and those come first that were asked longest ago.
 */
type Told = { readonly round: number; readonly how: string };
type Turns = {
  readonly round: number;
  /** Everything of this round was asked: the next pull begins another one, whoever asks. */
  readonly done: boolean;
  readonly told: ReadonlyMap<string, Told>;
  /** The first failure of this round: what came after it does not undo it. */
  readonly failure: DatabricksFailure | null;
};

/** Where turns lie in a cursor that is a JSON object: no thing has an empty name. */
const place = '';
/** How a thing went that was not read to its end: it has its turn again in the same round. */
export const unfinished = 'more';
/** How a thing went about which no answer came, while others had one. */
const unanswered = 'unanswered';
/** What was asked in earlier rounds and is not wanted now is remembered up to here. */
const most = 4_000;

const count = (value: JsonValue | undefined): number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;

const failureOf = (value: JsonValue | undefined): DatabricksFailure | null =>
  value !== undefined && isJsonObject(value) && typeof value['what'] === 'string'
    ? // Written below from a failure, and read by this device only.
      (value as JsonObject & DatabricksFailure)
    : null;

const turnsOf = (cursor: string | null): Turns => {
  const found = cursorObject(cursor)[place];
  const { round, done, told, failure } = found !== undefined && isJsonObject(found) ? found : {};
  const entries = Object.entries(told !== undefined && isJsonObject(told) ? told : {});
  return {
    round: count(round),
    done: done !== false,
    told: new Map(
      entries.flatMap(([key, one]): (readonly [string, Told])[] => {
        const [at, how] = Array.isArray(one) ? (one as readonly JsonValue[]) : [];
        return typeof how === 'string' ? [[key, { round: count(at), how }]] : [];
      }),
    ),
    failure: failureOf(failure),
  };
};

export type Turn<T> = {
  /** What to ask now. */
  readonly items: readonly T[];
  /** The same one by one, as long as the workspace answers. */
  readonly each: Iterable<T>;
  /**
   * Whether no answer came about a thing (round.ts): then there is nothing more to do about it, and `ended` says so. What was read
   * of other things before and after it is kept. `by`: who was asked, as there.
   */
  readonly lost: (one: T, found: Result<unknown, DatabricksFailure>, by?: string) => boolean;
  /** It was asked in this round and has more: it goes on where it ended, and does not look back again. */
  readonly goesOn: (one: T) => boolean;
  /**
   * What has come of it: `how` each thing went, in words of the collector's own with spaces between. Left out of `how` = not
   * asked, and `more` = not read to its end: it has its turn again. `cursor` is the rest of the collector's cursor, JSON text of an object.
   */
  readonly ended: (
    how: ReadonlyMap<string, string>,
    result: { readonly cursor: string | null; readonly failure?: DatabricksFailure | undefined },
  ) => Ended;
};
export type Ended = {
  /** What the collector returns of it. */
  readonly step: Pick<Collected, 'cursor' | 'more' | 'failure'>;
  /** How each thing of this round went, in pulls before this one too. */
  readonly how: ReadonlyMap<string, string>;
  /** Keys of those that went so. */
  readonly went: (how: string) => readonly string[];
  /** What is not asked this time or had no answer, in words for people; null = all was asked, or is going to be asked now. */
  readonly left: string | null;
  /** No answer is missing: else nothing is complete up to a moment that it was not complete up to before. */
  readonly whole: boolean;
};

/** The first few names of a list, for a note. */
export const someOf = (names: readonly string[]): string =>
  `${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}`;
/** What a key of turns is called, which may be the id of an asset. */
const keyName = (key: string): string => lastName(key.split('|').at(-1) ?? key);
/** The last part of a full name, for people. */
export const lastName = (full: string): string => full.split('.').slice(2).join('.') || full;

/**
 * The next things to ask of `all` (nearest first), at most `limit` of them; `key` names one, also in later pulls. `always`: in the
 * background these come first in every round, since they move most. `plural`: how people call them.
 */
export const nextTurn = <T>(
  context: Pick<CollectContext, 'cursor' | 'lane' | 'resumed'>,
  all: readonly T[],
  spec: {
    readonly key: (one: T) => string;
    readonly limit: number;
    readonly plural: string;
    readonly always?: (one: T) => boolean;
  },
): Turn<T> => {
  const { key, limit } = spec;
  const before = turnsOf(context.cursor);
  const isSame = context.resumed && !before.done;
  const round = isSame ? before.round : before.round + 1;
  const last = (one: T): number => before.told.get(key(one))?.round ?? 0;
  const isOpen = (told: Told | undefined): boolean => told?.round === round && told.how === unfinished;
  const waiting = isSame ? all.filter((one) => last(one) < round || isOpen(before.told.get(key(one)))) : all;
  const first = (one: T): boolean => context.lane === 'watch' && spec.always?.(one) === true;
  const inTurn = waiting.toSorted((a, b) => Number(first(b)) - Number(first(a)) || last(a) - last(b));
  const items = inTurn.slice(0, limit);
  const asking = newRound();
  const silent = new Set<string>();
  let stoppedAt: string | null = null;
  const lost: Turn<T>['lost'] = (one, found, by) => {
    const went = asking.judge(found, by);
    if (went === 'unanswered') silent.add(key(one));
    else if (went === 'stopped') stoppedAt = key(one);
    return went !== 'answered';
  };
  const each: Iterable<T> = {
    *[Symbol.iterator]() {
      for (const one of items) {
        if (asking.stopped() !== null) return;
        yield one;
      }
    },
  };

  const ended: Turn<T>['ended'] = (how, { cursor, failure }) => {
    const told = new Map(before.told);
    const stopped = asking.stopped();
    for (const one of items) {
      const word = silent.has(key(one)) ? unanswered : how.get(key(one));
      // At which the round ended is asked again: it may not have been about that thing at all.
      if (word !== undefined && key(one) !== stoppedAt) told.set(key(one), { round, how: word });
    }
    const asked = waiting.filter((one) => {
      const now = told.get(key(one));
      return now?.round === round && !isOpen(now);
    });
    const isDone = asked.length === waiting.length;
    const goesOn = context.lane === 'pack' && !isDone;
    const wanted = new Set(all.map(key));
    const ofRound = new Map([...told].flatMap(([name, one]) => (one.round === round ? [[name, one.how]] : [])));
    const kept = [...told].filter(([name, one]) => one.round === round || wanted.has(name)).slice(-most);
    const kind = (isSame ? before.failure : null) ?? failure ?? asking.unanswered() ?? null;
    const isCut = items.some((one) => isOpen(told.get(key(one))));
    const turns = { round, done: !goesOn && !isCut, failure: kind, told: Object.fromEntries(kept.map(([name, one]) => [name, [one.round, one.how]])) }; // prettier-ignore
    // What ended this pull is told once, and is no failure of the round: that goes on behind it.
    const shown = stopped ?? kind;
    const went: Ended['went'] = (word) =>
      [...ofRound].flatMap(([name, words]) => (words.split(' ').includes(word) ? [name] : []));
    const left = [
      ...(isDone || (goesOn && stopped === null)
        ? []
        : [
            `${asked.length} of ${all.length} ${spec.plural} were asked this time; the others have their turn at the next refreshes.`,
          ]),
      ...(went(unanswered).length === 0
        ? []
        : [`Could not be read, since no answer came: ${someOf(went(unanswered).map(keyName))}.`]),
    ];
    return {
      step: {
        cursor: JSON.stringify({ ...cursorObject(cursor), [place]: turns }),
        more: goesOn && stopped === null,
        ...(shown === null ? {} : { failure: shown }),
      },
      how: ofRound,
      went,
      left: left.length === 0 ? null : left.join(' '),
      whole: stopped === null && went(unanswered).length === 0,
    };
  };
  return { items, each, lost, goesOn: (one) => isOpen(before.told.get(key(one))), ended };
};
