import * as oauth from 'oauth4webapi';
import { thrownText } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { databricksFailure } from './failures.ts';
import { checkHost } from './hosts.ts';
import { networkFailure } from './network.ts';
import type { DatabricksFailure } from './port.ts';
import { makeRedactor } from './redact.ts';
import { agentFor, type Place, type Raw, send } from './transport.ts';

/** One request to a token endpoint: what tests replace. Rejects with Node's network errors. */
export type HttpsCall = (
  url: URL,
  init: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | undefined;
  },
) => Promise<Raw>;

/** Of one request, in ms: a person or a read waits for it. */
const requestMs = 30_000;

/** Requests with the trust and the proxy of a connection. The sockets go when the call is done: signing in is rare. */
export const httpsFor =
  (place: Place): HttpsCall =>
  async (url, init) => {
    const agent = agentFor(place);
    if (!agent.ok) throw new Refused(agent.error);
    try {
      return await send(
        {
          agent: agent.value,
          host: url.hostname.replace(/^\[|\]$/g, ''),
          port: url.port === '' ? 443 : Number(url.port),
          path: `${url.pathname}${url.search}`,
          method: init.method,
          timeout: requestMs,
          signal: AbortSignal.timeout(requestMs),
          headers: {
            ...init.headers,
            'user-agent': 'Breakwater',
            ...(init.body === undefined ? {} : { 'content-length': Buffer.byteLength(init.body) }),
          },
        },
        init.body,
      );
    } finally {
      agent.value.destroy();
    }
  };

/** A failure of our own on its way through the library, which knows exceptions only. */
class Refused extends Error {
  readonly failure: DatabricksFailure;
  constructor(failure: DatabricksFailure) {
    super(failure.what);
    this.failure = failure;
  }
}

const bodyText = (body: unknown): string | undefined =>
  body instanceof URLSearchParams || typeof body === 'string' ? body.toString() : undefined;

/** The option of oauth4webapi that sends its requests our way. */
export const through = (call: HttpsCall) => ({
  [oauth.customFetch]: async (url: string, asked: oauth.CustomFetchOptions<string, unknown>): Promise<Response> => {
    const raw = await call(new URL(url), {
      method: asked.method,
      headers: asked.headers,
      body: bodyText(asked.body),
    });
    const type = raw.headers['content-type'] ?? 'text/plain';
    return new Response(raw.body, { status: raw.status, headers: { 'content-type': type } });
  },
});

/** Whatever a grant threw, in calm words; `secrets` must not come back in them. */
export const oauthFailure = (thrown: unknown, secrets: readonly string[]): DatabricksFailure => {
  if (thrown instanceof Refused) return thrown.failure;
  const redact = makeRedactor(() => secrets);
  if (thrown instanceof oauth.ResponseBodyError) {
    const said = redact(thrown.error_description ?? thrown.error).slice(0, 300);
    const code = `OAUTH ${redact(thrown.error)}`.slice(0, 100);
    if (thrown.error === 'invalid_grant')
      return databricksFailure('Unauthorized', {
        code,
        detail: 'The sign-in has ended.',
        advice: 'Sign in again under Settings, Connection. Everything stored here stays usable until then.',
      });
    return databricksFailure(thrown.status >= 500 ? 'Unavailable' : 'Unauthorized', {
      code,
      detail: `Signing in was refused: "${said}"`,
      advice: 'Check client id and secret, and whether the application is registered for this workspace.',
    });
  }
  const network = networkFailure(thrown, 'read');
  if (network !== undefined) return network;
  if (/abort|timed? ?out/i.test(thrownText(thrown))) return databricksFailure('TimedOut', { code: 'OAUTH' });
  return databricksFailure('BadAnswer', {
    code: 'OAUTH',
    detail: `The sign-in server answered: "${redact(thrownText(thrown)).slice(0, 200)}"`,
  });
};

/** `https://host` of a place, with its port where it has one of its own (practice). */
export const originOf = (place: Place): string =>
  `https://${place.host.includes(':') ? `[${place.host}]` : place.host}${place.port === 443 ? '' : `:${place.port}`}`;

/**
 * Where a workspace lets people sign in (facts 4, "Discovery"). An endpoint counts only when it is the workspace itself or another
 * Databricks domain: the document must not be able to send a refresh token elsewhere. Failures: NotConfigured (no OAuth here).
 */
export const discover = async (
  place: Place,
  call: HttpsCall,
): Promise<Result<oauth.AuthorizationServer, DatabricksFailure>> => {
  const url = new URL('/oidc/.well-known/oauth-authorization-server', originOf(place));
  try {
    const raw = await call(url, { method: 'GET', headers: { accept: 'application/json' }, body: undefined });
    if (raw.status !== 200) return err(noOAuth(`HTTP ${raw.status}`));
    const found: unknown = JSON.parse(raw.body);
    const fields = typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {};
    const { issuer, authorization_endpoint, token_endpoint } = fields;
    if (!isOurs(authorization_endpoint, place) || !isOurs(token_endpoint, place)) return err(noOAuth('ENDPOINT'));
    return ok({
      issuer: typeof issuer === 'string' ? issuer : `${originOf(place)}/oidc`,
      authorization_endpoint,
      token_endpoint,
    });
  } catch (thrown) {
    return err(oauthFailure(thrown, []));
  }
};

const isOurs = (address: unknown, place: Place): address is string => {
  if (typeof address !== 'string' || !URL.canParse(address)) return false;
  const url = new URL(address);
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') return false;
  return url.origin === originOf(place) || (place.kind === 'workspace' && checkHost(url.origin, 'workspace').ok);
};

const noOAuth = (code: string): DatabricksFailure =>
  databricksFailure('NotConfigured', {
    code,
    detail: 'This host offers no sign-in with OAuth.',
    advice: 'Check the host, or use a personal access token.',
  });
