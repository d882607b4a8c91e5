import { join } from 'node:path';
import type { Failure } from '../../shared/base/failure.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { Clock, RandomBytes, Scheduler } from '../../shared/base/time.ts';
import type { CallInput, CallName, CallOutput } from '../../shared/contract/calls.ts';
import type { Status } from '../../shared/contract/status.ts';
import type { CallFailure, Channel, ClientFrame, ServerFrame } from '../../shared/contract/wire.ts';
import { type Machine, profileFolder } from '../../shared/domain/paths.ts';
import type { ConnectionSources } from '../databricks/connection.ts';
import type { AuthSeams } from '../databricks/credential.ts';
import { foundConnections } from '../databricks/found.ts';
import type { CheckOptions } from '../databricks/connection-check.ts';
import type { Connection, ConnectionStep, DatabricksFailure, Workspace } from '../databricks/port.ts';
import { openBlobs } from '../log/blobs.ts';
import type { KeyWrap } from '../log/device.ts';
import { openEventLog } from '../log/open.ts';
import * as views from '../log/views.ts';
import { openProfile } from '../store/profile.ts';
import { createActivity } from './activity.ts';
import { allCalls } from './all-calls.ts';
import { backgroundOf } from './background.ts';
import { mayByItself } from './by-itself.ts';
import { namingOf, placesOf } from './named-places.ts';
import { createConnection, type PracticeSource } from './connection.ts';
import { deviceLimits } from './device-limits.ts';
import { foundOnFirstStart, identityOf } from './identity.ts';
import { lakePartOf } from './lake.ts';
import type { Logger } from './logger.ts';
import { offlineOf } from './offline.ts';
import { createMeter } from './meter.ts';
import type { Parts } from './parts.ts';
import { residencyPart } from './residency.ts';
import { roomSignalsOf } from './room-signals.ts';
import { secretIdOf } from './saved-connections.ts';
import { openSecrets } from './secrets.ts';
import { createSignIn } from './sign-in.ts';
import { type FreshLogins, signingInOf } from './signing-in.ts';
import { createServe, type Serve, specNamed } from './serve.ts';
import { signedInUsers } from './signed-in-users.ts';
import { acceptChannel } from './session.ts';
import { sharePace } from './share-pace.ts';
import { shareOf } from './share.ts';
import { createSubscriptions } from './subscriptions.ts';
import { warehouseLife } from './warehouse-life.ts';
import { watchList } from './watch-list.ts';
import { withholdingOf } from './withholding.ts';
import { createUploads } from './uploads.ts';

/** Everything that the core takes from outside. Nothing below reads a clock, the environment or a random source past it. */
export type CoreDeps = {
  readonly machine: Machine;
  readonly profile: string;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: RandomBytes;
  readonly logger: Logger;
  readonly host: Status['host'];
  readonly version: string;
  /** Name for the first person of a new profile; empty = "You". */
  readonly userName: string;
  /** How the device key is protected; left out = a plain file, and said so. */
  readonly keyWrap?: KeyWrap;
  /** The key of 32 bytes from the system's keyring, which wraps the secrets of connections; left out = there is none. */
  readonly keyring?: Uint8Array;
  readonly openWorkspace: (connection: Connection) => Result<Workspace, DatabricksFailure>;
  readonly checkConnection: (connection: Connection, options: CheckOptions) => Promise<readonly ConnectionStep[]>;
  /** How sign-in servers and the Databricks CLI are asked. */
  readonly auth: AuthSeams;
  /** For unattended use: what takes the place of the saved primary workspace; left out = nothing does. */
  readonly unattended?: () => Result<Connection, Failure>;
  /** Where a connection may be found on this machine; read anew for each question. */
  readonly connectionSources: () => ConnectionSources;
  /** Null = practice is switched off. */
  readonly practice: PracticeSource | null;
  readonly notices: readonly Failure[];
  /** Offer a finished file to the window that asked for it: the address where it can be fetched once. */
  readonly offerFile?: (file: string) => string | null;
  readonly checkAnswers?: boolean;
  /** False for tools: no loops, nothing goes out by itself; a share that is asked for connects its workspace first. */
  readonly background?: boolean;
};

export type Core = {
  /** Serve whoever is at the other end: a window, a tab, a tool. */
  readonly accept: (channel: Channel<ServerFrame, ClientFrame>) => void;
  /** The same calls without a channel: CLI and tests. Authorised and checked like any other. */
  readonly call: <N extends CallName>(name: N, input: CallInput<N>) => Promise<Result<CallOutput<N>, CallFailure>>;
  /** Resolves when the database is closed. */
  readonly close: () => Promise<void>;
};

/** Calls slower than this are logged, in ms. */
const slowCallMs = 100;

/**
 * Open a profile and serve it. One core per profile: a second one fails with InUse. Failures: those of the store (InUse,
 * NotOurs, FileNewerThanApp, Corrupt, ReadOnlyFolder, DiskFull) and of the device key; nothing is overwritten on any of them.
 */
