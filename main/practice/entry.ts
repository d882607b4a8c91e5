import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { thrownText } from '../../shared/base/failure.ts';
import type { Clock, Scheduler } from '../../shared/base/time.ts';
import { removeLock, writeLock, type PracticeAddress } from './lock.ts';
import { readScenario } from './scenarios.ts';
import type { Scenario } from './scenario-shape.ts';
import { createPracticeServer, type PracticeServer } from './server.ts';
import type { Fault } from './world/world.ts';

/** The seams of a real process are here and nowhere else in this room. */
const clock: Clock = { now: () => new Date().getTime() };
const scheduler: Scheduler = {
  after: (ms, run) => {
    const timer = globalThis.setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

type Identity = { readonly token: string; readonly port: number };

/** Token and last port outlive the process, so that a stored connection works again after a restart. */
const loadIdentity = (dir: string): Identity => {
  const file = join(dir, 'identity.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Identity;
  return { token: `dapi${randomBytes(16).toString('hex')}`, port: 0 };
};

const scenarioIn = (file: string): Scenario => {
  const read = readScenario(file, readFileSync(file, 'utf8'));
  if (!read.ok) throw new Error(read.error.what);
  return read.value;
};

const start = async (
  dir: string,
  world: {
    readonly seed: number;
    readonly fault: Fault;
    readonly estate: boolean;
    readonly scenarios: readonly Scenario[];
    readonly speed: number | null;
  },
  onStop: () => void,
): Promise<PracticeServer> => {
  const identity = loadIdentity(dir);
  const deps = { dir, ...world, token: identity.token, clock, scheduler, onStop };
  let server: PracticeServer;
  try {
    server = await createPracticeServer({ ...deps, port: identity.port });
  } catch (thrown) {
    if (!/EADDRINUSE|EACCES/.test(thrownText(thrown))) throw thrown;
    server = await createPracticeServer(deps);
  }
  writeFileSync(join(dir, 'identity.json'), JSON.stringify({ token: identity.token, port: server.port }), {
    mode: 0o600,
  });
  return server;
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      dir: { type: 'string' },
      seed: { type: 'string', default: '1' },
      fault: { type: 'string', default: 'line' },
      estate: { type: 'string', default: 'full' },
      scenario: { type: 'string' },
      speed: { type: 'string' },
      'linger-ms': { type: 'string', default: '30000' },
    },
  });
  if (values.dir === undefined) throw new Error('--dir is missing');
  const dir = resolve(values.dir);
  const fault = (['line', 'none', 'two'] as const).find((f) => f === values.fault);
  const seed = Number(values.seed);
  const lingerMs = Number(values['linger-ms']);
  if (fault === undefined || !Number.isSafeInteger(seed) || !(lingerMs >= 0))
    throw new Error('--fault is line, none or two; --seed and --linger-ms are numbers');
  const speed = values.speed === undefined ? null : Number(values.speed);
  if (speed !== null && !(speed >= 1 && speed <= 10_000)) throw new Error('--speed is a number from 1 to 10000');
  const scenario = values.scenario === undefined ? null : scenarioIn(values.scenario);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  let server: PracticeServer | undefined;
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    const finished = (): void => {
      removeLock(dir, process.pid);
      process.exit(0);
    };
    // The answer to the request that ends us should still go out.
    scheduler.after(50, () => void (server?.close() ?? Promise.resolve()).then(finished, finished));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  server = await start(
    dir,
    {
      seed,
      fault: scenario === null ? fault : 'none',
      estate: scenario !== null || values.estate === 'full',
      scenarios: scenario === null ? [] : [scenario],
      speed,
    },
    end,
  );
  const { host, port, controlPort, httpPath, token, caFile, world } = server;
  const address: PracticeAddress = {
    host,
    port,
    controlPort,
    httpPath,
    token,
    caFile,
    pid: process.pid,
    seed: world.seed,
  };
  writeLock(dir, address);
  process.stdout.write(`${JSON.stringify(address)}\n`);
  const running = server;
  const watch = (): void => {
    const { sockets, lastAt } = running.activity();
    if (sockets === 0 && clock.now() - lastAt > lingerMs) end();
    else scheduler.after(Math.min(1_000, Math.max(50, lingerMs / 4)), watch);
  };
  watch();
};

main().catch((thrown: unknown) => {
  process.stderr.write(`practice lakehouse: ${thrownText(thrown)}\n`);
  process.exit(1);
});
