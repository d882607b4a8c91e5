import { err, ok, type Result } from '../../shared/base/result.ts';
import type { DatabricksFailure, TokenSource } from './port.ts';

/** A token with an end. `expiresAt` is epoch ms of this device's clock. */
export type TimedToken = {
  readonly token: string;
  readonly expiresAt: number;
  /** It was kept from before: its age on this device says nothing of how old it is. */
  readonly kept?: true;
};

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
}): TokenSource => {
  let current: TimedToken | null = null;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<Result<TimedToken, DatabricksFailure>> | null = null;
  /** The last few only: an older one has ended, and nothing speaks of it any more. */
  let seen: readonly string[] = [];

  const renew = async (): Promise<Result<TimedToken, DatabricksFailure>> => {
    const fetched = await made.fetch();
    if (!fetched.ok) return fetched;
    current = fetched.value;
    fetchedAt = current.kept === true ? Number.NEGATIVE_INFINITY : made.now();
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
      const age = made.now() - fetchedAt;
      // Fetched in the future: the clock was set back, and a token that is refused may be long over.
      if (age >= 0 && age < youngMs) return false;
      current = null;
      return true;
    },
    secrets: () => [...made.secrets, ...seen],
  };
};
