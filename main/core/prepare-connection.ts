import type { Failure } from '../../shared/base/failure.ts';
import type { JsonObject, JsonValue } from '../../shared/base/json.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import { connectionFrom } from '../databricks/connection.ts';
import { type AuthSeams, type ConnectionPlan, type Credential, credentialDocument } from '../databricks/credential.ts';
import type { Login, LoginStore } from '../databricks/login.ts';
import type { Connection } from '../databricks/port.ts';
import { type NetworkChoice, type Reach, splitProxy, standardNetwork } from './network-choice.ts';

/** How connections of a profile sign in; made once, in create-core.ts. */
export type SigningIn = {
  readonly seams: AuthSeams;
  /** CA and proxy of a connection, from what was chosen, its credentials, and the environment. */
  readonly reach: (choice: NetworkChoice, credentials: JsonValue | undefined, host: string) => Result<Reach, Failure>;
  /** Where the login of a saved connection lies. */
  readonly stored: (id: string) => LoginStore;
  /** The login that somebody made for this host in this session and that is in no saved connection yet. */
  readonly fresh: (host: string) => Login | null;
  /** User and password of this proxy, where a saved connection to this host goes through it: no screen is told them to send them back. */
  readonly keptProxy: (host: string, proxy: string) => JsonObject | null;
  /** The login that a check of this host uses: the saved one where there is one, else the fresh one in memory. */
  readonly trial: (host: string) => LoginStore | null;
  /** The practice lakehouse as whoever signed in there, else with its token. */
  readonly practice: (connection: Connection) => Connection;
};

export type PreparedConnection = {
  readonly plan: ConnectionPlan;
  /** For the secret store. */
  readonly secret: JsonObject;
  readonly network: NetworkChoice;
};

/**
 * What a person gives, checked and taken apart: where it goes, what is secret, what may lie in the settings. Failures: those of
 * connectionFrom, and a proxy that is no address.
 */
export const prepare = (
  given: {
    readonly host: string;
    readonly httpPath: string;
    readonly credential: Credential;
    readonly network?: NetworkChoice | undefined;
  },
  signing: Pick<SigningIn, 'reach' | 'fresh' | 'keptProxy'>,
): Result<PreparedConnection, Failure> => {
  const split = splitProxy(given.network ?? standardNetwork);
  if (!split.ok) return split;
  const { choice } = split.value;
  const { host, httpPath, credential } = given;
  const checked = connectionFrom({
    explicit: { kind: 'workspace', host, httpPath, credential: trimmed(credential) },
    env: {},
    configFile: null,
  });
  if (!checked.ok) return checked;
  const credentials = split.value.credentials ?? signing.keptProxy(checked.value.host, choice.proxy);
  const reach = signing.reach(choice, credentials ?? undefined, checked.value.host);
  if (!reach.ok) return reach;
  const login = credential.kind === 'oauth-u2m' ? signing.fresh(checked.value.host) : null;
  return ok({
    plan: { ...checked.value, ...reach.value },
    secret: {
      ...credentialDocument(checked.value.credential),
      ...(login === null ? {} : { login: { ...login } }),
      ...(credentials === null ? {} : { proxy: credentials }),
    },
    network: choice,
  });
};

const trimmed = (credential: Credential): Credential =>
  credential.kind === 'pat' ? { kind: 'pat', token: credential.token.trim() } : credential;
