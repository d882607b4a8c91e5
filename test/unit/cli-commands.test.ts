import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseHost, type HostFacts } from '../../main/cli/choose-host.ts';
import { type Command, exits, parseOptions } from '../../main/cli/command.ts';
import { commands } from '../../main/cli/commands.ts';
import { dispatch } from '../../main/cli/dispatch.ts';
import { profileFindings } from '../../main/cli/doctor-profile.ts';
import { findElectron, probeElectron } from '../../main/cli/electron.ts';
import { launchPage, openBrowser, openerFor } from '../../main/cli/open-browser.ts';
import { portOf } from '../../main/cli/serve.ts';
import { nodeScheduler } from '../../main/core/node-seams.ts';
import { openProfile } from '../../main/store/profile.ts';
import { root } from '../support/places.ts';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'breakwater-cli-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = async (argv: readonly string[], table = commands): Promise<{ code: number; out: string; err: string }> => {
  const out: string[] = [];
  const err: string[] = [];
  const code = await dispatch(
    table,
    argv,
    { out: (line) => void out.push(line), err: (line) => void err.push(line), signal: new AbortController().signal },
    '1.2.3',
  );
  return { code, out: out.join('\n'), err: err.join('\n') };
};

describe('the command line', () => {
  it('knows its commands, each with help', async () => {
    const { code, out } = await run(['--help']);
    expect(code).toBe(exits.ok);
    for (const name of Object.keys(commands)) {
      expect(out).toContain(name);
      const help = await run([name, '--help']);
      expect([help.code, help.err]).toEqual([exits.ok, '']);
      expect(help.out, name).toMatch(/Exit codes: 0/);
      expect(help.out, name).toContain('--json');
    }
  });
  it('answers 2 to what it does not understand, before anything happens', async () => {
    for (const argv of [
      [],
      ['nope'],
      ['__proto__'],
      ['serve', '--nope'],
      ['serve', 'word'],
      ['serve', '--port', '80'],
      ['serve', '--port', 'x'],
      ['start', '--profile', '../x'],
      ['practice', '--fault', 'many'],
      ['practice', '--seed', '-1'],
      ['practice', '--stop', '--reset'],
      ['practice', '--rights', 'some'],
      ['practice', '--rights', 'little', '--schemas-off', 'query'],
      ['electron', 'buy'],
      ['doctor', '--profile', ''],
      ['doctor', '--connection', 'environment', '--no-connection'],
      ['doctor', '--connection'],
    ]) // prettier-ignore
    {
      const { code, out, err } = await run(argv);
      expect(code, argv.join(' ')).toBe(exits.usage);
      expect(out).toBe('');
      expect(err).not.toBe('');
    }
  });
  it('turns what a command did not expect into words and exit 1', async () => {
    const command: Command = { summary: '', help: '', run: () => Promise.reject(new Error('the disk is on fire')) };
    const table = { burn: () => Promise.resolve({ command }) };
    const plain = await run(['burn'], table);
    expect([plain.code, plain.out]).toEqual([exits.failed, '']);
    expect(plain.err).toContain('the disk is on fire');
    expect(plain.err).not.toContain('    at ');
    expect(JSON.parse((await run(['burn', '--json'], table)).out)).toEqual({ ok: false, error: 'the disk is on fire' });
    expect((await run(['--version'])).out).toBe('1.2.3');
  });
  it('parses options strictly', () => {
    const parsed = parseOptions({ seed: { type: 'string' } }, ['--seed=3', '--json']);
    expect(parsed.ok && [parsed.values.seed, parsed.values.json]).toEqual(['3', true]);
    expect(parseOptions({ seed: { type: 'string' } }, ['--seed']).ok).toBe(false);
    expect([
      portOf(undefined),
      portOf('8080'),
      portOf('80'),
      portOf('65536'),
      portOf('1e4x'),
      portOf('8080.5'),
    ]).toEqual([0, 8080, null, null, null, null]);
  });
});

