import { domainToASCII } from 'node:url';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { databricksFailure } from './failures.ts';
import type { DatabricksFailure } from './port.ts';

/**
 * Which hosts may get a token (facts/security.md 3, row "SSRF"). Government and China clouds are Databricks' own published
 * domains; other hosts (vanity names) stay refused until an administrator's setting exists.
 */
export const hostSuffixes = [
  '.cloud.databricks.com',
  '.azuredatabricks.net',
  '.gcp.databricks.com',
  '.cloud.databricks.us',
  '.cloud.databricks.mil',
  '.databricks.azure.us',
  '.databricks.azure.cn',
] as const;
const loopback = new Set(['localhost', '127.0.0.1', '::1']);

export type Host = { readonly host: string; readonly port: number };

const refuse = (why: string): Result<never, DatabricksFailure> =>
  err(
    databricksFailure('NotConfigured', {
      detail: `Host refused: ${why}`,
      advice: `Give the workspace's own address, such as https://adb-1234.5.azuredatabricks.net. Allowed: *${hostSuffixes.join(', *')}.`,
      code: 'HOST',
    }),
  );

/**
 * The host of a workspace as a person or a file gives it, with or without `https://` and a trailing slash. Refused: other
 * schemes, user names, paths, ports (except for practice), IP addresses, look-alike domains; IDN is compared as punycode.
 */
export const checkHost = (given: string, kind: 'practice' | 'workspace'): Result<Host, DatabricksFailure> => {
  const text = given.trim();
  if (text === '') return refuse('it is empty.');
  if (/[\s\\@\u200b-\u200f\u2060\ufeff]/.test(text)) return refuse('it contains a character that no host has.');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) && !/^https:\/\//i.test(text)) return refuse('only https is used.');
  const bare = text.replace(/^https:\/\//i, '').replace(/\/$/, '');
  if (/[/?#]/.test(bare)) return refuse('it has a path; give the host alone.');
  let url: URL;
  try {
    url = new URL(`https://${bare}/`);
  } catch {
    return refuse('it is no host name.');
  }
  if (url.username !== '' || url.password !== '') return refuse('it contains a user name.');
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port === '' ? 443 : Number(url.port);
  if (kind === 'practice')
    return loopback.has(host) ? ok({ host, port }) : refuse('the practice lakehouse lives on this machine only.');
  if (url.port !== '') return refuse('a port is not allowed.');
  if (/^[\d.]+$/.test(host) || host.includes(':')) return refuse('an IP address is not allowed.');
  if (host.endsWith('.')) return refuse('it ends with a dot.');
  const ascii = domainToASCII(host);
  const suffix = hostSuffixes.find((ending) => ascii.endsWith(ending) && ascii.length > ending.length);
  return suffix === undefined ? refuse(`${ascii} is not a Databricks domain.`) : ok({ host: ascii, port });
};

/** The id of the SQL warehouse that an HTTP path names; null = it names none (a cluster). */
export const warehouseIdIn = (httpPath: string): string | null =>
  /^\/sql\/1\.0\/(?:warehouses|endpoints)\/([A-Za-z0-9_-]+)/.exec(httpPath)?.[1] ?? null;

const pathForms = [
  /^\/sql\/1\.0\/(?:warehouses|endpoints)\/[A-Za-z0-9_-]{1,100}$/,
  /^\/sql\/1\.0\/(?:warehouses|endpoints)\/[A-Za-z0-9_-]{1,100}\?o=\d{1,30}$/,
  /^\/sql\/protocolv1\/o\/\d{1,30}\/[A-Za-z0-9_-]{1,100}$/,
];

/** A SQL warehouse's HTTP path: `/sql/1.0/warehouses/<id>` and its older forms; only letters that such a path has. */
export const checkHttpPath = (given: string): Result<string, DatabricksFailure> => {
  const path = given.trim().startsWith('/') ? given.trim() : `/${given.trim()}`;
  return pathForms.some((form) => form.test(path))
    ? ok(path)
    : err(
        databricksFailure('NotConfigured', {
          detail: 'The HTTP path is not one of a SQL warehouse.',
          advice:
            'Copy it from the warehouse\'s page, "Connection details": it looks like /sql/1.0/warehouses/0123456789abcdef.',
          code: 'HTTP_PATH',
        }),
      );
};
