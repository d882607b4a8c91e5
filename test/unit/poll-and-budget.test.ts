// When a warehouse may be asked, how long to wait in between, and what a day may cost.
import { describe, expect, it } from 'vitest';
import { budgetOf, defaultBudget, isReached, reportDue, sumOf, utcDay } from '../../main/core/budget-rule.ts';
import { type Asked, mayRead, nextReadAt, spreadMs } from '../../main/core/poll-rule.ts';
import { sharePace } from '../../main/core/share-pace.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import { readWarehouse, warehouseFacts } from '../../main/databricks/warehouse-state.ts';
import { err, ok } from '../../shared/base/result.ts';
import { fakeWorkspace } from '../support/collect.ts';

const minute = 60_000;

describe('pauses between readings', () => {
  const readAt = 1_000_003 * minute;
  const gap = (sinceActMs: number, autoStopMins: number | null): number =>
    nextReadAt({ readAt, sinceActMs, autoStopMins, afterMs: 0 }) - readAt;
  it('grow with the time since somebody did something', () => {
    expect(gap(0, 10)).toBe(5 * minute);
    expect(gap(16 * minute, 10)).toBe(8 * minute);
    expect(gap(28 * minute, 10)).toBe(14 * minute);
    expect(gap(100 * minute, null)).toBe(50 * minute);
  });
  it('stay short where it never stops by itself, and never go below five minutes while somebody works', () => {
    expect(gap(Number.MAX_SAFE_INTEGER, 0)).toBe(5 * minute);
    expect(gap(minute, 1)).toBe(5 * minute);
  });
  it('end at the same time on every device once nobody works, and become rarer while nobody comes back', () => {
    const next = (read: number, hours: number): number =>
      nextReadAt({ readAt: read * minute, sinceActMs: hours * 60 * minute, autoStopMins: 10, afterMs: 0 }) / minute;
    for (const read of [1_500, 1_501, 1_507, 1_514]) expect(next(read, 1)).toBe(1_515);
    expect([next(1_507, 4), next(1_507, 8), next(1_507, 16), next(1_507, 1e6)]).toEqual([1_530, 1_560, 1_560, 1_560]);
    expect(nextReadAt({ readAt: 1_507 * minute, sinceActMs: 60 * minute, autoStopMins: 10, afterMs: 9 })).toBe(1_515 * minute + 9); // prettier-ignore
  });
});

describe('an idle warehouse falls asleep', () => {
  /** A device: when its person left, how wrong its clock is, how long a reading takes. */
  type Device = { readonly left: number; readonly clock: number; readonly takes: number; readonly afterMs: number };
  /** How long after the last person left a warehouse that only these devices use sleeps; null = not within two days. */
  const sleepsAfter = (stop: number, devices: readonly Device[]): number | null => {
    const step = 5_000;
    const begin = 30_000_000 * minute;
    const read = devices.map(({ left, clock }) => begin + left + clock);
    const busy = devices.map(() => begin);
    const lastLeft = begin + Math.max(...devices.map(({ left }) => left));
    let statement = begin;
    for (let now = begin; now < lastLeft + 2_880 * minute; now += step) {
      devices.forEach(({ left, clock, takes, afterMs }, one) => {
        if (now < begin + left) statement = now;
        else if (now < (busy[one] ?? 0)) statement = now;
        else {
          const [own, sinceActMs] = [now + clock, now - begin - left];
          if (own < nextReadAt({ readAt: read[one] ?? 0, sinceActMs, autoStopMins: stop, afterMs })) return;
          // The time of a reading is known at its end.
          read[one] = own + takes;
          busy[one] = now + takes;
          statement = now;
        }
      });
      if (now - statement >= stop * minute) return now - lastLeft;
    }
    return null;
  };
  const device = (leftMins: number, more: Partial<Device> = {}): Device => ({
    left: leftMins * minute,
    clock: 0,
    takes: 20_000,
    afterMs: 0,
    ...more,
  });
  const stops = [10, 15, 45, 120];
  it('under one device', () => {
    for (const stop of stops) expect(sleepsAfter(stop, [device(0)])).toBeLessThan(5 * (stop + 5) * minute);
  });
  it('under two, three and ten devices, however they are out of step, and with clocks that differ a little', () => {
    for (const stop of stops)
      for (const apart of [1, 3, 5.5, stop / 2, stop])
        for (const many of [2, 3, 10]) {
          const all = Array.from({ length: many }, (_, one) =>
            device(one * apart, {
              clock: ((one % 3) - 1) * 30_000,
              takes: 20_000 + one * 4_000,
              afterMs: ((one * 97) % 256) * (spreadMs / 256),
            }),
          );
          expect(sleepsAfter(stop, all), `${many} devices, ${apart} min apart, ${stop} min`).toBeLessThan(
            5 * (stop + 5) * minute,
          );
        }
  });
  it('in the end also where clocks are far out', () => {
    for (const stop of stops) {
      const all = [0, 7, 3].map((wrong) => device(wrong, { clock: (wrong * stop * minute) / 13 }));
      expect(sleepsAfter(stop, all)).toBeLessThan(40 * (stop + 5) * minute);
    }
  });
});

describe('may a statement be sent', () => {
  const asked: Asked = { kind: 'workspace', person: false, warehouse: 'running', capped: false, watched: true };
  it('never by itself to a warehouse that does not run, or of which it cannot be told', () => {
    expect(mayRead(asked)).toBe('yes');
    for (const warehouse of ['stopped', 'stopping', 'starting', 'deleted', null] as const)
      expect(mayRead({ ...asked, warehouse })).toBe('asleep');
  });
  it('not by itself at the limit, nor when nobody looks; a person may always; practice costs nothing', () => {
    expect(mayRead({ ...asked, capped: true })).toBe('capped');
    expect(mayRead({ ...asked, watched: false })).toBe('unwatched');
    expect(mayRead({ ...asked, capped: true, watched: false, warehouse: 'stopped', person: true })).toBe('yes');
    expect(mayRead({ ...asked, kind: 'practice', capped: true, watched: false, warehouse: 'stopped' })).toBe('yes');
  });
});

