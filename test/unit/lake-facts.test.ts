import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { staticToken } from '../../main/databricks/token-source.ts';
import { ok, err, type Result } from '../../shared/base/result.ts';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { DatabricksFailure, RowPage, Statement, TextRow, Workspace } from '../../main/databricks/port.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { mergeRun } from '../../main/lake/collectors/runs.ts';
import { createLake, type Lake } from '../../main/lake/lake.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import { normaliseResult } from '../../main/lake/rows.ts';
import { collectors } from '../../main/lake/sources.ts';
import type { Store } from '../../main/store/port.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const now = Date.UTC(2026, 10, 24, 12);
const clock = { now: () => now };
const micros = (ms: number): string => `${ms}000`;

/** A warehouse of the port whose answers a test writes: hostile ones too. */
type Answer = (statement: Statement) => Result<RowPage, DatabricksFailure> | undefined;
const page = (rows: readonly TextRow[], columns?: readonly string[]): Result<RowPage, DatabricksFailure> =>
  ok({ columns: columns ?? Object.keys(rows[0] ?? {}), rows: [...rows] });
const fakeWorkspace = (
  answer: Answer,
  rest: (path: string) => Result<unknown, DatabricksFailure> = () => ok({}),
): Workspace => {
  const query = (statement: Statement): Promise<Result<RowPage, DatabricksFailure>> =>
    Promise.resolve(answer(statement) ?? page([], ['x']));
  return {
    connection: { kind: 'practice', name: 'fake', host: '127.0.0.1', port: 1, httpPath: '/', auth: staticToken('t') },
    warehouse: {
      query,
      pages: async function* (statement) {
        yield await query(statement);
      },
      close: () => Promise.resolve(),
    },
    rest: { call: (request) => Promise.resolve(rest(request.path)) },
    identity: () => Promise.resolve(ok({ workspaceId: '7', metastoreId: 'ms', user: 'u' })),
    close: () => Promise.resolve(),
  };
};

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const lakeOver = (
  workspace: Workspace,
  only?: readonly Collector[],
): { readonly lake: Lake; readonly store: Store } => {
  const { store, close } = temporaryStore(clock.now);
  cleanups.push(close);
  return {
    store,
    lake: createLake({
      workspaces: () => [workspace],
      store,
      clock,
      log: () => undefined,
      ...(only === undefined ? {} : { collectors: only }),
    }),
  };
};
const bySource = (source: string): readonly Collector[] => collectors.filter((one) => one.source === source);

const runColumns = [
  'workspace_id',
  'job_id',
  'run_id',
  'period_start_time',
  'period_end_time',
  'result_state',
  'termination_code',
  'trigger_type',
  'run_type',
  'run_name',
  'compute_ids',
];
const slice = (run: string, from: number, to: number, result: string | null, total: number): TextRow => ({
  ws: '7', job: '9', run, slice_start: micros(from), slice_end: micros(to), result, termination: null, trigger_kind: 'CRON',
  run_kind: 'JOB_RUN', run_label: 'nightly', bw_total: String(total),
}); // prettier-ignore
const runsAnswer =
  (rows: () => readonly TextRow[]): Answer =>
  (statement) => {
    if (statement.name === 'probe.columns') return page(runColumns.map((column_name) => ({ column_name })));
    return statement.name === 'lake.job-runs' ? page(rows()) : undefined;
  };
const hour = 3_600_000;

