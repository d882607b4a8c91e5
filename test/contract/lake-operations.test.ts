import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toInstant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { FactKind } from '../../shared/domain/vocabulary.ts';
import type { Workspace } from '../../main/databricks/port.ts';
import { createLake, type Lake } from '../../main/lake/lake.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import { collectors } from '../../main/lake/sources.ts';
import type { Store } from '../../main/store/port.ts';
import { practiceWorkspace, temporaryStore } from '../support/lakehouse.ts';
import { startPractice, type Practice } from '../support/practice.ts';
import { addRows, at } from '../support/system-rows.ts';

/** Sources about what ran, what it cost and how good it was: rows in practice's system tables, facts out. */
const now = Date.now();
const clock = { now: () => Date.now() };
const hour = 3_600_000;
let practice: Practice;
let workspace: Workspace;
let ws = '';
let metastore = '';
beforeAll(async () => {
  practice = await startPractice({ seed: 1, fault: 'none' });
  workspace = practiceWorkspace(practice);
  const identity = await workspace.identity();
  if (!identity.ok) throw new Error(identity.error.what);
  [ws, metastore] = [identity.value.workspaceId, identity.value.metastoreId];
}, 120_000);
afterAll(async () => {
  await workspace.close();
  await practice.close();
});

type Rig = { readonly lake: Lake; readonly store: Store; readonly facts: (kind: FactKind) => readonly LakeFact[] };
const read = async (source: string, assets: readonly AssetId[] = [], used?: Rig): Promise<Rig> => {
  const made = used ?? rigOf(source);
  const report = await made.lake.refresh({ assets });
  if (!report.ok) throw new Error(report.error.what);
  for (const one of report.value.sources)
    if (one.failure !== null) throw new Error(`${one.failure.what} ${one.failure.advice}`);
  return made;
};
const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
});
const rigOf = (source: string): Rig => {
  const { store, close } = temporaryStore();
  closers.push(close);
  const lake = createLake({
    workspaces: () => [workspace], store, clock, log: () => undefined, collectors: collectors.filter((one) => one.source === source),
  }); // prettier-ignore
  return { lake, store, facts: (kind) => lake.facts(store.read, { kinds: [kind], limit: 500 }).rows };
};

describe('pipelines', () => {
  it('definitions: what changed field by field, secrets by name only, the newest change names the pipeline', async () => {
    const row = {
      workspace_id: ws,
      pipeline_id: 'pl-1',
      pipeline_type: 'ETL_PIPELINE',
      run_as: 'a@x',
      tags: { team: 'a' },
    };
    await addRows(workspace, 'lakeflow.pipelines', [
      { ...row, name: 'sales', settings: { photon: true, development: true }, configuration: { key: 'hush' }, change_time: at(now - 900 * hour) },
      { ...row, name: 'sales', settings: { photon: true, development: false }, configuration: { key: 'hush' }, change_time: at(now - 20 * hour) },
      { ...row, name: 'sales v2', settings: { photon: true, development: false }, configuration: { key: 'other' }, change_time: at(now - 10 * hour) },
      { ...row, name: 'sales v2', settings: { photon: true, development: false }, configuration: { key: 'other' }, change_time: at(now - 5 * hour), delete_time: at(now - 5 * hour) },
    ]); // prettier-ignore
    const { facts, lake, store } = await read('system.lakeflow.pipelines');
    const mine = facts('definition-change').filter((one) => one.data['pipeline'] === 'pl-1');
    expect(mine.map((one) => [one.title, one.data['changes']])).toEqual([
      ['Pipeline sales v2 was deleted', []],
      [
        'Pipeline sales v2 was changed: name sales → sales v2, configuration not kept → not kept',
        [
          { field: 'name', from: 'sales', to: 'sales v2' },
          { field: 'configuration', from: 'not kept', to: 'not kept' },
        ],
      ],
      [
        'Pipeline sales was changed: settings.development true → false',
        [{ field: 'settings.development', from: true, to: false }],
      ],
    ]);
    expect(JSON.stringify(mine)).not.toContain('hush');
    expect(lake.assetLabel(store.read, `pipeline|${ws}|pl-1` as AssetId)).toMatchObject({
      name: 'sales v2',
      detail: 'pipeline pl-1, deleted',
    });
  });

  it('updates: slices before and after the hour alignment become one update, its result from the last', async () => {
    const base = { workspace_id: ws, pipeline_id: 'pl-1', update_type: 'REFRESH', trigger_type: 'JOB_TASK', run_as_user_name: 'a@x', trigger_details: { job_task: { job_id: '77', job_task_run_id: '9007199254740993' } } }; // prettier-ignore
    const end = Math.floor(now / hour) * hour;
    await addRows(workspace, 'lakeflow.pipeline_update_timeline', [
      { ...base, update_id: 'u1', period_start_time: at(end - 3 * hour - 780_000), period_end_time: at(end - 3 * hour) },
      { ...base, update_id: 'u1', period_start_time: at(end - 3 * hour), period_end_time: at(end - 2 * hour) },
      { ...base, update_id: 'u1', period_start_time: at(end - 2 * hour), period_end_time: at(end - 2 * hour + 60_000), result_state: 'FAILED' },
      { ...base, update_id: 'u2', period_start_time: at(end - 2 * hour - 780_000), period_end_time: at(end - hour - 780_000) },
      { ...base, update_id: 'u2', period_start_time: at(end - hour - 780_000), period_end_time: at(end - hour), result_state: 'COMPLETED' },
      { ...base, update_id: 'u3', period_start_time: at(end - 60_000), period_end_time: at(end - 30_000) },
    ]); // prettier-ignore
    const { facts } = await read('system.lakeflow.pipeline_update_timeline');
    const mine = facts('pipeline-update').filter((one) => one.data['pipeline'] === 'pl-1');
    expect(mine.map((one) => [one.data['update'], one.data['result'], one.data['startedAt'], one.happenedAt])).toEqual([
      ['u3', 'running', toInstant(end - 60_000), toInstant(end - 30_000)],
      ['u2', 'succeeded', toInstant(end - 2 * hour - 780_000), toInstant(end - hour)],
      ['u1', 'failed', toInstant(end - 3 * hour - 780_000), toInstant(end - 2 * hour + 60_000)],
    ]);
    expect(mine[2]).toMatchObject({
      title: 'Update of pipeline pl-1 failed',
      assets: [`pipeline|${ws}|pl-1`, `job|${ws}|77`],
      data: { jobTaskRun: '9007199254740993', raw: { result_state: 'FAILED' } },
    });
  });
});

