import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { fromInstant, toInstant, type Instant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { DatabricksFailure, Workspace } from '../databricks/port.ts';
import { packOf, type PackRow } from '../store/packs.ts';
import { endsRefresh, type Collector } from './collector.ts';
import { countedWorkspace, noTally, type Tally } from './counted-workspace.ts';
import { estimatePack, type PackEstimate } from './pack-estimate.ts';
import type { PackCounted, PackingDeps, PackLimits, PackRequest } from './packing-port.ts';
import type { Ids } from './refresh.ts';
import { ownAssets } from './regional.ts';
import { around, nearestFirst } from './scope.ts';

/** A workspace that is being packed from, with everything that goes over its line counted into `tally.now`. */
export type Place = { readonly workspace: Workspace; readonly ids: Ids; readonly tally: { now: Tally } };

type Known = WeakMap<Workspace, Place>;
/** One for the packing that is under way, another for estimates that are asked meanwhile: each counts its own. */
export const packedPlaces: Known = new WeakMap();
const countedPlaces: Known = new WeakMap();

const placeOf = async (
  deps: PackingDeps,
  workspace: Workspace,
  signal: AbortSignal,
  all: Known,
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

export const isSameRegion = (a: Ids, b: Ids): boolean => a.metastoreId === b.metastoreId && a.region === b.region;

export type Scope = ReadonlyMap<AssetId, number>;
const within = (scope: Scope, hops: number): Scope => new Map([...scope].filter(([, distance]) => distance <= hops));

const add = (a: PackEstimate | null, b: PackEstimate): PackEstimate => {
  if (a === null) return b;
  const sources = { ...a.sources };
  for (const [source, rows] of Object.entries(b.sources)) sources[source] = (sources[source] ?? 0) + rows;
  return {
    rows: a.rows + b.rows,
    bytes: a.bytes + b.bytes,
    statements: a.statements + b.statements,
    calls: a.calls + b.calls,
    ms: a.ms + b.ms,
    uncounted: [...new Set([...a.uncounted, ...b.uncounted])],
    sources,
  };
};

const fits = (estimate: PackEstimate, limits: PackLimits): boolean =>
  estimate.rows <= limits.rows && estimate.bytes <= limits.bytes;

/** What was counted, for which assets, and what the counting itself took. */
export type Reached = {
  readonly estimate: PackEstimate;
  readonly reach: number;
  readonly scope: Scope;
  readonly leftOut: number;
  readonly at: Instant;
  readonly spent: { readonly statements: number; readonly calls: number };
};
export type CountWork = {
  readonly pack: number | null;
  readonly places: readonly Place[];
  readonly request: PackRequest;
  readonly byItself: boolean;
  readonly signal: AbortSignal;
};

/** Count for all places; while it does not fit into the room's limits, once more without the assets that lie farthest out. */
const reachOf = async (
  deps: PackingDeps,
  collectors: readonly Collector[],
  work: CountWork,
): Promise<Result<Reached, DatabricksFailure>> => {
  const { request, signal } = work;
  const at = toInstant(deps.clock.now());
  const spent = { statements: 0, calls: 0 };
  const { distance, walked } = around(deps.store.read, deps.assetsOf(request.room), request.hops);
  const all = nearestFirst(distance);
  for (let reach = walked; ; reach -= 1) {
    const scope = within(all, reach);
    let estimate: PackEstimate | null = null;
    for (const [place, { workspace, ids, tally }] of work.places.entries()) {
      if ((deps.refuses?.(ids.region) ?? null) !== null) continue;
      tally.now = noTally();
      const counted: PackEstimate | DatabricksFailure = await estimatePack(
        { db: deps.store.read, clock: deps.clock, ends: endsRefresh },
        {
          pack: work.pack,
          room: request.room,
          byItself: work.byItself,
          collectors: collectors.filter(
            ({ meta }) =>
              meta.covers !== 'region' || !work.places.slice(0, place).some((one) => isSameRegion(one.ids, ids)),
          ),
          workspace,
          tally: tally.now,
          ids,
          scope: ownAssets(scope, ids),
          from: request.from,
          to: request.to,
          signal,
        },
      );
      if ('tag' in counted) return err(counted);
      spent.statements += tally.now.statements;
      spent.calls += tally.now.calls;
      estimate = add(estimate, counted);
    }
    if (estimate === null) return ok({ estimate: nothing, reach, scope, leftOut: 0, at, spent });
    if (fits(estimate, deps.limits(request.room)) || reach === 0)
      return ok({ estimate, reach, scope, leftOut: all.size - scope.size, at, spent });
  }
};
const nothing: PackEstimate = { rows: 0, bytes: 0, statements: 0, calls: 0, ms: 0, uncounted: [], sources: {} };

/** What was counted last for each room, and for what: counting is tens of statements, and mostly nothing has changed. */
export type Counts = Map<string, { readonly of: string; readonly reached: Reached }>;
const holdsMs = 30 * 60_000;

/** The same assets, window and limits, after the same packing, through the same workspaces. */
const keyOf = (deps: PackingDeps, { request, places }: CountWork): string => {
  const { room, hops, from, to } = request;
  const scope = [...around(deps.store.read, deps.assetsOf(room), hops).distance.keys()].sort();
  const finished = packOf(deps.store.read, room)?.finished ?? null;
  return JSON.stringify([hops, from, to, deps.limits(room), finished, places.map(({ ids }) => ids), scope]);
};

/** Counted now; or, where `mayKnow`, taken from the last half an hour, if that was for the same. `refusal`: not counted now. */
export const countFor = async (
  deps: PackingDeps,
  collectors: readonly Collector[],
  work: CountWork,
  counts: Counts,
  mayKnow: boolean,
  refusal: Failure | null = null,
): Promise<Result<Reached, Failure>> => {
  const { room } = work.request;
  const of = keyOf(deps, work);
  const known = counts.get(room);
  const age = known === undefined ? -1 : deps.clock.now() - fromInstant(known.reached.at);
  if (mayKnow && known?.of === of && age >= 0 && age < holdsMs) return ok(known.reached);
  if (refusal !== null) return err(refusal);
  const reached = await reachOf(deps, collectors, work);
  if (reached.ok) counts.set(room, { of, reached: reached.value });
  return reached;
};

/** The places that answer now, and what one that does not says: the others are packed all the same, then it is waited for. */
type Places = { readonly there: readonly Place[]; readonly lost: Failure | null };

export const placesNow = async (
  deps: PackingDeps,
  signal: AbortSignal,
  all: Known,
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

const packedAlready: Failure = failure(
  'NotByItself',
  'It is packed as chosen.',
  'What is packed stays on this disk.',
  'Count tells what packing it again would bring.',
);

/** Packed to its end as it is asked now: what there is beyond that is little, and counting it costs as much as before. */
const isPacked = (row: PackRow | undefined, { hops, from, to }: PackRequest): boolean =>
  row?.state === 'done' && row.hops === hops && row.since === from && row.until === to;

/**
 * The estimate for a screen. `byItself`: nobody asked for it, so what is known will do, the limit of the day holds it, and what is
 * packed already is not counted (NotByItself).
 */
export const estimateOnly = async (
  deps: PackingDeps,
  collectors: readonly Collector[],
  request: PackRequest & { readonly byItself?: boolean },
  counts: Counts,
  signal: AbortSignal,
): Promise<Result<PackCounted, Failure>> => {
  const found = await placesNow(deps, signal, countedPlaces);
  if (!found.ok) return found;
  const row = packOf(deps.store.read, request.room);
  const byItself = request.byItself === true;
  const work = { pack: row?.id ?? null, places: found.value.there, request, byItself, signal };
  const reached = await countFor(
    deps,
    collectors,
    work,
    counts,
    byItself,
    byItself && isPacked(row, request) ? packedAlready : null,
  );
  if (!reached.ok) return reached;
  const { estimate, reach, leftOut, at, spent } = reached.value;
  return ok({ ...estimate, reach, leftOut, at, spent });
};