describe('runs', () => {
  const slices = [
    slice('1', now - 5 * hour, now - 4 * hour, null, 4), slice('1', now - 4 * hour, now - 3 * hour, 'FAILED', 4),
    slice('1', now - 2 * hour, now - hour, 'SUCCESS', 4), slice('2', now - hour, now - hour, null, 4),
  ]; // prettier-ignore

  it('slices become runs: the last result counts, whatever the order, however often they come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...slices, ...slices], { minLength: 8, maxLength: 8 }), async (rows) => {
        const { lake, store } = lakeOver(
          fakeWorkspace(runsAnswer(() => rows)),
          bySource('system.lakeflow.job_run_timeline'),
        );
        expect((await lake.refresh({ assets: [] })).ok).toBe(true);
        const facts = lake.facts(store.read, { limit: 10 }).rows;
        expect(
          facts.map((one) => [one.data['run'], one.data['result'], one.data['startedAt'], one.happenedAt]),
        ).toEqual([
          ['2', 'running', new Date(now - hour).toISOString(), new Date(now - hour).toISOString()],
          ['1', 'succeeded', new Date(now - 5 * hour).toISOString(), new Date(now - hour).toISOString()],
        ]);
      }),
      { numRuns: 15 },
    );
  });

  it('merging slices is commutative, associative and idempotent', () => {
    const fact = (from: number, to: number, result: string | null): LakeFact => ({
      id: 'run|7|1' as FactId, kind: 'run', source: 's', workspace: '7', happenedAt: new Date(to).toISOString(), observedAt: new Date(now).toISOString(),
      completeTo: null, assets: ['job|7|9' as AssetId], title: '',
      data: { run: '1', task: null, startedAt: new Date(from).toISOString(), endedAt: new Date(to).toISOString(), resultAt: result === null ? null : new Date(to).toISOString(), result: normaliseResult(result), name: 'n', message: null },
    }); // prettier-ignore
    const one = fc.record({
      from: fc.integer({ min: 0, max: 9 }),
      length: fc.integer({ min: 0, max: 3 }),
      result: fc.constantFrom(null, 'FAILED', 'SUCCESS', 'CANCELED'),
    });
    const merge = mergeRun(() => 'n');
    const told = (all: readonly LakeFact[]) => {
      const { title, happenedAt, data } = all.reduce((a, b) => merge(a, b));
      return {
        title,
        happenedAt,
        startedAt: data['startedAt'],
        endedAt: data['endedAt'],
        result: data['result'],
        resultAt: data['resultAt'],
      };
    };
    fc.assert(
      fc.property(fc.array(one, { minLength: 2, maxLength: 6 }), fc.infiniteStream(fc.nat()), (specs, shuffle) => {
        const facts = specs.map((spec) =>
          fact(now + spec.from * hour, now + (spec.from + spec.length) * hour, spec.result),
        );
        const mixed = [...facts]
          .map((value) => ({ value, key: shuffle.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ value }) => value);
        expect(told([...mixed, ...facts])).toEqual(told(facts));
      }),
    );
  });

  it('rows that cannot be read are counted and left out, never guessed', async () => {
    const good = slice('1', now - 2 * hour, now - hour, 'SUCCEEDED', 5);
    const rows = [
      good,
      { ...good, run: null },
      { ...good, run: '<REDACTED>' },
      { ...good, run: '3', slice_end: 'yesterday' },
      { ...good, run: '4', slice_end: null },
    ];
    const { lake, store } = lakeOver(
      fakeWorkspace(runsAnswer(() => rows)),
      bySource('system.lakeflow.job_run_timeline'),
    );
    expect((await lake.refresh({ assets: [] })).ok).toBe(true);
    expect(lake.facts(store.read, { limit: 10 }).rows.map((one) => one.data['run'])).toEqual(['1']);
    const [state] = lake.sourceStates(store.read);
    expect(state).toMatchObject({
      state: 'fresh',
      note: '4 rows could not be read.',
      missingColumns: ['run_id (masked)'],
      completeTo: new Date(now - hour).toISOString(),
    });
  });

  it('an answer with fewer rows than announced keeps its facts but not its cursor', async () => {
    let total = 3;
    const { lake, store } = lakeOver(
      fakeWorkspace(runsAnswer(() => [slice('1', now - 2 * hour, now - hour, 'FAILED', total)])),
      bySource('system.lakeflow.job_run_timeline'),
    );
    await lake.refresh({ assets: [] });
    expect(lake.facts(store.read, { limit: 10 }).rows.length).toBe(1);
    expect(lake.sourceStates(store.read)[0]).toMatchObject({ state: 'failed', completeTo: null });
    total = 1;
    await lake.refresh({ assets: [] });
    expect(lake.sourceStates(store.read)[0]).toMatchObject({
      state: 'fresh',
      completeTo: new Date(now - hour).toISOString(),
    });
  });
});

