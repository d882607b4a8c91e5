// A login survives processes that die while they renew it, and several that renew it at once. Refresh tokens are good for one use.
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loginStore } from '../../main/core/login-store.ts';
import { nodeScheduler } from '../../main/core/node-seams.ts';
import { openSecrets } from '../../main/core/secrets.ts';
import type { Login } from '../../main/databricks/login.ts';
import { httpsFor } from '../../main/databricks/oauth-http.ts';
import { standardClient, startSignIn } from '../../main/databricks/sign-in.ts';
import { scratch, value } from '../support/core.ts';
import { databricksDeps } from '../support/lakehouse.ts';
import { root } from '../support/places.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { decide, practicePlace } from '../support/sign-in.ts';

let practice: Practice;
beforeAll(async () => {
  practice = await startPractice({ seed: 5, fault: 'none' });
});
afterAll(async () => {
  await practice.close();
});

const signIn = async (): Promise<Login> => {
  const place = practicePlace(practice);
  const deps = { ...databricksDeps(), call: httpsFor(place), ports: [0] };
  const waiting = value(await startSignIn(place, standardClient, deps));
  await decide(practice, waiting.url, 'allow');
  return value(await waiting.done);
};
const scene = async () => {
  const dir = scratch();
  const store = loginStore(dir, openSecrets(dir, null), 'workspace', nodeScheduler);
  /** As if its access token had ended. */
  const expire = (login: Login): void => value(store.write({ ...login, expiresAt: 0 }));
  expire(await signIn());
  return { dir, store, expire };
};
const child = (dir: string, when: string): readonly string[] => [
  join(root, 'test/support/rotate-child.ts'), dir, String(practice.port), practice.caFile, when,
]; // prettier-ignore
const run = (dir: string, when: string): Promise<string> =>
  new Promise((resolve) =>
    execFile(process.execPath, [...child(dir, when)], { timeout: 60_000 }, (thrown, stdout, stderr) =>
      resolve(thrown === null ? stdout.trim() : (thrown.signal ?? `exit ${String(thrown.code)} ${stderr}`)),
    ),
  );
const accepted = async (token: string): Promise<number> =>
  (await practice.rest('/api/2.0/preview/scim/v2/Me', { token })).status;

describe('renewing a login', () => {
  it('is as if nothing had happened when it dies before asking', async () => {
    const { dir, store } = await scene();
    const before = value(store.read());
    expect(await run(dir, 'asking')).toBe('SIGKILL');
    expect(value(store.read())).toEqual(before);
    expect(await accepted(await run(dir, 'once'))).toBe(200);
  });

  it('is done when it dies after storing: the next process uses what was stored and asks nothing', async () => {
    const { dir, store } = await scene();
    const first = value(store.read())?.refresh;
    expect(await run(dir, 'stored')).toBe('SIGKILL');
    const stored = value(store.read());
    expect(stored).toMatchObject({ previous: first });
    expect(await run(dir, 'once')).toBe(stored?.access);
    expect(await accepted(stored?.access ?? '')).toBe(200);
    expect(value(store.read())).toEqual(stored);
  });

  it('that dies with the answer in hand loses that answer and no more: it is told once, and the store stays whole', async () => {
    const { dir, store } = await scene();
    const before = value(store.read());
    expect(await run(dir, 'answered')).toBe('SIGKILL');
    expect(await run(dir, 'once')).toBe('refused SIGN_IN');
    expect(value(store.read())).toEqual(before);
  });

  it('by six processes at once spends one refresh token, and all get the same access', async () => {
    const { dir } = await scene();
    const tokens = await Promise.all(Array.from({ length: 6 }, () => run(dir, 'once')));
    expect(new Set(tokens).size).toBe(1);
    expect(await accepted(tokens[0] ?? '')).toBe(200);
  });

  it('killed at any moment leaves a store that can be read and a login that is whole or told to be gone', async () => {
    const { dir, store, expire } = await scene();
    let gone = 0;
    for (let kill = 0; kill < 8; kill += 1) {
      const process_ = spawn(process.execPath, [...child(dir, 'loop')], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise((resolve) => process_.stdout.once('data', resolve));
      await new Promise((resolve) => setTimeout(resolve, 40 + 37 * kill));
      process_.kill('SIGKILL');
      await new Promise((resolve) => process_.once('exit', resolve));
      const left = value(store.read());
      expect(left).toMatchObject({ clientId: standardClient, refresh: expect.any(String), access: expect.any(String) });
      if (left !== null) expire(left);
      const answer = await run(dir, 'once');
      if (answer === 'refused SIGN_IN') {
        gone += 1;
        expire(await signIn());
      } else expect(await accepted(answer)).toBe(200);
    }
    // The one moment that no client can cover, see login.ts: between the server's answer and the disk.
    expect(gone).toBeLessThanOrEqual(4);
  });
});
