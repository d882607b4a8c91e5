import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { toInstant } from '../../shared/base/time.ts';
import type { DeviceId, LogId } from '../../shared/domain/ids.ts';
import { lineHash } from '../log/line.ts';
import type { Store, WritableDb } from '../store/port.ts';
import {
  cursorOf,
  dropProblem,
  eventHash,
  problemsOf,
  marksOf,
  putCursor,
  putMark,
  putProblem,
  resetMarks,
} from '../store/sync.ts';
import { takeIn, type IntakeDeps, type Taken } from './intake.ts';
import { compareHeads, missingRuns } from './plan.ts';
import { logFolder } from './segment.ts';
import type { CallOptions, PlaceProblem, SharedEvent, ShareFailure, Transport } from './port.ts';

const readChunk = 1_000;
/** Holes that are asked for in one round; the next round asks for the rest. */
const gapsPerRound = 50;

export type RoundDeps = IntakeDeps & {
  readonly store: Store;
  readonly share: string;
  readonly transport: Transport;
  readonly options: CallOptions;
  /**
   * A place holds more of our own stream than we do: this profile was restored or copied. Gives the device a new key
   * (event-format section 3); what the old key wrote elsewhere has just been taken in like anybody's.
   */
  readonly ownStreamAhead: (log: LogId) => Result<unknown, Failure>;
};
export type Outcome<T> = Promise<Result<T, Failure>>;

export const stopped = (): ShareFailure =>
  failure('ShareBusy', 'Sharing was stopped.', 'Everything you write is saved on this device.', 'Start it again.');

/** One write of this room: the store's own failures come out, a full disk in the words of sharing (nobody has a form open). */
export const write = <T>(store: Store, work: (db: WritableDb) => T): Result<T, Failure> => {
  const done = store.transaction<T, Failure>((db) => ok(work(db)));
  if (done.ok || done.error.tag !== 'DiskFull') return done;
  const safe = 'What was stored before is safe; what did not fit here stays where it is shared.';
  return err({ ...done.error, safe, advice: 'Free some space; sharing goes on by itself.' });
};

/** Take in what was read; `before` and `after` run in the same transaction. Returns how many events were new. */
const keep = (
  deps: RoundDeps,
  log: LogId,
  events: readonly SharedEvent[],
  problems: readonly PlaceProblem[],
  before: (db: WritableDb) => void,
  after: (db: WritableDb) => void,
): Result<number, Failure> => {
  const stored = write(deps.store, (db): Taken => {
    before(db);
    const taken = takeIn(deps, db, deps.share, log, events, problems);
    after(db);
    return taken;
  });
  if (!stored.ok) return stored;
  if (stored.value.ownAhead) {
    const retired = deps.ownStreamAhead(log);
    if (!retired.ok) return retired;
  }
  return ok(stored.value.applied);
};
const nothing = (): void => undefined;

/** Problems of a place are named by log: `inc-…/file` in folders, `inc:… device number` in tables. */
const ofLog = (log: LogId, name: string): boolean =>
  name.startsWith(`${logFolder(log)}/`) || name.startsWith(`${log} `);

/** Read everything new of a log; rows, marks and cursor in one transaction a page. Returns how many events were new. */
export const pullLog = async (
  deps: RoundDeps,
  log: LogId,
): Outcome<{ readonly applied: number; readonly seen: number }> => {
  let applied = 0;
  let seen = 0;
  for (;;) {
    if (deps.options.signal?.aborted) return err(stopped());
    const cursor = cursorOf(deps.store.read, deps.share, log);
    const page = await deps.transport.pull(log, cursor, deps.options);
    if (!page.ok) return page;
    const { events, full, more } = page.value;
    const moved = page.value.cursor !== cursor;
    const known = problemsOf(deps.store.read, deps.share);
    // A stray file is found by every look; it is written down once.
    const problems = (page.value.problems ?? []).filter(({ name, tag }) => full || known.get(name) !== tag);
    const settled = (page.value.settled ?? []).filter((name) => known.has(name));
    if (events.length > 0 || full || moved || problems.length > 0) {
      const stored = keep(
        deps,
        log,
        events,
        problems,
        (db) => {
          for (const name of full ? known.keys() : settled) if (settled.includes(name) || ofLog(log, name)) dropProblem(db, deps.share, name); // prettier-ignore
          if (full) resetMarks(db, deps.share, log);
        },
        (db) => {
          putCursor(db, deps.share, log, page.value.cursor, toInstant(deps.clock.now()));
        },
      );
      if (!stored.ok) return stored;
      applied += stored.value;
      seen += events.length;
    }
    if (!more) return ok({ applied, seen });
    if (!moved) {
      const what = 'The place answers with the same page again and again.';
      return err(failure('ShareBroken', what, 'Nothing was lost here.', 'Ask the owner of the share to look at it.'));
    }
  }
};

