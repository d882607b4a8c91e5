// Where tokens come from without a workspace: renewal, the Databricks CLI and its cache, Microsoft Entra.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cliHere, type CliSeam, cliToken } from '../../main/databricks/cli-token.ts';
import type { HttpsCall } from '../../main/databricks/oauth-http.ts';
import { renewing } from '../../main/databricks/renewing.ts';
import { azureToken, machineToken } from '../../main/databricks/service-principal.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import { err, ok } from '../../shared/base/result.ts';

const place = { kind: 'workspace', host: 'adb-1.2.azuredatabricks.net', port: 443 } as const;

describe('a renewing token', () => {
  const scene = () => {
    let [now, fetched, fails] = [1_000_000, 0, false];
    const source = renewing({
      kind: 'oauth-m2m',
      now: () => now,
      secrets: ['the-secret'],
      fetch: async () => {
        await Promise.resolve();
        fetched += 1;
        return fails ? err(databricksFailure('Offline')) : ok({ token: `t${fetched}`, expiresAt: now + 3_600_000 });
      },
    });
    return { source, wait: (ms: number) => (now += ms), fail: (yes: boolean) => (fails = yes), fetched: () => fetched };
  };

  it('is fetched once for all who ask, and again before it ends', async () => {
    const { source, wait, fetched } = scene();
    expect(await Promise.all([source.get(), source.get(), source.get()])).toEqual(Array(3).fill(ok('t1')));
    wait(3_400_000);
    expect(await source.get()).toEqual(ok('t1'));
    wait(100_000);
    expect(await source.get()).toEqual(ok('t2'));
    expect(fetched()).toBe(2);
    expect(source.secrets()).toEqual(['the-secret', 't2', 't1']);
  });

  it('that was refused is replaced once; a fresh one is not, and an old refusal changes nothing', async () => {
    const { source, wait, fetched } = scene();
    await source.get();
    expect(source.invalidate('t1')).toBe(false);
    wait(60_000);
    expect(source.invalidate('t1')).toBe(true);
    expect(await source.get()).toEqual(ok('t2'));
    expect(source.invalidate('t1')).toBe(true);
    expect(await source.get()).toEqual(ok('t2'));
    expect(fetched()).toBe(2);
  });

  it('of a clock that was set back since is replaced once it is refused', async () => {
    const { source, wait, fetched } = scene();
    await source.get();
    wait(-2 * 86_400_000);
    expect(await source.get()).toEqual(ok('t1'));
    expect(source.invalidate('t1')).toBe(true);
    expect(await source.get()).toEqual(ok('t2'));
    expect(source.invalidate('t2')).toBe(false);
    expect(fetched()).toBe(2);
  });

  it('lasts to its end when no other can be had', async () => {
    const { source, wait, fail } = scene();
    await source.get();
    fail(true);
    wait(3_590_000);
    expect(await source.get()).toEqual(ok('t1'));
    wait(20_000);
    expect(await source.get()).toMatchObject({ error: { tag: 'Offline' } });
  });
});

describe('the Databricks CLI', () => {
  const now = Date.parse('2026-11-27T10:00:00Z');
  const at = (minutes: number) => new Date(now + minutes * 60_000).toISOString();
  const get = async (seam: Partial<CliSeam>) => {
    const asked: string[][] = [];
    const run: CliSeam['run'] = (args) => {
      asked.push([...args]);
      return seam.run?.(args) ?? Promise.resolve(null);
    };
    const source = cliToken(place, { clock: { now: () => now } }, { run, cache: seam.cache ?? (() => null) });
    return { answer: await source.get(), asked };
  };
  const printed = (token: string, minutes: number) =>
    JSON.stringify({ access_token: token, token_type: 'Bearer', expiry: at(minutes) });
  const cache = (key: string, minutes: number, version = 1) =>
    JSON.stringify({
      version,
      tokens: { [key]: { access_token: 'cached', refresh_token: 'theirs', expiry: at(minutes) } },
    });

  it('is asked for the token of the host', async () => {
    const { answer, asked } = await get({ run: () => Promise.resolve(printed('from-cli', 50)) });
    expect(answer).toEqual(ok('from-cli'));
    expect(asked).toEqual([['auth', 'token', '--host', 'https://adb-1.2.azuredatabricks.net']]);
  });
  it('is the program that DATABRICKS_CLI_PATH names, else the one on the PATH', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'bw-cli-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const program = join(dir, 'my databricks');
    writeFileSync(program, '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
    expect(await cliHere(dir, { DATABRICKS_CLI_PATH: program }).run(['auth', 'token'])).toBe('auth token\n');
    expect(await cliHere(dir, { DATABRICKS_CLI_PATH: join(dir, 'none') }).run(['auth'])).toBeNull();
  });
  it('that is not installed: its cache counts while its token lasts', async () => {
    expect((await get({ cache: () => cache('https://adb-1.2.azuredatabricks.net', 30) })).answer).toEqual(ok('cached'));
    expect((await get({ cache: () => cache('adb-1.2.azuredatabricks.net', 30) })).answer).toEqual(ok('cached'));
    for (const text of [
      cache('https://adb-1.2.azuredatabricks.net', -1),
      cache('https://other.cloud.databricks.com', 30),
      cache('https://adb-1.2.azuredatabricks.net', 30, 2),
      'rubbish',
    ])
      expect((await get({ cache: () => text })).answer).toMatchObject({
        error: { tag: 'Unauthorized', advice: expect.stringContaining('databricks auth login --host') },
      });
  });
  it('that refuses, or answers with something else, is named', async () => {
    expect((await get({ run: () => Promise.reject(new Error('x')) })).answer).toMatchObject({
      error: { tag: 'Unauthorized' },
    });
    for (const text of ['', '{}', '{"access_token":"x"}', '[1]'])
      expect((await get({ run: () => Promise.resolve(text) })).answer).toMatchObject({ ok: false });
  });
});

