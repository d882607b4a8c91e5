import { type Failure, failure } from '../../../shared/base/failure.ts';
import { err, mapOk, ok, type Result } from '../../../shared/base/result.ts';
import type { People } from '../../../shared/contract/share.ts';
import type { ActorId, DeviceId, EventHash } from '../../../shared/domain/ids.ts';
import { admit, grantRole, revokeDevice, revokeRole } from '../../log/org.ts';
import type { DeviceView, PersonView } from '../../log/views-port.ts';
import type { WritableDb } from '../../store/port.ts';
import type { Sync } from '../../sync/engine.ts';
import { displayName, fingerprint } from '../display.ts';
import type { HandlersOf } from '../handlers.ts';
import type { Parts } from '../parts.ts';
import { namesOf } from '../people.ts';
import { noSuchEntry, write, type Written } from '../write.ts';

type PeopleCalls = 'people.list' | 'person.rename' | 'device.admit' | 'device.revoke' | 'role.grant' | 'role.revoke';

/** People, devices and roles of the organisation: who is who, who may do what, and who let them in. */
export const peopleCalls = (parts: Parts, sync: Pick<Sync, 'devices'>): HandlersOf<PeopleCalls> => {
  const { views, context, profile } = parts;
  const db = profile.store.read;
  const { transaction } = profile.store;

  const hashes = (written: readonly { readonly hash: EventHash }[]): Written => ({
    hashes: written.map(({ hash }) => hash),
  });
  const isMember = (person: string): boolean => views.people(db, parts.who().org).some((one) => one.person === person);

  const personView = (view: PersonView, lastSeen: ReadonlyMap<string, string | null>): People['people'][number] => {
    const { org, person: me, device } = parts.who();
    const names = namesOf(db, views, org, me);
    return {
      person: {
        id: view.person,
        name: displayName(names.nameOf(view.person)),
        attested: view.attested,
        you: names.isMe(view.person),
      },
      email: view.email,
      roles: view.roles.map(({ role, grant }) => ({ role, grant })),
      devices: view.devices.map(({ dev, label, state }) => ({
        id: dev,
        label: label === null ? null : displayName(label),
        state: deviceStates[state],
        fingerprint: fingerprint(dev),
        lastSeen: lastSeen.get(dev) ?? null,
        you: dev === device,
      })),
    };
  };

  const onRole = (work: (db: WritableDb) => Result<Written, Failure>): Result<Written, Failure> => transaction(work);

  return {
    'people.list': () => {
      const { org } = parts.who();
      const lastSeen = new Map(sync.devices().map(({ dev, wroteAt }) => [dev as string, wroteAt]));
      return ok({
        org,
        people: views
          .people(db, org)
          .slice(0, 500)
          .map((view) => personView(view, lastSeen)),
      });
    },
    'person.rename': ({ name }) => {
      const { org, person } = parts.who();
      const email = views.people(db, org).find((one) => one.person === person)?.email ?? null;
      const fields = { person, name, ...(email === null ? {} : { email }) };
      return write(parts, org, () => ok([{ type: 'person.added', fields }]));
    },
    'device.admit': ({ device, person, roles }) =>
      onRole((writable) => {
        const { org, person: me } = parts.who();
        const asking = views.pendingJoins(writable, org).find(({ dev }) => dev === device);
        if (asking === undefined) return err(noSuchEntry('device', device));
        // A device says whose it is; admitting it for somebody else would put words into that person's mouth.
        if (asking.person !== person) return err(otherPerson);
        const admission = { dev: asking.dev, person: asking.person, how: 'person', roles } as const;
        return mapOk(admit(writable, context, org, me, admission), hashes);
      }),
    'device.revoke': ({ device, reason }) =>
      onRole((writable) => {
        const { org, person: me } = parts.who();
        if (!views.devices(writable, org).some(({ dev }) => dev === device)) return err(noSuchEntry('device', device));
        return mapOk(revokeDevice(writable, context, org, me, device as DeviceId, reason), hashes);
      }),
    'role.grant': ({ person, role }) =>
      onRole((writable) => {
        const { org, person: me } = parts.who();
        if (!isMember(person)) return err(noSuchEntry('person', person));
        const granted = grantRole(writable, context, org, me, person as ActorId, role);
        return mapOk(granted, (hash) => ({ hashes: hash === undefined ? [] : [hash] }));
      }),
    'role.revoke': ({ grant, reason }) =>
      onRole((writable) => {
        const { org, person: me } = parts.who();
        const holder = views.people(writable, org).find((one) => one.roles.some((role) => role.grant === grant));
        if (holder === undefined) return err(noSuchEntry('role', grant));
        const admins = views.people(writable, org).flatMap((one) => one.roles.filter(({ role }) => role === 'admin'));
        if (admins.length === 1 && admins[0]?.grant === grant) return err(lastAdmin);
        return mapOk(revokeRole(writable, context, org, me, grant as EventHash, reason), hashes);
      }),
  };
};

const deviceStates: Readonly<Record<DeviceView['state'], People['people'][number]['devices'][number]['state']>> = {
  pending: 'asking',
  attested: 'attested',
  revoked: 'revoked',
};

const otherPerson: Failure = failure(
  'OtherPerson',
  'This device says that it belongs to somebody else.',
  'Nobody was admitted.',
  'Compare the fingerprint with the person in front of you, and admit the device for the person that it names.',
);
const lastAdmin: Failure = failure(
  'LastAdmin',
  'This is the last administrator: without one nobody could be admitted or given a role any more.',
  'Nothing was changed.',
  'Make somebody else an administrator first.',
);
