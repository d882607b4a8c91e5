import { parseJson } from '../../shared/base/json.ts';
import { fromInstant, toInstant, type Instant } from '../../shared/base/time.ts';
import { sourceRow } from '../store/lake.ts';
import type { CollectContext, Collected } from './collector.ts';
import { cursorObject } from './cursor.ts';

/**
 * Sources that sum a whole window anew keep in their cursor when they were read last: in the watch they rest for a while, so that
 * an open room does not scan the same days every few minutes. Only after a read that lacked nothing: else it is tried again.
 * Hands back from when on they are asked again; null = now.
 */
export const restsUntil = (context: CollectContext, everyMs: number): Instant | null => {
  const at = lastRead(context.cursor);
  if (context.lane !== 'watch' || at === null) return null;
  const since = context.clock.now() - fromInstant(at);
  // Read in the future: the clock was set back since, and nothing says when that was.
  return since >= 0 && since < everyMs ? toInstant(fromInstant(at) + everyMs) : null;
};
export const readNow = (context: CollectContext, whole: boolean): string | null =>
  whole ? JSON.stringify({ read: toInstant(context.clock.now()) }) : null;

/** Said by this file alone, so that the next turn finds it. */
const again = (until: Instant): string => `Asked again from ${until} on.`;
const saidAgain = / ?Asked again from \S+ on\.$/;

/**
 * What a source that rests hands back: what it lacked and said when it was read last holds until it is read again, and it is as
 * old as it was. `until`: from when on it is asked again, which its note says. `why`: why it rests, for people, before that.
 */
export const resting = (
  context: CollectContext,
  source: string,
  until: Instant,
  why: string | null = null,
): Collected => {
  const row = sourceRow(context.db, source, context.workspaceId);
  const missing = row === undefined ? null : parseJson(row.missing);
  const said = row?.note?.replace(saidAgain, '') ?? '';
  const reason = why === null || said.endsWith(why) ? '' : why;
  return {
    cursor: context.cursor,
    completeTo: context.completeTo,
    missingColumns:
      missing !== null && missing.ok && Array.isArray(missing.value)
        ? missing.value.filter((one) => typeof one === 'string')
        : [],
    note: [said, reason, again(until)].filter((one) => one !== '').join(' '),
    unread: true,
  };
};

/**
 * The same for a source that asks about things one by one, each again `againMs` later, while none of them is due. `asked`: when each
 * thing was asked last. Null = there is nothing that was asked, or this is no watch.
 */
export const restingUntilDue = (
  context: CollectContext,
  source: string,
  asked: readonly Instant[],
  againMs: number,
): Collected | null => {
  const first = asked.toSorted()[0];
  if (context.lane !== 'watch' || first === undefined) return null;
  return resting(context, source, toInstant(fromInstant(first) + againMs));
};

const lastRead = (cursor: string | null): Instant | null => {
  const { read: at } = cursorObject(cursor);
  return typeof at === 'string' && Number.isFinite(Date.parse(at)) ? at : null;
};
