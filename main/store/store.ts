import { existsSync, openSync, closeSync, readSync, statSync, accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { assert } from '../../shared/base/assert.ts';
import { thrownText } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/time.ts';
import { corrupt, fileNewerThanApp, notOurs, storeFailureOf, type StoreFailure } from './failures.ts';
import { migrate, newestVersion } from './migrate.ts';
import { migrations as allMigrations } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';
import type { ReadableDb, Row, Sql, Store, WritableDb } from './port.ts';
import { createPrivate, makePrivate } from './private-files.ts';
import { openDriver, type Driver, type DriverStatement } from './sqlite.ts';

/** 'BkWr': marks a SQLite file as ours, so that a foreign one is recognised before anything is written. */
export const applicationId = 0x426b5772;
/** Statements slower than this are reported, in ms. */
export const slowMs = 40;
/** A quick_check costs up to 5 ms per MB; above this size only `check()` (doctor) runs it. */
const quickCheckLimit = 96 * 1024 * 1024;
const cachedStatements = 500;

export type StoreDeps = {
  readonly clock: Clock;
  /** One line for the diagnostic log; never contains values. */
  readonly log: (line: string) => void;
  readonly migrations?: readonly Migration[];
  /** Tests only: SQLITE_FULL after so many pages, without filling a disk. */
  readonly maxPages?: number;
};

/** Settings of every connection, with the values that must read back (facts/security.md 2.3). */
export const pragmas: readonly (readonly [name: string, set: string, readBack: string | number])[] = [
  ['journal_mode', 'WAL', 'wal'],
  ['synchronous', 'FULL', 2],
  ['temp_store', 'MEMORY', 2],
  ['foreign_keys', 'ON', 1],
  ['trusted_schema', 'OFF', 0],
  ['cell_size_check', 'ON', 1],
  ['checkpoint_fullfsync', 'ON', 1],
  ['busy_timeout', '5000', 5000],
  // 32 MiB: twice as much gains nothing measurable, and half a million rows fill it.
  ['cache_size', '-32768', -32768],
];
/**
 * Bytes of a page in a new file; one that is there keeps its own. A row is about 700 bytes: twice SQLite's usual page takes a fifth
 * off what a bulk pull writes costs (calls, checksums and splits go by the page), four times as much would make a single note dear.
 */
const pageSize = 8_192;
/**
 * The log of writes is copied to the main file when it has so many bytes. SQLite's own 4 MB would copy pages of indexes, which a
 * bulk pull changes again and again, more often.
 */
const checkpointBytes = 4_000 * 4_096;

type Header = { readonly kind: 'new' } | { readonly kind: 'sqlite'; readonly application: number };

/** Look at a file's first bytes without SQLite, which would create journals beside a file that is not ours. */
const headerOf = (path: string): Header | 'foreign' => {
  if (!existsSync(path) || statSync(path).size === 0) return { kind: 'new' };
  const bytes = Buffer.alloc(100);
  const file = openSync(path, 'r');
  try {
    const read = readSync(file, bytes, 0, 100, 0);
    if (read < 100 || bytes.toString('latin1', 0, 16) !== 'SQLite format 3\0') return 'foreign';
    return { kind: 'sqlite', application: bytes.readUInt32BE(68) };
  } finally {
    closeSync(file);
  }
};

/** Readable and writable handles over one connection, with the statement cache and the slow-query log. */
const handles = (driver: Driver, deps: StoreDeps): { readonly read: ReadableDb; readonly write: WritableDb } => {
  const cache = new Map<string, DriverStatement>();
  const prepared = (text: string): DriverStatement => {
    const known = cache.get(text);
    if (known) return known;
    if (cache.size >= cachedStatements) cache.clear();
    const statement = driver.prepare(text);
    cache.set(text, statement);
    return statement;
  };
  const timed = <T>(query: Sql, work: () => T): T => {
    const start = deps.clock.now();
    const result = work();
    const ms = deps.clock.now() - start;
    if (ms > slowMs)
      deps.log(`slow query ${Math.round(ms)} ms: ${query.text.replace(/\s+/g, ' ').trim().slice(0, 300)}`);
    return result;
  };
  const read: ReadableDb = {
    all: <T extends Row>(query: Sql) => timed(query, () => prepared(query.text).all(query.values) as T[]),
    first: <T extends Row>(query: Sql) => timed(query, () => prepared(query.text).get(query.values) as T | undefined),
    // Not from the cache: an open iterator makes its statement busy.
    each: <T extends Row>(query: Sql) => driver.prepare(query.text).iterate(query.values) as IterableIterator<T>,
  };
  const write = {
    ...read,
    run: (query: Sql) => timed(query, () => prepared(query.text).run(query.values)),
  } as unknown as WritableDb;
  return { read, write };
};

type Work<T, E> = (db: WritableDb) => Result<T, E>;

const storeOf = (path: string, driver: Driver, deps: StoreDeps): Store => {
  const { read, write } = handles(driver, deps);
  const listeners = new Set<() => void>();
  let closed = false;
  const notify = (): void => {
    for (const listener of listeners) {
      try {
        listener();
      } catch (thrown) {
        deps.log(`listener after commit failed: ${thrownText(thrown)}`);
      }
    }
  };
  const rollback = (): void => {
    if (driver.inTransaction()) driver.exec('ROLLBACK');
  };
  const begun = <T, E>(work: Work<T, E>): Result<T, E> => {
    driver.exec('BEGIN IMMEDIATE');
    try {
      const result = work(write);
      if (result.ok) driver.exec('COMMIT');
      else rollback();
      return result;
    } catch (thrown) {
      rollback();
      throw thrown;
    }
  };
  /** Commits do not wait for the disk while it works: WAL with NORMAL may lose its end to a loss of power, never its order. */
  const unflushed = <T, E>(work: Work<T, E>): Result<T, E> => {
    driver.exec('PRAGMA synchronous = NORMAL');
    try {
      return begun(work);
    } finally {
      driver.exec('PRAGMA synchronous = FULL');
    }
  };
  return {
    read,
    transaction: <T, E>(work: Work<T, E>, flush: 'at-once' | 'later' = 'at-once'): Result<T, E | StoreFailure> => {
      assert(!driver.inTransaction(), 'transactions do not nest: hand the open handle down instead');
      let result: Result<T, E>;
      try {
        result = flush === 'later' ? unflushed(work) : begun(work);
      } catch (thrown) {
        const named = storeFailureOf(thrown, path);
        if (named === null) throw thrown;
        return err(named);
      }
      if (result.ok) notify();
      return result;
    },
    onCommit: (listener) => {
      // Wrapped, so that the same function may listen twice and each stop ends its own.
      const own = (): void => {
        listener();
      };
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
    backup: (target) => {
      assert(!existsSync(target), 'a backup never overwrites a file');
      createPrivate(target);
      write.run({ text: 'VACUUM INTO ?', values: [target] } as unknown as Sql);
    },
    check: () => {
      const rows = driver.prepare('PRAGMA integrity_check(20)').all([]) as { integrity_check: string }[];
      const lines = rows.map((row) => row.integrity_check);
      return lines.length === 1 && lines[0] === 'ok' ? [] : lines;
    },
    close: () => {
      if (closed) return;
      closed = true;
      try {
        driver.pragma('wal_checkpoint(TRUNCATE)');
        driver.pragma('optimize');
      } catch (thrown) {
        deps.log(`tidying at close failed: ${thrownText(thrown)}`);
      }
      driver.close();
    },
  };
};

/** Refuse what is not ours or newer before the first write; then settings, migrations, a quick check. May throw. */
const prepare = (path: string, driver: Driver, deps: StoreDeps): StoreFailure | null => {
  const migrations = deps.migrations ?? allMigrations;
  const newest = newestVersion(migrations);
  const tables = driver.prepare('SELECT count(*) AS n FROM sqlite_master').get([]) as { n: number };
  const application = Number(driver.pragma('application_id'));
  if (application !== applicationId && (application !== 0 || tables.n > 0)) {
    return notOurs(path, `its application id is ${application}`);
  }
  const version = Number(driver.pragma('user_version'));
  if (version > newest) return fileNewerThanApp(path, version, newest);
  // Before anything is written: a file keeps the size of its first page.
  if (tables.n === 0) driver.pragma(`page_size = ${pageSize}`);
  // Before WAL: so that the mark is in the main file from its first page on.
  if (application === 0) driver.pragma(`application_id = ${applicationId}`);
  for (const [name, value, readBack] of pragmas) {
    driver.pragma(`${name} = ${value}`);
    assert(driver.pragma(name) === readBack, `pragma ${name} must read back as ${readBack}`);
  }
  driver.pragma(`wal_autocheckpoint = ${Math.floor(checkpointBytes / Number(driver.pragma('page_size')))}`);
  if (statSync(path).size < quickCheckLimit) {
    const answer = driver.pragma('quick_check(1)');
    if (answer !== 'ok') return corrupt(path, String(answer));
  }
  if (deps.maxPages !== undefined) driver.pragma(`max_page_count = ${deps.maxPages}`);
  const userVersion = (): number => Number(driver.pragma('user_version'));
  migrate({ exec: driver.exec, userVersion }, migrations);
  return null;
};

/**
 * Open (or create) the database of a profile. Failures are named: NotOurs, FileNewerThanApp, Corrupt, ReadOnlyFolder,
 * DiskFull, InUse; on each of them the file stays as it was. Only its owner may read it and what lies beside it (0600).
 */
export const openStore = (path: string, deps: StoreDeps): Result<Store, StoreFailure> => {
  let driver: Driver | undefined;
  const fail = (problem: StoreFailure): Result<Store, StoreFailure> => {
    driver?.close();
    return err(problem);
  };
  try {
    const header = headerOf(path);
    if (header === 'foreign') return fail(notOurs(path, 'it does not begin like a SQLite file'));
    if (header.kind === 'sqlite' && header.application !== applicationId && header.application !== 0) {
      return fail(notOurs(path, `its application id is ${header.application}`));
    }
    accessSync(dirname(path), constants.W_OK);
    if (header.kind === 'sqlite') accessSync(path, constants.W_OK);
    // Before SQLite makes what lies beside it. Of a file that may not be ours only afterwards: it stays as it was.
    if (header.kind === 'new') createPrivate(path);
    else if (header.application === applicationId) makePrivate(path, deps.log);
    driver = openDriver(path);
    const problem = prepare(path, driver, deps);
    if (problem === null) makePrivate(path, deps.log);
    return problem ? fail(problem) : ok(storeOf(path, driver, deps));
  } catch (thrown) {
    const named = storeFailureOf(thrown, path);
    if (named === null) {
      driver?.close();
      throw thrown;
    }
    return fail(named);
  }
};
