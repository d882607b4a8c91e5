import type { Failure } from '../../shared/base/failure.ts';
import { failure } from '../../shared/base/failure.ts';
import type { JsonValue } from '../../shared/base/json.ts';
import { err, mapOk, ok, type Result } from '../../shared/base/result.ts';
import type { Instant } from '../../shared/base/time.ts';
import type { ActorId, DeviceId, EventHash, LogId } from '../../shared/domain/ids.ts';
import { roles as allRoles, type Role } from '../../shared/domain/policy.ts';
import { orgLogOf } from '../../shared/domain/signal-id.ts';
import { allLogs, logById, streamOf } from '../store/logs.ts';
import type { WritableDb } from '../store/port.ts';
import { setHomeOrg, setHomePerson, type LogContext } from './context.ts';
import { sha256Hex } from './digest.ts';
import type { EventDraft } from './port.ts';
import { appendEvents, type Written } from './writer.ts';

/**
 * The organisation's log: people, devices, roles. Its id is made of the founder's device, which is the root of its
 * authority (resources/format/event-1.md). Every function runs inside the caller's transaction; return its Err to roll back.
 * What an actor may do is asked of the policy by the core; the reducers judge it again for every reader.
 */
export type Self = {
  readonly name: string;
  readonly email?: string;
  readonly label?: string;
  readonly person?: ActorId;
};
export type Membership = { readonly org: LogId; readonly person: ActorId };

const newPerson = (context: LogContext): ActorId => `p_${Buffer.from(context.random(16)).toString('hex')}` as ActorId;

const introduction = (person: ActorId, { name, email, label }: Self): readonly EventDraft[] => [
  { type: 'person.added', fields: { person, name, ...(email === undefined ? {} : { email }) } },
  { type: 'device.registered', fields: { person, ...(label === undefined ? {} : { label }) } },
];

/** The log that this device would found. */
export const ownOrgLog = (device: DeviceId): LogId => orgLogOf(device, sha256Hex);

/** Found an organisation: its first person holds all roles. The profile belongs to it from now on. */
export const createOrg = (db: WritableDb, context: LogContext, self: Self): Result<Membership, Failure> => {
  const dev = context.device().id;
  const org = ownOrgLog(dev);
  if (logById(db, org)) {
    return err(
      failure(
        'OrgExists',
        'This device has founded its organisation already.',
        'Nothing was changed.',
        'Use it as it is.',
      ),
    );
  }
  const person = self.person ?? newPerson(context);
  const drafts: readonly EventDraft[] = [
    ...introduction(person, self),
    { type: 'device.confirmed', fields: { dev, person, how: 'founder' } },
    ...allRoles.map((role): EventDraft => ({ type: 'role.granted', fields: { person, role } })),
  ];
  const written = appendEvents(db, context, org, person, drafts);
  if (!written.ok) return written;
  setHomePerson(db, person);
  setHomeOrg(db, org, context.specOf);
  return ok({ org, person });
};

/** Ask to be let in: this device says who its person is. Without effect on rooms until somebody admits it. */
export const joinOrg = (db: WritableDb, context: LogContext, org: LogId, self: Self): Result<Membership, Failure> => {
  const person = self.person ?? newPerson(context);
  const written = appendEvents(db, context, org, person, introduction(person, self));
  if (!written.ok) return written;
  setHomePerson(db, person);
  setHomeOrg(db, org, context.specOf);
  return ok({ org, person });
};

export type Admission = {
  readonly dev: DeviceId;
  readonly person: ActorId;
  readonly how: 'person' | 'sign-on';
  readonly databricksUser?: string;
  readonly roles: readonly Role[];
  readonly expiresAt?: Instant;
};

/** Say that a device is a person's, and what that person may do. */
export const admit = (
  db: WritableDb,
  context: LogContext,
  org: LogId,
  actor: ActorId,
  { dev, person, how, databricksUser, roles, expiresAt }: Admission,
): Result<readonly Written[], Failure> =>
  appendEvents(db, context, org, actor, [
    {
      type: 'device.confirmed',
      fields: { dev, person, how, ...(databricksUser === undefined ? {} : { databricks_user: databricksUser }) },
    },
    ...roles.map((role): EventDraft => grantDraft(person, role, expiresAt)),
  ]);

const grantDraft = (person: ActorId, role: Role, expiresAt?: Instant): EventDraft => ({
  type: 'role.granted',
  fields: { person, role, ...(expiresAt === undefined ? {} : { expires_at: expiresAt }) },
});

export const grantRole = (
  db: WritableDb,
  context: LogContext,
  org: LogId,
  actor: ActorId,
  person: ActorId,
  role: Role,
  expiresAt?: Instant,
): Result<EventHash | undefined, Failure> =>
  mapOk(appendEvents(db, context, org, actor, [grantDraft(person, role, expiresAt)]), ([first]) => first?.hash);

export const revokeRole = (
  db: WritableDb,
  context: LogContext,
  org: LogId,
  actor: ActorId,
  grant: EventHash,
  reason?: string,
): Result<readonly Written[], Failure> =>
  appendEvents(db, context, org, actor, [
    { type: 'role.revoked', fields: { grant, ...(reason === undefined ? {} : { reason }) }, over: [grant] },
  ]);

/** Logs whose hash of the head fits beside its number; with more of them the numbers must do. */
const hashedHeads = 200;

/**
 * A device is lost or not trusted: what it wrote after the heads that are known here has no effect, in every log; logs that
 * are not known here count from their beginning.
 */
export const revokeDevice = (
  db: WritableDb,
  context: LogContext,
  org: LogId,
  actor: ActorId,
  dev: DeviceId,
  reason?: string,
): Result<readonly Written[], Failure> => {
  const known = allLogs(db).flatMap(({ rid, id }) => {
    const stream = streamOf(db, rid, dev);
    return stream && stream.contig > 0 ? [{ id, seq: stream.contig, head: stream.head }] : [];
  });
  const heads: Record<string, JsonValue> = {};
  for (const { id, seq, head } of known) heads[id] = known.length <= hashedHeads ? [seq, head] : seq;
  const fields = { dev, heads, ...(reason === undefined ? {} : { reason }) };
  return appendEvents(db, context, org, actor, [{ type: 'device.revoked', fields }]);
};