export const createCore = async (deps: CoreDeps): Promise<Result<Core, Failure>> => {
  const { clock, scheduler, random, logger } = deps;
  const line = (text: string): void => logger.info(text);
  const profile = openProfile(profileFolder(deps.machine, deps.profile), { clock, log: line });
  if (!profile.ok) return profile;
  const opened = openEventLog(profile.value, {
    clock,
    random,
    app: `breakwater ${deps.version}`,
    log: line,
    ...(deps.keyWrap === undefined ? {} : { wrap: deps.keyWrap }),
  });
  if (!opened.ok) {
    profile.value.close();
    return opened;
  }
  const { log, context } = opened.value;
  const { store } = profile.value;
  const founded = foundOnFirstStart(store, context, deps.userName);
  if (!founded.ok) {
    opened.value.close();
    profile.value.close();
    return founded;
  }

  const parts: Parts = {
    profile: profile.value,
    log,
    context,
    views,
    blobs: openBlobs(profile.value.paths.blobs),
    signalsOf: roomSignalsOf(store.read, log, views),
    who: () => identityOf(store, context, views, clock),
    clock,
    scheduler,
    random,
    logger,
    // Made below from the handlers, which are made from these parts; nothing changes before both are there.
    changed: () => subscriptions.invalidate(),
  };
  const secrets = openSecrets(profile.value.dir, deps.keyring ?? null);
  const fresh: FreshLogins = new Map();
  const signing = signingInOf({
    profileDir: profile.value.dir,
    secrets,
    seams: deps.auth,
    scheduler,
    env: deps.machine.env,
    fresh,
    saved: () => connection.slots().flatMap(({ id }) => connection.address(id) ?? []),
  });
  const meter = createMeter(parts);
  const life = warehouseLife(parts);
  const activity = createActivity(clock);
  const connection = createConnection({
    profile: profile.value,
    secrets,
    signing,
    given: () => deps.unattended?.() ?? null,
    clock,
    random,
    open: deps.openWorkspace,
    practice: deps.practice,
    changed: parts.changed,
    counted: (workspace, slot, kind) =>
      meter.counted(workspace, kind, { sent: () => life.wakes(slot), answered: () => life.answered(slot) }),
  });
  const users = signedInUsers(store);
  const signIn = createSignIn({
    signing,
    connection,
    scheduler,
    random,
    changed: parts.changed,
    proxyOf: (id) => {
      const secret = secrets.read(secretIdOf(id));
      return secret.ok ? secret.value?.['proxy'] : undefined;
    },
    keep: (host, login) => void fresh.set(host, login),
    learn: users.learn,
  });
  const residency = residencyPart(parts, connection);
  const limits = deviceLimits(store);
  const lake = lakePartOf(parts, connection, residency.refuses, limits.keptMs);
  const sync = shareOf(
    parts,
    connection,
    opened.value.retireDevice,
    sharePace({ clock, connection, life, meter, activity }),
  );
  const uploads = createUploads(join(profile.value.dir, 'incoming'), clock, random);
  const naming = namingOf(() => placesOf(connection), lake.isKnown);
  const offline = offlineOf(parts, lake, limits, {
    workspaces: () => connection.slots().flatMap((slot) => slot.current() ?? []),
    refuses: residency.refuses,
    mayByItself: () => mayByItself(connection, life),
    places: naming.places,
  });
  const watched = watchList(store, naming);
  const background = backgroundOf(parts, connection, lake, sync, offline, {
    life,
    meter,
    activity,
    named: watched.assets,
  });
  const hasLoops = deps.background ?? true;
  const handlers = allCalls({
    app: {
      version: deps.version,
      profile: deps.profile,
      host: deps.host,
      notices: () => [...deps.notices, ...[meter.notice()].filter((one) => one !== null)],
      offerFile: deps.offerFile ?? (() => null),
      found: () => foundConnections(deps.connectionSources()),
      check: (connection, options) =>
        deps.checkConnection(connection, {
          ...options,
          counted: (workspace) =>
            meter.counted(workspace, connection.kind, { sent: () => undefined, answered: () => undefined }),
        }),
      hasLoops,
    },
    parts, connection, lake, life, meter, sync, offline, watched, naming, background, uploads, residency, secrets, signing, signIn, users, fresh,
  }); // prettier-ignore

  const gate = createServe({
    handlers,
    roles: () => parts.who().roles,
    clock,
    logger,
    slowMs: slowCallMs,
    checkAnswers: deps.checkAnswers ?? false,
  });
  // What people do sets the pace at which others' entries are looked for.
  const serve: Serve = (name, input) => {
    if (specNamed(name)?.kind === 'command') activity.acted();
    return gate(name, input);
  };
  const subscriptions = createSubscriptions(serve, scheduler);
  const withhold = withholdingOf(parts, connection, residency, lake);
  const ignoreRules = store.onCommit(withhold);
  const ignoreCommits = store.onCommit(subscriptions.invalidate);
  // A rule that came with what another program pulled, or just before the end.
  withhold();
  if (hasLoops) background.start();
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    ignoreRules();
    ignoreCommits();
    subscriptions.close();
    signIn.cancel();
    await background.stop();
    await connection.close();
    meter.close();
    uploads.close();
    opened.value.close();
    profile.value.close();
  };

  return ok({
    accept: (channel) => {
      background.opened();
      acceptChannel(channel, { serve, subscriptions, app: deps.version });
    },
    // serve.ts checked the answer against the contract; here that becomes a type.
    call: async <N extends CallName>(name: N, input: CallInput<N>) =>
      (await serve(name, input)) as Result<CallOutput<N>, CallFailure>,
    close: () => (closing ??= close()),
  });
};