/** Read a range again and hand it to the log. */
const rereadRange = async (deps: RoundDeps, log: LogId, dev: DeviceId, from: number, to: number): Outcome<number> => {
  let applied = 0;
  for (let start = from; start <= to; start += readChunk) {
    const end = Math.min(to, start + readChunk - 1);
    const events = await deps.transport.range(log, dev, start, end, deps.options);
    if (!events.ok) return events;
    // A forged head far away: nothing lies there, so nothing further is asked for.
    if (events.value.length === 0) break;
    const stored = keep(deps, log, events.value, [], nothing, nothing);
    if (!stored.ok) return stored;
    applied += stored.value;
  }
  return ok(applied);
};

export const rereadGaps = async (deps: RoundDeps, log: LogId): Outcome<number> => {
  let applied = 0;
  for (const gap of deps.log.gaps(deps.store.read, log).slice(0, gapsPerRound)) {
    const read = await rereadRange(deps, log, gap.dev, gap.from, gap.to);
    if (!read.ok) return read;
    applied += read.value;
  }
  return ok(applied);
};

/** Positions 1..`to` at which the place holds our very event. */
const positionsThere = async (deps: RoundDeps, log: LogId, dev: DeviceId, to: number): Outcome<ReadonlySet<number>> => {
  const present = new Set<number>();
  for (let start = 1; start <= to; start += readChunk) {
    const end = Math.min(to, start + readChunk - 1);
    const events = await deps.transport.range(log, dev, start, end, deps.options);
    if (!events.ok) return events;
    const there = new Set(events.value.map((event: SharedEvent) => event.copies?.hash ?? lineHash(event.line)));
    for (let seq = start; seq <= end; seq += 1) {
      const hash = eventHash(deps.store.read, log, dev, seq);
      if (hash !== null && there.has(hash)) present.add(seq);
    }
  }
  return ok(present);
};

/** What a hash-by-hash comparison of 1..`to` found missing. */
type Holes = { readonly runs: readonly { readonly from: number; readonly to: number }[]; readonly to: number };
export type Asked = { readonly applied: number; readonly holes: ReadonlyMap<DeviceId, Holes> };

/** Ask the place for its heads and settle every difference that can be settled by reading. */
export const askHeads = async (deps: RoundDeps, log: LogId): Outcome<Asked> => {
  const { store, share, transport } = deps;
  const place = await transport.heads(log, deps.options);
  if (!place.ok) return place;
  const actions = compareHeads(
    deps.log.heads(store.read, log),
    marksOf(store.read, share, log),
    place.value,
    (dev, seq) => eventHash(store.read, log, dev, seq),
  );
  const holes = new Map<DeviceId, Holes>();
  let applied = 0;
  for (const action of actions) {
    if (action.do === 'mark') {
      const stored = write(store, (db) => {
        putMark(db, share, log, action.dev, action.mark);
      });
      if (!stored.ok) return stored;
    } else if (action.do === 'read') {
      if (action.fork) {
        // The alarm; what the place holds there is read and judged by the log, and both histories are kept.
        const name = `${log} ${action.dev}`;
        const reason = `at ${String(action.to)} the place holds another event of this device than we do`;
        const named = write(store, (db) => {
          putProblem(db, { share, name, tag: 'fork', reason, at: toInstant(deps.clock.now()) });
        });
        if (!named.ok) return named;
      }
      const read = await rereadRange(deps, log, action.dev, action.from, action.to);
      if (!read.ok) return read;
      applied += read.value;
    } else {
      const there = await positionsThere(deps, log, action.dev, action.to);
      if (!there.ok) return there;
      const runs = missingRuns(there.value, action.to);
      const acked = runs[0] ? runs[0].from - 1 : action.to;
      const strikes = marksOf(store.read, share, log).get(action.dev)?.strikes ?? 0;
      const stored = write(store, (db) => {
        putMark(db, share, log, action.dev, { sent: runs.length > 0 ? acked : action.to, acked, strikes });
      });
      if (!stored.ok) return stored;
      if (runs.length > 0) holes.set(action.dev, { runs, to: action.to });
    }
  }
  return ok({ applied, holes });
};
