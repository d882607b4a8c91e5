import type { IncomingHttpHeaders } from 'node:http';

/**
 * Is this request from our own page on our own address? Pure; before any routing. Source: facts/security.md 3.1 with what
 * Chromium really sends: a rebound name shows in `Host`, another local port in `Origin` and `Sec-Fetch-Site: same-site`.
 */
export type RequestFacts = {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** How often `Host` occurs: a request with two of them is refused. */
  readonly hostCount: number;
};
/** What the request is for: `page` a file of the window, `api` an act of the session, `socket` the upgrade. */
export type Purpose = 'page' | 'api' | 'download' | 'socket';
export type Refusal = { readonly status: 400 | 403 | 405 | 415 | 421; readonly why: string };

const refuse = (status: Refusal['status'], why: string): Refusal => ({ status, why });

/** Rule 2: exact authority, once. */
export const guardHost = (facts: RequestFacts, authority: string): Refusal | null =>
  facts.hostCount === 1 && facts.headers.host === authority ? null : refuse(421, 'host');

/** Rules 5, 6 and 7 for one purpose; null when the request may go on. `authority` is `127.0.0.1:<port>`. */
export const guardRequest = (facts: RequestFacts, authority: string, purpose: Purpose): Refusal | null => {
  const { method, headers } = facts;
  const origin = headers.origin;
  const site = headers['sec-fetch-site'];
  if (origin !== undefined && origin !== `http://${authority}`) return refuse(403, 'origin');
  if (purpose === 'page') return guardPage(facts, site);
  if (purpose === 'download') {
    if (method !== 'GET') return refuse(405, 'method');
    return isOwn(site) ? null : refuse(403, 'sec-fetch-site');
  }
  if (purpose === 'socket') {
    if (method !== 'GET') return refuse(405, 'method');
    if (origin === undefined) return refuse(403, 'origin');
    // Chromium sends no Sec-Fetch headers with an upgrade; where one is sent it must be own.
    return site === undefined || isOwn(site) ? null : refuse(403, 'sec-fetch-site');
  }
  if (method !== 'POST') return refuse(405, 'method');
  if (origin === undefined) return refuse(403, 'origin');
  if (!isOwn(site)) return refuse(403, 'sec-fetch-site');
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  return type === 'application/json' ? null : refuse(415, 'content-type');
};

const isOwn = (site: string | string[] | undefined): boolean => site === 'same-origin' || site === 'none';

/**
 * A link or a file may lead a person to our page (a top-level navigation shows nothing without a session); no other site
 * may use our files as parts of its own.
 */
const guardPage = ({ method, headers }: RequestFacts, site: string | string[] | undefined): Refusal | null => {
  if (method !== 'GET' && method !== 'HEAD') return refuse(405, 'method');
  if (site === undefined || isOwn(site)) return null;
  const topLevel = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return topLevel ? null : refuse(403, 'sec-fetch-site');
};

/** `bw1, ticket.<t>` → t; null for anything else, so that no other protocol is ever agreed on. */
export const socketTicket = (header: string | undefined): string | null => {
  const offered = (header ?? '').split(',').map((one) => one.trim());
  const [first, second = ''] = offered;
  if (offered.length !== 2 || first !== subprotocol || !second.startsWith('ticket.')) return null;
  return second.slice('ticket.'.length);
};

export const subprotocol = 'bw1';

/** `Bearer <token>` → token, or null. */
export const bearerOf = (header: string | undefined): string | null => {
  const match = /^Bearer ([A-Za-z0-9_-]{1,200})$/.exec(header ?? '');
  return match?.[1] ?? null;
};
