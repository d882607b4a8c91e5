import { ok, type Result } from '../../shared/base/result.ts';
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
