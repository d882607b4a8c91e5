import type { Failure } from '../../../shared/base/failure.ts';
import type { Result } from '../../../shared/base/result.ts';
import type { Scheduler } from '../../../shared/base/time.ts';
import type { CoreProcess } from './core-process.ts';

/** One line of the drill's report. `ms` is how long the step took, `detail` what came of it, in words. */
export type Step = { readonly step: string; readonly ms: number; readonly detail: string };

/** A drill stops at the first thing that is not as it must be; the step says which. */
export class DrillFailed extends Error {
  override readonly name = 'DrillFailed';
  readonly failure: Failure | null;
  constructor(message: string, failure: Failure | null = null) {
    super(message);
    this.failure = failure;
  }
}

export const must = <T>(what: string, result: Result<T, Failure>): T => {
  if (!result.ok) throw new DrillFailed(`${what}: ${result.error.what} ${result.error.advice}`, result.error);
  return result.value;
};

export function check(condition: unknown, what: string): asserts condition {
  if (!condition) throw new DrillFailed(what);
}

export type Waiter = <T>(what: string, ask: () => Promise<T | null>, withinMs?: number) => Promise<T>;

/** Ask until the answer is not null. Bounded: a drill never hangs. */
export const createWaiter =
  (scheduler: Scheduler, now: () => number): Waiter =>
  async (what, ask, withinMs = 60_000) => {
    const until = now() + withinMs;
    for (;;) {
      const answer = await ask();
      if (answer !== null) return answer;
      if (now() > until) throw new DrillFailed(`${what}: not within ${withinMs / 1000} s`);
      await new Promise<void>((resolve) => scheduler.after(200, resolve));
    }
  };

/** A device of the drill: its core may be restarted, the profile stays. */
export type DeviceHandle = {
  core: CoreProcess;
  readonly restart: (env?: Readonly<Record<string, string>>) => Promise<void>;
};
