import type { Failure } from '../../shared/base/failure.ts';
import type { Cancel, RandomBytes, Scheduler } from '../../shared/base/time.ts';
import type { Store } from '../store/port.ts';
import { backOffMs } from './plan.ts';

/** Milliseconds. Polling keeps a warehouse awake and billing, so `idleMs` is long. */
export type LoopTimes = {
  /** Between rounds while something happens. */
  readonly activeMs: number;
  /** Between rounds when nothing was new for `calmAfter` rounds. */
  readonly idleMs: number;
  /** After a local write: others that follow in this time go along. */
  readonly writeMs: number;
};
export const defaultTimes: LoopTimes = { activeMs: 4_000, idleMs: 30_000, writeMs: 400 };
const calmAfter = 15;

export type LoopDeps = {
  readonly store: Store;
  readonly scheduler: Scheduler;
  readonly random: RandomBytes;
  readonly ids: () => readonly string[];
  /** One round with a share: its failure or null, and whether anything moved. Never rejects. */
  readonly round: (
    id: string,
    signal: AbortSignal,
  ) => Promise<{ readonly failure: Failure | null; readonly moved: boolean }>;
  /** Whether something waits to be shared. */
  readonly waiting: () => boolean;
};
export type Loop = {
  readonly start: () => void;
  readonly stop: () => void;
  readonly nudge: () => void;
  readonly added: (id: string) => void;
};

const chance = (random: RandomBytes): number => {
  const [high = 0, low = 0] = random(2);
  return (high * 256 + low) / 65_536;
};

const retryAfter = (problem: Failure): number =>
  'retryAfterMs' in problem && typeof problem.retryAfterMs === 'number' ? problem.retryAfterMs : 0;

/**
 * Drives the rounds. Every state has a timer that leaves it (facts/sync.md 4.3 no. 14): after a round the next one is always
 * planned; failures stretch the span, never end it.
 */
export const createLoop = (deps: LoopDeps, given: Partial<LoopTimes> = {}): Loop => {
  const times = { ...defaultTimes, ...given };
  const timers = new Map<string, Cancel>();
  const failures = new Map<string, number>();
  let abort: AbortController | null = null;
  let ignore: Cancel | null = null;
  let written: Cancel | null = null;
  let calm = 0;

  const plan = (id: string, ms: number): void => {
    if (!abort) return;
    timers.get(id)?.();
    timers.set(
      id,
      deps.scheduler.after(ms, () => {
        timers.delete(id);
        void turn(id);
      }),
    );
  };

  const turn = async (id: string): Promise<void> => {
    const current = abort;
    if (!current || !deps.ids().includes(id)) return;
    const { failure: problem, moved } = await deps.round(id, current.signal);
    if (current !== abort) return;
    if (problem) {
      const count = (failures.get(id) ?? 0) + 1;
      failures.set(id, count);
      plan(id, backOffMs(count, chance(deps.random), retryAfter(problem)));
      return;
    }
    failures.delete(id);
    calm = moved ? 0 : calm + 1;
    plan(id, calm > calmAfter * deps.ids().length ? times.idleMs : times.activeMs);
  };

  const all = (ms: number, alsoFailing: boolean): void => {
    for (const id of deps.ids()) if (alsoFailing || !failures.has(id)) plan(id, ms);
  };

  return {
    start: () => {
      if (abort) return;
      abort = new AbortController();
      ignore = deps.store.onCommit(() => {
        // Facts of the lake and our own bookkeeping commit too: only what waits to be shared asks for a round.
        written ??= deps.scheduler.after(times.writeMs, () => {
          written = null;
          if (!deps.waiting()) return;
          calm = 0;
          all(0, false);
        });
      });
      all(0, true);
    },
    stop: () => {
      abort?.abort();
      abort = null;
      ignore?.();
      ignore = null;
      written?.();
      written = null;
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
    nudge: () => {
      calm = 0;
      failures.clear();
      all(0, true);
    },
    added: (id) => {
      plan(id, 0);
    },
  };
};
