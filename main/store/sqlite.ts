import Database from 'better-sqlite3';
import type { SqlValue } from './port.ts';

/**
 * The driver seam: the only file that imports better-sqlite3. An authenticated-cipher fork can take its place under the
 * same name later. Everything here may throw the driver's errors; store.ts turns them into named failures.
 */
export type DriverStatement = {
  readonly all: (values: readonly SqlValue[]) => unknown[];
  readonly get: (values: readonly SqlValue[]) => unknown;
  readonly iterate: (values: readonly SqlValue[]) => IterableIterator<unknown>;
  readonly run: (values: readonly SqlValue[]) => number;
};
export type Driver = {
  readonly prepare: (text: string) => DriverStatement;
  readonly exec: (text: string) => void;
  /** Value of a pragma as the engine reads it back. */
  readonly pragma: (text: string) => unknown;
  readonly inTransaction: () => boolean;
  readonly close: () => void;
};

/** Open a file. `mustExist` never creates one. */
export const openDriver = (path: string, options: { readonly mustExist?: boolean } = {}): Driver => {
  const db = new Database(path, { fileMustExist: options.mustExist ?? false, timeout: 0 });
  return {
    prepare: (text) => {
      const statement = db.prepare<SqlValue[]>(text);
      return {
        all: (values) => statement.all(...values),
        get: (values) => statement.get(...values),
        iterate: (values) => statement.iterate(...values),
        run: (values) => statement.run(...values).changes,
      };
    },
    exec: (text) => {
      db.exec(text);
    },
    pragma: (text) => db.pragma(text, { simple: true }),
    inTransaction: () => db.inTransaction,
    close: () => {
      db.close();
    },
  };
};
