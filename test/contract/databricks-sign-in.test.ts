// Signing in with OAuth: U2M with PKCE through a loopback, rotation of refresh tokens, M2M; over real HTTPS against practice.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Login, personToken } from '../../main/databricks/login.ts';
import { httpsFor } from '../../main/databricks/oauth-http.ts';
import { machineToken } from '../../main/databricks/service-principal.ts';
import { canary } from '../../main/databricks/session.ts';
import { signInMs, standardClient, startSignIn } from '../../main/databricks/sign-in.ts';
import { robotClient } from '../../main/practice/oauth.ts';
import { databricksDeps, practiceWorkspace } from '../support/lakehouse.ts';
import { startPractice, type Practice } from '../support/practice.ts';
import { decide, memoryLogin, practicePlace } from '../support/sign-in.ts';
import { value } from '../support/core.ts';

let practice: Practice;
let now = Date.now();
beforeAll(async () => {
  practice = await startPractice({ seed: 5, fault: 'none', now: () => now });
});
beforeEach(() => {
  now = Date.now();
});
afterAll(async () => {
  await practice.close();
});

const clock = { now: () => now };
const ports = [0];
const deps = () => ({ ...databricksDeps({ clock }), call: httpsFor(practicePlace(practice)), ports });
const me = { method: 'GET', path: '/api/2.0/preview/scim/v2/Me' } as const;

const start = async (change: Partial<ReturnType<typeof deps>> = {}) =>
  value(await startSignIn(practicePlace(practice), standardClient, { ...deps(), ...change }));
const login = async (): Promise<Login> => {
  const waiting = await start();
  await decide(practice, waiting.url, 'allow');
  return value(await waiting.done);
};

describe('signing in through the browser', () => {
  it('asks as the documents say, and the page says to go back', async () => {
    const waiting = await start();
    const asked = new URL(waiting.url);
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      client_id: 'databricks-cli',
      response_type: 'code',
      scope: 'all-apis offline_access',
      code_challenge_method: 'S256',
    });
    expect(asked.searchParams.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+$/);
    expect(asked.searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/);
    expect(asked.searchParams.get('state')).toMatch(/^[\w-]{43}$/);
    expect(waiting.until).toBe(now + signInMs);
    const page = await decide(practice, waiting.url, 'allow');
    expect(page).toMatchObject({ status: 200 });
    expect(page.text).toContain('Go back to Breakwater');
    const found = value(await waiting.done);
    expect(found).toMatchObject({ clientId: 'databricks-cli', previous: null, expiresAt: now + 3_600_000 });
    expect(page.text).not.toContain(found.access);
    // Once only: the listener is gone.
    await expect(fetch(asked.searchParams.get('redirect_uri') ?? '')).rejects.toThrow();
  });

  it('an answer with another state changes nothing, and the right one still counts', async () => {
    const waiting = await start();
    const wrong = await decide(practice, waiting.url, 'allow', (back) =>
      back.searchParams.set('state', 'x'.repeat(43)),
    );
    expect(wrong).toMatchObject({ status: 400 });
    expect(wrong.text).toContain('Nothing was changed');
    const redirect = new URL(waiting.url).searchParams.get('redirect_uri') ?? '';
    expect((await fetch(redirect, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${redirect}/other`)).status).toBe(404);
    expect(await decide(practice, waiting.url, 'allow')).toMatchObject({ status: 200 });
    expect((await waiting.done).ok).toBe(true);
  });

  it('refused, cancelled and too late are told apart', async () => {
    const refused = await start();
    expect((await decide(practice, refused.url, 'refuse')).text).toContain('You are not signed in');
    expect(await refused.done).toMatchObject({ error: { tag: 'Forbidden', code: 'OAUTH access_denied' } });
    const cancelled = await start();
    cancelled.cancel();
    expect(await cancelled.done).toMatchObject({ error: { tag: 'Cancelled' } });
    let ring: () => void = () => undefined;
    const scheduler = { after: (ms: number, run: () => void) => (ms === signInMs && (ring = run), () => undefined) };
    const late = await start({ scheduler });
    ring();
    expect(await late.done).toMatchObject({ error: { tag: 'TimedOut' } });
  });

  it('a code that somebody else took is refused, because the verifier never left', async () => {
    const [mine, theirs] = [await start(), await start()];
    const state = new URL(mine.url).searchParams.get('state') ?? '';
    let code = '';
    await decide(practice, theirs.url, 'allow', (back) => {
      code = back.searchParams.get('code') ?? '';
      back.searchParams.set('state', 'none');
    });
    await decide(practice, mine.url, 'allow', (back) => {
      back.searchParams.set('code', code);
      back.searchParams.set('state', state);
    });
    expect(await mine.done).toMatchObject({ error: { tag: 'Unauthorized', code: 'OAUTH invalid_grant' } });
    theirs.cancel();
  });

  it('takes the next port where one is taken, and says so when all are', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const taken = (other.address() as AddressInfo).port;
    const waiting = await start({ ports: [taken, 0] });
    expect(new URL(waiting.url).searchParams.get('redirect_uri')).not.toContain(`:${taken}`);
    waiting.cancel();
    const none = await startSignIn(practicePlace(practice), standardClient, { ...deps(), ports: [taken] });
    expect(none).toMatchObject({ ok: false, error: { tag: 'NotConfigured', code: 'PORTS' } });
    other.close();
  });

  it('a host without OAuth, and one that sends us elsewhere, are refused', async () => {
    const answers = (body: string) => () => Promise.resolve({ status: 200, body, headers: {} });
    const evil = JSON.stringify({
      authorization_endpoint: 'https://evil.test/authorize',
      token_endpoint: `https://127.0.0.1:${practice.port}/oidc/v1/token`,
    });
    for (const call of [answers(evil), () => Promise.resolve({ status: 404, body: '', headers: {} })])
      expect(await startSignIn(practicePlace(practice), standardClient, { ...deps(), call })).toMatchObject({
        error: { tag: 'NotConfigured' },
      });
    expect(
      await startSignIn(practicePlace(practice), standardClient, { ...deps(), call: answers('<html>') }),
    ).toMatchObject({ error: { tag: 'BadAnswer' } });
  });
});

