/**
 * What a page of Breakwater may load: one text, sent byte for byte by the shell's protocol and by the browser host.
 * Source: facts/security.md 1 (row 7). Fonts come with the app, so `font-src 'self'`; nothing else was added.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "form-action 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** Headers of every answer, whatever it carries. No CORS header is among them, and none may be added. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
};

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  woff2: 'font/woff2',
  txt: 'text/plain; charset=utf-8',
};

/** By the ending of the path; unknown endings are bytes that no browser runs. */
export const contentTypeOf = (path: string): string => {
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  return (Object.hasOwn(contentTypes, ending) ? contentTypes[ending] : undefined) ?? 'application/octet-stream';
};

/** One file of the window, as the build listed it. */
export type AssetEntry = {
  readonly file: string;
  readonly type: string;
  readonly size: number;
  readonly sha256: string;
};

/**
 * The name under which a request path stands in the list of assets, or null. Nothing is decoded or resolved: a path is in
 * the list as it is, or it is not there, so `%2e%2e`, `..\`, NUL and `//host` have no meaning.
 */
export const assetPath = <T>(assets: ReadonlyMap<string, T>, pathname: string): string | null => {
  const wanted = pathname === '/' ? '/index.html' : pathname;
  return assets.has(wanted) ? wanted : null;
};
