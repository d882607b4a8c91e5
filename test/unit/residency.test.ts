import { describe, expect, it } from 'vitest';
import { regionName, residencyOf, type ResidencyRule } from '../../shared/domain/residency.ts';

const rule = (region: string, ...said: ('yes' | 'no')[]): ResidencyRule => ({ region, said, reason: null, by: 'Ada' });
const west = 'azure:westeurope';

describe('may facts of a region lie here', () => {
  it('yes where nobody made a rule, or a rule that allows', () => {
    expect(residencyOf([], west)).toEqual({ allowed: true });
    expect(residencyOf([], null)).toEqual({ allowed: true });
    expect(residencyOf([rule(west, 'yes')], null)).toEqual({ allowed: true });
    expect(residencyOf([rule('azure:eastus', 'no'), rule(west, 'yes')], west)).toEqual({ allowed: true });
  });
  it('no where it is forbidden, and where two people disagree', () => {
    expect(residencyOf([rule(west, 'no')], west)).toMatchObject({ allowed: false, rule: { region: west } });
    expect(residencyOf([rule(west, 'yes', 'no')], west).allowed).toBe(false);
  });
  it('no for what does not say where it lies, while some region is forbidden', () => {
    expect(residencyOf([rule(west, 'no')], null)).toEqual({ allowed: false, rule: null });
  });
  it('regions are named as metastores do', () => {
    expect(regionName(' Azure:WestEurope ')).toBe(west);
    for (const bad of ['westeurope', 'azure:', ':x', 'a:b:c', 'azure:west europe', `a:${'x'.repeat(99)}`])
      expect(regionName(bad), bad).toBeNull();
  });
});
