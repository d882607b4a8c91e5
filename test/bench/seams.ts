import { randomBytes } from 'node:crypto';
import type { Clock, RandomBytes, Scheduler } from '../../shared/base/time.ts';

/** The real clock, timers and chance, for programs that measure. */
export const clock: Clock = { now: () => Date.now() };
export const random: RandomBytes = (length) => new Uint8Array(randomBytes(length));
export const scheduler: Scheduler = {
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** One line of the table. `aim` is a limit as aims.ts reads it, or empty. */
export type Figure = { readonly name: string; readonly value: number; readonly unit: string; readonly aim: string };

export const seconds = async (work: () => unknown): Promise<number> => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
};
export const percentile = (values: readonly number[], p: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? NaN;
};
