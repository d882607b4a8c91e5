import { timingSafeEqual } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { DatabricksDeps } from './deps.ts';
import { databricksFailure } from './failures.ts';
import { type Login, loginOf } from './login.ts';
import { openLoopback, type Page } from './loopback.ts';
import { discover, type HttpsCall, oauthFailure, through } from './oauth-http.ts';
import type { DatabricksFailure } from './port.ts';
import type { Place } from './transport.ts';

/** The public client of the CLI, which every workspace knows (facts 4); a registered application of one's own is the clean way. */
export const standardClient = 'databricks-cli';
/** The port of the registered redirect, and those after it where it is taken (facts 4). */
export const redirectPorts: readonly number[] = Array.from({ length: 21 }, (_, at) => 8020 + at);
/** A person has this long to sign in. */
export const signInMs = 5 * 60_000;
const scope = 'all-apis offline_access';

/** A sign-in that waits for a person. */
export type SignIn = {
  /** The page to open in the system's browser. Carries no secret that would be enough to sign in. */
  readonly url: string;
  readonly until: number;
  /** Failures: Cancelled, TimedOut, Forbidden (the person or the workspace refused), and those of the network. */
  readonly done: Promise<Result<Login, DatabricksFailure>>;
  readonly cancel: () => void;
};

export type SignInDeps = Pick<DatabricksDeps, 'clock' | 'scheduler' | 'random'> & {
  readonly call: HttpsCall;
  readonly ports?: readonly number[];
};

/**
 * OAuth U2M with PKCE (S256): a one-time listener on this machine, a page in the browser, a code, and for it a login. The listener
 * takes one answer that carries our state; others are told so and change nothing. It ends after five minutes.
 * Failures: NotConfigured (no OAuth, no free port), and those of asking the workspace.
 */
export const startSignIn = async (
  place: Place,
  clientId: string,
  deps: SignInDeps,
): Promise<Result<SignIn, DatabricksFailure>> => {
  const found = await discover(place, deps.call);
  if (!found.ok) return found;
  const server = found.value;
  const client = { client_id: clientId };
  const unguessable = (): string => Buffer.from(deps.random(32)).toString('base64url');
  const [state, verifier] = [unguessable(), unguessable()];
  let settled = false;
  let settle: (outcome: Result<Login, DatabricksFailure>) => void = () => undefined;
  const done = new Promise<Result<Login, DatabricksFailure>>((resolve) => (settle = resolve));

  let redirectUri = '';
  const answer = async (query: URLSearchParams): Promise<Page> => {
    if (settled || !isSame(query.get('state') ?? '', state)) return notThis;
    settled = true;
    const outcome = await exchange(query);
    settle(outcome);
    return outcome.ok ? signedIn : refusedPage;
  };
  const exchange = async (query: URLSearchParams): Promise<Result<Login, DatabricksFailure>> => {
    try {
      const checked = oauth.validateAuthResponse(server, client, query, state);
      const askedAt = deps.clock.now();
      const response = await oauth.authorizationCodeGrantRequest(
        server, client, oauth.None(), checked, redirectUri, verifier, through(deps.call),
      ); // prettier-ignore
      const tokens = await oauth.processAuthorizationCodeResponse(server, client, response);
      const login = loginOf(tokens, clientId, askedAt, null);
      return login === null ? err(noRefresh) : ok(login);
    } catch (thrown) {
      if (thrown instanceof oauth.AuthorizationResponseError) return err(refusedBy(thrown.error));
      return err(oauthFailure(thrown, [verifier, query.get('code') ?? '']));
    }
  };

  const listening = await openLoopback(deps.ports ?? redirectPorts, answer);
  if (listening === null) return err(portsTaken);
  redirectUri = listening.redirectUri;
  const url = new URL(server.authorization_endpoint ?? '');
  const asked = {
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  const end = (failure: DatabricksFailure): void => {
    if (settled) return;
    settled = true;
    settle(err(failure));
  };
  const stopTimer = deps.scheduler.after(signInMs, () => end(tooLate));
  void done.then(() => {
    stopTimer();
    listening.close();
  });
  return ok({
    url: url.href,
    until: deps.clock.now() + signInMs,
    done,
    cancel: () => end(cancelled),
  });
};

const isSame = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
};

const signedIn: Page = {
  status: 200,
  title: 'You are signed in',
  text: 'Go back to Breakwater. This page can be closed.',
};
const refusedPage: Page = {
  status: 200,
  title: 'You are not signed in',
  text: 'Go back to Breakwater: it says why. This page can be closed.',
};
const notThis: Page = {
  status: 400,
  title: 'This is not the sign-in that Breakwater waits for',
  text: 'Nothing was changed. Start again from Breakwater.',
};

const refusedBy = (error: string): DatabricksFailure =>
  databricksFailure('Forbidden', {
    code: `OAUTH ${error}`.slice(0, 100),
    detail: error === 'access_denied' ? 'Signing in was refused in the browser.' : 'The sign-in page refused.',
    advice: 'Sign in again and allow the access, or use a personal access token.',
  });
const cancelled: DatabricksFailure = failure(
  'Cancelled',
  'The sign-in was cancelled.',
  'Nobody was signed in; everything is as it was.',
  'Start it again when it is wanted.',
  'SIGN_IN',
);
const tooLate = databricksFailure('TimedOut', {
  detail: 'Nobody signed in within five minutes.',
  advice: 'Start the sign-in again.',
  code: 'SIGN_IN',
});
const noRefresh = databricksFailure('BadAnswer', {
  detail: 'The workspace gave no refresh token, so the sign-in would end within the hour.',
  advice: 'Ask an administrator to allow the scope offline_access for this application.',
  code: 'OFFLINE_ACCESS',
});
const portsTaken = databricksFailure('NotConfigured', {
  detail: `The ports ${redirectPorts[0]} to ${redirectPorts.at(-1)} of this machine, one of which takes the sign-in back, are all taken.`,
  advice: 'End a program that uses one of them, then start again.',
  code: 'PORTS',
});
