// No secret shows anywhere: a whole session with sign-in, failures and a killed process, then every byte that is left is searched.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createClient, singleChannel } from '../../renderer/bridge/client.ts';
import type { CallInput, CallName, CallOutput } from '../../shared/contract/calls.ts';
import { corePorts, type FromCore, type ToCore } from '../../shared/contract/mux.ts';
import { openSecrets } from '../../main/core/secrets.ts';
import { nodeScheduler } from '../../main/core/node-seams.ts';
import { findPractice, stopPractice } from '../../main/practice/launch.ts';
import { scratch, value } from '../support/core.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { dresses, foundIn, leftIn, leftText, members } from '../support/secret-search.ts';

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

it('finds every dress in which a secret may show, so that finding none means something', () => {
  for (const secret of Object.values(secrets))
    for (const before of ['', 'a', 'ab', 'user:']) {
      const coded = Buffer.from(`${before}${secret} and more`).toString('base64');
      expect(
        dresses(secret).some((dress) => coded.includes(dress)),
        `${before} ${secret}`,
      ).toBe(true);
    }
  const [secret] = Object.values(secrets);
  const wide = { place: 'wide', bytes: Buffer.from(`a${secret}b`, 'utf16le') };
  const cut = leftText('cut', `Bearer ${secret}`.slice(0, 27));
  const found = foundIn([leftText('said', `Bearer ${secret}`), wide, cut, leftText('none', 'CANARY')], [secret ?? '']);
  expect([...new Set(found.map((one) => one.split(': ')[0]))]).toEqual(['said', 'wide', 'cut']);
});

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

  const left = leftIn(home, /^\.databrickscfg$/);
  expect(left.filter(({ place }) => /breakwater\.db$|practice\.log$/.test(place))).toHaveLength(2);
  const packed = members(readFileSync(pack.file));
  expect(packed.length).toBeGreaterThan(5);
  const places = [
    leftText('what was said', said.join('\n')),
    ...left,
    ...packed.map((bytes, at) => ({ place: `member ${at} of the pack`, bytes })),
  ];
  expect(foundIn(places, [...Object.values(secrets), ...tokens])).toEqual([]);
});
