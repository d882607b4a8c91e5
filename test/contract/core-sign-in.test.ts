// Signing in through the contract: progress, storing, renewing, out again; a passphrase; what unattended use may do.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Core, CoreDeps } from '../../main/core/create-core.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import { robotClient } from '../../main/practice/oauth.ts';
import { unattendedConnection } from '../../main/core/unattended.ts';
import { err, ok } from '../../shared/base/result.ts';
import { failure } from '../../shared/base/failure.ts';
import { openCore, scratch, value } from '../support/core.ts';
import { databricksDeps, practiceConnection } from '../support/lakehouse.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { decide } from '../support/sign-in.ts';

let practice: Practice;
beforeAll(async () => {
  practice = await startPractice({ seed: 5, fault: 'none' });
});
afterAll(async () => {
  await practice.close();
});

const host = 'dbc-1.cloud.databricks.com';
const httpPath = '/sql/1.0/warehouses/abc';
const onPractice = (): Partial<CoreDeps> => ({
  openWorkspace: (connection) => openWorkspace(connection, databricksDeps()),
  practice: () =>
    Promise.resolve(ok({ connection: practiceConnection(practice), seed: 5, control: () => Promise.resolve(ok({})) })),
});
const loginOf = async (core: Core) => value(await core.call('connection.login', {}));
const until = async (core: Core, state: 'done' | 'failed') => {
  await expect.poll(async () => (await loginOf(core)).flow?.state, { timeout: 20_000 }).toBe(state);
  return loginOf(core);
};
const files = (home: string): string =>
  readdirSync(join(home, 'profiles', 'default'), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => `${one.name} ${readFileSync(join(one.parentPath, one.name), 'latin1')}`)
    .join('\n');

describe('signing in to the practice lakehouse', () => {
  it('goes through the browser, is stored, shown, used after a restart, and left again', async () => {
    const home = scratch();
    const keyring = Buffer.alloc(32, 7);
    const core = await openCore(home, { ...onPractice(), keyring });
    const started = value(await core.call('connection.signIn', { id: 'primary' }));
    expect(started.url).toContain(`https://127.0.0.1:${practice.port}/oidc/v1/authorize?`);
    expect((await loginOf(core)).flow).toMatchObject({ state: 'waiting', url: started.url });
    await decide(practice, started.url, 'allow');
    const done = await until(core, 'done');
    expect(done.flow).toMatchObject({ url: null, user: practice.server.world.defaultUser });
    expect(done.connections).toMatchObject([
      { id: 'practice', auth: 'oauth-u2m', signedIn: true, user: practice.server.world.defaultUser },
    ]);
    expect(done.secrets).toEqual({ protection: 'keyring', locked: false });
    await core.close();

    const kinds: string[] = [];
    const later = await openCore(home, {
      ...onPractice(),
      keyring,
      background: true,
      openWorkspace: (connection) => {
        kinds.push(connection.auth.kind);
        return openWorkspace(connection, databricksDeps());
      },
    });
    await expect
      .poll(async () => value(await later.call('app.status', {})).workspace.state, { timeout: 60_000 })
      .toBe('online');
    expect(kinds).toContain('oauth-u2m');
    expect((await loginOf(later)).connections[0]?.until).not.toBeNull();
    value(await later.call('connection.signOut', { id: 'practice' }));
    expect((await loginOf(later)).connections).toMatchObject([{ auth: 'pat', user: null }]);
  });

  it('refused and cancelled leave everything as it was', async () => {
    const core = await openCore(scratch(), onPractice());
    const refused = value(await core.call('connection.signIn', { id: 'practice' }));
    await decide(practice, refused.url, 'refuse');
    expect((await until(core, 'failed')).flow?.failure).toMatchObject({ tag: 'Forbidden' });
    value(await core.call('connection.signIn', { id: 'practice' }));
    expect(value(await core.call('connection.cancelSignIn', {}))).toEqual({ cancelled: true });
    expect((await until(core, 'failed')).flow?.failure).toMatchObject({ tag: 'Cancelled' });
    expect(value(await core.call('connection.cancelSignIn', {}))).toEqual({ cancelled: false });
    expect(await core.call('connection.signIn', { id: 'nowhere' })).toMatchObject({ error: { tag: 'NotConfigured' } });
    expect(await core.call('connection.signIn', {})).toMatchObject({ error: { tag: 'WrongShape' } });
    expect(await core.call('connection.signIn', { host: 'evil.test' })).toMatchObject({ error: { code: 'HOST' } });
  });
});

