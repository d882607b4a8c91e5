import { type Failure } from '../../shared/base/failure.ts';
import type { Result } from '../../shared/base/result.ts';
import { toInstant } from '../../shared/base/time.ts';
import { assetParts } from '../../shared/domain/ids.ts';
import {
  heldCount,
  packOf,
  packSource,
  packSources,
  packSum,
  type PackRow,
  type PackSourceRow,
} from '../store/packs.ts';
import { endsRefresh, type Collector } from './collector.ts';
import { isOverDayLimit } from './day-limit.ts';
import { noTally } from './counted-workspace.ts';
import { countFor, isSameRegion, packedPlaces, placesNow, type Counts, type Place, type Scope } from './pack-count.ts';
import { measurePack } from './pack-size.ts';
import { readPackSourceSafely, refuseSources, type PackSourceEnd } from './pack-source.ts';
import { goingStates, type PackingDeps, type PackRequest } from './packing-port.ts';
import { totalsOf } from './packing-read.ts';
import { ownAssets } from './regional.ts';
import { around, nearestFirst } from './scope.ts';

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
  counts: Counts,
): Promise<void> => {
  const { store } = deps;
  const row = packOf(store.read, room);
  if (row === undefined || !(goingStates as readonly string[]).includes(row.state)) return;
  const wait = (why: Failure): void => {
    const state = isOverDayLimit(why) ? 'held' : 'waiting';
    if (!signal.aborted) change(room, { state, note: `${why.what} ${why.advice}` });
  };
  const found = await placesNow(deps, signal, packedPlaces);
  if (!found.ok) return wait(found.error);
  const { there } = found.value;
  let { lost } = found.value;
  if (row.state !== 'packing') change(room, { state: 'packing', note: null });
  const request: PackRequest = { room, hops: row.hops, from: row.since, to: row.until };
  let totals = totalsOf(row);
  const byItself = !totals.byHand;
  let reach = row.reach;
  if (totals.estimate === null && !(totals.same && byItself)) {
    const work = { pack: row.id, places: there, request, byItself, signal };
    const reached = await countFor(deps, collectors, work, counts, true);
    if (!reached.ok) return wait(reached.error);
    // What is read from here on makes it untrue.
    counts.delete(room);
    if (signal.aborted) return;
    reach = reached.value.reach;
    totals = { ...totals, estimate: reached.value.estimate, leftOut: reached.value.leftOut };
    change(room, { reach, totals: JSON.stringify(totals) });
  }
  const limits = deps.limits(room);
  /** Rows that come again with every packing take no more room: what is here at its beginning counts by its facts. */
  const [heldBefore, rowsBefore] = [heldCount(store.read, row.id), packSum(store.read, row.id).rows];
  const full = (): boolean => {
    const sum = packSum(store.read, row.id);
    return heldBefore + sum.rows - rowsBefore >= limits.rows || sum.bytes >= limits.bytes;
  };
  let scope: Scope = new Map();
  for (const place of there) {
    // Before and after each source: a rule may come while a room is packed, and lineage of the place is gone then as well.
    const withheld = (): boolean => {
      const refused = deps.refuses?.(place.ids.region) ?? null;
      if (refused === null) return false;
      refuseSources(deps, { pack: row.id, ids: place.ids, collectors }, refused);
      scope = nearestFirst(around(store.read, deps.assetsOf(room), reach).distance);
      return true;
    };
    if (withheld()) continue;
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
      if (withheld()) break;
      if (end.end === 'disk') return wait(end.failure);
      if (end.end === 'failed' && endsRefresh(end.failure)) {
        lost ??= end.failure;
        break;
      }
    }
  }
  if (lost !== null) return wait(lost);
  // Lineage that arrived meanwhile may have widened it beyond what is followed.
  const surroundings = around(store.read, deps.assetsOf(room), reach);
  const joined = [...surroundings.distance.keys()].filter(
    (one) => !scope.has(one) && assetParts(one).kind !== 'external',
  );
  reach = Math.min(reach, surroundings.walked);
  const missing = packSources(store.read, row.id).flatMap(({ source, state }) =>
    state === 'done' || state === 'withheld' ? [] : [source],
  );
  totals = { ...totals, missing: [...new Set(missing)] };
  const now = toInstant(deps.clock.now());
  const measured = await measurePack(deps, row.id, JSON.stringify([...scope.keys()]));
  if (!measured.ok) return wait(measured.error);
  change(room, {
    state: 'done',
    reach,
    finished: now,
    scope: JSON.stringify([...scope.keys()]),
    totals: JSON.stringify(totals),
    note: scope.size === 0 || joined.length === 0 ? null : joinedLast(joined.length),
  });
};

/** External lineage is read last: the sources before it were not asked about what only it joins to the room. */
const joinedLast = (count: number): string =>
  `${count} ${count === 1 ? 'asset is' : 'assets are'} joined to this room only by lineage that was read last; what the other sources say of ${count === 1 ? 'it' : 'them'} comes with the next packing.`;
