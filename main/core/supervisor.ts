import { failure, type Failure } from '../../shared/base/failure.ts';
import type { Cancel, Clock, Scheduler } from '../../shared/base/time.ts';
import { afterDeath, neverDied, restartLimit } from '../../shared/domain/restart-policy.ts';

/**
 * Keeps a core process alive: starts it, starts it again after a death with growing waits, and after the third death within
 * a minute stops and says so. Knows no process: `fork` is given, so that a Node child and Electron's utility process share it.
 */
export type CoreProcess = {
  readonly onExit: (listener: (how: string) => void) => void;
  /** Ask it to end; it closes its database first. */
  readonly end: () => void;
};
export type SupervisorDeps<P extends CoreProcess> = {
  readonly fork: () => P;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Each new life: hand channels to it. */
  readonly onStart: (core: P) => void;
  readonly onDeath: (how: string, restartsInMs: number) => void;
  readonly onGiveUp: (failure: Failure) => void;
};
export type Supervisor = { readonly stop: () => void };

export const supervise = <P extends CoreProcess>(deps: SupervisorDeps<P>): Supervisor => {
  let state = neverDied;
  let current: P | null = null;
  let waiting: Cancel | null = null;
  let wanted = true;

  const start = (): void => {
    waiting = null;
    const core = deps.fork();
    current = core;
    core.onExit((how) => {
      if (!wanted || current !== core) return;
      current = null;
      const decision = afterDeath(state, deps.clock.now());
      state = decision.state;
      if (decision.next === 'give-up') return deps.onGiveUp(gaveUp(how));
      deps.onDeath(how, decision.afterMs);
      waiting = deps.scheduler.after(decision.afterMs, start);
    });
    deps.onStart(core);
  };

  start();
  return {
    stop: () => {
      wanted = false;
      waiting?.();
      current?.end();
    },
  };
};

const gaveUp = (how: string): Failure =>
  failure(
    'CoreStopped',
    `The part of Breakwater that keeps your data stopped ${restartLimit} times within a minute (${how}).`,
    'Everything that was confirmed is safe on this disk. Nothing was deleted.',
    'Quit and start Breakwater again. If it comes back, run `breakwater doctor` and send what it prints.',
  );