describe('a workspace of one’s own', () => {
  /** Sign-in servers of Databricks hosts, answered by practice. */
  const asDatabricks = (): Partial<CoreDeps> => ({
    auth: {
      clock: { now: () => Date.now() },
      cli: { run: () => Promise.resolve(null), cache: () => null },
      call: (place) => async (url, init) => {
        const asked = await practice.rest(`${url.pathname}${url.search}`, {
          method: init.method,
          token: init.headers['authorization']?.replace(/^Bearer /, '') ?? null,
          form: init.body,
        });
        const body = JSON.stringify(asked.body).replaceAll(
          `https://127.0.0.1:${practice.port}`,
          `https://${place.host}`,
        );
        return { status: asked.status, body, headers: { 'content-type': 'application/json' } };
      },
    },
    openWorkspace: () => err(failure('Offline', 'w', 's', 't')),
  });

  it('keeps a new sign-in in memory until it is saved, then stores it, and keeps it when the path is changed', async () => {
    const home = scratch();
    const core = await openCore(home, asDatabricks());
    const auth = { host, httpPath, auth: 'oauth-u2m', acceptUnencrypted: true } as const;
    const started = value(await core.call('connection.signIn', { host }));
    const asked = new URL(started.url);
    asked.hostname = '127.0.0.1';
    asked.port = String(practice.port);
    await decide(practice, asked.href, 'allow');
    await until(core, 'done');
    expect(files(home)).not.toContain('"refresh"');
    value(await core.call('connection.save', auth));
    expect((await loginOf(core)).connections).toMatchObject([
      { id: 'primary', host, auth: 'oauth-u2m', signedIn: true, user: practice.server.world.defaultUser },
    ]);
    const stored = (): string => readFileSync(join(home, 'profiles/default/secrets/workspace.secret'), 'utf8');
    expect(stored()).toContain('"refresh"');
    value(await core.call('connection.save', { ...auth, httpPath: '/sql/1.0/warehouses/def' }));
    expect(stored()).toContain('"refresh"');
    value(await core.call('connection.signOut', { id: 'primary' }));
    expect((await loginOf(core)).connections).toMatchObject([{ auth: 'oauth-u2m', signedIn: false }]);
    value(await core.call('connection.save', auth));
    expect((await loginOf(core)).connections).toMatchObject([{ signedIn: false }]);
  });

  it('takes CA and proxy along; the credentials of a proxy are a secret', async () => {
    const home = scratch();
    const opened: unknown[] = [];
    const core = await openCore(home, {
      keyring: Buffer.alloc(32, 7),
      machine: { platform: 'linux', home, env: { BREAKWATER_HOME: home, HTTPS_PROXY: 'http://env:1' } },
      background: true,
      openWorkspace: (connection) => {
        opened.push(connection.network);
        return err(failure('Offline', 'w', 's', 't'));
      },
    });
    const given = { host, httpPath, token: 'dapi-x', acceptUnencrypted: true };
    value(await core.call('connection.save', given));
    await expect.poll(() => opened.at(-1), { timeout: 10_000 }).toEqual({ proxy: { url: 'http://env:1' } });
    const proxy = 'http://user:pCANARY@proxy.example:8080';
    value(await core.call('connection.save', { ...given, network: { proxy, systemCa: true } }));
    await expect
      .poll(() => opened.at(-1), { timeout: 10_000 })
      .toEqual({
        systemCa: true,
        proxy: { url: 'http://proxy.example:8080', username: 'user', password: 'pCANARY' },
      });
    value(await core.call('connection.save', { ...given, network: { proxy: 'none' } }));
    await expect.poll(() => opened.at(-1), { timeout: 10_000 }).toBe(undefined);
    expect(await core.call('connection.save', { ...given, network: { proxy: 'socks5://x' } })).toMatchObject({
      error: { code: 'PROXY' },
    });
    value(await core.call('connection.save', { ...given, network: { proxy } }));
    value(await core.call('connection.signOut', { id: 'primary' }));
    expect((await loginOf(core)).connections).toMatchObject([{ auth: 'pat', signedIn: false }]);
    await core.close();
    expect(files(home)).not.toContain('CANARY');
  });

  it('is not offered a service principal where somebody sits in front of it', async () => {
    const configFile = `[bot]\nhost = ${host}\nclient_id = id\nclient_secret = s\n`;
    const sources = { connectionSources: () => ({ env: {}, configFile }) };
    const core = await openCore(scratch(), { ...sources, host: 'browser' });
    const { found } = value(await core.call('connection.found', {}));
    expect(found).toMatchObject([{ auth: 'oauth-m2m', unattended: true, hasToken: true }]);
    const given = { host, httpPath, from: 'databrickscfg:bot', acceptUnencrypted: true };
    const refused = await core.call('connection.save', given);
    expect(refused).toMatchObject({ error: { tag: 'UnattendedOnly' } });
    expect(refused.ok ? '' : refused.error.what).toMatch(/audit log.*robot/);
  });
});

