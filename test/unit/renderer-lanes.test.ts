import { describe, expect, it } from 'vitest';
import { laneKinds, laneOf, lanesOfSource, layoutLanes, rangeOf, ticksOf, xOf } from '../../renderer/timeline/lanes.ts';
import { ago, sampleEntries, sampleNow } from '../support/renderer-sample.ts';

const hour = 3_600_000;
const onset = Date.parse(ago(161));
const range = rangeOf(sampleEntries, onset, sampleNow, 'near');
const input = {
  rows: sampleEntries,
  range,
  width: 800,
  now: sampleNow,
  group: 'kind' as const,
  completeTo: {},
  assetName: (id: string) => id,
};

describe('lanes', () => {
  it('every kind of fact has a lane, what people wrote is theirs', () => {
    expect(laneOf({ kind: 'fact', factKind: 'alias-move' })).toBe('model');
    expect(laneOf({ kind: 'fact', factKind: 'drift' })).toBe('signals');
    expect(laneOf({ kind: 'decision', factKind: null })).toBe('people');
    expect(laneOf({ kind: 'signal', factKind: null })).toBe('signals');
  });

  it('sources find their lane by name; lineage has none', () => {
    expect(lanesOfSource('system.lakeflow.job_run_timeline')).toEqual(['runs']);
    expect(lanesOfSource('system.lakeflow.job_task_run_timeline')).toEqual([]);
    expect(lanesOfSource('system.access.audit')).toEqual(['access']);
    expect(lanesOfSource('system.access.table_lineage')).toEqual([]);
    expect(lanesOfSource('delta.history')).toEqual(['versions', 'schema']);
    expect(lanesOfSource('rest.unity-catalog.models')).toEqual(['model']);
    expect(lanesOfSource('system.lakeflow.jobs')).toEqual([]);
    expect(lanesOfSource('rest.jobs.runs')).toEqual([]);
    expect(lanesOfSource('system.data_quality_monitoring.table_results')).toEqual(['signals']);
    expect(lanesOfSource('drift_metrics')).toEqual(['signals']);
    // Rare rows of a table, or when a monitor ran last: how far the rest is known they do not say.
    for (const part of [
      'system.access.audit/refused',
      'system.information_schema.column_tags/personal',
      'rest.data-quality.monitors',
    ])
      expect(lanesOfSource(part)).toEqual([]);
    // Read for a pack only, up to its newest change: that hatches nothing.
    expect(lanesOfSource('system.serving.served_entities')).toEqual([]);
  });

  it('all kinds are there, also empty ones, and no row of the stretch is lost', () => {
    const lanes = layoutLanes(input);
    expect(lanes.map((lane) => lane.key)).toEqual([...laneKinds]);
    const shown = new Set(lanes.flatMap((lane) => lane.marks.flatMap((mark) => mark.ids)));
    const within = sampleEntries.filter(
      (row) => Date.parse(row.happenedAt) >= range.from && Date.parse(row.happenedAt) <= range.to,
    );
    expect(shown.size).toBe(within.length);
    for (const mark of lanes.flatMap((lane) => lane.marks)) expect(mark.x).toBeLessThanOrEqual(800);
  });

  it('marks that would touch become one, a different tone keeps its own', () => {
    const at = (id: string, minutes: number, tone: 'plain' | 'bad') => ({
      ...(sampleEntries[0] as (typeof sampleEntries)[number]),
      id,
      factKind: 'run',
      happenedAt: ago(minutes),
      tone,
    });
    const runs = layoutLanes({ ...input, rows: [at('a', 60, 'plain'), at('b', 59, 'plain'), at('c', 57, 'bad')] }).find(
      (lane) => lane.key === 'runs',
    );
    expect(runs?.marks.map((mark) => [mark.tone, mark.ids])).toEqual([['plain', ['a', 'b']], ['bad', ['c']]]); // prettier-ignore
  });

  it('a lane is hatched after its last fact, up to now; never read means from the start; people are never hatched', () => {
    const lanes = layoutLanes({ ...input, completeTo: { runs: sampleNow - hour, access: null, versions: sampleNow } });
    const hatch = (key: string) => lanes.find((lane) => lane.key === key)?.hatch ?? null;
    expect(hatch('runs')).toEqual({ from: xOf(sampleNow - hour, range, 800), to: xOf(sampleNow, range, 800) });
    expect(hatch('access')?.from).toBe(0);
    expect(hatch('versions')).toBeNull();
    expect(hatch('people')).toBeNull();
  });

  it('by asset: the busiest first, eight at most', () => {
    const lanes = layoutLanes({ ...input, group: 'asset' });
    expect(lanes.length).toBeLessThanOrEqual(8);
    expect(lanes[0]?.key).toContain('pos_sales');
  });
});

describe('the axis', () => {
  it('shows onset and now, and something even without rows', () => {
    for (const one of [range, rangeOf([], null, sampleNow, 'all'), rangeOf([], onset, sampleNow + 72 * hour, 'near')]) {
      expect(one.from).toBeLessThan(one.to);
      expect(xOf(sampleNow, one, 100)).toBeGreaterThanOrEqual(0);
    }
    expect(range.from).toBeLessThan(onset);
    expect(range.to).toBeGreaterThan(sampleNow);
  });

  it('ticks stand on round times of the zone and never crowd', () => {
    const ticks = ticksOf(range, 800, hour);
    expect(ticks.length).toBeLessThanOrEqual(11);
    for (const at of ticks) expect((at + hour) % (30 * 60_000)).toBe(0);
    const half = ticksOf({ from: sampleNow - 48 * hour, to: sampleNow }, 800, 5.5 * hour);
    for (const at of half) expect(((at + 5.5 * hour) / hour) % 1).toBe(0);
  });
});