describe('desktop window or browser', () => {
  const facts: HostFacts = { platform: 'linux', env: { DISPLAY: ':0' }, isRoot: false, electron: { path: '/e' } };
  it('is the desktop window where everything is there', () => {
    expect(chooseHost(facts)).toEqual({ host: 'electron', path: '/e', sandbox: true });
    expect(chooseHost({ ...facts, env: {}, platform: 'darwin' })).toMatchObject({ host: 'electron' });
    expect(chooseHost({ ...facts, isRoot: true, env: { DISPLAY: ':0', BREAKWATER_NO_SANDBOX: '1' } })).toEqual({
      host: 'electron',
      path: '/e',
      sandbox: false,
    });
  });
  it('is the browser with one reason otherwise, opened only on a display', () => {
    expect(chooseHost({ ...facts, env: {} })).toMatchObject({
      host: 'browser',
      open: false,
      reason: expect.stringContaining('display'),
    });
    expect(chooseHost({ ...facts, env: { DISPLAY: '', WAYLAND_DISPLAY: '' } })).toMatchObject({
      host: 'browser',
      open: false,
    });
    expect(chooseHost({ ...facts, isRoot: true })).toMatchObject({
      host: 'browser',
      open: true,
      reason: expect.stringContaining('root'),
    });
    expect(chooseHost({ ...facts, electron: { missing: 'not there' } })).toEqual({
      host: 'browser',
      open: true,
      reason: 'not there',
    });
  });
  it('never fetches Electron', () => {
    expect(findElectron(folder, {})).toHaveProperty('missing');
    expect(findElectron(folder, { BREAKWATER_ELECTRON: join(folder, 'none') })).toHaveProperty('missing');
    const own = join(folder, 'node_modules', 'electron');
    mkdirSync(join(own, 'dist'), { recursive: true });
    writeFileSync(join(own, 'path.txt'), 'electron');
    expect(findElectron(folder, {})).toHaveProperty('missing');
    writeFileSync(join(own, 'dist', 'electron'), '');
    expect(findElectron(folder, {})).toEqual({ path: join(own, 'dist', 'electron') });
  });
  it('takes the words of an Electron that does not start', async () => {
    const broken = join(folder, 'electron');
    writeFileSync(
      broken,
      '#!/bin/sh\necho "electron: error while loading shared libraries: libgtk-3.so.0: cannot open" >&2\nexit 127\n',
    );
    chmodSync(broken, 0o755);
    expect(await probeElectron(broken, root, true, 'default', nodeScheduler)).toEqual({
      problem: expect.stringContaining('libgtk-3.so.0'),
    });
    expect(await probeElectron(join(folder, 'absent'), root, true, 'default', nodeScheduler)).toHaveProperty('problem');
    writeFileSync(broken, '#!/bin/sh\nexec sleep 60\n');
    const at = (ms: number, work: () => void) => nodeScheduler.after(ms / 100, work);
    expect(await probeElectron(broken, root, true, 'default', { after: at })).toEqual({
      problem: 'Electron did not start within 3 s',
    });
  });
});

describe('opening a browser', () => {
  it('keeps the one-time link out of every argument', async () => {
    const link = 'http://127.0.0.1:1/#secret';
    for (const platform of ['linux', 'darwin', 'win32'])
      expect(openerFor(platform, 'file:///x').args).toContain('file:///x');
    // A platform without its opener here: the file is written, nothing is opened.
    expect(await openBrowser('win32', join(folder, 'p'), link)).toBe(false);
    const file = join(folder, 'p', 'open.html');
    expect(readFileSync(file, 'utf8')).toBe(launchPage(link));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(openerFor('win32', file).args.join(' ')).not.toContain('secret');
  });
});

describe('doctor looks at a profile and changes nothing', () => {
  const findings = (): readonly string[] =>
    profileFindings('p', join(folder, 'p')).findings.map((one) => `${one.name}: ${one.state}`);
  const made = (): void => {
    const profile = openProfile(join(folder, 'p'), { clock: { now: () => 0 }, log: () => undefined });
    if (!profile.ok) throw new Error(profile.error.what);
    profile.value.close();
  };
  it('that is not there', () => {
    expect(findings()).toEqual(['profile: note']);
  });
  it('that is whole', () => {
    made();
    const before = readFileSync(join(folder, 'p', 'breakwater.db'));
    expect(findings()).toEqual([
      'profile: fine',
      'who may read it: fine',
      'database: fine',
      'device key: note',
      'sign-ins: note',
    ]);
    expect(readFileSync(join(folder, 'p', 'breakwater.db')).equals(before)).toBe(true);
  });
  it('that others may read', () => {
    made();
    chmodSync(join(folder, 'p'), 0o755);
    chmodSync(join(folder, 'p', 'breakwater.db'), 0o644);
    expect(findings()).toContain('who may read it: wrong');
  });
  it('whose database is damaged or not ours', () => {
    made();
    const file = join(folder, 'p', 'breakwater.db');
    const bytes = readFileSync(file);
    bytes.fill(0xff, 4096, bytes.length);
    writeFileSync(file, bytes);
    expect(findings()).toContain('database: wrong');
    writeFileSync(file, 'something else');
    expect(findings()).toContain('database: wrong');
    expect(readFileSync(file, 'utf8')).toBe('something else');
  });
});
