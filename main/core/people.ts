import type { Person } from '../../shared/contract/common.ts';
import type { ActorId, LogId } from '../../shared/domain/ids.ts';
import type { Author, Views } from '../log/views-port.ts';
import type { ReadableDb } from '../store/port.ts';

/** Names for ids, looked up once for one answer: names live only in the org log's disclosures, and can be redacted. */
export type Names = {
  readonly nameOf: (actor: ActorId) => string;
  readonly person: (author: Author) => Person;
  readonly isMe: (actor: ActorId) => boolean;
};

export const namesOf = (db: ReadableDb, views: Views, org: LogId | null, me: ActorId): Names => {
  const byId = new Map<string, string | null>();
  if (org !== null) for (const { person, name } of views.people(db, org)) byId.set(person, name.value);
  const nameOf = (actor: ActorId): string => byId.get(actor) ?? unnamed(actor);
  return {
    nameOf,
    isMe: (actor) => actor === me,
    person: ({ actor, attested }) => ({ id: actor, name: nameOf(actor), attested, you: actor === me }),
  };
};

/** Somebody whose name has not arrived, or was redacted: told apart by the first characters of the id. */
const unnamed = (actor: ActorId): string =>
  actor.startsWith('m_') ? actor.slice(2) : `Somebody (${actor.slice(2, 8)})`;
