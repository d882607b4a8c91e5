import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerRequest, type Asset } from '../../main/shell/assets.ts';
import { coreArguments } from '../../main/shell/core-arguments.ts';
import { coreEnvironment } from '../../main/shell/core-env.ts';
import { downloadDesk } from '../../main/shell/downloads.ts';
import { isRealKeyring, keyringKey, type SafeStorage } from '../../main/shell/keyring.ts';
import { logFile } from '../../main/shell/log-file.ts';
import { menuTemplate } from '../../main/shell/menu.ts';
import { noticePage } from '../../main/shell/notice.ts';
import { shellOptions } from '../../main/shell/options.ts';
import { portMessage, readyMessage } from '../../main/shell/ports.ts';
import { lineRedactor, redact } from '../../main/shell/redact.ts';
import { coreRuntime, type RuntimeFacts } from '../../main/shell/runtime.ts';
import {
  type Bounds,
  clampToDisplays,
  readWindowState,
  smallest,
  writeWindowState,
} from '../../main/shell/window-state.ts';
import { portMessage as pagePort, readyMessage as pageReady } from '../../renderer/bridge/window-channel.ts';
import { contentSecurityPolicy } from '../../shared/domain/content-policy.ts';
import { root } from '../support/places.ts';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'breakwater-shell-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('names between page, preload and shell', () => {
  it('are the same in all three', () => {
    expect([pagePort, pageReady]).toEqual([portMessage, readyMessage]);
    const preload = readFileSync(join(root, 'main/preload/preload.ts'), 'utf8');
    expect(preload).toContain(`const portMessage = '${portMessage}';`);
    expect(preload).toContain(`const readyMessage = '${readyMessage}';`);
    expect(preload).not.toContain('exposeInMainWorld');
  });
});

describe('files of the window', () => {
  const files = new Map<string, Asset>([
    ['/index.html', { bytes: new Uint8Array([1]), type: 'text/html; charset=utf-8' }],
  ]);
  it('come with the policy of the browser host', () => {
    const answer = answerRequest(files, 'GET', 'breakwater://app/');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-security-policy']).toBe(contentSecurityPolicy);
  });
  it('are the only ones', () => {
    const tail = fc.array(fc.constantFrom('/', '..', '%2e%2e', '%252e', '\\', '%00', 'index.html', 'a', ':', '@'), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(tail, (parts) => {
        const { status } = answerRequest(files, 'GET', `breakwater://app/${parts.join('')}`);
        const path = URL.canParse(`breakwater://app/${parts.join('')}`)
          ? new URL(`breakwater://app/${parts.join('')}`).pathname
          : '';
        return status === (path === '/' || path === '/index.html' ? 200 : 404);
      }),
    );
    for (const address of ['breakwater://other/', 'file:///etc/passwd', '//host/index.html', 'x'])
      expect(answerRequest(files, 'GET', address).status).toBe(404);
    expect(answerRequest(files, 'POST', 'breakwater://app/').status).toBe(405);
  });
});

describe('the core process', () => {
  it('gets a minimal environment', () => {
    const env = coreEnvironment({
      PATH: '/bin', HOME: '/h', Path: 'C:\\', DATABRICKS_TOKEN: 'dapi', NODE_OPTIONS: '--inspect', ELECTRON_RUN_AS_NODE: '1', AWS_SECRET_ACCESS_KEY: 'x',
      LD_PRELOAD: 'x', BREAKWATER_HOME: '/b', BREAKWATER_ELECTRON: '/e', GONE: undefined,
    }); // prettier-ignore
    expect(env).toEqual({ PATH: '/bin', HOME: '/h', Path: 'C:\\', BREAKWATER_HOME: '/b' });
  });
  it('gets no secret on its command line', () => {
    expect(coreArguments({ profile: 'bob', version: '1', node: null, practiceEntry: '/p.js' })).toEqual([
      '--profile', 'bob', '--host', 'electron', '--app-version', '1', '--practice-entry', '/p.js',
    ]); // prettier-ignore
  });
  it('runs where the database can be loaded', () => {
    const facts = (napi: string | undefined, there: readonly string[]): RuntimeFacts => ({
      napi, bundles: '/a/dist/main', app: '/a', platform: 'linux', env: {}, exists: (path) => there.includes(path),
    }); // prettier-ignore
    const node = '/a/node_modules/.bin/node';
    expect(coreRuntime(facts('10', []))).toEqual({
      kind: 'utility',
      entry: '/a/dist/main/core-utility.js',
      node: null,
    });
    expect(coreRuntime(facts('9', [node]))).toEqual({ kind: 'node', entry: '/a/dist/main/core-child.js', node });
    expect(coreRuntime(facts('9', []))).toHaveProperty('problem');
    expect(coreRuntime(facts(undefined, []))).toHaveProperty('problem');
    expect(coreRuntime({ ...facts('9', [node, '/n']), env: { BREAKWATER_NODE: '/n' } })).toHaveProperty('node', '/n');
  });
});

