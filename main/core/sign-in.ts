import type { Failure } from '../../shared/base/failure.ts';
import { failure } from '../../shared/base/failure.ts';
import { isJsonObject, type JsonValue, parseJson } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { type Instant, type RandomBytes, type Scheduler, toInstant } from '../../shared/base/time.ts';
import type { SignIns } from '../../shared/contract/sign-in.ts';
import { httpsFor, originOf } from '../databricks/oauth-http.ts';
import { checkHost } from '../databricks/hosts.ts';
import type { Login } from '../databricks/login.ts';
import { type SignIn, signInMs, standardClient, startSignIn } from '../databricks/sign-in.ts';
import type { Place } from '../databricks/transport.ts';
import { plain } from './connection-slot.ts';
import type { ConnectionPart } from './connection.ts';
import { type NetworkChoice, splitProxy, standardNetwork } from './network-choice.ts';
import type { SigningIn } from './prepare-connection.ts';
import { primaryId } from './saved-connections.ts';
import { practiceId } from './signing-in.ts';

/** The one sign-in of this session that waits for a person, and what came of it. The login of a new host stays in memory. */
export type SignInPart = {
  readonly start: (given: {
    readonly host?: string | undefined;
    readonly id?: string | undefined;
    readonly clientId?: string | undefined;
    readonly network?: NetworkChoice | undefined;
  }) => Promise<Result<{ readonly url: string; readonly until: Instant }, Failure>>;
  readonly cancel: () => boolean;
  readonly flow: () => SignIns['flow'];
};

export type SignInDeps = {
  readonly signing: SigningIn;
  readonly connection: ConnectionPart;
  /** Credentials of the proxy of a saved connection. */
  readonly proxyOf: (id: string) => JsonValue | undefined;
  readonly scheduler: Scheduler;
  readonly random: RandomBytes;
  readonly changed: () => void;
  /** Keep the login of a host that is not saved yet. */
  readonly keep: (host: string, login: Login) => void;
  /** Who signed in at this host. */
  readonly learn: (host: string, user: string | null) => void;
};

type Target = { readonly place: Place; readonly id: string | null };

export const createSignIn = (deps: SignInDeps): SignInPart => {
  const { signing, connection } = deps;
  const { clock } = signing.seams;
  const callOf = signing.seams.call ?? httpsFor;
  let waiting: SignIn | null = null;
  let flow: NonNullable<SignIns['flow']> | null = null;

  const target = async (given: Parameters<SignInPart['start']>[0]): Promise<Result<Target, Failure>> => {
    if (given.id !== undefined) {
      const saved = connection.address(given.id);
      const reach = saved === null ? null : signing.reach(saved.network, deps.proxyOf(saved.id), saved.host);
      if (reach !== null && !reach.ok) return reach;
      if (saved !== null && reach !== null)
        return ok({ id: saved.id, place: { kind: 'workspace', host: saved.host, port: saved.port, ...reach.value } });
      if (connection.practice() === null) await connection.workspace(true);
      const practice = connection.practice();
      if (practice === null || ![practiceId, primaryId].includes(given.id)) return err(noSuchWorkspace);
      return ok({ id: practiceId, place: practice.connection });
    }
    const host = checkHost(given.host ?? '', 'workspace');
    if (!host.ok) return host;
    const split = splitProxy(given.network ?? standardNetwork);
    if (!split.ok) return split;
    const { choice, credentials } = split.value;
    const kept = credentials ?? signing.keptProxy(host.value.host, choice.proxy) ?? undefined;
    const reach = signing.reach(choice, kept, host.value.host);
    return reach.ok ? ok({ id: null, place: { kind: 'workspace', ...host.value, ...reach.value } }) : reach;
  };

  /** The name under which the workspace knows the person; null when it does not say. */
  const userOf = async (place: Place, login: Login): Promise<string | null> => {
    try {
      const raw = await callOf(place)(new URL('/api/2.0/preview/scim/v2/Me', originOf(place)), {
        method: 'GET',
        headers: { authorization: `Bearer ${login.access}`, accept: 'application/json' },
        body: undefined,
      });
      const parsed = parseJson(raw.body);
      const name = parsed.ok && isJsonObject(parsed.value) ? parsed.value['userName'] : undefined;
      return raw.status === 200 && typeof name === 'string' ? name.slice(0, 200) : null;
    } catch {
      return null;
    }
  };

  const finish = async (to: Target, login: Login): Promise<Result<string | null, Failure>> => {
    const user = await userOf(to.place, login);
    deps.learn(to.place.host, user);
    if (to.id === null) {
      deps.keep(to.place.host, login);
      return ok(user);
    }
    const store = signing.stored(to.id);
    const stored = await store.exclusively(() => Promise.resolve(store.write(login)));
    if (!stored.ok) return stored;
    if (!stored.value.ok) return stored.value;
    await connection.reopen(to.id === practiceId ? primaryId : to.id);
    return ok(user);
  };

  return {
    start: async (given) => {
      const to = await target(given);
      if (!to.ok) return to;
      waiting?.cancel();
      const { place } = to.value;
      // Signing in again stays with the application that was used before.
      const before = to.value.id === null ? null : signing.stored(to.value.id).read();
      const known = before?.ok === true ? before.value?.clientId : undefined;
      const started = await startSignIn(place, given.clientId ?? known ?? standardClient, {
        clock,
        scheduler: deps.scheduler,
        random: deps.random,
        call: callOf(place),
      });
      if (!started.ok) return started;
      const mine = started.value;
      waiting = mine;
      const until = toInstant(clock.now() + signInMs);
      flow = { host: place.host, state: 'waiting', url: mine.url, until, user: null, failure: null };
      deps.changed();
      void mine.done.then(async (outcome) => {
        const finished = outcome.ok ? await finish(to.value, outcome.value) : outcome;
        // A newer one has taken its place on the screen.
        if (waiting !== mine) return;
        waiting = null;
        flow = {
          host: place.host,
          state: finished.ok ? 'done' : 'failed',
          url: null,
          until,
          user: finished.ok ? finished.value : null,
          failure: finished.ok ? null : plain(finished.error),
        };
        deps.changed();
      });
      return ok({ url: mine.url, until });
    },
    cancel: () => {
      const was = waiting !== null;
      waiting?.cancel();
      return was;
    },
    flow: () => flow,
  };
};

const noSuchWorkspace: Failure = failure(
  'NotConfigured',
  'There is no such workspace in this profile to sign in to.',
  'Nothing was changed.',
  'Look at the list of workspaces again.',
);
