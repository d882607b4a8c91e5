import { expect, test } from 'vitest';
import { heldAgainstLimit } from './time-limit.ts';

test('a run on Spark keeps eight minutes, or is said to have missed them', () => {
  expect(heldAgainstLimit({ engine: 'spark', wholeMs: 431_200, gettingMs: 12 })).toEqual({
    kept: true,
    failed: false,
    words: '431 s with the start of Spark: the limit of 480 s is kept',
  });
  expect(heldAgainstLimit({ engine: 'spark', wholeMs: 480_000, gettingMs: 0 })?.kept).toBe(true);
  expect(heldAgainstLimit({ engine: 'spark', wholeMs: 512_000, gettingMs: 12 })).toEqual({
    kept: false,
    failed: false,
    words: '512 s with the start of Spark: the limit of 480 s is missed',
  });
});

test('what is fetched once is told and does not count', () => {
  expect(heldAgainstLimit({ engine: 'spark', wholeMs: 540_000, gettingMs: 90_000 })).toEqual({
    kept: true,
    failed: false,
    words: '450 s with the start of Spark, and 90 s for fetching Spark, which do not count: the limit of 480 s is kept',
  });
  expect(heldAgainstLimit({ engine: 'spark', wholeMs: 600_000, gettingMs: 90_000 })?.kept).toBe(false);
  // Far beyond it, the command fails.
  expect(heldAgainstLimit({ engine: 'spark', wholeMs: 690_000, gettingMs: 90_000 })?.failed).toBe(false);
  expect(heldAgainstLimit({ engine: 'spark', wholeMs: 691_000, gettingMs: 90_000 })?.failed).toBe(true);
});

test('the other engines have no limit', () => {
  expect(heldAgainstLimit({ engine: 'practice', wholeMs: 900_000, gettingMs: 0 })).toBeNull();
  expect(heldAgainstLimit({ engine: 'workspace', wholeMs: 9_000_000, gettingMs: 0 })).toBeNull();
});
