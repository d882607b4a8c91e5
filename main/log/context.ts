import type { Clock, RandomBytes } from '../../shared/base/time.ts';
import { toInstant } from '../../shared/base/time.ts';
import { isActorId, isLogId, isOrgLog, type ActorId, type LogId } from '../../shared/domain/ids.ts';
import { addLog, allLogs, logById, setLogOrg, type LogRow } from '../store/logs.ts';
import type { ReadableDb, WritableDb } from '../store/port.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import { orgsOf } from '../store/sync.ts';
import type { SpecOf } from './decode.ts';
import type { Device } from './port.ts';
import { rebuildLog } from './project.ts';

/** What every part of the log needs; `device` is asked each time because a key can be replaced while running. */
export type LogContext = {
  readonly device: () => Device;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly specOf: SpecOf;
  /** Name and version of this program, as `stream.opened` tells it. */
  readonly app: string;
};

const orgKey = 'log.org';
const personKey = 'log.person';

/** The person that this profile writes as; null before it founded or joined an organisation. */
export const homePerson = (db: ReadableDb): ActorId | null => {
  const set = getSetting(db, personKey);
  return isActorId(set) ? set : null;
};

export const setHomePerson = (db: WritableDb, person: ActorId): void => {
  setSetting(db, personKey, person);
};

/** The organisation of this profile: joined or founded; else the only one whose log is here. */
export const homeOrg = (db: ReadableDb): LogId | null => {
  const set = getSetting(db, orgKey);
  if (isLogId(set)) return set;
  const orgs = allLogs(db).filter(({ id }) => isOrgLog(id as LogId));
  return orgs.length === 1 ? ((orgs[0]?.id ?? null) as LogId | null) : null;
};

/** Who governs a room that is new here: the organisation that announces it; the profile's own where it does, or nobody. */
const governorOf = (db: ReadableDb, room: LogId): LogId | null => {
  const home = homeOrg(db);
  const announcing = orgsOf(db, room);
  return home !== null && announcing.includes(home) ? home : (announcing[0] ?? home);
};

/**
 * Rooms that nobody governed yet get the profile's organisation, and their events are judged again. So do rooms that it
 * announces and this profile had under another one: opened or pulled here before the profile joined.
 */
const adoptRooms = (db: WritableDb, specOf: SpecOf): void => {
  const org = homeOrg(db);
  if (org === null) return;
  for (const row of allLogs(db)) {
    if (isOrgLog(row.id as LogId) || row.org === org) continue;
    if (row.org !== null && !orgsOf(db, row.id as LogId).includes(org)) continue;
    setLogOrg(db, row.rid, org);
    rebuildLog(db, row.rid, specOf);
  }
};

/** Say which organisation this profile belongs to. */
export const setHomeOrg = (db: WritableDb, org: LogId, specOf: SpecOf): void => {
  setSetting(db, orgKey, org);
  adoptRooms(db, specOf);
};

/** The row of a log, made when it is new. */
export const ensureLog = (db: WritableDb, context: LogContext, id: LogId): LogRow => {
  const known = logById(db, id);
  if (known) return known;
  const at = toInstant(context.clock.now());
  if (!isOrgLog(id)) return addLog(db, id, governorOf(db, id), at);
  const row = addLog(db, id, null, at);
  adoptRooms(db, context.specOf);
  return row;
};
