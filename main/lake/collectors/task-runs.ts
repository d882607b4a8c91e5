import type { TextRow } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { factId, jobAsset, taskAsset } from '../assets.ts';
import { anHour, type Collector, type CollectContext } from '../collector.ts';
import { nameIn } from '../labels.ts';
import type { LakeFact } from '../port.ts';
import { instantOf, isBadResult, normaliseResult, textOf } from '../rows.ts';
import { asMicros, asText } from '../select.ts';
import { without } from '../pull.ts';
import { runTitle } from '../titles.ts';
import { said } from '../values.ts';
import { askOfJobs } from '../of-jobs.ts';
import { tableCollector } from '../table-source.ts';
import { mergeRuns } from './merge-runs.ts';

const kind = statementKind('lake.task-runs', 'read', 'tasks that ended badly in job runs');
const countKind = statementKind('lake.task-runs.count', 'read', 'how many tasks ended badly');
const source = 'system.lakeflow.job_task_run_timeline';
const table = { catalog: 'system', schema: 'lakeflow', table: 'job_task_run_timeline' };
const wants = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('job_id', { as: 'job', required: true }),
  asText('job_run_id', { as: 'run', required: true }),
  asText('run_id', { as: 'attempt', required: true }),
  asText('task_key', { as: 'task', required: true }),
  asMicros('period_end_time', { as: 'slice_end', required: true }),
  asText('result_state', { as: 'result' }),
  asText('termination_code', { as: 'termination' }),
];

const taskFact = (row: TextRow, context: CollectContext): LakeFact | null => {
  const [ws, job, run, attempt, task] = ['ws', 'job', 'run', 'attempt', 'task'].map((name) => textOf(row, name));
  const end = instantOf(row, 'slice_end');
  if (!ws || !job || !run || !attempt || !task || end === null) return null;
  const raw = textOf(row, 'result');
  const asset = jobAsset(ws, job);
  const fact: LakeFact = {
    id: factId('run', ws, `${run}/${task}/${attempt}`),
    kind: 'run',
    source,
    workspace: ws,
    happenedAt: end,
    observedAt: context.observedAt,
    completeTo: null,
    assets: [taskAsset(ws, job, task), asset],
    title: '',
    data: {
      run, job, workspace: ws, task,
      /** The run id of the task: another one for every attempt. */
      attempt,
      endedAt: end,
      resultAt: end,
      result: normaliseResult(raw),
      termination: textOf(row, 'termination'),
      message: null,
      raw: { result_state: raw },
    }, // prettier-ignore
  };
  return { ...fact, title: runTitle(fact, nameIn(context, asset)) };
};

/** An attempt ends once; what it said comes from elsewhere and stays. */
const merge = (old: LakeFact, next: LakeFact): LakeFact => ({
  ...next,
  data: { ...next.data, message: old.data['message'] ?? null },
});

const nameOfJob =
  (context: CollectContext) =>
  (fact: LakeFact): string =>
    nameIn(context, fact.assets[1]);

/** Tasks that failed or timed out. Those that went well are not stored, but for slow ones (slow-tasks.ts): a run's own fact says so. */
export const taskRunsCollector: Collector = tableCollector({
  source,
  label: 'Failed tasks',
  table,
  kind,
  countKind,
  wants,
  order: 'slice_end',
  cannot: without(['result_state'], 'nothing tells which tasks failed'),
  lost: { result_state: 'nothing tells which tasks failed' },
  meta: {
    when: 'watch',
    features: ['which task of a run failed'],
    needs: [{ kind: 'select', table }],
    preview: null,
    otherwise: 'Failed tasks of the jobs that you can see still come, through REST.',
    latenessMs: anHour,
    retentionDays: 365,
  },
  ask: (context) =>
    askOfJobs(context, 'period_end_time', {
      needs: 'result_state',
      piece: dbx`result_state NOT IN ('SUCCEEDED', 'SUCCESS', 'SKIPPED')`,
    }),
  read: (row, context) => {
    const fact = taskFact(row, context);
    if (fact === null) return null;
    // The server's filter is a wish: masked or differently spelt results are judged again here.
    return isBadResult(said(fact.data['result']))
      ? { facts: [{ fact, merge: mergeRuns(merge, nameOfJob(context)) }] }
      : {};
  },
});
