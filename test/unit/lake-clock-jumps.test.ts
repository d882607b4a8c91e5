import { afterEach, describe, expect, it } from 'vitest';
import type { Statement, TextRow } from '../../main/databricks/port.ts';
import { newerAnswer } from '../../main/lake/collectors/merge-runs.ts';
import { expectationsCollector } from '../../main/lake/collectors/expectations.ts';
import { runsCollector } from '../../main/lake/collectors/runs.ts';
import { isDue } from '../../main/lake/cursor.ts';
import { createLake } from '../../main/lake/lake.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import type { FactId } from '../../shared/domain/ids.ts';
import { keepState } from '../../main/lake/state-source.ts';
import { collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const day = 86_400_000;
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const runOf = (run: string, ended: number): TextRow => ({
  ws: '7', job: '9', run, slice_start: micros(ended - 1_000), slice_end: micros(ended), result: 'FAILED',
}); // prettier-ignore

/** A device whose clock can be set, before a workspace that knows some runs. */
const deviceOn = (runs: readonly TextRow[]) => {
  let now = collectNow;
  const { store, close } = temporaryStore(() => now);
  cleanups.push(close);
  const { workspace, asked } = fakeWorkspace({
    columns: [
      'workspace_id',
      'job_id',
      'run_id',
      'period_start_time',
      'period_end_time',
      'result_state',
      'pipeline_id',
      'update_id',
      'event_time',
      'event_type',
      'details',
    ],
    sql: ({ name, parameters }: Statement) => {
      if (name !== 'lake.job-runs') return rowPage([], ['x']);
      const since = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.exec(JSON.stringify(parameters?.['since']))?.[0] ?? '';
      const from = Date.parse(`${since}Z`);
      return rowPage(runs.filter((row) => Number(row['slice_end']) / 1000 >= from), ['ws', 'job', 'run']); // prettier-ignore
    },
  });
  const lake = createLake({
    workspaces: () => [workspace], store, clock: { now: () => now }, log: () => undefined, collectors: [runsCollector, expectationsCollector],
  }); // prettier-ignore
  const refresh = async (): Promise<void> => {
    const done = await lake.refresh({ assets: [] });
    if (!done.ok) throw new Error(done.error.what);
  };
  const held = () => lake.facts(store.read, { kinds: ['run'], limit: 50 }).rows.map(({ data }) => data['run']).sort(); // prettier-ignore
  const stateOf = (source: string) => lake.sourceStates(store.read).find((one) => one.source === source)?.state;
  const sent = (name: string) => asked.filter((one) => one.name === name).length;
  return { refresh, held, stateOf, sent, set: (ms: number) => (now = ms) };
};

describe('a clock that was set forward', () => {
  it('by 400 days throws nothing away, and what the cursor has passed is still here when it is right again', async () => {
    const device = deviceOn([runOf('1', collectNow - 3 * day), runOf('2', collectNow - day)]);
    await device.refresh();
    device.set(collectNow + 400 * day);
    await device.refresh();
    expect(device.held()).toEqual(['1', '2']);
    device.set(collectNow + 60_000);
    await device.refresh();
    expect(device.held()).toEqual(['1', '2']);
  });

  it('and is right: what came later says so, and what is older than 45 days goes', async () => {
    const runs = [runOf('1', collectNow - 3 * day)];
    const device = deviceOn(runs);
    await device.refresh();
    device.set(collectNow + 50 * day);
    await device.refresh();
    expect(device.held()).toEqual(['1']);
    runs.push(runOf('2', collectNow + 49 * day));
    await device.refresh();
    expect(device.held()).toEqual(['2']);
  });
});

describe('a clock that was set back', () => {
  it('by two days lets no source rest until then', async () => {
    const device = deviceOn([]);
    await device.refresh();
    await device.refresh();
    expect(device.sent('lake.expectations')).toBe(1);
    device.set(collectNow - 2 * day);
    await device.refresh();
    expect(device.sent('lake.expectations')).toBe(2);
    await device.refresh();
    expect(device.sent('lake.expectations')).toBe(2);
  });

  it('makes what was read before old, not fresh for days', async () => {
    const device = deviceOn([]);
    await device.refresh();
    expect(device.stateOf(runsCollector.source)).toBe('fresh');
    device.set(collectNow - 2 * day);
    expect(device.stateOf(runsCollector.source)).toBe('stale');
    await device.refresh();
    expect(device.stateOf(runsCollector.source)).toBe('fresh');
  });

  it('asks again about each thing that was asked about in the future', () => {
    expect(isDue(instantAt(collectNow), collectNow - 2 * day, 60_000)).toBe(true);
    expect(isDue(instantAt(collectNow), collectNow + 30_000, 60_000)).toBe(false);
    expect(isDue(instantAt(collectNow), collectNow + 60_000, 60_000)).toBe(true);
    expect(isDue('nonsense', collectNow, 60_000)).toBe(true);
    expect(isDue(undefined, collectNow, 60_000)).toBe(true);
  });

  it('does not let an answer of the future stand for ever', () => {
    const answer = (observed: number, result: string): LakeFact => ({
      id: 'run|7|1' as FactId, kind: 'run', source: 'rest', workspace: '7', happenedAt: instantAt(collectNow), observedAt: instantAt(observed), completeTo: null,
      assets: [], title: result, data: { result },
    }); // prettier-ignore
    const [wrong, now] = [answer(collectNow + 400 * day, 'running'), answer(collectNow, 'failed')];
    expect(newerAnswer(wrong, now).data['result']).toBe('failed');
    // Two that crossed on their way: the one asked later knows more.
    expect(newerAnswer(now, answer(collectNow - 60_000, 'running')).data['result']).toBe('failed');
    const same = { ...now, observedAt: instantAt(collectNow), happenedAt: instantAt(collectNow) };
    const state = keepState({ ...same, happenedAt: wrong.observedAt, observedAt: wrong.observedAt }, same);
    expect([state.happenedAt, state.observedAt]).toEqual([same.happenedAt, same.observedAt]);
  });
});
