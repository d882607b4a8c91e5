import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  controlPractice,
  findOrStartPractice,
  findPractice,
  resetPractice,
  stopPractice,
  type LaunchOptions,
  type PracticeAddress,
} from '../../main/practice/launch.ts';
import { isAlive, writeLock } from '../../main/practice/lock.ts';

const entry = new URL('../../main/practice/entry.ts', import.meta.url).pathname;
const clock = { now: (): number => Date.now() };
const scheduler: LaunchOptions['scheduler'] = {
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return (): void => clearTimeout(timer);
  },
};
const dirs: string[] = [];
const options = (change: Partial<LaunchOptions> = {}): LaunchOptions => {
  const dir = change.dir ?? mkdtempSync(join(tmpdir(), 'bw-launch-'));
  dirs.push(dir);
  return {
    dir,
    seed: 5,
    fault: 'line',
    estate: 'none',
    nodePath: process.execPath,
    entry,
    clock,
    scheduler,
    lingerMs: 20_000,
    ...change,
  };
};
const started = async (o: LaunchOptions): Promise<PracticeAddress> => {
  const result = await findOrStartPractice(o);
  if (!result.ok) throw new Error(`${result.error.what} ${result.error.code ?? ''}`);
  return result.value;
};
const until = async (what: string, done: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 15_000;
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error(`did not happen in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
afterEach(async () => {
  for (const dir of dirs.splice(0)) {
    await stopPractice({ dir, clock, scheduler });
    rmSync(dir, { recursive: true, force: true });
  }
});

describe('the practice process', () => {
  it('is started once by three starters at the same time, and found again', async () => {
    const o = options();
    const addresses = await Promise.all([started(o), started(o), started(o)]);
    expect(new Set(addresses.map((a) => a.pid)).size).toBe(1);
    expect(addresses[0]?.pid).not.toBe(process.pid);
    expect(await findPractice(o.dir)).toEqual(addresses[0]);
    expect(await controlPractice(addresses[0], {})).toMatchObject({ seed: 5, fault: 'line' });
  });

  it('comes back after a kill with the same world, token and certificate; stop, reset', async () => {
    const o = options();
    const first = await started(o);
    process.kill(first.pid, 'SIGKILL');
    await until('the process is gone', () => !isAlive(first.pid));
    expect(await findPractice(o.dir)).toBeNull();
    const second = await started({ ...o, seed: 6 });
    expect(second).toMatchObject({ seed: 5, token: first.token, caFile: first.caFile });
    expect(second.pid).not.toBe(first.pid);
    expect(await stopPractice(o)).toEqual({ ok: true, value: 'stopped' });
    expect(await stopPractice(o)).toEqual({ ok: true, value: 'not running' });
    expect(await resetPractice(o)).toEqual({ ok: true, value: 'reset' });
    expect(await started({ ...o, seed: 6 })).toMatchObject({ seed: 6, token: first.token });
  });

  it('sees through a stale lock whose pid somebody else has', async () => {
    const o = options();
    writeLock(o.dir, {
      host: '127.0.0.1',
      port: 9,
      controlPort: 9,
      httpPath: '/',
      token: 't',
      caFile: join(o.dir, 'ca.pem'),
      pid: process.pid,
      seed: 1,
    });
    writeFileSync(join(o.dir, 'starting.lock'), '999999999');
    expect(await findPractice(o.dir)).toBeNull();
    expect((await started(o)).seed).toBe(5);
  });

  it('ends by itself after its last client', async () => {
    const o = options({ lingerMs: 700 });
    const address = await started(o);
    await until('it ends', () => !isAlive(address.pid));
    expect(await findPractice(o.dir)).toBeNull();
    expect(() => readFileSync(join(o.dir, 'practice.lock'))).toThrow();
  });

  it('says why it did not start', async () => {
    const result = await findOrStartPractice(options({ entry: '/nowhere/entry.js' }));
    expect(result).toMatchObject({ ok: false, error: { tag: 'practice-not-started', code: 'exit 1' } });
  });
});
