import type { JsonObject, JsonValue } from '../../../shared/base/json.ts';
import { err, ok, type Result } from '../../../shared/base/result.ts';
import { fromInstant, toInstant, type Instant } from '../../../shared/base/time.ts';
import { isTooLarge } from '../../databricks/failures.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { factsPage, sourceRow } from '../../store/lake.ts';
import { workspaceAsset } from '../assets.ts';
import { callsOnly, lateness, type CollectContext, type CollectedFact, type Collector } from '../collector.ts';
import { computeInScope } from '../compute-scope.ts';
import { cursorObject } from '../cursor.ts';
import { factOf } from '../fact-rows.ts';
import { labelOf } from '../labels.ts';
import type { LakeEdge, LakeFact } from '../port.ts';
import { idText, instant, isGone, listPages, object, objects, text } from '../rest-read.ts';
import { isMasked, later, minus, normaliseResult } from '../rows.ts';
import { nextTurn, unfinished } from '../turns.ts';
import {
  mergeQueries, queryFact, restQueriesSource, slowestPerHour, slowMs, warehouseEdges, type QueryTold,
} from './query-fact.ts'; // prettier-ignore
import { placesOf, placeOf, readStretch, startOf, type Begun, type Listed, type Place } from './rest-stretch.ts';

const path = '/api/2.0/sql/history/queries';
const tableSource = 'system.query.history';
/** Entries of a page: below 1,000, as the call demands. Pages of one list of one warehouse in a pull. */
const pageSize = '250';
const pagesPerPull = 4;
/** Warehouses asked in one pull, nearest first; more of them take turns. */
const warehouseLimit = 10;
const openAtOnce = 50;
/** Stored statements of one hour and warehouse that a slow one is compared with. */
const comparedWith = 200;

/** Every status but the one of which most statements are (docs of the call; facts 3.5). */
const troubled = ['FAILED', 'CANCELED', 'QUEUED', 'STARTED', 'COMPILING', 'COMPILED', 'RUNNING'];

/** Whose it is decides whether it is kept; all are read, since the list goes on behind our own, too. */
type Told = Begun & { readonly told: QueryTold; readonly whose: 'others' | 'ours' | 'unknown' };

/** Whether a statement was asked by Breakwater, by our name as client or the tag of our sessions. */
const isOurs = (body: JsonObject): boolean =>
  /breakwater/i.test(`${text(body['client_application']) ?? ''} ${JSON.stringify(body['query_tags'] ?? null)}`);
/** Neither a client nor a tag nor anything of Databricks that it ran for: nothing says that it was not us. */
const isUntold = (body: JsonObject): boolean =>
  (text(body['client_application']) === null || isMasked(text(body['client_application']))) &&
  objects(body['query_tags']).length === 0 &&
  !hasText(body['query_source']);
const whose = (body: JsonObject): Told['whose'] => (isOurs(body) ? 'ours' : isUntold(body) ? 'unknown' : 'others');
const hasText = (value: JsonValue | undefined): boolean =>
  Object.values(object(value)).some((one) => (typeof one === 'string' ? one !== '' : hasText(one)));

const durationOf = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;

/** An entry of the answer, `QueryInfo` (docs of the call); null when it is none. Never read: `query_text`. */
const readQuery = (body: JsonObject, warehouse: string, context: CollectContext): Told | null => {
  const [id, raw, startedAt] = [text(body['query_id']), text(body['status']), instant(body['query_start_time_ms'])];
  if (id === null || raw === null || startedAt === null) return null;
  const result = normaliseResult(raw);
  const ended = result !== 'running';
  const duration = durationOf(body['duration']);
  const end = instant(body['execution_end_time_ms']) ?? instant(body['query_end_time_ms']);
  const told: QueryTold = {
    source: restQueriesSource, id, workspace: context.workspaceId, startedAt, result,
    endedAt: ended ? (end ?? toInstant(fromInstant(startedAt) + (duration ?? 0))) : null,
    type: text(body['statement_type']), error: text(body['error_message']), warehouse: idText(body['warehouse_id']) ?? warehouse,
    origin: object(body['query_source']), by: text(body['user_name']), client: text(body['client_application'])?.slice(0, 100) ?? null,
    durationMs: duration,
    more: { rowsProduced: durationOf(body['rows_produced']), raw: { status: raw } },
  }; // prettier-ignore
  return { id, startedAt, ended, told, whose: whose(body) };
};

const ask = async (
  context: CollectContext,
  warehouse: string,
  filter: Readonly<Record<string, string | readonly string[]>>,
): Promise<Result<Listed<Told>, DatabricksFailure>> => {
  const query = {
    ...Object.fromEntries(Object.entries(filter).map(([key, value]) => [`filter_by.${key}`, value])),
    'filter_by.warehouse_ids': [warehouse],
    max_results: pageSize,
  };
  const found = await listPages(context, path, 'res', { query, most: pagesPerPull });
  if (!found.ok) return found;
  const read = found.value.all.map((body) => readQuery(body, warehouse, context));
  const all = read.filter((one) => one !== null);
  return ok({ all, unreadable: read.length - all.length, whole: found.value.whole });
};

