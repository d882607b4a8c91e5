import type { Clock, Scheduler } from '../../shared/base/time.ts';

/** The machine's own clock and timers: the one place of this room that touches them. */
export const systemClock: Clock = { now: () => new Date().getTime() };
export const systemScheduler: Scheduler = {
  after: (ms, run) => {
    const timer = globalThis.setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
