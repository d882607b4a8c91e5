import { describe, expect, it } from 'vitest';
import { bySameReason } from '../../renderer/views/common/same-reason.ts';
import { ageGroups, summaryOf } from '../../renderer/views/shell/age-summary.ts';
import type { Freshness } from '../../shared/contract/status.ts';

const at = (minute: number): string => new Date(Date.UTC(2026, 2, 1, 8, minute)).toISOString();
const fact = (source: string, state: Freshness['state'], more: Partial<Freshness> = {}): Freshness => ({
  source, label: source, workspace: null, completeTo: null, observedAt: state === 'never' ? null : at(10), state, read: 'always', missing: [], note: null, ...more,
}); // prettier-ignore

describe('the age of all facts in one line', () => {
  it('counts what can be vouched for, and is as old as the oldest part of it', () => {
    const facts = [
      fact('runs', 'fresh'),
      fact('jobs', 'fresh', { observedAt: at(3) }),
      fact('audit', 'denied', { observedAt: null }),
      fact('lineage', 'stale', { observedAt: at(1) }),
    ];
    expect(summaryOf(facts)).toEqual({ readAt: at(3), good: 2, expected: 4 });
  });

  it('misses nothing that is only read around a room, until it was read', () => {
    const around = fact('histories', 'never', { read: 'around' });
    expect(summaryOf([fact('runs', 'fresh'), around])).toMatchObject({ good: 1, expected: 1 });
    expect(summaryOf([fact('runs', 'fresh'), { ...around, state: 'failed' }])).toMatchObject({ good: 1, expected: 2 });
    expect(summaryOf([fact('runs', 'never'), around])).toEqual({ readAt: null, good: 0, expected: 1 });
  });

  it('does not grow old by what only a packing reads: how old a packed room is, its card tells', () => {
    const packed = (state: Freshness['state']) => fact('columns', state, { read: 'packing', observedAt: at(1) });
    for (const state of ['fresh', 'stale'] as const)
      expect(summaryOf([fact('runs', 'fresh'), packed(state)])).toEqual({ readAt: at(10), good: 1, expected: 1 });
    expect(ageGroups([packed('stale'), packed('fresh')]).map(([group]) => group)).toEqual(['fresh', 'around']);
    expect(summaryOf([packed('denied')])).toMatchObject({ good: 0, expected: 1 });
  });

  it('is not made old by what rests between its readings, unless there is nothing else', () => {
    const usage = fact('usage', 'fresh', { rests: true, observedAt: at(1) });
    expect(summaryOf([fact('runs', 'fresh'), usage])).toEqual({ readAt: at(10), good: 2, expected: 2 });
    expect(summaryOf([usage])).toEqual({ readAt: at(1), good: 1, expected: 1 });
  });

  it('says of old facts how old they are', () => {
    expect(summaryOf([fact('runs', 'stale', { observedAt: at(2) })])).toEqual({ readAt: at(2), good: 0, expected: 1 });
  });

  it('puts what needs a person first, and nothing is left out', () => {
    const states = ['fresh', 'never', 'denied', 'stale', 'missing', 'failed'] as const;
    const facts = states.map((state) => fact(state, state));
    const groups = ageGroups([...facts, fact('packed', 'never', { read: 'packing' })]);
    expect(groups.map(([group, members]) => [group, members.map(({ source }) => source)])).toEqual([
      ['trouble', ['denied', 'missing', 'failed']],
      ['old', ['stale']],
      ['due', ['never']],
      ['fresh', ['fresh']],
      ['around', ['packed']],
    ]);
  });
});

describe('one reason for many', () => {
  it('is said once, and those that share it stand together', () => {
    const notes = ['not "a.b"', null, 'gone', 'not "c.d"', null, 'not "e"'];
    expect(bySameReason(notes.map((note, at) => ({ at, note }))).map(({ one, again }) => [one.at, again])).toEqual([
      [0, false],
      [3, true],
      [5, true],
      [1, false],
      [2, false],
      [4, false],
    ]);
  });
});
