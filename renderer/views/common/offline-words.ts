import type { OfflineBadge } from '../../../shared/contract/offline.ts';
import { ago, counted, type Tone } from '../../kit/index.ts';

/** How many names of sources are listed; the rest is in the list of sources. */
const namedFew = 3;
const listed = (names: readonly string[]): string =>
  `${names.slice(0, namedFew).join(', ')}${names.length > namedFew ? ` and ${names.length - namedFew} more` : ''}`;

/** What an estimate leaves out, in sentences; none = nothing. */
export const withoutEstimate = ({
  uncounted,
  unestimated,
}: {
  readonly uncounted: readonly string[];
  readonly unestimated: readonly string[];
}): readonly string[] => [
  ...(uncounted.length === 0 ? [] : [`Their size is not known before, or a guess: ${listed(uncounted)}.`]),
  ...(unestimated.length === 0 ? [] : [`Asked by REST, no estimate: ${listed(unestimated)}.`]),
];

/** Why fewer hops are in it than were chosen, where the limits of the room are not the reason. */
export const notFollowed = (reach: number): string =>
  `2,000 assets or more lie within ${counted(reach, 'hop', 'hops')} already: what is farther is not followed.`;

/** Whether the words of a state name what is not in it. */
export const saysWhy = ({ state }: OfflineBadge): boolean => state === 'partly' || state === 'stale';

/** Could I leave now? In a few words; null where there is nothing to say (never packed, room let go). */
export const offlineWords = (
  badge: OfflineBadge,
  now: number,
): { readonly text: string; readonly tone: Tone; readonly why: string } | null => {
  const progress = `${badge.done} of ${badge.total}`;
  const lacks = [
    ...(badge.missing.length === 0 ? [] : [`Not in it: ${badge.missing.join(', ')}.`]),
    ...(badge.withheld ?? []).map(({ workspace, reason }) => `Nothing of ${workspace}: ${reason}`),
  ].join(' ');
  switch (badge.state) {
    case 'none':
      return null;
    case 'ready':
      return { text: 'Ready to leave', tone: 'ok', why: 'Everything of this room is on this device.' };
    case 'packing':
      return {
        text: `Getting ready, ${progress}`,
        tone: 'plain',
        why: 'This room is being packed for working offline.',
      };
    case 'waiting':
      return { text: `Waits for the connection, ${progress}`, tone: 'warn', why: 'Packing goes on by itself.' };
    case 'held':
      return {
        text: `Held at the daily limit, ${progress}`,
        tone: 'warn',
        why: 'Packing by itself goes on after 00:00 UTC; by hand it goes on now.',
      };
    case 'paused':
      return { text: `Packing paused, ${progress}`, tone: 'warn', why: 'Packing goes on when somebody says so.' };
    case 'partly':
      return { text: `Partly ready`, tone: 'warn', why: lacks };
    case 'stale':
      return {
        text: badge.since === null ? 'Packed long ago' : `Packed ${ago(badge.since, now)}`,
        tone: 'warn',
        why: `What happened since is not on this device. ${lacks}`.trim(),
      };
    case 'released':
      return { text: 'Let go', tone: 'plain', why: 'The room was closed; cited facts stay on this device.' };
    case 'refused':
      return { text: 'Not packed', tone: 'warn', why: 'A rule of residency forbids to keep it on this device.' };
  }
};
