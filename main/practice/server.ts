import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { thrownText } from '../../shared/base/failure.ts';
import type { Clock, Scheduler } from '../../shared/base/time.ts';
import { createButtons, type Buttons } from './buttons.ts';
import { loadCertificate } from './certificate.ts';
import { runControl } from './control.ts';
import { createDuckEngine } from './duck/engine.ts';
import { openLake, type Lake } from './duck/lake.ts';
import { createOAuth } from './oauth.ts';
import { answerRest } from './rest.ts';
import { limitLake, maySee, type Rights } from './rights.ts';
import { createService, type Call } from './thrift/service.ts';
import { runMessage } from './thrift/http.ts';
import { userOf } from './tokens.ts';
import type { Scenario } from './scenario-shape.ts';
import { createWorldClock } from './world/clock.ts';
import { arriveWhenDue } from './world/late.ts';
import { catchUp, toldUpTo } from './world/play.ts';
import { ensureWorld, type Fault, type World } from './world/world.ts';

export type PracticeServer = {
  readonly host: string;
  readonly port: number;
  readonly controlPort: number;
  readonly httpPath: string;
  readonly token: string;
  readonly caFile: string;
  readonly world: World;
  readonly lake: Lake;
  readonly buttons: Buttons;
  /** Operations that are open now: a cancelled one must not stay. */
  readonly openOperations: () => number;
  /** Open sockets, and when the last request came (epoch ms). */
  readonly activity: () => { readonly sockets: number; readonly lastAt: number };
  readonly close: () => Promise<void>;
};

export type PracticeDeps = {
  /** State directory: database, certificate, ground truth. Made when missing. */
  readonly dir: string;
  readonly seed: number;
  readonly fault: Fault;
  /** The whole estate around the story (default), or the story alone. */
  readonly estate?: boolean;
  /** Scenarios to set down in the estate; the told lines are then whole. */
  readonly scenarios?: readonly Scenario[];
  /** How many times as fast as the wall clock the world goes on; absent or null: only when it is played. */
  readonly speed?: number | null;
  readonly token: string;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Port to take; 0 = any. */
  readonly port?: number;
  /** How long an access token of its OAuth server lasts; default an hour, as at Databricks. */
  readonly accessSeconds?: number;
  /** Called when a client asks it to end. */
  readonly onStop?: () => void;
};

export const httpPath = '/sql/1.0/warehouses/practice0000000001';
const maxBody = 64 * 1024 * 1024;

const readBody = (request: IncomingMessage): Promise<Buffer | null> =>
  new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size > maxBody) {
        request.destroy();
        resolve(null);
      } else parts.push(part);
    });
    request.on('end', () => resolve(Buffer.concat(parts)));
    request.on('error', reject);
  });

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

/** How Databricks words the statuses that the buttons can give. */
const refusal: Readonly<Record<number, readonly [code: string, message: string]>> = {
  401: ['401', 'Credential was not sent or was of an unsupported type for this API.'],
  403: ['PERMISSION_DENIED', 'User does not have permission for this request.'],
  429: ['REQUEST_LIMIT_EXCEEDED', 'Rate limit exceeded. Please retry later.'],
  500: ['INTERNAL_ERROR', 'The service ran into an error. Please try again later.'],
  503: ['TEMPORARILY_UNAVAILABLE', 'The service at this path is temporarily unavailable. Please try again later.'],
};

const refuse = (response: ServerResponse, status: number, retryAfter: number | null = null): void => {
  const [error_code, message] = refusal[status] ?? ['INTERNAL_ERROR', 'error'];
  json(response, status, { error_code, message }, retryAfter === null ? {} : { 'retry-after': String(retryAfter) });
};

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });

/**
 * Start a practice lakehouse: SQL (Thrift) and REST on `port`, the buttons on `controlPort` (which stays reachable while the
 * workspace is "disconnected"), both on 127.0.0.1 over TLS. Throws when the state directory cannot be used or is in use.
 */