const between = (from: Instant, to: Instant | null): Readonly<Record<string, string>> => ({
  'query_start_time_range.start_time_ms': String(fromInstant(from)),
  ...(to === null ? {} : { 'query_start_time_range.end_time_ms': String(fromInstant(to)) }),
});

/**
 * Of what finished, only the slowest of each hour, as of the table's rows; compared with those that are stored. Where that leaves out
 * what was stored before, it stays.
 */
const slowestOf = (facts: readonly LakeFact[], warehouse: string, context: CollectContext): readonly LakeFact[] => {
  const asset = workspaceAsset('warehouse', context.workspaceId, warehouse);
  const slow = (fact: LakeFact): number => (typeof fact.data['durationMs'] === 'number' ? fact.data['durationMs'] : 0);
  const hours = Map.groupBy(facts, ({ happenedAt }) => happenedAt.slice(0, 13));
  return [...hours].flatMap(([hour, own]) => {
    const from = `${hour}:00:00.000Z`;
    const to = toInstant(fromInstant(from) + 3_600_000);
    const known = factsPage(context.db, { assets: [asset], kinds: ['query'], from, to, before: null, limit: comparedWith }).map(factOf); // prettier-ignore
    const all = new Map(
      [...known, ...own].flatMap((fact) => (fact.data['result'] === 'succeeded' ? [[fact.id, fact]] : [])),
    );
    const slowest = new Set(
      [...all.values()].toSorted((a, b) => slow(b) - slow(a)).slice(0, slowestPerHour).map(({ id }) => id),
    ); // prettier-ignore
    return own.filter(({ id }) => slowest.has(id));
  });
};

type OfWarehouse = {
  readonly kept: readonly QueryTold[];
  /** How many were told at all: none of them, and there is no way on. */
  readonly listed: number;
  readonly place: Place;
  readonly unreadable: number;
  readonly maybeOurs: number;
  /** Slow statements that ended well are looked for down to here only; null = all were. */
  readonly slowFrom: Instant | null;
};
/** Three questions: what failed or still runs since the last time; what has ended of what ran then; what finished. */
const readWarehouse = async (
  context: CollectContext,
  warehouse: string,
  before: Place,
  horizon: Instant,
): Promise<Result<OfWarehouse, DatabricksFailure>> => {
  const { until } = context;
  const bad = await readStretch<Told>(before, {
    horizon,
    until,
    openAtOnce,
    list: (from, to) => ask(context, warehouse, { statuses: troubled, ...between(from, to) }),
    again: async (ids) => {
      if (ids.length === 0) return ok({ all: [], silent: [], failure: null });
      const found = await ask(context, warehouse, { statement_ids: ids });
      return found.ok ? ok({ all: found.value.all, silent: [], failure: null }) : found;
    },
  });
  if (!bad.ok) return bad;
  const done = await ask(context, warehouse, { statuses: ['FINISHED'], ...between(startOf(before, horizon), until) });
  if (!done.ok) return done;
  const all = [...new Map([...done.value.all, ...bad.value.all].map((one) => [one.id, one])).values()];
  const now = fromInstant(context.observedAt);
  const wanted = all.filter(({ told, startedAt }) =>
    told.result === 'running'
      ? now - fromInstant(startedAt) >= slowMs
      : told.result !== 'succeeded' || (told.durationMs ?? 0) >= slowMs,
  );
  const newest = later(bad.value.place.upTo, done.value.all[0]?.startedAt ?? null);
  return ok({
    kept: wanted.flatMap((one) => (one.whose === 'others' ? [one.told] : [])),
    listed: bad.value.all.length,
    // What is read of both is read up to the same moment.
    place: { ...bad.value.place, upTo: newest },
    unreadable: bad.value.unreadable + done.value.unreadable,
    maybeOurs: wanted.filter((one) => one.whose === 'unknown').length,
    slowFrom: done.value.whole ? null : (done.value.all.at(-1)?.startedAt ?? null),
  });
};

/** Up to when the table has told, but for what may come late there; null = it is not read. */
const toldByTable = (context: CollectContext): Instant | null => {
  const table = sourceRow(context.db, tableSource, context.workspaceId);
  return table?.state === 'fresh' && table.complete_to !== null ? minus(table.complete_to, lateness) : null;
};

/** Since when anything is asked for; null = a room looks at a time which has gone by since, and the table has told all of it. */
const horizonOf = (context: CollectContext): Instant | null => {
  const from = later(toldByTable(context), context.horizon) ?? context.horizon;
  return context.until !== null && from >= context.until ? null : from;
};

