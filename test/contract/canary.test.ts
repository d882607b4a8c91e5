// No secret shows anywhere: a whole session with sign-in, failures and a killed process, then every byte that is left is searched.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { createClient, singleChannel } from '../../renderer/bridge/client.ts';
import type { CallInput, CallName, CallOutput } from '../../shared/contract/calls.ts';
import { corePorts, type FromCore, type ToCore } from '../../shared/contract/mux.ts';
import { openSecrets } from '../../main/core/secrets.ts';
import { nodeScheduler } from '../../main/core/node-seams.ts';
import { findPractice, stopPractice } from '../../main/practice/launch.ts';
import { scratch, value } from '../support/core.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';

const secrets = {
  pat: 'dapiCANARYpat0123456789abcdef',
  clientSecret: 'doseCANARYsecret/+=0123456789',
  proxy: 'p%CANARY:proxy/word',
  passphrase: 'CANARY four words and a horse',
};
const host = 'dbc-canary.cloud.databricks.com';
const httpPath = '/sql/1.0/warehouses/abc';

/** Throws where nothing catches, once it is told to. */
const uncaught = `process.on('SIGUSR2', () => {
  const thrown = new Error('Request failed: Bearer ${secrets.pat}');
  thrown.name = 'AxiosError';
  throw Object.assign(thrown, { code: 'ECONNABORTED', config: { headers: { authorization: 'Bearer ${secrets.pat}' } } });
})`;

/** How a secret may look: plain, URL-encoded, base64 at every alignment, as a basic header, as JSON. */
const dresses = (secret: string): readonly string[] => {
  const aligned = [0, 1, 2].flatMap((shift) => {
    const bytes = Buffer.from('x'.repeat(shift) + secret);
    // What stands before and after changes the first and the last characters only.
    const core = (text: string): string => text.replace(/=+$/, '').slice(shift === 0 ? 0 : 4, -4);
    return [core(bytes.toString('base64')), core(bytes.toString('base64url'))];
  });
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...aligned].filter(
    (text) => text.length >= 8,
  );
};

it('finds every dress in which a secret may show, so that finding none means something', () => {
  for (const secret of Object.values(secrets))
    for (const before of ['', 'a', 'ab', 'user:']) {
      const coded = Buffer.from(`${before}${secret} and more`).toString('base64');
      expect(
        dresses(secret).some((dress) => coded.includes(dress)),
        `${before} ${secret}`,
      ).toBe(true);
    }
});

/** Members of a zip, unpacked: a pack is searched like any folder. */
const members = (zip: Buffer): readonly Buffer[] => {
  const found: Buffer[] = [];
  for (let at = zip.indexOf('PK\u0001\u0002'); at !== -1; at = zip.indexOf('PK\u0001\u0002', at + 4)) {
    const [method, size, offset] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 42)];
    const start = offset + 30 + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28);
    const bytes = zip.subarray(start, start + size);
    found.push(method === 8 ? inflateRawSync(bytes) : bytes);
  }
  return found;
};

