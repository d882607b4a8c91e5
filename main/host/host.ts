import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { ensure } from '../../shared/base/assert.ts';
import { failure, type Failure, thrownText } from '../../shared/base/failure.ts';
import { isJsonObject, parseJson } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Clock, RandomBytes } from '../../shared/base/time.ts';
import type { Channel, ClientFrame, ServerFrame } from '../../shared/contract/wire.ts';
import { assetPath, pageHeaders } from '../../shared/domain/content-policy.ts';
import type { Assets } from './assets.ts';
import {
  bearerOf,
  guardHost,
  guardRequest,
  type Purpose,
  type RequestFacts,
  socketTicket,
  subprotocol,
} from './guard.ts';
import { serverChannel, socketLimit } from './socket.ts';
import { createTokens } from './tokens.ts';

/** The page asks here; renderer/bridge/socket-channel.ts is the other end. */
export const routes = {
  exchange: '/session/exchange',
  ticket: '/session/ticket',
  socket: '/socket',
  download: '/download/',
} as const;
const bodyLimit = 4096;
const socketCount = 32;

export type HostDeps = {
  readonly assets: Assets;
  /** A tab connected: the core serves it until the channel closes. */
  readonly accept: (channel: Channel<ServerFrame, ClientFrame>) => void;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** 0 = any free port. */
  readonly port: number;
};
export type Host = {
  /** `http://127.0.0.1:<port>` */
  readonly address: string;
  /** A new one-time link, good for 60 s. Older links that were not used stay good for their own 60 s. */
  readonly launchLink: () => string;
  /** Path under which this file can be fetched once within 60 s. */
  readonly offerDownload: (file: string) => string;
  readonly close: () => Promise<void>;
};

