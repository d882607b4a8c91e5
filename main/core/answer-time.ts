import type { Cancel, Clock, Scheduler } from '../../shared/base/time.ts';

/** So often the time of an answer that is still awaited is counted. */
export const tickMs = 15_000;
/** A tick that comes later than this was slept over, or the clock was set: more than this is never counted for it. */
export const longestTickMs = 60_000;

/**
 * Count how long an answer is awaited, in ms, bit by bit while it is, so that a long stream counts in full and as it goes on, by the
 * day in which it happens. What a machine slept, or a clock was set forward meanwhile, comes as one late tick and counts as one; a
 * clock that was set back costs a tick, for a timer never comes early. No clock of this machine tells sleep apart on every
 * system, so ticks do. Returns the end of it, which counts the rest; to be called once the answer is there or given up.
 */
export const countWhile = (
  seams: { readonly clock: Clock; readonly scheduler: Scheduler },
  count: (ms: number) => void,
): (() => void) => {
  let since = seams.clock.now();
  const look = (atLeast: number): void => {
    const now = seams.clock.now();
    const passed = now - since;
    since = now;
    count(passed < 0 ? atLeast : Math.min(passed, longestTickMs));
  };
  const wait = (): Cancel =>
    seams.scheduler.after(tickMs, () => {
      look(tickMs);
      next = wait();
    });
  let next = wait();
  return () => {
    next();
    look(0);
  };
};
