import { failure, type Failure } from '../../shared/base/failure.ts';
import type { Cancel, Clock, Scheduler } from '../../shared/base/time.ts';
import { afterDeath, neverDied, restartLimit } from '../../shared/domain/restart-policy.ts';

/** What the supervisor must know of a process. */
export type Living = {
  readonly onExit: (listener: (how: string, refused: Failure | null) => void) => void;
  readonly end: () => void;
};

export type SupervisorDeps<P extends Living> = {
  readonly start: () => P;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly onStart: (core: P) => void;
  readonly onDeath: (how: string, restartsInMs: number) => void;
  readonly onGiveUp: (failure: Failure) => void;
};

export type Supervisor<P extends Living> = {
  readonly current: () => P | null;
  /** A person asks: begin with a clean record. Nothing happens while one lives. */
  readonly again: () => void;
  /** End it and start no other; resolves when it is gone. */
  readonly stop: () => Promise<void>;
};

/** Keeps a core alive as shared/domain/restart-policy.ts says, and says so plainly when it gives up. */
export const supervise = <P extends Living>(deps: SupervisorDeps<P>): Supervisor<P> => {
  let record = neverDied;
  let current: P | null = null;
  let waiting: Cancel | null = null;
  let wanted = true;
  let gone = (): void => undefined;

  const begin = (): void => {
    waiting = null;
    const core = deps.start();
    current = core;
    core.onExit((how, refused) => {
      if (current !== core) return;
      current = null;
      if (!wanted) gone();
      else if (refused !== null) deps.onGiveUp(refused);
      else died(how);
    });
    deps.onStart(core);
  };
  const died = (how: string): void => {
    const decision = afterDeath(record, deps.clock.now());
    record = decision.state;
    if (decision.next === 'give-up') return deps.onGiveUp(gaveUp(how));
    deps.onDeath(how, decision.afterMs);
    waiting = deps.scheduler.after(decision.afterMs, begin);
  };

  begin();
  return {
    current: () => current,
    again: () => {
      if (!wanted || current !== null) return;
      waiting?.();
      record = neverDied;
      begin();
    },
    stop: () => {
      wanted = false;
      waiting?.();
      const core = current;
      if (core === null) return Promise.resolve();
      return new Promise((resolve) => {
        gone = resolve;
        core.end();
      });
    },
  };
};

const gaveUp = (how: string): Failure<'CoreStopped'> =>
  failure(
    'CoreStopped',
    `The part of Breakwater that keeps your data stopped ${restartLimit} times within a minute.`,
    'Everything that was confirmed is safe on this disk. Nothing was deleted.',
    'Start it again below. If it stops once more, quit, run `breakwater doctor`, and send what it prints.',
    how,
  );
