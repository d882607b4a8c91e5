import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, type Result } from '../../shared/base/result.ts';
import { isProfileName, profileFolder } from '../../shared/domain/paths.ts';
import { type Core, createCore } from '../core/create-core.ts';
import { nodeCoreDeps } from '../core/entry-deps.ts';
import { silentLogger } from '../core/logger.ts';
import { appVersion, bundle, thisMachine } from './machine.ts';
import { unlock } from './passphrase.ts';
import { badProfileName, noProfile } from './profile-here.ts';

export type CoreHere = {
  readonly profile: string;
  /** False: a profile that does not exist is a failure, not a new profile. */
  readonly create: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
};

/**
 * Run `work` on a core of this process, under the same policy as the app, without anything that runs by itself. Failures:
 * BadProfileName, NoSuchProfile, those of createCore (InUse while the app has the profile), Interrupted, those of `work`.
 */
export const withCore = async <T>(
  where: CoreHere,
  work: (core: Core) => Promise<Result<T, Failure>>,
): Promise<Result<T, Failure>> => {
  const { profile, signal } = where;
  if (!isProfileName(profile)) return err(badProfileName(profile));
  const dir = profileFolder(thisMachine(), profile);
  if (!where.create && !existsSync(join(dir, 'breakwater.db'))) return err(noProfile(profile, dir));
  const deps = nodeCoreDeps(
    {
      profile,
      host: 'in-process',
      version: appVersion(),
      practice: { nodePath: process.execPath, entry: bundle('practice'), seed: 1, fault: 'line' },
    },
    process.env,
    null,
  );
  // What failed is printed once, as a failure; the core's own lines would only repeat it.
  const core = await createCore({ ...deps, logger: silentLogger, background: false });
  if (!core.ok) return core;
  const unlocked = await unlock(core.value, true);
  if (!unlocked.ok) {
    await core.value.close();
    return unlocked;
  }
  const ended = new Promise<Result<T, Failure>>((resolve) => {
    const end = (): void => resolve(err(interrupted));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  const done = await Promise.race([work(core.value), ended]);
  // Ctrl-C does not wait for a warehouse that is starting: the process ends, and what was stored is whole.
  if (!signal.aborted) await core.value.close();
  return done;
};

const interrupted: Failure = failure(
  'Interrupted',
  'Ended before it was done.',
  'What had arrived is stored; what may not have gone out is still marked as only here or sent.',
  'Run `breakwater sync` again.',
);