describe('quality', () => {
  it('stores what is not healthy and the recovery, nothing of tables that stay well', async () => {
    const row = (name: string, hours: number, status: string, more: object = {}) => ({
      event_time: at(now - hours * hour), catalog_name: 'Main', schema_name: 'gold', table_name: name, table_id: `id-${name}`, status, ...more,
    }); // prettier-ignore
    const complete = (last: number) => ({
      completeness: { status: 'Unhealthy', daily_row_count: { status: 'Unhealthy', last_value: last, min_predicted_value: 900, max_predicted_value: 1100 } },
      downstream_impact: { impact_level: 3, num_downstream_tables: 12, num_queries_on_affected_tables: 40 },
      root_cause_analysis: { upstream_jobs: [{ job_id: '77', workspace_id: ws, job_name: 'load', last_run_status: 'FAILED', run_page_url: 'https://x' }] },
    }); // prettier-ignore
    await addRows(workspace, 'data_quality_monitoring.table_results', [
      row('well', 30, 'Healthy'), row('well', 6, 'Healthy'),
      row('sick', 80, 'Healthy'), row('sick', 56, 'Unhealthy', complete(12)), row('sick', 32, 'Unhealthy', complete(9)), row('sick', 8, 'Healthy'), row('sick', 5, 'Healthy'),
    ]); // prettier-ignore
    const rig = await read('system.data_quality_monitoring.table_results');
    const told = () => rig.facts('quality').map((one) => [one.title, one.data['status'], one.happenedAt]);
    const expected = [
      ['sick is healthy again', 'healthy', toInstant(now - 8 * hour)],
      ['sick is unhealthy: rows of the day 9, expected 900 to 1100', 'unhealthy', toInstant(now - 32 * hour)],
      ['sick is unhealthy: rows of the day 12, expected 900 to 1100', 'unhealthy', toInstant(now - 56 * hour)],
    ];
    expect(told()).toEqual(expected);
    expect(rig.facts('quality')[1]).toMatchObject({
      assets: [`table|${metastore}|main.gold.sick`, `job|${ws}|77`],
      data: { impactLevel: 3, downstreamTables: 12, upstreamJobs: [{ job: '77', lastRun: 'FAILED' }] },
    });
    const state = rig.lake.sourceStates(rig.store.read)[0];
    expect(state?.completeTo).toBe(toInstant(now - 5 * hour));
    await read('system.data_quality_monitoring.table_results', [], rig);
    expect(told()).toEqual(expected);
  });
});
