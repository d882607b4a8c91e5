import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { storeFailureOf, type StoreFailure } from './failures.ts';
import { openEpochFile, type EpochFile } from './files.ts';
import { holdProfile } from './lock.ts';
import type { Store } from './port.ts';
import { openStore, type StoreDeps } from './store.ts';

/** An open profile folder; this process is its only one until `close`. */
export type Profile = {
  readonly dir: string;
  readonly store: Store;
  readonly epoch: EpochFile;
  readonly paths: {
    readonly database: string;
    readonly deviceKey: string;
    readonly retiredKeys: string;
    readonly blobs: string;
  };
  readonly close: () => void;
};

/**
 * Open or create a profile folder: `breakwater.db`, `device.key`, `epoch`, `blobs/`, `lock`. Failures as in `openStore`,
 * and InUse when another process holds it. The folder is made with mode 0700.
 */
export const openProfile = (dir: string, deps: StoreDeps): Result<Profile, StoreFailure> => {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    const named = storeFailureOf(thrown, dir);
    if (named === null) throw thrown;
    return err(named);
  }
  const lock = holdProfile(dir, process.pid);
  if (!lock.ok) return lock;
  const paths = {
    database: join(dir, 'breakwater.db'),
    deviceKey: join(dir, 'device.key'),
    retiredKeys: join(dir, 'retired'),
    blobs: join(dir, 'blobs'),
  };
  const store = openStore(paths.database, deps);
  if (!store.ok) {
    lock.value.release();
    return store;
  }
  const epoch = openEpochFile(join(dir, 'epoch'));
  return ok({
    dir,
    store: store.value,
    epoch,
    paths,
    close: () => {
      epoch.close();
      store.value.close();
      lock.value.release();
    },
  });
};
