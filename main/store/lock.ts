import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { inUse, storeFailureOf, type StoreFailure } from './failures.ts';
import { openDriver, type Driver } from './sqlite.ts';

/** What keeps a profile to one process. `release` may be called more than once. */
export type ProfileLock = { readonly release: () => void };

/** Locks of this process. A root on purpose: a connection that nobody refers to is closed by the garbage collector, and its
 * lock would go with it while the store, which others still hold, goes on. */
const heldHere = new Set<Driver>();

const holderOf = (path: string): string => {
  try {
    const [pid = ''] = readFileSync(path, 'utf8').split('\n');
    return /^\d{1,10}$/.test(pid) ? ` (process ${pid})` : '';
  } catch {
    return '';
  }
};

const closeQuietly = (driver: Driver | undefined): void => {
  if (driver?.inTransaction() === true) driver.exec('ROLLBACK');
  driver?.close();
};

/**
 * Hold a profile folder. `lock` names the holder's process for people; what decides is an operating-system lock on
 * `lock.held` (an exclusive SQLite transaction that is never ended), which the kernel drops when its process dies, however
 * it dies. So a stale `lock` needs no guess about process ids, which are reused: whoever gets the lock overwrites it.
 */
export const holdProfile = (dir: string, pid: number): Result<ProfileLock, StoreFailure> => {
  const named = join(dir, 'lock');
  const held = join(dir, 'lock.held');
  let driver: Driver | undefined;
  try {
    driver = openDriver(held);
    driver.pragma('journal_mode = MEMORY');
    driver.exec('BEGIN EXCLUSIVE');
    writeFileSync(named, `${pid}\n`, { mode: 0o600 });
  } catch (thrown) {
    closeQuietly(driver);
    const failure = storeFailureOf(thrown, dir);
    if (failure === null) throw thrown;
    return err(failure.tag === 'InUse' ? inUse(dir, holderOf(named)) : failure);
  }
  const own = driver;
  heldHere.add(own);
  let open = true;
  return ok({
    release: () => {
      if (!open) return;
      open = false;
      rmSync(named, { force: true });
      heldHere.delete(own);
      closeQuietly(own);
    },
  });
};
