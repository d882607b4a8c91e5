import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { createCore, type Core, type CoreDeps } from '../../main/core/create-core.ts';
import { silentLogger } from '../../main/core/logger.ts';
import { nodeScheduler } from '../../main/core/node-seams.ts';
import { err } from '../../shared/base/result.ts';
import { failure } from '../../shared/base/failure.ts';
import { onTestFinished } from 'vitest';

/** A folder that is gone after the test. */
export const scratch = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'bw-core-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};

const noWorkspace = failure('Offline' as const, 'no workspace in this test', 'safe', 'nothing');

/** Dependencies of a core on real store and log, without a workspace; override what a test is about. */
export const coreDeps = (home: string, changes: Partial<CoreDeps> = {}): CoreDeps => ({
  machine: { platform: 'linux', home, env: { BREAKWATER_HOME: home } },
  profile: 'default',
  clock: { now: () => Date.now() },
  scheduler: nodeScheduler,
  random: (length) => randomBytes(length),
  logger: silentLogger,
  host: 'in-process',
  version: '0.0.0-test',
  userName: 'Ada',
  openWorkspace: () => err(noWorkspace),
  checkConnection: () => Promise.resolve([]),
  auth: { clock: { now: () => Date.now() }, cli: { run: () => Promise.resolve(null), cache: () => null } },
  connectionSources: () => ({ env: {}, configFile: null }),
  practice: null,
  notices: [],
  checkAnswers: true,
  background: false,
  ...changes,
});

/** A core that is closed after the test. */
export const openCore = async (home: string, changes: Partial<CoreDeps> = {}): Promise<Core> => {
  const core = await createCore(coreDeps(home, changes));
  if (!core.ok) throw new Error(JSON.stringify(core.error));
  onTestFinished(() => core.value.close());
  return core.value;
};

/** The value of an answer that must be one. */
export const value = <T>(answer: { ok: true; value: T } | { ok: false; error: unknown }): T => {
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return answer.value;
};
