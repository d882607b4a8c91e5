import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isJsonObject, type JsonObject, parseJson } from '../../shared/base/json.ts';
import type { Clock } from '../../shared/base/time.ts';

/**
 * The OAuth server of the practice workspace (facts 4): discovery, a plain consent page, PKCE, refresh tokens that are good for one
 * use, and one service principal. Tokens are kept as digests in a file beside the lake, so that a sign-in outlives the process.
 */
export type OAuthAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};
export type OAuthServer = {
  /** The answer to a request below `/oidc/`; null when the path is none of ours. */
  readonly answer: (
    method: string,
    url: URL,
    body: string,
    authorization: string | undefined,
    origin: string,
  ) => OAuthAnswer | null;
  /** Whose access token this is; null when it is none of ours, or has ended. */
  readonly userOf: (authorization: string | undefined) => string | null;
};

/** The service principal: its secret is the lakehouse's own token. */
export const robotClient = 'practice-robot';
type Kept = { readonly user: string; readonly client: string; readonly until: number };
type Code = Kept & { readonly challenge: string; readonly redirect: string };

const digest = (token: string): string => createHash('sha256').update(token).digest('base64url');
const minted = (): string => randomBytes(24).toString('base64url');
const isSame = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(digest(a)), Buffer.from(digest(b)));
const json = (status: number, body: JsonObject): OAuthAnswer => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify(body),
});
const refused = (error: string, status = 400): OAuthAnswer =>
  json(status, { error, error_description: `practice: ${error}` });
const page = (status: number, text: string): OAuthAnswer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'" },
  body: `<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Practice sign-in</title>${text}`,
});
const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

const codeMs = 60_000;
const refreshMs = 30 * 24 * 3_600_000;

export const createOAuth = (deps: {
  readonly file: string;
  readonly clock: Clock;
  readonly user: string;
  readonly secret: string;
  readonly accessSeconds: number;
}): OAuthServer => {
  const codes = new Map<string, Code>();
  const { access, refresh } = restore(deps.file);
  const now = (): number => deps.clock.now();
  const save = (): void => {
    for (const kept of [access, refresh]) for (const [key, { until }] of kept) if (until < now()) kept.delete(key);
    const text = JSON.stringify({ access: Object.fromEntries(access), refresh: Object.fromEntries(refresh) });
    writeFileSync(`${deps.file}.new`, text, { mode: 0o600 });
    renameSync(`${deps.file}.new`, deps.file);
  };
  const grant = (user: string, client: string, withRefresh: boolean): OAuthAnswer => {
    const [token, next] = [minted(), minted()];
    access.set(digest(token), { user, client, until: now() + deps.accessSeconds * 1000 });
    if (withRefresh) refresh.set(digest(next), { user, client, until: now() + refreshMs });
    save();
    return json(200, {
      access_token: token,
      token_type: 'Bearer',
      expires_in: deps.accessSeconds,
      scope: 'all-apis offline_access',
      ...(withRefresh ? { refresh_token: next } : {}),
    });
  };
  /** Found or not, it is gone: codes and refresh tokens are good for one use. */
  const take = <T extends Kept>(from: Map<string, T>, token: string): T | null => {
    const found = from.get(digest(token)) ?? null;
    from.delete(digest(token));
    return found !== null && found.until > now() ? found : null;
  };

  const token = (form: URLSearchParams, authorization: string | undefined): OAuthAnswer => {
    const field = (name: string): string => form.get(name) ?? '';
    const client = field('client_id');
    if (field('grant_type') === 'authorization_code') {
      const code = take(codes, field('code'));
      const challenge = createHash('sha256').update(field('code_verifier')).digest('base64url');
      return code?.client === client && code.redirect === field('redirect_uri') && code.challenge === challenge
        ? grant(code.user, client, true)
        : refused('invalid_grant');
    }
    if (field('grant_type') === 'refresh_token') {
      const kept = take(refresh, field('refresh_token'));
      return kept?.client === client ? grant(kept.user, client, true) : refused('invalid_grant');
    }
    if (field('grant_type') !== 'client_credentials') return refused('unsupported_grant_type');
    const basic = /^Basic (\S+)$/.exec(authorization ?? '')?.[1] ?? '';
    const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString('utf8').split(':').map(decodeURIComponent);
    return id === robotClient && isSame(secret, deps.secret)
      ? grant(robotClient, id, false)
      : refused('invalid_client', 401);
  };

  const authorize = (url: URL): OAuthAnswer => {
    const field = (name: string): string => url.searchParams.get(name) ?? '';
    const redirect = field('redirect_uri');
    if (!/^http:\/\/localhost:\d{1,5}$/.test(redirect)) return page(400, '<p>The redirect is not registered.</p>');
    const back = (answer: Record<string, string>): OAuthAnswer => {
      const to = new URL(redirect);
      for (const [name, value] of Object.entries({ ...answer, state: field('state') }))
        to.searchParams.set(name, value);
      return { status: 302, headers: { location: to.href, 'referrer-policy': 'no-referrer' }, body: '' };
    };
    if (field('response_type') !== 'code' || field('code_challenge_method') !== 'S256')
      return back({ error: 'invalid_request' });
    if (field('decision') === 'refuse') return back({ error: 'access_denied' });
    if (field('decision') === 'allow') {
      const [code, client, challenge] = [minted(), field('client_id'), field('code_challenge')];
      codes.set(digest(code), { user: deps.user, client, challenge, redirect, until: now() + codeMs });
      return back({ code });
    }
    const link = (decision: string): string => {
      const to = new URL(url);
      to.searchParams.set('decision', decision);
      return escaped(`${to.pathname}${to.search}`);
    };
    return page(
      200,
      `<h1>Practice lakehouse</h1><p>${escaped(field('client_id'))} wants to act as ${escaped(deps.user)}.</p>
<p><a id="allow" href="${link('allow')}">Allow</a> · <a id="refuse" href="${link('refuse')}">Refuse</a></p>`,
    );
  };

  return {
    answer: (method, url, body, authorization, origin) => {
      const of = `${method} ${url.pathname}`;
      if (of === 'GET /oidc/.well-known/oauth-authorization-server')
        return json(200, {
          issuer: `${origin}/oidc`,
          authorization_endpoint: `${origin}/oidc/v1/authorize`,
          token_endpoint: `${origin}/oidc/v1/token`,
          code_challenge_methods_supported: ['S256'],
          scopes_supported: ['all-apis', 'offline_access'],
        });
      if (of === 'GET /oidc/v1/authorize') return authorize(url);
      return of === 'POST /oidc/v1/token' ? token(new URLSearchParams(body), authorization) : null;
    },
    userOf: (authorization) => {
      const bearer = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
      const found = bearer === undefined ? undefined : access.get(digest(bearer));
      return found !== undefined && found.until > now() ? found.user : null;
    },
  };
};

/** What an earlier process kept. A file that cannot be read means: everybody signs in again. */
const restore = (file: string): { readonly access: Map<string, Kept>; readonly refresh: Map<string, Kept> } => {
  const parsed = parseJson(existsSync(file) ? readFileSync(file, 'utf8') : '');
  const kept = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
  const mapOf = (name: string): Map<string, Kept> => {
    const entries = isJsonObject(kept[name]) ? Object.entries(kept[name]) : [];
    return new Map(
      entries.flatMap(([key, value]) => {
        const { user, client, until } = isJsonObject(value) ? value : {};
        return typeof user === 'string' && typeof client === 'string' && typeof until === 'number'
          ? [[key, { user, client, until }] as const]
          : [];
      }),
    );
  };
  return { access: mapOf('access'), refresh: mapOf('refresh') };
};
