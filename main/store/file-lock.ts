import { storeFailureOf } from './failures.ts';
import { openDriver, type Driver } from './sqlite.ts';

/** Locks of this process: one that nobody refers to would be closed, and released, by the garbage collector. */
const held = new Set<Driver>();

/**
 * Hold the file `path` over all processes, or null when another one does. An operating-system lock (an exclusive SQLite
 * transaction that is never ended, as in lock.ts), so it goes with its process, however that dies. Call the answer to let go.
 * Throws what the disk throws.
 */
export const tryFileLock = (path: string): (() => void) | null => {
  let driver: Driver | undefined;
  try {
    driver = openDriver(path);
    driver.pragma('journal_mode = MEMORY');
    driver.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    if (driver?.inTransaction() === true) driver.exec('ROLLBACK');
    driver?.close();
    if (storeFailureOf(thrown, path)?.tag === 'InUse') return null;
    throw thrown;
  }
  const own = driver;
  held.add(own);
  return () => {
    if (!held.delete(own)) return;
    own.exec('ROLLBACK');
    own.close();
  };
};
