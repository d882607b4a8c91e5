import type { Clock, Scheduler } from '../../shared/base/time.ts';

/** The machine's own clock and timers: the one place of this room that touches them. */
export const systemClock: Clock = { now: () => new Date().getTime() };
export const systemScheduler: Scheduler = {
  after: (ms, run) => {
    const signal = AbortSignal.timeout(ms);
    const cancel = new AbortController();
    signal.addEventListener('abort', run, { signal: cancel.signal });
    return () => cancel.abort();
  },
};
