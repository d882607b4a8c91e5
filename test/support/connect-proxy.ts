import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A real HTTP proxy that tunnels by CONNECT. */
export type ConnectProxy = {
  readonly url: string;
  /** What clients asked to be connected to, and the credentials that they sent (decoded). */
  readonly asked: { readonly target: string; readonly credentials: string | null }[];
  /** Answer every CONNECT with this status; null = connect. */
  readonly refuse: (status: number | null) => void;
  /**
   * Cut a tunnel, once, as soon as something comes back after at least so many more bytes went out: a request got through and its
   * reply is lost. The answer tells whether that happened.
   */
  readonly cutReplyAfter: (bytes: number) => () => boolean;
  readonly close: () => Promise<void>;
};

/**
 * Start one on a free port of 127.0.0.1. `credentials` (`user:password`): demanded of every client, else it answers 407. `all`: the
 * port of 127.0.0.1 that every client is connected to, whatever it asked for.
 */
export const startConnectProxy = async (
  credentials: string | null = null,
  all: number | null = null,
): Promise<ConnectProxy> => {
  const asked: { target: string; credentials: string | null }[] = [];
  const sockets = new Set<Socket>();
  let refusal: number | null = null;
  let armed: { readonly bytes: number; done: boolean } | null = null;
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  });
  server.on('connect', (request, socket, head) => {
    const basic = /^Basic (\S+)$/.exec(request.headers['proxy-authorization'] ?? '')?.[1];
    const sent = basic === undefined ? null : Buffer.from(basic, 'base64').toString('utf8');
    asked.push({ target: request.url ?? '', credentials: sent });
    const status = refusal ?? (credentials !== null && sent !== credentials ? 407 : null);
    if (status !== null) {
      socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    const [host = '', port = '443'] = all === null ? (request.url ?? '').split(':') : ['127.0.0.1', String(all)];
    const target = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(head);
      let out = 0;
      socket.on('data', (part: Buffer) => {
        out = armed === null ? 0 : out + part.length;
        target.write(part);
      });
      target.on('data', (part: Buffer) => {
        if (armed !== null && !armed.done && out >= armed.bytes) {
          armed.done = true;
          socket.destroy();
          target.destroy();
        } else socket.write(part);
      });
      socket.on('end', () => target.end());
      target.on('end', () => socket.end());
    });
    sockets.add(target);
    target.on('close', () => sockets.delete(target)).on('error', () => socket.destroy());
    socket.on('error', () => target.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    refuse: (status) => (refusal = status),
    cutReplyAfter: (bytes) => {
      const one = { bytes, done: false };
      armed = one;
      return () => one.done;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
};
