import type { Failure } from '../../shared/base/failure.ts';
import { failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { toInstant } from '../../shared/base/time.ts';
import type { DeviceId, LogId } from '../../shared/domain/ids.ts';
import type { Store, WritableDb } from '../store/port.ts';
import { cursorOf, eventHash, marksOf, putCursor, putMark, resetMarks } from '../store/sync.ts';
import { takeIn, type IntakeDeps, type Taken } from './intake.ts';
import { compareHeads, maxStrikes, missingRuns, mustAsk, noMark, planPush, type PushRun } from './plan.ts';
import type { CallOptions, SharedEvent, ShareFailure, Transport } from './port.ts';
import { isSealed, lineHash } from '../log/line.ts';

/** A push carries at most this (facts/sync.md 2.4.1); an event that is larger alone goes alone. */
export const pushEvents = 1_000;
export const pushBytes = 4 * 1024 * 1024;
const readChunk = 1_000;
/** Holes that are asked for in one round; the next round asks for the rest. */
const gapsPerRound = 50;

export type RoundDeps = IntakeDeps & {
  readonly store: Store;
  readonly share: string;
  readonly transport: Transport;
  readonly options: CallOptions;
};
export type RoundResult = { readonly pushed: number; readonly pulled: number };
type Outcome<T> = Promise<Result<T, Failure>>;

const stopped = (): ShareFailure =>
  failure('ShareBusy', 'Sharing was stopped.', 'Everything you write is saved on this device.', 'Start it again.');

const keepsNothing = (transport: Transport): ShareFailure =>
  failure(
    'ShareBroken',
    `The shared ${transport.kind === 'delta' ? 'tables take' : 'folder takes'} entries but does not keep them.`,
    'They are saved on this device and marked as not shared.',
    'Ask the owner of the share whether something deletes from it. Breakwater goes on trying.',
  );

/** One write of this room: the store's own failures (full disk) come out as they are. */
const write = <T>(store: Store, work: (db: WritableDb) => T): Result<T, Failure> =>
  store.transaction<T, Failure>((db) => ok(work(db)));

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
    if (events.length > 0 || full || moved || (page.value.problems?.length ?? 0) > 0) {
      const stored = write(deps.store, (db): Taken => {
        if (full) resetMarks(db, deps.share, log);
        const taken = takeIn(deps, db, deps.share, log, events, page.value.problems ?? []);
        putCursor(db, deps.share, log, page.value.cursor, toInstant(deps.clock.now()));
        return taken;
      });
      if (!stored.ok) return stored;
      applied += stored.value.applied;
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
    const stored = write(deps.store, (db) => takeIn(deps, db, deps.share, log, events.value, []));
    if (!stored.ok) return stored;
    applied += stored.value.applied;
  }
  return ok(applied);
};

