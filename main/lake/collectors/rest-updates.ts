import type { JsonObject } from '../../../shared/base/json.ts';
import { err, ok, type Result } from '../../../shared/base/result.ts';
import type { Instant } from '../../../shared/base/time.ts';
import { isTooLarge } from '../../databricks/failures.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { factById } from '../../store/lake.ts';
import { workspaceAsset } from '../assets.ts';
import {
  callsOnly,
  type CollectContext,
  type CollectedAsset,
  type CollectedFact,
  type Collector,
} from '../collector.ts';
import { cursorObject } from '../cursor.ts';
import { factOf } from '../fact-rows.ts';
import { labelOf } from '../labels.ts';
import { endsRound, getOne, isGone, listPages, object, text } from '../rest-read.ts';
import { latest, later, minus, normaliseResult } from '../rows.ts';
import { scoped } from '../scope-filter.ts';
import { nextTurn, unfinished } from '../turns.ts';
import { said } from '../values.ts';
import { listedLateMs } from './rest-stretch.ts';
import {
  endsOf, latestUpdates, restUpdate, restUpdatesSource, updateCompute, updateFact, updateFactId, type RestUpdate,
} from './rest-update.ts'; // prettier-ignore

/** Pipelines asked around a room in one pull, nearest first; more of them take turns. */
const pipelineLimit = 20;
const pageSize = '50';
/** Pages of updates of one pipeline per refresh. */
const pagesPerPull = 4;
/** Events looked through for the ends of one pipeline's updates: so many pages (docs: at most 1,000 on one). */
const eventPages = 20;
const eventsOnPage = '250';
const mostEvents = eventPages * Number(eventsOnPage);

/**
 * Where one pipeline stands: updates begun until `upTo` are stored, except older ones down to `gap.from` that are not read yet (the
 * list comes newest first); they follow at `gap.token`, or from the top where the service knows that token no more. `open` had not
 * ended when they were seen.
 */
type Gap = { readonly from: Instant; readonly token: string | null };
type Place = { readonly upTo: Instant | null; readonly gap: Gap | null; readonly open: readonly string[] };
const placeOf = (value: unknown): Place => {
  const { upTo, gap, open } = object(value);
  const from = text(object(gap)['from']);
  return {
    upTo: typeof upTo === 'string' ? upTo : null,
    gap: from === null ? null : { from, token: text(object(gap)['token']) },
    open: Array.isArray(open) ? open.filter((one): one is string => typeof one === 'string') : [],
  };
};
const placesOf = (cursor: string | null): Readonly<Record<string, Place>> => {
  return Object.fromEntries(
    Object.entries(cursorObject(cursor)).map(([pipeline, place]) => [pipeline, placeOf(place)]),
  );
};

/** Newest first; the token replaces every other field but the size (facts 3.2). */
const newest = { most: pagesPerPull, after: { max_results: pageSize } } as const;

type OfPipeline = {
  readonly facts: readonly CollectedFact[];
  readonly place: Place;
  readonly name: string | null;
  readonly unreadable: number;
  /** Updates that have ended, and of which no event that could be read says when. */
  readonly endless: number;
};

type Listed = { readonly bodies: readonly JsonObject[]; readonly start: Instant; readonly gap: Gap | null };
/** Updates since the last time, newest first; what a pull cannot hold follows in the next ones. `quiet`: nothing is newer. */
const listUpdates = async (
  context: CollectContext,
  path: string,
  before: Place,
  quiet: boolean,
): Promise<Result<Listed, DatabricksFailure>> => {
  const from = before.gap === null ? null : (later(before.gap.from, context.horizon) ?? context.horizon);
  const since =
    before.upTo === null || before.upTo < context.horizon ? context.horizon : minus(before.upTo, listedLateMs);
  const isFromTop = before.gap !== null && before.gap.token === null;
  const list = (start: Instant, token?: string) =>
    listPages(context, `${path}/updates`, 'updates', {
      ...newest,
      query: { max_results: pageSize },
      enough: (page) => page.some((body) => isOld(restUpdate(body), start)),
      token,
    });
  const start = isFromTop && from !== null ? from : since;
  let bodies: readonly JsonObject[] = [];
  if (!quiet || isFromTop) {
    const fresh = await list(start);
    if (!fresh.ok) return fresh;
    bodies = fresh.value.all;
    if (!fresh.value.whole) return ok({ bodies, start, gap: { from: from ?? start, token: fresh.value.next } });
  }
  if (from === null || before.gap === null || before.gap.token === null) return ok({ bodies, start, gap: null });
  const rest = await list(from, before.gap.token);
  if (!rest.ok) return isGone(rest.error) ? ok({ bodies, start, gap: { from, token: null } }) : rest;
  return ok({
    bodies: [...bodies, ...rest.value.all],
    start: from,
    gap: rest.value.whole ? null : { from, token: rest.value.next },
  });
};
const isOld = (update: RestUpdate | null, start: Instant): boolean => update !== null && update.createdAt < start;