it('of a session with failures and a kill', { timeout: 300_000 }, async () => {
  const home = scratch();
  const said: string[] = [];
  const practiceDir = join(home, 'practice');
  onTestFinished(() =>
    stopPractice({ dir: practiceDir, clock: { now: () => Date.now() }, scheduler: nodeScheduler }).then(
      () => undefined,
    ),
  );
  writeFileSync(
    join(home, '.databrickscfg'),
    `[DEFAULT]\nhost = ${host}\ntoken = ${secrets.pat}\n[bot]\nhost = ${host}\nclient_id = robot\nclient_secret = ${secrets.clientSecret}\n`,
  );

  /** One life of the core, everything that it says kept. */
  const life = (...execArgv: readonly string[]) => {
    const child: ChildProcess = fork(new URL('../../main/core/entry-child.ts', import.meta.url), [], {
      execArgv: [...execArgv],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { PATH: process.env['PATH'], HOME: home, BREAKWATER_HOME: home },
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => said.push(text.toString()));
    const ports = corePorts((message) => void (child.connected && child.send(message)));
    child.on('message', (message: FromCore) => {
      said.push(JSON.stringify(message));
      ports.receive(message);
    });
    const died = once(child, 'exit').then(() => ports.died());
    child.send({ t: 'start', keyring: null } satisfies ToCore);
    const client = createClient(singleChannel(ports.open()));
    const call = <N extends CallName>(name: N, input: CallInput<N>) => client.call(name, input);
    return {
      call,
      kill: () => child.kill('SIGKILL'),
      fail: () => child.kill('SIGUSR2'),
      end: () => child.send({ t: 'end' } satisfies ToCore),
      died,
    };
  };

  const first = life();
  const flow = async (): Promise<CallOutput<'connection.login'>['flow']> =>
    value(await first.call('connection.login', {})).flow;
  // Sign in to practice as a browser would.
  const { url } = value(await first.call('connection.signIn', { id: 'practice' }));
  const address = await findPractice(practiceDir);
  expect(address).not.toBeNull();
  const ca = readFileSync(address?.caFile ?? '', 'utf8');
  const location = await new Promise<string>((resolve, reject) =>
    https
      .get(`${url}&decision=allow`, { ca, agent: false }, (answer) => resolve(answer.resume().headers.location ?? ''))
      .on('error', reject),
  );
  await fetch(location);
  await expect.poll(async () => (await flow())?.state, { timeout: 30_000 }).toBe('done');
  await expect
    .poll(async () => value(await first.call('app.status', {})).workspace.state, { timeout: 60_000 })
    .toBe('online');
  // A room and a pack, and everything that can go wrong on the way.
  const { log } = value(await first.call('room.open', { from: 'hand', title: 'K', class: 'cost', severity: 'SEV5' }));
  value(await first.call('practice.set', { fail: '401' }));
  await first.call('lake.refresh', {});
  value(await first.call('practice.set', { fail: '403' }));
  await first.call('lake.refresh', {});
  value(await first.call('practice.set', { fail: null }));
  // Shares of both kinds, with what they keep on this disk.
  mkdirSync(join(home, 'shared'));
  value(await first.call('share.setup', { kind: 'folder', place: join(home, 'shared') }));
  const delta = value(await first.call('share.setup', { kind: 'delta', place: 'commerce_prod.canary_share' }));
  expect(delta).toMatchObject({ failure: null });
  value(await first.call('note.add', { log, text: 'to be shared' }));
  // By this round or by the background's, whichever was first: what counts is that both places hold everything.
  const { shares } = value(await first.call('share.sync', {}));
  expect(shares.map(({ kind, onlyHere, failure }) => ({ kind, onlyHere, failure }))).toEqual([
    { kind: 'folder', onlyHere: 0, failure: null },
    { kind: 'delta', onlyHere: 0, failure: null },
  ]);
  const pack = value(await first.call('pack.export', { log }));
  const proxy = await startConnectProxy('user:other');
  onTestFinished(() => proxy.close());
  const network = { proxy: proxy.url.replace('//', `//user:${encodeURIComponent(secrets.proxy)}@`) };
  for (const given of [
    { host, httpPath, token: secrets.pat, network },
    { host, httpPath, from: 'databrickscfg:bot', network },
    { host, httpPath, from: 'databrickscfg:DEFAULT' },
  ])
    await first.call('connection.test', given);
  expect(proxy.asked.some(({ credentials }) => credentials === `user:${secrets.proxy}`)).toBe(true);
  await first.call('connection.save', { host, httpPath, from: 'databrickscfg:bot', acceptUnencrypted: true });
  await first.call('connection.unlock', { passphrase: secrets.passphrase });
  value(await first.call('connection.protect', { passphrase: secrets.passphrase }));
  value(await first.call('connection.save', { host, httpPath, token: secrets.pat, network, acceptUnencrypted: true }));
  await first.call('lake.refresh', {});
  await expect
    .poll(async () => value(await first.call('app.status', {})).workspace.failure?.code, { timeout: 60_000 })
    .toBe('PROXY_407');
  first.kill();
  await first.died;

  const second = life();
  await second.call('connection.unlock', { passphrase: `${secrets.passphrase}x` });
  value(await second.call('connection.unlock', { passphrase: secrets.passphrase }));
  await second.call('lake.refresh', {});
  value(await second.call('connection.login', {}));
  second.end();
  await second.died;

  // An error of a network library that nobody caught, as one would carry a request: with its headers.
  const third = life('--import', `data:text/javascript,${encodeURIComponent(uncaught)}`);
  value(await third.call('connection.unlock', { passphrase: secrets.passphrase }));
  third.fail();
  await third.died;
  expect(said.join('')).toContain('An error that nobody caught: AxiosError ECONNABORTED');

  // The tokens that practice gave, as they lie wrapped.
  const profile = join(home, 'profiles', 'default');
  const store = openSecrets(profile, null);
  value(await store.unlock(secrets.passphrase));
  const kept = JSON.stringify(value(store.read('practice')));
  const tokens = [...kept.matchAll(/"(?:refresh|previous|access)":"([^"]+)"/g)].map(([, token]) => token ?? '');
  expect(tokens.length).toBeGreaterThanOrEqual(2);
  expect(value(store.read('workspace'))).toMatchObject({ token: secrets.pat, proxy: { password: secrets.proxy } });

  const files = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile() && one.name !== '.databrickscfg')
    .map((one) => join(one.parentPath, one.name));
  expect(files.filter((path) => /breakwater\.db$|practice\.log$/.test(path))).toHaveLength(2);
  const packed = members(readFileSync(pack.file));
  expect(packed.length).toBeGreaterThan(5);
  const places = new Map<string, string>([
    ['what was said', said.join('\n')],
    ...files.map((path): [string, string] => [path, readFileSync(path, 'latin1')]),
    ...packed.map((bytes, at): [string, string] => [`member ${at} of the pack`, bytes.toString('latin1')]),
  ]);
  const wanted = [...Object.values(secrets), ...tokens];
  const found = [...places].flatMap(([place, text]) =>
    wanted.flatMap((secret) =>
      dresses(secret).flatMap((dress) => (text.includes(dress) ? [`${place}: ${dress}`] : [])),
    ),
  );
  expect(found).toEqual([]);
});
