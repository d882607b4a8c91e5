import type { Failure } from '../../shared/base/failure.ts';
import { isJsonObject } from '../../shared/base/json.ts';
import { mapOk, ok, type Result } from '../../shared/base/result.ts';
import { isLogId } from '../../shared/domain/ids.ts';
import type { WritableDb } from '../store/port.ts';
import { dropSetting, getSetting, setSetting } from '../store/settings.ts';
import { homeOrg, homePerson, type LogContext } from './context.ts';
import { toBase64Url } from './digest.ts';
import { successionText } from './org-judge.ts';
import type { Device } from './port.ts';
import { appendEvents } from './writer.ts';

/**
 * A profile that takes a new key (restored or copied, event-format section 3) must not lose its person's standing, or a team
 * of one could never write again. The former key signs one statement, "this is my successor", and nothing else ever again.
 * It says no more than whoever holds the former key could say anyway by writing as that device.
 */
const key = 'log.succession';

/** Keep the former key's word until the new device's first event can carry it. No organisation, no need. */
export const vouchFor = (db: WritableDb, former: Device, successor: Device): void => {
  const org = homeOrg(db);
  const person = homePerson(db);
  if (org === null || person === null) return;
  const proof = toBase64Url(former.sign(successionText(org, person, former.id, successor.id)));
  setSetting(db, key, { org, former: former.id, successor: successor.id, proof });
};

/** Write the kept word as device.registered of the new device; nothing to do in most starts. */
export const writeSuccession = (db: WritableDb, context: LogContext): Result<null, Failure> => {
  const kept = getSetting(db, key);
  const person = homePerson(db);
  if (!isJsonObject(kept) || person === null || kept['successor'] !== context.device().id) return ok(null);
  const { org, former, proof } = kept;
  if (!isLogId(org) || typeof former !== 'string' || typeof proof !== 'string') return ok(null);
  dropSetting(db, key);
  const fields = { person, succeeds: former, proof };
  return mapOk(appendEvents(db, context, org, person, [{ type: 'device.registered', fields }]), () => null);
};
