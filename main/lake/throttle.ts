import { fromInstant, toInstant, type Instant } from '../../shared/base/time.ts';
import type { CollectContext } from './collector.ts';
import { cursorObject } from './cursor.ts';

/**
 * Sources that sum a whole window anew keep in their cursor when they were read last: in the watch they rest for a while, so that
 * an open room does not scan the same days every few minutes. Only after a read that lacked nothing: else it is tried again.
 */
export const rests = (context: CollectContext, everyMs: number): boolean => {
  const at = lastRead(context.cursor);
  if (context.lane !== 'watch' || at === null) return false;
  const since = context.clock.now() - fromInstant(at);
  // Read in the future: the clock was set back since, and nothing says when that was.
  return since >= 0 && since < everyMs;
};
export const readNow = (context: CollectContext, whole: boolean): string | null =>
  whole ? JSON.stringify({ read: toInstant(context.clock.now()) }) : null;

const lastRead = (cursor: string | null): Instant | null => {
  const { read: at } = cursorObject(cursor);
  return typeof at === 'string' && Number.isFinite(Date.parse(at)) ? at : null;
};