/**
 * Statements that failed, still run or were slow, of the warehouses in scope, from REST at once (docs of `query-history`; facts 3.5);
 * the row of `query.history` replaces them an hour later and says so. It tells a user the own ones and those of warehouses that
 * the user may view. Never kept: their text, and our own statements.
 */
export const restQueriesCollector: Collector = {
  source: restQueriesSource,
  label: 'Failed and slow statements, live',
  table: null,
  meta: {
    when: 'room',
    features: ['statements of the last hour, and those that run now', 'statements without any system table'],
    needs: [{ kind: 'privilege', privilege: 'CAN VIEW', on: 'the SQL warehouse' }],
    preview: null,
    probe: { method: 'GET', path, query: { max_results: '1' } },
    latenessMs: 0,
    retentionDays: null,
  },
  estimate: (context) =>
    Promise.resolve(ok(callsOnly(horizonOf(context) === null ? 0 : 2 * computeInScope(context, 'warehouse').length))),
  collect: async (context) => {
    const places = placesOf(context.cursor);
    const horizon = horizonOf(context);
    if (horizon === null)
      return ok({ cursor: context.cursor, completeTo: null, missingColumns: [], note: 'Not asked: the system table has told all of this time.' }); // prettier-ignore
    const hasTable = toldByTable(context) !== null;
    const turn = nextTurn(context, computeInScope(context, 'warehouse'), { key: (id) => id, limit: warehouseLimit, plural: 'warehouses' }); // prettier-ignore
    const next: Record<string, Place & { readonly slowFrom?: Instant | null }> = { ...places };
    const how = new Map<string, string>();
    const [facts, edges, short]: [CollectedFact[], LakeEdge[], string[]] = [[], [], []];
    let [unreadable, maybeOurs] = [0, 0];
    const nameOf = (id: string): string => labelOf(context.db, workspaceAsset('warehouse', context.workspaceId, id)).name; // prettier-ignore
    for (const warehouse of turn.each) {
      const found = await readWarehouse(context, warehouse, placeOf(places[warehouse]), horizon);
      if (turn.lost(warehouse, found)) continue;
      if (!found.ok) {
        if (found.error.tag !== 'Forbidden' && !isGone(found.error)) return err(found.error);
        how.set(warehouse, isTooLarge(found.error) ? 'large' : 'hidden');
        continue;
      }
      const { kept, place } = found.value;
      // What was not looked through is still not known at the next refresh, until the table tells it or it is too old to matter.
      const before = text(object(cursorObject(context.cursor)[warehouse])['slowFrom']);
      const slowFrom = later(found.value.slowFrom, before !== null && before > horizon ? before : null);
      const made = kept.map((told) => ({ told, fact: queryFact(told, context) }));
      const slow = slowestOf(made.flatMap(({ fact }) => (fact.data['result'] === 'succeeded' ? [fact] : [])), warehouse, context); // prettier-ignore
      for (const { told, fact } of made) {
        if (told.result === 'succeeded' && !slow.includes(fact)) continue;
        facts.push({ fact, merge: mergeQueries });
        edges.push(...warehouseEdges(told, fact));
      }
      unreadable += found.value.unreadable;
      maybeOurs += found.value.maybeOurs;
      if (slowFrom !== null) short.push(`those of ${nameOf(warehouse)} before ${slowFrom.slice(11, 16)} UTC on ${slowFrom.slice(0, 10)}`); // prettier-ignore
      next[warehouse] = { ...place, slowFrom };
      how.set(warehouse, place.gap === null || found.value.listed === 0 ? 'read' : unfinished);
    }
    const { went, left, step, whole } = turn.ended(how, { cursor: JSON.stringify(next) });
    const hidden = went('hidden').map(nameOf);
    const isLonger = went(unfinished).length > 0;
    const notes = [
      ...(hidden.length === 0 ? [] : [`Not visible to this user, or gone: ${hidden.join(', ')}.`]),
      ...(short.length === 0 ? [] : [`Slow statements that ended well are not looked through further back: ${short.join('; ')}.${hasTable ? ' The system table tells them later.' : ''}`]),
      ...(maybeOurs === 0 ? [] : [`${maybeOurs} statements are not kept: nothing tells their client, and they may be our own.`]),
      ...(left === null ? [] : [left]),
      ...(unreadable === 0 ? [] : [`${unreadable} statements could not be read.`]),
    ]; // prettier-ignore
    return ok({
      facts,
      edges,
      ...step,
      more: step.more === true || (isLonger && whole),
      // Each warehouse is asked by itself: none of them says up to when the others are complete.
      completeTo: null,
      missingColumns: [],
      note: notes.length === 0 ? null : notes.join(' '),
      partly: maybeOurs > 0 || (short.length > 0 && !hasTable),
    });
  },
};
