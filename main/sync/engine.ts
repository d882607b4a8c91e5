import { failure, thrownText, type Failure } from '../../shared/base/failure.ts';
import { err, type Result } from '../../shared/base/result.ts';
import { toInstant, type Clock, type RandomBytes, type Scheduler } from '../../shared/base/time.ts';
import { isLogId, type ActorId, type DeviceId, type LogId } from '../../shared/domain/ids.ts';
import type { EventLog } from '../log/port.ts';
import { logById } from '../store/logs.ts';
import type { Store } from '../store/port.ts';
import { allProblems, devicesSeen, dropShare, lastPull, logNotShared, type ProblemRow } from '../store/sync.ts';
import { createLoop, type LoopTimes } from './loop.ts';
import { notShared } from './ledger.ts';
import type { Share, ShareFailure, ShareKind, Transport } from './port.ts';
import type { RoundDeps } from './read-place.ts';
import { syncLog } from './round.ts';
import { confirmPlace, knownShares, logsToShare, registerShare, type KnownShare } from './shares.ts';

export type SyncDeps = {
  readonly store: Store;
  readonly log: EventLog;
  /** Makes the transport of a place; `null` when this build or session has no way to it (no workspace connected). */
  readonly transports: Readonly<Record<ShareKind, (place: string) => Transport | null>>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: RandomBytes;
  readonly logger: (line: string) => void;
  /** Who announces rooms; null while nobody is signed in on this device. */
  readonly actor: () => ActorId | null;
  /** `retireDevice` of the opened log: a place holds more of our own stream than we do, so the device needs a new key. */
  readonly retireDevice: (why: string) => Result<unknown, Failure>;
  readonly times?: Partial<LoopTimes>;
  /** Whether the loop may look for others' entries now; own ones are sent all the same. Default: always. */
  readonly mayLook?: (kind: ShareKind) => boolean;
};

export type ShareStatus = {
  readonly id: string;
  readonly kind: ShareKind;
  readonly place: string;
  readonly state: 'connected' | 'offline' | 'not-set-up' | 'denied' | 'failed' | 'syncing';
  readonly lastSyncAt: string | null;
  /** Own and other events that this place was not seen to hold. */
  readonly onlyHere: number;
  readonly failure: Failure | null;
};
export type SyncReport = { readonly pushed: number; readonly pulled: number; readonly shares: readonly ShareStatus[] };

export type Sync = {
  /** Set a place up for sharing (tables or folder) and use it. Only `breakwater share init` and its button call this. */
  readonly addShare: (kind: ShareKind, place: string, org: LogId) => Promise<Result<Share, Failure>>;
  /** Use a place that somebody else set up; its organisation comes with it. */
  readonly joinShare: (kind: ShareKind, place: string) => Promise<Result<Share, Failure>>;
  /** Stop using a place. Nothing is deleted, neither there nor here. */
  readonly removeShare: (id: string) => Result<null, Failure>;
  readonly shares: () => readonly ShareStatus[];
  /** One round with every share (or one). A share that is already at it does one more round afterwards. */
  readonly syncNow: (signal?: AbortSignal, only?: string) => Promise<SyncReport>;
  /** Keep all shares in step until `stop`: by time, after each write, with back-off after failures. */
  readonly start: () => void;
  /** Ends the loop; resolves when no round is under way any more. */
  readonly stop: () => Promise<void>;
  /** A sign that the network may be back: try now instead of waiting for the back-off. */
  readonly nudge: () => void;
  /** What lies in places and is no event: named for the quarantine list. */
  readonly problems: () => readonly ProblemRow[];
  readonly devices: () => readonly {
    readonly dev: DeviceId;
    readonly wroteAt: string | null;
    readonly pulledAt: string;
  }[];
  readonly close: () => Promise<void>;
};

/** Heads are compared on connect and after this long (facts/sync.md 2.6). */
const compareEveryMs = 600_000;

const unreachable = (kind: ShareKind): ShareFailure =>
  failure(
    'ShareOffline',
    kind === 'delta' ? 'No workspace is connected, so the shared tables cannot be reached.' : 'Shared folders cannot be used here.',
    'Everything you write is saved on this device.',
    kind === 'delta' ? 'Connect a workspace; sharing goes on by itself then.' : 'Start Breakwater on a computer that reaches the folder.',
  ); // prettier-ignore

