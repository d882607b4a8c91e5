import { afterEach, describe, expect, it } from 'vitest';
import type { AssetId } from '../../shared/domain/ids.ts';
import { ok } from '../../shared/base/result.ts';
import { lineageView } from '../../main/analysis/lineage.ts';
import { marksOf } from '../../main/analysis/marks.ts';
import type { Collected } from '../../main/lake/collector.ts';
import { jobComputeCollector } from '../../main/lake/collectors/job-compute.ts';
import { pipelineUpdatesCollector } from '../../main/lake/collectors/pipeline-updates.ts';
import { queriesCollector } from '../../main/lake/collectors/queries.ts';
import { restRunsCollector } from '../../main/lake/collectors/rest-runs.ts';
import { computeInScope } from '../../main/lake/compute-scope.ts';
import { around } from '../../main/lake/scope.ts';
import { putEdge } from '../../main/store/lake.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const hour = 3_600_000;
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const store = () => {
  const made = temporaryStore(() => collectNow);
  cleanups.push(made.close);
  return made.store;
};
const told = ({ edges }: Collected): readonly string[] => (edges ?? []).map(({ from, to }) => `${from} > ${to}`);

describe('what ran on which compute', () => {
  it('is told by the tasks of jobs: by kind where the row says it, else by spelling, never guessed', async () => {
    const row = { ws: '7', job: '9', first_at: micros(collectNow - 9 * hour), last_at: micros(collectNow - hour) };
    const { workspace, asked } = fakeWorkspace({
      columns: ['workspace_id', 'job_id', 'period_start_time', 'period_end_time', 'compute', 'compute_ids'],
      sql: () =>
        rowPage([
          { ...row, ran_on: '[{"type":"CLASSIC","cluster_id":"0101-020202-abc"},{"type":"WAREHOUSE","warehouse_id":"w1"}]', ran_on_ids: '["x"]' },
          { ...row, job: '10', ran_on: null, ran_on_ids: '["0101-020202-def","0123456789abcdef","somewhere"]' },
          { ...row, job: '11', ran_on: '[{"type":"SERVERLESS"}]', ran_on_ids: '[]' },
          { ...row, job: '12', ran_on: '<REDACTED>', ran_on_ids: null },
        ]),
    }); // prettier-ignore
    const found = await jobComputeCollector.collect(collectContext(workspace, store().read, [], { lane: 'watch' }));
    if (!found.ok) throw new Error(found.error.what);
    expect(told(found.value)).toEqual([
      'cluster|7|0101-020202-abc > job|7|9',
      'warehouse|7|w1 > job|7|9',
      'cluster|7|0101-020202-def > job|7|10',
      'warehouse|7|0123456789abcdef > job|7|10',
    ]);
    expect(found.value.edges?.[0]).toMatchObject({
      source: 'system.lakeflow.job_task_run_timeline/compute',
      firstSeen: instantAt(collectNow - 9 * hour),
      lastSeen: instantAt(collectNow - hour),
    });
    expect(asked[0]?.text).toContain('GROUP BY');
  });

  it('is told by runs and updates at once, and by statements that a job had run', async () => {
    const db = store().read;
    const run = {
      run_id: '5', job_id: '9', start_time: String(collectNow - hour), end_time: String(collectNow), state: { life_cycle_state: 'TERMINATED', result_state: 'SUCCESS' },
      tasks: [{ task_key: 't', cluster_instance: { cluster_id: '0101-020202-abc' } }, { task_key: 'u', cluster_instance: { cluster_id: '0101-020202-abc' } }],
    }; // prettier-ignore
    const rest = fakeWorkspace({ rest: () => ok({ runs: [run] }) });
    const runs = await restRunsCollector.collect(collectContext(rest.workspace, db, ['job|7|9']));
    expect(runs.ok && told(runs.value)).toEqual(['cluster|7|0101-020202-abc > job|7|9']);

    const update = { ws: '7', pipeline: 'p', slice_end: micros(collectNow), slice_start: micros(collectNow - hour) };
    const sql = fakeWorkspace({
      columns: ['workspace_id', 'pipeline_id', 'update_id', 'period_end_time'],
      sql: () =>
        rowPage([
          { ...update, id: 'u1', compute: '{"type":"CLASSIC_COMPUTE","cluster_id":"0101-020202-def"}' },
          { ...update, id: 'u2', compute: '{"type":"SERVERLESS_COMPUTE","cluster_id":null}' },
        ]),
    });
    const updates = await pipelineUpdatesCollector.collect(collectContext(sql.workspace, db, [], { lane: 'watch' }));
    expect(updates.ok && told(updates.value)).toEqual(['cluster|7|0101-020202-def > pipeline|7|p']);

    const statement = { ws: '7', ended: micros(collectNow), status: 'FAILED', compute: '{"warehouse_id":"w1"}' };
    const history = fakeWorkspace({
      columns: ['workspace_id', 'statement_id', 'end_time', 'execution_status', 'client_application'],
      sql: () =>
        rowPage([
          { ...statement, id: 's1', origin: '{"job_info":{"job_id":"9"}}' },
          { ...statement, id: 's2', origin: '{"dashboard_id":"d"}' },
        ]),
    });
    const queries = await queriesCollector.collect(collectContext(history.workspace, db, ['job|7|9']));
    expect(queries.ok && told(queries.value)).toEqual(['warehouse|7|w1 > job|7|9']);
  });
});

