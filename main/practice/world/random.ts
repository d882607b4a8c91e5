import { ensure } from '../../../shared/base/assert.ts';

/** A seeded source of chance (mulberry32): the same seed makes the same world. */
export type Random = {
  /** 0 ≤ x < 1. */
  readonly next: () => number;
  readonly between: (low: number, high: number) => number;
  readonly integer: (low: number, high: number) => number;
  readonly pick: <T>(items: readonly T[]) => T;
  readonly shuffle: <T>(items: readonly T[]) => T[];
  /** Decimal digits without a leading zero. */
  readonly digits: (length: number) => string;
  readonly hex: (length: number) => string;
  readonly uuid: () => string;
};

export const createRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (low: number, high: number): number => low + next() * (high - low);
  const integer = (low: number, high: number): number => Math.floor(between(low, high + 1));
  const pick = <T>(items: readonly T[]): T =>
    ensure(items[Math.floor(next() * items.length)], 'no empty list is picked from');
  const hex = (length: number): string => Array.from({ length }, () => integer(0, 15).toString(16)).join('');
  return {
    next,
    between,
    integer,
    pick,
    hex,
    shuffle: (items) => {
      const left = [...items];
      return items.map(() => ensure(left.splice(Math.floor(next() * left.length), 1)[0], 'one is left for each'));
    },
    digits: (length) => `${integer(1, 9)}${Array.from({ length: length - 1 }, () => integer(0, 9)).join('')}`,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
  };
};
