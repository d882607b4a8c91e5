import { type Failure, failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { EventHash, LogId } from '../../shared/domain/ids.ts';
import { isOrgLog } from '../../shared/domain/ids.ts';
import type { EventDraft } from '../log/port.ts';
import type { RoomHeader } from '../log/views-port.ts';
import type { ReadableDb, WritableDb } from '../store/port.ts';
import type { Parts } from './parts.ts';

export type Written = { hashes: EventHash[] };

/**
 * One user act on one log: `draft` reads what it needs (heads, entities) and says what to write, in the transaction that
 * stores it. The answer comes after the commit.
 */
export const write = (
  parts: Parts,
  log: LogId,
  draft: (db: WritableDb) => Result<readonly EventDraft[], Failure>,
): Result<Written, Failure> =>
  parts.profile.store.transaction((db) => {
    const drafts = draft(db);
    return drafts.ok ? append(parts, db, log, drafts.value) : drafts;
  });

/** Append inside an open transaction, as this profile's person. */
export const append = (
  parts: Parts,
  db: WritableDb,
  log: LogId,
  drafts: readonly EventDraft[],
): Result<Written, Failure> => {
  const appended = parts.log.append(db, log, parts.who().person, drafts);
  return appended.ok ? ok({ hashes: appended.value.map(({ hash }) => hash) }) : appended;
};

/** The same for a room that must be there. */
export const writeInRoom = (
  parts: Parts,
  log: string,
  draft: (db: WritableDb, room: RoomHeader) => Result<readonly EventDraft[], Failure>,
): Result<Written, Failure> =>
  write(parts, log as LogId, (db) => {
    const room = roomOf(parts, db, log);
    return room.ok ? draft(db, room.value) : room;
  });

/** The header of a room, or a failure that says that it is not here. */
export const roomOf = (parts: Parts, db: ReadableDb, log: string): Result<RoomHeader, Failure> => {
  const header = isOrgLog(log as LogId) ? null : parts.views.roomHeader(db, log as LogId);
  return header === null ? err(noSuchRoom(log)) : ok(header);
};

const noSuchRoom = (log: string): Failure =>
  failure(
    'NoSuchRoom',
    'This room is not on this device.',
    'Nothing was changed.',
    'Sync, or ask whoever opened it to share it; then try again.',
    log,
  );

/** A task, note, decision, handover or file that is not in this room (or was kept without effect). */
export const noSuchEntry = (what: string, id: string): Failure =>
  failure(
    'NoSuchEntry',
    `This ${what} is not in this room on this device.`,
    'Nothing was changed.',
    'Look at the timeline again: it may not have arrived yet.',
    id,
  );

/** Leave out what was not given: fields of an event are there or absent, never null. */
export const given = <T extends Readonly<Record<string, unknown>>>(fields: T): { [K in keyof T]: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)) as {
    [K in keyof T]: NonNullable<T[K]>;
  };
