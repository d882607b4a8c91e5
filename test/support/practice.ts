import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPracticeServer, type PracticeServer } from '../../main/practice/server.ts';
import type { GroundTruth } from '../../main/practice/world/world.ts';
import type { Scenario } from '../../main/practice/scenario-shape.ts';
import { tokenFor } from '../../main/practice/tokens.ts';

export type Practice = {
  readonly host: string;
  readonly port: number;
  readonly controlPort: number;
  readonly httpPath: string;
  readonly token: string;
  /** Path of the certificate to trust, and its text. */
  readonly caFile: string;
  readonly ca: string;
  readonly dir: string;
  readonly catalog: string;
  readonly truth: GroundTruth;
  readonly server: PracticeServer;
  /** A token for `<name>@practice.example`. */
  readonly tokenOf: (name: string) => string;
  /** Set buttons through the control API; answers its JSON. */
  readonly control: (body: Readonly<Record<string, unknown>>) => Promise<Record<string, unknown>>;
  /** One REST call. */
  readonly rest: (
    path: string,
    options?: {
      readonly method?: string;
      readonly body?: unknown;
      readonly token?: string | null;
      /** A body that is no JSON. */
      readonly form?: string | undefined;
    },
  ) => Promise<RestReply>;
  readonly close: () => Promise<void>;
};
export type RestReply = {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: Record<string, unknown>;
};

export type PracticeOptions = {
  readonly seed?: number;
  readonly fault?: 'line' | 'none' | 'two';
  /** With all that surrounds the told lines: some seconds more. */
  readonly estate?: boolean;
  readonly scenarios?: readonly Scenario[];
  /** Epoch ms; default: the real clock. */
  readonly now?: () => number;
  /** Keep the state of an earlier server: its directory is then not removed on close. */
  readonly dir?: string;
  /** How long access tokens of its OAuth server last. */
  readonly accessSeconds?: number;
};

const call = (
  port: number,
  ca: string,
  path: string,
  method: string,
  token: string | null,
  body: unknown,
  form?: string,
): Promise<RestReply> =>
  new Promise((resolve, reject) => {
    const request = https.request(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        ca,
        agent: false,
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            headers: { ...response.headers },
            body: JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>,
          });
        });
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(form ?? (body === undefined ? undefined : JSON.stringify(body)));
  });

/** A practice lakehouse in this process on free ports, with a state directory of its own. Close it. */
export const startPractice = async (options: PracticeOptions = {}): Promise<Practice> => {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'bw-practice-'));
  const server = await createPracticeServer({
    dir,
    seed: options.seed ?? 1,
    fault: options.fault ?? 'line',
    estate: options.estate ?? options.scenarios !== undefined,
    scenarios: options.scenarios ?? [],
    ...(options.accessSeconds === undefined ? {} : { accessSeconds: options.accessSeconds }),
    token: 'dapi-practice-test',
    clock: { now: options.now ?? ((): number => Date.now()) },
    scheduler: {
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return (): void => clearTimeout(timer);
      },
    },
  });
  const ca = readFileSync(server.caFile, 'utf8');
  return {
    host: server.host,
    port: server.port,
    controlPort: server.controlPort,
    httpPath: server.httpPath,
    token: server.token,
    caFile: server.caFile,
    ca,
    dir,
    catalog: server.world.catalog,
    truth: JSON.parse(readFileSync(join(dir, 'ground-truth.json'), 'utf8')) as GroundTruth,
    server,
    tokenOf: (name) => tokenFor(server.token, name),
    control: async (body) => (await call(server.controlPort, ca, '/practice/control', 'POST', server.token, body)).body,
    rest: (path, o = {}) =>
      call(server.port, ca, path, o.method ?? 'GET', o.token === undefined ? server.token : o.token, o.body, o.form),
    close: async () => {
      await server.close();
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
};
