import { describe, expect, it } from 'vitest';
import { afterDeath, neverDied, restartLimit, restartWindowMs } from '../../shared/domain/restart-policy.ts';

const dieAt = (...times: readonly number[]): ReturnType<typeof afterDeath>[] => {
  let state = neverDied;
  return times.map((at) => {
    const decision = afterDeath(state, at);
    state = decision.state;
    return decision;
  });
};

describe('restart policy', () => {
  it('waits longer after the second death, and stops at the third within a minute', () => {
    const [first, second, third] = dieAt(0, 10_000, 20_000);
    expect(first).toMatchObject({ next: 'restart', afterMs: 250 });
    expect(second).toMatchObject({ next: 'restart', afterMs: 500 });
    expect(third).toMatchObject({ next: 'give-up', deaths: restartLimit });
  });

  it('forgets deaths that are older than a minute', () => {
    const decisions = dieAt(0, restartWindowMs, 2 * restartWindowMs, 3 * restartWindowMs);
    expect(decisions.map((d) => d.next)).toEqual(['restart', 'restart', 'restart', 'restart']);
    expect(decisions.map((d) => (d.next === 'restart' ? d.afterMs : -1))).toEqual([250, 250, 250, 250]);
  });

  it('counts on when the clock jumps back', () => {
    expect(dieAt(100_000, 0, 10).at(-1)?.next).toBe('give-up');
  });
});
