// When a warehouse may be asked, how long to wait in between, and what a day may cost.
import { describe, expect, it } from 'vitest';
import { budgetOf, defaultBudget, isReached, reportDue, sumOf, utcDay } from '../../main/core/budget-rule.ts';
import { type Asked, mayRead, pollGapMs } from '../../main/core/poll-rule.ts';
import { sharePace } from '../../main/core/share-pace.ts';
import { warehouseFacts } from '../../main/databricks/warehouse-state.ts';

const minute = 60_000;

describe('pauses between readings', () => {
  it('grow with the time since somebody did something, past the idle limit of the warehouse', () => {
    expect(pollGapMs(0, 10)).toBe(5 * minute);
    expect(pollGapMs(16 * minute, 10)).toBe(8 * minute);
    expect(pollGapMs(60 * minute, 10)).toBe(11 * minute);
    expect(pollGapMs(Number.MAX_SAFE_INTEGER, 45)).toBe(46 * minute);
    expect(pollGapMs(Number.MAX_SAFE_INTEGER, null)).toBe(121 * minute);
  });
  it('stay short where it never stops by itself, and never go below five minutes', () => {
    expect(pollGapMs(Number.MAX_SAFE_INTEGER, 0)).toBe(5 * minute);
    expect(pollGapMs(Number.MAX_SAFE_INTEGER, 1)).toBe(5 * minute);
  });
  it('let it fall asleep: an idle hour of nobody but us holds a pause longer than the limit', () => {
    for (const stop of [10, 15, 45, 120]) {
      let [now, longest] = [0, 0];
      while (now < 12 * 60 * minute) {
        const gap = pollGapMs(now, stop);
        longest = Math.max(longest, gap);
        now += gap;
      }
      expect(longest).toBeGreaterThan(stop * minute);
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
