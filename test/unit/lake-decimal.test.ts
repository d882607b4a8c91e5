import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plus, rounded, times } from '../../main/lake/decimal.ts';

describe('exact decimals', () => {
  it('agree with whole numbers scaled by hand', () => {
    const scaled = (digits: bigint, scale: number): string => {
      const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
      return `${digits < 0n ? '-' : ''}${text.slice(0, text.length - scale)}.${text.slice(text.length - scale)}`;
    };
    const digits = fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n });
    fc.assert(
      fc.property(digits, digits, (a, b) => {
        expect(plus(scaled(a, 18), scaled(b, 18))).toBe(plus(scaled(a + b, 18), '0'));
        expect(times(scaled(a, 18), scaled(b, 9))).toBe(plus(scaled(a * b, 27), '0'));
      }),
    );
  });
  it('are rounded for people only', () => {
    expect(['2.005', '-2.005', '0.001', '12.000000000000000001', '7', '1.999'].map(rounded)).toEqual([
      '2.01', '-2.01', '0', '12', '7', '2',
    ]); // prettier-ignore
  });
});