describe('a login', () => {
  it('feeds REST and SQL alike, and is renewed for both before it ends', async () => {
    const store = memoryLogin(await login());
    const auth = personToken(store, practicePlace(practice), { clock }, deps().call);
    const workspace = practiceWorkspace(practice, { auth }, { clock });
    expect(await workspace.rest.call(me)).toMatchObject({ ok: true });
    expect(await workspace.warehouse.query(canary)).toMatchObject({ ok: true });
    expect(store.writes).toEqual([]);
    now += 3_590_000;
    expect(await workspace.warehouse.query(canary)).toMatchObject({ ok: true });
    expect(await workspace.rest.call(me)).toMatchObject({ ok: true });
    expect(store.writes).toHaveLength(1);
    await workspace.close();
  });

  it('that the workspace refuses is renewed once: reads go again, a write is told and not repeated', async () => {
    const store = memoryLogin(await login());
    const auth = personToken(store, practicePlace(practice), { clock }, deps().call);
    const workspace = practiceWorkspace(practice, { auth }, { clock });
    await practice.control({ status: { code: 401, count: 1, on: 'rest' } });
    expect(await workspace.rest.call(me)).toMatchObject({ ok: true });
    expect(store.writes).toHaveLength(1);
    now += 60_000;
    await practice.control({ status: { code: 401, count: 1, on: 'sql' } });
    expect(await workspace.warehouse.query(canary)).toMatchObject({ ok: true });
    expect(store.writes).toHaveLength(2);
    now += 60_000;
    await practice.control({ status: { code: 401, count: 1, on: 'sql' } });
    const write = { name: 'test.write', text: 'SELECT 1', effect: 'write' } as const;
    expect(await workspace.warehouse.query(write)).toMatchObject({ error: { tag: 'Unauthorized' } });
    expect(await workspace.warehouse.query(write)).toMatchObject({ ok: true });
    expect(store.writes).toHaveLength(3);
    // A workspace that refuses everything is not asked again and again.
    await practice.control({ status: { code: 401, on: 'all' } });
    now += 60_000;
    for (let at = 0; at < 5; at += 1)
      expect(await workspace.rest.call(me)).toMatchObject({ error: { tag: 'Unauthorized' } });
    expect(store.writes).toHaveLength(4);
    await practice.control({ release: true });
    await workspace.close();
  });

  it('that has ended says so in words, keeps everything and does not loop', async () => {
    const found = await login();
    const store = memoryLogin({ ...found, refresh: 'gone', expiresAt: now - 1 });
    const auth = personToken(store, practicePlace(practice), { clock }, deps().call);
    const answer = await auth.get();
    expect(answer).toMatchObject({ error: { tag: 'Unauthorized', code: 'SIGN_IN' } });
    expect(answer.ok ? '' : answer.error.advice).toMatch(/Sign in.*Settings/);
    expect(store.writes).toEqual([]);
    expect(value(store.read())?.refresh).toBe('gone');
  });

  it('offline: a token that still lasts is used, one that has ended is named offline, and nothing changes', async () => {
    const store = memoryLogin(await login());
    const call = () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }));
    const auth = personToken(store, practicePlace(practice), { clock }, call);
    expect((await auth.get()).ok).toBe(true);
    now += 3_540_000;
    expect((await auth.get()).ok).toBe(true);
    now += 120_000;
    expect(await auth.get()).toMatchObject({ error: { tag: 'Offline', code: 'ENOTFOUND' } });
    expect(store.writes).toEqual([]);
  });

  it('that cannot be stored (a full disk) is not used and not lost', async () => {
    const first = await login();
    const kept = memoryLogin({ ...first, expiresAt: now - 1 });
    let full = true;
    const failure = { tag: 'DiskFull', what: 'w', safe: 's', advice: 'a' };
    const store = {
      ...kept,
      write: (next: Login) => (full ? { ok: false as const, error: failure } : kept.write(next)),
    };
    const auth = personToken(store, practicePlace(practice), { clock }, deps().call);
    expect(await auth.get()).toMatchObject({ ok: false, error: { code: 'DiskFull' } });
    full = false;
    expect((await auth.get()).ok).toBe(true);
    expect(kept.writes).toHaveLength(1);
    expect(kept.writes[0]).toMatchObject({ previous: first.refresh });
  });
});

describe('a service principal', () => {
  it('gets its token by client credentials and works for REST and SQL', async () => {
    const given = { clientId: robotClient, clientSecret: practice.token };
    const auth = machineToken(given, practicePlace(practice), { clock }, deps().call);
    const workspace = practiceWorkspace(practice, { auth }, { clock });
    expect(await workspace.rest.call(me)).toMatchObject({ ok: true, value: { userName: robotClient } });
    expect(await workspace.warehouse.query(canary)).toMatchObject({ ok: true });
    await workspace.close();
  });
  it('with a wrong secret is refused without the secret in the words', async () => {
    const given = { clientId: robotClient, clientSecret: 'CANARYsecret/+=' };
    const auth = machineToken(given, practicePlace(practice), { clock }, deps().call);
    const answer = await auth.get();
    expect(answer).toMatchObject({ error: { tag: 'Unauthorized', code: 'OAUTH invalid_client' } });
    expect(JSON.stringify(answer)).not.toContain('CANARY');
  });
});
