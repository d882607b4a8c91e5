import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock, RandomBytes } from '../../shared/base/time.ts';

/**
 * The secrets of the browser host: launch tokens (once, 60 s), sessions (12 h after their last use), socket and download
 * tickets (once, 10 s and 60 s). Only digests are kept, so that a comparison takes the same time whatever was guessed, and a
 * memory image holds no token. Source: facts/security.md 3.1, rules 3, 4, 9.
 */
export const launchMs = 60_000;
export const sessionIdleMs = 12 * 60 * 60_000;
export const ticketMs = 10_000;
export const downloadMs = 60_000;
export const badTokenLimit = 10;
export const lockMs = 60_000;

export type Tokens = {
  readonly mintLaunch: () => string;
  /** Launch token → session, or null: unknown, used, older than 60 s, or locked. */
  readonly exchange: (launch: string) => string | null;
  /** True for a session that is alive; its 12 hours start anew. */
  readonly isSession: (session: string) => boolean;
  readonly mintTicket: () => string;
  readonly takeTicket: (ticket: string) => boolean;
  readonly mintDownload: (file: string) => string;
  readonly takeDownload: (ticket: string) => string | null;
  /** Milliseconds until bad tokens are looked at again; 0 when not locked. A live session is never locked out. */
  readonly lockedFor: () => number;
};

type Kept = { readonly digest: Buffer; until: number; readonly value: string };

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

export const createTokens = (clock: Clock, random: RandomBytes): Tokens => {
  let bad = 0;
  let lockedUntil = 0;
  const lists = { launch: [] as Kept[], session: [] as Kept[], ticket: [] as Kept[], download: [] as Kept[] };

  const mint = (list: Kept[], lifeMs: number, value = ''): string => {
    const token = Buffer.from(random(32)).toString('base64url');
    drop(list, (kept) => kept.until <= clock.now());
    list.push({ digest: digestOf(token), until: clock.now() + lifeMs, value });
    return token;
  };
  const drop = (list: Kept[], gone: (kept: Kept) => boolean): void => {
    const left = list.filter((kept) => !gone(kept));
    list.splice(0, list.length, ...left);
  };
  const lockedFor = (): number => Math.max(0, lockedUntil - clock.now());
  /** Compares with every kept token, found or not. */
  const find = (list: readonly Kept[], token: string): Kept | null => {
    const digest = digestOf(token);
    let found: Kept | null = null;
    for (const kept of list) if (timingSafeEqual(kept.digest, digest) && kept.until > clock.now()) found = kept;
    return found;
  };
  const miss = (): null => {
    bad += 1;
    if (bad < badTokenLimit) return null;
    bad = 0;
    lockedUntil = clock.now() + lockMs;
    return null;
  };
  /** Once only: found or not, it is gone. */
  const take = (list: Kept[], token: string): Kept | null => {
    const found = find(list, token);
    if (found === null) return miss();
    drop(list, (kept) => kept === found);
    return found;
  };

  return {
    mintLaunch: () => mint(lists.launch, launchMs),
    exchange: (launch) => {
      if (lockedFor() > 0 || take(lists.launch, launch) === null) return null;
      return mint(lists.session, sessionIdleMs);
    },
    isSession: (session) => {
      const found = find(lists.session, session);
      if (found === null) return miss() !== null;
      found.until = clock.now() + sessionIdleMs;
      return true;
    },
    mintTicket: () => mint(lists.ticket, ticketMs),
    // Tickets are asked for with a session, so they stay good while guessing at launch tokens is locked.
    takeTicket: (ticket) => take(lists.ticket, ticket) !== null,
    mintDownload: (file) => mint(lists.download, downloadMs, file),
    takeDownload: (ticket) => take(lists.download, ticket)?.value ?? null,
    lockedFor,
  };
};
