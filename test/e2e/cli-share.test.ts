// Two profiles meet through the command line alone; the app is only there to write and to admit.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Core } from '../../main/core/create-core.ts';
import { nodeScheduler } from '../../main/core/node-seams.ts';
import {
  controlPractice,
  findOrStartPractice,
  type PracticeAddress,
  stopPractice,
} from '../../main/practice/launch.ts';
import { buildOnce, filesOf, type Ran, runCli, runProgram } from '../support/cli.ts';
import { openCore, value } from '../support/core.ts';
import { root } from '../support/places.ts';
import { connectDriver } from '../support/practice-driver.ts';

const top = mkdtempSync(join(tmpdir(), 'bw-cli-share-'));
const homes: string[] = [];
const freshHome = (): string => {
  const home = mkdtempSync(join(top, 'home-'));
  homes.push(home);
  return home;
};
const practiceAt = (home: string) => ({
  dir: join(home, 'practice'),
  seed: 3,
  fault: 'none' as const,
  nodePath: process.execPath,
  entry: join(root, 'dist/main/practice.js'),
  clock: { now: () => Date.now() },
  scheduler: nodeScheduler,
});

beforeAll(() => buildOnce(), 120_000);
afterAll(async () => {
  for (const home of homes) await stopPractice(practiceAt(home));
  rmSync(top, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

type Json = Readonly<Record<string, unknown>>;
const cli = (home: string, ...args: readonly string[]): Promise<Ran> => runCli(args, { home });
/** Run with --json; what it answered, when it ended as expected. */
const asked = async (home: string, code: number, ...args: readonly string[]): Promise<Json> => {
  const ran = await cli(home, ...args, '--json');
  expect([ran.code, ran.err], `${args.join(' ')}: ${ran.out}`).toEqual([code, '']);
  return JSON.parse(ran.out) as Json;
};
/** The app of a profile for a moment. */
const app = async <T>(home: string, profile: string, work: (core: Core) => Promise<T>): Promise<T> => {
  const core = await openCore(home, { profile, userName: profile });
  try {
    return await work(core);
  } finally {
    await core.close();
  }
};
const openRoom = (core: Core): Promise<string> =>
  core
    .call('room.open', { from: 'hand', title: 'Revenue looks wrong', class: 'data-quality', severity: 'SEV3' })
    .then((answer) => value(answer).log);
const admitAll = (home: string, profile: string): Promise<void> =>
  app(home, profile, async (core) => {
    for (const { person, devices } of value(await core.call('people.list', {})).people)
      for (const { id, state } of devices)
        if (state === 'asking')
          value(await core.call('device.admit', { device: id, person: person.id, roles: ['responder'] }));
  });
const digest = (home: string, profile: string, log: string): Promise<string> =>
  app(home, profile, async (core) => value(await core.call('room.digest', { log })).digest);

/** One story for both kinds of places: set up, join, admit, write on both sides, converge. */
const meet = async (home: string, kind: 'delta' | 'folder', place: string): Promise<string> => {
  const at = ['--kind', kind, '--place', place];
  const log = await app(home, 'alice', openRoom);
  const before = await asked(home, 0, 'share', 'status', '--profile', 'alice');
  expect(before).toMatchObject({ shares: [], admitted: true });
  expect(await asked(home, 4, 'sync', '--profile', 'alice')).toMatchObject({ ok: false, pushed: 0, shares: [] });

  const made = await asked(home, 0, 'share', 'init', ...at, '--profile', 'alice');
  expect(made).toMatchObject({ ok: true, share: { kind, place, onlyHere: 0 }, failure: null });
  expect(await asked(home, 0, 'share', 'init', ...at, '--profile', 'alice')).toEqual({
    ...made,
    share: { ...(made['share'] as Json), lastSyncAt: expect.any(String) },
  });
  expect(await asked(home, 0, 'share', 'status', '--profile', 'alice')).toMatchObject({
    onlyHere: 0,
    shares: [{ kind, place, onlyHere: 0, lastSyncAt: expect.stringMatching(/^\d{4}-/) }],
  });

  const joined = await asked(home, 0, 'share', 'join', ...at, '--profile', 'bob');
  expect(joined).toMatchObject({ org: made['org'], admitted: false, share: { onlyHere: 0 } });
  const words = await cli(home, 'share', 'status', '--profile', 'bob');
  expect(words.out).toContain('not admitted this device yet');
  expect(words.out).not.toContain('asks to be let in');
  expect(await asked(home, 0, 'sync', '--profile', 'alice')).toMatchObject({ joinRequests: 1, pushed: 0 });
  await admitAll(home, 'alice');
  expect((await cli(home, 'sync', '--profile', 'alice')).out).toMatch(/: [1-9]\d* pushed, \d+ pulled, 0 not there yet/);
  expect(await asked(home, 0, 'sync', '--profile', 'bob')).toMatchObject({ admitted: true, joinRequests: 0 });

  await app(home, 'bob', async (core) => value(await core.call('note.add', { log, text: 'from bob, apart' })));
  await app(home, 'alice', async (core) => value(await core.call('note.add', { log, text: 'from alice, apart' })));
  const named = await app(home, 'bob', async (core) => value(await core.call('ledger.list', {})).rows);
  expect(named.map(({ what }) => what)).toContain('from bob, apart');
  expect(await asked(home, 0, 'share', 'status', '--profile', 'bob')).toMatchObject({ onlyHere: named.length });
  // Also the opening of the stream in this room goes out with the first note.
  expect(await asked(home, 0, 'sync', '--profile', 'bob')).toMatchObject({ pushed: named.length, onlyHere: 0 });
  expect(await asked(home, 0, 'sync', '--profile', 'alice')).toMatchObject({ pushed: 1, pulled: named.length });
  expect(await asked(home, 0, 'sync', '--profile', 'bob')).toMatchObject({ pushed: 0, pulled: 1 });
  expect(await asked(home, 0, 'sync', '--profile', 'bob')).toMatchObject({ pushed: 0, pulled: 0 });
  expect(await digest(home, 'bob', log)).toBe(await digest(home, 'alice', log));
  return log;
};

describe('a folder', () => {
  it('takes two devices from nothing to the same room', async () => {
    const home = freshHome();
    const place = join(home, 'shared folder');
    mkdirSync(place);
    await meet(home, 'folder', place);
  }, 120_000);

  it('whose name a shell would run is named so that it does not', async () => {
    const home = freshHome();
    const place = join(home, `it's $(touch ran) "here"; rm -rf *`);
    mkdirSync(place);
    const made = await cli(home, 'share', 'init', '--kind', 'folder', '--place', place);
    expect(made.code).toBe(0);
    const command = /Others join with: breakwater (.*), or in the app\./.exec(made.out)?.[1] ?? '';
    const script = `cd ${home} && "$NODE" "$CLI" ${command} --profile bob`;
    const joined = await runProgram('bash', ['-c', script], {
      home,
      env: { NODE: process.execPath, CLI: join(root, 'dist/main/cli.js') },
    });
    expect([joined.code, joined.err]).toEqual([0, '']);
    expect(joined.out).toContain(`${place}: joined`);
    expect(existsSync(join(home, 'ran'))).toBe(false);
  }, 60_000);
});

describe('Delta tables', () => {
  const home = freshHome();
  let practice: PracticeAddress;
  let place = '';
  beforeAll(async () => {
    mkdirSync(join(home, 'practice'), { recursive: true });
    practice = value(await findOrStartPractice(practiceAt(home)));
    place = `${String((await controlPractice(practice, {}))?.['catalog'])}.war_room`;
  }, 60_000);

  it('take two devices from nothing to the same room', async () => {
    await meet(home, 'delta', place);
  }, 240_000);

  it('made from the SQL that --print-sql printed are a share that init adopts', async () => {
    const byHand = `${place}_by_hand`;
    const at = ['--kind', 'delta', '--place', byHand, '--profile', 'alice'];
    const { sql } = await asked(home, 0, 'share', 'init', ...at, '--print-sql');
    const statements = (String(sql).split('-- Rights')[0] ?? '')
      .replace(/^--.*$/gm, '')
      .split(';')
      .map((text) => text.trim())
      .filter((text) => text !== '');
    expect(statements).toHaveLength(6);
    const driver = await connectDriver({ ...practice, ca: readFileSync(practice.caFile, 'utf8') });
    for (const statement of statements) await driver.query(statement);
    const ids = (): Promise<unknown> => driver.query(`SELECT value FROM ${byHand}.meta WHERE key = 'backend_id'`);
    const before = await ids();
    expect(before).toEqual([{ value: expect.stringMatching(/^[0-9a-f]{32}$/) }]);
    expect(await asked(home, 0, 'share', 'init', ...at)).toMatchObject({ failure: null, share: { onlyHere: 0 } });
    expect(await ids()).toEqual(before);
    await driver.close();
  }, 60_000);

  it('and a folder: what cannot be reached is named, the rest is exchanged', async () => {
    const folder = join(home, 'beside');
    mkdirSync(folder);
    expect(await asked(home, 0, 'share', 'init', '--kind', 'folder', '--place', folder, '--profile', 'alice')).toMatchObject({ ok: true }); // prettier-ignore
    await app(home, 'alice', openRoom);
    value(await stopPractice(practiceAt(home)));
    const both = await asked(home, 3, 'sync', '--profile', 'alice');
    const shares = both['shares'] as readonly Json[];
    expect(shares.find(({ kind }) => kind === 'folder')).toMatchObject({ failure: null, onlyHere: 0 });
    expect(shares.find(({ kind }) => kind === 'folder')?.['pushed']).toBeGreaterThan(0);
    expect(shares.filter(({ kind }) => kind === 'delta').map(({ failure }) => (failure as Json)['tag'])).toEqual(['ShareOffline', 'ShareOffline']); // prettier-ignore
    const words = await cli(home, 'sync', '--profile', 'alice');
    expect(words.code).toBe(3);
    expect(words.err).toContain('Start it with `breakwater practice`.');

    const again = await cli(home, 'share', 'init', '--kind', 'delta', '--place', 'x.y', '--profile', 'carol');
    expect([again.code, again.out]).toEqual([1, '']);
    expect(again.err.split('\n').slice(0, 3).join('\n')).toContain('breakwater practice');
  }, 60_000);
});

describe('--print-sql', () => {
  it('prints what an administrator runs, needs no connection and writes nothing', async () => {
    const home = freshHome();
    const print = ['share', 'init', '--kind', 'delta', '--place', 'main.war_room', '--print-sql'];
    const without = await cli(home, ...print);
    expect([without.code, without.out]).toEqual([1, '']);
    expect(without.err).toContain('There is no profile "default"');
    expect(filesOf(home)).toEqual([]);

    const org = await app(home, 'default', async (core) => value(await core.call('app.status', {})).you.org);
    const before = filesOf(home);
    const closed = await cli(home, ...print);
    expect([closed.code, closed.err]).toEqual([0, '']);
    expect(filesOf(home)).toEqual(before);
    expect(closed.out).toContain('CREATE TABLE IF NOT EXISTS `main`.`war_room`.`events`');
    expect(closed.out).toMatch(/GRANT SELECT, MODIFY ON TABLE/);
    expect(closed.out).toMatch(/-- Undo\.[^]*-- DROP TABLE IF EXISTS `main`\.`war_room`\.`events`;/);
    expect(closed.out).toContain(`'${org}'`);
    // Also while the app has the profile open.
    const open = await app(home, 'default', () => asked(home, 0, ...print));
    expect(String(open['sql']).split('\n')).toHaveLength(closed.out.split('\n').length);
    for (const wrong of [
      ['--kind', 'folder', '--place', top],
      ['--kind', 'delta', '--place', 'one'],
    ])
      expect((await cli(home, 'share', 'init', ...wrong, '--print-sql')).code).toBe(2);
  }, 60_000);
});

describe('what cannot be', () => {
  const threeLines = (ran: Ran, tag: string | null, advice: RegExp): void => {
    expect([ran.code, ran.out]).toEqual([1, '']);
    const [what, safe, todo, code, ...rest] = ran.err.split('\n');
    expect(
      [what, safe, todo].every((line) => (line ?? '').length > 10),
      ran.err,
    ).toBe(true);
    expect(todo).toMatch(advice);
    expect(code ?? '').toMatch(tag === null ? /^$/ : new RegExp(`^\\(${tag}: `));
    expect(rest.join('')).toBe('');
  };

  it('is said in three lines: no profile, profile in use, place not set up, place not there', async () => {
    const home = freshHome();
    for (const command of [['sync'], ['share', 'status']])
      threeLines(await cli(home, ...command), null, /--profile|start Breakwater/);
    expect(filesOf(home)).toEqual([]);
    await app(home, 'default', async () => {
      for (const command of [['sync'], ['share', 'status'], ['share', 'join', '--kind', 'folder', '--place', top]])
        threeLines(await cli(home, ...command), null, /another profile/);
      expect(await asked(home, 1, 'sync')).toMatchObject({ ok: false, failure: { tag: 'InUse' } });
    });
    const empty = join(home, 'empty');
    mkdirSync(empty);
    threeLines(await cli(home, 'share', 'join', '--kind', 'folder', '--place', empty), null, /share init/);
    expect(filesOf(empty)).toEqual([]);
    const absent = ['share', 'init', '--kind', 'folder', '--place', join(home, 'absent')];
    threeLines(await cli(home, ...absent), 'ShareOffline', /./);
    expect(await asked(home, 0, 'share', 'status')).toMatchObject({ shares: [] });
  }, 60_000);

  it('is said in three lines: a place that may not be written', async () => {
    const home = freshHome();
    const place = join(home, 'read-only');
    mkdirSync(place);
    chmodSync(place, 0o555);
    const ran = await runCli(['share', 'init', '--kind', 'folder', '--place', place], { home, plain: true });
    threeLines(ran, 'ShareDenied', /right to write/);
    expect(filesOf(place)).toEqual([]);
  }, 60_000);

  it('is not understood: names that are none, before anything is made', async () => {
    const home = freshHome();
    const delta = [
      'x',
      'a.b.c',
      'a.',
      '.b',
      "a.b'c",
      'a.`b`',
      'a.b c',
      'a.b\\c',
      'a.b/../c',
      'a.b\n;DROP',
      'a'.repeat(401),
    ];
    const hidden = ['main.\u001b[2Jroom', 'main.\u202emoor', '/tmp/\u0007bell', '/tmp/\u009b2J'];
    for (const args of [
      ...delta.map((place) => ['init', '--kind', 'delta', '--place', place]),
      ...hidden.flatMap((place) => [
        ['init', '--kind', 'delta', '--place', place],
        ['join', '--kind', 'folder', '--place', place],
      ]),
      ['init', '--kind', 'drive', '--place', top],
      ['init', '--kind', 'folder'],
      ['init', '--kind', 'folder', '--place', ' '],
      [],
      ['leave'],
      ['init'],
      ['status', '--place', top],
      ['join', '--kind', 'delta', '--place', 'a.b', '--print-sql'],
    ]) // prettier-ignore
    {
      const ran = await cli(home, 'share', ...args);
      expect([ran.code, ran.out], args.join(' ')).toEqual([2, '']);
      expect(ran.err.endsWith('Try: breakwater share --help\n')).toBe(true);
      expect(/[\p{Cc}\u202e]/u.test(ran.err.replaceAll('\n', ''))).toBe(false);
    }
    const profile = await cli(home, 'share', 'init', '--kind', 'folder', '--place', top, '--profile', '../x');
    expect(profile.code).toBe(1);
    expect(filesOf(home)).toEqual([]);
  }, 120_000);
});
