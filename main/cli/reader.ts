import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { failure, thrownText, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { LogId } from '../../shared/domain/ids.ts';
import { isProfileName, profileFolder } from '../../shared/domain/paths.ts';
import { homeOrg } from '../log/context.ts';
import type { ReadableDb, Row } from '../store/port.ts';
import { type Driver, openDriver } from '../store/sqlite.ts';
import { applicationId } from '../store/store.ts';
import { thisMachine } from './machine.ts';
import { badProfileName, noProfile } from './profile-here.ts';

/** Queries over a connection that nobody else manages: no cache, no way to write. */
export const readerOf = (driver: Driver): ReadableDb => ({
  all: <T extends Row>(query: Parameters<ReadableDb['all']>[0]) => driver.prepare(query.text).all(query.values) as T[],
  first: <T extends Row>(query: Parameters<ReadableDb['first']>[0]) =>
    driver.prepare(query.text).get(query.values) as T | undefined,
  each: <T extends Row>(query: Parameters<ReadableDb['each']>[0]) =>
    driver.prepare(query.text).iterate(query.values) as IterableIterator<T>,
});

/** The organisation of a profile, read beside an app that may have it open. Makes, migrates and locks nothing. */
export const organisationOf = (name: string): Result<LogId, Failure> => {
  if (!isProfileName(name)) return err(badProfileName(name));
  const dir = profileFolder(thisMachine(), name);
  const file = join(dir, 'breakwater.db');
  if (!existsSync(file)) return err(noProfile(name, dir));
  let driver: Driver | null = null;
  try {
    driver = openDriver(file, { mustExist: true });
    const org = Number(driver.pragma('application_id')) === applicationId ? homeOrg(readerOf(driver)) : null;
    return org === null ? err(noProfile(name, dir)) : ok(org);
  } catch (thrown) {
    return err(
      failure(
        'ProfileUnreadable', `The profile "${name}" cannot be read: ${thrownText(thrown)}`, 'Nothing was written.',
        'Ask `breakwater doctor` what is wrong with it.',
      ),
    ); // prettier-ignore
  } finally {
    driver?.close();
  }
};
