import { afterEach, describe, expect, it } from 'vitest';
import type { TextRow } from '../../main/databricks/port.ts';
import { historyCollector } from '../../main/lake/collectors/history.ts';
import { restUpdatesCollector } from '../../main/lake/collectors/rest-updates.ts';
import { servingCollector } from '../../main/lake/collectors/serving.ts';
import { createLake } from '../../main/lake/lake.ts';
import { withoutRepeats } from '../../main/lake/select.ts';
import { collectors } from '../../main/lake/sources.ts';
import { sourceRow } from '../../main/store/lake.ts';
import type { WritableDb } from '../../main/store/port.ts';
import { sql } from '../../main/store/sql.ts';
import { ok } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { collectNow, fakeWorkspace, micros, rowPage } from '../support/collect.ts';
import { withFullDisk } from '../support/full-disk.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const runs = 'system.lakeflow.job_run_timeline';
const run: TextRow = {
  ws: '7', job: '9', run: '1', slice_start: micros(collectNow - 5_000), slice_end: micros(collectNow - 4_000), result: 'SUCCESS',
}; // prettier-ignore
const columns = [
  'workspace_id',
  'job_id',
  'run_id',
  'job_run_id',
  'task_key',
  'period_start_time',
  'period_end_time',
  'result_state',
];

describe('a refresh', () => {
  it('says of a source that nothing in scope is for it, or that nothing was found, and no more once something was', async () => {
    const { store, close } = temporaryStore(() => collectNow);
    cleanups.push(close);
    const [history, live, serving] = [historyCollector, restUpdatesCollector, servingCollector];
    let endpoints: readonly object[] = [];
    const { workspace } = fakeWorkspace({
      columns,
      rest: ({ path }) => ok(path.endsWith('/price') ? { name: 'price', config: {} } : { endpoints }),
    });
    const lake = createLake({
      workspaces: () => [workspace],
      store,
      clock: { now: () => collectNow },
      log: () => undefined,
      collectors: [history, live, serving],
    });
    const read = async (...assets: readonly string[]) => {
      const done = await lake.refresh({ assets: assets as readonly AssetId[] });
      if (!done.ok) throw new Error(done.error.what);
      const notes = new Map(lake.sourceStates(store.read).map(({ source, note }) => [source, note]));
      return [history, live, serving].map(({ source }) => notes.get(source));
    };
    const [nothing, none] = ['Nothing in scope to ask about.', 'Nothing found in scope that this user can see.'];
    for (let times = 0; times < 2; times += 1) {
      const [ofTables, ofPipelines, ofEndpoints] = await read('table|ms|a.b.c');
      expect([ofPipelines, ofEndpoints]).toEqual([nothing, none]);
      expect(ofTables).not.toBe(nothing);
    }
    endpoints = [{ name: 'price', creator: 'ann', creation_timestamp: collectNow }];
    const [ofTables, ofPipelines, ofEndpoints] = await read('pipeline|7|p', 'endpoint|7|price');
    expect([nothing, none]).not.toContain(ofEndpoints);
    expect(ofPipelines).not.toBe(nothing);
    // Its table is in scope no more: what was read of it is here.
    expect(ofTables).not.toBe(nothing);
  });

  it('that cannot be stored says so for its source, keeps its cursor, and costs no other source', async () => {
    const { store, close } = temporaryStore(() => collectNow);
    cleanups.push(close);
    let isFull = true;
    const holdsRuns = (db: WritableDb): boolean =>
      db.first(sql`SELECT 1 AS one FROM lake_fact WHERE source = ${runs}`) !== undefined;
    const { workspace } = fakeWorkspace({
      columns,
      sql: ({ name }) => rowPage(name === 'lake.job-runs' ? [run] : [], ['x']),
    });
    const lake = createLake({
      workspaces: () => [workspace],
      store: withFullDisk(store, (db) => isFull && holdsRuns(db)),
      clock: { now: () => collectNow },
      log: () => undefined,
      collectors: collectors.filter(({ source }) => [runs, 'system.lakeflow.job_task_run_timeline'].includes(source)),
    });
    const done = await lake.refresh({ assets: [] });
    if (!done.ok) throw new Error(done.error.what);
    const failureOf = (source: string): unknown =>
      done.value.sources.find((one) => one.source === source)?.failure?.code;
    expect(failureOf(runs)).toBe('NOT_STORED');
    expect(failureOf('system.lakeflow.job_task_run_timeline')).toBeUndefined();
    expect(sourceRow(store.read, runs, '7')).toMatchObject({ state: 'failed', cursor: null });
    isFull = false;
    await lake.refresh({ assets: [] });
    expect(store.read.all(sql`SELECT id FROM lake_fact WHERE source = ${runs}`)).toHaveLength(1);
  });
});

describe('an answer with more rows than the statement had', () => {
  const page = (rows: readonly TextRow[]) => ({ columns: ['a', 'bw_total'], rows: [...rows] });
  it('is read without those that came twice', () => {
    const row = (a: string): TextRow => ({ a, bw_total: '2' });
    expect(withoutRepeats(page([row('1'), row('2'), row('1'), row('2')]), 10).rows).toEqual([row('1'), row('2')]);
  });
  it('and rows that are rightly equal stay', () => {
    const rows = [{ a: '1', bw_total: '2' }, { a: '1', bw_total: '2' }]; // prettier-ignore
    expect(withoutRepeats(page(rows), 10).rows).toEqual(rows);
  });
});
