import type { JsonObject } from '../../../shared/base/json.ts';
import { toInstant, type Instant } from '../../../shared/base/time.ts';
import { factId, jobAsset, taskAsset } from '../assets.ts';
import type { CollectContext, CollectedFact } from '../collector.ts';
import { computeEdges } from '../compute-edges.ts';
import { labelOf } from '../labels.ts';
import type { LakeEdge, LakeFact } from '../port.ts';
import { isBadResult, normaliseResult, normaliseTrigger, type RunResult } from '../rows.ts';
import { runTitle } from '../titles.ts';
import { said } from '../values.ts';
import { object } from '../rest-read.ts';
import { shortMessage } from './messages.ts';
import { mergeRuns, newerAnswer, restRunsSource } from './merge-runs.ts';

/** Clusters on which tasks ran, as they say themselves. */
const clustersOf = (...tasks: readonly JsonObject[]): readonly string[] => [
  ...new Set(tasks.flatMap((task) => textOf(object(task['cluster_instance'])['cluster_id']) ?? [])),
];

const textOf = (value: unknown): string | null => (said(value) === '' ? null : said(value).toWellFormed());
/** Epoch milliseconds; 0 means "not yet" there. */
const momentOf = (value: unknown): Instant | null => {
  const ms = Number(said(value));
  return Number.isFinite(ms) && ms > 0 && ms < 4_102_444_800_000 ? toInstant(ms) : null;
};

type Outcome = {
  readonly ended: boolean;
  readonly result: RunResult;
  readonly raw: string | null;
  readonly termination: string | null;
  readonly message: string | null;
};

/**
 * How a run or a task stands (facts 3.1): `state.result_state` where there is one, else the life cycle's own ends, else the
 * termination's code and type, of which newer answers have nothing more.
 */
export const outcomeOf = (run: JsonObject): Outcome => {
  const [state, status] = [object(run['state']), object(run['status'])];
  const details = object(status['termination_details']);
  const cycle = textOf(state['life_cycle_state']) ?? textOf(status['state']);
  const termination = textOf(details['code']);
  const ended = ['TERMINATED', 'SKIPPED', 'INTERNAL_ERROR'].includes(cycle ?? '');
  const raw = textOf(state['result_state']) ?? (ended ? (cycle === 'TERMINATED' ? termination : cycle) : null);
  const spelled = ended ? normaliseResult(raw ?? 'UNKNOWN') : 'running';
  const type = textOf(details['type']);
  const failedBy = ['CLIENT_ERROR', 'CLOUD_FAILURE', 'INTERNAL_ERROR'].includes(type ?? '');
  const message = textOf(state['state_message']) ?? textOf(details['message']);
  return {
    ended,
    result: spelled === 'unknown' && failedBy ? 'failed' : spelled,
    raw,
    termination,
    message: message === null ? null : shortMessage(message),
  };
};

export type ReadRun = {
  readonly id: string;
  readonly job: string;
  readonly name: string | null;
  readonly startedAt: Instant;
  readonly ended: boolean;
  readonly facts: readonly CollectedFact[];
  /** The clusters on which its tasks ran. */
  readonly edges: readonly LakeEdge[];
};

/** A run as `jobs/runs/list` and `jobs/runs/get` show it, with its tasks that failed; null when it is none. */
export const readRun = (value: unknown, context: CollectContext): ReadRun | null => {
  const body = object(value);
  const [run, job] = [textOf(body['run_id']), textOf(body['job_id'])];
  const startedAt = momentOf(body['start_time']);
  if (run === null || job === null || startedAt === null) return null;
  const ws = context.workspaceId;
  const asset = jobAsset(ws, job);
  const name = textOf(body['run_name']);
  const label = labelOf(context.db, asset).name;
  const titled = (fact: LakeFact): CollectedFact => ({
    fact: { ...fact, title: runTitle(fact, label) },
    merge: mergeRuns(newerAnswer, () => label),
  });
  const tasks = Array.isArray(body['tasks']) ? body['tasks'].map(object) : [];
  const made = (part: JsonObject, task: string | null): CollectedFact => {
    const outcome = outcomeOf(part);
    const endedAt = outcome.ended ? (momentOf(part['end_time']) ?? startedAt) : null;
    const begun = momentOf(part['start_time']) ?? startedAt;
    const attempt = said(part['run_id']);
    return titled({
      id: factId('run', ws, task === null ? run : `${run}/${task}/${attempt}`),
      kind: 'run',
      source: restRunsSource,
      workspace: ws,
      happenedAt: endedAt ?? begun,
      observedAt: context.observedAt,
      completeTo: null,
      assets: task === null ? [asset] : [taskAsset(ws, job, task), asset],
      title: '',
      data: {
        run, job, workspace: ws, task,
        ...(task === null ? {} : { attempt }),
        startedAt: begun,
        endedAt,
        resultAt: endedAt,
        result: outcome.result,
        termination: outcome.termination,
        trigger: normaliseTrigger(textOf(body['trigger'])),
        type: textOf(body['run_type']),
        name,
        clusters: task === null ? clustersOf(...tasks) : clustersOf(part),
        message: outcome.message,
        raw: { result_state: outcome.raw, life_cycle_state: textOf(object(part['state'])['life_cycle_state']) },
      }, // prettier-ignore
    });
  };
  // Tasks that went well are not stored: the run's own fact says so.
  const badTasks = tasks.flatMap((task) => {
    const key = textOf(task['task_key']);
    return key !== null && said(task['run_id']) !== '' && isBadResult(outcomeOf(task).result) ? [made(task, key)] : [];
  });
  const whole = made(body, null);
  const compute = clustersOf(...tasks, body).map((id) => ({ kind: 'cluster' as const, id }));
  const edges = computeEdges(asset, compute, {
    source: restRunsSource, workspace: ws, first: startedAt, last: whole.fact.happenedAt,
  }); // prettier-ignore
  return { id: run, job, name, startedAt, ended: outcomeOf(body).ended, facts: [whole, ...badTasks], edges };
};
