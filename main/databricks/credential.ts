import { isJsonObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
import { err } from '../../shared/base/result.ts';
import { type CliSeam, cliToken } from './cli-token.ts';
import type { DatabricksDeps } from './deps.ts';
import { databricksFailure } from './failures.ts';
import { type LoginStore, personToken } from './login.ts';
import { type HttpsCall, httpsFor } from './oauth-http.ts';
import type { Connection, TokenSource } from './port.ts';
import { azureToken, machineToken } from './service-principal.ts';
import { staticToken } from './token-source.ts';
import type { Place } from './transport.ts';

/** What signs in, by kind. Secret: it lies in the secret store, or is read anew from where it was found. */
export type Credential =
  | { readonly kind: 'pat'; readonly token: string }
  /** A person; the login itself lies in a LoginStore. */
  | { readonly kind: 'oauth-u2m' }
  | { readonly kind: 'oauth-m2m'; readonly clientId: string; readonly clientSecret: string }
  | { readonly kind: 'databricks-cli' }
  | {
      readonly kind: 'azure';
      readonly tenantId: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly resourceId?: string;
    };

/** A service principal acts as itself: the audit log shows it and no person. So it is for unattended use only. */
export const isUnattended = ({ kind }: Credential): boolean => kind === 'oauth-m2m' || kind === 'azure';

/** A connection as data: everything but the open source of its tokens. */
export type ConnectionPlan = Omit<Connection, 'auth'> & { readonly credential: Credential };

export type AuthSeams = {
  readonly clock: DatabricksDeps['clock'];
  readonly cli: CliSeam;
  /** How sign-in servers are asked; left out = over HTTPS with the connection's trust and proxy. */
  readonly call?: (place: Place) => HttpsCall;
};

/** The plan with a source of tokens. `login`: where a person's login lies; null = there is none. Nothing is asked yet. */
export const openPlan = (plan: ConnectionPlan, seams: AuthSeams, login: LoginStore | null): Connection => {
  const { credential, ...place } = plan;
  return { ...place, auth: sourceOf(credential, place, seams, login) };
};

const sourceOf = (given: Credential, place: Place, seams: AuthSeams, login: LoginStore | null): TokenSource => {
  const call = (seams.call ?? httpsFor)(place);
  switch (given.kind) {
    case 'pat':
      return staticToken(given.token);
    case 'oauth-m2m':
      return machineToken(given, place, seams, call);
    case 'azure':
      return azureToken(given, place, seams, call);
    case 'databricks-cli':
      return cliToken(place, seams, seams.cli);
    case 'oauth-u2m':
      return login === null ? nobody : personToken(login, place, seams, call);
  }
};

const nobody: TokenSource = {
  kind: 'oauth-u2m',
  get: () =>
    Promise.resolve(
      err(
        databricksFailure('Unauthorized', {
          code: 'SIGN_IN',
          detail: 'Nobody is signed in to this workspace.',
          advice: 'Sign in under Settings, Connection.',
        }),
      ),
    ),
  invalidate: () => false,
  secrets: () => [],
};

/** A credential as the secret store keeps it, or null when it is none that this version knows. */
export const credentialIn = (value: JsonValue | undefined): Credential | null => {
  if (!isJsonObject(value)) return null;
  const text = (name: string): string => (typeof value[name] === 'string' ? value[name] : '');
  const [token, clientId, clientSecret] = [text('token'), text('clientId'), text('clientSecret')];
  const [tenantId, resourceId] = [text('tenantId'), text('resourceId')];
  switch (value['kind']) {
    case 'oauth-u2m':
    case 'databricks-cli':
      return { kind: value['kind'] };
    case 'oauth-m2m':
      return clientId === '' || clientSecret === '' ? null : { kind: 'oauth-m2m', clientId, clientSecret };
    case 'azure':
      if (tenantId === '' || clientId === '' || clientSecret === '') return null;
      return { kind: 'azure', tenantId, clientId, clientSecret, ...(resourceId === '' ? {} : { resourceId }) };
    default:
      return token === '' ? null : { kind: 'pat', token };
  }
};

/** The same as a document. */
export const credentialDocument = (credential: Credential): JsonObject => ({ ...credential });

/**
 * What the unified variables or a section say about signing in (facts 4): `auth_type` decides, without one a token counts before
 * a service principal. Undefined: nothing that is complete, or a kind that is not used here.
 */
export const credentialOf = (field: (name: string) => string | undefined): Credential | undefined => {
  const type = field('auth_type');
  const [token, clientId, clientSecret] = [field('token'), field('client_id'), field('client_secret')];
  const azure = credentialIn({
    kind: 'azure',
    tenantId: field('azure_tenant_id') ?? '',
    clientId: field('azure_client_id') ?? '',
    clientSecret: field('azure_client_secret') ?? '',
    resourceId: field('azure_workspace_resource_id') ?? '',
  });
  const pat = token === undefined ? null : ({ kind: 'pat', token } as const);
  const machine = credentialIn({ kind: 'oauth-m2m', clientId: clientId ?? '', clientSecret: clientSecret ?? '' });
  switch (type) {
    case undefined:
      return pat ?? machine ?? azure ?? undefined;
    case 'pat':
      return pat ?? undefined;
    case 'oauth-m2m':
      return machine ?? undefined;
    case 'databricks-cli':
      return { kind: 'databricks-cli' };
    case 'azure-client-secret':
      return azure ?? undefined;
    default:
      return undefined;
  }
};

type SignInField = readonly [kind: string, fields: readonly string[]];
/** Ways to sign in that are not used here, by what tells of them, in the order in which they are tried (facts 4). */
const otherSignIns: readonly SignInField[] = [
  ['basic', ['username', 'password']],
  ['metadata-service', ['metadata_service_url']],
  ['env-oidc', ['oidc_token_env']],
  ['file-oidc', ['oidc_token_filepath']],
  ['azure-msi', ['azure_use_msi']],
  ['google-credentials', ['google_credentials']],
  ['google-id', ['google_service_account']],
  // A client alone is a service principal without its secret.
  ['oauth-m2m', ['client_id', 'client_secret']],
];
/** As booleans are written there; what says no tells of nothing. */
const isSaidNo = (value: string): boolean => /^(?:0|f|false)$/i.test(value);

/** The way to sign in that variables or a section tell of without naming it, where `credentialOf` finds nothing. */
export const otherSignInOf = (field: (name: string) => string | undefined): string | undefined =>
  otherSignIns.find(([, fields]) =>
    fields.some((name) => {
      const value = field(name);
      return value !== undefined && !(name === 'azure_use_msi' && isSaidNo(value));
    }),
  )?.[0];

/**
 * A host and nothing that signs in: after tokens and service principals the documented order comes to the Databricks CLI, which is
 * asked for this host alone.
 */
export const hostAlone: Credential = { kind: 'databricks-cli' };
