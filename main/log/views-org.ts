import type { DecodedEvent } from '../../shared/domain/event.ts';
import {
  isActorId,
  isLogId,
  type ActorId,
  type DeviceId,
  type EventHash,
  type LogId,
} from '../../shared/domain/ids.ts';
import type { Role } from '../../shared/domain/policy.ts';
import type { KeyProtection, Verdict } from '../../shared/domain/vocabulary.ts';
import type { Instant } from '../../shared/base/time.ts';
import { eventByHash, eventsOfTypes } from '../store/events.ts';
import { streamsOf } from '../store/logs.ts';
import { bindingsOf, cutsOf, standingGrants } from '../store/orgs.ts';
import type { ReadableDb } from '../store/port.ts';
import { entitiesOf, entryOf } from '../store/projections.ts';
import { decoded, fieldText, headEvents, openView, settled, type LogView } from './settled.ts';
import type { AnnouncedRoom, DeviceView, PersonView, RoleView, VerdictView } from './views-port.ts';

/** Events of an org log that count. Control events have an entry only when they are without effect. */
const effectiveEvents = (view: LogView, type: string): readonly DecodedEvent[] =>
  eventsOfTypes(view.db, view.row.rid, [type])
    .filter((row) => row.sealed === 0 && entryOf(view.db, row.rid) === undefined)
    .map(decoded);

/** Effective grants that nobody revoked. With `at`, those that have run out by then are left away. */
export const rolesOf = (db: ReadableDb, org: LogId, person: ActorId, at?: Instant): readonly RoleView[] =>
  standingGrants(db, org, person)
    .filter((grant) => at === undefined || grant.expires_at === null || grant.expires_at >= at)
    .map((grant) => ({ role: grant.role as Role, grant: grant.hash as EventHash, expiresAt: grant.expires_at }));

export const devices = (db: ReadableDb, org: LogId): readonly DeviceView[] => {
  const view = openView(db, org);
  if (!view) return [];
  const bindings = bindingsOf(db, org);
  const revoked = new Set(cutsOf(db, org).map(({ dev }) => dev));
  const opened = new Map(effectiveEvents(view, 'stream.opened').map((event) => [event.dev as string, event]));
  const registered = new Map(effectiveEvents(view, 'device.registered').map((event) => [event.dev as string, event]));
  const known = new Set([...registered.keys(), ...bindings.map(({ dev }) => dev)]);
  const first = new Map(streamsOf(db, view.row.rid).map(({ dev }, index) => [dev, index]));
  return [...known]
    .sort((a, b) => (first.get(a) ?? 0) - (first.get(b) ?? 0))
    .map((dev): DeviceView => {
      const binding = bindings.find((row) => row.dev === dev);
      const row = binding && eventByHash(db, binding.hash);
      const confirmation = row && decoded(row);
      const registration = registered.get(dev);
      const opening = opened.get(dev);
      return {
        dev: dev as DeviceId,
        person: (binding?.person ?? registration?.actor ?? null) as ActorId | null,
        label: registration ? fieldText(registration, 'label') : null,
        keyProtection: opening ? (fieldText(opening, 'key_protection') as KeyProtection | null) : null,
        state: revoked.has(dev) ? 'revoked' : binding ? 'attested' : 'pending',
        how: (binding?.how ?? null) as DeviceView['how'],
        by: confirmation ? view.author(confirmation) : null,
        confirmation: confirmation?.hash ?? null,
        registeredAt: registration?.at ?? null,
      };
    });
};

export const pendingJoins = (db: ReadableDb, org: LogId): readonly DeviceView[] =>
  devices(db, org).filter(({ state }) => state === 'pending');

export const people = (db: ReadableDb, org: LogId): readonly PersonView[] => {
  const view = openView(db, org);
  if (!view) return [];
  const all = devices(db, org);
  const named = entitiesOf(db, view.row.rid, 'name');
  const persons = new Set([...named, ...all.flatMap(({ person }) => (person === null ? [] : [person]))]);
  return [...persons].filter(isActorId).map((person): PersonView => {
    const own = all.filter((device) => device.person === person);
    const [head] = headEvents(view, person, 'name');
    return {
      person,
      name: settled<string>(view, person, 'name'),
      email: head ? fieldText(head, 'email') : null,
      attested: own.some(({ state }) => state === 'attested'),
      devices: own,
      roles: rolesOf(db, org, person),
    };
  });
};

export const verdicts = (db: ReadableDb, org: LogId): readonly VerdictView[] => {
  const view = openView(db, org);
  if (!view) return [];
  return entitiesOf(db, view.row.rid, 'verdict').map((signalId) => {
    const [head] = headEvents(view, signalId, 'verdict');
    return {
      signalId,
      verdict: settled<Verdict>(view, signalId, 'verdict'),
      reason: head ? fieldText(head, 'reason') : null,
      snapshot: head?.fields['snapshot'] ?? null,
    };
  });
};

/** Rooms that the organisation knows of, each at its first announcement. */
export const announcedRooms = (db: ReadableDb, org: LogId): readonly AnnouncedRoom[] => {
  const view = openView(db, org);
  if (!view) return [];
  const rooms = new Map<string, AnnouncedRoom>();
  const announced = effectiveEvents(view, 'room.announced').toSorted((a, b) => (a.hlc < b.hlc ? -1 : 1));
  for (const event of announced) {
    const log = fieldText(event, 'log');
    if (!isLogId(log) || rooms.has(log)) continue;
    rooms.set(log, { log, title: fieldText(event, 'title'), by: view.author(event), at: event.at });
  }
  return [...rooms.values()];
};
