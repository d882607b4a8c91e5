import { describe, expect, it } from 'vitest';
import { createClient, singleChannel, type ChannelSource, type CoreChannel } from '../../renderer/bridge/client.ts';
import { sessionKey, socketSource, type SocketDeps, type SocketLike } from '../../renderer/bridge/socket-channel.ts';
import { windowSource } from '../../renderer/bridge/window-channel.ts';
import { channelPair } from '../../main/core/in-process.ts';
import type { CallFailure } from '../../shared/contract/wire.ts';
import { failure } from '../../shared/base/failure.ts';
import { openCore, scratch, value } from '../support/core.ts';

/** A source whose channels come when the test says so. */
const handSource = () => {
  const listeners: ((channel: CoreChannel) => void)[] = [];
  const givingUp: ((failure: CallFailure) => void)[] = [];
  const source: ChannelSource = {
    onChannel: (listener) => void listeners.push(listener),
    onGiveUp: (listener) => void givingUp.push(listener),
    close: () => undefined,
  };
  return {
    source,
    give: (channel: CoreChannel) => listeners.forEach((listener) => listener(channel)),
    giveUp: (problem: CallFailure) => givingUp.forEach((listener) => listener(problem)),
  };
};

describe('the typed client', () => {
  it('keeps calls until there is a core, fails them plainly when it stops, and follows on when it is back', async () => {
    const home = scratch();
    const { source, give } = handSource();
    const client = createClient(source);
    const early = client.call('app.status', {});
    const core = await openCore(home);
    const first = channelPair();
    core.accept(first.server);
    give(first.client);
    expect(value(await early).you.name).toBe('Ada');

    const rooms: number[] = [];
    client.subscribe('rooms.list', {}, (answer) => {
      if (answer.ok) rooms.push(answer.value.total);
    });
    await expect.poll(() => rooms).toEqual([0]);
    first.client.close();
    await expect.poll(() => client.state().state).toBe('stopped');
    expect(await client.call('app.status', {})).toMatchObject({ ok: false, error: { tag: 'CoreStopped' } });

    value(await core.call('room.open', { from: 'hand', title: 'x', class: 'cost', severity: 'SEV5' }));
    const second = channelPair();
    core.accept(second.server);
    give(second.client);
    await expect.poll(() => rooms.at(-1)).toBe(1);
    expect(client.state().state).toBe('connected');
  });

  it('tells calls and followers why it was refused', async () => {
    const { source, giveUp } = handSource();
    const client = createClient(source);
    const told: unknown[] = [];
    client.subscribe('app.status', {}, (answer) => told.push(answer));
    const call = client.call('app.status', {});
    giveUp(failure('CoreStopped', 'over', 's', 't'));
    expect(await call).toMatchObject({ ok: false, error: { what: 'over' } });
    expect(told).toMatchObject([{ ok: false, error: { what: 'over' } }]);
    expect(await client.call('app.status', {})).toMatchObject({ ok: false, error: { what: 'over' } });
  });

  it('reports a call that was under way when the core died', async () => {
    const pair = channelPair();
    pair.server.onFrame((frame) => {
      if (frame.t === 'hello') pair.server.send({ t: 'welcome', contract: 1, app: 'x' });
      else pair.server.close();
    });
    const client = createClient(singleChannel(pair.client));
    const answer = await client.call('app.status', {});
    expect(answer).toMatchObject({ ok: false, error: { tag: 'CoreStopped' } });
    expect(answer.ok ? '' : answer.error.safe).toContain('is not known');
  });
});

/** A host of the browser's side: what it was asked, what it answers, sockets that the test opens and closes. */
const fakeHost = (answers: (path: string, body: unknown, bearer: string | null) => Response) => {
  const asked: string[] = [];
  const sockets: { protocols: string[]; url: string; emit: (type: string, event?: unknown) => void }[] = [];
  const timers: { ms: number; run: () => void }[] = [];
  const stored = new Map<string, string>();
  const location = { origin: 'http://127.0.0.1:4000', hash: '#one-time', pathname: '/', search: '' };
  const deps: SocketDeps = {
    location,
    history: {
      replaceState: (_data: unknown, _title: string, url?: string | URL | null) => {
        asked.push(`history ${String(url)}`);
        location.hash = '';
      },
    },
    storage: {
      getItem: (key) => stored.get(key) ?? null,
      setItem: (key, text) => void stored.set(key, text),
      removeItem: (key) => void stored.delete(key),
    },
    fetch: (path, { body, headers }) => {
      const bearer = new Headers(headers).get('authorization');
      asked.push(`${path} ${String(bearer)}`);
      return Promise.resolve(answers(path, JSON.parse(String(body)), bearer));
    },
    WebSocket: class implements SocketLike {
      readonly listeners = new Map<string, ((event: Event) => void)[]>();
      constructor(url: string, protocols: string[]) {
        const emit = (type: string, event?: unknown): void =>
          this.listeners.get(type)?.forEach((listener) => listener(event as Event));
        sockets.push({ url, protocols, emit });
      }
      send(): void {}
      close(): void {}
      addEventListener(type: string, listener: (event: Event) => void): void {
        this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
      }
    },
    scheduler: {
      after: (ms, run) => {
        timers.push({ ms, run });
        return () => undefined;
      },
    },
  };
  return { deps, asked, sockets, timers, stored };
};
const json = (body: object, status = 200): Response => new Response(JSON.stringify(body), { status });
const host = (path: string): Response => json(path.endsWith('exchange') ? { session: 's1' } : { ticket: 't1' });

