import type { Instant } from '../../shared/base/time.ts';
import { column, dbx } from '../databricks/statements.ts';
import { lateness, type CollectContext } from './collector.ts';
import type { Condition, Parameters } from './pull.ts';
import { minus, timestampParameter } from './rows.ts';

/** From where a pull starts: behind the cursor by the usual lateness, once per refresh; never before the horizon. */
export const startOf = (context: CollectContext): Instant => {
  const { cursor, horizon } = context;
  if (cursor === null || cursor < horizon) return horizon;
  const back = context.resumed ? cursor : minus(cursor, lateness);
  return back < horizon ? horizon : back;
};

/**
 * Conditions for the time of a source: [start, until) on `time`, and on the date column by which the table is cut up, where it
 * has one: without that the table is read in full (facts 1.0).
 */
export const timeWindow = (
  context: CollectContext,
  time: string,
  date: string | null = null,
): { readonly where: readonly Condition[]; readonly parameters: Parameters } => {
  const since = startOf(context);
  const { until } = context;
  return {
    where: [
      { needs: time, piece: dbx`${column(time)} >= :since` },
      ...(date === null ? [] : [{ needs: date, piece: dbx`${column(date)} >= CAST(:day AS DATE)` }]),
      ...(until === null ? [] : [{ needs: time, piece: dbx`${column(time)} < :until` }]),
    ],
    parameters: {
      since: timestampParameter(since),
      ...(date === null ? {} : { day: since.slice(0, 10) }),
      ...(until === null ? {} : { until: timestampParameter(until) }),
    },
  };
};
