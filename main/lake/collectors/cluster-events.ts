import type { JsonObject } from '../../../shared/base/json.ts';
import { err, ok, type Result } from '../../../shared/base/result.ts';
import { fromInstant, type Instant } from '../../../shared/base/time.ts';
import { assetParts, type AssetId } from '../../../shared/domain/ids.ts';
import { isTooLarge } from '../../databricks/failures.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { assetRow, factsPage } from '../../store/lake.ts';
import { carrier, workspaceAsset } from '../assets.ts';
import { callsOnly, lateness, type CollectContext, type CollectedFact, type Collector } from '../collector.ts';
import { cursorObject } from '../cursor.ts';
import { computeInScope } from '../compute-scope.ts';
import { factOf } from '../fact-rows.ts';
import { labelOf } from '../labels.ts';
import { idText, instant, isGone, object, objects, text } from '../rest-read.ts';
import { later, latest, minus } from '../rows.ts';
import { restingUntilDue } from '../throttle.ts';
import { nextTurn, unfinished } from '../turns.ts';
import { said } from '../values.ts';
import { clusterEvent, clusterEventsSource } from './cluster-event.ts';

const pageSize = 200;
/** Pages of one cluster per pull; the rest follows with the next one, from where this one ended. */
const pagesPerPull = 5;
/** A cluster that has ended, or that this user may not see, is asked again after this. */
const againMs = 3_600_000;
/** Clusters asked per pull; more of them take turns. */
const clusterLimit = 50;
/** Runs looked through for what ran on a cluster, newest first. */
const runsLookedAt = 500;
/** A run's cluster still speaks a little after it: it is being taken down. */
const afterRunMs = 5 * 60_000;

/** Where one cluster stands: everything until `upTo` is stored. */
type Place = {
  readonly upTo: Instant | null;
  readonly asked: Instant;
  readonly state: 'live' | 'ended' | 'refused' | 'gone';
};
type Places = Readonly<Record<string, Place>>;

const placesOf = (cursor: string | null): Places => {
  return Object.fromEntries(
    Object.entries(cursorObject(cursor)).flatMap(([cluster, one]) => {
      const { upTo, asked, state } = object(one);
      const known = (['live', 'ended', 'refused', 'gone'] as const).find((name) => name === state);
      return typeof asked === 'string' && known !== undefined
        ? [[cluster, { upTo: typeof upTo === 'string' ? upTo : null, asked, state: known }]]
        : [];
    }),
  );
};

/** Which jobs in scope ran on a cluster at a moment: only those were touched by what happened to it. */
const runsByCluster = (context: CollectContext): ((cluster: string, at: Instant) => readonly AssetId[]) => {
  const jobs = [...new Set([...context.scope.keys()].map(carrier))].filter((asset) => assetParts(asset).kind === 'job');
  const runs =
    jobs.length === 0
      ? []
      : factsPage(context.db, {
          assets: jobs, kinds: ['run'], from: context.horizon, to: null, before: null, limit: runsLookedAt,
        }).map(factOf); // prettier-ignore
  const times = runs.flatMap((run) => {
    const { clusters, startedAt, endedAt, result } = run.data;
    const job = run.assets.find((asset) => assetParts(asset).kind === 'job');
    if (job === undefined || !Array.isArray(clusters) || typeof startedAt !== 'string') return [];
    // A run that goes on has no end yet: its last slice only says that it was still there.
    const until = result === 'running' || typeof endedAt !== 'string' ? null : minus(endedAt, -afterRunMs);
    return [{ job, clusters: clusters.map(said), startedAt, until }];
  });
  return (cluster, at) => [
    ...new Set(
      times
        .filter(
          (run) => run.clusters.includes(cluster) && run.startedAt <= at && (run.until === null || at <= run.until),
        )
        .map((run) => run.job),
    ),
  ];
};

type Read = { readonly events: readonly JsonObject[]; readonly whole: boolean };

/** Events of one cluster from a moment on, oldest first, at most `pagesPerPull` pages. */
const eventsOf = async (
  context: CollectContext,
  cluster: string,
  from: Instant,
): Promise<Result<Read, DatabricksFailure>> => {
  const events: JsonObject[] = [];
  const first: JsonObject = {
    cluster_id: cluster,
    start_time: fromInstant(from),
    ...(context.until === null ? {} : { end_time: fromInstant(context.until) }),
    order: 'ASC',
    page_size: pageSize,
  };
  let asked = first;
  for (let page = 0; page < pagesPerPull; page += 1) {
    const found = await context.workspace.rest.call(
      { method: 'POST', path: '/api/2.1/clusters/events', body: asked, asks: true },
      context.options,
    );
    // In front of an event that alone is too large, what came before it is kept.
    if (!found.ok) return isTooLarge(found.error) && events.length > 0 ? ok({ events, whole: false }) : found;
    const body = object(found.value);
    events.push(...objects(body['events']));
    // Tokens replace `next_page`, the whole next request, in the course of 2026 (docs: cluster events API pagination changes).
    const [token, old] = [text(body['next_page_token']), object(body['next_page'])];
    if (token !== null && token !== asked['page_token']) asked = { ...first, page_token: token };
    else if (token === null && idText(old['cluster_id']) === cluster) asked = old;
    else return ok({ events, whole: true });
  }
  return ok({ events, whole: false });
};

/** Ids of clusters in scope. A run names what it ran on without saying what that is: warehouses that are known are left out. */
const clustersOf = (context: CollectContext): readonly string[] =>
  computeInScope(context, 'cluster').filter(
    (id) => assetRow(context.db, workspaceAsset('warehouse', context.workspaceId, id)) === undefined,
  );