/** Serve the window on 127.0.0.1. Failure when the port is taken or forbidden. Rules: facts/security.md 3.1. */
export const openHost = async (deps: HostDeps): Promise<Result<Host, Failure>> => {
  const tokens = createTokens(deps.clock, deps.random);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: socketLimit,
    perMessageDeflate: false,
    handleProtocols: () => subprotocol,
  });
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 30_000, headersTimeout: 10_000 });
  const listening = await listen(server, deps.port);
  if (!listening.ok) return listening;
  const authority = `127.0.0.1:${listening.value}`;

  const answer = (response: ServerResponse, status: number, body: string, more: Record<string, string> = {}): void => {
    response.writeHead(status, {
      ...pageHeaders,
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...more,
    });
    response.end(body);
  };
  const say = (response: ServerResponse, status: number, why: string): void =>
    answer(response, status, JSON.stringify({ refused: why }));
  const locked = (response: ServerResponse): boolean => {
    const ms = tokens.lockedFor();
    if (ms > 0) answer(response, 429, '{"refused":"locked"}', { 'retry-after': String(Math.ceil(ms / 1000)) });
    return ms > 0;
  };

  const exchange = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    if (body === null) return say(response, 413, 'too large');
    const parsed = parseJson(body);
    const token = parsed.ok && isJsonObject(parsed.value) ? parsed.value['token'] : undefined;
    if (typeof token !== 'string') return say(response, 400, 'shape');
    if (locked(response)) return;
    const session = tokens.exchange(token);
    if (session === null) return say(response, 401, 'token');
    answer(response, 200, JSON.stringify({ session }));
  };
  const ticket = (request: IncomingMessage, response: ServerResponse): void => {
    const bearer = bearerOf(request.headers.authorization);
    if (bearer !== null && tokens.isSession(bearer))
      return answer(response, 200, JSON.stringify({ ticket: tokens.mintTicket() }));
    if (!locked(response)) say(response, 401, 'session');
  };
  const download = (path: string, response: ServerResponse): void => {
    const file = tokens.takeDownload(path.slice(routes.download.length));
    if (file === null) {
      if (!locked(response)) say(response, 401, 'ticket');
      return;
    }
    sendFile(file, response);
  };
  const page = (request: IncomingMessage, path: string, response: ServerResponse): void => {
    const name = assetPath(deps.assets, path);
    if (name === null) return say(response, 404, 'no such file');
    const asset = ensure(deps.assets.get(name), 'assetPath answers names that are in the list');
    const cache = name === '/index.html' ? 'no-cache' : 'private, max-age=31536000, immutable';
    response.writeHead(200, {
      ...pageHeaders,
      'content-type': asset.type,
      'content-length': asset.bytes.length,
      'cache-control': cache,
      etag: asset.etag,
    });
    response.end(request.method === 'HEAD' ? undefined : asset.bytes);
  };

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const facts = factsOf(request);
    const path = pathOf(request);
    const purpose = purposeOf(path);
    const refusal = guardHost(facts, authority) ?? guardRequest(facts, authority, purpose);
    if (refusal !== null) {
      // What is refused is not read either.
      response.setHeader('connection', 'close');
      return say(response, refusal.status, refusal.why);
    }
    if (path === routes.exchange) {
      exchange(request, response).catch(() => response.destroy());
    } else if (path === routes.ticket) ticket(request, response);
    else if (purpose === 'download') download(path, response);
    else if (purpose === 'page') page(request, path, response);
    else say(response, 404, 'no such call');
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const facts = factsOf(request);
    const refusal = guardHost(facts, authority) ?? guardRequest(facts, authority, 'socket');
    if (refusal !== null) return hangUp(socket, refusal.status);
    if (pathOf(request) !== routes.socket) return hangUp(socket, 404);
    const asked = socketTicket(request.headers['sec-websocket-protocol']);
    if (asked === null || !tokens.takeTicket(asked)) return hangUp(socket, 401);
    if (sockets.clients.size >= socketCount) return hangUp(socket, 503);
    sockets.handleUpgrade(request, socket, head, (open) => {
      open.on('error', () => open.terminate());
      deps.accept(serverChannel(open));
    });
  });

  const address = `http://${authority}`;
  return ok({
    address,
    launchLink: () => `${address}/#${tokens.mintLaunch()}`,
    offerDownload: (file) => `${routes.download}${tokens.mintDownload(file)}`,
    close: () =>
      new Promise((resolve) => {
        for (const open of sockets.clients) open.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
};

const listen = (server: Server, port: number): Promise<Result<number, Failure>> =>
  new Promise((resolve) => {
    server.once('error', (thrown) => resolve(err(portTaken(port, thrown))));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      resolve(ok((server.address() as AddressInfo).port)),
    );
  });

const portTaken = (port: number, thrown: unknown): Failure<'PortTaken'> =>
  failure(
    'PortTaken',
    `Port ${port} on 127.0.0.1 cannot be used: ${thrownText(thrown)}.`,
    'Nothing was started and nothing was changed.',
    'Leave --port out to take any free port, or name another.',
  );

const factsOf = (request: IncomingMessage): RequestFacts => ({
  method: request.method ?? '',
  headers: request.headers,
  hostCount: request.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length,
});

/** The path as it was sent, without query; nothing is decoded. An absolute-form target has no path that we know. */
const pathOf = (request: IncomingMessage): string => (request.url ?? '').split('?')[0] ?? '';

const purposeOf = (path: string): Purpose => {
  if (path.startsWith('/session/')) return 'api';
  return path.startsWith(routes.download) ? 'download' : 'page';
};

const hangUp = (socket: Duplex, status: number): void => {
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};

/** The body as text, or null when it is larger than a token needs. */
const readBody = async (request: IncomingMessage): Promise<string | null> => {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > bodyLimit) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
};

const sendFile = (file: string, response: ServerResponse): void => {
  const stream = createReadStream(file);
  stream.once('open', () => {
    response.writeHead(200, {
      ...pageHeaders,
      'content-type': 'application/octet-stream',
      'content-length': statSync(file).size,
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(basename(file))}`,
      'cache-control': 'no-store',
    });
    stream.pipe(response);
  });
  stream.once('error', () => {
    if (response.headersSent) return response.destroy();
    response.writeHead(410, pageHeaders);
    response.end();
  });
};
