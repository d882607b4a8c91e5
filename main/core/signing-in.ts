import { isJsonObject } from '../../shared/base/json.ts';
import { ok } from '../../shared/base/result.ts';
import type { Scheduler } from '../../shared/base/time.ts';
import type { AuthSeams } from '../databricks/credential.ts';
import { type Login, type LoginStore, personToken } from '../databricks/login.ts';
import { httpsFor } from '../databricks/oauth-http.ts';
import { loginStore } from './login-store.ts';
import { reachOf } from './network-choice.ts';
import type { SigningIn } from './prepare-connection.ts';
import { secretIdOf, type SavedConnection } from './saved-connections.ts';
import type { SecretStore } from './secrets.ts';

/** Id of the practice lakehouse in the secret store: somebody may sign in there as at any workspace. */
export const practiceId = 'practice';

/** Logins that were made in this session for hosts that are not saved yet, by host. */
export type FreshLogins = Map<string, Login>;

export const signingInOf = (deps: {
  readonly profileDir: string;
  readonly secrets: SecretStore;
  readonly seams: AuthSeams;
  readonly scheduler: Scheduler;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fresh: FreshLogins;
  readonly saved: () => readonly SavedConnection[];
}): SigningIn => {
  const stores = new Map<string, LoginStore>();
  const stored = (id: string): LoginStore => {
    const name = secretIdOf(id);
    const there = stores.get(name) ?? loginStore(deps.profileDir, deps.secrets, name, deps.scheduler);
    stores.set(name, there);
    return there;
  };
  const loginOf = (id: string): Login | null => {
    const found = stored(id).read();
    return found.ok ? found.value : null;
  };
  return {
    seams: deps.seams,
    stored,
    reach: (choice, credentials, host) => reachOf(choice, credentials, deps.env, host),
    // Saving a connection again, with another path or proxy, keeps whoever is signed in.
    fresh: (host) => {
      const made = deps.fresh.get(host);
      const same = deps.saved().find((one) => one.host === host && one.auth === 'oauth-u2m');
      return made ?? (same === undefined ? null : loginOf(same.id));
    },
    // Saving it again keeps these too; another address, also of the same name, is another proxy.
    keptProxy: (host, proxy) => {
      const same = deps.saved().find((one) => one.host === host && one.network.proxy === proxy);
      const secret = same === undefined ? null : deps.secrets.read(secretIdOf(same.id));
      const kept = secret?.ok === true ? secret.value?.['proxy'] : undefined;
      return isJsonObject(kept) ? kept : null;
    },
    trial: (host) => {
      const made = deps.fresh.get(host);
      const same = deps.saved().find((one) => one.host === host && one.auth === 'oauth-u2m');
      if (made === undefined) return same === undefined ? null : stored(same.id);
      // Renewed in memory, so that what is saved later is the login as it is then.
      return {
        read: () => ok(deps.fresh.get(host) ?? null),
        write: (login) => {
          deps.fresh.set(host, login);
          return ok(undefined);
        },
        exclusively: async (work) => ok(await work()),
      };
    },
    practice: (connection) => {
      if (loginOf(practiceId) === null) return connection;
      const call = (deps.seams.call ?? httpsFor)(connection);
      return { ...connection, auth: personToken(stored(practiceId), connection, deps.seams, call) };
    },
  };
};
