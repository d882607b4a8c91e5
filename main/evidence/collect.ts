import { isJsonObject, type JsonValue } from '../../shared/base/json.ts';
import { isActorId, isOrgLog, type LogId } from '../../shared/domain/ids.ts';
import type { EventLine } from '../../shared/domain/event.ts';
import { sha256Url } from '../log/digest.ts';
import { lineHash, parseLine } from '../log/line.ts';
import type { EventLog, StreamHead, WireEvent } from '../log/port.ts';
import type { Views } from '../log/views-port.ts';
import type { ReadableDb } from '../store/port.ts';

/**
 * Which events and disclosures of a profile go into the pack of a room: every stream of the room and of its organisation's
 * log, from 1 to the newest event that can be read. Lines always go whole. Disclosures of the organisation's log go only
 * where they are about people and signals of this room: a regulator need not read the names of other incidents.
 */
export type Source = { readonly db: ReadableDb; readonly log: EventLog; readonly views: Views };
export type Collected = {
  readonly room: LogId;
  readonly org: LogId | null;
  /** Newest packable event of every stream. */
  readonly heads: readonly (StreamHead & { readonly log: LogId })[];
  /** Streams whose later lines are sealed: this device has no key for them. */
  readonly sealed: readonly { readonly log: LogId; readonly dev: string; readonly from: number }[];
  readonly events: () => Iterable<WireEvent>;
};

const page = 500;

function* streamEvents({ db, log }: Source, id: LogId, head: StreamHead): Generator<WireEvent> {
  for (let from = 1; from <= head.seq; from += page)
    yield* log.read(db, id, head.dev, from, Math.min(head.seq, from + page - 1));
}

/** The newest event before the first sealed one. */
const readableHead = (
  source: Source,
  id: LogId,
  head: StreamHead,
): { readonly head: StreamHead | null; readonly sealedFrom: number | null } => {
  let before: string | null = null;
  let seq = 0;
  for (const { line } of streamEvents(source, id, head)) {
    if (line.startsWith('{')) {
      before = line;
      seq += 1;
      continue;
    }
    if (before === null) return { head: null, sealedFrom: 1 };
    const parsed = parseLine(before);
    if (!parsed.ok) return { head: null, sealedFrom: 1 };
    return { head: { dev: head.dev, seq, hash: lineHash(before) }, sealedFrom: seq + 1 };
  }
  return { head, sealedFrom: null };
};

const idsIn = (value: JsonValue, found: Set<string>): void => {
  if (typeof value === 'string') {
    if (isActorId(value)) found.add(value);
  } else if (Array.isArray(value)) for (const inner of value as readonly JsonValue[]) idsIn(inner, found);
  else if (isJsonObject(value)) for (const inner of Object.values(value)) idsIn(inner, found);
};

type Concern = {
  readonly people: ReadonlySet<string>;
  readonly devices: ReadonlySet<string>;
  readonly signals: ReadonlySet<string>;
  readonly room: LogId;
};

/** People who wrote in the room or are named in clear there, the devices of both, and those who vouched for them. */
const concernOf = (source: Source, room: LogId, org: LogId | null, roomEvents: Iterable<WireEvent>): Concern => {
  const people = new Set<string>();
  const devices = new Set<string>();
  for (const { line } of roomEvents) {
    const parsed = parseLine(line);
    if (!parsed.ok) continue;
    people.add(parsed.value.actor);
    devices.add(parsed.value.dev);
    idsIn(parsed.value.c, people);
  }
  const known = org === null ? [] : source.views.devices(source.db, org);
  for (const { dev, person, by } of known) {
    if (person !== null && people.has(person)) devices.add(dev);
    if (devices.has(dev) && by !== null) people.add(by.actor);
  }
  const header = source.views.roomHeader(source.db, room);
  return { people, devices, signals: new Set(header?.signals ?? []), room };
};

const own = (line: EventLine, name: string): string => {
  const value = Object.hasOwn(line.c, name) ? line.c[name] : undefined;
  return typeof value === 'string' ? value : '';
};

/** True when the disclosures of an organisation's event are about this room. */
const concerns = (line: EventLine, concern: Concern): boolean => {
  switch (line.type) {
    case 'person.added':
    case 'device.registered':
    case 'device.confirmed':
      return concern.people.has(own(line, 'person'));
    case 'device.revoked':
      return concern.devices.has(own(line, 'dev'));
    case 'room.announced':
      return own(line, 'log') === concern.room;
    case 'signal.judged':
      return concern.signals.has(own(line, 'signal_id'));
    case 'stream.opened':
      return concern.devices.has(line.dev);
    case 'redacted':
      return true;
    default:
      return false;
  }
};

/** Disclosures in the order of the line's digests, which is the only order that a reader of the pack knows. */
const inOrder = (line: EventLine, told: readonly string[]): readonly string[] => {
  const byDigest = new Map(told.map((text) => [sha256Url(text), text]));
  return line._sd.flatMap((digest) => byDigest.get(digest) ?? []);
};

/** What a pack of `room` would hold now. `withhold` leaves out more disclosures (their digests are listed, nothing breaks). */
export const collect = (
  source: Source,
  room: LogId,
  withhold: (line: EventLine, disclosure: string) => boolean = () => false,
): Collected => {
  const { db, log, views } = source;
  const org = views.roomHeader(db, room)?.org ?? null;
  const sealed: Collected['sealed'][number][] = [];
  const heads: Collected['heads'][number][] = [];
  // The organisation first: who may do what is known before it is judged.
  for (const id of org === null ? [room] : [org, room]) {
    for (const head of [...log.heads(db, id)].sort((a, b) => (a.dev < b.dev ? -1 : 1))) {
      const readable = readableHead(source, id, head);
      if (readable.head !== null) heads.push({ ...readable.head, log: id });
      if (readable.sealedFrom !== null) sealed.push({ log: id, dev: head.dev, from: readable.sealedFrom });
    }
  }
  const roomEvents = function* (): Generator<WireEvent> {
    for (const head of heads) if (head.log === room) yield* streamEvents(source, room, head);
  };
  return {
    room,
    org,
    heads,
    sealed,
    *events() {
      const concern = concernOf(source, room, org, roomEvents());
      for (const head of heads) {
        for (const { line, d, sig } of streamEvents(source, head.log, head)) {
          const parsed = parseLine(line);
          if (!parsed.ok) continue;
          const open = !isOrgLog(head.log) || concerns(parsed.value, concern);
          // What is sealed cannot be read by the recipient either; its digest is listed as withheld.
          const told = open ? d.filter((text) => !text.startsWith('enc1.') && !withhold(parsed.value, text)) : [];
          yield { line, d: inOrder(parsed.value, told), sig };
        }
      }
    },
  };
};