describe('a walk along lineage', () => {
  const link = (from: string, to: string, hoursAgo = 1) =>
    ({ from_asset: from, to_asset: to, source: 's', via: '', first_seen: instantAt(collectNow - 99 * hour), last_seen: instantAt(collectNow - hoursAgo * hour) }); // prettier-ignore
  const shared = 'cluster|7|0101-020202-all';
  const lake = () => {
    const { transaction, read } = store();
    transaction<null>((db) => {
      putEdge(db, link('job|7|1', 'table|ms|a.b.one'));
      putEdge(db, link('job|7|2', 'table|ms|a.b.two'));
      for (const job of ['1', '2']) putEdge(db, link(shared, `job|7|${job}`));
      // A cluster for each run, the newest of them some hours old.
      for (let i = 0; i < 30; i += 1) putEdge(db, link(`cluster|7|0101-0202${String(i).padStart(2, '0')}-run`, 'job|7|1', 2 + i));
      return ok(null);
    }); // prettier-ignore
    return read;
  };
  const reached = (from: string): readonly string[] => [...around(lake(), [from as AssetId], 4).distance.keys()].sort();

  it('reaches the compute of the jobs, the latest five of each, and ends there', () => {
    const found = reached('table|ms|a.b.one');
    expect(found.filter((one) => one.startsWith('cluster|'))).toEqual([
      'cluster|7|0101-020200-run', 'cluster|7|0101-020201-run', 'cluster|7|0101-020202-run', 'cluster|7|0101-020203-run', shared,
    ].sort()); // prettier-ignore
    expect(found).not.toContain('job|7|2');
  });

  it('that begins at a cluster reaches everything that ran on it; so do the sources about compute', () => {
    expect(reached(shared)).toEqual(
      expect.arrayContaining(['job|7|1', 'job|7|2', 'table|ms|a.b.one', 'table|ms|a.b.two']),
    );
    const db = lake();
    const scope = [...around(db, ['table|ms|a.b.two' as AssetId], 3).distance.keys()];
    expect(computeInScope(collectContext(fakeWorkspace({}).workspace, db, scope), 'cluster')).toEqual([
      '0101-020202-all',
    ]);
  });

  it('puts a cluster that matters on the map with the jobs that run on it, and one that is new is no change', () => {
    const db = lake();
    const { edges } = around(db, [shared as AssetId], 4);
    const change = (versionBefore: string | null) => ({ kind: 'definition-change', happenedAt: instantAt(collectNow), assets: [shared as AssetId], data: { versionBefore } }); // prettier-ignore
    const marks = (signals: readonly { monitor: string; asset: AssetId }[], before: string | null) =>
      marksOf({ signals, facts: [change(before)], from: instantAt(collectNow - hour) });
    const names = (focus: string, found: ReturnType<typeof marks>): readonly string[] =>
      lineageView({ edges, focus: [focus as AssetId], marks: found, hops: 3, completeTo: null, labelOf: (id) => ({ name: id, kind: 'x', detail: '' }) })
        .nodes.map(({ id, state }) => `${id} ${state}`).sort(); // prettier-ignore
    expect(names('table|ms|a.b.two', marks([], instantAt(0)))).toEqual([`${shared} changed`, 'job|7|2 healthy', 'table|ms|a.b.two healthy']); // prettier-ignore
    expect(names('table|ms|a.b.two', marks([], null))).toEqual(['table|ms|a.b.two healthy']);
    expect(names(shared, marks([{ monitor: 'cost-jump', asset: shared as AssetId }], null))).toEqual(
      expect.arrayContaining([`${shared} changed`, 'job|7|1 healthy', 'job|7|2 healthy', 'table|ms|a.b.one healthy']),
    );
  });
});
