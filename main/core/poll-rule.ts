import type { WarehouseState } from '../databricks/warehouse-state.ts';

/** Times in ms. A real warehouse bills while it is awake, and every statement starts its idle time anew (facts 7.1). */
const shortestGapMs = 5 * 60_000;
/** How long after a person did something others' entries are fetched quickly. */
export const inUseMs = 30 * 60_000;
/** Where the warehouse does not say after how many idle minutes it stops: Databricks' default (facts 7.1). */
const defaultAutoStopMins = 120;

/**
 * How long the background waits between two readings of a real workspace. Right after a person did something: five minutes.
 * Then half of the time since, up to one minute more than the warehouse's own idle limit: what only Breakwater uses falls
 * asleep by itself. 0 = it never stops by itself, so waiting longer saves nothing.
 */
export const pollGapMs = (sinceActMs: number, autoStopMins: number | null): number => {
  const minutes = autoStopMins ?? defaultAutoStopMins;
  const longest = minutes === 0 ? shortestGapMs : Math.max(shortestGapMs, (minutes + 1) * 60_000);
  return Math.min(longest, Math.max(shortestGapMs, sinceActMs / 2));
};

export type Asked = {
  readonly kind: 'practice' | 'workspace' | 'none';
  /** A person asked: refresh, an opened room, a new connection. */
  readonly person: boolean;
  /** Null = it cannot be told. */
  readonly warehouse: WarehouseState | null;
  /** The daily limit is reached. */
  readonly capped: boolean;
  /** A room is open, or somebody has the window open. */
  readonly watched: boolean;
};

/**
 * May a statement be sent now? A person's may always. The background never wakes a warehouse of a real workspace: not one that
 * is stopped, and not one of which it cannot be told. Practice costs nothing.
 */
export const mayRead = ({
  kind,
  person,
  warehouse,
  capped,
  watched,
}: Asked): 'yes' | 'asleep' | 'capped' | 'unwatched' => {
  if (kind !== 'workspace' || person) return 'yes';
  if (!watched) return 'unwatched';
  if (capped) return 'capped';
  return warehouse === 'running' ? 'yes' : 'asleep';
};
