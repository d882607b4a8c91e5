/**
 * Hybrid logical clock: 16 hex digits, 12 of milliseconds and 4 of counter, so that text order is clock order. It never goes
 * backwards, never throws, and follows other clocks only up to `maxAheadMs` (an uncapped merge lets one bad clock poison
 * all). Source: facts/sync.md 2.7.
 */
export const maxAheadMs = 60_000;
export const hlcZero = '0000000000000000';

const maxMs = 0xffff_ffff_ffff;
const maxCounter = 0xffff;

const print = (ms: number, counter: number): string =>
  ms.toString(16).padStart(12, '0') + counter.toString(16).padStart(4, '0');

/** Milliseconds of a clock value. */
export const hlcMs = (hlc: string): number => Number.parseInt(hlc.slice(0, 12), 16);
const counterOf = (hlc: string): number => Number.parseInt(hlc.slice(12), 16);

/** The next value above `last`, not below the wall clock. An overflowing counter borrows one millisecond. */
const above = (last: string, wallMs: number): string => {
  const wall = Math.min(maxMs, Math.max(0, Math.trunc(Number.isFinite(wallMs) ? wallMs : 0)));
  const lastMs = hlcMs(last);
  if (wall > lastMs) return print(wall, 0);
  const counter = counterOf(last) + 1;
  if (counter <= maxCounter) return print(lastMs, counter);
  // At the very end of time the clock stands still rather than throw; seq still orders the stream.
  return lastMs < maxMs ? print(lastMs + 1, 0) : last;
};

/** Clock value for a new local event; store it in the transaction that stores the event. */
export const hlcTick = (last: string, wallMs: number): string => above(last, wallMs);

/**
 * Clock after receiving a batch whose greatest value is `remote` (one call a batch: 200,000 events do not use up the
 * counter). What is further ahead than `maxAheadMs` of the wall clock is not followed; intake never waits for clocks.
 */
export const hlcReceive = (last: string, remote: string, wallMs: number): string => {
  if (remote <= last || hlcMs(remote) > wallMs + maxAheadMs) return last;
  return remote;
};
