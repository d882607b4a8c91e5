import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createButtons } from '../../../main/practice/buttons.ts';
import { loadCertificate } from '../../../main/practice/certificate.ts';
import type { EnginePort } from '../../../main/practice/engine-port.ts';
import { httpPath } from '../../../main/practice/server.ts';
import { runMessage } from '../../../main/practice/thrift/http.ts';
import { createService } from '../../../main/practice/thrift/service.ts';
import { userOf } from '../../../main/practice/tokens.ts';
import type { Practice } from '../../support/practice.ts';
import { databricksDeps } from '../../support/lakehouse.ts';

export type FrontEnd = {
  readonly port: number;
  readonly httpPath: string;
  readonly caFile: string;
  /** Takes away the right to what a statement matches; null gives it back. */
  readonly refuse: (pattern: string | null) => Promise<void>;
  readonly close: () => Promise<void>;
};

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

/** The practice front end (TLS, token, Thrift dialect) over another engine; what is not SQL is answered by a practice lakehouse. */
export const startFrontEnd = async (engine: EnginePort, practice: Practice): Promise<FrontEnd> => {
  const dir = mkdtempSync(join(tmpdir(), 'bw-front-'));
  const { clock, scheduler } = databricksDeps();
  const certificate = await loadCertificate(dir, clock);
  const buttons = createButtons(clock);
  const service = createService({ engine, buttons, clock, scheduler });
  const sockets = new Set<Duplex>();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    const user = userOf(request.headers.authorization, practice.token, 'conformance@practice.example');
    if (typeof user === 'string') {
      response.writeHead(403).end('{"error_code":"403","message":"Invalid access token."}');
      return;
    }
    if ((request.url ?? '').split('?')[0] === httpPath) {
      const reply = await runMessage(service.handler({ user: user.email, lose: false }), body);
      response.writeHead(200, { 'content-type': 'application/x-thrift' }).end(reply);
      return;
    }
    const rest = await practice.rest(request.url ?? '/', {
      method: request.method ?? 'GET',
      ...(body.length === 0 ? {} : { body: JSON.parse(body.toString('utf8')) as unknown }),
    });
    const workspace = rest.headers['x-databricks-org-id'];
    response.writeHead(rest.status, {
      'content-type': 'application/json',
      ...(typeof workspace === 'string' ? { 'x-databricks-org-id': workspace } : {}),
    });
    response.end(JSON.stringify(rest.body));
  };

  const server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    httpPath,
    caFile: certificate.caFile,
    refuse: (pattern) => {
      buttons.set({ deny: pattern === null ? null : { pattern, count: null } });
      return Promise.resolve();
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      await engine.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
