import type { Brand } from '../../shared/base/brand.ts';
import type { Result } from '../../shared/base/result.ts';
import type { StoreFailure } from './failures.ts';

/** What SQLite takes and gives. Integers above 2^53 cross as bigint only where a caller asks; we keep them as text. */
export type SqlValue = string | number | bigint | null | Uint8Array;
export type Row = Readonly<Record<string, SqlValue>>;

/** A statement that was written with the `sql` template: text and values never mix (sql.ts is the only maker). */
export type Sql = { readonly text: string; readonly values: readonly SqlValue[] } & Brand<object, 'Sql'>;

/** A handle that can only read: a function's signature says whether it writes. */
export type ReadableDb = {
  readonly all: <T extends Row>(query: Sql) => readonly T[];
  readonly first: <T extends Row>(query: Sql) => T | undefined;
  readonly each: <T extends Row>(query: Sql) => IterableIterator<T>;
};

declare const writableKey: unique symbol;
export type WritableDb = ReadableDb & {
  readonly [writableKey]: true;
  /** Run one statement; the number of changed rows. */
  readonly run: (query: Sql) => number;
};

export type Store = {
  readonly read: ReadableDb;
  /**
   * One `BEGIN IMMEDIATE` … COMMIT (synchronous=FULL). Rolls back when `work` returns an Err or throws. Not nestable.
   * A full disk, a damaged or read-only file come back as a StoreFailure; a bug is thrown on.
   * `later` does not wait for the disk: for what can be read again, never for what a person wrote. It outlives the process at
   * once; a loss of power may undo it, whole and with all that came after it, until the next commit that waits has flushed the
   * one log that all are written to.
   */
  readonly transaction: <T, E = never>(
    work: (db: WritableDb) => Result<T, E>,
    flush?: 'at-once' | 'later',
  ) => Result<T, E | StoreFailure>;
  /** Called after each commit, in order; the subscriptions of the core hang on it. */
  readonly onCommit: (listener: () => void) => () => void;
  /** Backup by VACUUM INTO only; the target must not exist. */
  readonly backup: (path: string) => void;
  /** Full integrity check (seconds on large files): what is wrong, in SQLite's words; empty = nothing. */
  readonly check: () => readonly string[];
  readonly close: () => void;
};
