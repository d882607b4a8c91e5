import { parseJson } from '../../shared/base/json.ts';
import { fromInstant, toInstant, type Instant } from '../../shared/base/time.ts';
import { sourceRow } from '../store/lake.ts';
import type { CollectContext, Collected } from './collector.ts';
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

/**
 * What a source that rests hands back: what it lacked and said when it was read last holds until it is read again. `why`: why it
 * rests, for people, behind that.
 */
export const resting = (context: CollectContext, source: string, why: string | null = null): Collected => {
  const row = sourceRow(context.db, source, context.workspaceId);
  const missing = row === undefined ? null : parseJson(row.missing);
  const said = row?.note ?? null;
  const isSaid = why === null || said?.endsWith(why) === true;
  return {
    cursor: context.cursor,
    completeTo: context.completeTo,
    missingColumns:
      missing !== null && missing.ok && Array.isArray(missing.value)
        ? missing.value.filter((one) => typeof one === 'string')
        : [],
    note: isSaid ? said : [said, why].filter((one) => one !== null).join(' '),
  };
};

const lastRead = (cursor: string | null): Instant | null => {
  const { read: at } = cursorObject(cursor);
  return typeof at === 'string' && Number.isFinite(Date.parse(at)) ? at : null;
};
