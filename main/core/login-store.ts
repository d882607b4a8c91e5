import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failure, type Failure } from '../../shared/base/failure.ts';
import { isJsonObject, type JsonObject } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Scheduler } from '../../shared/base/time.ts';
import type { Login, LoginStore } from '../databricks/login.ts';
import { storeFailureOf } from '../store/failures.ts';
import { tryFileLock } from '../store/file-lock.ts';
import type { SecretStore } from './secrets.ts';

const stepMs = 50;
/** Longer than all requests of one renewal together. */
const patienceMs = 150_000;

/** The login of a connection inside its secret, renewed by one process at a time. */
export const loginStore = (profileDir: string, secrets: SecretStore, id: string, scheduler: Scheduler): LoginStore => {
  const lockFile = join(profileDir, 'secrets', `${id}.lock`);
  let queue: Promise<unknown> = Promise.resolve();

  const lock = async (): Promise<Result<() => void, Failure>> => {
    try {
      mkdirSync(dirname(lockFile), { recursive: true, mode: 0o700 });
      for (let waited = 0; waited < patienceMs; waited += stepMs) {
        const release = tryFileLock(lockFile);
        if (release !== null) return ok(release);
        await new Promise<void>((resolve) => void scheduler.after(stepMs, resolve));
      }
      return err(busy);
    } catch (thrown) {
      const named = storeFailureOf(thrown, lockFile);
      if (named === null) throw thrown;
      return err(named);
    }
  };

  return {
    read: () => {
      const secret = secrets.read(id);
      return secret.ok ? ok(loginIn(secret.value)) : secret;
    },
    write: (login) => {
      const secret = secrets.read(id);
      return secret.ok ? secrets.write(id, { ...secret.value, kind: 'oauth-u2m', login: { ...login } }) : secret;
    },
    exclusively: (work) => {
      const turn = queue.then(async () => {
        const release = await lock();
        if (!release.ok) return release;
        try {
          return ok(await work());
        } finally {
          release.value();
        }
      });
      queue = turn.catch(() => undefined);
      return turn;
    },
  };
};

const loginIn = (secret: JsonObject | null): Login | null => {
  const login = secret?.['login'];
  if (!isJsonObject(login)) return null;
  const { clientId, refresh, previous, access, expiresAt } = login;
  return typeof clientId === 'string' &&
    typeof refresh === 'string' &&
    typeof access === 'string' &&
    typeof expiresAt === 'number'
    ? { clientId, refresh, previous: typeof previous === 'string' ? previous : null, access, expiresAt }
    : null;
};

const busy: Failure<'InUse'> = failure(
  'InUse',
  'Another process renews the sign-in of this connection and does not come to an end.',
  'The sign-in was left as it is.',
  'Close other Breakwater processes of this profile, then try again.',
);
