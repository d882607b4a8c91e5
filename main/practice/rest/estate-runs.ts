import type { JsonObject, JsonValue } from '../../../shared/base/json.ts';
import type { EstateJob } from '../world/estate/plan.ts';
import { found, idOf, type RestDeps } from './common.ts';

/** The settings of a job of the estate, as jobs/get shows them. */
export const estateJob = (job: EstateJob, createdAt: number): JsonObject => ({
  job_id: Number(job.id),
  creator_user_name: job.owner,
  run_as_user_name: job.owner,
  created_time: createdAt,
  settings: {
    name: job.name,
    max_concurrent_runs: 1,
    timeout_seconds: 0,
    format: 'MULTI_TASK',
    tags: { area: job.area },
    schedule: {
      quartz_cron_expression: `0 ${job.minute % 60} ${Math.floor(job.minute / 60)} * * ?`,
      timezone_id: 'UTC',
      pause_status: 'UNPAUSED',
    },
    tasks: job.tasks.map((task_key, i) => ({
      task_key,
      existing_cluster_id: job.cluster,
      depends_on: i === 0 ? [] : [{ task_key: job.tasks[i - 1] ?? '' }],
      notebook_task: { notebook_path: `/Workspace/${job.area}/${job.name}/${task_key}` },
    })),
  },
});

type State = 'SUCCEEDED' | 'FAILED' | 'SKIPPED' | 'CANCELLED';
const results: Readonly<Record<State, readonly [result: string, code: string, type: string]>> = {
  SUCCEEDED: ['SUCCESS', 'SUCCESS', 'SUCCESS'],
  FAILED: ['FAILED', 'RUN_EXECUTION_ERROR', 'CLIENT_ERROR'],
  SKIPPED: ['UPSTREAM_FAILED', 'SKIPPED', 'CLIENT_ERROR'],
  CANCELLED: ['CANCELED', 'USER_CANCELED', 'CLIENT_ERROR'],
};
const stateOf = (state: State, running: boolean, message: string): JsonObject => {
  const [result_state, code, type] = results[state];
  return running
    ? { state: { life_cycle_state: 'RUNNING', state_message: '' }, status: { state: 'RUNNING' } }
    : {
        state: { life_cycle_state: 'TERMINATED', result_state, state_message: message, user_cancelled_or_timedout: state === 'CANCELLED' },
        status: { state: 'TERMINATED', termination_details: { code, type, message } },
      }; // prettier-ignore
};

/** One run of the estate as jobs/runs/get shows it: at once, where its rows in the system tables come an hour later. */
const runBody = (row: Readonly<Record<string, JsonValue>>, job: EstateJob, now: number): JsonObject => {
  const [start, end] = [Number(row['s']), Number(row['e'])];
  const run = Number(row['run']);
  const state = idOf(row['state']) as State;
  const message = typeof row['message'] === 'string' ? row['message'] : '';
  const running = end > now;
  const parts = job.tasks.length;
  const bad = Math.floor((parts + 2) / 2);
  const repaired = row['repaired'] === true;
  const repairAt = Math.round(start + (end - start) * 0.4);
  const tasks = job.tasks.map((task_key, i): JsonObject => {
    const own: State = state !== 'FAILED' ? state : i + 1 < bad ? 'SUCCEEDED' : i + 1 === bad ? 'FAILED' : 'SKIPPED';
    return {
      run_id: run + i + 1,
      task_key,
      attempt_number: repaired ? 1 : 0,
      start_time: Math.round(start + ((end - start) * i) / parts),
      ...(running ? {} : { end_time: Math.round(start + ((end - start) * (i + 1)) / parts) }),
      depends_on: i === 0 ? [] : [{ task_key: job.tasks[i - 1] ?? '' }],
      cluster_instance: { cluster_id: job.cluster },
      ...stateOf(own, running, own === 'FAILED' ? message : ''),
    };
  });
  return {
    run_id: run,
    job_id: Number(job.id),
    run_name: job.name,
    run_type: 'JOB_RUN',
    trigger: 'PERIODIC',
    number_in_job: run,
    original_attempt_run_id: run,
    start_time: start,
    ...(running ? {} : { end_time: end, run_duration: end - start }),
    setup_duration: 0,
    execution_duration: running ? 0 : end - start,
    cleanup_duration: 0,
    creator_user_name: job.owner,
    run_page_url: `/jobs/${job.id}/runs/${run}`,
    ...stateOf(state, running, message),
    tasks,
    ...(repaired
      ? {
          repair_history: [
            { type: 'ORIGINAL', start_time: start, end_time: repairAt, ...stateOf('FAILED', false, '[CLUSTER_TERMINATED] the spot instance was taken back'), task_run_ids: [run + 1] },
            { id: run + 50, type: 'REPAIR', start_time: repairAt, end_time: end, ...stateOf(state, running, message), task_run_ids: tasks.map((t) => Number(t['run_id'])) },
          ],
        }
      : {}),
  }; // prettier-ignore
};

/** Runs of the estate, newest first. `where` is SQL over `est.runs`. Empty in a small world. */
export const estateRuns = async (deps: RestDeps, where: string, limit: number): Promise<readonly JsonObject[]> => {
  const jobs = new Map((deps.world.estate?.jobs ?? []).map((job) => [job.id, job]));
  if (jobs.size === 0) return [];
  const rows = await found(
    deps.lake,
    `SELECT run, job, epoch_ms(started) AS s, epoch_ms(ended) AS e, state, message, repaired FROM est.runs WHERE kind = 'JOB' AND ${where} ORDER BY started DESC, run LIMIT ${limit}`,
  );
  return rows.flatMap((row) => {
    const job = jobs.get(idOf(row['job']));
    return job === undefined ? [] : [runBody(row, job, deps.clock.now())];
  });
};
