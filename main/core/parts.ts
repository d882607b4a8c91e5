import type { Failure } from '../../shared/base/failure.ts';
import type { JsonValue } from '../../shared/base/json.ts';
import type { Clock, Instant, RandomBytes, Scheduler } from '../../shared/base/time.ts';
import type { ActorId, DeviceId, LogId } from '../../shared/domain/ids.ts';
import type { Role } from '../../shared/domain/policy.ts';
import type { EventLog } from '../log/port.ts';
import type { BlobRef, Views } from '../log/views-port.ts';
import type { Profile } from '../store/profile.ts';
import type { Logger } from './logger.ts';
import type { Marks } from './marks.ts';

/** Who this profile is, asked anew each time: another device may grant or revoke a role at any moment. */
export type Identity = {
  readonly person: ActorId;
  readonly device: DeviceId;
  readonly org: LogId;
  readonly roles: readonly Role[];
  /** False while a joined organisation has not admitted this device; then it reads and says so. */
  readonly admitted: boolean;
};

export type BlobFolder = {
  /** Take a finished temporary file over: file and folder are fsynced when this returns. */
  readonly keep: (temporary: string, sha256: string) => void;
  readonly has: (sha256: string) => boolean;
  readonly read: (sha256: string, offset: number, length: number) => Uint8Array | null;
};

/** What the handlers share. One object, made in create-core.ts; nothing in it is a secret. */
export type Parts = {
  readonly profile: Profile;
  readonly log: EventLog;
  readonly views: Views;
  readonly blobs: BlobFolder;
  readonly who: () => Identity;
  readonly marks: Marks;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: RandomBytes;
  readonly logger: Logger;
  /** Followed queries look again soon: for caches that change without a commit. */
  readonly changed: () => void;
};
