import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { isProfileName, profileFolder } from '../../shared/domain/paths.ts';
import { openEventLog, type OpenLog } from '../log/open.ts';
import { openProfile, type Profile } from '../store/profile.ts';
import { appVersion, systemClock, systemRandom, thisMachine } from './machine.ts';

/** A profile opened by a command itself: no core, no network. This process holds the profile's lock until `close`. */
export type ProfileHere = { readonly profile: Profile; readonly open: OpenLog; readonly close: () => void };

export const noProfile = (name: string, dir: string): Failure =>
  failure(
    'NoSuchProfile', `There is no profile "${name}" (${dir}).`, 'Nothing was written.',
    'Name one with --profile, or start Breakwater once.',
  ); // prettier-ignore

export const badProfileName = (name: string): Failure =>
  failure(
    'BadProfileName', `"${name.slice(0, 60)}" is no profile name.`, 'Nothing was written.',
    'A profile name has 1 to 40 letters, digits, - or _.',
  ); // prettier-ignore

/**
 * Open a profile by name. Failures: NoSuchProfile (unless `create`), BadProfileName, those of the store (InUse while the app
 * runs) and of the device key. A key that the keyring holds can only be opened by the app, and the failure says so.
 */
export const openProfileHere = (name: string, create: boolean): Result<ProfileHere, Failure> => {
  if (!isProfileName(name)) return err(badProfileName(name));
  const dir = profileFolder(thisMachine(), name);
  if (!create && !existsSync(join(dir, 'breakwater.db'))) return err(noProfile(name, dir));
  const deps = { clock: systemClock, log: () => undefined };
  const profile = openProfile(dir, deps);
  if (!profile.ok) return profile;
  const open = openEventLog(profile.value, { ...deps, random: systemRandom, app: `breakwater ${appVersion()}` });
  if (!open.ok) {
    profile.value.close();
    return open;
  }
  return ok({
    profile: profile.value,
    open: open.value,
    close: () => {
      open.value.close();
      profile.value.close();
    },
  });
};
