import { isJsonObject, parseJson, type JsonObject } from '../../shared/base/json.ts';
import type { Instant } from '../../shared/base/time.ts';

/** A cursor that is a JSON object. Anything else, such as what another version wrote, is an empty one: then all is read again. */
export const cursorObject = (cursor: string | null): JsonObject => {
  const value = cursor === null ? null : parseJson(cursor);
  return value !== null && value.ok && isJsonObject(value.value) ? value.value : {};
};

/** A cursor that holds one text for each thing that was asked about, mostly when that was. */
export const cursorTexts = (cursor: string | null): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(cursorObject(cursor)).flatMap(([key, one]) => (typeof one === 'string' ? [[key, one]] : [])),
  );

/** What a record says of a name that people chose: one that every object answers to (`constructor`) is not there by itself. */
export const ownOf = <T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;

/**
 * Whether something was never asked about, or `againMs` ago or longer, or in the future, by a clock that was set back since; `now` in
 * epoch milliseconds.
 */
export const isDue = (last: Instant | undefined, now: number, againMs: number): boolean => {
  const since = last === undefined ? Number.NaN : now - Date.parse(last);
  return !(since >= 0 && since < againMs);
};

/** The cursor after `seen` was asked about; at most `most` things are remembered, those longest known go first. */
export const withSeen = (
  cursor: string | null,
  seen: Readonly<Record<string, string>>,
  most: number = Number.POSITIVE_INFINITY,
): string => {
  const all = Object.entries({ ...cursorTexts(cursor), ...seen });
  return JSON.stringify(Object.fromEntries(all.slice(Math.max(0, all.length - most))));
};
