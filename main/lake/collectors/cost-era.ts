import type { Instant } from '../../../shared/base/time.ts';
import { dbx, marker } from '../../databricks/statements.ts';
import type { Parameters } from '../pull.ts';
import { timestampParameter } from '../rows.ts';
import { computed, type Wanted } from '../select.ts';

/** More changes of prices than this are not told apart one by one: then each end of usage is summed by itself. */
const mostChanges = 40;

/**
 * What usage is summed by beside the day, so that each sum has one price: a row has the price that holds when it ends (facts 1.1), and a
 * price may change at any time of a day, at midnight for the last row of the day before. Null = no price changed.
 */
export const priceEra = (
  changes: readonly Instant[],
): { readonly key: Wanted; readonly parameters: Parameters } | null => {
  if (changes.length === 0) return null;
  if (changes.length > mostChanges)
    return { key: computed('usage_end_time', 'era', dbx`unix_micros(usage_end_time)`), parameters: {} };
  const since = changes.map((_, at) => dbx`CASE WHEN usage_end_time >= ${marker(`change${at}`)} THEN 1 ELSE 0 END`);
  return {
    key: computed(
      'usage_end_time',
      'era',
      since.reduce((a, b) => dbx`${a} + ${b}`),
    ),
    parameters: Object.fromEntries(changes.map((at, index) => [`change${index}`, timestampParameter(at)])),
  };
};
