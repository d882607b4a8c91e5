import { failure, thrownText, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { toInstant } from '../../shared/base/time.ts';
import { packOf, packRows, packSources, putPack, putPackSource, releasePack } from '../store/packs.ts';
import type { PackRow } from '../store/packs.ts';
import { carrier } from './assets.ts';
import { estimateOnly, type Counts } from './pack-count.ts';
import { packJob } from './pack-job.ts';
import { goingStates, type Packing, type PackingDeps, type PackRequest } from './packing-port.ts';
import { noTotals, readPack, scopeOf, totalsOf } from './packing-read.ts';
import { keptMs, knownNow } from './refresh.ts';
import { collectors as allCollectors } from './sources.ts';

const unknownRoom: Failure = failure(
  'NotPacked',
  'This room has not been packed on this device.',
  'Nothing was changed.',
  'Start packing it first.',
);

/**
 * Packing rooms for offline, one at a time. What is stored says what is to be done: a packing that was under way when the
 * process ended or the connection broke is `packing` or `waiting` on disk, and `nudge` goes on with it.
 */
export const createPacking = (deps: PackingDeps): Packing => {
  const collectors = deps.collectors ?? allCollectors;
  const sources = collectors.map(({ source }) => source);
  const { store, clock } = deps;
  const counts: Counts = new Map();
  const queue: string[] = [];
  let active: { readonly room: string; readonly abort: AbortController } | null = null;
  let working: Promise<void> = Promise.resolve();
  const life = new AbortController();

  const change = (room: string, to: Partial<Omit<PackRow, 'id' | 'room'>>): Result<null, Failure> => {
    const stored = store.transaction<null, Failure>((db) => {
      const row = packOf(db, room);
      if (row === undefined) return err(unknownRoom);
      putPack(db, { ...row, ...to });
      return ok(null);
    });
    if (stored.ok) deps.changed();
    return stored;
  };

  const work = async (): Promise<void> => {
    for (let room = queue.shift(); room !== undefined && !life.signal.aborted; room = queue.shift()) {
      const abort = new AbortController();
      active = { room, abort };
      try {
        await packJob(deps, collectors, room, abort.signal, change, counts);
      } catch (thrown) {
        // Left as `packing`: the next nudge tries again.
        deps.log(`pack: broke: ${thrownText(thrown)}`);
      }
      active = null;
      deps.changed();
    }
  };
  const enqueue = (room: string): void => {
    if (life.signal.aborted || queue.includes(room) || (active?.room === room && !active.abort.signal.aborted)) return;
    queue.push(room);
    working = working.then(work);
  };
  /** Whatever is under way for a room ends now; where it goes on is on disk already. */
  const halt = (room: string): void => {
    const at = queue.indexOf(room);
    if (at >= 0) queue.splice(at, 1);
    if (active?.room === room) active.abort.abort();
  };
  const isGoing = (state: string): boolean => (goingStates as readonly string[]).includes(state);

  return {
    estimate: (request, signal = new AbortController().signal) =>
      estimateOnly(deps, collectors, request, counts, signal),
    start: (request: PackRequest) => {
      const now = toInstant(clock.now());
      const stored = store.transaction<null>((db) => {
        const before = packOf(db, request.room);
        const isGone = before?.state === 'released';
        const isSame =
          !isGone && before?.finished != null && before.hops === request.hops && before.since === request.from;
        putPack(db, {
          room: request.room,
          state: 'packing',
          scope: before?.scope ?? '[]',
          hops: request.hops,
          // How far it reaches stays known where it is the same again.
          reach: isSame ? before.reach : request.hops,
          since: request.from,
          until: request.to,
          started: now,
          finished: isGone ? null : (before?.finished ?? null),
          // What was missing stays known until this round has found out.
          totals: JSON.stringify({
            ...noTotals,
            missing: before === undefined ? [] : totalsOf(before).missing,
            leftOut: isSame ? totalsOf(before).leftOut : 0,
            same: isSame,
            byHand: request.byHand === true,
          }),
          note: null,
        });
        // Under way from an earlier start: it goes on. Read to its end: the cursor stays, and what is new since is read.
        const pack = packOf(db, request.room)?.id ?? 0;
        for (const row of packSources(db, pack))
          if (row.state !== 'reading')
            putPackSource(db, { ...row, state: 'due', rows: 0, statements: 0, calls: 0, pages: 0, expected: null });
        return ok(null);
      });
      if (!stored.ok) return stored;
      halt(request.room);
      enqueue(request.room);
      deps.changed();
      return ok(null);
    },
    pause: (room) => {
      const row = packOf(store.read, room);
      if (row !== undefined && !isGoing(row.state)) return ok(null);
      const paused = change(room, { state: 'paused' });
      halt(room);
      return paused;
    },
    resume: (room) => {
      const row = packOf(store.read, room);
      if (row === undefined) return err(unknownRoom);
      if (row.state !== 'paused' && row.state !== 'waiting' && row.state !== 'held') return ok(null);
      const totals = JSON.stringify({ ...totalsOf(row), byHand: true });
      const resumed = change(room, { state: 'packing', note: null, totals });
      enqueue(room);
      return resumed;
    },
    cancel: (room) => {
      const row = packOf(store.read, room);
      if (row !== undefined && !isGoing(row.state) && row.state !== 'paused') return ok(null);
      const cancelled = change(room, { state: 'cancelled' });
      halt(room);
      return cancelled;
    },
    release: (room, cited) => {
      halt(room);
      const packedOnly = collectors.filter(({ meta }) => meta.when === 'pack').map(({ source }) => source);
      const stored = store.transaction<null, Failure>((db) => {
        const row = packOf(db, room);
        if (row === undefined) return err(unknownRoom);
        const time = toInstant(knownNow(store.read, clock) - (deps.keptMs?.() ?? keptMs));
        const { removed, cited: kept } = releasePack(db, row.id, { time, sources: packedOnly, cited });
        const released = { at: toInstant(clock.now()), removed, cited: kept };
        putPack(db, { ...row, state: 'released', scope: '[]', totals: JSON.stringify({ ...totalsOf(row), released }) });
        return ok(null);
      });
      if (stored.ok) deps.changed();
      return stored;
    },
    nudge: () => {
      for (const { room, state } of packRows(store.read)) if (isGoing(state)) enqueue(room);
    },
    pack: (db, room) => readPack(db, room, sources),
    covers: (db, room) => {
      const row = packOf(db, room);
      const scope = new Set(row === undefined ? [] : scopeOf(row));
      return row !== undefined && deps.assetsOf(room).every((asset) => scope.has(carrier(asset)));
    },
    settled: async () => {
      for (let before: Promise<void> | null = null; before !== working;) {
        before = working;
        await before;
      }
    },
    stop: async () => {
      life.abort();
      active?.abort.abort();
      await working;
    },
  };
};