describe('a service principal of Microsoft Entra', () => {
  const scene = (host: string = place.host) => {
    const asked: { url: string; form: Record<string, string> }[] = [];
    const call: HttpsCall = (url, { body }) => {
      const form = Object.fromEntries(new URLSearchParams(body));
      asked.push({ url: url.href, form });
      const token = form['scope']?.startsWith('https://management') === true ? 'mgmt' : 'entra';
      return Promise.resolve({
        status: 200,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify({ token_type: 'Bearer', expires_in: 3599, access_token: token }),
      });
    };
    const source = (given: { tenantId?: string; resourceId?: string } = {}) =>
      azureToken(
        { tenantId: 'tenant-1', clientId: 'c', clientSecret: 's/+', ...given },
        { ...place, host },
        { clock: { now: () => 0 } },
        call,
      );
    return { asked, source };
  };

  it('asks Entra of its cloud for the resource of Azure Databricks', async () => {
    const { asked, source } = scene();
    expect(await source().get()).toEqual(ok('entra'));
    expect(asked).toEqual([
      {
        url: 'https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token',
        form: {
          client_id: 'c',
          client_secret: 's/+',
          grant_type: 'client_credentials',
          scope: '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default',
        },
      },
    ]);
    const china = scene('adb-1.2.databricks.azure.cn');
    await china.source().get();
    expect(china.asked[0]?.url).toContain('https://login.chinacloudapi.cn/');
    const us = scene('adb-1.2.databricks.azure.us');
    await us.source().get();
    expect(us.asked[0]?.url).toContain('https://login.microsoftonline.us/');
  });
  it('sends the management token only where the resource of the workspace is named', async () => {
    const { source } = scene();
    expect(source().headers).toBeUndefined();
    const with_ = source({ resourceId: '/subscriptions/x' });
    expect(await with_.headers?.()).toEqual(
      ok({
        'x-databricks-azure-sp-management-token': 'mgmt',
        'x-databricks-azure-workspace-resource-id': '/subscriptions/x',
      }),
    );
    const scopes = async (host: string): Promise<readonly (string | undefined)[]> => {
      const there = scene(host);
      await there.source({ resourceId: '/subscriptions/x' }).headers?.();
      return there.asked.map(({ form }) => form['scope']);
    };
    expect(await scopes('adb-1.2.azuredatabricks.net')).toEqual(['https://management.core.windows.net//.default']);
    expect(await scopes('adb-1.2.databricks.azure.us')).toEqual([
      'https://management.core.usgovcloudapi.net//.default',
    ]);
    expect(await scopes('adb-1.2.databricks.azure.cn')).toEqual(['https://management.core.chinacloudapi.cn//.default']);
    await with_.get();
    expect(with_.secrets()).toEqual(['s/+', 'entra', 'mgmt']);
  });
  it('refuses a tenant that would change the address', async () => {
    const { asked, source } = scene();
    for (const tenantId of ['../x', 'a/b', 'x?y', '', 'evil.test/#'])
      expect(await source({ tenantId }).get(), tenantId).toMatchObject({ error: { tag: 'NotConfigured' } });
    expect(asked).toEqual([]);
  });
});

describe('a service principal of Databricks', () => {
  it('never shows what its header carried, when a server repeats it without the word before it', async () => {
    const clientId = '0a1b2c3d-1111-4222-8333-444455556666';
    const clientSecret = "dose CANARY_m2m.(1)!~*'";
    let sent = '';
    const call: HttpsCall = (url, { headers }) => {
      const origin = `https://${place.host}`;
      if (url.pathname.includes('.well-known'))
        return Promise.resolve({ status: 200, headers: {}, body: JSON.stringify({ issuer: `${origin}/oidc`, authorization_endpoint: `${origin}/oidc/v1/authorize`, token_endpoint: `${origin}/oidc/v1/token` }) });
      sent = (headers['authorization'] ?? '').replace('Basic ', '');
      const body = JSON.stringify({ error: 'invalid_client', error_description: `no client for ${sent}` });
      return Promise.resolve({ status: 400, headers: { 'content-type': 'application/json' }, body });
    }; // prettier-ignore
    const source = machineToken({ clientId, clientSecret }, place, { clock: { now: () => 0 } }, call);
    const found = await source.get();
    expect(sent).toMatch(/^[A-Za-z0-9+/]{80,}=*$/);
    expect(found).toMatchObject({ ok: false, error: { tag: 'Unauthorized' } });
    expect(JSON.stringify(found)).toContain('no client for <redacted>');
    expect(JSON.stringify(found)).not.toContain(sent);
  });
});
