import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { LogId } from '../../shared/domain/ids.ts';
import { marksOf, putMark } from '../store/sync.ts';
import { maxStrikes, mustAsk, noMark, planPush, type PushRun } from './plan.ts';
import type { SharedEvent, ShareFailure, Transport } from './port.ts';
import {
  askHeads,
  pullLog,
  rereadGaps,
  stopped,
  write,
  type Asked,
  type Outcome,
  type RoundDeps,
} from './read-place.ts';

/** A push carries at most this (facts/sync.md 2.4.1); an event that is larger alone goes alone. */
export const pushEvents = 1_000;
export const pushBytes = 4 * 1024 * 1024;

export type RoundResult = { readonly pushed: number; readonly pulled: number };
const keepsNothing = (transport: Transport): ShareFailure =>
  failure(
    'ShareBroken',
    `The shared ${transport.kind === 'delta' ? 'tables take' : 'folder takes'} entries but does not keep them.`,
    'They are saved on this device and marked as not shared.',
    'Ask the owner of the share whether something deletes from it. Breakwater goes on trying.',
  );

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
  const events = deps.log.read(deps.store.read, log, run.dev, run.from, run.to);
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