describe('the log of the core', () => {
  it('holds no token, however it was written and cut', () => {
    const secrets = ['dapi0123456789abcdef0123', 'eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl', 'dkea0123456789abcdef'];
    fc.assert(
      fc.property(
        fc.constantFrom(...secrets),
        fc.string(),
        fc.array(fc.nat(60), { maxLength: 5 }),
        (secret, noise, cuts) => {
          const text = `${noise.replaceAll('\n', ' ')} Authorization: Bearer ${secret} token=${secret} "${secret}"\n`;
          const lines: string[] = [];
          const redactor = lineRedactor((line) => void lines.push(line));
          let from = 0;
          for (const cut of [...cuts.sort((a, b) => a - b), text.length]) {
            redactor.feed(text.slice(from, Math.max(from, cut)));
            from = Math.max(from, cut);
          }
          redactor.end();
          return !lines.join('\n').includes(secret);
        },
      ),
    );
  });
  it('holds no key that spans lines', () => {
    const lines: string[] = [];
    const redactor = lineRedactor((line) => void lines.push(line));
    redactor.feed(
      'before\n-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI\nabc\n-----END PRIVATE KEY-----\nafter\n',
    );
    expect(lines.join('\n')).not.toMatch(/MC4C|abc/);
    expect([lines[0], lines.at(-1)]).toEqual(['before', 'after']);
  });
  it('keeps ordinary words', () => {
    expect(redact('slow call {"call":"room.get","ms":120}')).toBe('slow call {"call":"room.get","ms":120}');
  });
  it('is readable by its owner only, and turns over', () => {
    const path = join(folder, 'deep', 'core.log');
    const write = logFile(path);
    write('first');
    expect(readFileSync(path, 'utf8')).toBe('first\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    for (let i = 0; i < 6; i += 1) write('x'.repeat(1024 * 1024));
    expect(statSync(path).size).toBeLessThan(2 * 1024 * 1024);
    expect(readFileSync(`${path}.1`, 'utf8')).toContain('first');
  });
});

describe('the place of the window', () => {
  const screen: Bounds = { x: 0, y: 0, width: 1600, height: 1000 };
  it('can always be seen and grasped', () => {
    const number = fc.integer({ min: -5000, max: 5000 });
    const size = fc.integer({ min: 1, max: 6000 });
    const bounds = fc.record({ x: number, y: number, width: size, height: size });
    const areas = fc.array(
      fc.record({
        x: number,
        y: number,
        width: fc.integer({ min: 800, max: 4000 }),
        height: fc.integer({ min: 600, max: 3000 }),
      }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(bounds, areas, fc.boolean(), (saved, displays, maximized) => {
        const { bounds: placed } = clampToDisplays({ bounds: saved, maximized }, displays);
        return displays.some(
          (area) =>
            placed.x >= area.x &&
            placed.y >= area.y &&
            placed.x + placed.width <= area.x + area.width &&
            placed.y + placed.height <= area.y + area.height,
        );
      }),
    );
  });
  it('stays where it was when that is possible', () => {
    const state = { bounds: { x: 100, y: 50, width: 900, height: 700 }, maximized: true };
    expect(clampToDisplays(state, [screen])).toEqual(state);
    expect(clampToDisplays(null, [screen]).bounds).toEqual({ x: 80, y: 50, width: 1440, height: 900 });
    expect(clampToDisplays(null, []).bounds.width).toBeGreaterThanOrEqual(smallest.width);
  });
  it('survives a restart, and a damaged file is no place', () => {
    const path = join(folder, 'window.json');
    expect(readWindowState(path)).toBeNull();
    const state = { bounds: { x: 1, y: 2, width: 900, height: 700 }, maximized: false };
    expect(writeWindowState(path, state)).toBe(true);
    expect(readWindowState(path)).toEqual(state);
    for (const text of [
      '',
      '{}',
      '{"bounds":{"x":"1"},"maximized":true}',
      '{"bounds":{"x":1e99,"y":0,"width":1,"height":1},"maximized":true}',
    ]) {
      writeFileSync(path, text);
      expect(readWindowState(path)).toBeNull();
    }
    expect(writeWindowState(join(folder, 'absent', 'window.json'), state)).toBe(false);
  });
});

describe('the system keyring', () => {
  const storage = (backend: string): SafeStorage => ({
    isEncryptionAvailable: () => true,
    getSelectedStorageBackend: () => backend,
    encryptStringAsync: (plain) => Promise.resolve(Buffer.from(`wrapped:${plain}`)),
    decryptStringAsync: (wrapped) => Promise.resolve({ result: wrapped.toString().slice(8), shouldReEncrypt: false }),
  });
  it('is real only where it protects', () => {
    for (const backend of ['basic_text', 'unknown']) expect(isRealKeyring('linux', storage(backend))).toBe(false);
    for (const backend of ['gnome_libsecret', 'kwallet6']) expect(isRealKeyring('linux', storage(backend))).toBe(true);
    expect(isRealKeyring('darwin', storage('unknown'))).toBe(true);
    expect(
      isRealKeyring('linux', { isEncryptionAvailable: () => true, getSelectedStorageBackend: () => 'kwallet6' }),
    ).toBe(false);
  });
  it('gives the same 32 bytes again', async () => {
    const path = join(folder, 'keyring.key');
    expect(await keyringKey(path, 'linux', storage('basic_text'))).toEqual({ ok: true, value: null });
    const first = await keyringKey(path, 'linux', storage('kwallet6'));
    expect(first.ok && Buffer.from(first.value ?? '', 'base64').length).toBe(32);
    expect(await keyringKey(path, 'linux', storage('kwallet6'))).toEqual(first);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
  it('never replaces a key that it cannot open', async () => {
    const path = join(folder, 'keyring.key');
    writeFileSync(path, 'wrapped by another session');
    const broken: SafeStorage = {
      ...storage('kwallet6'),
      decryptStringAsync: () => Promise.reject(new Error('temporarily unavailable. Please try again.')),
    };
    for (const one of [broken, storage('basic_text'), storage('kwallet6')]) {
      const answer = await keyringKey(path, 'linux', one);
      expect(answer.ok ? '' : answer.error.tag).toBe('KeyringLocked');
    }
    expect(readFileSync(path, 'utf8')).toBe('wrapped by another session');
  });
});

describe('small parts', () => {
  it('know their arguments', () => {
    expect(shellOptions(['.', '--profile=bob', '--no-sandbox'])).toEqual({ profile: 'bob', probe: false });
    expect(shellOptions(['https://evil.test', '--inspect'])).toEqual({ profile: 'default', probe: false });
    for (const name of ['..', 'a/b', '', 'a b', '-x'])
      expect(shellOptions([`--profile=${name}`])).toHaveProperty('problem');
  });
  it('offer a file once', () => {
    const desk = downloadDesk();
    desk.offer('t1', '/pack.zip');
    expect(desk.take('/download/t2')).toBeNull();
    expect(desk.take('/download/t1')).toBe('/pack.zip');
    expect(desk.take('/download/t1')).toBeNull();
    desk.offer('t3', '/pack.zip');
    desk.forget();
    expect(desk.take('/download/t3')).toBeNull();
  });
  it('say in plain words, escaped, that the core stopped', () => {
    const page = noticePage({ tag: 'X', what: '<script>a</script>', safe: 'b & c', advice: '"d"', code: "'e'" }, 'log');
    expect(String(page.body)).not.toMatch(/<script|style=|<style/);
    expect(String(page.body)).toContain('b &amp; c');
    expect(page.headers['content-security-policy']).toBe(contentSecurityPolicy);
  });
  it('give the menu words and keys', () => {
    const template = menuTemplate({
      platform: 'linux',
      showProfileFolder: () => 0,
      restartCore: () => 0,
      about: () => 0,
    });
    const items = template.flatMap((menu) => (Array.isArray(menu.submenu) ? menu.submenu : []));
    const keys = items.map((item) => item.accelerator).filter((key) => key !== undefined);
    expect(keys.length).toBeGreaterThanOrEqual(8);
    expect(new Set(keys).size).toBe(keys.length);
    expect(template.every((menu) => menu.label !== undefined || menu.role !== undefined)).toBe(true);
  });
});
