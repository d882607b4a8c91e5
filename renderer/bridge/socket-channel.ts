import { failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Scheduler } from '../../shared/base/time.ts';
import type { CallFailure, ServerFrame } from '../../shared/contract/wire.ts';
import type { ChannelSource, CoreChannel } from './client.ts';

/**
 * Channels of the browser host (facts/security.md 3.1). The launch link carries a one-time token in its fragment:
 *   POST /session/exchange {token}              → {session}   once; kept in sessionStorage so that a reload survives
 *   POST /session/ticket   Bearer <session>, {} → {ticket}    single use, seconds
 *   WebSocket /socket, subprotocols bw1, ticket.<t>;  frames are JSON text.
 * Fragment and history are cleaned before anything else happens.
 */
export type SocketDeps = {
  readonly location: Pick<Location, 'origin' | 'hash' | 'pathname' | 'search'>;
  readonly history: Pick<History, 'replaceState'>;
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  readonly fetch: (path: string, request: RequestInit) => Promise<Response>;
  readonly WebSocket: new (url: string, protocols: string[]) => SocketLike;
  readonly scheduler: Scheduler;
};
/** The part of a WebSocket that is used; the browser's and `ws` both have it. */
export type SocketLike = {
  readonly send: (text: string) => void;
  readonly close: () => void;
  readonly addEventListener: (type: 'open' | 'message' | 'close', listener: (event: Event) => void) => void;
};

export const sessionKey = 'breakwater-session';
export const socketPath = '/socket';
export const subprotocol = 'bw1';
const firstWaitMs = 250;
const longestWaitMs = 10_000;

/** One end over a WebSocket that is open. */
export const socketChannel = (socket: SocketLike): CoreChannel => {
  let open = true;
  const closing = new Set<() => void>();
  socket.addEventListener('close', () => {
    if (!open) return;
    open = false;
    for (const listener of closing) listener();
  });
  return {
    send: (frame) => {
      if (open) socket.send(JSON.stringify(frame));
    },
    onFrame: (listener) =>
      socket.addEventListener('message', (event) => {
        const { data } = event as MessageEvent<unknown>;
        if (open && typeof data === 'string') listener(JSON.parse(data) as ServerFrame);
      }),
    onClose: (listener) => void closing.add(listener),
    close: () => socket.close(),
  };
};

/** Opens a socket, again after each loss with growing waits, until the session is refused or `close` is called. */
export const socketSource = (deps: SocketDeps): ChannelSource => {
  const { scheduler } = deps;
  const currentSession = sessionKeeper(deps);
  const listeners = new Set<(channel: CoreChannel) => void>();
  const givingUp = new Set<(failure: CallFailure) => void>();
  let wanted = true;
  let tries = 0;
  let stopWaiting = (): void => undefined;

  const retry = (): void => {
    if (!wanted) return;
    const wait = Math.min(firstWaitMs * 2 ** tries++, longestWaitMs);
    stopWaiting = scheduler.after(wait, () => void connect());
  };
  const giveUp = (failure: CallFailure): void => {
    wanted = false;
    deps.storage.removeItem(sessionKey);
    for (const listener of givingUp) listener(failure);
  };

  const connect = async (): Promise<void> => {
    const session = await currentSession();
    const ticket = session.ok ? await post(deps, '/session/ticket', {}, session.value) : session;
    if (!wanted) return;
    if (!ticket.ok) return ticket.error === 'refused' ? giveUp(sessionOver) : retry();
    const address = `${deps.location.origin.replace(/^http/, 'ws')}${socketPath}`;
    const socket = new deps.WebSocket(address, [subprotocol, `ticket.${ticket.value['ticket'] ?? ''}`]);
    let opened = false;
    socket.addEventListener('open', () => {
      opened = true;
      tries = 0;
      const channel = socketChannel(socket);
      channel.onClose(retry);
      for (const listener of listeners) listener(channel);
    });
    socket.addEventListener('close', () => {
      if (!opened) retry();
    });
  };

  return {
    onChannel: (listener) => {
      listeners.add(listener);
      void connect();
    },
    onGiveUp: (listener) => void givingUp.add(listener),
    close: () => {
      wanted = false;
      stopWaiting();
    },
  };
};

type PostFailure = 'refused' | 'unreachable';

/**
 * The session token: exchanged for the one-time token of the launch link, or the one this tab already has. The fragment is
 * cleaned at once; the one-time token is kept until the host has answered, so that a host that starts slowly loses nobody.
 */
const sessionKeeper = (deps: SocketDeps): (() => Promise<Result<string, PostFailure>>) => {
  let launchToken = deps.location.hash.slice(1);
  if (launchToken !== '') deps.history.replaceState(null, '', deps.location.pathname + deps.location.search);

  return async () => {
    if (launchToken !== '') {
      const answer = await post(deps, '/session/exchange', { token: launchToken }, null);
      if (!answer.ok && answer.error === 'unreachable') return answer;
      launchToken = '';
      const session = answer.ok ? answer.value['session'] : undefined;
      if (session !== undefined) deps.storage.setItem(sessionKey, session);
    }
    const kept = deps.storage.getItem(sessionKey);
    return kept === null ? err('refused') : ok(kept);
  };
};

const post = async (
  deps: SocketDeps,
  path: string,
  body: Readonly<Record<string, string>>,
  bearer: string | null,
): Promise<Result<Readonly<Record<string, string>>, PostFailure>> => {
  try {
    const response = await deps.fetch(path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      },
      body: JSON.stringify(body),
    });
    if (response.status === 401 || response.status === 403) return err('refused');
    if (!response.ok) return err('unreachable');
    return ok((await response.json()) as Readonly<Record<string, string>>);
  } catch {
    return err('unreachable');
  }
};

const sessionOver: CallFailure = failure(
  'CoreStopped',
  'This tab has no session with Breakwater: its link was used already, is older than a minute, or Breakwater was restarted.',
  'Everything that was confirmed is safe on the disk of the machine that runs Breakwater.',
  'Run `breakwater serve` again there and open the link that it prints.',
);
