import { randomBytes } from 'node:crypto';
import type { Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Clock, RandomBytes } from '../../shared/base/time.ts';
import { specOf as registrySpecOf } from '../../shared/domain/event-types.ts';
import { readEpoch, writeEpoch } from '../store/clock.ts';
import type { Profile } from '../store/profile.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import type { LogContext } from './context.ts';
import type { SpecOf } from './decode.ts';
import { createDevice, plainFile, readDevice, replaceDevice, type KeyWrap } from './device.ts';
import { createEventLog, projectionVersion, reproject } from './event-log.ts';
import { vouchFor, writeSuccession } from './succession.ts';
import type { Device, EventLog } from './port.ts';

export type OpenLogDeps = {
  readonly clock: Clock;
  /** Default: the operating system's. Tests hand in a seeded one. */
  readonly random?: RandomBytes;
  /** Name and version of this program, e.g. "breakwater 0.1.0". */
  readonly app: string;
  readonly wrap?: KeyWrap;
  readonly log: (line: string) => void;
  /** Tests of upgrades: another registry and its version. */
  readonly specOf?: SpecOf;
  readonly registryVersion?: string;
};

export type OpenLog = {
  readonly log: EventLog;
  /** For org.ts and views that need the seams. */
  readonly context: LogContext;
  /** Why this start took a new device key; null = it did not. */
  readonly newKey: 'first-start' | 'database-behind' | 'epoch-lost' | 'key-missing' | null;
  /**
   * Take a new device key because the old stream went on elsewhere (a share is ahead of it: restored or copied profile).
   * The former key vouches for the new one in the org log, so the person stays attested. Not inside a transaction.
   */
  readonly retireDevice: (why: string) => Result<Device, Failure>;
  readonly close: () => void;
};

const deviceKey = 'log.device';

/**
 * Open the event log of a profile: device key (made at the first start), epoch check, replay after an upgrade.
 * Failures: DeviceKeyUnreadable and those of the store. A database that is older than `epoch` was restored or copied: it
 * gets a new key, because the old stream may have gone on. An `epoch` one behind the database is a crash, and is repaired.
 */
export const openEventLog = (profile: Profile, deps: OpenLogDeps): Result<OpenLog, Failure> => {
  const { store, epoch, paths } = profile;
  const wrap = deps.wrap ?? plainFile;
  const found = readDevice(paths.deviceKey, wrap);
  if (!found.ok) return found;
  const inDb = readEpoch(store.read);
  const inFile = epoch.read();
  const before = getSetting(store.read, deviceKey);
  let newKey: OpenLog['newKey'] = null;
  let device: Device;

  const replace = (former: Device, why: string): Result<Device, Failure> => {
    const next = replaceDevice(paths.deviceKey, paths.retiredKeys, former, wrap);
    if (!next.ok) return next;
    deps.log(`new device key ${next.value.id}: ${why}`);
    // Kept at once: after this the former key only lies in the retired folder.
    const kept = store.transaction((db) => ok(vouchFor(db, former, next.value)));
    return kept.ok ? next : kept;
  };

  if (found.value === null) {
    newKey = inDb === 0 && before === undefined ? 'first-start' : 'key-missing';
    const made = createDevice(paths.deviceKey, wrap);
    if (!made.ok) return made;
    device = made.value;
  } else {
    device = found.value;
    const behind = inFile !== null && inDb < inFile;
    const lost = inFile === null ? inDb > 0 : inDb > inFile + 1;
    if (behind || lost) {
      newKey = behind ? 'database-behind' : 'epoch-lost';
      const next = replace(device, newKey);
      if (!next.ok) return next;
      device = next.value;
    }
  }

  const context: LogContext = {
    device: () => device,
    clock: deps.clock,
    random: deps.random ?? ((length) => randomBytes(length)),
    specOf: deps.specOf ?? registrySpecOf,
    app: deps.app,
  };
  let written = Math.max(inDb, inFile ?? 0);
  const started = store.transaction((db) => {
    setSetting(db, deviceKey, device.id);
    writeEpoch(db, written);
    reproject(db, context.specOf, deps.registryVersion ?? projectionVersion());
    return writeSuccession(db, context);
  });
  if (!started.ok) return started;
  epoch.write(written);
  const stop = store.onCommit(() => {
    const now = readEpoch(store.read);
    if (now === written) return;
    epoch.write(now);
    written = now;
  });
  return ok({
    log: createEventLog(context),
    context,
    newKey,
    retireDevice: (why) => {
      const next = replace(device, why);
      if (!next.ok) return err(next.error);
      device = next.value;
      const saved = store.transaction((db) => {
        setSetting(db, deviceKey, device.id);
        return writeSuccession(db, context);
      });
      return saved.ok ? next : saved;
    },
    close: stop,
  });
};
