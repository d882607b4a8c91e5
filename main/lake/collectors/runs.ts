import type { TextRow } from '../../databricks/port.ts';
import { statementKind } from '../../databricks/statements.ts';
import { factId, jobAsset } from '../assets.ts';
import { anHour, type Collector, type CollectContext } from '../collector.ts';
import { nameIn } from '../labels.ts';
import type { LakeFact } from '../port.ts';
import { instantOf, listOf, normaliseTrigger, resultIn, textOf } from '../rows.ts';
import { asJson, asMicros, asText } from '../select.ts';
import { mergeSlices } from '../slices.ts';
import { runTitle } from '../titles.ts';
import { askOfJobs } from '../of-jobs.ts';
import { tableCollector, type Lacks } from '../table-source.ts';
import { mergeRuns } from './merge-runs.ts';

const kind = statementKind('lake.job-runs', 'read', 'results of job runs, in time slices');
const countKind = statementKind('lake.job-runs.count', 'read', 'how many slices of job runs there are');
const table = { catalog: 'system', schema: 'lakeflow', table: 'job_run_timeline' };
const wants = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('job_id', { as: 'job', required: true }),
  asText('run_id', { as: 'run', required: true }),
  asMicros('period_start_time', { as: 'slice_start' }),
  asMicros('period_end_time', { as: 'slice_end', required: true }),
  asText('result_state', { as: 'result' }),
  asText('termination_code', { as: 'termination' }),
  asText('trigger_type', { as: 'trigger_kind' }),
  asText('run_type', { as: 'run_kind' }),
  asText('run_name', { as: 'run_label' }),
  asJson('compute_ids', { as: 'clusters' }),
];

/** One slice as a fact about its run; `merge` adds slices up whatever their order. */
const sliceFact = (row: TextRow, context: CollectContext, lacks: Lacks): LakeFact | null => {
  const [ws, job, run, end] = [textOf(row, 'ws'), textOf(row, 'job'), textOf(row, 'run'), instantOf(row, 'slice_end')];
  if (ws === null || job === null || run === null || end === null) return null;
  const raw = textOf(row, 'result');
  const asset = jobAsset(ws, job);
  const data = {
    run, job, workspace: ws, task: null,
    startedAt: instantOf(row, 'slice_start') ?? end,
    endedAt: end,
    /** The slice that carries the result; a repaired run has several and the last one counts. */
    resultAt: raw === null ? null : end,
    result: resultIn(raw, lacks('result_state')),
    termination: textOf(row, 'termination'),
    trigger: normaliseTrigger(textOf(row, 'trigger_kind')),
    type: textOf(row, 'run_kind'),
    name: textOf(row, 'run_label'),
    clusters: listOf(row, 'clusters'),
    message: null,
    raw: { result_state: raw },
  }; // prettier-ignore
  return {
    id: factId('run', ws, run),
    kind: 'run',
    source: source,
    workspace: ws,
    happenedAt: end,
    observedAt: context.observedAt,
    completeTo: null,
    assets: [asset],
    title: runTitle({ data }, nameIn(context, asset)),
    data,
  };
};

/** Slices add up to a run; the termination code belongs to its result. */
export const mergeRun = (name: (fact: LakeFact) => string): ((old: LakeFact, next: LakeFact) => LakeFact) =>
  mergeSlices((fact) => runTitle(fact, name(fact)), ['termination']);

const source = 'system.lakeflow.job_run_timeline';

/** Runs of jobs of this workspace. */
export const runsCollector: Collector = tableCollector({
  source,
  label: 'Job runs',
  table,
  kind,
  countKind,
  wants,
  order: 'slice_end',
  meta: {
    when: 'watch',
    features: ['failed runs as signals', 'runs in the timeline'],
    needs: [{ kind: 'select', table }],
    preview: null,
    otherwise: 'Runs of the jobs that you can see still come, through REST, for up to 60 days back.',
    latenessMs: anHour,
    retentionDays: 365,
  },
  lost: { result_state: 'nothing tells how a run ended' },
  ask: (context) => askOfJobs(context, 'period_end_time'),
  read: (row, context, lacks) => {
    const fact = sliceFact(row, context, lacks);
    // Most runs meet nothing that is known of them: how to merge is worked out only where one does.
    const name = (one: LakeFact): string => nameIn(context, one.assets[0]);
    return fact === null
      ? null
      : { facts: [{ fact, merge: (old, next) => mergeRuns(mergeRun(name), name)(old, next) }] };
  },
});
