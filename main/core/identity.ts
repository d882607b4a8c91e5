import { ensure } from '../../shared/base/assert.ts';
import type { Failure } from '../../shared/base/failure.ts';
import { failure } from '../../shared/base/failure.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import { type Clock, toInstant } from '../../shared/base/time.ts';
import type { ActorId, LogId } from '../../shared/domain/ids.ts';
import { roles as allRoles } from '../../shared/domain/policy.ts';
import { homeOrg, homePerson, type LogContext, setHomeOrg } from '../log/context.ts';
import { createOrg, joinOrg } from '../log/org.ts';
import type { Views } from '../log/views-port.ts';
import type { Store } from '../store/port.ts';
import { fingerprint } from './display.ts';
import type { Identity } from './parts.ts';

/** A profile that belongs nowhere founds its own organisation: one person with all roles, who needs nobody's leave. */
export const foundOnFirstStart = (store: Store, context: LogContext, name: string): Result<null, Failure> => {
  if (homeOrg(store.read) !== null && homePerson(store.read) !== null) return ok(null);
  return store.transaction<null, Failure>((db) => {
    const founded = createOrg(db, context, { name: name.trim() || 'You' });
    return founded.ok ? ok(null) : founded;
  });
};

/** Who acts, with roles as of now. Until a joined organisation admits this device its person only reads. */
export const identityOf = (store: Store, context: LogContext, views: Views, clock: Clock): Identity => {
  const db = store.read;
  const org: LogId = ensure(homeOrg(db), 'the first start founded an organisation');
  const person: ActorId = ensure(homePerson(db), 'the first start made a person');
  const device = context.device().id;
  const admitted = views.devices(db, org).some(({ dev, state }) => dev === device && state === 'attested');
  const held = new Set(views.rolesOf(db, org, person, toInstant(clock.now())).map(({ role }) => role));
  return { person, device, org, admitted, roles: admitted ? allRoles.filter((role) => held.has(role)) : ['viewer'] };
};

/** Become a member of another organisation: this device introduces its person there and waits to be admitted. */
export const joinOrganisation = (
  store: Store,
  context: LogContext,
  views: Views,
  org: LogId,
  who: { readonly person: ActorId; readonly name: string },
): Result<null, Failure> => {
  const device = context.device().id;
  if (homeOrg(store.read) === org) return ok(null);
  const isKnown = views.devices(store.read, org).some(({ dev }) => dev === device);
  return store.transaction<null, Failure>((db) => {
    if (isKnown) {
      setHomeOrg(db, org, context.specOf);
      return ok(null);
    }
    const joined = joinOrg(db, context, org, who);
    return joined.ok ? ok(null) : joined;
  });
};

/** What a person who waits to be admitted is told, with the words to read out over a phone. */
export const notAdmitted = (device: string): Failure =>
  failure(
    'NotAdmitted',
    'This organisation has not admitted this device yet: you can read, but not write.',
    'What you wrote before joining is safe on this disk, in your own rooms.',
    `Ask an administrator to admit the device with this fingerprint: ${fingerprint(device)}`,
  );
