import * as v from 'valibot';
import { keyProtections } from '../domain/vocabulary.ts';
import { failureSchema, id, instant, shortText } from './common.ts';

/** How a connection proves who it is. */
export const authKind = v.picklist(['pat', 'oauth-u2m', 'oauth-m2m', 'databricks-cli', 'azure']);

/** Ways of signing in that need no secret from the window: the person's own sign-in, or the one of the Databricks CLI. */
export const ownAuth = v.picklist(['oauth-u2m', 'databricks-cli']);

/** Who signs in: a typed token, what `connection.found` offered (for its host only), or a way without a secret. One of them. */
export const signingIn = {
  token: v.optional(v.pipe(v.string(), v.maxLength(5000))),
  from: v.optional(id),
  auth: v.optional(ownAuth),
};
type SigningIn = {
  readonly token?: string | undefined;
  readonly from?: string | undefined;
  readonly auth?: 'oauth-u2m' | 'databricks-cli' | undefined;
};
export const oneWay = <T extends SigningIn>() =>
  v.check<T, string>(
    ({ token, from, auth }) => [token, from, auth].filter((one) => one !== undefined).length === 1,
    'give a token, or name where it was found, or choose how to sign in',
  );

/** What lies between here and the workspace. Left out: HTTPS_PROXY as the system has it, and Node's own certificates. */
export const networkGiven = v.optional(
  v.object({
    caFile: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(1000)), ''),
    systemCa: v.optional(v.boolean(), false),
    /** Address, with credentials where it wants them; `environment`, or `none`. */
    proxy: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(1000)), 'environment'),
  }),
);

/** Who is signed in to one workspace of the profile. */
const signedIn = v.object({
  /** Id of the connection. */
  id,
  name: v.string(),
  host: v.string(),
  auth: authKind,
  signedIn: v.boolean(),
  user: v.nullable(v.string()),
  /** Until when the access that is here lasts; it renews itself while there is a connection. */
  until: v.nullable(instant),
  /** Why what signs in cannot be read. */
  failure: v.nullable(failureSchema),
});

export const signIns = v.object({
  secrets: v.object({ protection: v.picklist(keyProtections), locked: v.boolean() }),
  /** The sign-in that waits for a person, or the last one of this session. */
  flow: v.nullable(
    v.object({
      host: v.string(),
      state: v.picklist(['waiting', 'done', 'failed']),
      /** The page to open; null when it does not wait any more. */
      url: v.nullable(v.string()),
      until: instant,
      user: v.nullable(v.string()),
      failure: v.nullable(failureSchema),
    }),
  ),
  connections: v.array(signedIn),
});
export type SignIns = v.InferOutput<typeof signIns>;

export const signInInput = v.pipe(
  v.object({
    /** A workspace that is not saved yet; the sign-in is kept in memory until it is. */
    host: v.optional(shortText),
    /** A workspace of the profile: the sign-in is stored at once. */
    id: v.optional(id),
    /** An application that an administrator registered; left out = the public client of the Databricks CLI. */
    clientId: v.optional(v.pipe(v.string(), v.trim(), v.regex(/^[A-Za-z0-9._-]{1,100}$/))),
    network: networkGiven,
  }),
  v.check(({ host, id: connection }) => (host === undefined) !== (connection === undefined), 'give a host or an id'),
);
export const signInStarted = v.object({ url: v.string(), until: instant });
export const passphrase = v.pipe(v.string(), v.minLength(1), v.maxLength(1000));
