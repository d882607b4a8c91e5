import type { Entry } from '../../../shared/contract/room.ts';
import { type Phase, phases } from '../../../shared/domain/vocabulary.ts';
import { phaseWords } from '../common/words.ts';

/** A line of the timeline: an entry, a heading of a phase, or machine entries folded into one line. */
export type TimelineItem =
  | { readonly kind: 'entry'; readonly key: string; readonly entry: Entry }
  | {
      readonly kind: 'heading';
      readonly key: string;
      readonly title: string;
      readonly from: string | null;
      readonly to: string | null;
    }
  | { readonly kind: 'fold'; readonly key: string; readonly rows: readonly Entry[] };

const isQuietMachine = (entry: Entry): boolean =>
  entry.factKind !== null && entry.tone === 'plain' && entry.withoutEffect === null;
const foldFrom = 3;

/** Runs of three or more quiet machine entries become one line, unless opened or holding the selected entry. */
export const fold = (
  rows: readonly Entry[],
  opened: ReadonlySet<string>,
  keep: (entry: Entry) => boolean,
): readonly TimelineItem[] => {
  const items: TimelineItem[] = [];
  let quiet: Entry[] = [];
  const flush = (): void => {
    const key = `fold ${quiet[0]?.id ?? ''}`;
    // Any entry that once stood first keeps its fold open: facts that arrive above it must not close it again.
    const open = quiet.some((entry) => opened.has(`fold ${entry.id}`));
    if (quiet.length >= foldFrom && !open && !quiet.some(keep)) items.push({ kind: 'fold', key, rows: quiet });
    else for (const entry of quiet) items.push({ kind: 'entry', key: entry.id, entry });
    quiet = [];
  };
  for (const entry of rows) {
    if (isQuietMachine(entry)) quiet.push(entry);
    else {
      flush();
      items.push({ kind: 'entry', key: entry.id, entry });
    }
  }
  flush();
  return items;
};

/** The phase that an entry of kind `phase` moved to, from its words; null when they name none. */
export const phaseOf = (entry: Pick<Entry, 'title'>): Phase | null => {
  const words = entry.title.toLowerCase().replaceAll('-', ' ');
  const found = phases.filter((phase) => words.includes(phase.replaceAll('-', ' ')));
  return found.at(-1) ?? null;
};

const isBoundary = (item: TimelineItem): item is Extract<TimelineItem, { kind: 'entry' }> =>
  item.kind === 'entry' && (item.entry.kind === 'phase' || item.entry.kind === 'opened');

/**
 * Headings of phases above their entries. Items run newest first: a phase begins with the entry that moved to it, so its
 * heading stands above everything down to that entry. What lies below the opening happened before the room.
 */
export const withHeadings = (items: readonly TimelineItem[]): readonly TimelineItem[] => {
  const bounds = items.map((item, at) => ({ item, at })).filter(({ item }) => isBoundary(item));
  if (bounds.length === 0) return items;
  const out: TimelineItem[] = [];
  let start = 0;
  let endedAt: string | null = null;
  for (const { item, at } of bounds) {
    if (!isBoundary(item)) continue;
    const { entry } = item;
    const phase = entry.kind === 'phase' ? phaseOf(entry) : null;
    const title = phase === null ? (entry.kind === 'opened' ? 'Room opened' : entry.title) : phaseWords[phase];
    out.push({ kind: 'heading', key: `heading ${entry.id}`, title, from: entry.happenedAt, to: endedAt });
    out.push(...items.slice(start, at + 1));
    start = at + 1;
    endedAt = entry.happenedAt;
  }
  const rest = items.slice(start);
  if (rest.length > 0) {
    const last = bounds.at(-1)?.item;
    const opened = last !== undefined && isBoundary(last) && last.entry.kind === 'opened';
    out.push(
      {
        kind: 'heading',
        key: 'heading before',
        title: opened ? 'Before the room' : 'Earlier',
        from: null,
        to: endedAt,
      },
      ...rest,
    );
  }
  return out;
};
