import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A real HTTP proxy that tunnels by CONNECT. */
export type ConnectProxy = {
  readonly url: string;
  /** What clients asked to be connected to, and the credentials that they sent (decoded). */
  readonly asked: { readonly target: string; readonly credentials: string | null }[];
  /** Answer every CONNECT with this status; null = connect. */
  readonly refuse: (status: number | null) => void;
  readonly close: () => Promise<void>;
};

/** Start one on a free port of 127.0.0.1. `credentials` (`user:password`): demanded of every client, else it answers 407. */
export const startConnectProxy = async (credentials: string | null = null): Promise<ConnectProxy> => {
  const asked: { target: string; credentials: string | null }[] = [];
  const sockets = new Set<Socket>();
  let refusal: number | null = null;
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
    const [host = '', port = '443'] = (request.url ?? '').split(':');
    const target = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(head);
      target.pipe(socket).pipe(target);
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
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
};
