import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hlcMs, hlcReceive, hlcTick, hlcZero, maxAheadMs } from '../../shared/domain/hlc.ts';

const wall = fc.integer({ min: 0, max: 4e12 });

test('a clock rises with every event, whatever the wall clock does', () => {
  fc.assert(
    fc.property(fc.array(wall, { maxLength: 50 }), (walls) => {
      let last = hlcZero;
      for (const now of walls) {
        const next = hlcTick(last, now);
        expect(next > last).toBe(true);
        expect(next).toMatch(/^[0-9a-f]{16}$/);
        last = next;
      }
    }),
  );
});

test('it stays within the greatest wall clock that was seen and the window', () => {
  const step = fc.record({
    now: wall,
    remote: fc.option(fc.integer({ min: 0, max: 0xffff_ffff_ffff }), { nil: null }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let last = hlcZero;
      let greatest = 0;
      for (const { now, remote } of steps) {
        greatest = Math.max(greatest, now);
        last =
          remote === null ? hlcTick(last, now) : hlcReceive(last, remote.toString(16).padStart(12, '0') + '0000', now);
        // Ticks may borrow milliseconds from a full counter, never more than one for 65,536 events.
        expect(hlcMs(last)).toBeLessThanOrEqual(greatest + maxAheadMs + 1);
      }
    }),
  );
});

test('a full counter borrows a millisecond, and 200,000 events in one tick do not throw', () => {
  let last = hlcTick(hlcZero, 1000);
  for (let count = 0; count < 200_000; count += 1) {
    const next = hlcTick(last, 1000);
    if (next <= last) throw new Error(`${next} is not above ${last}`);
    last = next;
  }
  expect(hlcMs(last)).toBe(1003);
});

test('a far clock is not followed, a near one is', () => {
  const far = (10_000_000 + maxAheadMs + 1).toString(16).padStart(12, '0') + '0000';
  const near = (10_000_000 + maxAheadMs).toString(16).padStart(12, '0') + '0000';
  expect(hlcReceive(hlcZero, far, 10_000_000)).toBe(hlcZero);
  expect(hlcReceive(hlcZero, near, 10_000_000)).toBe(near);
  expect(hlcTick(near, 10_000_000)).toBe(near.slice(0, 12) + '0001');
});

test('the end of time and nonsense do not throw', () => {
  expect(hlcTick('ffffffffffffffff', 5)).toBe('ffffffffffffffff');
  expect(hlcTick(hlcZero, Number.NaN)).toBe('0000000000000001');
  expect(hlcTick(hlcZero, -5)).toBe('0000000000000001');
});
