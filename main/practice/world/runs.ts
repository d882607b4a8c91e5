import type { JsonObject, JsonValue } from '../../../shared/base/json.ts';
import { dateOf, stamp, type Row } from './bulk.ts';
import {
  hour,
  jobOf,
  jobRoles,
  slotStart,
  tableOf,
  type DomainPlan,
  type Plan,
  type PlannedJob,
  type PlannedTable,
} from './plan.ts';
import type { Random } from './random.ts';

/** One run of a job with its tasks, before it becomes rows of system tables and REST documents. */
export type Run = {
  readonly job: PlannedJob;
  readonly domain: DomainPlan;
  readonly runId: string;
  readonly slot: number;
  readonly start: number;
  readonly end: number;
  readonly failed: boolean;
  readonly message: string;
  readonly tasks: readonly {
    readonly key: string;
    readonly runId: string;
    readonly start: number;
    readonly end: number;
    readonly state: 'SUCCEEDED' | 'FAILED' | 'SKIPPED';
  }[];
};

const minute = 60_000;
const offsets = { ingest: 0, refine: 14, features: 32, forecast: 55, report: 95 } as const;
const lengths = { ingest: 8, refine: 11, features: 16, forecast: 30, report: 12 } as const;

const complaint = (domain: DomainPlan): string => {
  const column = domain.template.weak.featureColumn;
  switch (domain.fault?.cause) {
    case 'column renamed':
      return `[EXPECTATION_FAILED] share of zero values in ${column} is 0.97, allowed 0.05`;
    case 'units changed':
      return `[EXPECTATION_FAILED] prediction outside of its bounds in 94 of 100 rows; mean of ${column} rose by a factor of 100`;
    default:
      return `[EXPECTATION_FAILED] ${column} is at its default in 98 of 100 rows`;
  }
};

/** Where a played round lies: its beginning, and how much shorter than usual it is. */
export type Round = { readonly at: number; readonly scale: number };
/** Minutes from the beginning of a round to its last end. */
export const roundMinutes = 112;

/** The run of a job in a slot, or null when the job has none there. */
export const runIn = (
  plan: Plan,
  domain: DomainPlan,
  job: PlannedJob,
  slot: number,
  random: Random,
  round?: Round,
): Run | null => {
  // A round that is played has every job, so that a drill need not wait for the daily one.
  if (round === undefined && job.everySlots > 1 && slot % 6 !== domain.dailySlot) return null;
  const { at, scale } = round ?? { at: slotStart(plan, slot), scale: 1 };
  const start = Math.round(at + scale * (offsets[job.role] * minute + random.integer(0, 90_000)));
  const end = Math.round(start + scale * lengths[job.role] * minute * random.between(0.8, 1.2));
  const failed = job.role === 'forecast' && domain.fault !== null && slot <= domain.fault.slot;
  const step = (end - start) / job.tasks.length;
  return {
    job,
    domain,
    runId: random.digits(15),
    slot,
    start,
    end,
    failed,
    message: failed ? complaint(domain) : '',
    tasks: job.tasks.map((key, i) => ({
      key,
      runId: random.digits(15),
      start: Math.round(start + i * step),
      end: Math.round(start + (i + 1) * step),
      state: !failed || key === 'score' ? 'SUCCEEDED' : key === 'validate' ? 'FAILED' : 'SKIPPED',
    })),
  };
};

export const allRuns = (
  plan: Plan,
  domain: DomainPlan,
  from: number,
  to: number,
  random: Random,
  round?: Round,
): readonly Run[] => {
  const runs: Run[] = [];
  for (let slot = from; slot >= to; slot--)
    for (const role of jobRoles) {
      const run = runIn(plan, domain, jobOf(domain, role), slot, random, round);
      if (run !== null) runs.push(run);
    }
  return runs;
};

/** A run as timeline slices: cut at clock hours, the outcome only in the last one (facts 1.0). */
const slices = (start: number, end: number): readonly (readonly [number, number])[] => {
  const cuts: [number, number][] = [];
  for (let at = start; at < end;) {
    const next = Math.min(end, (Math.floor(at / hour) + 1) * hour);
    cuts.push([at, next]);
    at = next;
  }
  return cuts;
};

const code = { SUCCEEDED: 'SUCCESS', FAILED: 'RUN_EXECUTION_ERROR', SKIPPED: 'SKIPPED' } as const;
const kind = { SUCCEEDED: 'SUCCESS', FAILED: 'CLIENT_ERROR', SKIPPED: null } as const;

export const runRows = (plan: Plan, run: Run): readonly Row[] => {
  const state = run.failed ? 'FAILED' : 'SUCCEEDED';
  return slices(run.start, run.end).map(([from, to]) => ({
    account_id: plan.accountId,
    workspace_id: plan.workspaceId,
    job_id: run.job.id,
    run_id: run.runId,
    period_start_time: stamp(from),
    period_end_time: stamp(to),
    trigger_type: 'CRON',
    run_type: 'JOB_RUN',
    run_name: run.job.name,
    compute_ids: [],
    result_state: to === run.end ? state : null,
    termination_code: to === run.end ? code[state] : null,
    termination_type: to === run.end ? kind[state] : null,
  }));
};

export const taskRows = (plan: Plan, run: Run): readonly Row[] =>
  run.tasks.flatMap((task) =>
    slices(task.start, task.end).map(([from, to]) => ({
      account_id: plan.accountId,
      workspace_id: plan.workspaceId,
      job_id: run.job.id,
      run_id: task.runId,
      job_run_id: run.runId,
      parent_run_id: run.runId,
      period_start_time: stamp(from),
      period_end_time: stamp(to),
      task_key: task.key,
      compute_ids: [],
      result_state: to === task.end ? task.state : null,
      termination_code: to === task.end ? code[task.state] : null,
      termination_type: to === task.end ? kind[task.state] : null,
    })),
  );

