import { type Failure, thrownText } from '../../shared/base/failure.ts';
import type { Result } from '../../shared/base/result.ts';
import type { Cancel, RandomBytes, Scheduler } from '../../shared/base/time.ts';
import type { Logger } from './logger.ts';

/**
 * Work that repeats in the background (reading the lake and detecting). One turn at a time; failures stretch the span with
 * jitter and never end it; `soon` asks for a turn now. Nothing here is awaited by a call, so nothing can block one.
 */
export type Loop = {
  readonly start: () => void;
  /** A person asks, or the network is back: now, whatever the back-off says. False when a turn is under way already. */
  readonly soon: () => boolean;
  readonly pause: () => void;
  /** Ends for good; resolves when no turn is under way any more. */
  readonly stop: () => Promise<void>;
};
export type LoopDeps = {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly random: RandomBytes;
  readonly logger: Logger;
  /** Time between turns that went well, in ms. */
  readonly everyMs: () => number;
  /** One turn. `signal` ends it early when the loop stops. */
  readonly turn: (signal: AbortSignal) => Promise<Result<unknown, Failure>>;
};

const firstBackOffMs = 2_000;
const longestBackOffMs = 60_000;

export const createLoop = (deps: LoopDeps): Loop => {
  let state: 'idle' | 'running' | 'paused' | 'stopped' = 'paused';
  let timer: Cancel | null = null;
  let failures = 0;
  let abort = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const wait = (): number => {
    if (failures === 0) return deps.everyMs();
    const full = Math.min(firstBackOffMs * 2 ** (failures - 1), longestBackOffMs);
    const [byte = 0] = deps.random(1);
    return Math.round(full / 2 + (full / 2) * (byte / 256));
  };

  const turn = async (): Promise<void> => {
    timer = null;
    state = 'running';
    const { signal } = abort;
    try {
      const result = await deps.turn(signal);
      failures = result.ok ? 0 : failures + 1;
      if (!result.ok) deps.logger.info('background work failed', { loop: deps.name, tag: result.error.tag });
    } catch (thrown) {
      failures += 1;
      deps.logger.error('background work broke', { loop: deps.name, error: thrownText(thrown) });
    }
    if (signal.aborted) return;
    state = 'idle';
    plan(wait());
  };

  const plan = (ms: number): void => {
    timer?.();
    timer = deps.scheduler.after(ms, () => {
      running = turn();
    });
  };

  return {
    start: () => {
      if (state !== 'paused') return;
      abort = new AbortController();
      state = 'idle';
      plan(0);
    },
    soon: () => {
      if (state !== 'idle') return false;
      failures = 0;
      plan(0);
      return true;
    },
    pause: () => {
      if (state === 'stopped') return;
      abort.abort();
      timer?.();
      timer = null;
      state = 'paused';
    },
    stop: async () => {
      abort.abort();
      timer?.();
      timer = null;
      state = 'stopped';
      await running;
    },
  };
};
