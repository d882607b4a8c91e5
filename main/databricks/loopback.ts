import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the page in the browser says: the outcome, and that the person can go back. */
export type Page = { readonly status: number; readonly title: string; readonly text: string };

export type Loopback = {
  /** `http://localhost:<port>`, as it is registered for the client (facts 4). */
  readonly redirectUri: string;
  readonly close: () => void;
};

const listen = (server: Server, host: string, port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    server.once('error', (thrown: NodeJS.ErrnoException) => {
      // No IPv6 on this machine is as good as a free port: nobody else can answer there either.
      if (thrown.code === 'EADDRINUSE' || thrown.code === 'EACCES') resolve(false);
      else if (host === '::1') resolve(true);
      else reject(thrown);
    });
    server.listen({ host, port, exclusive: true }, () => resolve(true));
  });

const respond = (response: ServerResponse, { status, title, text }: Page): void => {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  // Both texts are ours; nothing of the request is put into the page.
  response.end(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${title}</title></head><body><h1>${title}</h1><p>${text}</p></body></html>`,
  );
};

/**
 * Listen for the answer of the sign-in on the first free of these ports, on 127.0.0.1 and ::1: browsers ask `localhost` at either,
 * and nobody else may sit on the other one. `answer` gets the query of `GET /`. Null when every port is taken.
 */
export const openLoopback = async (
  ports: readonly number[],
  answer: (query: URLSearchParams) => Promise<Page>,
): Promise<Loopback | null> => {
  const handle = (request: IncomingMessage, response: ServerResponse, port: number): void => {
    // A name of somebody else that points here (DNS rebinding) is not answered.
    const host = request.headers.host ?? '';
    const known = [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`].includes(host);
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (!known || request.method !== 'GET' || url.pathname !== '/')
      return respond(response, { status: 404, title: 'Nothing here', text: 'This address only takes a sign-in back.' });
    answer(url.searchParams).then(
      (page) => respond(response, page),
      () => response.destroy(),
    );
  };
  for (const wanted of ports) {
    const servers = [createServer(), createServer()] as const;
    const [four, six] = servers;
    const close = (): void => {
      for (const server of servers) {
        server.close();
        // The page that is being sent goes out first.
        server.closeIdleConnections();
      }
    };
    const first = await listen(four, '127.0.0.1', wanted);
    const port = first ? (four.address() as AddressInfo).port : wanted;
    if (first && (await listen(six, '::1', port))) {
      for (const server of servers) {
        server.removeAllListeners('error').on('error', () => undefined);
        server.on('request', (request, response) => handle(request, response, port));
        server.requestTimeout = 10_000;
      }
      return { redirectUri: `http://localhost:${port}`, close };
    }
    close();
  }
  return null;
};
