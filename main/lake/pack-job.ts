import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { toInstant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { DatabricksFailure, Workspace } from '../databricks/port.ts';
import { heldCount, packOf, packSource, packSources, type PackRow, type PackSourceRow } from '../store/packs.ts';
import { endsRefresh, type Collector } from './collector.ts';
import { isOverDayLimit } from './day-limit.ts';
import { countedWorkspace, noTally, type Tally } from './counted-workspace.ts';
import { estimatePack, type PackEstimate } from './pack-estimate.ts';
import { measurePack } from './pack-size.ts';
import { readPackSourceSafely, refuseSources, type PackSourceEnd } from './pack-source.ts';
import { goingStates, type PackCounted, type PackingDeps, type PackLimits, type PackRequest } from './packing-port.ts';
import { totalsOf } from './packing-read.ts';
import type { Ids } from './refresh.ts';
import { ownAssets } from './regional.ts';
import { around, nearestFirst } from './scope.ts';

/** A workspace that is being packed from, with everything that goes over its line counted into `tally.now`. */
type Place = { readonly workspace: Workspace; readonly ids: Ids; readonly tally: { now: Tally } };

/** One for the packing that is under way, another for estimates that are asked meanwhile: each counts its own. */
const places = new WeakMap<Workspace, Place>();
const estimated = new WeakMap<Workspace, Place>();

const placeOf = async (
  deps: PackingDeps,
  workspace: Workspace,
  signal: AbortSignal,
  all: WeakMap<Workspace, Place>,
): Promise<Result<Place, DatabricksFailure>> => {
  const known = all.get(workspace);
  if (known !== undefined) return ok(known);
  const found = await workspace.identity({ signal });
  if (!found.ok) return found;
  const tally = { now: noTally() };
  const { workspaceId, metastoreId, region = null } = found.value;
  const place: Place = {
    workspace: countedWorkspace(workspace, deps.clock, () => tally.now),
    ids: { workspaceId, metastoreId, region },
    tally,
  };
  all.set(workspace, place);
  return ok(place);
};

const noWorkspace: Failure = failure(
  'Offline',
  'No workspace is connected.',
  'What was packed before stays on this disk.',
  'It goes on by itself when the connection is back.',
);

const isSameRegion = (a: Ids, b: Ids): boolean => a.metastoreId === b.metastoreId && a.region === b.region;

type Scope = ReadonlyMap<AssetId, number>;
const within = (scope: Scope, hops: number): Scope => new Map([...scope].filter(([, distance]) => distance <= hops));

const add = (a: PackEstimate | null, b: PackEstimate): PackEstimate => {
  if (a === null) return b;
  const sources = { ...a.sources };
  for (const [source, rows] of Object.entries(b.sources)) sources[source] = (sources[source] ?? 0) + rows;
  return {
    rows: a.rows + b.rows,
    bytes: a.bytes + b.bytes,
    statements: a.statements + b.statements,
    ms: a.ms + b.ms,
    uncounted: [...new Set([...a.uncounted, ...b.uncounted])],
    sources,
  };
};

const fits = (estimate: PackEstimate, limits: PackLimits): boolean =>
  estimate.rows <= limits.rows && estimate.bytes <= limits.bytes;

type Reached = {
  readonly estimate: PackEstimate;
  readonly reach: number;
  readonly scope: Scope;
  readonly leftOut: number;
};

/** Count for all places; while it does not fit into the room's limits, once more without the assets that lie farthest out. */
const reachOf = async (
  deps: PackingDeps,
  collectors: readonly Collector[],
  work: {
    readonly pack: number | null;
    readonly places: readonly Place[];
    readonly request: PackRequest;
    readonly byItself: boolean;
    readonly signal: AbortSignal;
  },
): Promise<Result<Reached, DatabricksFailure>> => {
  const { request, signal } = work;
  const all = nearestFirst(around(deps.store.read, deps.assetsOf(request.room), request.hops).distance);
  for (let reach = request.hops; ; reach -= 1) {
    const scope = within(all, reach);
    let estimate: PackEstimate | null = null;
    for (const [at, { workspace, ids, tally }] of work.places.entries()) {
      if ((deps.refuses?.(ids.region) ?? null) !== null) continue;
      const counted: PackEstimate | DatabricksFailure = await estimatePack(
        { db: deps.store.read, clock: deps.clock, ends: endsRefresh },
        {
          pack: work.pack,
          room: request.room,
          byItself: work.byItself,
          collectors: collectors.filter(
            ({ meta }) =>
              meta.covers !== 'region' || !work.places.slice(0, at).some((one) => isSameRegion(one.ids, ids)),
          ),
          workspace,
          tallied: (now) => {
            tally.now = now;
          },
          ids,
          scope: ownAssets(scope, ids),
          from: request.from,
          to: request.to,
          signal,
        },
      );
      if ('tag' in counted) return err(counted);
      estimate = add(estimate, counted);
    }
    if (estimate === null) return ok({ estimate: nothing, reach, scope, leftOut: 0 });
    if (fits(estimate, deps.limits(request.room)) || reach === 0)
      return ok({ estimate, reach, scope, leftOut: all.size - scope.size });
  }
};
const nothing: PackEstimate = { rows: 0, bytes: 0, statements: 0, ms: 0, uncounted: [], sources: {} };

/** The places that answer now, and what one that does not says: the others are packed all the same, then it is waited for. */
type Places = { readonly there: readonly Place[]; readonly lost: Failure | null };

const placesNow = async (
  deps: PackingDeps,
  signal: AbortSignal,
  all: WeakMap<Workspace, Place>,
): Promise<Result<Places, Failure>> => {
  const there: Place[] = [];
  let lost: Failure | null = null;
  for (const workspace of deps.workspaces()) {
    const place = await placeOf(deps, workspace, signal, all);
    if (place.ok) there.push(place.value);
    else lost ??= place.error;
  }
  return there.length === 0 ? err(lost ?? noWorkspace) : ok({ there, lost });
};

export const estimateOnly = async (
  deps: PackingDeps,
  collectors: readonly Collector[],
  request: PackRequest,
  signal: AbortSignal,
): Promise<Result<PackCounted, Failure>> => {
  const found = await placesNow(deps, signal, estimated);
  if (!found.ok) return found;
  const pack = packOf(deps.store.read, request.room)?.id ?? null;
  const { there } = found.value;
  const reached = await reachOf(deps, collectors, { pack, places: there, request, byItself: false, signal });
  if (!reached.ok) return reached;
  const { estimate, reach, leftOut } = reached.value;
  return ok({ ...estimate, reach, leftOut });
};

type Change = (room: string, to: Partial<Omit<PackRow, 'id' | 'room'>>) => Result<null, Failure>;

const settled = new Set(['done', 'refused', 'withheld', 'missing', 'failed', 'left-out']);
/** What a region's workspaces share is read through the first of them that may. */
const isReadBy =
  (places: readonly Place[], mine: Place) =>
  (rows: readonly PackSourceRow[], source: string): boolean =>
    places.some(
      ({ ids }) =>
        ids.workspaceId !== mine.ids.workspaceId &&
        isSameRegion(ids, mine.ids) &&
        rows.some((row) => row.source === source && row.workspace === ids.workspaceId && row.state === 'done'),
    );
/** A cut in the middle of an answer is worth one more try from where it stopped. */
const worthAnotherTry = (end: PackSourceEnd): boolean =>
  end.end === 'failed' &&
  (['ReplyLost', 'Unavailable', 'TimedOut'].includes(end.failure.tag) || end.failure.code === 'CUT_OFF');

/**
 * Pack one room to its end, or until `signal`, or until the connection goes: then it waits. What is stored on the way says where
 * it goes on. Never throws for what a workspace does.
 */
export const packJob = async (
  deps: PackingDeps,
  collectors: readonly Collector[],
  room: string,
  signal: AbortSignal,
  change: Change,
): Promise<void> => {
  const { store } = deps;
  const row = packOf(store.read, room);
  if (row === undefined || !(goingStates as readonly string[]).includes(row.state)) return;
  const wait = (why: Failure): void => {
    const state = isOverDayLimit(why) ? 'held' : 'waiting';
    if (!signal.aborted) change(room, { state, note: `${why.what} ${why.advice}` });
  };
  const found = await placesNow(deps, signal, places);
  if (!found.ok) return wait(found.error);
  const { there } = found.value;
  let { lost } = found.value;
  if (row.state !== 'packing') change(room, { state: 'packing', note: null });
  const request: PackRequest = { room, hops: row.hops, from: row.since, to: row.until };
  let totals = totalsOf(row);
  const byItself = !totals.byHand;
  let reach = row.reach;
  if (totals.estimate === null) {
    const reached = await reachOf(deps, collectors, { pack: row.id, places: there, request, byItself, signal });
    if (!reached.ok) return wait(reached.error);
    if (signal.aborted) return;
    reach = reached.value.reach;
    totals = { ...totals, estimate: reached.value.estimate, leftOut: reached.value.leftOut };
    change(room, { reach, totals: JSON.stringify(totals) });
  }
  const limits = deps.limits(room);
  /** Rows that come again with every packing take no more room: what is here at its beginning counts by its facts. */
  const [heldBefore, rowsBefore] = [
    heldCount(store.read, row.id),
    packSources(store.read, row.id).reduce((sum, one) => sum + one.rows, 0),
  ];
  const full = (): boolean => {
    const sum = packSources(store.read, row.id).reduce(
      (all, one) => ({ rows: all.rows + one.rows, bytes: all.bytes + one.bytes }),
      { rows: 0, bytes: 0 },
    );
    return heldBefore + sum.rows - rowsBefore >= limits.rows || sum.bytes >= limits.bytes;
  };
  let scope: Scope = new Map();
  for (const place of there) {
    const refused = deps.refuses?.(place.ids.region) ?? null;
    if (refused !== null) {
      refuseSources(deps, { pack: row.id, ids: place.ids, collectors }, refused);
      continue;
    }
    for (const collector of collectors) {
      const known = packSource(store.read, row.id, collector.source, place.ids.workspaceId);
      if (known !== undefined && settled.has(known.state)) continue;
      if (
        collector.meta.covers === 'region' &&
        isReadBy(there, place)(packSources(store.read, row.id), collector.source)
      )
        continue;
      // Asked anew for each source: lineage that has just arrived widens the scope of those after it.
      scope = nearestFirst(around(store.read, deps.assetsOf(room), reach).distance);
      let end: PackSourceEnd = { end: 'stopped' };
      for (let attempt = 0; attempt < 2; attempt += 1) {
        place.tally.now = noTally();
        end = await readPackSourceSafely(deps, {
          pack: row.id,
          room,
          byItself,
          collector,
          workspace: place.workspace,
          tally: place.tally.now,
          ids: place.ids,
          scope: ownAssets(scope, place.ids),
          from: request.from,
          to: request.to,
          expected: totals.estimate?.sources[collector.source] ?? null,
          signal,
          full,
          progress: deps.changed,
        });
        if (!worthAnotherTry(end)) break;
      }
      deps.changed();
      if (end.end === 'stopped') return;
      if (end.end === 'disk') return wait(end.failure);
      if (end.end === 'failed' && endsRefresh(end.failure)) {
        lost ??= end.failure;
        break;
      }
    }
  }
  if (lost !== null) return wait(lost);
  const missing = packSources(store.read, row.id).flatMap(({ source, state }) => (state === 'done' ? [] : [source]));
  totals = { ...totals, missing: [...new Set(missing)] };
  const now = toInstant(deps.clock.now());
  const measured = await measurePack(deps, row.id, JSON.stringify([...scope.keys()]));
  if (!measured.ok) return wait(measured.error);
  change(room, {
    state: 'done',
    finished: now,
    scope: JSON.stringify([...scope.keys()]),
    totals: JSON.stringify(totals),
    note: null,
  });
};
