import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * A TCP proxy that breaks connections on purpose. It knows nothing of what flows (TLS): a chunk from the client counts as
 * a request, what the server sends back as its reply.
 */
export type ProxyFault =
  /** Nothing of the request arrives. */
  | 'cut-request'
  /** The server gets the request; the client gets no byte of the reply. */
  | 'cut-before-reply'
  /** The client gets a part of the reply. */
  | 'cut-mid-body'
  /** Everything arrives late. */
  | 'delay'
  | 'none';

export type TcpProxy = {
  readonly port: number;
  /** Faults that were carried out, by kind. */
  readonly counts: Readonly<Record<ProxyFault, number>>;
  /** Refuse everything from now on and cut what is open (true), or let through again. */
  readonly block: (blocked: boolean) => void;
  readonly close: () => Promise<void>;
};

/** Listens on a free port of 127.0.0.1 and forwards to `target`. `next` is asked once for each request. */
export const startTcpProxy = async (
  target: { readonly host: string; readonly port: number },
  next: () => ProxyFault,
  delayMs = 50,
): Promise<TcpProxy> => {
  const counts: Record<ProxyFault, number> = {
    'cut-request': 0,
    'cut-before-reply': 0,
    'cut-mid-body': 0,
    delay: 0,
    none: 0,
  };
  const open = new Set<Socket>();
  let blocked = false;

  const server = createServer((client) => {
    if (blocked) {
      client.destroy();
      return;
    }
    const upstream = connect(target.port, target.host);
    open.add(client);
    open.add(upstream);
    let fault: ProxyFault = 'none';
    let answering = true;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
      open.delete(client);
      open.delete(upstream);
    };
    client.on('data', (chunk: Buffer) => {
      // The first chunk after an answer begins a request.
      if (answering) {
        answering = false;
        fault = next();
        counts[fault] += 1;
      }
      if (fault === 'cut-request') end();
      else if (fault === 'delay') setTimeout(() => upstream.write(chunk), delayMs);
      else upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      answering = true;
      if (fault === 'cut-before-reply') end();
      else if (fault === 'cut-mid-body') {
        client.write(chunk.subarray(0, Math.floor(chunk.length / 2)), end);
      } else if (fault === 'delay') setTimeout(() => client.write(chunk), delayMs);
      else client.write(chunk);
    });
    for (const socket of [client, upstream]) {
      socket.on('error', end);
      socket.on('close', end);
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    counts,
    block: (value) => {
      blocked = value;
      if (value) for (const socket of open) socket.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
};