export const createPracticeServer = async (deps: PracticeDeps): Promise<PracticeServer> => {
  mkdirSync(deps.dir, { recursive: true });
  const certificate = await loadCertificate(deps.dir, deps.clock);
  const worldClock = createWorldClock(deps.clock);
  const lake = await openLake(join(deps.dir, 'lake.duckdb'), worldClock);
  const world = await ensureWorld(lake, {
    dir: deps.dir,
    seed: deps.seed,
    fault: deps.fault,
    estate: deps.estate ?? true,
    scenarios: deps.scenarios ?? [],
  });
  // A world that was ahead of the wall clock when it ended goes on from there.
  worldClock.advance(Math.max(0, (await toldUpTo(lake, world)) - worldClock.now()));
  worldClock.setSpeed(deps.speed ?? null);
  const buttons = createButtons(deps.clock);
  let rights: Rights | null = null;
  const seen = limitLake(lake, () => rights);
  const engine = createDuckEngine(seen, { catalog: world.catalog, schema: 'default' });
  const service = createService({ engine, buttons, clock: deps.clock, scheduler: deps.scheduler });
  const after = (ms: number): Promise<void> => new Promise((resolve) => void deps.scheduler.after(ms, resolve));
  const oauth = createOAuth({
    file: join(deps.dir, 'oauth.json'),
    clock: deps.clock,
    user: world.defaultUser,
    secret: deps.token,
    accessSeconds: deps.accessSeconds ?? 3600,
  });
  const sockets = new Set<Socket>();
  const publicSockets = new Set<Socket>();
  let lastAt = deps.clock.now();

  const control = async (body: Buffer, response: ServerResponse): Promise<void> => {
    const result = await runControl(
      {
        lake,
        world,
        buttons,
        clock: worldClock,
        expireSessions: service.expireSessions,
        rights: { get: () => rights, set: (next) => (rights = next) },
        disconnect: () => publicSockets.forEach((s) => s.destroy()),
      },
      body.toString('utf8'),
    );
    json(response, result.status, result.body);
    if (result.stop === true) deps.onStop?.();
  };

  const workspace = async (
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    user: string,
  ): Promise<void> => {
    const url = new URL(request.url ?? '/', 'https://practice');
    const sql = url.pathname === httpPath;
    if (buttons.state().latencyMs > 0) await after(buttons.state().latencyMs);
    const fault = buttons.takeStatus(sql ? 'sql' : 'rest');
    if (fault !== null) return refuse(response, fault.code, fault.retryAfter);
    if (sql) {
      const call: Call = { user, lose: false };
      const reply = await runMessage(service.handler(call), body);
      if (call.lose || buttons.state().disconnected) {
        response.destroy();
        return;
      }
      if (call.cut === true) {
        response.writeHead(200, { 'content-type': 'application/x-thrift', 'content-length': reply.length });
        response.write(reply.subarray(0, Math.floor(reply.length / 2)), () => response.destroy());
        return;
      }
      response.writeHead(200, { 'content-type': 'application/x-thrift', 'x-databricks-org-id': world.workspaceId });
      response.end(reply);
      return;
    }
    if (buttons.denies(url.pathname))
      return json(response, 403, {
        error_code: 'PERMISSION_DENIED',
        message: `User does not have permission on ${url.pathname}.`,
      });
    const answer = await answerRest(
      {
        lake,
        rights,
        may: (kind, id) => maySee(rights, kind, id),
        warehouse: { id: httpPath.split('/').at(-1) ?? '', state: buttons.warehouse },
        world,
        user,
        clock: worldClock,
      },
      request.method ?? 'GET',
      url,
      body.toString('utf8'),
    );
    json(response, answer.status, answer.body, { 'x-databricks-org-id': world.workspaceId });
  };

  const handle = async (request: IncomingMessage, response: ServerResponse, isControl: boolean): Promise<void> => {
    lastAt = deps.clock.now();
    const body = await readBody(request);
    if (body === null) return;
    const { authorization } = request.headers;
    if (!isControl && request.url?.startsWith('/oidc/') === true) {
      const origin = `https://${request.headers.host ?? ''}`;
      const url = new URL(request.url, origin);
      const answer = oauth.answer(request.method ?? 'GET', url, body.toString('utf8'), authorization, origin);
      if (answer === null) return json(response, 404, { error: 'not_found' });
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body);
      return;
    }
    const signedIn = isControl ? null : oauth.userOf(authorization);
    const user = signedIn === null ? userOf(authorization, deps.token, world.defaultUser) : { email: signedIn };
    if (user === 'none') return refuse(response, 401);
    if (user === 'wrong') return json(response, 403, { error_code: '403', message: 'Invalid access token.' });
    const path = (request.url ?? '').split('?')[0];
    if (path === '/practice/control') return control(request.method === 'POST' ? body : Buffer.from('{}'), response);
    if (isControl)
      return json(response, 404, { error_code: 'ENDPOINT_NOT_FOUND', message: `No API found for '${path}'.` });
    return workspace(request, response, body, user.email);
  };

  const make = (isControl: boolean): Server => {
    const server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
      handle(request, response, isControl).catch((thrown: unknown) => {
        if (!response.headersSent) json(response, 500, { error_code: 'INTERNAL_ERROR', message: thrownText(thrown) });
        else response.destroy();
      });
    });
    const track = (socket: Socket): void => {
      if (!isControl && buttons.state().disconnected) {
        socket.destroy();
        return;
      }
      sockets.add(socket);
      if (!isControl) publicSockets.add(socket);
      socket.on('close', () => {
        sockets.delete(socket);
        publicSockets.delete(socket);
        lastAt = deps.clock.now();
      });
      socket.on('error', () => socket.destroy());
    };
    server.on('connection', track);
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    // An idle socket means a client that lives: closing it here would end the lakehouse under a quiet app.
    server.keepAliveTimeout = 3_600_000;
    return server;
  };

  let closed = false;
  const goOn = async (): Promise<void> => {
    if (closed) return;
    await (worldClock.speed() === null ? arriveWhenDue(lake) : catchUp(lake, world));
    deps.scheduler.after(5_000, () => {
      going = goOn();
    });
  };
  let going = goOn();
  await going;
  const main = make(false);
  const side = make(true);
  const port = await listen(main, deps.port ?? 0);
  const controlPort = await listen(side, 0);
  let closing: Promise<void> | undefined;
  return {
    host: '127.0.0.1',
    port,
    controlPort,
    httpPath,
    token: deps.token,
    caFile: certificate.caFile,
    world,
    lake,
    buttons,
    openOperations: service.openOperations,
    activity: () => ({ sockets: sockets.size, lastAt }),
    close: () => {
      closed = true;
      closing ??= (async () => {
        const ended = [main, side].map((s) => new Promise<void>((resolve) => s.close(() => resolve())));
        for (const socket of sockets) socket.destroy();
        await going;
        await Promise.all(ended);
        service.expireSessions();
        await engine.close();
      })();
      return closing;
    },
  };
};
