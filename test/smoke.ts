// `npm run smoke`: what a newcomer does. `npm start` in a fresh home, a room opened from the inbox within 60 s, and out again.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { contractVersion } from '../shared/contract/calls.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const home = mkdtempSync(join(tmpdir(), 'breakwater-smoke-'));
const started = performance.now();
const elapsed = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`;

const npm = spawn('npm', ['start', '--', '--browser', '--no-open'], {
  cwd: root,
  env: { ...process.env, BREAKWATER_HOME: home },
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
});
let ending = false;
const stop = (code: number): void => {
  if (ending) return;
  ending = true;
  if (npm.pid !== undefined) {
    try {
      process.kill(-npm.pid, 'SIGTERM');
    } catch {
      // It has ended already.
    }
  }
  setTimeout(() => {
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    process.exit(code);
  }, 1500);
};
const fail = (why: unknown): void => {
  process.stderr.write(`smoke: ${String(why)} (after ${elapsed()})\n`);
  stop(1);
};
setTimeout(() => fail('not done within 120 s'), 120_000).unref();

const post = async (base: string, path: string, body: unknown, bearer?: string): Promise<Record<string, unknown>> => {
  const answer = await fetch(new URL(path, base), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      origin: new URL(base).origin,
      'sec-fetch-site': 'same-origin',
      ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
};

/** Speak the contract over the WebSocket as the page does. */
const talk = async (url: string): Promise<(name: string, input: unknown) => Promise<Record<string, unknown>>> => {
  const { origin, hash } = new URL(url);
  const { session } = await post(origin, '/session/exchange', { token: hash.replace(/^#(token=)?/, '') });
  const { ticket } = await post(origin, '/session/ticket', {}, String(session));
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/socket`, ['bw1', `ticket.${String(ticket)}`], {
    origin,
  });
  const waiting = new Map<
    number,
    { resolve: (value: Record<string, unknown>) => void; reject: (why: Error) => void }
  >();
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => socket.send(JSON.stringify({ t: 'hello', contract: contractVersion })));
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString('utf8')) as {
        t: string;
        id: number;
        value: Record<string, unknown>;
        error: { what: string };
      };
      if (frame.t === 'welcome') resolve();
      else if (frame.t === 'ok') waiting.get(frame.id)?.resolve(frame.value);
      else if (frame.t === 'err') waiting.get(frame.id)?.reject(new Error(frame.error.what));
    });
  });
  let id = 0;
  return (name, input) =>
    new Promise((resolve, reject) => {
      id += 1;
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ t: 'call', id, name, input }));
    });
};

const walk = async (url: string): Promise<void> => {
  const call = await talk(url);
  for (;;) {
    const inbox = (await call('inbox.list', {})) as { proposals: { id: string; title: string }[] };
    const proposal = inbox.proposals[0];
    if (proposal !== undefined) {
      const { log } = await call('room.open', { from: 'proposal', proposal: proposal.id });
      const room = (await call('room.get', { log })) as { title: { value: string }; entries: number };
      if (room.title.value === '') throw new Error('the room has no title');
      process.stdout.write(`smoke: "${room.title.value}" open with ${room.entries} entries after ${elapsed()}\n`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
};

let output = '';
npm.stdout.setEncoding('utf8').on('data', (text: string) => {
  output += text;
  const ready = /^READY (\{.*\})$/m.exec(output)?.[1];
  if (ready === undefined) return;
  npm.stdout.removeAllListeners('data').resume();
  const { url } = JSON.parse(ready) as { url: string };
  walk(url).then(() => (performance.now() - started < 60_000 ? stop(0) : fail('it took longer than 60 s')), fail);
});
npm.on('exit', (code) => {
  if (!ending) fail(`npm start ended with ${code}`);
});
