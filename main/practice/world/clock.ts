import type { Clock } from '../../../shared/base/time.ts';

/** The time of the practice world: the wall clock, or faster, or ahead of it by what it was advanced. */
export type WorldClock = Clock & {
  /** How many times as fast as the wall clock the world goes on by itself; null = it goes on only when it is played. */
  readonly speed: () => number | null;
  readonly setSpeed: (speed: number | null) => void;
  readonly advance: (ms: number) => void;
};

/** A world clock over the real one. It never goes back: where it was ahead, it stays ahead. */
export const createWorldClock = (real: Clock): WorldClock => {
  let [base, since] = [real.now(), real.now()];
  let speed: number | null = null;
  const now = (): number => Math.round(base + (real.now() - since) * (speed ?? 1));
  const rebase = (ahead: number): void => {
    base = now() + ahead;
    since = real.now();
  };
  return {
    now,
    speed: () => speed,
    setSpeed: (next) => {
      rebase(0);
      speed = next;
    },
    advance: rebase,
  };
};
