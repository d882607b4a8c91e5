import { ok } from '../../../shared/base/result.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { jobAsset, taskAsset } from '../assets.ts';
import { anHour, type CollectedAsset, type Collector } from '../collector.ts';
import { progress, pull } from '../pull.ts';
import { instantOf, minus, textOf, timestampParameter } from '../rows.ts';
import { asMicros, asText } from '../select.ts';

const jobKind = statementKind('lake.jobs', 'read', 'names of jobs and when they changed');
const taskKind = statementKind('lake.job-tasks', 'read', 'tasks of jobs and when they changed');
const jobs = { catalog: 'system', schema: 'lakeflow', table: 'jobs' };
const tasks = { catalog: 'system', schema: 'lakeflow', table: 'job_tasks' };
const jobWants = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('job_id', { as: 'job', required: true }),
  asText('name', { as: 'label' }),
  asMicros('change_time', { as: 'changed', required: true }),
  asMicros('delete_time', { as: 'deleted' }),
];
const taskWants = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('job_id', { as: 'job', required: true }),
  asText('task_key', { as: 'task', required: true }),
  asMicros('change_time', { as: 'changed', required: true }),
  asMicros('delete_time', { as: 'deleted' }),
];
/** Names change long before they are needed: the first pull takes all, later ones a day of lateness. */
const day = 86_400_000;
const ever = '1971-01-01T00:00:00.000Z';

/**
 * Names of jobs and tasks. These tables keep every version of a row (SCD2): the newest change of a key wins first, and only then
 * its deletion counts (facts 1.0); the store's rule "newest change wins" does that for any order of arrival.
 */
const collector = (
  source: string,
  label: string,
  spec: { readonly kind: typeof jobKind; readonly table: typeof jobs; readonly wants: typeof jobWants },
  assetOf: (row: Readonly<Record<string, string | null>>) => Omit<CollectedAsset, 'changedAt' | 'gone'> | null,
): Collector => ({
  source,
  label,
  table: spec.table,
  meta: {
    when: 'watch',
    features: ['names of jobs and tasks'],
    needs: [{ kind: 'select', table: spec.table }],
    preview: null,
    latenessMs: anHour,
    retentionDays: null,
  },
  collect: async (context) => {
    const since = context.cursor === null ? ever : context.resumed ? context.cursor : minus(context.cursor, day);
    const found = await pull(context, {
      ...spec,
      where: [
        { needs: 'change_time', piece: dbx`change_time >= :since` },
        { needs: 'workspace_id', piece: dbx`workspace_id = :workspace` },
      ],
      parameters: { since: timestampParameter(since), workspace: context.workspaceId },
      order: 'changed',
    });
    if (!found.ok) return found;
    const assets = found.value.rows.flatMap((row): CollectedAsset[] => {
      const [asset, changedAt] = [assetOf(row), instantOf(row, 'changed')];
      return asset === null || changedAt === null
        ? []
        : [{ ...asset, changedAt, gone: instantOf(row, 'deleted') !== null }];
    });
    return ok({ ...progress(context, found.value, 'changed', found.value.rows.length - assets.length), assets });
  },
});

export const jobsCollector = collector(
  'system.lakeflow.jobs',
  'Jobs',
  { kind: jobKind, table: jobs, wants: jobWants },
  (row) => {
    const [ws, job] = [textOf(row, 'ws'), textOf(row, 'job')];
    if (ws === null || job === null) return null;
    return { asset: jobAsset(ws, job), name: textOf(row, 'label') ?? `job ${job}`, detail: `job ${job}` };
  },
);

export const jobTasksCollector = collector(
  'system.lakeflow.job_tasks',
  'Tasks of jobs',
  { kind: taskKind, table: tasks, wants: taskWants },
  (row) => {
    const [ws, job, task] = [textOf(row, 'ws'), textOf(row, 'job'), textOf(row, 'task')];
    if (ws === null || job === null || task === null) return null;
    return { asset: taskAsset(ws, job, task), name: task, detail: `task of job ${job}` };
  },
);
