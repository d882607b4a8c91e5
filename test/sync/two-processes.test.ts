import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDeltaTransport } from '../../main/sync/delta.ts';
import { createFolderTransport } from '../../main/sync/folder.ts';
import { startPractice, type Practice } from '../support/practice.ts';
import { startTcpProxy, type ProxyFault, type TcpProxy } from '../support/tcp-proxy.ts';
import { orgNamed, roomNamed, deviceNamed } from './support/lines.ts';
import { startWriter, type Writer } from './support/process.ts';
import { connect } from './support/workspace.ts';

const org = orgNamed('org');
const room = roomNamed('room');
const dirs: string[] = [];
const temporary = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'bw-two-'));
  dirs.push(dir);
  return dir;
};
let practice: Practice;
beforeAll(async () => {
  practice = await startPractice({ fault: 'none' });
}, 120_000);
afterAll(async () => {
  await practice.close();
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

type State = {
  written: number;
  waiting: number;
  shares: { state: string }[];
  problems: unknown[];
  digests: [string, string][];
};
type Setup = { readonly place: string; readonly writers: Writer[]; readonly proxy: TcpProxy };

/** Poll until both say the same and nothing waits; the last states when it takes too long. */
const converged = async (writers: readonly Writer[], ms: number): Promise<readonly State[]> => {
  const until = Date.now() + ms;
  for (;;) {
    const states = await Promise.all(writers.map((writer) => writer.say<State>('state')));
    const [first] = states;
    const same = states.every((state) => JSON.stringify(state.digests) === JSON.stringify(first?.digests));
    if ((same && states.every(({ waiting }) => waiting === 0)) || Date.now() > until) return states;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
};

/** Faults in a fixed, mixed order; `rate` of ten requests are hit while `on`. */
const faultPlan = (): { readonly next: () => ProxyFault; readonly stop: () => void } => {
  const kinds: readonly ProxyFault[] = ['cut-before-reply', 'delay', 'cut-mid-body', 'cut-request'];
  let count = 0;
  let on = true;
  return {
    next: () => {
      count += 1;
      return on && count % 9 === 0 ? (kinds[(count / 9) % kinds.length] ?? 'none') : 'none';
    },
    stop: () => {
      on = false;
    },
  };
};

const setup = async (
  name: string,
  next: () => ProxyFault,
  sharesOf: (place: string) => readonly (readonly { kind: string; place: string }[])[],
): Promise<Setup> => {
  const place = `main.${name}`;
  const workspace = connect(practice);
  const made = await createDeltaTransport(place, workspace.warehouse, randomBytes).init(org);
  await workspace.close();
  if (!made.ok) throw new Error(made.error.what);
  const proxy = await startTcpProxy(practice, next, 30);
  const { host, httpPath, token, caFile } = practice;
  const address = { host, port: proxy.port, httpPath, token, caFile };
  const writers = await Promise.all(
    sharesOf(place).map((shares, index) =>
      startWriter({ name: ['ada', 'bob', 'cy'][index], dir: temporary(), address, shares, org, room }),
    ),
  );
  return { place, writers, proxy };
};

test('two processes write at once through a network that breaks, and end equal with nothing lost', async () => {
  const plan = faultPlan();
  const { place, writers, proxy } = await setup('broken_net', plan.next, (share) => [[{ kind: 'delta', place: share }], [{ kind: 'delta', place: share }]]); // prettier-ignore
  await Promise.all(writers.map((writer) => writer.say('start', 60_000)));
  await Promise.all(writers.map((writer) => writer.say('write 60', 60_000)));
  // Offline in the middle of it: what is written then goes out afterwards.
  proxy.block(true);
  await Promise.all(writers.map((writer) => writer.say('write 20', 60_000)));
  proxy.block(false);
  await Promise.all(writers.map((writer) => writer.say('write 20', 60_000)));
  plan.stop();
  await Promise.all(writers.map((writer) => writer.say('nudge')));
  const states = await converged(writers, 60_000);
  for (const state of states) {
    expect(state).toMatchObject({ written: 100, waiting: 0, problems: [] });
    expect(state.digests).toEqual(states[0]?.digests);
  }
  expect(proxy.counts['cut-before-reply']).toBeGreaterThan(0);
  expect(proxy.counts['cut-mid-body']).toBeGreaterThan(0);
  await Promise.all(writers.map((writer) => writer.say('end')));
  await proxy.close();
  // The table holds every event of both streams, and only those.
  const workspace = connect(practice);
  const heads = await createDeltaTransport(place, workspace.warehouse, randomBytes).heads(room);
  expect(heads.ok && heads.value.map(({ seq, count }) => [seq, count])).toEqual([[101, 101], [101, 101]]); // prettier-ignore
  await workspace.close();
}, 180_000);

test('tables, folder and both: a device that knows both carries everything across', async () => {
  const folder = temporary();
  const made = await createFolderTransport(folder, deviceNamed('admin'), randomBytes).init(org);
  expect(made.ok).toBe(true);
  const { writers, proxy } = await setup('mixed', () => 'none', (share) => [
    [{ kind: 'delta', place: share }],
    [{ kind: 'delta', place: share }, { kind: 'folder', place: folder }],
    [{ kind: 'folder', place: folder }],
  ]); // prettier-ignore
  await Promise.all(writers.map((writer) => writer.say('start', 60_000)));
  await Promise.all(writers.map((writer) => writer.say('write 15', 60_000)));
  const states = await converged(writers, 60_000);
  for (const state of states) {
    expect(state).toMatchObject({ written: 15, waiting: 0, problems: [] });
    expect(state.digests).toEqual(states[0]?.digests);
  }
  await Promise.all(writers.map((writer) => writer.say('end')));
  await proxy.close();
}, 180_000);

test('a process that is killed in the middle keeps what it wrote and goes on', async () => {
  const { writers, proxy, place } = await setup('killed', () => 'none', (share) => [[{ kind: 'delta', place: share }], [{ kind: 'delta', place: share }]]); // prettier-ignore
  const [ada, bob] = writers;
  if (!ada || !bob) throw new Error('two writers were started');
  await Promise.all(writers.map((writer) => writer.say('start', 60_000)));
  await ada.say('write 10');
  const writing = bob.say('write 400', 60_000).catch(() => null);
  await new Promise((resolve) => setTimeout(resolve, 700));
  await bob.kill();
  await writing;
  const { host, httpPath, token, caFile } = practice;
  const again = await startWriter({
    name: 'bob', dir: dirs.at(-1), address: { host, port: proxy.port, httpPath, token, caFile }, shares: [{ kind: 'delta', place }], org, room,
  }); // prettier-ignore
  await again.say('start', 60_000);
  await again.say('write 5');
  const states = await converged([ada, again], 60_000);
  expect(states[0]?.digests).toEqual(states[1]?.digests);
  for (const state of states) expect(state).toMatchObject({ waiting: 0, problems: [] });
  // The same device went on: a crash is not a restored copy.
  const [, inRoom] = states[0]?.digests ?? [];
  expect(inRoom?.[0] === undefined ? [] : JSON.parse(inRoom[0])).toHaveLength(2);
  await Promise.all([ada, again].map((writer) => writer.say('end')));
  await proxy.close();
}, 180_000);
