import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventLog, type OpenLog } from '../../../main/log/open.ts';
import { openProfile, type Profile } from '../../../main/store/profile.ts';
import { createSync, type Sync, type SyncDeps } from '../../../main/sync/engine.ts';
import type { ShareKind, Transport } from '../../../main/sync/port.ts';
import { ok } from '../../../shared/base/result.ts';
import type { Clock, RandomBytes, Scheduler } from '../../../shared/base/time.ts';
import type { ActorId, LogId } from '../../../shared/domain/ids.ts';

/** Bytes that follow from a seed: the same run again. */
export const seededBytes = (seed: string): RandomBytes => {
  let counter = 0;
  return (length) => {
    const parts: Buffer[] = [];
    for (let have = 0; have < length; have += 32) {
      counter += 1;
      parts.push(
        createHash('sha256')
          .update(`${seed}:${String(counter)}`)
          .digest(),
      );
    }
    return Buffer.concat(parts).subarray(0, length);
  };
};

export const personOf = (name: string): ActorId =>
  `p_${createHash('sha256').update(name).digest('hex').slice(0, 32)}` as ActorId;

/** Timers that run only when a test says so. */
export const manualTimers = (): {
  readonly scheduler: Scheduler;
  readonly advance: (ms: number) => void;
  readonly waiting: () => number;
} => {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  return {
    scheduler: {
      after: (ms, run) => {
        const timer = { at: now + ms, run };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    },
    advance: (ms) => {
      now += ms;
      const due = timers.filter((timer) => timer.at <= now);
      timers = timers.filter((timer) => timer.at > now);
      for (const timer of due.sort((a, b) => a.at - b.at)) timer.run();
    },
    waiting: () => timers.length,
  };
};

export type Device = {
  readonly name: string;
  readonly dir: string;
  readonly profile: Profile;
  readonly opened: OpenLog;
  readonly sync: Sync;
  readonly person: ActorId;
  readonly lines: string[];
  /** Write a note; throws when the log refuses. */
  readonly note: (log: LogId, text: string) => void;
  readonly digest: (log: LogId) => string;
  readonly heads: (log: LogId) => string;
  readonly close: () => Promise<void>;
};

export type DeviceOptions = {
  readonly dir?: string;
  readonly clock?: Clock;
  readonly scheduler?: Scheduler;
  readonly random?: RandomBytes;
  readonly times?: SyncDeps['times'];
};

/** A real profile on disk with real log and sync; only the places are chosen by the test. Keeps its folder when `dir` is given. */
export const openDevice = (
  name: string,
  transports: (kind: ShareKind, place: string, device: string) => Transport | null,
  options: DeviceOptions = {},
): Device => {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), `bw-${name}-`));
  const clock = options.clock ?? { now: () => Date.now() };
  const lines: string[] = [];
  const log = (line: string): void => {
    lines.push(line);
  };
  const profile = openProfile(dir, { clock, log });
  if (!profile.ok) throw new Error(profile.error.what);
  const random = options.random ?? seededBytes(name + dir);
  const opened = openEventLog(profile.value, { clock, random, app: 'breakwater test', log });
  if (!opened.ok) throw new Error(opened.error.what);
  const { store } = profile.value;
  const person = personOf(name);
  const eventLog = opened.value.log;
  const sync = createSync({
    store,
    log: eventLog,
    transports: {
      delta: (place) => transports('delta', place, eventLog.device.id),
      folder: (place) => transports('folder', place, eventLog.device.id),
    },
    clock,
    scheduler: options.scheduler ?? manualTimers().scheduler,
    random,
    logger: log,
    actor: () => person,
    retireDevice: opened.value.retireDevice,
    ...(options.times ? { times: options.times } : {}),
  });
  return {
    name,
    dir,
    profile: profile.value,
    opened: opened.value,
    sync,
    person,
    lines,
    note: (room, text) => {
      const written = store.transaction((db) => {
        const said = eventLog.append(db, room, person, [{ type: 'note.added', fields: { text } }]);
        return said.ok ? ok(null) : said;
      });
      if (!written.ok) throw new Error(written.error.what);
    },
    digest: (room) => eventLog.projectionDigest(store.read, room),
    heads: (room) => JSON.stringify([...eventLog.heads(store.read, room)].sort((a, b) => (a.dev < b.dev ? -1 : 1))),
    close: async () => {
      await sync.close();
      opened.value.close();
      profile.value.close();
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
};
