import type { Sql, Store } from '../../../main/store/port.ts';

/** Calls `strike` before every write within a transaction, with how many that makes so far. `undo` leaves the store as it was. */
export const beforeWrites = (
  store: Store,
  strike: (count: number) => void,
): { readonly count: () => number; readonly undo: () => void } => {
  const real = store.transaction;
  let writes = 0;
  const struck: typeof real = (work, flush) =>
    real(
      (db) =>
        work({
          ...db,
          run: (query: Sql) => {
            strike((writes += 1));
            return db.run(query);
          },
        }),
      flush,
    );
  Object.assign(store, { transaction: struck });
  return { count: () => writes, undo: () => void Object.assign(store, { transaction: real }) };
};
