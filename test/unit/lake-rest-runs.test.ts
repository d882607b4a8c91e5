import { afterEach, describe, expect, it } from 'vitest';
import { staticToken } from '../../main/databricks/token-source.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { DatabricksFailure, RestRequest, Workspace } from '../../main/databricks/port.ts';
import { mergeRuns, newerAnswer, restRunsSource } from '../../main/lake/collectors/merge-runs.ts';
import { readRun } from '../../main/lake/collectors/rest-run.ts';
import { restRunsCollector } from '../../main/lake/collectors/rest-runs.ts';
import { createLake, type Lake } from '../../main/lake/lake.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import { putSource } from '../../main/store/lake.ts';
import type { Store } from '../../main/store/port.ts';
import { wholeRun } from '../../main/lake/rest-read.ts';
import { collectContext, fakeWorkspace } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const start = Date.UTC(2026, 10, 24, 12);
const minute = 60_000;

type Run = { readonly id: number; readonly job: number; readonly at: number; readonly end: number; readonly result: string | null }; // prettier-ignore
const document = ({ id, job, at, end, result }: Run) => ({
  run_id: id,
  job_id: job,
  run_name: `job of ${job}`,
  start_time: at,
  end_time: result === null ? 0 : end,
  state:
    result === null
      ? { life_cycle_state: 'RUNNING' }
      : { life_cycle_state: 'TERMINATED', result_state: result, state_message: result === 'FAILED' ? 'it broke' : '' },
  tasks: [{ run_id: id * 10, task_key: 'a', start_time: at, end_time: end, state: { life_cycle_state: 'TERMINATED', result_state: result ?? 'SUCCESS' } }],
}); // prettier-ignore

/** The part of jobs/runs that is used: newest first, by page, as the service lists them. */
type Service = {
  runs: Run[];
  visible: (job: number) => boolean;
  calls: RestRequest[];
  fails: (n: number) => boolean;
  raw?: unknown[];
};
const answer = (service: Service, request: RestRequest): Result<unknown, DatabricksFailure> => {
  service.calls.push(request);
  if (service.fails(service.calls.length)) return err(databricksFailure('Unavailable', { code: 'HTTP 500' }));
  const query = request.query ?? {};
  if (service.raw !== undefined) return ok({ runs: service.raw, has_more: false });
  if (request.path.endsWith('/runs/get')) {
    const run = service.runs.find((one) => String(one.id) === query['run_id']);
    return run === undefined ? err(databricksFailure('BadAnswer', { code: 'HTTP 400' })) : ok(document(run));
  }
  if (query['job_id'] !== undefined && !service.visible(Number(query['job_id'])))
    return err(databricksFailure('Forbidden', { code: 'HTTP 403' }));
  const all = service.runs
    .filter(
      (one) =>
        service.visible(one.job) &&
        (query['job_id'] === undefined || String(one.job) === query['job_id']) &&
        one.at >= Number(query['start_time_from'] ?? 0) &&
        one.at <= Number(query['start_time_to'] ?? Number.MAX_SAFE_INTEGER),
    )
    .sort((a, b) => b.at - a.at);
  const from = Number(query['page_token'] ?? 0);
  const size = Number(query['limit']);
  const more = from + size < all.length;
  return ok({
    runs: all.slice(from, from + size).map(document),
    // Newer answers need not have it: the token alone says that more follows.
    ...(service.calls.length % 2 === 0 ? { has_more: more } : {}),
    ...(more ? { next_page_token: String(from + size) } : {}),
  });
};

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const rig = (service: Service): { lake: Lake; store: Store; pass: (ms: number) => void } => {
  let now = start;
  const { store, close } = temporaryStore(() => now);
  cleanups.push(close);
  const nothing = (): never => {
    throw new Error('no statement is needed for runs from REST');
  };
  const workspace: Workspace = {
    connection: { kind: 'practice', name: 'fake', host: '127.0.0.1', port: 1, httpPath: '/', auth: staticToken('t') },
    warehouse: { query: nothing, pages: nothing, close: () => Promise.resolve() },
    rest: { call: (request) => Promise.resolve(answer(service, request)) },
    identity: () => Promise.resolve(ok({ workspaceId: '7', metastoreId: 'ms', user: 'u' })),
    close: () => Promise.resolve(),
  };
  const lake = createLake({
    workspaces: () => [workspace],
    store,
    clock: { now: () => now },
    log: () => undefined,
    collectors: [restRunsCollector],
  });
  return { lake, store, pass: (ms) => (now += ms) };
};
const stored = (lake: Lake, store: Store): readonly LakeFact[] => {
  const rows: LakeFact[] = [];
  for (let before: string | null = null; ;) {
    const page = lake.facts(store.read, { limit: 500, before });
    rows.push(...page.rows);
    if (page.next === null) return rows.filter((one) => one.data['task'] === null);
    before = page.next;
  }
};
const service = (change: Partial<Service>): Service => ({
  runs: [],
  visible: () => true,
  calls: [],
  fails: () => false,
  ...change,
});
const run = (id: number, change: Partial<Run> = {}): Run => ({
  id, job: 5, at: start - id * minute, end: start - id * minute + 30_000, result: 'SUCCESS', ...change,
}); // prettier-ignore

