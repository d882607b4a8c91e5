// facts/security.md 3.1, rule by rule, against the real server over real sockets.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Assets } from '../../main/host/assets.ts';
import { type Host, openHost, routes } from '../../main/host/host.ts';
import { socketLimit } from '../../main/host/socket.ts';
import { badTokenLimit } from '../../main/host/tokens.ts';
import { socketPath as pageSocketPath, subprotocol as pageSubprotocol } from '../../renderer/bridge/socket-channel.ts';
import { calls } from '../../shared/contract/calls.ts';
import type { Channel, ClientFrame, ServerFrame } from '../../shared/contract/wire.ts';
import { contentSecurityPolicy } from '../../shared/domain/content-policy.ts';

const bytes = Buffer.from('<!doctype html><title>Breakwater</title>');
const assets: Assets = new Map([
  ['/index.html', { bytes, type: 'text/html; charset=utf-8', etag: '"1"' }],
  ['/assets/a.js', { bytes: Buffer.from('1'), type: 'text/javascript; charset=utf-8', etag: '"2"' }],
]);

let host: Host;
let now = 1_000_000;
const accepted: Channel<ServerFrame, ClientFrame>[] = [];

beforeEach(async () => {
  now = 1_000_000;
  accepted.length = 0;
  const opened = await openHost({
    assets,
    clock: { now: () => now },
    random: (length) => randomBytes(length),
    port: 0,
    accept: (channel) => {
      accepted.push(channel);
      channel.onFrame((frame) => {
        if (frame.t === 'hello') channel.send({ t: 'welcome', contract: frame.contract, app: 'test' });
      });
    },
  });
  if (!opened.ok) throw new Error(opened.error.what);
  host = opened.value;
});
afterEach(() => host.close());

const port = (): number => Number(new URL(host.address).port);
const authority = (): string => `127.0.0.1:${port()}`;
const own = (): Record<string, string> => ({
  host: authority(),
  origin: host.address,
  'sec-fetch-site': 'same-origin',
  'content-type': 'application/json',
});

type Answer = { status: number; headers: Record<string, string | string[] | undefined>; body: string };
const ask = (method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: port(), method, path, headers, setHost: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
/** Bytes as they are, for what an HTTP library would not send. */
const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port(), '127.0.0.1', () => socket.end(text));
    let answer = '';
    socket.setEncoding('latin1').on('data', (part: string) => (answer += part));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });

const token = (): string => new URL(host.launchLink()).hash.slice(1);
const post = (path: string, body: unknown, headers: Record<string, string> = own()): Promise<Answer> =>
  ask('POST', path, headers, JSON.stringify(body));
const signIn = async (): Promise<string> => {
  const answer = await post(routes.exchange, { token: token() });
  return (JSON.parse(answer.body) as { session: string }).session;
};
const ticketFor = async (session: string): Promise<string> => {
  const answer = await post(routes.ticket, {}, { ...own(), authorization: `Bearer ${session}` });
  return (JSON.parse(answer.body) as { ticket: string }).ticket;
};

/** Open a socket; resolves with it, or with the status that refused it. */
const upgrade = (
  protocols: string[],
  headers: Record<string, string> = {},
  path: string = routes.socket,
): Promise<WebSocket | number> =>
  new Promise((resolve) => {
    const socket = new WebSocket(`ws://${authority()}${path}`, protocols, {
      headers: { origin: host.address, ...headers },
    });
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => resolve(0));
  });

