import { ok } from '../../../shared/base/result.ts';
import type { TextRow } from '../../databricks/port.ts';
import { dbx, statementKind, type Piece } from '../../databricks/statements.ts';
import { jobAsset, taskAsset } from '../assets.ts';
import { boundTo } from '../bound.ts';
import { anHour, type CollectContext, type Collector } from '../collector.ts';
import { nameIn } from '../labels.ts';
import { makeFact } from '../make-fact.ts';
import type { LakeFact } from '../port.ts';
import { without } from '../pull.ts';
import { instantOf, normaliseResult, numberOf, textOf } from '../rows.ts';
import { oneOf, scoped } from '../scope-filter.ts';
import { asText, computed } from '../select.ts';
import { tableCollector } from '../table-source.ts';
import { readNow, resting, restsUntil } from '../throttle.ts';
import { runTitle } from '../titles.ts';
import { timeWindow } from '../window.ts';

const kind = statementKind('lake.slow-tasks', 'read', 'tasks that went well and took much longer than usual');
const countKind = statementKind('lake.slow-tasks.count', 'read', 'how many tasks took much longer than usual');
const source = 'system.lakeflow.job_task_run_timeline/slow';
const table = { catalog: 'system', schema: 'lakeflow', table: 'job_task_run_timeline' };

/** Slow: at least so many times the median of its task, and so much more; of a task so many of the slowest runs are kept. */
const times = 2;
const atLeastMoreUs = 5 * 60_000_000;
const slowestPerTask = 10;
const everyMs = anHour / 2;
/** With fewer runs that went well nobody knows what is usual. */
const leastRuns = 5;

const task = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('job_id', { as: 'job', required: true }),
  asText('task_key', { as: 'task', required: true }),
];
const keys = [
  ...task,
  asText('job_run_id', { as: 'run', required: true }),
  asText('run_id', { as: 'attempt', required: true }),
];
/** An attempt is a row for each hour that it touches, the last one with the result (facts 1.0). */
const took = dbx`max(unix_micros(period_end_time)) - min(unix_micros(period_start_time))`;
const tookWell = dbx`CASE WHEN max(result_state) IN ('SUCCEEDED', 'SUCCESS') THEN ${took} END`;
const ofTask = dbx`PARTITION BY ${task.map(({ expression }) => expression)}`;
const wants = [
  ...keys,
  { ...computed('period_end_time', 'ended', dbx`max(unix_micros(period_end_time))`), required: true },
  computed('period_start_time', 'began', dbx`min(unix_micros(period_start_time))`),
  computed('period_start_time', 'took', tookWell),
  computed('result_state', 'outcome', dbx`max(result_state)`),
  computed('period_start_time', 'usual', dbx`median(${tookWell}) OVER (${ofTask})`),
  computed('period_start_time', 'of_runs', dbx`count(${tookWell}) OVER (${ofTask})`),
  computed('period_start_time', 'place', dbx`row_number() OVER (${ofTask} ORDER BY ${tookWell} DESC NULLS LAST)`),
  computed('period_end_time', 'newest', dbx`max(max(unix_micros(period_end_time))) OVER ()`),
];
const keep: Piece = dbx`ended = newest OR (CAST(place AS INT) <= ${slowestPerTask} AND CAST(of_runs AS INT) >= ${leastRuns}
  AND CAST(took AS BIGINT) >= ${times} * CAST(usual AS DOUBLE) AND CAST(took AS BIGINT) - CAST(usual AS DOUBLE) >= ${atLeastMoreUs})`;

/** Of what is slow; null = it is not. The newest row comes in any case: it says how far the source is known. */
const slowness = (row: TextRow): { readonly tookMs: number; readonly usualMs: number } | null => {
  const [lasted, usual, place, runs] = ['took', 'usual', 'place', 'of_runs'].map((name) => numberOf(row, name));
  if (lasted == null || usual == null || (place ?? Infinity) > slowestPerTask || (runs ?? 0) < leastRuns) return null;
  return lasted >= times * usual && lasted - usual >= atLeastMoreUs
    ? { tookMs: Math.round(lasted / 1_000), usualMs: Math.round(usual / 1_000) }
    : null;
};

const slowFact = (row: TextRow, context: CollectContext): LakeFact | null => {
  const [ws, job, run, attempt, key] = ['ws', 'job', 'run', 'attempt', 'task'].map((name) => textOf(row, name));
  const end = instantOf(row, 'ended');
  if (!ws || !job || !run || !attempt || !key || end === null) return null;
  const asset = jobAsset(ws, job);
  const raw = textOf(row, 'outcome');
  const data = {
    run, job, workspace: ws, task: key, attempt,
    startedAt: instantOf(row, 'began'),
    endedAt: end,
    resultAt: end,
    result: normaliseResult(raw),
    ...slowness(row),
    /** How many runs of the task in the window of the room the usual time is the median of. */
    ofRuns: numberOf(row, 'of_runs'),
    raw: { result_state: raw },
  }; // prettier-ignore
  return makeFact(context, {
    source,
    kind: 'run',
    scope: ws,
    workspace: ws,
    native: `${run}/${key}/${attempt}`,
    at: end,
    assets: [taskAsset(ws, job, key), asset],
    title: runTitle({ data }, nameIn(context, asset)),
    data,
  });
};

const rows = tableCollector({
  source,
  label: 'Slow tasks',
  table,
  kind,
  countKind,
  wants,
  order: 'ended',
  groupBy: keys.map(({ as }) => as),
  keep,
  cannot: without(['period_start_time', 'result_state'], 'nothing tells which tasks were slow'),
  meta: {
    when: 'room',
    features: ['tasks that took much longer than usual'],
    needs: [{ kind: 'select', table }],
    preview: null,
    latenessMs: anHour,
    retentionDays: 365,
    restsMs: everyMs,
  },
  ask: (context) => {
    const jobs = oneOf('job_id', 'jobs', scoped(context, 'job'));
    const time = timeWindow({ ...context, cursor: null }, 'period_end_time');
    return {
      where: [...time.where, { needs: 'workspace_id', piece: dbx`workspace_id = :workspace` }, jobs.where],
      parameters: { ...time.parameters, workspace: context.workspaceId, ...jobs.parameters },
    };
  },
  read: (row, context) => {
    // The newest row, too, which may not be slow: what does not say what it is about says nothing of how far this is known.
    const fact = slowFact(row, context);
    return fact === null ? null : slowness(row) === null ? {} : { facts: [{ fact }] };
  },
});

/**
 * Tasks of jobs in scope that went well and took at least twice as long as usual, and five minutes more: the ten slowest of each
 * task. Usual is the median over the whole window of the room, so all of it is asked for each time, by one statement that brings
 * few rows, every half an hour. Others that went well are not kept: a run's own fact says so.
 */
export const slowTasksCollector: Collector = boundTo(
  {
    ...rows,
    collect: async (context) => {
      const until = restsUntil(context, everyMs);
      if (until !== null) return ok(resting(context, source, until));
      const found = await rows.collect({ ...context, cursor: null, resumed: false });
      if (!found.ok) return found;
      const { more, failure, missingColumns, note } = found.value;
      // All of it is asked for at once: asking again would bring the same rows.
      const full = more === true;
      return ok({
        ...found.value,
        cursor: readNow(context, failure === undefined && missingColumns.length === 0),
        more: false,
        ...(full
          ? {
              partly: true,
              note: [note, 'More tasks were slow than a pull can hold; the newest are left out.']
                .filter((one) => one !== null)
                .join(' '),
            }
          : {}),
      });
    },
  },
  (context) => scoped(context, 'job'),
);
