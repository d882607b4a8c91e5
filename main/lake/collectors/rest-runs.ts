import { isJsonObject, type JsonObject } from '../../../shared/base/json.ts';
import { err, ok, type Result } from '../../../shared/base/result.ts';
import { fromInstant, type Instant } from '../../../shared/base/time.ts';
import { isTooLarge } from '../../databricks/failures.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { countFacts, sourceRow } from '../../store/lake.ts';
import { jobAsset } from '../assets.ts';
import {
  callsOnly,
  type CollectContext,
  type Collected,
  type CollectedAsset,
  type CollectedFact,
  type Collector,
} from '../collector.ts';
import { later, latest, minus } from '../rows.ts';
import { scoped } from '../scope-filter.ts';
import { nextTurn } from '../turns.ts';
import { said } from '../values.ts';
import { isGone, text, wholeRun } from '../rest-read.ts';
import { newRound } from '../round.ts';
import { restRunsSource } from './merge-runs.ts';
import { readRun, type ReadRun } from './rest-run.ts';
import {
  listedLateMs,
  placeOf,
  placesOf,
  readStretch,
  type Again,
  type Listed,
  type Place,
  type Stretch,
} from './rest-stretch.ts';

/** Runs per page; the service takes fewer than 25 (docs of jobs/runs/list). */
const pageSize = 24;
/** Calls of one pull for new runs, and for runs that had not ended when they were seen. */
const callsPerPull = 10;
const openPerPull = 20;
/** Jobs asked one by one around a room in one pull, nearest first; more of them take turns. */
const jobLimit = 20;

const everyJob = 'all';

/** Runs of a job (or of all jobs that can be seen) that began in [from, to], newest first, at most `calls` pages. */
const list = async (
  context: CollectContext,
  asked: { readonly key: string; readonly from: Instant; readonly to: Instant | null; readonly calls: number },
): Promise<Result<Listed<ReadRun>, DatabricksFailure>> => {
  const runs: ReadRun[] = [];
  let unreadable = 0;
  let token: string | null = null;
  for (let call = 0; call < asked.calls; call += 1) {
    const found: Result<unknown, DatabricksFailure> = await context.workspace.rest.call(
      {
        method: 'GET',
        path: '/api/2.2/jobs/runs/list',
        query: {
          limit: String(pageSize),
          expand_tasks: 'true',
          start_time_from: String(fromInstant(asked.from)),
          ...(asked.to === null ? {} : { start_time_to: String(fromInstant(asked.to)) }),
          ...(asked.key === everyJob ? {} : { job_id: asked.key }),
          ...(token === null ? {} : { page_token: token }),
        },
      },
      context.options,
    );
    if (!found.ok) return found;
    const body: JsonObject = isJsonObject(found.value) ? found.value : {};
    for (const one of Array.isArray(body['runs']) ? body['runs'] : []) {
      const run = readRun(one, context);
      if (run === null) unreadable += 1;
      else runs.push(run);
    }
    token = text(body['next_page_token']);
    // The token alone says whether more follows, as Databricks' own clients read it (SDK jobs.list_runs).
    if (token === null) return ok({ all: runs, unreadable, whole: true });
  }
  return ok({ all: runs, unreadable, whole: false });
};

/**
 * The runs that had not ended yet, asked again. Gone ones (400 or 404, facts 3.0) are let go; `silent` are those about which no answer
 * came, while others had one.
 */
const askOpen = async (
  context: CollectContext,
  open: readonly string[],
): Promise<Result<Again<ReadRun>, DatabricksFailure>> => {
  const runs: ReadRun[] = [];
  const silent: string[] = [];
  const round = newRound();
  for (const id of open) {
    const found = await wholeRun(context, id);
    if (!found.ok) {
      if (isGone(found.error)) continue;
      if (round.judge(found) !== 'unanswered') return found;
      silent.push(id);
      continue;
    }
    round.judge(found);
    const run = readRun(found.value, context);
    if (run !== null) runs.push(run);
  }
  return ok({ all: runs, silent, failure: round.unanswered() });
};

const readList = (
  context: CollectContext,
  key: string,
  before: Place,
): Promise<Result<Stretch<ReadRun>, DatabricksFailure>> =>
  readStretch(before, {
    horizon: context.horizon,
    until: context.until,
    openAtOnce: openPerPull,
    list: (from, to) => list(context, { key, from, to, calls: callsPerPull }),
    again: (ids) => askOpen(context, ids),
  });

/** Names of jobs as their runs tell them: older than anything that the system tables say, so that those win. */
const namesOf = (runs: readonly ReadRun[], context: CollectContext): readonly CollectedAsset[] =>
  [...new Map(runs.flatMap(({ job, name }) => (name === null ? [] : [[job, name] as const])))].map(([job, name]) => ({
    asset: jobAsset(context.workspaceId, job),
    name,
    detail: 'job',
    changedAt: '1970-01-01T00:00:00.000Z',
    gone: false,
  }));