/** Whether an update is stored with how it ended: then nothing of it can change any more. A table may hide how. */
const isSettled = (context: CollectContext, id: string): boolean => {
  const row = factById(context.db, updateFactId(context.workspaceId, id));
  if (row === undefined) return false;
  const { result, resultAt } = factOf(row).data;
  return said(result) !== 'running' && !(result === 'unknown' && resultAt === null);
};

/**
 * When these updates of a pipeline ended, from its events, newest first and no further than until each has its end. Without its
 * events an update has no end here; the system table tells it later.
 */
const readEnds = async (
  context: CollectContext,
  path: string,
  updates: readonly RestUpdate[],
): Promise<Result<ReadonlyMap<string, Instant>, DatabricksFailure>> => {
  const oldest = updates.map((one) => one.createdAt).toSorted()[0];
  if (oldest === undefined) return ok(new Map());
  const waiting = new Set(updates.map((one) => one.id));
  const events = await listPages(context, `${path}/events`, 'events', {
    query: { max_results: eventsOnPage, filter: `timestamp>'${oldest}'`, order_by: 'timestamp desc' },
    // The token replaces every other field but the size (facts 3.2).
    after: { max_results: eventsOnPage },
    most: eventPages,
    enough: (page) => {
      for (const id of endsOf(page).keys()) waiting.delete(id);
      return waiting.size === 0;
    },
  });
  if (events.ok) return ok(endsOf(events.value.all));
  return endsRound(events.error) ? events : ok(new Map());
};

/** One call where nothing is new; else the updates since the last time, and the moments at which they ended. */
const readPipeline = async (
  context: CollectContext,
  pipeline: string,
  before: Place,
): Promise<Result<OfPipeline, DatabricksFailure>> => {
  const path = `/api/2.0/pipelines/${encodeURIComponent(pipeline)}`;
  const seen = await getOne(context, path);
  if (!seen.ok) return seen;
  const name = text(seen.value['name']);
  const isNew = latestUpdates(seen.value).some(
    ({ id, state }) => normaliseResult(state) === 'running' || !isSettled(context, id),
  );
  const quiet = before.upTo !== null && before.open.length === 0 && !isNew;
  if (quiet && before.gap === null) return ok({ facts: [], place: before, name, unreadable: 0, endless: 0 });
  const listed = await listUpdates(context, path, before, quiet);
  if (!listed.ok) return listed;
  const { start, gap } = listed.value;
  const read = listed.value.bodies.map(restUpdate);
  const updates = read.filter((one) => one !== null).filter((one) => !isOld(one, start));
  for (const id of before.open.filter((open) => !updates.some((one) => one.id === open))) {
    const found = await getOne(context, `${path}/updates/${encodeURIComponent(id)}`);
    if (!found.ok && !isGone(found.error)) return found;
    const update = found.ok ? restUpdate(object(found.value['update'])) : null;
    if (update !== null) updates.push(update);
  }
  const asked = updates.filter(({ createdAt }) => context.until === null || createdAt < context.until);
  const fresh = asked.filter((one) => one.ended && !isSettled(context, one.id));
  const told = await readEnds(context, path, fresh);
  if (!told.ok) return told;
  const ends = told.value;
  // What a room takes along is told in full: it holds what is stored already, too.
  const news = asked.filter((one) => context.lane === 'pack' || !one.ended || fresh.includes(one));
  return ok({
    facts: news.map((one) => updateFact(one, { id: pipeline, name }, ends.get(one.id) ?? null, context)),
    place: {
      upTo: later(before.upTo, latest(asked.map((one) => one.createdAt))),
      gap,
      open: asked.filter((one) => !one.ended).map((one) => one.id),
    },
    name,
    unreadable: read.filter((one) => one === null).length,
    endless: fresh.filter((one) => !ends.has(one.id)).length,
  });
};

