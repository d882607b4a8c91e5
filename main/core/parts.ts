import type { Clock, RandomBytes, Scheduler } from '../../shared/base/time.ts';
import type { ActorId, DeviceId, LogId } from '../../shared/domain/ids.ts';
import type { Role } from '../../shared/domain/policy.ts';
import type { Blobs } from '../log/blobs.ts';
import type { LogContext } from '../log/context.ts';
import type { EventLog } from '../log/port.ts';
import type { Views } from '../log/views-port.ts';
import type { Profile } from '../store/profile.ts';
import type { Logger } from './logger.ts';
import type { RoomSignals } from './room-signals.ts';

/** Who this profile is, asked anew each time: another device may grant or revoke a role at any moment. */
export type Identity = {
  readonly person: ActorId;
  readonly device: DeviceId;
  readonly org: LogId;
  readonly roles: readonly Role[];
  /** False while a joined organisation has not admitted this device; then it reads and says so. */
  readonly admitted: boolean;
};

/** What the handlers share. One object, made in create-core.ts; nothing in it is a secret. */
export type Parts = {
  readonly profile: Profile;
  readonly log: EventLog;
  /** For the verbs of the organisation (log/org.ts). */
  readonly context: LogContext;
  readonly views: Views;
  readonly blobs: Blobs;
  readonly signalsOf: RoomSignals;
  readonly who: () => Identity;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: RandomBytes;
  readonly logger: Logger;
  /** Followed queries look again soon: for caches that change without a commit. */
  readonly changed: () => void;
};
