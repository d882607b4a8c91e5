import { describe, expect, it } from 'vitest';
import { joined, labelsCompleteTo } from '../../main/lake/labels-complete.ts';
import { notAfter } from '../../main/lake/rows.ts';
import { collectNow, instantAt } from '../support/collect.ts';

const hour = 3_600_000;
const at = (hours: number): string => instantAt(collectNow + hours * hour);
/** The hour that begins so many hours from now. */
const of = (hours: number, asked: number, labels: number) => ({ start: at(hours), end: at(hours + 1), asked, labels });
const to = (...stretches: readonly ReturnType<typeof of>[]): string | null => labelsCompleteTo(stretches, at(0));

describe('labels are complete up to', () => {
  it('the first hour in which fewer than 95 % have one, however many come after it, in whatever order they are told', () => {
    expect(to(of(-3, 100, 100), of(-5, 100, 96), of(-4, 100, 94))).toBe(at(-4));
    expect(to(of(-5, 100, 100), of(-4, 100, 0), of(-3, 100, 100))).toBe(at(-4));
    expect(to(of(-5, 100, 100), of(-4, 0, 0), of(-3, 100, 95))).toBe(at(-2));
  });

  it('nothing where the first stretch lacks them, or where there is none', () => {
    expect(to(of(-3, 100, 50), of(-2, 100, 100))).toBeNull();
    expect(to(of(-3, 100, 0))).toBeNull();
    expect(to()).toBeNull();
  });

  it('a time that has come: an hour that goes on, or rows of the future, end now', () => {
    expect(to(of(-1, 100, 100), of(0, 100, 100))).toBe(at(0));
    expect(to(of(5, 100, 100))).toBe(at(0));
    expect(notAfter(at(7), { clock: { now: () => collectNow } })).toBe(at(0));
    expect(notAfter(at(-7), { clock: { now: () => collectNow } })).toBe(at(-7));
  });

  it('quiet hours are judged together with those after them, until they hold 20 predictions', () => {
    expect(to(of(-9, 1, 0), of(-8, 30, 30), of(-7, 100, 10))).toBe(at(-7));
    expect(to(of(-9, 30, 30), of(-8, 3, 0), of(-7, 3, 0))).toBe(at(-8));
  });

  it('several versions of a model, taken together', () => {
    const both = joined([of(-3, 60, 60), of(-3, 40, 0), of(-2, 10, 10)]);
    expect(both).toEqual([of(-3, 100, 60), of(-2, 10, 10)]);
    expect(labelsCompleteTo(both, at(0))).toBeNull();
  });
});
