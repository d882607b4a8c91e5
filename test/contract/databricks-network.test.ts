// Custom CA and proxy: the same rules for REST, the driver and the check of a connection, over real HTTPS.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { checkConnection } from '../../main/databricks/connection-check.ts';
import { parseProxy, proxyOfEnvironment } from '../../main/databricks/proxy.ts';
import { canary } from '../../main/databricks/session.ts';
import type { Proxy } from '../../main/databricks/port.ts';
import { extraTrust } from '../../main/databricks/transport.ts';
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.ts';
import { databricksDeps, practiceConnection, practiceWorkspace } from '../support/lakehouse.ts';
import { startPractice, type Practice } from '../support/practice.ts';

const me = { method: 'GET', path: '/api/2.0/preview/scim/v2/Me' } as const;
const secret = 'p@ss:word/CANARY';
let practice: Practice;
beforeAll(async () => {
  practice = await startPractice({ seed: 5, fault: 'none' });
});
afterAll(async () => {
  await practice.close();
});

const through = async (credentials: string | null, given: Partial<Proxy> = {}) => {
  const proxy: ConnectProxy = await startConnectProxy(credentials);
  const network = { proxy: { url: proxy.url, ...given } };
  const lines: string[] = [];
  const workspace = practiceWorkspace(practice, { network }, { log: (_level, line) => void lines.push(line) });
  onTestFinished(async () => {
    await workspace.close();
    await proxy.close();
  });
  return { proxy, network, workspace, lines };
};

describe('a proxy', () => {
  it('carries REST and SQL, with credentials, and the CA of the connection still counts behind it', async () => {
    const { proxy, workspace } = await through(`us er:${secret}`, { username: 'us er', password: secret });
    expect(await workspace.rest.call(me)).toMatchObject({ ok: true });
    expect(await workspace.warehouse.query(canary)).toMatchObject({ ok: true });
    expect(proxy.asked.length).toBeGreaterThanOrEqual(2);
    for (const one of proxy.asked)
      expect(one).toEqual({ target: `127.0.0.1:${practice.port}`, credentials: `us er:${secret}` });
  });

  it('that wants other credentials is named as the one who refuses, not the workspace', async () => {
    const { workspace, network, lines } = await through('user:right', { username: 'user', password: secret });
    const [rest, sql] = [await workspace.rest.call(me), await workspace.warehouse.query(canary)];
    for (const answer of [rest, sql])
      expect(answer).toMatchObject({ ok: false, error: { tag: 'Offline', code: 'PROXY_407' } });
    const steps = await checkConnection(practiceConnection(practice, { network }), [], databricksDeps());
    const failed = steps.find((one) => one.state === 'failed');
    expect(failed).toMatchObject({ step: 'TLS', failure: { code: 'PROXY_407' } });
    expect(failed?.detail).toMatch(/proxy refused.*password of the proxy/);
    expect(JSON.stringify([rest, sql, steps, lines])).not.toContain('CANARY');
  });

  it.each([403, 502])('that refuses with %i is no missing right and no lost reply', async (status) => {
    const { proxy, workspace } = await through(null);
    proxy.refuse(status);
    expect(await workspace.rest.call(me)).toMatchObject({ error: { tag: 'Offline', code: `PROXY_${status}` } });
    const write = { name: 'test.write', text: 'INSERT INTO x VALUES (1)', effect: 'write' } as const;
    expect(await workspace.warehouse.query(write)).toMatchObject({
      error: { tag: 'Offline', code: `PROXY_${status}` },
    });
    proxy.refuse(null);
    expect(await workspace.rest.call(me)).toMatchObject({ ok: true });
  });

  it('that is gone is being offline', async () => {
    const { proxy, workspace } = await through(null);
    await proxy.close();
    expect(await workspace.rest.call(me)).toMatchObject({ error: { tag: 'Offline', code: 'ECONNREFUSED' } });
    expect(await workspace.warehouse.query(canary)).toMatchObject({ error: { tag: 'Offline' } });
  });

  it('does not make a certificate trusted', async () => {
    const proxy = await startConnectProxy();
    const { caFile: _, ...connection } = practiceConnection(practice, { network: { proxy: { url: proxy.url } } });
    const steps = await checkConnection(connection, [], databricksDeps());
    expect(steps.find((one) => one.state === 'failed')).toMatchObject({ failure: { tag: 'BadCertificate' } });
    await proxy.close();
  });
});

describe('the address of a proxy', () => {
  it('is taken apart, so that what is shown has no credentials', () => {
    expect(parseProxy('http://u%40x:p%3Aw@proxy.example:8080/')).toEqual({
      ok: true,
      value: { url: 'http://proxy.example:8080', username: 'u@x', password: 'p:w' },
    });
    for (const [given, password] of [['50%off', '50%off'], ['100%', '100%'], ['%ff%zz', '%ff%zz'], ['5%25 é%', '5% é%']] as const)
      expect(parseProxy(`http://u:${given}@proxy.example:8080`), given).toEqual({
        ok: true,
        value: { url: 'http://proxy.example:8080', username: 'u', password },
      }); // prettier-ignore
    expect(parseProxy('proxy.example:3128')).toEqual({ ok: true, value: { url: 'http://proxy.example:3128' } });
    for (const bad of ['', 'socks5://x:1', 'http://', 'http://x/path', 'not a host'])
      expect(parseProxy(bad), bad).toMatchObject({ ok: false, error: { code: 'PROXY' } });
  });

  it('comes from HTTPS_PROXY unless NO_PROXY excepts the host', () => {
    const host = 'adb-1.2.azuredatabricks.net';
    const of = (env: Record<string, string>) => {
      const found = proxyOfEnvironment(env, host);
      return found.ok ? (found.value?.url ?? null) : found.error.code;
    };
    const HTTPS_PROXY = 'http://p:1';
    expect(of({})).toBe(null);
    expect(of({ HTTPS_PROXY })).toBe(HTTPS_PROXY);
    expect(of({ https_proxy: 'p:2' })).toBe('http://p:2');
    for (const NO_PROXY of ['*', host, '.azuredatabricks.net', 'azuredatabricks.net', 'x, *.azuredatabricks.net:443'])
      expect(of({ HTTPS_PROXY, NO_PROXY }), NO_PROXY).toBe(null);
    for (const NO_PROXY of ['databricks.net', '.com', '1.2.azuredatabricks', ' , '])
      expect(of({ HTTPS_PROXY, NO_PROXY }), NO_PROXY).toBe(HTTPS_PROXY);
    expect(of({ HTTPS_PROXY: 'socks5://x:1' })).toBe('PROXY');
  });
});

it('the roots of the operating system are trusted only where somebody asked for them', () => {
  const place = { kind: 'workspace', host: 'x.cloud.databricks.com', port: 443 } as const;
  expect(extraTrust(place)).toEqual({ ok: true, value: undefined });
  const asked = extraTrust({ ...place, network: { systemCa: true }, caFile: practice.caFile });
  expect(asked.ok && asked.value?.at(-1)).toBe(practice.ca);
  expect(asked.ok && (asked.value?.length ?? 0) > 1).toBe(true);
});
