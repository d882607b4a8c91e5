import { isJsonObject } from '../../../shared/base/json.ts';
import { mapOk, ok } from '../../../shared/base/result.ts';
import { toInstant } from '../../../shared/base/time.ts';
import type { SignIns } from '../../../shared/contract/sign-in.ts';
import { credentialIn } from '../../databricks/credential.ts';
import { plain } from '../connection-slot.ts';
import type { ConnectionPart } from '../connection.ts';
import type { HandlersOf } from '../handlers.ts';
import { primaryId, secretIdOf } from '../saved-connections.ts';
import type { SecretStore } from '../secrets.ts';
import type { SignInPart } from '../sign-in.ts';
import { practiceId } from '../signing-in.ts';

type SignInCalls =
  | 'connection.login'
  | 'connection.signIn'
  | 'connection.cancelSignIn'
  | 'connection.signOut'
  | 'connection.unlock'
  | 'connection.protect';
export type SignInCallDeps = {
  readonly connection: ConnectionPart;
  readonly secrets: SecretStore;
  readonly signIn: SignInPart;
  /** Name of whoever is signed in, as far as it is known. */
  readonly userOf: (host: string) => string | null;
  /** Forget a login of this host that is in no saved connection. */
  readonly forget: (host: string) => void;
  readonly changed: () => void;
  /** Read the lake now: what could not be reached before may be reachable. */
  readonly refresh: () => unknown;
};

/** Who is signed in where, signing in and out, and the passphrase that protects it. No answer carries a secret. */
export const signInCalls = (deps: SignInCallDeps): HandlersOf<SignInCalls> => {
  const { connection, secrets, signIn } = deps;

  const rowOf = (
    id: string,
    name: string,
    host: string,
    secretId: string,
    auth: SignIns['connections'][number]['auth'],
  ) => {
    const secret = secrets.read(secretId);
    const own = secret.ok ? secret.value : null;
    const login = own?.['login'];
    const ends = isJsonObject(login) ? login['expiresAt'] : undefined;
    return {
      id,
      name,
      host,
      auth,
      signedIn: auth === 'oauth-u2m' ? isJsonObject(login) : credentialIn({ ...own, kind: auth }) !== null,
      user: auth === 'oauth-u2m' ? deps.userOf(host) : null,
      until: typeof ends === 'number' ? toInstant(ends) : null,
      failure: secret.ok ? null : plain(secret.error),
    };
  };

  const rows = (): SignIns['connections'] =>
    connection.slots().flatMap((slot) => {
      const saved = connection.address(slot.id);
      if (saved !== null) return [rowOf(saved.id, saved.name, saved.host, secretIdOf(saved.id), saved.auth)];
      if (slot.state().kind !== 'practice') return [];
      // It lives on this machine, whether it runs now or not.
      const row = rowOf(practiceId, 'Practice lakehouse', '127.0.0.1', practiceId, 'oauth-u2m');
      // Without a login it works with its own token.
      return [row.signedIn ? row : { ...row, auth: 'pat' as const, signedIn: true, user: null, until: null }];
    });

  return {
    'connection.login': () => ok({ secrets: secrets.state(), flow: signIn.flow(), connections: rows() }),
    'connection.signIn': (given) => signIn.start(given),
    'connection.cancelSignIn': () => ok({ cancelled: signIn.cancel() }),
    'connection.signOut': async ({ id }) => {
      const before = secrets.read(secretIdOf(id));
      const proxy = before.ok ? before.value?.['proxy'] : undefined;
      // The way through the network stays: signing in again needs it.
      const removed = proxy === undefined ? secrets.remove(secretIdOf(id)) : secrets.write(secretIdOf(id), { proxy });
      deps.forget(connection.address(id)?.host ?? '');
      if (removed.ok) await connection.reopen(id === practiceId ? primaryId : id);
      return mapOk(removed, () => ({ signedOut: true }));
    },
    'connection.unlock': async ({ passphrase }) => {
      const opened = await secrets.unlock(passphrase);
      if (opened.ok) {
        for (const slot of connection.slots()) await connection.reopen(slot.id);
        deps.refresh();
      }
      return mapOk(opened, () => ({ unlocked: true }));
    },
    'connection.protect': async ({ passphrase }) => {
      const made = await secrets.protect(passphrase);
      deps.changed();
      return mapOk(made, () => ({ protected: true }));
    },
  };
};
