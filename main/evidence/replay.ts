import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/time.ts';
import { isOrgLog, type ActorId, type DeviceId, type EventHash, type LogId } from '../../shared/domain/ids.ts';
import { openEventLog } from '../log/open.ts';
import type { EventLog, IntakeReport, StreamHead, WireEvent } from '../log/port.ts';
import type { EntryView, Views } from '../log/views-port.ts';
import * as views from '../log/views.ts';
import { storeFailureOf } from '../store/failures.ts';
import type { ReadableDb } from '../store/port.ts';
import { openProfile } from '../store/profile.ts';

/**
 * What a pack shows is made from what a pack holds: its events are taken into an empty profile of their own, and all
 * derived files are read from there. The writer and the verifier do the same with the same events, so a derived file that
 * says anything else than the log is found by comparing bytes; and what is withheld from a pack cannot slip into a view.
 */
export type Replay = {
  readonly db: ReadableDb;
  readonly log: EventLog;
  readonly views: Views;
  readonly room: LogId;
  readonly org: LogId | null;
  /** Streams of the room and of the organisation, each sorted by device. */
  readonly streams: readonly ReplayStream[];
  /** Entries of the room, oldest recorded first; read once. */
  readonly entries: () => readonly EntryView[];
  readonly report: Omit<IntakeReport, 'logs'>;
  readonly close: () => void;
};
export type ReplayStream = StreamHead & { readonly log: LogId; readonly org: boolean };

/** The event by which a pack came to be: the newest of the exporting device's stream. */
export type Exported = {
  readonly dev: DeviceId;
  readonly actor: ActorId;
  readonly hash: EventHash;
  readonly seq: number;
  readonly at: string;
};

export type ReplayDeps = {
  readonly clock: Clock;
  /** A folder of this user; the temporary profile is made in it and taken away by `close`. */
  readonly scratch: string;
};

const batch = 2000;

/** Oldest first. */
const readEntries = (db: ReadableDb, room: LogId): readonly EntryView[] => {
  const rows: EntryView[] = [];
  let before: string | null = null;
  for (;;) {
    const page = views.entriesPage(db, {
      log: room,
      order: 'recorded',
      limit: 500,
      ...(before === null ? {} : { before }),
    });
    rows.push(...page.rows);
    if (page.next === null) return rows.reverse();
    before = page.next;
  }
};

/** Take events into a temporary profile. Failures are those of opening a profile. Always `close` what it gives. */
export const replay = (room: LogId, events: Iterable<WireEvent>, deps: ReplayDeps): Result<Replay, Failure> => {
  let dir: string;
  try {
    mkdirSync(deps.scratch, { recursive: true, mode: 0o700 });
    dir = mkdtempSync(join(deps.scratch, 'breakwater-pack-'));
  } catch (thrown) {
    const named = storeFailureOf(thrown, deps.scratch);
    if (named === null) throw thrown;
    return err(named);
  }
  const clean = (): void => {
    rmSync(dir, { recursive: true, force: true });
  };
  const quiet = { clock: deps.clock, log: () => undefined };
  const profile = openProfile(join(dir, 'profile'), quiet);
  if (!profile.ok) {
    clean();
    return profile;
  }
  const { store } = profile.value;
  const opened = openEventLog(profile.value, { ...quiet, app: 'breakwater replay' });
  const close = (): void => {
    if (opened.ok) opened.value.close();
    profile.value.close();
    clean();
  };
  if (!opened.ok) {
    close();
    return opened;
  }
  const { log } = opened.value;
  const total = { applied: 0, duplicates: 0, waiting: 0, quarantined: [] as IntakeReport['quarantined'][number][] };
  const take = (held: readonly WireEvent[]): Result<null, Failure> =>
    store.transaction((db) => {
      const report = log.intake(db, held, 'pack');
      total.applied += report.applied;
      total.duplicates += report.duplicates;
      total.waiting = report.waiting;
      total.quarantined.push(...report.quarantined.slice(0, 100));
      return ok(null);
    });
  try {
    let held: WireEvent[] = [];
    for (const event of events) {
      held.push(event);
      if (held.length < batch) continue;
      const taken = take(held);
      if (!taken.ok) throw new ReplayStopped(taken.error);
      held = [];
    }
    const taken = take(held);
    if (!taken.ok) throw new ReplayStopped(taken.error);
  } catch (thrown) {
    close();
    if (thrown instanceof ReplayStopped) return err(thrown.problem);
    throw thrown;
  }
  const logs = log.logs(store.read);
  const org = logs.find(isOrgLog) ?? null;
  const streamsOf = (id: LogId | null): readonly ReplayStream[] =>
    id === null
      ? []
      : [...log.heads(store.read, id)]
          .sort((a, b) => (a.dev < b.dev ? -1 : 1))
          .map((head) => ({ ...head, log: id, org: id === org }));
  let entries: readonly EntryView[] | undefined;
  return ok({
    db: store.read,
    log,
    views,
    room,
    org,
    streams: [...streamsOf(room), ...streamsOf(org)],
    entries: () => (entries ??= readEntries(store.read, room)),
    report: total,
    close,
  });
};

/** Carries a failure of the store out of the loop over events. */
class ReplayStopped extends Error {
  readonly problem: Failure;
  constructor(problem: Failure) {
    super(problem.what);
    this.problem = problem;
  }
}

/** Events of a stream, a page at a time. */
export function* eventsOf(replayed: Pick<Replay, 'db' | 'log'>, stream: ReplayStream): Generator<WireEvent> {
  for (let from = 1; from <= stream.seq; from += 500) {
    yield* replayed.log.read(replayed.db, stream.log, stream.dev, from, Math.min(stream.seq, from + 499));
  }
}
