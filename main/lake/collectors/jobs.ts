import { ok, type Result } from '../../../shared/base/result.ts';
import type { DatabricksFailure, TextRow } from '../../databricks/port.ts';
import { dbx, statementKind, type StatementMaker } from '../../databricks/statements.ts';
import { jobAsset, taskAsset } from '../assets.ts';
import { anHour, type CollectContext, type CollectedAsset, type Collector, type Estimate } from '../collector.ts';
import { labelOf } from '../labels.ts';
import { countRows, progress, pull, type Pull } from '../pull.ts';
import { instantOf, minus, textOf, timestampParameter } from '../rows.ts';
import { oneOf, scoped } from '../scope-filter.ts';
import { asJson, asMicros, asText, type Wanted } from '../select.ts';
import { definitionFacts, jsonField, type DefinitionRow } from './definitions.ts';

const jobKind = statementKind('lake.jobs', 'read', 'names and definitions of jobs, and when they changed');
const jobCountKind = statementKind('lake.jobs.count', 'read', 'how many versions of job definitions there are');
const taskKind = statementKind('lake.job-tasks', 'read', 'tasks of jobs, what they wait for, and when they changed');
const taskCountKind = statementKind('lake.job-tasks.count', 'read', 'how many versions of tasks there are');
const jobs = { catalog: 'system', schema: 'lakeflow', table: 'jobs' };
const tasks = { catalog: 'system', schema: 'lakeflow', table: 'job_tasks' };
const jobWants = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('job_id', { as: 'job', required: true }),
  asText('name', { as: 'label' }),
  asMicros('change_time', { as: 'changed', required: true }),
  asMicros('delete_time', { as: 'deleted' }),
  asMicros('create_time', { as: 'created' }),
  asText('creator_user_name', { as: 'creator' }),
  asText('run_as_user_name', { as: 'runs_as' }),
  asText('trigger_type', { as: 'trigger_kind' }),
  asJson('trigger', { as: 'trigger_spec' }),
  asText('paused', { as: 'is_paused' }),
  asText('timeout_seconds', { as: 'timeout' }),
  asJson('health_rules', { as: 'health' }),
  asJson('tags', { as: 'labels' }),
];
const taskWants = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('job_id', { as: 'job', required: true }),
  asText('task_key', { as: 'task', required: true }),
  asMicros('change_time', { as: 'changed', required: true }),
  asMicros('delete_time', { as: 'deleted' }),
  asJson('depends_on_keys', { as: 'needs' }),
  asText('timeout_seconds', { as: 'timeout' }),
];
/** Names change long before they are needed: the first pull takes all, later ones a day of lateness. */
const day = 86_400_000;
const ever = '1971-01-01T00:00:00.000Z';

type Read = { readonly asset: CollectedAsset; readonly definition: DefinitionRow };
type Spec = {
  readonly source: string;
  readonly label: string;
  readonly features: readonly string[];
  readonly table: typeof jobs;
  readonly kind: StatementMaker;
  readonly countKind: StatementMaker;
  readonly wants: readonly Wanted[];
  readonly read: (row: TextRow, changedAt: string, context: CollectContext) => Read | null;
};

/**
 * Names and definitions of jobs and tasks. These tables keep every version of a row (SCD2): the newest change of a key wins
 * first, and only then its deletion counts (facts 1.0); the store's rule "newest change wins" does that for any order of arrival.
 */
