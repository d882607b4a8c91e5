import type { WarehouseState } from '../databricks/warehouse-state.ts';

/** Times in ms. A real warehouse bills while it is awake, and every statement starts its idle time anew (facts 7.1). */
const shortestGapMs = 5 * 60_000;
/** How long after a person did something others' entries are fetched quickly. */
export const inUseMs = 30 * 60_000;
/** Where the warehouse does not say after how many idle minutes it stops: Databricks' default (facts 7.1). */
const defaultAutoStopMins = 120;

/** Within this time all devices that read in the same minutes are done: their clocks differ a little, a reading takes a while. */
const togetherMs = 4 * 60_000;
/** Devices that read in the same minutes begin up to this long after each other, so that a workspace is not asked by all at once. */
export const spreadMs = 60_000;
/** How many times rarer than at first a workspace is read at the most that nobody here touched for long. */
const rarer = [8, 4, 2] as const;

/**
 * When the background may read a real workspace again, in ms as `readAt`, the time of the last reading. While a person works here:
 * five minutes later, then half of the time since they last did something. Once nobody does, in the same minutes on every device,
 * which nobody has to arrange: days are cut into equal spans from 1970 on, each longer than the warehouse's own idle limit, and one
 * reading belongs to the beginning of each. So however many devices read, between two of those beginnings nothing is sent, and what only
 * Breakwater uses falls asleep by itself. A device whose clock is wrong reads apart from the others; for that the spans double, up
 * to eightfold, while nobody comes back. Where the warehouse never stops by itself (0), waiting longer saves nothing.
 */
export const nextReadAt = (from: {
  readonly readAt: number;
  /** How long ago a person did something on this device. */
  readonly sinceActMs: number;
  /** Idle minutes after which the warehouse stops; null = not told. */
  readonly autoStopMins: number | null;
  /** This device's own share of `spreadMs`. */
  readonly afterMs: number;
}): number => {
  const { readAt, sinceActMs, afterMs } = from;
  const minutes = from.autoStopMins ?? defaultAutoStopMins;
  if (minutes === 0) return readAt + shortestGapMs;
  const spanMs = (minutes + 1) * 60_000 + togetherMs;
  if (sinceActMs / 2 < spanMs) return readAt + Math.max(shortestGapMs, sinceActMs / 2);
  const span = spanMs * (rarer.find((times) => sinceActMs >= times * 8 * spanMs) ?? 1);
  return (Math.floor((readAt - afterMs) / span) + 1) * span + afterMs;
};

export type Asked = {
  readonly kind: 'practice' | 'workspace' | 'none';
  /** A person asked: refresh, an opened room, a new connection. */
  readonly person: boolean;
  /** Null = it cannot be told. */
  readonly warehouse: WarehouseState | null;
  /** The daily limit is reached. */
  readonly capped: boolean;
  /** A room is open, or somebody just opened a window. */
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
