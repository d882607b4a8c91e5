import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { failure, thrownText, type Failure } from '../../shared/base/failure.ts';
import { isJsonObject, parseJson, type JsonObject } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Clock, Scheduler } from '../../shared/base/time.ts';
import { claimStart, isAlive, readLock, releaseStart, type PracticeAddress } from './lock.ts';

/** This file must stay light: the core imports it, and the core must not load DuckDB. */
export type { PracticeAddress } from './lock.ts';
export type PracticeFailure = Failure<'practice-not-started' | 'practice-not-stopped' | 'practice-not-reached'>;

export type LaunchOptions = {
  /** State directory. One lakehouse per directory. */
  readonly dir: string;
  readonly seed: number;
  readonly fault: 'line' | 'none' | 'two';
  /** The whole estate around the story (default), or the story alone: for tests and drills, which it would only slow down. */
  readonly estate?: 'full' | 'none';
  /** The file of a scenario to set down in a new world. */
  readonly scenario?: string;
  /** How many times as fast as the wall clock the world goes on by itself. */
  readonly speed?: number;
  /** Node 24 that runs `entry`, a source file or a bundle. */
  readonly nodePath: string;
  readonly entry: string;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** How long it lives without a client; default 30 000. */
  readonly lingerMs?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How long to wait for it to answer; default 40 000. */
  readonly timeoutMs?: number;
};

const pollMs = 100;

/** POST to the control API (`{}` only reads). Null when nobody answers there as a practice lakehouse within 3 s. */
export const controlPractice = (address: PracticeAddress, body: JsonObject): Promise<JsonObject | null> =>
  new Promise((resolve) => {
    let ca: string;
    try {
      ca = readFileSync(address.caFile, 'utf8');
    } catch {
      resolve(null);
      return;
    }
    const request = https.request(
      {
        host: address.host,
        port: address.controlPort,
        path: '/practice/control',
        method: 'POST',
        ca,
        agent: false,
        timeout: 3_000,
        headers: { authorization: `Bearer ${address.token}`, 'content-type': 'application/json' },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (text += part));
        response.on('end', () => {
          const parsed = parseJson(text);
          resolve(response.statusCode === 200 && parsed.ok && isJsonObject(parsed.value) ? parsed.value : null);
        });
        response.on('error', () => resolve(null));
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(null));
    request.end(JSON.stringify(body));
  });

/** The lakehouse that runs on this directory, or null: no lock, a dead process, or a lock whose port somebody else has now. */
export const findPractice = async (dir: string): Promise<PracticeAddress | null> => {
  const address = readLock(dir);
  if (address === null || !isAlive(address.pid)) return null;
  return (await controlPractice(address, {})) === null ? null : address;
};

const pause = (scheduler: Scheduler, ms: number): Promise<void> =>
  new Promise((resolve) => void scheduler.after(ms, resolve));

const notStarted = (detail: string, dir: string): PracticeFailure =>
  failure(
    'practice-not-started',
    'The practice lakehouse did not start.',
    'Nothing was lost: its state is on disk as it was, and your rooms are somewhere else.',
    `Read ${join(dir, 'practice.log')}, then try again. "breakwater practice --reset" begins with a new practice world.`,
    detail,
  );

/** Start the process, cut loose from this one. Resolves with the reason when it ends before it is ready. */
const startProcess = (o: LaunchOptions): { readonly ended: () => string | null } => {
  const log = openSync(join(o.dir, 'practice.log'), 'a', 0o600);
  let ended: string | null = null;
  const args = [
    o.entry,
    '--dir',
    o.dir,
    '--seed',
    String(o.seed),
    '--fault',
    o.fault,
    '--estate',
    o.estate ?? 'full',
    ...(o.scenario === undefined ? [] : ['--scenario', o.scenario]),
    ...(o.speed === undefined ? [] : ['--speed', String(o.speed)]),
    '--linger-ms',
    String(o.lingerMs ?? 30_000),
  ];
  const child = spawn(o.nodePath, args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...(o.env ?? process.env) },
    windowsHide: true,
  });
  child.on('error', (error) => (ended = error.message));
  child.on('exit', (code, signal) => (ended ??= `exit ${code ?? signal ?? '?'}`));
  child.unref();
  closeSync(log);
  return { ended: () => ended };
};

/**
 * The practice lakehouse of this directory: the one that runs, else a new process that outlives this one and ends by itself
 * when nobody has used it for `lingerMs`. Any number of starters may call it at once; one of them starts.
 * A lakehouse that runs keeps its seed and fault, whatever is asked.
 */
export const findOrStartPractice = async (o: LaunchOptions): Promise<Result<PracticeAddress, PracticeFailure>> => {
  const deadline = o.clock.now() + (o.timeoutMs ?? 40_000);
  let started: { readonly ended: () => string | null } | null = null;
  let claimed = false;
  try {
    while (o.clock.now() < deadline) {
      const found = await findPractice(o.dir);
      if (found !== null) return ok(found);
      if (!claimed) claimed = claimStart(o.dir, o.clock.now());
      if (claimed) started ??= startProcess(o);
      const reason = started?.ended() ?? null;
      // It may have lost against one that somebody started by hand: then that one answers now.
      if (reason !== null) {
        const other = await findPractice(o.dir);
        return other === null ? err(notStarted(reason, o.dir)) : ok(other);
      }
      await pause(o.scheduler, pollMs);
    }
    return err(notStarted('no answer in time', o.dir));
  } catch (thrown) {
    return err(notStarted(thrownText(thrown), o.dir));
  } finally {
    if (claimed) releaseStart(o.dir);
  }
};

/** End the lakehouse of this directory and wait until it is gone. Fine when none runs. */
export const stopPractice = async (
  o: Pick<LaunchOptions, 'dir' | 'clock' | 'scheduler'>,
): Promise<Result<'stopped' | 'not running', PracticeFailure>> => {
  const address = await findPractice(o.dir);
  if (address === null) return ok('not running');
  await controlPractice(address, { stop: true });
  const deadline = o.clock.now() + 10_000;
  while (o.clock.now() < deadline) {
    if (!isAlive(address.pid) || readLock(o.dir)?.pid !== address.pid) return ok('stopped');
    await pause(o.scheduler, pollMs);
  }
  return err(
    failure(
      'practice-not-stopped',
      'The practice lakehouse did not end in time.',
      'Its state on disk is whole; it may still be writing.',
      `Wait a moment and try again, or end process ${address.pid} yourself.`,
    ),
  );
};

/** Stop it and forget its world: the next start makes a new one. The certificate and the token stay. */
export const resetPractice = async (
  o: Pick<LaunchOptions, 'dir' | 'clock' | 'scheduler'>,
): Promise<Result<'reset', PracticeFailure>> => {
  const stopped = await stopPractice(o);
  if (!stopped.ok) return stopped;
  for (const name of ['lake.duckdb', 'lake.duckdb.wal', 'world.json', 'ground-truth.json', 'practice.lock'])
    rmSync(join(o.dir, name), { force: true });
  return ok('reset');
};