const collector = (spec: Spec): Collector => {
  const pullOf = (context: CollectContext): Pull | null => {
    const inScope = scoped(context, 'job');
    if (context.lane === 'pack' && inScope.length === 0) return null;
    const since = context.cursor === null ? ever : context.resumed ? context.cursor : minus(context.cursor, day);
    const ofJobs = context.lane === 'pack' ? oneOf('job_id', 'jobs', inScope) : null;
    return {
      kind: spec.kind,
      table: spec.table,
      wants: spec.wants,
      where: [
        { needs: 'change_time', piece: dbx`change_time >= :since` },
        { needs: 'workspace_id', piece: dbx`workspace_id = :workspace` },
        ...(ofJobs === null ? [] : [ofJobs.where]),
      ],
      parameters: { since: timestampParameter(since), workspace: context.workspaceId, ...ofJobs?.parameters },
      order: 'changed',
    };
  };
  return {
    source: spec.source,
    label: spec.label,
    table: spec.table,
    meta: {
      when: 'watch',
      features: spec.features,
      needs: [{ kind: 'select', table: spec.table }],
      preview: null,
      latenessMs: anHour,
      retentionDays: null,
    },
    estimate: async (context): Promise<Result<Estimate, DatabricksFailure>> => {
      const asked = pullOf(context);
      if (asked === null) return ok({ rows: 0, statements: 0, counted: true });
      const rows = await countRows(context, { ...asked, kind: spec.countKind });
      return rows.ok ? ok({ rows: rows.value, statements: 1, counted: true }) : rows;
    },
    collect: async (context) => {
      const asked = pullOf(context);
      if (asked === null)
        return ok({ cursor: context.cursor, completeTo: context.completeTo, missingColumns: [], note: null });
      const found = await pull(context, asked);
      if (!found.ok) return found;
      const read = found.value.rows.flatMap((row): Read[] => {
        const changedAt = instantOf(row, 'changed');
        const one = changedAt === null ? null : spec.read(row, changedAt, context);
        return one === null ? [] : [one];
      });
      return ok({
        ...progress(context, found.value, 'changed', found.value.rows.length - read.length),
        assets: read.map((one) => one.asset),
        facts: definitionFacts(
          read.map((one) => one.definition),
          spec.source,
          context,
        ),
      });
    },
  };
};

export const jobsCollector = collector({
  source: 'system.lakeflow.jobs',
  label: 'Jobs',
  features: ['names of jobs', 'changes of their definition'],
  table: jobs,
  kind: jobKind,
  countKind: jobCountKind,
  wants: jobWants,
  read: (row, changedAt) => {
    const [ws, job] = [textOf(row, 'ws'), textOf(row, 'job')];
    if (ws === null || job === null) return null;
    const [asset, name, deletedAt] = [
      jobAsset(ws, job),
      textOf(row, 'label') ?? `job ${job}`,
      instantOf(row, 'deleted'),
    ];
    return {
      asset: { asset, name, detail: `job ${job}`, changedAt, gone: deletedAt !== null },
      definition: {
        key: `job/${job}`, workspace: ws, assets: [asset], name: `Job ${name}`, changedAt, deletedAt, createdAt: instantOf(row, 'created'), by: null,
        fields: {
          name, runAs: textOf(row, 'runs_as'), createdBy: textOf(row, 'creator'), triggerType: textOf(row, 'trigger_kind'),
          trigger: jsonField(textOf(row, 'trigger_spec')), paused: textOf(row, 'is_paused'), timeoutSeconds: textOf(row, 'timeout'),
          healthRules: jsonField(textOf(row, 'health')), tags: jsonField(textOf(row, 'labels')),
        },
      },
    }; // prettier-ignore
  },
});

export const jobTasksCollector = collector({
  source: 'system.lakeflow.job_tasks',
  label: 'Tasks of jobs',
  features: ['names of tasks, and which wait for which'],
  table: tasks,
  kind: taskKind,
  countKind: taskCountKind,
  wants: taskWants,
  read: (row, changedAt, context) => {
    const [ws, job, task] = [textOf(row, 'ws'), textOf(row, 'job'), textOf(row, 'task')];
    if (ws === null || job === null || task === null) return null;
    const [asset, ofJob, deletedAt] = [taskAsset(ws, job, task), jobAsset(ws, job), instantOf(row, 'deleted')];
    return {
      asset: { asset, name: task, detail: `task of job ${job}`, changedAt, gone: deletedAt !== null },
      definition: {
        key: `job/${job}/task/${task}`, workspace: ws, assets: [asset, ofJob], name: `Task ${task} of ${labelOf(context.db, ofJob).name}`,
        changedAt, deletedAt, createdAt: null, by: null,
        fields: { dependsOn: jsonField(textOf(row, 'needs')), timeoutSeconds: textOf(row, 'timeout') },
      },
    }; // prettier-ignore
  },
});