describe('the socket of the browser host', () => {
  it('exchanges the one-time token once, cleans the address, and opens with a ticket', async () => {
    const { deps, asked, sockets, stored } = fakeHost(host);
    const channels: CoreChannel[] = [];
    socketSource(deps).onChannel((channel) => channels.push(channel));
    await expect.poll(() => sockets).toHaveLength(1);
    expect(asked).toEqual(['history /', '/session/exchange null', '/session/ticket Bearer s1']);
    expect(sockets[0]).toMatchObject({ url: 'ws://127.0.0.1:4000/socket', protocols: ['bw1', 'ticket.t1'] });
    expect(stored.get(sessionKey)).toBe('s1');
    expect(channels).toHaveLength(0);
    sockets[0]?.emit('open');
    expect(channels).toHaveLength(1);
  });

  it('comes back with growing waits and a new ticket, without the one-time token', async () => {
    const { deps, asked, sockets, timers } = fakeHost(host);
    socketSource(deps).onChannel(() => undefined);
    await expect.poll(() => sockets).toHaveLength(1);
    sockets[0]?.emit('open');
    sockets[0]?.emit('close');
    expect(timers.map(({ ms }) => ms)).toEqual([250]);
    timers[0]?.run();
    await expect.poll(() => sockets).toHaveLength(2);
    sockets[1]?.emit('close');
    timers[1]?.run();
    await expect.poll(() => sockets).toHaveLength(3);
    sockets[2]?.emit('close');
    expect(timers.map(({ ms }) => ms)).toEqual([250, 500, 1000]);
    expect(asked.filter((one) => one.includes('exchange'))).toHaveLength(1);
  });

  it('gives up when the session is over, and forgets it', async () => {
    const { deps, sockets, stored } = fakeHost((path) => (path.endsWith('ticket') ? json({}, 401) : host(path)));
    const ends: CallFailure[] = [];
    const source = socketSource(deps);
    source.onGiveUp((problem) => ends.push(problem));
    source.onChannel(() => undefined);
    await expect.poll(() => ends).toHaveLength(1);
    expect(ends[0]?.advice).toContain('breakwater serve');
    expect(sockets).toHaveLength(0);
    expect(stored.has(sessionKey)).toBe(false);
  });

  it('keeps the one-time token while the host does not answer', async () => {
    let up = false;
    const { deps, asked, sockets, timers } = fakeHost((path) => (up ? host(path) : json({}, 503)));
    socketSource(deps).onChannel(() => undefined);
    await expect.poll(() => timers).toHaveLength(1);
    up = true;
    timers[0]?.run();
    await expect.poll(() => sockets).toHaveLength(1);
    expect(asked.filter((one) => one.includes('exchange'))).toHaveLength(2);
  });
});

describe('the port of the Electron window', () => {
  it('takes ports from its own window only, and tells that it listens', () => {
    const listeners: ((event: MessageEvent) => void)[] = [];
    const posted: unknown[] = [];
    const page = {
      location: { origin: 'breakwater://app' },
      addEventListener: (_type: string, listener: (event: MessageEvent) => void) => void listeners.push(listener),
      removeEventListener: () => undefined,
      postMessage: (...args: unknown[]) => void posted.push(args),
    } as unknown as Window;
    const channels: CoreChannel[] = [];
    windowSource(page).onChannel((channel) => channels.push(channel));
    expect(posted).toEqual([['breakwater-ready', 'breakwater://app']]);
    const { port1 } = new MessageChannel();
    const message = (source: unknown, data: unknown) => ({ source, data, ports: [port1] }) as unknown as MessageEvent;
    listeners.forEach((listener) => listener(message({}, 'breakwater-port')));
    listeners.forEach((listener) => listener(message(page, 'something else')));
    expect(channels).toHaveLength(0);
    listeners.forEach((listener) => listener(message(page, 'breakwater-port')));
    expect(channels).toHaveLength(1);
    port1.close();
  });
});