describe('unattended', () => {
  it('a service principal of a section takes the place of the saved workspace', async () => {
    const configFile = `[bot]\nhost = ${host}\nhttp_path = ${httpPath}\nclient_id = ${robotClient}\nclient_secret = s\n`;
    const seams = { clock: { now: () => 0 }, cli: { run: () => Promise.resolve(null), cache: () => null } };
    const made = unattendedConnection('bot', { env: {}, configFile }, seams);
    expect(made).toMatchObject({ ok: true, value: { host, auth: { kind: 'oauth-m2m' } } });
    expect(unattendedConnection('none', { env: {}, configFile }, seams)).toMatchObject({
      error: { tag: 'NotConfigured' },
    });
    const opened: string[] = [];
    const core = await openCore(scratch(), {
      unattended: () => made,
      background: true,
      openWorkspace: (connection) => {
        opened.push(`${connection.host} ${connection.auth.kind}`);
        return err(failure('Offline', 'w', 's', 't'));
      },
    });
    await expect.poll(() => opened[0], { timeout: 10_000 }).toBe(`${host} oauth-m2m`);
    expect(value(await core.call('app.status', {})).workspace.kind).toBe('none');
  });
});

describe('a passphrase', () => {
  it('is chosen once, asked for once a start, and a wrong one deletes nothing', async () => {
    const home = scratch();
    const offline = { openWorkspace: () => err(failure('Offline', 'w', 's', 't')) };
    const core = await openCore(home, offline);
    value(await core.call('connection.save', { host, httpPath, token: 'dapiCANARY1', acceptUnencrypted: true }));
    expect((await loginOf(core)).secrets).toEqual({ protection: 'file', locked: false });
    expect(await core.call('connection.protect', { passphrase: 'short' })).toMatchObject({
      error: { tag: 'PassphraseTooShort' },
    });
    value(await core.call('connection.protect', { passphrase: 'four words pCANARY' }));
    expect(files(home)).not.toContain('CANARY');
    await core.close();

    const later = await openCore(home, { ...offline, background: true });
    await expect
      .poll(async () => value(await later.call('app.status', {})).workspace.failure?.tag, { timeout: 10_000 })
      .toBe('SecretsLocked');
    expect((await loginOf(later)).secrets).toEqual({ protection: 'passphrase', locked: true });
    expect(await later.call('connection.unlock', { passphrase: 'no' })).toMatchObject({
      error: { tag: 'WrongPassphrase' },
    });
    value(await later.call('connection.unlock', { passphrase: 'four words pCANARY' }));
    expect((await loginOf(later)).connections).toMatchObject([{ auth: 'pat', signedIn: true, failure: null }]);
    await expect
      .poll(async () => value(await later.call('app.status', {})).workspace.failure?.tag, { timeout: 10_000 })
      .toBe('Offline');
    expect(files(home)).not.toContain('CANARY');
  });
});
