import { failure } from '../../shared/base/failure.ts';
import { isJsonObject } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import {
  type CallInput, type CallName, type CallOutput, contractVersion, type QueryName,
} from '../../shared/contract/calls.ts'; // prettier-ignore
import { apply } from '../../shared/contract/patch.ts';
import type { CallFailure, Channel, ClientFrame, ServerFrame } from '../../shared/contract/wire.ts';

/**
 * The typed client of the contract. The same code serves the Electron window, the browser and the tests; only the source of
 * channels differs. A source hands over a channel whenever there is a new one (first connection, restarted core, network
 * back); followed queries are asked again on it by themselves.
 */
export type CoreChannel = Channel<ClientFrame, ServerFrame>;
export type ChannelSource = {
  /** Called once by the client; each new channel replaces the one before. */
  readonly onChannel: (listener: (channel: CoreChannel) => void) => void;
  /** The source gave up for good, and says why (session ended, core stopped three times). */
  readonly onGiveUp: (listener: (failure: CallFailure) => void) => void;
  readonly close: () => void;
};

export type ClientState =
  | { readonly state: 'connecting' }
  | { readonly state: 'connected'; readonly app: string }
  /** The core is away; a source may bring it back. */
  | { readonly state: 'stopped' }
  | { readonly state: 'refused'; readonly failure: CallFailure };

export type Answer<N extends CallName> = Result<CallOutput<N>, CallFailure>;
export type Client = {
  /** Ask or act. Never rejects. Before the first connection calls wait; while the core is away they fail with CoreStopped. */
  readonly call: <N extends CallName>(name: N, input: CallInput<N>) => Promise<Answer<N>>;
  /** Follow a query: the listener gets whole answers, patches already applied. Returns the end of it. */
  readonly subscribe: <N extends QueryName>(
    name: N,
    input: CallInput<N>,
    listener: (answer: Answer<N>) => void,
  ) => () => void;
  readonly state: () => ClientState;
  readonly onState: (listener: (state: ClientState) => void) => () => void;
  readonly close: () => void;
};

type Waiting = { readonly frame: ClientFrame; readonly settle: (answer: Result<unknown, CallFailure>) => void };
type Followed = {
  readonly name: string;
  readonly input: unknown;
  readonly listener: (answer: Result<unknown, CallFailure>) => void;
  value: unknown;
};

export const createClient = (source: ChannelSource): Client => {
  const waiting = new Map<number, Waiting>();
  const followed = new Map<number, Followed>();
  const watchers = new Set<(state: ClientState) => void>();
  let state: ClientState = { state: 'connecting' };
  let channel: CoreChannel | null = null;
  let lastId = 0;

  const become = (next: ClientState): void => {
    state = next;
    for (const watcher of watchers) watcher(next);
  };
  const failWaiting = (failure: CallFailure): void => {
    const failed = [...waiting.values()];
    waiting.clear();
    for (const { settle } of failed) settle(err(failure));
  };
  const refuse = (failure: CallFailure): void => {
    become({ state: 'refused', failure });
    failWaiting(failure);
    for (const { listener } of followed.values()) listener(err(failure));
  };

  const welcome = (app: string): void => {
    become({ state: 'connected', app });
    for (const { frame } of waiting.values()) channel?.send(frame);
    for (const [id, { name, input }] of followed) channel?.send({ t: 'sub', id, name, input });
  };

  const receive = (frame: ServerFrame): void => {
    if (frame.t === 'welcome') return welcome(frame.app);
    if (frame.t === 'refused') return refuse(frame.error);
    const call = waiting.get(frame.id);
    if (call !== undefined && (frame.t === 'ok' || frame.t === 'err')) {
      waiting.delete(frame.id);
      return call.settle(frame.t === 'ok' ? ok(frame.value) : err(frame.error));
    }
    const query = followed.get(frame.id);
    if (query !== undefined) follow(query, frame);
  };

  source.onChannel((next) => {
    const old = channel;
    channel = next;
    old?.close();
    next.onFrame((frame) => {
      if (channel === next) receive(frame);
    });
    next.onClose(() => {
      if (channel !== next) return;
      channel = null;
      if (state.state === 'refused') return;
      become({ state: 'stopped' });
      failWaiting(coreStopped);
    });
    next.send({ t: 'hello', contract: contractVersion });
  });
  source.onGiveUp(refuse);

  return {
    call: <N extends CallName>(name: N, input: CallInput<N>) =>
      new Promise<Answer<N>>((resolve) => {
        if (state.state === 'refused') return resolve(err(state.failure));
        if (state.state === 'stopped') return resolve(err(coreStopped));
        const id = ++lastId;
        const frame: ClientFrame = { t: 'call', id, name, input };
        // The core checked the answer against the contract; this is the one place where that becomes a type.
        waiting.set(id, { frame, settle: (answer) => resolve(answer as Answer<N>) });
        if (state.state === 'connected') channel?.send(frame);
      }),
    subscribe: <N extends QueryName>(name: N, input: CallInput<N>, listener: (answer: Answer<N>) => void) => {
      const id = ++lastId;
      const query: Followed = { name, input, listener: (answer) => listener(answer as Answer<N>), value: undefined };
      followed.set(id, query);
      if (state.state === 'connected') channel?.send({ t: 'sub', id, name, input });
      else if (state.state === 'refused') query.listener(err(state.failure));
      return () => {
        if (followed.delete(id) && state.state === 'connected') channel?.send({ t: 'unsub', id });
      };
    },
    state: () => state,
    onState: (listener) => {
      watchers.add(listener);
      return () => void watchers.delete(listener);
    },
    close: () => {
      source.close();
      channel?.close();
      failWaiting(coreStopped);
    },
  };
};

const follow = (query: Followed, frame: ServerFrame): void => {
  if (frame.t === 'err') {
    query.value = undefined;
    query.listener(err(frame.error));
  } else if (frame.t === 'snap') {
    query.value = frame.value;
    query.listener(ok(frame.value));
  } else if (frame.t === 'patch' && isJsonObject(query.value)) {
    query.value = apply(query.value, frame.patch);
    query.listener(ok(query.value));
  }
};

/** A source with one channel that is already there: tests and tools. */
export const singleChannel = (channel: CoreChannel): ChannelSource => ({
  onChannel: (listener) => listener(channel),
  onGiveUp: () => undefined,
  close: () => channel.close(),
});

const coreStopped: CallFailure = failure(
  'CoreStopped',
  'The part of Breakwater that keeps your data stopped before it answered.',
  'Everything that was confirmed is safe on this disk. Whether the last change was saved is not known.',
  'It is being started again. Look whether your last change is there before you repeat it.',
);
