import type { JsonValue } from '../../../shared/base/json.ts';
import type { TextRow } from '../../databricks/port.ts';
import { parseExact } from '../../databricks/exact-json.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { jobAsset } from '../assets.ts';
import { anHour, type Collector } from '../collector.ts';
import { computeEdges, computeOf } from '../compute-edges.ts';
import { askOfJobs } from '../of-jobs.ts';
import type { LakeEdge } from '../port.ts';
import { instantOf, listOf, textOf } from '../rows.ts';
import { asJson, asText, computed } from '../select.ts';
import { tableCollector } from '../table-source.ts';

const kind = statementKind('lake.job-compute', 'read', 'on which compute the tasks of jobs ran');
const countKind = statementKind('lake.job-compute.count', 'read', 'how many pairs of jobs and compute there are');
const source = 'system.lakeflow.job_task_run_timeline/compute';
const table = { catalog: 'system', schema: 'lakeflow', table: 'job_task_run_timeline' };
const keys = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('job_id', { as: 'job', required: true }),
  asJson('compute', { as: 'ran_on' }),
  asJson('compute_ids', { as: 'ran_on_ids' }),
];
const wants = [
  ...keys,
  computed('period_start_time', 'first_at', dbx`min(unix_micros(period_start_time))`),
  computed('period_end_time', 'last_at', dbx`max(unix_micros(period_end_time))`),
];

/** A list that was asked as JSON; empty when it is absent, masked or none. */
const items = (row: TextRow, name: string): readonly JsonValue[] => {
  const raw = textOf(row, name);
  const value = raw === null ? null : parseExact(raw);
  if (value === null || !value.ok || !Array.isArray(value.value)) return [];
  return value.value.slice(0, 50).flatMap((one: JsonValue) => [one]);
};

const edgesOf = (row: TextRow): readonly LakeEdge[] | null => {
  const [ws, job, last] = [textOf(row, 'ws'), textOf(row, 'job'), instantOf(row, 'last_at')];
  if (ws === null || job === null || last === null) return null;
  const compute = computeOf(items(row, 'ran_on'), listOf(row, 'ran_on_ids') ?? []);
  return computeEdges(jobAsset(ws, job), compute, {
    source,
    workspace: ws,
    first: instantOf(row, 'first_at') ?? last,
    last,
  });
};

/**
 * On which clusters and warehouses the tasks of jobs ran (facts 1.1 `lakeflow.job_task_run_timeline`: `compute`, before it came
 * `compute_ids`): one row for each job and set of compute. The timeline of whole runs names compute for some kinds of runs
 * only; a task names its own. About an hour late.
 */
export const jobComputeCollector: Collector = tableCollector({
  source,
  label: 'Compute of jobs',
  table,
  kind,
  countKind,
  wants,
  order: 'last_at',
  groupBy: keys.map(({ as }) => as),
  meta: {
    when: 'watch',
    features: ['which cluster or warehouse a job runs on'],
    needs: [{ kind: 'select', table }],
    preview: null,
    otherwise: 'Clusters of the jobs that you can see still come with their runs, through REST.',
    latenessMs: anHour,
    retentionDays: 365,
  },
  ask: (context) => askOfJobs(context, 'period_end_time'),
  read: (row) => {
    const edges = edgesOf(row);
    return edges === null ? null : { edges };
  },
});