/** Those that are asked now: what may still speak each time, what has ended or is refused now and then. */
const dueOf = (clusters: readonly string[], before: Places, context: CollectContext): readonly string[] =>
  clusters.filter((id) => {
    const place = before[id];
    const since = place === undefined ? null : fromInstant(context.observedAt) - fromInstant(place.asked);
    return since === null || place?.state === 'live' || since < 0 || since >= againMs;
  });

const named = (context: CollectContext, clusters: readonly string[]): string =>
  clusters.map((id) => labelOf(context.db, workspaceAsset('cluster', context.workspaceId, id)).name).join(', ');

/**
 * What happened to the clusters on which jobs in scope ran (facts 3.5; docs: kept until 30 days after a cluster ended): lost
 * nodes, drivers that do not respond, edits, and why clusters ended. A cluster that is refused costs its own events only.
 * Which right that takes is written nowhere (docs: clusters/events, and the table of rights on compute): the lowest is asked for.
 */
export const clusterEventsCollector: Collector = {
  source: clusterEventsSource,
  label: 'Events of clusters',
  table: null,
  meta: {
    when: 'room',
    features: ['lost nodes, drivers that do not respond, and why clusters ended'],
    needs: [
      {
        kind: 'privilege',
        privilege: 'CAN ATTACH TO',
        on: 'the cluster, its lowest right: none is documented for events',
      },
    ],
    preview: null,
    probe: { method: 'GET', path: '/api/2.1/clusters/list', query: { page_size: '1' } },
    latenessMs: 0,
    retentionDays: 30,
    restsMs: againMs,
  },
  // One call each; a cluster with more than a page of events takes more.
  estimate: (context) =>
    Promise.resolve(ok(callsOnly(dueOf(clustersOf(context), placesOf(context.cursor), context).length))),
  collect: async (context) => {
    const before = placesOf(context.cursor);
    const clusters = clustersOf(context);
    const next: Record<string, Place> = { ...before };
    const due = dueOf(clusters, before, context);
    const asked = clusters.flatMap((id) => before[id]?.asked ?? []);
    const rested = due.length > 0 ? null : restingUntilDue(context, clusterEventsSource, asked, againMs);
    if (rested !== null) return ok(rested);
    const jobsAt = runsByCluster(context);
    const facts: CollectedFact[] = [];
    let [unreadable, behind] = [0, false];
    const how = new Map<string, string>();
    const turn = nextTurn(context, due, { key: (cluster) => cluster, limit: clusterLimit, plural: 'clusters' });
    for (const cluster of turn.each) {
      const place = before[cluster];
      const upTo = place?.upTo ?? null;
      // Runs arrive later than events: the last hours are read again, so that each event finds the jobs that it touched.
      const back = upTo === null ? context.horizon : turn.goesOn(cluster) ? upTo : minus(upTo, lateness);
      const found = await eventsOf(context, cluster, back < context.horizon ? context.horizon : back);
      if (turn.lost(cluster, found)) continue;
      if (!found.ok) {
        if (found.error.tag !== 'Forbidden' && !isGone(found.error)) return err(found.error);
        const state = isTooLarge(found.error) ? 'live' : found.error.tag === 'Forbidden' ? 'refused' : 'gone';
        next[cluster] = { upTo, asked: context.observedAt, state };
        how.set(cluster, 'read');
        continue;
      }
      const { events, whole } = found.value;
      for (const event of events) {
        const fact = clusterEvent(event, cluster, context, (at) => jobsAt(cluster, at));
        if (fact === null) unreadable += 1;
        else if (fact !== 'routine') facts.push(fact);
      }
      const newest = latest(events.map((event) => instant(event['timestamp'])));
      const last = events.findLast((event) => instant(event['timestamp']) !== null);
      const ended = last === undefined ? place?.state === 'ended' : text(last['type']) === 'TERMINATING';
      next[cluster] = {
        upTo: later(upTo, newest),
        asked: context.observedAt,
        state: ended && whole ? 'ended' : 'live',
      };
      // Read again from the same moment it would only bring the same: more events at one moment than a pull can hold.
      const isBehind = !whole && newest !== null && newest > back;
      how.set(cluster, isBehind ? unfinished : 'read');
      behind ||= isBehind;
    }
    const inState = (state: Place['state']): readonly string[] => clusters.filter((id) => next[id]?.state === state);
    const [refused, gone] = [inState('refused'), inState('gone')];
    const { left, step, whole } = turn.ended(how, { cursor: JSON.stringify(next) });
    const notes = [
      ...(refused.length === 0 ? [] : [`Not visible to this user: ${named(context, refused)}.`]),
      ...(gone.length === 0 ? [] : [`No longer there, or no cluster: ${named(context, gone)}.`]),
      ...(unreadable === 0 ? [] : [`${unreadable} events could not be read.`]),
      ...(left === null ? [] : [left]),
    ];
    // Complete up to the newest event, but not beyond the moment at which the cluster that was asked first was asked.
    const read = clusters.flatMap((id) => {
      const place = next[id];
      return place === undefined || !['live', 'ended'].includes(place.state) ? [] : [place];
    });
    const newest = latest(read.map((place) => place.upTo));
    const known = [newest, ...read.map((place) => place.asked)].filter((one) => one !== null).toSorted()[0] ?? null;
    return ok({
      facts,
      ...step,
      completeTo:
        !whole || behind ? context.completeTo : newest === null ? context.completeTo : later(context.completeTo, known),
      missingColumns: [],
      note: notes.length === 0 ? null : notes.join(' '),
      more: step.more === true || (behind && whole),
    });
  },
};
