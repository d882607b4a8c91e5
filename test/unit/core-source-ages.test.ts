import { expect, it } from 'vitest';
import { withPacked } from '../../main/core/source-ages.ts';
import type { SourceState } from '../../main/lake/port.ts';
import { toInstant } from '../../shared/base/time.ts';

const now = Date.UTC(2026, 2, 1, 12);
const at = (hoursAgo: number) => toInstant(now - hoursAgo * 3_600_000);
const state = (source: string, workspace: string, more: Partial<SourceState> = {}): SourceState => ({
  source, workspace, region: null, completeTo: null, observedAt: null, state: 'never', missingColumns: [], note: null, ...more,
}); // prettier-ignore
const packed = (source: string, workspace: string, hoursAgo: number) => ({
  source, workspace, observed: at(hoursAgo),
}); // prettier-ignore

it('a source is as old as its last reading, by the background or by a packing, and complete as the background says', () => {
  const states = [
    state('runs', '7', { state: 'stale', observedAt: at(3), completeTo: at(4) }),
    state('jobs', '7', { state: 'fresh', observedAt: at(0), completeTo: at(0) }),
    state('audit', '7', { state: 'denied', note: 'no right' }),
    state('usage', '7', { state: 'fresh', observedAt: at(2.5), completeTo: at(9) }),
    state('columns', ''),
    state('statistics', ''),
    state('grants', ''),
  ];
  const all = withPacked(
    states,
    [packed('runs', '7', 1), packed('jobs', '7', 1), packed('audit', '7', 1), packed('usage', '7', 2.2), packed('columns', '7', 0.5), packed('columns', '8', 0.5), packed('statistics', '7', 5)],
    now,
  ); // prettier-ignore
  expect(all.map((one) => [one.source, one.workspace, one.state, one.observedAt, one.completeTo])).toEqual([
    ['runs', '7', 'fresh', at(1), at(4)],
    ['jobs', '7', 'fresh', at(0), at(0)],
    ['audit', '7', 'denied', null, null],
    ['usage', '7', 'fresh', at(2.2), at(9)],
    ['grants', '', 'never', null, null],
    ['columns', '7', 'fresh', at(0.5), null],
    ['columns', '8', 'fresh', at(0.5), null],
    ['statistics', '7', 'stale', at(5), null],
  ]);
});