describe('looking for others’ entries', () => {
  const scene = (change: {
    kind?: 'practice' | 'workspace';
    state?: 'running' | 'stopped' | null;
    reached?: boolean;
  }) => {
    const at = { now: 1_000 * minute, answered: null as number | null, act: Number.MAX_SAFE_INTEGER };
    const pace = sharePace({
      clock: { now: () => at.now },
      connection: { state: () => ({ name: '', kind: change.kind ?? 'workspace', host: '', state: 'online', since: null, failure: null }) },
      life: {
        known: () => ({ name: '', state: change.state === undefined ? 'running' : change.state, size: null, autoStopMins: 10 }),
        answeredAt: () => at.answered,
      },
      meter: { reached: () => change.reached ?? false },
      activity: { acted: () => undefined, sinceAct: () => at.act },
    }); // prettier-ignore
    return { at, pace };
  };
  it('wakes nothing, and a folder or practice is always looked at', () => {
    expect(scene({ state: 'stopped' }).pace('delta')).toBe(false);
    expect(scene({ state: null }).pace('delta')).toBe(false);
    expect(scene({ reached: true }).pace('delta')).toBe(false);
    expect(scene({ state: 'stopped' }).pace('folder')).toBe(true);
    expect(scene({ kind: 'practice', state: 'stopped' }).pace('delta')).toBe(true);
  });
  it('is quick while somebody works here; else it goes along with what is read anyway, and not with itself', () => {
    const { at, pace } = scene({});
    expect(pace('delta')).toBe(false);
    at.act = 5 * minute;
    expect(pace('delta')).toBe(true);
    at.act = 31 * minute;
    at.answered = at.now - 10_000;
    expect(pace('delta')).toBe(true);
    at.now += 50_000;
    at.answered = at.now;
    expect(pace('delta')).toBe(false);
  });
});

describe('the limit of a day', () => {
  const budget = { statements: 100, minutes: 10 };
  const use = (statements: number, seconds = 0) => ({ statements, seconds });
  it('is what was set, the smaller of two numbers, or the default', () => {
    expect(budgetOf({ statements: [], minutes: [] })).toEqual(defaultBudget);
    expect(budgetOf({ statements: [900, 400], minutes: [10, 60] })).toEqual({ statements: 400, minutes: 10 });
  });
  it('is reached by statements or by time, over all devices; of this one what it counted itself', () => {
    const reported = [
      { dev: 'a', ...use(40, 100) },
      { dev: 'b', ...use(50, 200) },
    ];
    expect(sumOf(reported, use(45, 90), 'a')).toEqual(use(95, 300));
    expect(sumOf(reported, use(0), 'c')).toEqual(use(90, 300));
    expect(isReached(use(99, 599), budget)).toBe(false);
    expect(isReached(use(100), budget)).toBe(true);
    expect(isReached(use(1, 600), budget)).toBe(true);
  });
  it('days are UTC', () => {
    expect(utcDay(Date.UTC(2026, 10, 26, 23, 59, 59))).toBe('2026-11-26');
    expect(utcDay(Date.UTC(2026, 10, 27))).toBe('2026-11-27');
  });
  it('others are told of a twentieth more at most every three minutes, and of a mark at once', () => {
    expect(reportDue(use(0), use(4), use(4), budget, 9e9)).toBe(false);
    expect(reportDue(use(0), use(6), use(6), budget, 9e9)).toBe(true);
    expect(reportDue(use(0), use(6), use(6), budget, 60_000)).toBe(false);
    expect(reportDue(use(0), use(6), use(52), budget, 0)).toBe(true);
    expect(reportDue(use(90), use(100), use(100), budget, 0)).toBe(true);
    expect(reportDue(use(100), use(103), use(103), budget, 9e9)).toBe(false);
    expect(reportDue(use(6), use(6), use(99), budget, 9e9)).toBe(false);
  });
});

it('what a workspace says of its warehouse, also when it says less or something else', () => {
  expect(warehouseFacts({ name: 'w', state: 'STOPPED', cluster_size: 'Small', auto_stop_mins: 10 })).toEqual({
    name: 'w',
    state: 'stopped',
    size: 'Small',
    autoStopMins: 10,
  });
  expect(warehouseFacts({ state: 'DELETING' })?.state).toBe('deleted');
  expect(warehouseFacts({ state: 'NEW_WORD', auto_stop_mins: 'x', cluster_size: 7 })).toEqual({
    name: '',
    state: null,
    size: null,
    autoStopMins: null,
  });
  expect(warehouseFacts('text')).toBeNull();
});

it.each(['0123abcd', 'ab-c', 'a_b-1?o=7'])(
  'the SQL warehouse of the path is asked about, with every letter of its id: %s',
  async (given) => {
    const id = given.replace(/\?.*/, '');
    const { workspace } = fakeWorkspace({
      rest: ({ path }) =>
        path === `/api/2.0/sql/warehouses/${id}`
          ? ok({ name: 'w', state: 'RUNNING' })
          : err(databricksFailure('NotConfigured', { code: 'HTTP 404 RESOURCE_DOES_NOT_EXIST' })),
    });
    const asked = { ...workspace, connection: { ...workspace.connection, httpPath: `/sql/1.0/warehouses/${given}` } };
    expect(await readWarehouse(asked)).toMatchObject({ ok: true, value: { name: 'w', state: 'running' } });
  },
);
