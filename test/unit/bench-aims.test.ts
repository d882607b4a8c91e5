import { expect, it } from 'vitest';
import { isMet } from '../bench/aims.ts';

const figure = (value: number, aim: string) => ({ name: 'x', value, unit: 'ms', aim });

it('an aim is a limit: reached, missed, or none', () => {
  expect([isMet(figure(0.8, '≥ 0.8')), isMet(figure(0.79, '≥ 0.8'))]).toEqual([true, false]);
  expect([isMet(figure(100, '≤ 100')), isMet(figure(101, '≤ 100'))]).toEqual([true, false]);
  expect([isMet(figure(59_999, '< 60,000')), isMet(figure(60_000, '< 60,000'))]).toEqual([true, false]);
  expect([isMet(figure(1, '0.7 to 1.3')), isMet(figure(1.31, '0.7 to 1.3'))]).toEqual([true, false]);
  expect(isMet(figure(NaN, '≤ 100'))).toBe(false);
  expect(isMet(figure(1, ''))).toBeNull();
  expect(() => isMet(figure(1, 'fast'))).toThrow(/cannot be read/);
});
