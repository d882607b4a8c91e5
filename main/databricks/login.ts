import * as oauth from 'oauth4webapi';
import type { Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { DatabricksDeps } from './deps.ts';
import { databricksFailure } from './failures.ts';
import { discover, type HttpsCall, oauthFailure, through } from './oauth-http.ts';
import type { DatabricksFailure, TokenSource } from './port.ts';
import { renewing, type TimedToken } from './renewing.ts';
import type { Place } from './transport.ts';

/** A person's sign-in, as it is kept. Times are epoch ms of this device. */
export type Login = {
  readonly clientId: string;
  readonly refresh: string;
  /** The refresh token before this one, kept until this one has worked. */
  readonly previous: string | null;
  readonly access: string;
  readonly expiresAt: number;
};

/** Where a login lies. `write` is durable when it returns. */
export type LoginStore = {
  readonly read: () => Result<Login | null, Failure>;
  readonly write: (login: Login) => Result<void, Failure>;
  /** One at a time, over all processes that use this login. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<Result<T, Failure>>;
};

const ended: DatabricksFailure = databricksFailure('Unauthorized', {
  code: 'SIGN_IN',
  detail: 'Nobody is signed in, or the sign-in has ended.',
  advice: 'Sign in under Settings, Connection. Everything stored here stays usable until then.',
});

/** What the token endpoint gave. */
export const loginOf = (
  answer: oauth.TokenEndpointResponse,
  clientId: string,
  askedAt: number,
  before: string | null,
): Login | null => {
  // Without rotation the server sends none, and the one that was used stays good.
  const refresh = answer.refresh_token ?? before;
  if (refresh === null) return null;
  return {
    clientId,
    refresh,
    previous: before === refresh ? null : before,
    access: answer.access_token,
    expiresAt: askedAt + (answer.expires_in ?? 3600) * 1000,
  };
};

const refreshed = async (
  server: oauth.AuthorizationServer,
  clientId: string,
  token: string,
  deps: Pick<DatabricksDeps, 'clock'>,
  call: HttpsCall,
): Promise<Result<Login, DatabricksFailure>> => {
  try {
    const client = { client_id: clientId };
    const askedAt = deps.clock.now();
    const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), token, through(call));
    const answer = await oauth.processRefreshTokenResponse(server, client, response);
    const login = loginOf(answer, clientId, askedAt, token);
    return login === null ? err(ended) : ok(login);
  } catch (thrown) {
    return err(oauthFailure(thrown, [token]));
  }
};

/**
 * A new access token from the stored login. Refresh tokens are good for one use, so the order is what keeps a login through
 * a crash: (1) alone, over all processes; (2) read what is stored, somebody may have renewed meanwhile; (3) ask; (4) store
 * the answer, durably; (5) only then hand the access token out. The refresh token that was used stays as `previous` until its
 * successor has worked, for servers that accept it again. Nothing is removed from the store on any failure.
 *
 * What no client can repair: a server that invalidates at once, and a crash between its answer and step 4. Then both tokens
 * are refused and a person signs in again; it is said so, and nothing loops.
 */
const renewLogin = async (
  store: LoginStore,
  refused: string | null,
  place: Place,
  deps: Pick<DatabricksDeps, 'clock'>,
  call: HttpsCall,
): Promise<Result<TimedToken, DatabricksFailure>> => {
  const stored = store.read();
  if (!stored.ok) return err(asDatabricks(stored.error));
  const login = stored.value;
  if (login === null) return err(ended);
  if (login.access !== refused && login.expiresAt - marginMs > deps.clock.now())
    return ok({ token: login.access, expiresAt: login.expiresAt, kept: true });
  const server = await discover(place, call);
  if (!server.ok) return server;
  for (const token of [login.refresh, login.previous]) {
    if (token === null) continue;
    const answer = await refreshed(server.value, login.clientId, token, deps, call);
    if (!answer.ok && answer.error.code === 'OAUTH invalid_grant') continue;
    if (!answer.ok) return answer;
    const written = store.write(answer.value);
    if (!written.ok) return err(asDatabricks(written.error));
    return ok({ token: answer.value.access, expiresAt: answer.value.expiresAt });
  }
  return err(ended);
};

/** A stored access token is taken when it lasts at least this much longer; `renewing` asks for more. */
const marginMs = 120_000;

/** A failure of the disk or of the secret store, where a failure of the connection is expected. */
const asDatabricks = ({ what, safe, advice, tag, code }: Failure): DatabricksFailure => ({
  tag: 'NotConfigured', what, safe, advice, code: code ?? tag,
}); // prettier-ignore

/** A login that could not be stored (a full disk) is not lost: it is stored before the next one is asked for. */
const holding = (store: LoginStore): LoginStore => {
  let unsaved: Login | null = null;
  return {
    ...store,
    write: (login) => {
      const written = store.write(login);
      unsaved = written.ok ? null : login;
      return written;
    },
    read: () => {
      if (unsaved !== null) {
        const written = store.write(unsaved);
        if (!written.ok) return written;
        unsaved = null;
      }
      return store.read();
    },
  };
};

/** OAuth U2M: the person who signed in. Rows in the audit log carry their name. */
export const personToken = (
  kept: LoginStore,
  place: Place,
  deps: Pick<DatabricksDeps, 'clock'>,
  call: HttpsCall,
): TokenSource => {
  const store = holding(kept);
  let refused: string | null = null;
  let known: readonly string[] = [];
  const remember = (): void => {
    const stored = store.read();
    if (!stored.ok || stored.value === null) return;
    const { refresh, previous, access } = stored.value;
    known = [...new Set([refresh, access, ...(previous === null ? [] : [previous]), ...known])].slice(0, 12);
  };
  const source = renewing({
    kind: 'oauth-u2m',
    now: deps.clock.now,
    secrets: [],
    fetch: async () => {
      const renewed = await store.exclusively(async () => {
        remember();
        const answer = await renewLogin(store, refused, place, deps, call);
        remember();
        return answer;
      });
      return renewed.ok ? renewed.value : err(asDatabricks(renewed.error));
    },
  });
  return {
    ...source,
    invalidate: (token) => {
      const again = source.invalidate(token);
      if (again) refused = token;
      return again;
    },
    secrets: () => [...source.secrets(), ...known],
  };
};
