import type { JsonValue } from '../../shared/base/json.ts';
import type { FactRow } from '../store/lake.ts';
import type { LakeFact } from './port.ts';

/** A fact is a line to read and to cite, not a copy of the lake: longer texts are cut here, and say so. In UTF-16 units. */
const textLimit = 8_000;
const titleLimit = 500;
/** Only what could not be shown any more is looked through at all. */
const factLimit = 64_000;

const cut = (text: string, limit: number): string =>
  text.length <= limit
    ? text
    : `${text.slice(0, limit).toWellFormed()} … (cut: ${text.length} characters, the whole stands in the workspace)`;

const shorter = (value: JsonValue): JsonValue => {
  if (typeof value === 'string') return cut(value, textLimit);
  if (Array.isArray(value)) return value.map((one: JsonValue) => shorter(one));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [cut(key, titleLimit), shorter(one)]));
  return value;
};

/** Whether a fact as it would be stored is more than a line to read. */
export const isLong = ({ title, data }: Pick<FactRow, 'title' | 'data'>): boolean =>
  title.length > titleLimit || data.length > factLimit;

/** A long fact with texts that a person can read; a cell of 10 MB costs itself, not the room. */
export const shortened = (fact: LakeFact): LakeFact => ({
  ...fact,
  title: cut(fact.title, titleLimit),
  data: shorter(fact.data) as LakeFact['data'],
});
