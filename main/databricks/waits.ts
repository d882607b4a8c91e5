import type { Scheduler } from '../../shared/base/time.ts';

/** Why a wait ended without its value. */
export type Stopped = { readonly stopped: 'cancelled' | 'timed-out' };
export type Waited<T> = { readonly value: T } | { readonly thrown: unknown } | Stopped;

/**
 * Wait for `work` at most `ms` milliseconds or until `signal` aborts. The promise itself cannot be stopped: whoever started
 * it gives `late`, which gets a value that arrives after nobody waits any more (to close it).
 */
export const bounded = <T>(
  work: Promise<T>,
  bounds: { readonly ms: number; readonly scheduler: Scheduler; readonly signal?: AbortSignal | undefined },
  late: (value: T) => void = () => undefined,
): Promise<Waited<T>> =>
  new Promise((resolve) => {
    let waiting = true;
    const end = (outcome: Waited<T>): void => {
      if (!waiting) return;
      waiting = false;
      cancelTimer();
      bounds.signal?.removeEventListener('abort', onAbort);
      resolve(outcome);
    };
    const onAbort = (): void => end({ stopped: 'cancelled' });
    const cancelTimer = bounds.scheduler.after(Math.max(0, bounds.ms), () => end({ stopped: 'timed-out' }));
    work.then(
      (value) => (waiting ? end({ value }) : late(value)),
      (thrown: unknown) => end({ thrown }),
    );
    if (bounds.signal?.aborted === true) onAbort();
    else bounds.signal?.addEventListener('abort', onAbort, { once: true });
  });

/** Sleep; false when `signal` aborted first. */
export const pause = (ms: number, scheduler: Scheduler, signal?: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) return resolve(false);
    const onAbort = (): void => {
      cancel();
      resolve(false);
    };
    const cancel = scheduler.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve(true);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
