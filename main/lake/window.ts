import { fromInstant, toInstant, type Clock, type Instant } from '../../shared/base/time.ts';
import { column, dbx } from '../databricks/statements.ts';
import { aDay, anHour, lateness, type CollectContext, type Collected, type SourceMeta } from './collector.ts';
import type { Condition, Parameters } from './pull.ts';
import { minus, notAfter, timestampParameter } from './rows.ts';

/** So many times within its lateness a source of the background is looked through over all of it. */
const looksPerLateness = 8;

/**
 * How far behind its cursor a source is read again, in ms: by its own lateness, and by the longest that is documented of any where
 * its own is not; never less than is usual for all. A packing always looks that far. The background, which reads every few
 * minutes, does so eight times in that span, and in between as far as is usual: a late row is there within three hours of its
 * arrival, and the overlap is not paid for at each refresh. `readAt`: when it was last read; null = never.
 */
export const lookBackOf = (
  { latenessMs }: Pick<SourceMeta, 'latenessMs'>,
  lane: CollectContext['lane'],
  readAt: Instant | null,
  now: number,
): number => {
  const longest = Math.max(lateness, latenessMs ?? aDay);
  if (lane === 'pack' || readAt === null) return longest;
  const turn = (ms: number): number => Math.floor((ms * looksPerLateness) / longest);
  return turn(now) === turn(fromInstant(readAt)) ? lateness : longest;
};

/**
 * From where a pull starts: behind the cursor by how late rows may be, once per refresh, at a full hour, so that what is summed or
 * ranked by the hour is asked for in whole hours; never before the horizon.
 */
export const startOf = (context: CollectContext): Instant => {
  const { cursor, horizon, resumed, lookBackMs } = context;
  if (cursor === null || cursor < horizon) return horizon;
  const back = resumed ? cursor : fullHour(minus(cursor, lookBackMs));
  return back < horizon ? horizon : back;
};
const fullHour = (at: Instant): Instant => toInstant(Math.floor(fromInstant(at) / anHour) * anHour);

/** What a source brought, with no claim to be complete up to a moment that has not come yet. For those that store it. */
export const upToNow = (collected: Collected, clock: Clock): Collected => ({
  ...collected,
  completeTo: notAfter(collected.completeTo, { clock }),
});

/** From when on the workspace still keeps it, where a window begins before that; null = it does not, or nobody says how long. */
export const beyondRetention = (
  { retentionDays }: Pick<SourceMeta, 'retentionDays'>,
  from: Instant,
  now: number,
): Instant | null => {
  if (retentionDays === null) return null;
  const oldest = toInstant(now - retentionDays * aDay);
  return from >= oldest ? null : oldest;
};

/** The same for people. */
export const lostWords = ({ retentionDays }: Pick<SourceMeta, 'retentionDays'>, lostBefore: Instant): string => {
  const kept = retentionDays === null ? '' : ` (${retentionDays} days)`;
  return `Older than the workspace keeps${kept}: what was before ${lostBefore.slice(0, 10)} may be missing.`;
};

/** How late a source tells, and how long the workspace keeps it, in words. */
export const paceWords = ({ latenessMs, retentionDays }: Pick<SourceMeta, 'latenessMs' | 'retentionDays'>): string => {
  const late =
    latenessMs === null
      ? 'how late is not documented'
      : latenessMs === 0
        ? 'told at once'
        : `up to ${Math.round(latenessMs / anHour)} h late`;
  return retentionDays === null ? late : `${late}, kept for ${retentionDays} days`;
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