const rereadGaps = async (deps: RoundDeps, log: LogId): Outcome<number> => {
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
type Asked = { readonly applied: number; readonly holes: ReadonlyMap<DeviceId, Holes> };

/** Ask the place for its heads and settle every difference that can be settled by reading. */
const askHeads = async (deps: RoundDeps, log: LogId): Outcome<Asked> => {
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

/** Cut a run into what one push may carry. */
const portions = (events: readonly SharedEvent[], from: number): readonly { from: number; events: SharedEvent[] }[] => {
  const result: { from: number; events: SharedEvent[] }[] = [];
  let bytes = 0;
  for (const [index, event] of events.entries()) {
    let size = event.line.length + event.sig.length;
    for (const disclosure of event.d) size += disclosure.length;
    const last = result.at(-1);
    if (!last || last.events.length >= pushEvents || bytes + size > pushBytes) {
      result.push({ from: from + index, events: [event] });
      bytes = size;
    } else {
      last.events.push(event);
      bytes += size;
    }
  }
  return result;
};

const pushRun = async (deps: RoundDeps, log: LogId, run: PushRun): Outcome<number> => {
  let pushed = 0;
  const events = deps.log.read(deps.store.read, log, run.dev, run.from, run.to).map((event, index): SharedEvent => {
    const hash = isSealed(event.line) ? eventHash(deps.store.read, log, run.dev, run.from + index) : null;
    return hash === null ? event : { ...event, copies: { log, dev: run.dev, seq: run.from + index, hash } };
  });
  for (const portion of portions(events, run.from)) {
    if (deps.options.signal?.aborted) return err(stopped());
    const to = portion.from + portion.events.length - 1;
    // Before the attempt: whatever happens to the reply, or to us, the ledger says that it may be there.
    const noted = write(deps.store, (db) => {
      const mark = marksOf(db, deps.share, log).get(run.dev) ?? noMark;
      if (to > mark.sent) putMark(db, deps.share, log, run.dev, { ...mark, sent: to });
    });
    if (!noted.ok) return noted;
    const sent = await deps.transport.push(log, run.dev, portion.from, portion.events, deps.options);
    if (!sent.ok) return sent;
    pushed += portion.events.length;
  }
  return ok(pushed);
};

const runsFor = (deps: RoundDeps, log: LogId, asked: Asked | null): readonly PushRun[] => {
  const locals = deps.log.heads(deps.store.read, log);
  const marks = marksOf(deps.store.read, deps.share, log);
  const whole = locals.filter(({ dev }) => !asked?.holes.has(dev));
  const runs = [...planPush(whole, marks, deps.log.device.id, asked !== null, pushEvents)];
  for (const [dev, { runs: missing, to }] of asked?.holes ?? []) {
    const local = locals.find((head) => head.dev === dev)?.seq ?? 0;
    // Compared was up to `to`; what we have beyond it the place cannot have.
    for (const run of local > to ? [...missing, { from: to + 1, to: local }] : missing)
      for (let from = run.from; from <= run.to; from += pushEvents)
        runs.push({ dev, from, to: Math.min(run.to, from + pushEvents - 1) });
  }
  return runs;
};

/** After a push that was not read back: a strike for each stream that the place took and does not hold. */
const countStrikes = (deps: RoundDeps, log: LogId, runs: readonly PushRun[]): Result<void, Failure> => {
  const result = write(deps.store, (db) => {
    let worst = 0;
    for (const dev of new Set(runs.map((run) => run.dev))) {
      const mark = marksOf(db, deps.share, log).get(dev) ?? noMark;
      const wanted = Math.max(...runs.filter((run) => run.dev === dev).map((run) => run.to));
      if (mark.acked >= wanted) continue;
      putMark(db, deps.share, log, dev, { ...mark, strikes: mark.strikes + 1 });
      worst = Math.max(worst, mark.strikes + 1);
    }
    return worst;
  });
  if (!result.ok) return result;
  return result.value >= maxStrikes ? err(keepsNothing(deps.transport)) : ok(undefined);
};

/** One log against one place, once. */
const attempt = async (deps: RoundDeps, log: LogId, compare: boolean): Outcome<RoundResult> => {
  const { store, share } = deps;
  const doubt = (): boolean =>
    mustAsk(deps.log.heads(store.read, log), marksOf(store.read, share, log), deps.log.device.id);
  const first = await pullLog(deps, log);
  if (!first.ok) return first;
  let pulled = first.value.applied;
  let asked: Asked | null = null;
  if (compare || doubt()) {
    const answer = await askHeads(deps, log);
    if (!answer.ok) return answer;
    asked = answer.value;
    pulled += answer.value.applied;
  }
  if (compare || first.value.seen > 0) {
    const gaps = await rereadGaps(deps, log);
    if (!gaps.ok) return gaps;
    pulled += gaps.value;
  }
  const runs = runsFor(deps, log, asked);
  if (runs.length === 0) return ok({ pushed: 0, pulled });
  let pushed = 0;
  for (const run of runs) {
    const sent = await pushRun(deps, log, run);
    if (!sent.ok) return sent;
    pushed += sent.value;
  }
  const back = await pullLog(deps, log);
  if (!back.ok) return back;
  pulled += back.value.applied;
  if (doubt()) {
    const answer = await askHeads(deps, log);
    if (!answer.ok) return answer;
    pulled += answer.value.applied;
  }
  const strikes = countStrikes(deps, log, runs);
  return strikes.ok ? ok({ pushed, pulled }) : strikes;
};

const wasLost = (problem: Failure): boolean => 'lost' in problem && problem.lost === true;

/**
 * One log against one place: pull, fill holes, compare when due or in doubt, push what it lacks, read it back.
 * `compare` forces the comparison of heads (on connect and every ten minutes). A lost reply of a push asks the place at
 * once what arrived and goes on from there; a second one leaves it to the next round.
 */
export const syncLog = async (deps: RoundDeps, log: LogId, compare: boolean): Outcome<RoundResult> => {
  const result = await attempt(deps, log, compare);
  return !result.ok && wasLost(result.error) ? attempt(deps, log, true) : result;
};