describe('browser host, facts/security.md 3.1', () => {
  it('1 listens on 127.0.0.1 only, on a port nobody knows beforehand', async () => {
    expect(host.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const others = Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).filter((one) => one.family === 'IPv4' && !one.internal).map((one) => one.address),
    );
    for (const address of [...others, '127.0.0.2']) {
      const refused = await new Promise<boolean>((resolve) => {
        const socket = connect({ port: port(), host: address, timeout: 2000 });
        socket
          .on('connect', () => resolve(false))
          .on('error', () => resolve(true))
          .on('timeout', () => resolve(true));
      });
      expect(refused, address).toBe(true);
    }
  });

  it('2 answers only to its exact name, before routing, also for an upgrade', async () => {
    for (const name of ['localhost', 'rebind.test', '127.0.0.1.nip.io'])
      expect((await ask('GET', '/', { host: `${name}:${port()}` })).status).toBe(421);
    expect((await ask('GET', '/no/such/file', { host: 'rebind.test' })).status).toBe(421);
    expect(await raw(`GET / HTTP/1.1\r\nHost: ${authority()}\r\nHost: evil.test\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 4(00|21) /,
    );
    expect(await raw('GET / HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 4(00|21) /);
    const ticket = await ticketFor(await signIn());
    expect(await upgrade(['bw1', `ticket.${ticket}`], { host: `rebind.test:${port()}` })).toBe(421);
  });

  it('3 needs the bearer of a session for everything but files, and knows no cookie', async () => {
    expect((await post(routes.ticket, {})).status).toBe(401);
    expect((await post(routes.ticket, {}, { ...own(), authorization: 'Bearer nobody' })).status).toBe(401);
    const session = await signIn();
    expect((await post(routes.ticket, {}, { ...own(), cookie: `session=${session}` })).status).toBe(401);
    const answer = await post(routes.ticket, {}, { ...own(), authorization: `Bearer ${session}` });
    expect(answer.status).toBe(200);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('4 exchanges the token of the link once, within 60 s', async () => {
    const first = token();
    expect(first.length).toBeGreaterThanOrEqual(43);
    expect((await post(routes.exchange, { token: first })).status).toBe(200);
    expect((await post(routes.exchange, { token: first })).status).toBe(401);
    const late = token();
    now += 60_000;
    expect((await post(routes.exchange, { token: late })).status).toBe(401);
  });

  it('5 wants its own Origin on every change of state', async () => {
    for (const origin of ['http://127.0.0.1:1', 'http://evil.test', 'null', `https://${authority()}`])
      expect((await post(routes.exchange, { token: token() }, { ...own(), origin })).status).toBe(403);
    const { origin: _, ...without } = own();
    expect((await post(routes.exchange, { token: token() }, without)).status).toBe(403);
    expect((await ask('GET', '/', { host: authority(), origin: 'http://evil.test' })).status).toBe(403);
  });

  it('6 wants Sec-Fetch-Site of its own page, and refuses the API without it', async () => {
    for (const site of ['same-site', 'cross-site'])
      expect((await post(routes.exchange, { token: token() }, { ...own(), 'sec-fetch-site': site })).status).toBe(403);
    const { 'sec-fetch-site': _, ...without } = own();
    expect((await post(routes.exchange, { token: token() }, without)).status).toBe(403);
    const image = {
      host: authority(),
      'sec-fetch-site': 'same-site',
      'sec-fetch-mode': 'no-cors',
      'sec-fetch-dest': 'image',
    };
    expect((await ask('GET', '/assets/a.js', image)).status).toBe(403);
  });

  it('7 takes JSON only, of a size that a token needs', async () => {
    expect((await post(routes.exchange, {}, { ...own(), 'content-type': 'text/plain' })).status).toBe(415);
    expect((await ask('POST', routes.exchange, own(), 'no json')).status).toBe(400);
    expect((await post(routes.exchange, { token: 'x'.repeat(5000) })).status).toBe(413);
    expect((await ask('PUT', routes.exchange, own(), '{}')).status).toBe(405);
  });

  it('8 sends one policy and no CORS header with every answer, refusals too', async () => {
    const answers = [
      await ask('GET', '/', { host: authority() }),
      await ask('GET', '/assets/a.js', { host: authority() }),
      await ask('GET', '/nothing', { host: authority() }),
      await ask('OPTIONS', routes.exchange, { ...own(), 'access-control-request-method': 'POST' }),
      await post(routes.exchange, { token: token() }),
      await ask('GET', '/', { host: 'evil.test' }),
    ];
    for (const { headers } of answers) {
      expect(headers['content-security-policy']).toBe(contentSecurityPolicy);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
    expect(contentSecurityPolicy).toContain("frame-ancestors 'none'");
    expect(contentSecurityPolicy).not.toMatch(/unsafe-|\*|https?:/);
  });

  it('9 locks after ten bad tokens', async () => {
    for (let i = 0; i < badTokenLimit; i += 1)
      expect((await post(routes.exchange, { token: `guess ${i}` })).status).toBe(401);
    const answer = await post(routes.exchange, { token: token() });
    expect(answer.status).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    now += 60_000;
    expect((await post(routes.exchange, { token: token() })).status).toBe(200);
  });

  it('10 carries tokens in fragment, body and headers, never in an address that is sent', async () => {
    const link = new URL(host.launchLink());
    expect([link.pathname, link.search]).toEqual(['/', '']);
    const session = await signIn();
    const ticket = await ticketFor(session);
    // A token in the address opens nothing.
    expect((await ask('GET', `${routes.ticket}?session=${session}`, own())).status).toBe(405);
    expect(await upgrade(['bw1'], {}, `${routes.socket}?ticket=${ticket}`)).toBe(401);
  });

  it('11 has no call that executes a remediation, so none that would need a passphrase again', () => {
    const capabilities = new Set(Object.values(calls).map((call) => call.capability as string));
    expect([...capabilities].filter((name) => /execut|remediat|approv/.test(name))).toEqual([]);
  });

  it('upgrades with the exact Origin and a single-use ticket of 10 s, and answers bw1', async () => {
    const session = await signIn();
    const ticket = await ticketFor(session);
    expect(await upgrade(['bw1', `ticket.${ticket}`], { origin: 'http://127.0.0.1:1' })).toBe(403);
    expect(await upgrade(['bw1', `ticket.${ticket}`], { 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await upgrade(['bw1', 'ticket.wrong'])).toBe(401);
    const open = await upgrade(['bw1', `ticket.${ticket}`]);
    if (typeof open === 'number') throw new Error(`refused with ${open}`);
    expect(open.protocol).toBe('bw1');
    expect(await upgrade(['bw1', `ticket.${ticket}`])).toBe(401);
    const late = await ticketFor(session);
    now += 10_000;
    expect(await upgrade(['bw1', `ticket.${late}`])).toBe(401);
    const welcome = await new Promise<string>((resolve) => {
      open.on('message', (data: Buffer) => resolve(data.toString('utf8')));
      open.send(JSON.stringify({ t: 'hello', contract: 1 }));
    });
    expect(JSON.parse(welcome)).toEqual({ t: 'welcome', contract: 1, app: 'test' });
    open.close();
  });

  it('speaks the names that the page speaks', () => {
    expect(routes.socket).toBe(pageSocketPath);
    expect(pageSubprotocol).toBe('bw1');
  });

  it('ends a socket on binary, on text that is no JSON, and on a message that is too large', async () => {
    const session = await signIn();
    const sends: readonly (readonly [Buffer | string, number])[] = [
      [Buffer.from([1, 2, 3]), 1003],
      ['{', 1003],
      ['x'.repeat(socketLimit + 1), 1009],
    ];
    for (const [message, code] of sends) {
      const open = await upgrade(['bw1', `ticket.${await ticketFor(session)}`]);
      if (typeof open === 'number') throw new Error(`refused with ${open}`);
      const closed = new Promise<number>((resolve) => open.on('close', resolve));
      open.send(message);
      expect(await closed).toBe(code);
    }
  });

  it('has no path but those of its list', async () => {
    const paths = [
      '/../package.json',
      '/%2e%2e/package.json',
      '/..%5cpackage.json',
      '/%252e%252e/x',
      '//etc/passwd',
      '/assets/../index.html',
      '/assets/a.js%00',
      '/assets',
      '/__proto__',
      '/constructor',
    ];
    for (const path of paths) {
      const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: ${authority()}\r\nConnection: close\r\n\r\n`);
      expect(answer, path).toMatch(/^HTTP\/1\.1 404 /);
    }
    expect(
      await raw(`GET http://${authority()}/ HTTP/1.1\r\nHost: ${authority()}\r\nConnection: close\r\n\r\n`),
    ).toMatch(/^HTTP\/1\.1 404 /);
    const page = await ask('GET', '/', { host: authority() });
    expect(createHash('sha256').update(page.body).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('hands out an offered file once, to its own page', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-download-'));
    const file = join(folder, 'pack "ä".zip');
    writeFileSync(file, 'a pack');
    const path = host.offerDownload(file);
    const headers = { host: authority(), 'sec-fetch-site': 'same-origin' };
    expect((await ask('GET', path, { host: authority(), 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    const answer = await ask('GET', path, headers);
    expect([answer.status, answer.body]).toEqual([200, 'a pack']);
    expect(answer.headers['content-disposition']).toBe("attachment; filename*=UTF-8''pack%20%22%C3%A4%22.zip");
    expect((await ask('GET', path, headers)).status).toBe(401);
    const gone = host.offerDownload(join(folder, 'absent.zip'));
    expect((await ask('GET', gone, headers)).status).toBe(410);
    rmSync(folder, { recursive: true });
  });

  it('says plainly when its port is taken', async () => {
    const second = await openHost({
      assets,
      accept: () => undefined,
      clock: { now: () => now },
      random: (n) => randomBytes(n),
      port: port(),
    });
    expect(second.ok ? '' : second.error.tag).toBe('PortTaken');
  });
});
