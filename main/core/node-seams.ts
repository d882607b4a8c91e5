import type { Scheduler } from '../../shared/base/time.ts';

/** The timer of Node behind the seam. Nothing waits for it: a process with nothing else to do may end. */
export const nodeScheduler: Scheduler = {
  after: (ms, run) => {
    const timer = globalThis.setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
