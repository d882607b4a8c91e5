import {
  chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync,
} from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCore } from '../../main/core/create-core.ts';
import { openDriver } from '../../main/store/sqlite.ts';
import type { Failure } from '../../shared/base/failure.ts';
import { filesOf, runProgram } from '../support/cli.ts';
import { coreDeps, openCore, scratch, value } from '../support/core.ts';
import { root } from '../support/places.ts';

/**
 * A profile folder in which something is wrong, met by a core that starts: it says what in a named failure with advice, and
 * whatever lay there lies there still, byte for byte. test/store looks at the database file alone.
 */
const folderOf = (home: string): string => join(home, 'profiles', 'default');
const databaseOf = (home: string): string => join(folderOf(home), 'breakwater.db');

/** A profile with a room in it, closed. */
const used = async (): Promise<string> => {
  const home = scratch();
  const core = await openCore(home);
  const { log } = value(await core.call('room.open', { from: 'hand', title: 'T', class: 'cost', severity: 'SEV5' }));
  for (let count = 0; count < 40; count += 1)
    value(await core.call('note.add', { log, text: `note ${count} ${'x'.repeat(2_000)}` }));
  await core.close();
  return home;
};
/** The lock names who holds the profile; it belongs to the attempt, not to what is kept. */
const keptIn = (home: string): readonly string[] =>
  filesOf(folderOf(home)).filter((line) => !line.includes('/profiles/default/lock'));

const refused = async (home: string): Promise<Failure> => {
  const before = keptIn(home);
  const opened = await createCore(coreDeps(home));
  if (opened.ok) {
    await opened.value.close();
    throw new Error('it was opened');
  }
  expect(keptIn(home)).toEqual(before);
  const { tag, what, safe, advice } = opened.error;
  for (const line of [tag, what, safe, advice]) expect(line.length, JSON.stringify(opened.error)).toBeGreaterThan(3);
  // Nothing holds the profile after a refusal: a second attempt says the same.
  const again = await createCore(coreDeps(home));
  expect(again.ok ? 'opened' : again.error.tag).toBe(tag);
  return opened.error;
};

describe('a profile that cannot be opened', () => {
  it.each<readonly [string, string, (path: string) => void]>([
    ['no database at all', 'NotOurs', (path) => writeFileSync(path, 'dear diary\n'.repeat(40))],
    ['a foreign database', 'NotOurs', (path) => {
      rmSync(path);
      const other = openDriver(path);
      other.exec('CREATE TABLE mine (x); INSERT INTO mine VALUES (1)');
      other.close();
    }],
    ['a newer schema', 'FileNewerThanApp', (path) => {
      const newer = openDriver(path);
      newer.pragma('user_version = 9999');
      newer.close();
    }],
    ['pages overwritten in the middle', 'Corrupt', (path) => {
      const bytes = readFileSync(path);
      bytes.fill(0xa5, 3 * 4096, 30 * 4096);
      writeFileSync(path, bytes);
    }],
    ['a file that was cut', 'Corrupt', (path) => truncateSync(path, 3 * 4096 + 17)],
    ['a folder in place of the database', 'StoreBroken', (path) => {
      rmSync(path);
      mkdirSync(path);
    }],
  ])('%s → %s', async (_, tag, damage) => {
    const home = await used();
    damage(databaseOf(home));
    const failure = await refused(home);
    expect(failure.tag).toBe(tag);
    expect(failure.what).toContain(databaseOf(home));
  }); // prettier-ignore

  it.each<readonly [string, string | Buffer]>([
    ['empty', ''],
    ['text', 'not a key\n'],
    ['noise', Buffer.from(Array.from({ length: 500 }, (_, index) => (index * 37) % 256))],
  ])('a device key that is %s is named and never replaced', async (_, content) => {
    const home = await used();
    const key = join(folderOf(home), 'device.key');
    expect(statSync(key).mode & 0o777).toBe(0o600);
    writeFileSync(key, content);
    const failure = await refused(home);
    expect(`${failure.what} ${failure.advice}`).toMatch(/key/i);
  });

  it('is opened again by what was copied away before', async () => {
    const home = await used();
    const copy = join(home, 'copy.db');
    copyFileSync(databaseOf(home), copy);
    truncateSync(databaseOf(home), 5_000);
    expect((await refused(home)).tag).toBe('Corrupt');
    copyFileSync(copy, databaseOf(home));
    const core = await openCore(home);
    expect(value(await core.call('rooms.list', {})).total).toBe(1);
  });

  it('an epoch file of nonsense, and one that is gone, cost nothing that was written', async () => {
    for (const change of [(path: string) => writeFileSync(path, '\u0000nonsense'), (path: string) => rmSync(path)]) {
      const home = await used();
      const path = join(folderOf(home), 'epoch');
      expect(existsSync(path)).toBe(true);
      change(path);
      const core = await openCore(home);
      const [room] = value(await core.call('rooms.list', {})).rows;
      expect(value(await core.call('room.timeline', { log: room?.log ?? '' })).rows.length).toBeGreaterThan(40);
    }
  });
});

const sync = (home: string, plain = false) =>
  runProgram(process.execPath, [join(root, 'main/cli/main.ts'), 'sync', '--json'], {
    home,
    env: { BREAKWATER_PRACTICE: 'off' },
    plain,
  });
const failureOf = (out: string): Failure => (JSON.parse(out) as { readonly failure: Failure }).failure;

describe('another process', () => {
  it('that comes to a profile in use is told who has it, and leaves everything as it is', async () => {
    const home = await used();
    const core = await openCore(home);
    const { rows } = value(await core.call('rooms.list', {}));
    const log = rows[0]?.log ?? '';
    const before = filesOf(folderOf(home));
    const came = await sync(home);
    expect([came.code, came.err]).toEqual([1, '']);
    expect(failureOf(came.out)).toMatchObject({
      tag: 'InUse',
      what: expect.stringContaining(`process ${process.pid}`),
    });
    expect(filesOf(folderOf(home))).toEqual(before);
    value(await core.call('note.add', { log, text: 'and the first one goes on' }));
    expect(value(await core.call('room.timeline', { log })).rows[0]?.title).toContain('and the first one');
    await core.close();
    expect(JSON.parse((await sync(home)).out)).toMatchObject({ shares: [] });
  });

  it('that may only read the folder is told so, and leaves everything as it is', async () => {
    const home = await used();
    for (const folder of [home, join(home, 'profiles'), folderOf(home)]) chmodSync(folder, 0o555);
    for (const name of readdirSync(folderOf(home)))
      chmodSync(join(folderOf(home), name), statSync(join(folderOf(home), name)).isDirectory() ? 0o555 : 0o444);
    const before = filesOf(folderOf(home));
    const tried = await sync(home, true);
    expect([tried.code, tried.err]).toEqual([1, '']);
    expect(failureOf(tried.out).tag).toBe('ReadOnlyFolder');
    expect(failureOf(tried.out).advice).toMatch(/write permission/);
    expect(filesOf(folderOf(home))).toEqual(before);
    for (const folder of [home, join(home, 'profiles'), folderOf(home)]) chmodSync(folder, 0o755);
  });
});
