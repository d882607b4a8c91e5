// How long warehouses were kept busy: all of a long stream, nothing of a sleep, and no day of a clock that was set.
import { describe, expect, it } from 'vitest';
import { countWhile, longestTickMs, tickMs } from '../../main/core/answer-time.ts';
import { utcDay } from '../../main/core/budget-rule.ts';

const minute = 60_000;
const midday = Date.UTC(2026, 10, 24, 12);

/** A machine whose timers run while it is awake, and whose clock also goes on while it sleeps. */
const machine = (start = midday) => {
  let clock = start;
  let awake = 0;
  let timers: readonly { readonly at: number; readonly run: () => void }[] = [];
  const days = new Map<string, number>();
  const due = (): void => {
    for (;;) {
      const [first] = timers.filter(({ at }) => at <= awake).toSorted((a, b) => a.at - b.at);
      if (first === undefined) return;
      timers = timers.filter((one) => one !== first);
      first.run();
    }
  };
  return {
    answer: () =>
      countWhile(
        {
          clock: { now: () => clock },
          scheduler: {
            after: (ms, run) => {
              const timer = { at: awake + ms, run };
              timers = [...timers, timer];
              return () => {
                timers = timers.filter((one) => one !== timer);
              };
            },
          },
        },
        (ms) => days.set(utcDay(clock), (days.get(utcDay(clock)) ?? 0) + ms),
      ),
    works: (ms: number): void => {
      for (let left = ms; left > 0; left -= 1_000) {
        clock += Math.min(1_000, left);
        awake += Math.min(1_000, left);
        due();
      }
    },
    sleeps: (ms: number): void => {
      clock += ms;
    },
    set: (ms: number): void => {
      clock += ms;
    },
    counted: () => [...days.values()].reduce((a, b) => a + b, 0),
    days,
    timers: () => timers.length,
  };
};

describe('the time of an answer', () => {
  it('is counted whole, however long it takes, and as it goes on', () => {
    const at = machine();
    const end = at.answer();
    at.works(90 * minute + 7_000);
    expect(at.counted()).toBe(90 * minute);
    end();
    expect(at.counted()).toBe(90 * minute + 7_000);
    at.works(10 * minute);
    expect(at.counted()).toBe(90 * minute + 7_000);
    expect(at.timers()).toBe(0);
  });

  it('of less than a tick is exact', () => {
    const at = machine();
    const end = at.answer();
    at.works(1_300);
    end();
    expect(at.counted()).toBe(1_300);
  });

  it('is not what the machine slept: two answers across a night use minutes, not hours', () => {
    const at = machine();
    const ends = [at.answer(), at.answer()];
    at.works(5 * minute);
    at.sleeps(9 * 60 * minute);
    at.works(minute);
    for (const end of ends) end();
    const worked = 2 * 6 * minute;
    expect(at.counted()).toBeGreaterThanOrEqual(worked);
    expect(at.counted()).toBeLessThanOrEqual(worked + 2 * longestTickMs);
  });

  it('is not what ended in the moment of waking, nor a clock that was set forward', () => {
    const at = machine();
    const end = at.answer();
    at.sleeps(9 * 60 * minute);
    end();
    expect(at.counted()).toBe(longestTickMs);
    const other = machine();
    const stop = other.answer();
    other.works(10 * minute);
    other.set(365 * 24 * 60 * minute);
    other.works(10 * minute);
    stop();
    expect(other.counted()).toBeGreaterThanOrEqual(20 * minute);
    expect(other.counted()).toBeLessThanOrEqual(20 * minute + longestTickMs);
  });

  it('loses no tick to a clock that is set back, again and again', () => {
    const at = machine();
    const end = at.answer();
    for (let times = 0; times < 40; times += 1) {
      at.works(tickMs);
      at.set(-60 * minute);
    }
    end();
    expect(at.counted()).toBeGreaterThanOrEqual(39 * tickMs);
    expect(at.counted()).toBeLessThanOrEqual(41 * tickMs);
  });

  it('belongs to the day in which it passes', () => {
    const at = machine(Date.UTC(2026, 10, 24, 23, 50));
    const end = at.answer();
    at.works(30 * minute);
    end();
    const [first = 0, second = 0] = ['2026-11-24', '2026-11-25'].map((day) => at.days.get(day) ?? 0);
    expect(first + second).toBe(30 * minute);
    expect(Math.abs(first - 10 * minute)).toBeLessThanOrEqual(tickMs);
  });
});