/**
 * Updates of the pipelines in scope, from REST at once (facts 3.2); the row of the system table replaces them an hour later and
 * says so. A pipeline that cannot be seen costs its own updates only.
 */
export const restUpdatesCollector: Collector = {
  source: restUpdatesSource,
  label: 'Updates of pipelines, live',
  table: null,
  meta: {
    when: 'room',
    features: ['pipeline updates of the last hour', 'pipeline updates without any system table'],
    needs: [{ kind: 'privilege', privilege: 'CAN VIEW', on: 'the pipeline' }],
    preview: null,
    probe: { method: 'GET', path: '/api/2.0/pipelines', query: { max_results: '1' } },
    latenessMs: 0,
    retentionDays: null,
  },
  // A pipeline that was looked at before takes one call where nothing is new; else its updates and their events, too.
  estimate: (context) => {
    const places = placesOf(context.cursor);
    const asked = scoped(context, 'pipeline');
    const calls = asked.map((id) => (placeOf(places[id]).upTo === null ? 3 : 1));
    return Promise.resolve(ok(callsOnly(calls.reduce((sum, one) => sum + one, 0))));
  },
  collect: async (context) => {
    const places = placesOf(context.cursor);
    const pipelines = scoped(context, 'pipeline');
    const next: Record<string, Place> = { ...places };
    const facts: CollectedFact[] = [];
    const assets: CollectedAsset[] = [];
    const how = new Map<string, string>();
    const turn = nextTurn(context, pipelines, {
      key: (pipeline) => pipeline,
      limit: pipelineLimit,
      plural: 'pipelines',
      always: (pipeline) => context.scope.get(workspaceAsset('pipeline', context.workspaceId, pipeline)) === 0,
    });
    let [unreadable, endless] = [0, 0];
    const nameOf = (id: string): string => labelOf(context.db, workspaceAsset('pipeline', context.workspaceId, id)).name; // prettier-ignore
    for (const pipeline of turn.each) {
      const found = await readPipeline(context, pipeline, placeOf(places[pipeline]));
      if (turn.lost(pipeline, found)) continue;
      if (!found.ok) {
        if (found.error.tag !== 'Forbidden' && !isGone(found.error)) return err(found.error);
        how.set(pipeline, isTooLarge(found.error) ? 'large' : 'hidden');
        continue;
      }
      const { place, name } = found.value;
      facts.push(...found.value.facts);
      unreadable += found.value.unreadable;
      endless += found.value.endless;
      next[pipeline] = place;
      const { gap } = place;
      how.set(pipeline, gap === null ? 'read' : gap.token === null ? 'short' : unfinished);
      // Older than anything that the system tables say, so that those win.
      if (name !== null)
        assets.push({ asset: workspaceAsset('pipeline', context.workspaceId, pipeline), name, detail: `pipeline ${pipeline}`, changedAt: '1970-01-01T00:00:00.000Z', gone: false }); // prettier-ignore
    }
    const { went, left, step, whole } = turn.ended(how, { cursor: JSON.stringify(next) });
    const [hidden, short] = [went('hidden').map(nameOf), [...went('short'), ...went(unfinished)].map(nameOf)];
    const isLonger = went(unfinished).length > 0;
    const notes = [
      ...(hidden.length === 0 ? [] : [`Not visible to this user, or gone: ${hidden.join(', ')}.`]),
      ...(short.length === 0 ? [] : [`Older updates of ${short.join(', ')} are still to come; the next refreshes read on.`]),
      ...(left === null ? [] : [left]),
      ...(unreadable === 0 ? [] : [`${unreadable} updates could not be read.`]),
      ...(endless === 0 ? [] : [`When ${endless} updates ended is not known yet: no event says so among the newest ${mostEvents} of their pipeline that this user may read. The system table tells it later.`]),
    ]; // prettier-ignore
    return ok({
      facts,
      edges: facts.flatMap(({ fact }) => updateCompute(fact)),
      assets,
      ...step,
      more: step.more === true || (isLonger && whole),
      // Each pipeline is asked by itself: none of them says up to when the others are complete.
      completeTo: null,
      missingColumns: [],
      note: notes.length === 0 ? null : notes.join(' '),
      partly: (short.length > 0 && step.more !== true && !isLonger) || endless > 0,
    });
  },
};