describe('sources that fail', () => {
  it('a collector that throws is told and does not stop the next one', async () => {
    const broken: Collector = {
      source: 'broken',
      label: 'Broken',
      table: null,
      meta: { when: 'watch', features: [], needs: [], preview: null, latenessMs: null, retentionDays: null },
      collect: () => Promise.reject(new Error('bug')),
    };
    const { lake, store } = lakeOver(
      fakeWorkspace(runsAnswer(() => [slice('1', now - 2 * hour, now - hour, 'FAILED', 1)])),
      [broken, ...bySource('system.lakeflow.job_run_timeline')],
    );
    const report = await lake.refresh({ assets: [] });
    expect(report.ok && report.value.sources.map((one) => one.failure?.code ?? null)).toEqual(['INTERNAL', null]);
    expect(lake.sourceStates(store.read).map((one) => one.state)).toEqual(['failed', 'fresh']);
  });

  it.each([
    ['Forbidden', 'denied'],
    ['TimedOut', 'never'],
    ['BadAnswer', 'failed'],
  ] as const)('%s → %s', async (tag, state) => {
    const { lake, store } = lakeOver(
      fakeWorkspace(() => err(databricksFailure(tag))),
      bySource('system.access.audit'),
    );
    expect((await lake.refresh({ assets: [] })).ok).toBe(true);
    expect(lake.sourceStates(store.read)[0]?.state).toBe(state);
  });

  it('a broken token ends the refresh instead of asking ten times', async () => {
    let asked = 0;
    const answer: Answer = () => {
      asked += 1;
      return err(databricksFailure('Unauthorized'));
    };
    const { lake } = lakeOver(fakeWorkspace(answer, () => err(databricksFailure('Unauthorized'))));
    expect(await lake.refresh({ assets: [] })).toMatchObject({ ok: false, error: { tag: 'Unauthorized' } });
    expect(asked).toBe(1);
  });

  it('without a workspace reading works and refreshing says what is missing', async () => {
    const { store, close } = temporaryStore(clock.now);
    cleanups.push(close);
    const lake = createLake({ workspaces: () => [], store, clock, log: () => undefined });
    expect(await lake.refresh({ assets: [] })).toMatchObject({ ok: false, error: { tag: 'NotConfigured' } });
    expect(lake.facts(store.read, { limit: 10 })).toEqual({ rows: [], next: null });
    expect(new Set(lake.sourceStates(store.read).map((one) => one.state))).toEqual(new Set(['never']));
  });
});

describe('audit', () => {
  const columns = [
    'event_id',
    'workspace_id',
    'event_time',
    'event_date',
    'service_name',
    'action_name',
    'request_params',
    'user_identity',
    'response',
  ];
  it('keeps names and numbers of a change, nothing that may hold a secret or a statement', async () => {
    const params = {
      full_name_arg: 'C.S.M',
      alias: 'champion',
      version_num: 5,
      statement: 'SELECT secret',
      token: 'dapi-x',
      commandText: 'x',
    };
    const row: TextRow = {
      event: 'e1',
      ws: '7',
      at: micros(now - hour),
      service: 'unityCatalog',
      action: 'setRegisteredModelAlias',
      params: JSON.stringify(params),
      who: 'a@b.example',
      status: '200',
      bw_total: '1',
    };
    const answer: Answer = (statement) =>
      statement.name === 'probe.columns'
        ? page(columns.map((column_name) => ({ column_name })))
        : statement.name === 'lake.audit'
          ? page([row])
          : undefined;
    const { lake, store } = lakeOver(fakeWorkspace(answer), bySource('system.access.audit'));
    await lake.refresh({ assets: [] });
    const [fact] = lake.facts(store.read, { limit: 5 }).rows;
    expect(fact).toMatchObject({
      kind: 'alias-move',
      title: 'Alias champion of model M moved to version 5',
      assets: ['model|ms|c.s.m'],
    });
    expect(JSON.stringify(fact)).not.toMatch(/secret|dapi|commandText/);
  });
});

describe('pages of facts', () => {
  it('hold every fact once, newest first, with ties', async () => {
    const rows = Array.from({ length: 57 }, (_, i) =>
      slice(String(i), now - 3 * hour, now - 2 * hour + Math.floor(i / 5) * 60_000, 'SUCCESS', 57),
    );
    const { lake, store } = lakeOver(
      fakeWorkspace(runsAnswer(() => rows)),
      bySource('system.lakeflow.job_run_timeline'),
    );
    await lake.refresh({ assets: [] });
    const seen: LakeFact[] = [];
    for (let before: string | null = null; ;) {
      const found = lake.facts(store.read, { assets: ['job|7|9' as AssetId], limit: 10, before });
      seen.push(...found.rows);
      if (found.next === null) break;
      before = found.next;
    }
    expect(new Set(seen.map((one) => one.id)).size).toBe(57);
    expect(seen.map((one) => one.happenedAt)).toEqual(
      seen
        .map((one) => one.happenedAt)
        .sort()
        .reverse(),
    );
    expect(lake.count(store.read, { assets: ['job|7|9' as AssetId] })).toBe(57);
    const third = seen[2];
    if (third === undefined) throw new Error('57 facts were seen');
    expect(
      lake.facts(store.read, { limit: 3, before: { at: third.happenedAt, id: third.id } }).rows.map((one) => one.id),
    ).toEqual(seen.slice(3, 6).map((one) => one.id));
    expect(lake.facts(store.read, { assets: [], limit: 3 }).rows).toEqual([]);
    expect(lake.fact(store.read, third.id)).toEqual(third);
  });
});