/** A fault of this program must not end sharing: it is named, and the next round tries again. */
const unforeseen = (thrown: unknown): ShareFailure =>
  failure(
    'ShareBroken',
    `Sharing stopped at something unforeseen: ${thrownText(thrown)}`,
    'Everything you write is saved on this device.',
    'Breakwater tries again by itself; if it stays, report this text.',
  );

type State = {
  transport: Transport | null;
  running: Promise<{ pushed: number; pulled: number }> | null;
  failure: Failure | null;
  /** Time of the last comparison of heads; null: compare with the next contact. */
  comparedAt: number | null;
  lastSyncAt: string | null;
  /** The device has a new key: a folder must be written under its new name. */
  renew: boolean;
};

const stateName = (state: State): ShareStatus['state'] => {
  if (state.running) return 'syncing';
  switch (state.failure?.tag) {
    case undefined:
      return state.lastSyncAt === null ? 'offline' : 'connected';
    case 'ShareOffline':
    case 'ShareBusy':
      return 'offline';
    case 'ShareNotSetUp':
      return 'not-set-up';
    case 'ShareDenied':
      return 'denied';
    default:
      return 'failed';
  }
};

/** Sharing of one profile with as many places as it likes, each in its own time. See README.md for the rules. */
export const createSync = (deps: SyncDeps): Sync => {
  const { store, log, clock } = deps;
  const states = new Map<string, State>();

  const stateOf = (share: Share): State => {
    let state = states.get(share.id);
    if (!state) {
      state = {
        transport: null,
        running: null,
        failure: null,
        comparedAt: null,
        lastSyncAt: lastPull(store.read, share.id),
        renew: false,
      };
      states.set(share.id, state);
    }
    return state;
  };

  const orgOf = (room: LogId): LogId | null => {
    const governs = logById(store.read, room)?.org;
    if (isLogId(governs)) return governs;
    const orgs = new Set(knownShares(store).map((share) => share.org));
    return orgs.size === 1 ? ([...orgs][0] ?? null) : null;
  };

  const ownStreamAhead = (where: LogId): Result<unknown, Failure> => {
    deps.logger(`a share holds more of this device's stream in ${where} than this profile wrote: it gets a new key`);
    for (const state of states.values()) state.renew = true;
    return deps.retireDevice('a share holds more of the old stream than this profile: it was restored or copied');
  };

  const round = async (
    share: KnownShare,
    state: State,
    signal: AbortSignal | undefined,
  ): Promise<Result<{ pushed: number; pulled: number }, Failure>> => {
    if (state.renew) {
      await state.transport?.close();
      state.transport = null;
      state.renew = false;
    }
    state.transport ??= deps.transports[share.kind](share.place);
    const { transport } = state;
    if (!transport) return err(unreachable(share.kind));
    const place = await confirmPlace(store, clock, share, transport, signal);
    if (!place.ok) return place;
    if (place.value.replaced) deps.logger(`the share ${share.place} was made anew; reading and comparing all of it`);
    const now = clock.now();
    const compare =
      place.value.replaced ||
      state.comparedAt === null ||
      now < state.comparedAt ||
      now - state.comparedAt >= compareEveryMs;
    const options = signal ? { signal } : {};
    const roundDeps: RoundDeps = { store, log, clock, ownStreamAhead, share: share.id, transport, options };
    const total = { pushed: 0, pulled: 0 };
    const done = new Set<LogId>();
    const one = async (target: LogId, again = false): Promise<Result<null, Failure>> => {
      const result = await syncLog(roundDeps, target, compare && !again);
      if (!result.ok) return result;
      total.pushed += result.value.pushed;
      total.pulled += result.value.pulled;
      done.add(target);
      return { ok: true, value: null };
    };
    // The organisation's log first: it names the rooms. Announcements made here go out before the rooms themselves, so
    // that a reader who finds an announcement early finds nothing yet, never the other way round.
    const first = await one(share.org);
    if (!first.ok) return first;
    const logs = logsToShare({ store, log, actor: deps.actor, orgOf }, share.org);
    if (!logs.ok) return logs;
    if (logNotShared(store.read, share.id, share.org) > 0) {
      const announced = await one(share.org, true);
      if (!announced.ok) return announced;
    }
    for (const room of logs.value) {
      if (done.has(room)) continue;
      const result = await one(room);
      if (!result.ok) return result;
    }
    if (compare) state.comparedAt = clock.now();
    return { ok: true, value: total };
  };

  const run = async (
    share: KnownShare,
    state: State,
    signal?: AbortSignal,
  ): Promise<{ pushed: number; pulled: number }> => {
    const result = await round(share, state, signal).catch((thrown: unknown) => err(unforeseen(thrown)));
    state.failure = result.ok ? null : result.error;
    if (result.ok) {
      state.lastSyncAt = toInstant(clock.now());
      return result.value;
    }
    state.comparedAt = null; // the next contact is a new connection
    deps.logger(`sharing with ${share.place}: ${result.error.tag} ${result.error.what}`);
    return { pushed: 0, pulled: 0 };
  };

  /** One round at a time for a share; whoever comes meanwhile gets a round that begins after theirs came. */
  const single = async (id: string, signal?: AbortSignal): Promise<{ pushed: number; pulled: number }> => {
    for (;;) {
      const share = knownShares(store).find((one) => one.id === id);
      if (!share || signal?.aborted) return { pushed: 0, pulled: 0 };
      const state = stateOf(share);
      if (state.running) {
        await state.running;
        continue;
      }
      state.running = run(share, state, signal).finally(() => {
        state.running = null;
      });
      return state.running;
    }
  };

  const shares = (): readonly ShareStatus[] =>
    knownShares(store).map((share) => {
      const state = stateOf(share);
      return {
        id: share.id,
        kind: share.kind,
        place: share.place,
        state: stateName(state),
        lastSyncAt: state.lastSyncAt,
        onlyHere: notShared(store.read, share),
        failure: state.failure,
      };
    });

  const loop = createLoop(
    {
      store,
      scheduler: deps.scheduler,
      random: deps.random,
      ids: () => knownShares(store).map((share) => share.id),
      round: async (id, signal) => {
        const share = knownShares(store).find((one) => one.id === id);
        if (share !== undefined && notShared(store.read, share) === 0 && deps.mayLook?.(share.kind) === false)
          return { failure: null, moved: false };
        const { pushed, pulled } = await single(id, signal);
        return { failure: states.get(id)?.failure ?? null, moved: pushed + pulled > 0 };
      },
      waiting: () => knownShares(store).some((share) => notShared(store.read, share) > 0),
    },
    deps.times,
  );

  const take = async (kind: ShareKind, place: string, org: LogId | null): Promise<Result<Share, Failure>> => {
    const transport = deps.transports[kind](place);
    if (!transport) return err(unreachable(kind));
    if (org !== null) {
      const made = await transport.init(org);
      if (!made.ok) {
        await transport.close();
        return made;
      }
    }
    const share = await registerShare(store, clock, kind, place, transport);
    if (!share.ok) {
      await transport.close();
      return share;
    }
    const state = stateOf(share.value);
    if (state.transport) await state.transport.close();
    state.transport = transport;
    loop.added(share.value.id);
    return share;
  };

  const stop = async (): Promise<void> => {
    loop.stop();
    for (const state of states.values()) await state.running;
  };

  return {
    addShare: (kind, place, org) => take(kind, place, org),
    joinShare: (kind, place) => take(kind, place, null),
    removeShare: (id) => {
      const dropped = store.transaction<null, Failure>((db) => {
        dropShare(db, id);
        return { ok: true, value: null };
      });
      const state = states.get(id);
      states.delete(id);
      void state?.transport?.close();
      return dropped;
    },
    shares,
    syncNow: async (signal, only) => {
      const ids = knownShares(store).map((share) => share.id).filter((id) => only === undefined || id === only); // prettier-ignore
      // One after the other: what the first brings goes on to the next in the same call, whatever their order…
      let pushed = 0;
      let pulled = 0;
      for (const id of ids) {
        const result = await single(id, signal);
        pushed += result.pushed;
        pulled += result.pulled;
      }
      // …and back to the earlier ones.
      for (const share of knownShares(store).filter(({ id }) => ids.slice(0, -1).includes(id))) {
        if (notShared(store.read, share) === 0 || states.get(share.id)?.failure) continue;
        const result = await single(share.id, signal);
        pushed += result.pushed;
        pulled += result.pulled;
      }
      return { pushed, pulled, shares: shares() };
    },
    start: loop.start,
    stop,
    nudge: loop.nudge,
    problems: () => allProblems(store.read),
    devices: () =>
      devicesSeen(store.read).map((row) => ({
        dev: row.dev as DeviceId,
        wroteAt: row.wrote_at,
        pulledAt: row.pulled_at,
      })),
    close: async () => {
      await stop();
      for (const state of states.values()) await state.transport?.close();
    },
  };
};
