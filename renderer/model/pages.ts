import type { Entry, TimelinePage } from '../../shared/contract/room.ts';
import type { CallFailure } from '../../shared/contract/wire.ts';
import type { Set as SetState } from './slice.ts';

/** Older pages of a timeline: they are fetched once and stand below the followed first page. */
export type Tail = {
  readonly rows: readonly Entry[];
  readonly next: string | null;
  readonly loading: boolean;
  readonly failure: CallFailure | null;
};

export type PagesSlice = {
  readonly tails: Readonly<Record<string, Tail>>;
  readonly tailLoading: (key: string) => void;
  readonly tailArrived: (key: string, page: TimelinePage, headRows: readonly Entry[]) => void;
  readonly tailFailed: (key: string, failure: CallFailure) => void;
};

const empty: Tail = { rows: [], next: null, loading: false, failure: null };

export const pagesSlice = (set: SetState<PagesSlice>): PagesSlice => {
  const change = (key: string, f: (tail: Tail) => Tail): void =>
    set((now) => ({ tails: { ...now.tails, [key]: f(now.tails[key] ?? empty) } }));
  return {
    tails: {},
    tailLoading: (key) => change(key, (tail) => ({ ...tail, loading: true, failure: null })),
    // The rows of the first page at that moment are kept, too: when new ones push them out of it, no gap opens.
    tailArrived: (key, page, headRows) =>
      change(key, (tail) => ({
        rows: [...(tail.rows.length === 0 ? headRows : tail.rows), ...page.rows],
        next: page.next,
        loading: false,
        failure: null,
      })),
    tailFailed: (key, failure) => change(key, (tail) => ({ ...tail, loading: false, failure })),
  };
};

export type TimelineView = {
  readonly rows: readonly Entry[];
  readonly total: number;
  /** Where the next older page begins; null at the end. */
  readonly next: string | null;
  readonly loading: boolean;
  readonly failure: CallFailure | null;
};

/** First page and older ones as one list without doubles; what the first page says wins. */
export const stitch = (head: TimelinePage | null, tail: Tail | undefined): TimelineView => {
  if (head === null) return { rows: [], total: 0, next: null, loading: false, failure: null };
  if (tail === undefined || tail.rows.length === 0)
    return {
      rows: head.rows,
      total: head.total,
      next: head.next,
      loading: tail?.loading ?? false,
      failure: tail?.failure ?? null,
    };
  const fresh = new Set(head.rows.map((row) => row.id));
  const rows = [...head.rows, ...tail.rows.filter((row) => !fresh.has(row.id))];
  return { rows, total: head.total, next: tail.next, loading: tail.loading, failure: tail.failure };
};
