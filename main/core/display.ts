import type { AssetId } from '../../shared/domain/ids.ts';
import { carrier } from '../lake/assets.ts';

/** C0 and C1 controls, zero-width and bidirectional marks and overrides, line separators: they make one name look like another. */
const invisible: readonly (readonly [number, number])[] = [
  [0x00, 0x1f], [0x7f, 0x9f], [0xad, 0xad], [0x61c, 0x61c], [0x200b, 0x200f], [0x2028, 0x202e], [0x2060, 0x2069], [0xfeff, 0xfeff],
]; // prettier-ignore
const isInvisible = (character: string): boolean => {
  const code = character.codePointAt(0) ?? 0;
  return invisible.some(([from, to]) => code >= from && code <= to);
};

/** A name as it is safe to show: what cannot be seen is marked by `·`. The event keeps the name as it was given. */
export const displayName = (name: string): string =>
  Array.from(name, (character) => (isInvisible(character) ? '·' : character))
    .join('')
    .trim() || 'without a name';

/** What people call a room before it has a number of its own: stable on every device, short enough to say. */
export const roomNumber = (log: string): string => `INC-${log.slice(4, 10).toUpperCase()}`;

/** First 16 characters in groups of four, to read out over a phone. */
export const fingerprint = (device: string): string => (device.slice(0, 16).match(/.{1,4}/g) ?? []).join(' ');

/** A file name that needs no quoting in any shell: auditors paste it into commands. ASCII letters, digits and `-`. */
export const slug = (...parts: readonly string[]): string =>
  parts
    .join('-')
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '') || 'pack';

/** Assets as the map and the timeline know them: a column stands for its table, a task for its job. */
export const onMap = (assets: readonly string[]): string[] => [
  ...new Set(assets.map((asset) => carrier(asset as AssetId))),
];
