import * as oauth from 'oauth4webapi';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { DatabricksDeps } from './deps.ts';
import { databricksFailure } from './failures.ts';
import { discover, type HttpsCall, oauthFailure, through } from './oauth-http.ts';
import type { DatabricksFailure, TokenSource } from './port.ts';
import { renewing, type TimedToken } from './renewing.ts';
import type { Place } from './transport.ts';

/** Access tokens last an hour (facts 4) where an answer does not say. */
const standardSeconds = 3600;

/** As the library writes id and secret into a basic header: a form's encoding of all but letters and digits (RFC 6749, appendix B). */
const inBasic = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[-_.!~*'()]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');

const granted = async (
  server: oauth.AuthorizationServer,
  id: string,
  secret: string,
  scope: string,
  clientAuth: oauth.ClientAuth,
  deps: Pick<DatabricksDeps, 'clock'>,
  call: HttpsCall,
): Promise<Result<TimedToken, DatabricksFailure>> => {
  try {
    const client = { client_id: id };
    const asked = deps.clock.now();
    const response = await oauth.clientCredentialsGrantRequest(server, client, clientAuth, { scope }, through(call));
    const answer = await oauth.processClientCredentialsResponse(server, client, response);
    return ok({ token: answer.access_token, expiresAt: asked + (answer.expires_in ?? standardSeconds) * 1000 });
  } catch (thrown) {
    // The two together are what a basic header carries, in base64.
    const basic = `${inBasic(id)}:${inBasic(secret)}`;
    return err(oauthFailure(thrown, [secret, basic]));
  }
};

/** OAuth M2M: a service principal of Databricks. For unattended use; the audit log shows it and no person. */
export const machineToken = (
  given: { readonly clientId: string; readonly clientSecret: string },
  place: Place,
  deps: Pick<DatabricksDeps, 'clock'>,
  call: HttpsCall,
): TokenSource => {
  const { clientId, clientSecret } = given;
  return renewing({
    kind: 'oauth-m2m',
    now: deps.clock.now,
    secrets: [clientSecret],
    fetch: async () => {
      const server = await discover(place, call);
      if (!server.ok) return server;
      const auth = oauth.ClientSecretBasic(clientSecret);
      return granted(server.value, clientId, clientSecret, 'all-apis', auth, deps, call);
    },
  });
};

/** Resource of Azure Databricks at Microsoft Entra (facts 4). */
const azureResource = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d';
/** Entra and the management service of the cloud that a workspace is in (docs: Azure Government and China, endpoints). */
const cloudOf = (host: string): { readonly entra: string; readonly management: string } =>
  host.endsWith('.databricks.azure.us')
    ? { entra: 'login.microsoftonline.us', management: 'management.core.usgovcloudapi.net' }
    : host.endsWith('.databricks.azure.cn')
      ? { entra: 'login.chinacloudapi.cn', management: 'management.core.chinacloudapi.cn' }
      : { entra: 'login.microsoftonline.com', management: 'management.core.windows.net' };

export type AzurePrincipal = {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** `/subscriptions/…`; needed only where the service principal is no user of the workspace. */
  readonly resourceId?: string;
};

/** A service principal of Microsoft Entra. Failure of `get`: NotConfigured when the tenant is no tenant. */
export const azureToken = (
  given: AzurePrincipal,
  place: Place,
  deps: Pick<DatabricksDeps, 'clock'>,
  call: HttpsCall,
): TokenSource => {
  const { tenantId, clientId, clientSecret, resourceId } = given;
  const fetch = async (scope: string): Promise<Result<TimedToken, DatabricksFailure>> => {
    // It becomes part of an address.
    if (!/^[A-Za-z0-9][A-Za-z0-9.-]{2,100}$/.test(tenantId))
      return err(databricksFailure('NotConfigured', { detail: 'The tenant id has a form that no tenant has.' }));
    const issuer = `https://${cloudOf(place.host).entra}/${tenantId}/oauth2/v2.0`;
    const server = { issuer, token_endpoint: `${issuer}/token` };
    return granted(server, clientId, clientSecret, scope, oauth.ClientSecretPost(clientSecret), deps, call);
  };
  const source = renewing({
    kind: 'azure',
    now: deps.clock.now,
    secrets: [clientSecret],
    fetch: () => fetch(`${azureResource}/.default`),
  });
  if (resourceId === undefined) return source;
  const management = renewing({
    kind: 'azure',
    now: deps.clock.now,
    secrets: [],
    // For a service principal that is no user of the workspace yet; two slashes, as the resource ends in one.
    fetch: () => fetch(`https://${cloudOf(place.host).management}//.default`),
  });
  return {
    ...source,
    headers: async () => {
      const token = await management.get();
      if (!token.ok) return token;
      return ok({
        'x-databricks-azure-sp-management-token': token.value,
        'x-databricks-azure-workspace-resource-id': resourceId,
      });
    },
    secrets: () => [...source.secrets(), ...management.secrets()],
  };
};
