import { err, type Result } from '../../shared/base/result.ts';
import { diskFull, type StoreFailure } from '../../main/store/failures.ts';
import type { Store, WritableDb } from '../../main/store/port.ts';

class Full extends Error {}

/** A store whose disk is full while `isFull` says so: the work of a transaction is done, and then rolled back. */
export const withFullDisk = (store: Store, isFull: (db: WritableDb) => boolean): Store => ({
  ...store,
  transaction: <T, E = never>(
    work: (db: WritableDb) => Result<T, E>,
    flush?: 'at-once' | 'later',
  ): Result<T, E | StoreFailure> => {
    try {
      return store.transaction<T, E>((db) => {
        const done = work(db);
        if (isFull(db)) throw new Full();
        return done;
      }, flush);
    } catch (thrown) {
      if (thrown instanceof Full) return err(diskFull('/test/breakwater.db', 'SQLITE_FULL'));
      throw thrown;
    }
  },
});
