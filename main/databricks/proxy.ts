import { err, ok, type Result } from '../../shared/base/result.ts';
import { databricksFailure } from './failures.ts';
import type { DatabricksFailure, Proxy } from './port.ts';

/** Percent escapes of an address as text. What is none, like the `%` of the password `50%off`, is taken as it stands. */
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    return text;
  }
};

/**
 * A proxy as a person or a variable gives it: `http://host:port` or `https://host:port`, with or without `user:password@`; a bare
 * `host:port` counts as http. The credentials are taken apart, so that the address can be shown.
 */
export const parseProxy = (given: string): Result<Proxy, DatabricksFailure> => {
  const text = given.trim();
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.hostname === '' || url.pathname.length > 1)
    return err(
      databricksFailure('NotConfigured', {
        detail: 'The proxy is no address that can be used.',
        advice: 'Give it as http://proxy.example:8080; credentials may stand before the host.',
        code: 'PROXY',
      }),
    );
  const [username, password] = [decoded(url.username), decoded(url.password)];
  return ok({
    url: `${url.protocol}//${url.host}`,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
  });
};

type Env = Readonly<Record<string, string | undefined>>;
const either = (env: Env, name: string): string => env[name] || env[name.toLowerCase()] || '';

/**
 * The proxy that HTTPS_PROXY and NO_PROXY name for this host (either case), or null. NO_PROXY: names separated by commas or white
 * space; `*` is all, `.example.com` and `example.com` cover the name and what is below it. One that cannot
 * be read is a failure, since going past a proxy unasked could tell a name to the wrong network.
 */
export const proxyOfEnvironment = (env: Env, host: string): Result<Proxy | null, DatabricksFailure> => {
  const named = either(env, 'HTTPS_PROXY');
  if (named === '') return ok(null);
  const excepted = either(env, 'NO_PROXY')
    .split(/[\s,]+/)
    .map((name) =>
      name
        .toLowerCase()
        .replace(/^\*?\./, '')
        .replace(/:\d+$/, ''),
    )
    .some((name) => name === '*' || (name !== '' && (host === name || host.endsWith(`.${name}`))));
  return excepted ? ok(null) : parseProxy(named);
};