/** Lineage events of a run: every table that its job writes, from every table (or path) it reads. */
export const lineageRows = (plan: Plan, run: Run, random: Random): readonly Row[] =>
  [...run.domain.tables.values()]
    .filter((t) => t.template.job === run.job.role)
    .flatMap((target) => {
      const sources: (string | null)[] =
        target.template.from.length === 0 ? [null] : target.template.from.map((role) => tableOf(run.domain, role).full);
      return sources.map((source) => {
        const at = run.start + (run.end - run.start) * random.between(0.1, 0.9);
        const [sourceCatalog = null, sourceSchema = null, sourceName = null] = source?.split('.') ?? [];
        return {
          account_id: plan.accountId,
          metastore_id: plan.metastoreId,
          workspace_id: plan.workspaceId,
          entity_type: 'JOB',
          entity_id: run.job.id,
          entity_run_id: run.runId,
          source_table_full_name: source,
          source_table_catalog: sourceCatalog,
          source_table_schema: sourceSchema,
          source_table_name: sourceName,
          source_path: source === null ? `s3://landing/${target.parts[2]}/` : null,
          source_type: source === null ? 'PATH' : 'TABLE',
          target_table_full_name: target.full,
          target_table_catalog: target.parts[0],
          target_table_schema: target.parts[1],
          target_table_name: target.parts[2],
          target_path: null,
          target_type: 'TABLE',
          created_by: run.job.owner,
          event_time: stamp(at),
          event_date: dateOf(at),
          record_id: random.uuid(),
          event_id: random.uuid(),
          statement_id: null,
          entity_metadata: { job_info: { job_id: run.job.id, job_run_id: run.runId } },
          direct_access: true,
        };
      });
    });

/** The same by columns: those that the two tables name alike; not the one that a fault took away. */
export const columnRows = (run: Run, rows: readonly Row[], random: Random): readonly Row[] => {
  const { fault, template, tables } = run.domain;
  const named = (full: unknown): PlannedTable | undefined => [...tables.values()].find((t) => t.full === full);
  return rows.flatMap((row) => {
    const [source, target] = [named(row['source_table_full_name']), named(row['target_table_full_name'])];
    const isBroken = fault !== null && run.slot <= fault.slot && source?.template.role === template.weak.bronze;
    return (source?.columns ?? [])
      .filter(({ name }) => target?.columns.some((own) => own.name === name) === true)
      .filter(({ name }) => !(isBroken && name === template.weak.column))
      .map(({ name }) => ({ ...row, source_column_name: name, target_column_name: name, record_id: random.uuid() }));
  });
};

/** What a run used, on serverless compute that names its job. */
export const usageRow = (plan: Plan, { job, domain, runId, start, end }: Run, random: Random): Row => ({
  account_id: plan.accountId, workspace_id: plan.workspaceId, record_id: random.uuid(), sku_name: 'PREMIUM_JOBS_SERVERLESS_COMPUTE', cloud: 'AWS',
  usage_start_time: stamp(start), usage_end_time: stamp(end), usage_date: dateOf(start), ingestion_date: dateOf(end), usage_unit: 'DBU',
  usage_quantity: ((end - start) / minute / 4).toFixed(6), usage_type: 'COMPUTE_TIME', record_type: 'ORIGINAL', billing_origin_product: 'JOBS',
  custom_tags: { domain: domain.template.key }, usage_metadata: { job_id: job.id, job_run_id: runId, job_name: job.name },
  identity_metadata: { run_as: job.owner }, product_features: { jobs_tier: 'CLASSIC', is_serverless: true },
}); // prettier-ignore

const restState = (state: 'SUCCEEDED' | 'FAILED' | 'SKIPPED', message: string): JsonObject => ({
  state: {
    life_cycle_state: state === 'SKIPPED' ? 'SKIPPED' : 'TERMINATED',
    result_state: state === 'SUCCEEDED' ? 'SUCCESS' : state === 'SKIPPED' ? 'UPSTREAM_FAILED' : 'FAILED',
    state_message: message,
    user_cancelled_or_timedout: false,
  },
  status: {
    state: 'TERMINATED',
    termination_details: { code: code[state], type: kind[state] ?? 'CLIENT_ERROR', message },
  },
});

/** The run as `jobs/runs/get` shows it; ids are numbers there. */
export const runDocument = (run: Run): JsonObject => {
  const tasks: JsonValue[] = run.tasks.map((t, i) => ({
    run_id: Number(t.runId),
    task_key: t.key,
    attempt_number: 0,
    start_time: Math.round(t.start),
    end_time: Math.round(t.end),
    depends_on: i === 0 ? [] : [{ task_key: run.tasks[i - 1]?.key ?? '' }],
    ...restState(t.state, t.state === 'FAILED' ? run.message : ''),
  }));
  return {
    run_id: Number(run.runId),
    job_id: Number(run.job.id),
    run_name: run.job.name,
    run_type: 'JOB_RUN',
    trigger: 'PERIODIC',
    number_in_job: Number(run.runId),
    original_attempt_run_id: Number(run.runId),
    start_time: Math.round(run.start),
    end_time: Math.round(run.end),
    setup_duration: 0,
    execution_duration: Math.round(run.end - run.start),
    cleanup_duration: 0,
    creator_user_name: run.job.owner,
    run_page_url: `/jobs/${run.job.id}/runs/${run.runId}`,
    ...restState(
      run.failed ? 'FAILED' : 'SUCCEEDED',
      run.failed ? 'Task validate failed with message: ' + run.message : '',
    ),
    tasks,
  };
};
