import { err, ok, type Result } from '../../shared/base/result.ts';
import type { DatabricksFailure, TokenSource } from './port.ts';

/** A personal access token, or any bearer that never changes: a refusal is final. */
export const staticToken = (token: string): TokenSource => ({
  kind: 'pat',
  get: () => Promise.resolve(ok(token)),
  invalidate: () => false,
  secrets: () => [token],
});

export type AuthHeaders = { readonly token: string; readonly headers: Readonly<Record<string, string>> };

/** The headers of one request. The token is beside them because a refusal is told about exactly that token. */
export const authHeaders = async (source: TokenSource): Promise<Result<AuthHeaders, DatabricksFailure>> => {
  const token = await source.get();
  if (!token.ok) return token;
  const more = (await source.headers?.()) ?? ok({});
  if (!more.ok) return more;
  return ok({ token: token.value, headers: { ...more.value, authorization: `Bearer ${token.value}` } });
};

/** Carries the failure of a token source through the driver, which knows exceptions only. */
export class TokenUnavailable extends Error {
  readonly failure: DatabricksFailure;
  constructor(failure: DatabricksFailure) {
    super(failure.what);
    this.name = 'TokenUnavailable';
    this.failure = failure;
  }
}

/** The driver's `custom` authentication over a token source. */
export type DriverAuth = {
  readonly authenticate: () => Promise<Record<string, string>>;
  /** The last token that went out was refused; true when another one may come. */
  readonly refused: () => boolean;
};

export const driverAuth = (source: TokenSource): DriverAuth => {
  let last: string | null = null;
  return {
    authenticate: async () => {
      const found = await authHeaders(source);
      if (!found.ok) throw new TokenUnavailable(found.error);
      last = found.value.token;
      return { ...found.value.headers };
    },
    refused: () => last !== null && source.invalidate(last),
  };
};

/** A token with an end. `expiresAt` is epoch ms of this device's clock. */
export type TimedToken = { readonly token: string; readonly expiresAt: number };

/** Renewed this long before its end, so that a request that takes a while still carries a good one. */
const renewBeforeMs = 120_000;
/** A token that was fetched this recently and is refused is not refused for its age: no other is fetched. */
const youngMs = 30_000;

/**
 * A source over something that hands out timed tokens. One fetch at a time, shared by all who wait; a fetch that fails while the
 * old token still has time left answers with the old one.
 */
export const renewing = (made: {
  readonly kind: TokenSource['kind'];
  readonly now: () => number;
  readonly fetch: () => Promise<Result<TimedToken, DatabricksFailure>>;
  readonly secrets: readonly string[];
  /** A token that is there already. */
  readonly first?: TimedToken | null;
}): TokenSource => {
  let current = made.first ?? null;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<Result<TimedToken, DatabricksFailure>> | null = null;
  /** The last few only: an older one has ended, and nothing speaks of it any more. */
  let seen: readonly string[] = current === null ? [] : [current.token];

  const renew = async (): Promise<Result<TimedToken, DatabricksFailure>> => {
    const fetched = await made.fetch();
    if (!fetched.ok) return fetched;
    current = fetched.value;
    fetchedAt = made.now();
    seen = [current.token, ...seen].slice(0, 4);
    return fetched;
  };
  return {
    kind: made.kind,
    get: async () => {
      if (current !== null && current.expiresAt - renewBeforeMs > made.now()) return ok(current.token);
      pending ??= renew().finally(() => {
        pending = null;
      });
      const renewed = await pending;
      if (renewed.ok) return ok(renewed.value.token);
      return current !== null && current.expiresAt > made.now() ? ok(current.token) : err(renewed.error);
    },
    invalidate: (token) => {
      // Somebody else's refusal of an older token: there is a newer one already.
      if (current?.token !== token) return true;
      if (made.now() - fetchedAt < youngMs) return false;
      current = null;
      return true;
    },
    secrets: () => [...made.secrets, ...seen],
  };
};