/** Refused or not there, rather than slow or cut off for once: then what this user can see is all there is. */
const tableIsRefused = (context: CollectContext): boolean => {
  const state = sourceRow(context.db, 'system.lakeflow.job_run_timeline', context.workspaceId)?.state;
  return state === undefined || state === 'denied' || state === 'missing';
};

/**
 * Runs from REST: of the jobs in scope, at once; and, where the system tables cannot be read, of all jobs that this user can
 * see. Runs are kept there for 60 days (facts 3.1). A job that cannot be seen costs its own runs only.
 */
export const restRunsCollector: Collector = {
  source: restRunsSource,
  label: 'Job runs, live',
  meta: {
    when: 'watch',
    features: ['runs of the last hour', 'runs without any system table'],
    needs: [{ kind: 'privilege', privilege: 'CAN VIEW', on: 'the job' }],
    preview: null,
    probe: { method: 'GET', path: '/api/2.2/jobs/runs/list', query: { limit: '1' } },
    latenessMs: 0,
    retentionDays: 60,
  },
  table: null,
  // Pages of each job by the runs that are known of it, and runs that had not ended.
  estimate: (context) => {
    const places = placesOf(context.cursor);
    const calls = scoped(context, 'job').map((job) => {
      const { upTo, open } = placeOf(places[job]);
      const from = upTo === null || upTo < context.horizon ? context.horizon : minus(upTo, listedLateMs);
      const asset = jobAsset(context.workspaceId, job);
      const runs = countFacts(context.db, { assets: [asset], kinds: ['run'], from, to: context.until });
      return 1 + Math.floor(runs / pageSize) + Math.min(open.length, openPerPull);
    });
    return Promise.resolve(ok(callsOnly(calls.reduce((sum, one) => sum + one, 0))));
  },
  collect: async (context) => {
    const places = placesOf(context.cursor);
    const jobs = scoped(context, 'job');
    const all = context.lane === 'watch' && tableIsRefused(context);
    const turn = nextTurn(context, all ? [everyJob] : jobs, {
      key: (job) => job,
      limit: jobLimit,
      plural: 'jobs',
      always: (job) => context.scope.get(jobAsset(context.workspaceId, job)) === 0,
    });
    const how = new Map<string, string>();
    const next: Record<string, Place> = { ...places };
    const runs: ReadRun[] = [];
    let unreadable = 0;
    let failure: DatabricksFailure | null = null;
    for (const key of turn.each) {
      const found = await readList(context, key, placeOf(places[key]));
      if (key !== everyJob && turn.lost(key, found)) continue;
      if (!found.ok) {
        if (key === everyJob || (!isGone(found.error) && found.error.tag !== 'Forbidden')) return err(found.error);
        how.set(key, isTooLarge(found.error) ? 'large' : 'hidden');
        continue;
      }
      runs.push(...found.value.all);
      unreadable += found.value.unreadable;
      next[key] = found.value.place;
      failure ??= found.value.failure;
      // What lies in its gap is asked for when it has its turn again.
      if (found.value.place.gap === null || found.value.all.length === 0) how.set(key, 'read');
    }
    const facts: readonly CollectedFact[] = runs.flatMap((one) => one.facts);
    const gaps = turn.items.some((key) => next[key]?.gap != null);
    const { went, left, step, whole } = turn.ended(how, {
      cursor: JSON.stringify(next),
      failure: failure ?? undefined,
    });
    const hidden = went('hidden');
    const notes = [
      ...(all ? ['The runs of all jobs that this user can see, since the system table cannot be read.'] : []),
      ...(hidden.length === 0 ? [] : [`Not visible to this user: ${hidden.map((id) => `job ${id}`).join(', ')}.`]),
      ...(left === null || all ? [] : [left]),
      ...(unreadable === 0 ? [] : [`${unreadable} runs could not be read.`]),
    ];
    const collected: Collected = {
      facts,
      edges: runs.flatMap((one) => one.edges),
      assets: namesOf(runs, context),
      ...step,
      // Only the list of all jobs is complete up to anything; its newest moment says up to when.
      completeTo: !all ? null : gaps ? context.completeTo : later(context.completeTo, newestOf(runs)),
      missingColumns: [],
      note: notes.length === 0 ? null : notes.join(' '),
      more: step.more === true || (gaps && runs.length > 0 && whole),
    };
    return ok(collected);
  },
};

const newestOf = (runs: readonly ReadRun[]): Instant | null =>
  latest(runs.flatMap((one) => [one.startedAt, ...one.facts.map(({ fact }) => said(fact.happenedAt))]));
