import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  openSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { err, ok } from '../../shared/base/result.ts';
import { assertMonotonic } from '../../main/store/migrate.ts';
import { migrations } from '../../main/store/migrations/index.ts';
import { getSetting, setSetting } from '../../main/store/settings.ts';
import { sql, sqlId, sqlJoin } from '../../main/store/sql.ts';
import { openDriver } from '../../main/store/sqlite.ts';
import { applicationId, openStore, pragmas, slowMs, type StoreDeps } from '../../main/store/store.ts';
import { cleanUp, must, tempFolder } from '../support/log.ts';
import { asPlainUser } from '../support/plain-user.ts';

afterAll(cleanUp);

const deps = (more: Partial<StoreDeps> = {}): StoreDeps => ({ clock: { now: () => 0 }, log: () => undefined, ...more });
const newPath = (): string => join(tempFolder('store'), 'breakwater.db');

describe('a new database', () => {
  test('has every setting that durability rests on, read back from the engine', () => {
    const path = newPath();
    must(openStore(path, deps())).close();
    const store = must(openStore(path, deps()));
    for (const [name, , readBack] of pragmas) {
      const row = store.read.first<Record<string, string | number>>({ text: `PRAGMA ${name}`, values: [] } as never);
      expect([name, Object.values(row ?? {})[0]]).toEqual([name, readBack]);
    }
    expect(store.check()).toEqual([]);
    store.close();
  });

  test.each([
    ['a new file has pages', null, 8_192],
    ['a file that is there keeps its own, whatever is written to it', 4_096, 4_096],
  ])('%s of %s → %i bytes, and its log is copied over at 16 MB', (_name, before, size) => {
    const path = newPath();
    if (before !== null) {
      const old = openDriver(path);
      old.exec(
        `PRAGMA page_size = ${before}; PRAGMA application_id = ${applicationId}; CREATE TABLE kept (x TEXT) STRICT`,
      );
      old.close();
    }
    const store = must(openStore(path, deps()));
    const read = (name: string) =>
      Object.values(store.read.first<Record<string, number>>({ text: `PRAGMA ${name}`, values: [] } as never) ?? {})[0];
    expect(read('page_size')).toBe(size);
    expect(Number(read('wal_autocheckpoint')) * size).toBe(16_384_000);
    expect(store.transaction((db) => ok(setSetting(db, 'big', 'x'.repeat(100_000)))).ok).toBe(true);
    expect(store.check()).toEqual([]);
    store.close();
    expect(readFileSync(path).readUInt16BE(16)).toBe(size);
  });

  const modes = (path: string): readonly string[] =>
    ['', '-wal', '-shm']
      .filter((end) => existsSync(path + end))
      .map((end) => `${end} ${(statSync(path + end).mode & 0o777).toString(8)}`);
  const isPrivate = [' 600', '-wal 600', '-shm 600'];

  test('is readable to its owner alone, with what SQLite keeps beside it, and so is one of before', () => {
    // A mode means nothing there.
    if (process.platform === 'win32') return;
    const path = newPath();
    let store = must(openStore(path, deps()));
    store.transaction((db) => ok(setSetting(db, 'a', 1)));
    expect(modes(path)).toEqual(isPrivate);
    store.backup(`${path}.backup`);
    expect(modes(`${path}.backup`)).toEqual([' 600']);
    // What an earlier version left behind, after a crash: its files are here before SQLite is.
    for (const end of ['', '-wal', '-shm']) {
      writeFileSync(`${path}.old${end}`, readFileSync(path + end));
      chmodSync(`${path}.old${end}`, 0o644);
    }
    store.close();
    store = must(openStore(`${path}.old`, deps()));
    expect(modes(`${path}.old`)).toEqual(isPrivate);
    expect(getSetting(store.read, 'a')).toBe(1);
    store.close();
    // One that is not ours stays as it was.
    const foreign = newPath();
    const other = openDriver(foreign);
    other.exec('CREATE TABLE theirs (x)');
    other.close();
    chmodSync(foreign, 0o644);
    expect(openStore(foreign, deps())).toMatchObject({ ok: false, error: { tag: 'NotOurs' } });
    expect(modes(foreign)).toEqual([' 644']);
  }); // prettier-ignore

  test('has STRICT tables only', () => {
    const store = must(openStore(newPath(), deps()));
    const tables = store.read.all<{ name: string; strict: number }>(
      sql`SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'`,
    );
    expect(tables.length).toBeGreaterThan(10);
    expect(tables.filter(({ strict }) => strict === 0)).toEqual([]);
    store.close();
  });

  test('migrations rise, and one that does not is refused', () => {
    expect(() => {
      assertMonotonic(migrations);
    }).not.toThrow();
    const step = { version: 5, name: 'x', up: () => undefined };
    expect(() => {
      assertMonotonic([step, step]);
    }).toThrow(/must come after 5/);
  });

  test('a migration that fails leaves the version before it', () => {
    const path = newPath();
    const good = {
      version: 1,
      name: 'good',
      up: ({ exec }: { exec: (text: string) => void }) => exec('CREATE TABLE a (x INTEGER) STRICT'),
    };
    const bad = {
      version: 2,
      name: 'bad',
      up: ({ exec }: { exec: (text: string) => void }) =>
        exec('CREATE TABLE b (x INTEGER) STRICT; CREATE TABLE a (x INTEGER)'),
    };
    expect(() => openStore(path, deps({ migrations: [good, bad] }))).toThrow(/already exists/);
    const driver = openDriver(path);
    expect(driver.pragma('user_version')).toBe(1);
    expect(driver.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'b'").get([])).toEqual({ n: 0 });
    driver.close();
  });
});

describe('transactions', () => {
  test('an Err rolls back, a throw rolls back, an Ok stays and is told', () => {
    const store = must(openStore(newPath(), deps()));
    let commits = 0;
    const stop = store.onCommit(() => {
      commits += 1;
    });
    const refused = store.transaction((db) => {
      setSetting(db, 'a', 1);
      return err('no');
    });
    expect(refused).toEqual(err('no'));
    expect(() =>
      store.transaction((db) => {
        setSetting(db, 'a', 2);
        throw new RangeError('bug');
      }),
    ).toThrow('bug');
    expect(getSetting(store.read, 'a')).toBe(undefined);
    expect(commits).toBe(0);
    store.transaction((db) => ok(setSetting(db, 'a', { deep: [1, 'x'] })));
    expect(getSetting(store.read, 'a')).toEqual({ deep: [1, 'x'] });
    expect(commits).toBe(1);
    stop();
    store.transaction((db) => ok(setSetting(db, 'a', 3)));
    expect(commits).toBe(1);
    store.close();
  });

  test('a listener that throws is logged and does not undo the commit', () => {
    const lines: string[] = [];
    const store = must(openStore(newPath(), deps({ log: (line) => lines.push(line) })));
    store.onCommit(() => {
      throw new Error('broken screen');
    });
    store.transaction((db) => ok(setSetting(db, 'a', 1)));
    expect(getSetting(store.read, 'a')).toBe(1);
    expect(lines).toEqual(['listener after commit failed: broken screen']);
    store.close();
  });

  test('they do not nest', () => {
    const store = must(openStore(newPath(), deps()));
    expect(() => store.transaction(() => store.transaction(() => ok(1)))).toThrow(/do not nest/);
    expect(store.transaction(() => ok(2))).toEqual(ok(2));
    store.close();
  });

  test('a slow query is reported by its text, never its values', () => {
    const lines: string[] = [];
    let now = 0;
    const clock = { now: () => (now += slowMs) };
    const store = must(openStore(newPath(), deps({ clock, log: (line) => lines.push(line) })));
    store.read.first(sql`SELECT ${'secret'} AS x`);
    expect(lines).toEqual([]);
    now = 0;
    const slow = must(
      openStore(newPath(), deps({ clock: { now: () => (now += slowMs + 1) }, log: (line) => lines.push(line) })),
    );
    slow.read.first(sql`SELECT ${'secret'} AS x`);
    expect(lines).toEqual([`slow query ${slowMs + 1} ms: SELECT ? AS x`]);
    store.close();
    slow.close();
  });

  test('a full disk is named, nothing is half-written, and the store goes on when there is room', () => {
    const path = newPath();
    must(openStore(path, deps())).close();
    const pages = Math.ceil(statSync(path).size / 8192);
    const full = must(openStore(path, deps({ maxPages: pages + 4 })));
    full.transaction((db) => ok(setSetting(db, 'small', 'kept')));
    const result = full.transaction((db) => {
      setSetting(db, 'first', 'x');
      setSetting(db, 'big', 'x'.repeat(200_000));
      return ok(null);
    });
    expect(result.ok || result.error).toEqual(expect.objectContaining({ tag: 'DiskFull', code: 'SQLITE_FULL' }));
    expect(getSetting(full.read, 'first')).toBe(undefined);
    expect(getSetting(full.read, 'small')).toBe('kept');
    expect(full.transaction((db) => ok(setSetting(db, 'small', 'still'))).ok).toBe(true);
    full.close();
    const roomy = must(openStore(path, deps()));
    expect(roomy.transaction((db) => ok(setSetting(db, 'big', 'x'.repeat(200_000)))).ok).toBe(true);
    roomy.close();
  });
});

describe('the sql template', () => {
  test('values are bound, statements are spliced, identifiers are checked', () => {
    const inner = sql`b = ${2}`;
    expect(sql`SELECT ${1} FROM ${sqlId('t')} WHERE ${inner} AND c IN (${sqlJoin(['x', null])})`).toEqual({
      text: 'SELECT ? FROM "t" WHERE b = ? AND c IN (?, ?)',
      values: [1, 2, 'x', null],
    });
    expect(sqlJoin([])).toEqual({ text: 'NULL', values: [] });
    for (const name of ['', 'a b', 'a"b', 'A', 'x;--']) expect(() => sqlId(name)).toThrow(RangeError);
  });
});

describe('what cannot be opened is named and stays as it is', () => {
  const before = (path: string): Buffer => readFileSync(path);
  const tagOf = (path: string): string => {
    const opened = openStore(path, deps());
    if (opened.ok) throw new Error('opened');
    return opened.error.tag;
  };

  test('a foreign SQLite file', () => {
    const path = newPath();
    const other = openDriver(path);
    other.exec('CREATE TABLE mine (x); INSERT INTO mine VALUES (1)');
    other.close();
    const bytes = before(path);
    expect(tagOf(path)).toBe('NotOurs');
    expect(before(path).equals(bytes)).toBe(true);
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  test('a foreign SQLite file with its own application id', () => {
    const path = newPath();
    const other = openDriver(path);
    other.exec('PRAGMA application_id = 1234; CREATE TABLE mine (x)');
    other.close();
    expect(tagOf(path)).toBe('NotOurs');
  });

  test('something that is no database', () => {
    const path = newPath();
    writeFileSync(path, 'dear diary');
    expect(tagOf(path)).toBe('NotOurs');
    expect(readFileSync(path, 'utf8')).toBe('dear diary');
  });

  test('a file of a newer Breakwater', () => {
    const path = newPath();
    must(openStore(path, deps())).close();
    const driver = openDriver(path);
    driver.pragma('user_version = 9999');
    driver.close();
    expect(tagOf(path)).toBe('FileNewerThanApp');
    const again = openDriver(path);
    expect(again.pragma('user_version')).toBe(9999);
    again.close();
  });

  test('a damaged file, a cut file', () => {
    const path = newPath();
    const store = must(openStore(path, deps()));
    store.transaction((db) => {
      for (let index = 0; index < 500; index += 1) setSetting(db, `key ${index}`, 'v'.repeat(200));
      return ok(null);
    });
    store.close();
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(3 * 4096, 0xa5), 0, 3 * 4096, 2 * 4096);
    closeSync(file);
    const bytes = before(path);
    expect(tagOf(path)).toBe('Corrupt');
    expect(before(path).equals(bytes)).toBe(true);
    truncateSync(path, 3 * 4096 + 17);
    expect(tagOf(path)).toBe('Corrupt');
  });

  test('a backup is a whole database, and never overwrites', () => {
    const path = newPath();
    const store = must(openStore(path, deps()));
    store.transaction((db) => ok(setSetting(db, 'a', 1)));
    const copy = `${path}.backup`;
    store.backup(copy);
    expect(() => {
      store.backup(copy);
    }).toThrow(/never overwrites/);
    store.close();
    const restored = must(openStore(copy, deps()));
    expect(getSetting(restored.read, 'a')).toBe(1);
    restored.close();
  });

  test('a folder that cannot be written', () => {
    const dir = join(tempFolder('readonly'), 'profile');
    mkdirSync(dir, { mode: 0o755 });
    const script = new URL('../support/open-profile.ts', import.meta.url).pathname;
    chmodSync(dir, 0o555);
    const { program, args } = asPlainUser(process.execPath, [script, dir]);
    expect(spawnSync(program, [...args], { encoding: 'utf8' }).stdout).toContain('"tag":"ReadOnlyFolder"');
  });
});