describe('runs from REST', () => {
  it('without system tables, runs of all jobs that can be seen, in one spelling, with what failed ones said', async () => {
    const world = service({
      runs: [run(1, { result: 'FAILED' }), run(2, { result: 'TIMEDOUT' }), run(3, { job: 6 }), run(4, { job: 9 })],
      visible: (job) => job !== 9,
    });
    const { lake, store } = rig(world);
    expect((await lake.refresh({ assets: [] })).ok).toBe(true);
    const facts = stored(lake, store);
    expect(facts.map((one) => [one.data['run'], one.data['result'], one.title])).toEqual([
      ['1', 'failed', 'Run 1 of job of 5 failed'],
      ['2', 'timed-out', 'Run 2 of job of 5 timed out'],
      ['3', 'succeeded', 'Run 3 of job of 6 succeeded'],
    ]);
    expect(facts[0]?.data['message']).toBe('it broke');
    expect(facts[0]?.data['raw']).toMatchObject({ result_state: 'FAILED' });
    // The failed task too, with its own id; and the state says up to when: the newest moment that was told.
    expect(lake.facts(store.read, { limit: 10 }).rows.filter((one) => one.data['task'] === 'a')).toHaveLength(2);
    const [state] = lake.sourceStates(store.read);
    expect(state).toMatchObject({ state: 'fresh', completeTo: new Date(start - minute + 30_000).toISOString() });
    expect(world.calls.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('a run that goes on is asked again until it ends, and one that is gone is let go', async () => {
    const world = service({ runs: [run(300, { result: null }), run(1)] });
    const { lake, store, pass } = rig(world);
    await lake.refresh({ assets: [] });
    expect(stored(lake, store).map((one) => one.data['result'])).toEqual(['succeeded', 'running']);
    pass(minute);
    world.runs = [run(300, { result: 'CANCELED', end: start }), run(1)];
    await lake.refresh({ assets: [] });
    expect(stored(lake, store).find((one) => one.data['run'] === '300')?.data['result']).toBe('cancelled');
    pass(minute);
    world.calls = [];
    await lake.refresh({ assets: [] });
    expect(world.calls.map(({ path }) => path)).toEqual(['/api/2.2/jobs/runs/list']);
  });

  it('more runs than one pull takes: none is lost, none doubled, also when a page fails and new ones begin meanwhile', async () => {
    const world = service({ runs: Array.from({ length: 700 }, (_, i) => run(i + 1)), fails: (n) => n === 14 });
    const { lake, store, pass } = rig(world);
    await lake.refresh({ assets: [] });
    expect(stored(lake, store).length).toBeLessThan(700);
    pass(minute);
    world.runs = [run(701, { at: start + 1000, end: start + 2000 }), ...world.runs];
    world.fails = () => false;
    await lake.refresh({ assets: [] });
    const facts = stored(lake, store);
    expect(facts).toHaveLength(701);
    expect(new Set(facts.map((one) => one.data['run'])).size).toBe(701);
  });

  it('where the system table is read, only the jobs around a room are asked, and a hidden one is named', async () => {
    const world = service({ runs: [run(1), run(2, { job: 6 })], visible: (job) => job === 5 });
    const { lake, store } = rig(world);
    store.transaction((db) => {
      putSource(db, {
        source: 'system.lakeflow.job_run_timeline', workspace: '7', region: null, cursor: null, complete_to: null, observed: null,
        state: 'fresh', missing: '[]', note: null,
      }); // prettier-ignore
      return ok(null);
    });
    await lake.refresh({ assets: [] });
    expect(world.calls).toEqual([]);
    await lake.refresh({ assets: ['job|7|5' as AssetId, 'job|7|6' as AssetId] });
    expect(stored(lake, store).map((one) => one.data['run'])).toEqual(['1']);
    const state = lake.sourceStates(store.read).find((one) => one.source === restRunsSource);
    expect(state).toMatchObject({ completeTo: null, note: 'Not visible to this user: job 6.' });
  });

  it('answers that make no sense cost nothing but themselves', async () => {
    const strange: unknown[] = [null, 5, {}, { run_id: 1 }, { run_id: 'x', job_id: 'y', start_time: 'soon' }];
    const world = service({ raw: [...strange, { ...document(run(1)), state: 'odd', status: [], tasks: 'none' }] });
    const { lake, store } = rig(world);
    await lake.refresh({ assets: [] });
    expect(stored(lake, store)).toHaveLength(1);
    expect(lake.sourceStates(store.read)[0]?.note).toContain('5 runs could not be read');
  });
});

describe('one run from two sources', () => {
  const fact = (source: string, result: string | null, end: number): LakeFact => {
    const at = new Date(end).toISOString();
    return {
      id: 'run|7|1' as FactId, kind: 'run', source, workspace: '7', happenedAt: at, observedAt: at, completeTo: null,
      assets: ['job|7|5' as AssetId], title: '',
      data: {
        run: '1', job: '5', workspace: '7', task: null, startedAt: at, endedAt: at, resultAt: result === null ? null : at,
        result: result ?? 'running', message: source === restRunsSource ? 'it broke' : null, name: null, trigger: null,
      },
    }; // prettier-ignore
  };
  const merge = mergeRuns(newerAnswer, () => 'nightly');
  const table = 'system.lakeflow.job_run_timeline';

  it('the row of the system table replaces what REST said before it, and says so; it is not replaced by it', () => {
    const [rest, row] = [fact(restRunsSource, null, start), fact(table, 'failed', start + minute)];
    expect(merge(rest, row)).toMatchObject({
      source: table,
      title: 'Run 1 of nightly failed',
      data: { result: 'failed', message: 'it broke', replaced: { source: restRunsSource, result: 'running' } },
    });
    expect(merge(row, rest).data).toMatchObject({ result: 'failed', message: 'it broke' });
    expect(merge(row, rest).data['replaced']).toBeUndefined();
    // Said once, it stays said.
    expect(merge(merge(rest, row), row).data['replaced']).toBeDefined();
  });

  it('REST counts while the table has no result, and after a repair that the table does not show yet', () => {
    const rest = fact(restRunsSource, 'succeeded', start + 10 * minute);
    for (const row of [fact(table, null, start), fact(table, 'failed', start)]) {
      expect(merge(row, rest).data['result']).toBe('succeeded');
      expect(merge(rest, row).data['result']).toBe('succeeded');
    }
  });
});

describe('a run with more tasks than one page holds', () => {
  it('is read to its last task, with its message and its repairs', async () => {
    const page = (from: number) => Array.from({ length: 100 }, (_, i) => ({ run_id: 1_000 + from + i, task_key: `t${from + i}`, state: { life_cycle_state: 'TERMINATED', result_state: 'SUCCESS' } })); // prettier-ignore
    const last = { run_id: 1_200, task_key: 'last', state: { life_cycle_state: 'TERMINATED', result_state: 'FAILED', state_message: 'it broke' } }; // prettier-ignore
    const rest = (request: RestRequest): Result<unknown, DatabricksFailure> => {
      const token = request.query?.['page_token'];
      const whole = { run_id: 9, job_id: 5, start_time: start, state: { life_cycle_state: 'TERMINATED', result_state: 'FAILED' } }; // prettier-ignore
      if (token === undefined) return ok({ ...whole, tasks: page(0), next_page_token: 'b' });
      return token === 'b'
        ? ok({ ...whole, tasks: page(100), repair_history: [{ id: 1 }], next_page_token: 'c' })
        : ok({ ...whole, tasks: [last] });
    };
    const { workspace, called } = fakeWorkspace({ rest });
    const { store, close } = temporaryStore(() => start);
    cleanups.push(close);
    const found = await wholeRun(collectContext(workspace, store.read, []), '9', { include_history: 'true' });
    if (!found.ok) throw new Error(found.error.what);
    expect([found.value['tasks'], found.value['repair_history']].map((all) => Array.isArray(all) && all.length)).toEqual([201, 1]); // prettier-ignore
    expect(called.map(({ query }) => query)).toEqual([
      { run_id: '9', include_history: 'true' },
      { run_id: '9', include_history: 'true', page_token: 'b' },
      { run_id: '9', include_history: 'true', page_token: 'c' },
    ]);
    const read = readRun(found.value, collectContext(workspace, store.read, []));
    expect(read?.facts.map(({ fact }) => [fact.data['task'], fact.data['message']])).toEqual([
      [null, null],
      ['last', 'it broke'],
    ]);
  });
});
