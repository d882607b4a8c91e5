import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import {
  EngineError,
  type EngineColumn,
  type EngineOperation,
  type EngineParameter,
  type EnginePort,
} from '../../../main/practice/engine-port.ts';
import { isJsonObject, type JsonObject } from '../../../shared/base/json.ts';

type Call = (path: string, body: JsonObject) => Promise<JsonObject>;

const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** `[CLASS] text SQLSTATE: 42P01` and what follows → text alone; EngineError puts the frame around it again. */
const bare = (message: string): string =>
  message
    .trimStart()
    .replace(/^\[[A-Z0-9_.]+\]\s*/, '')
    .replace(/\s*SQLSTATE: [0-9A-Z]{5}[^]*$/, '')
    .trim();

const refused = (answer: JsonObject): EngineError => {
  const text = (name: string): string | null => (typeof answer[name] === 'string' ? answer[name] : null);
  const message = text('message') ?? 'no words';
  if (answer['canceled'] === true)
    return new EngineError('OPERATION_CANCELED', 'HY008', 'Operation has been canceled.', 'CANCELED');
  if (message === 'INVALID_HANDLE') return new EngineError('INVALID_HANDLE', '08003', message, 'INVALID_HANDLE');
  return new EngineError(text('condition') ?? 'INTERNAL_ERROR', text('sqlState') ?? 'XX000', bare(message));
};

/** One call to SparkSql.java. Never repeated: whoever asked decides. Throws EngineError. */
const caller =
  (port: number, agent: Agent): Call =>
  (path, body) =>
    new Promise((resolve, reject) => {
      const bytes = Buffer.from(JSON.stringify(body));
      const lost = (thrown: Error): void => reject(new EngineError('INTERNAL_ERROR', '08S01', thrown.message));
      const sent = request(
        { host: '127.0.0.1', port, path, method: 'POST', agent, headers: { 'content-length': bytes.length } },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', lost);
          response.on('end', () => {
            const answer: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'));
            if (!isJsonObject(answer)) reject(new EngineError('INTERNAL_ERROR', '08S01', 'an answer is no object'));
            else if (response.statusCode === 200) resolve(answer);
            else reject(refused(answer));
          });
        },
      );
      sent.on('error', lost);
      sent.end(bytes);
    });

const operation = (call: Call, session: string, sql: string, params: readonly EngineParameter[]): EngineOperation => {
  const op = randomUUID();
  let columns: readonly EngineColumn[] = [];
  const done = call('/execute', { session, op, sql, params: params.map((one) => ({ ...one })) }).then((answer) => {
    const described = Array.isArray(answer['columns']) ? answer['columns'].filter(isJsonObject) : [];
    columns = described.map((one) => ({ name: String(one['name']), type: String(one['type']) }));
  });
  // The waiter may come later or never; the failure is his then.
  done.catch(() => undefined);
  const silently = (path: string): void => void call(path, { op }).catch(() => undefined);
  return {
    wait: () => done,
    columns: () => columns,
    fetch: async (maxRows) => {
      const answer = await call('/fetch', { op, maxRows });
      const rows = (Array.isArray(answer['rows']) ? answer['rows'] : []).map((row) => (Array.isArray(row) ? row : []));
      const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
      return { rows: rows.length, columns: columns.map((_, i) => rows.map((row) => text(row[i]))) };
    },
    cancel: () => silently('/cancel'),
    close: () => silently('/closeOp'),
  };
};

/** Spark with Delta behind the practice front end (route of SparkSql.java). `port`: where it listens on this machine. */
export const createSparkEngine = (port: number): EnginePort => {
  const agent = new Agent({ keepAlive: true });
  const call = caller(port, agent);
  return {
    open: async ({ catalog, schema, user }) => {
      const opened = await call('/open', { user });
      const session = String(opened['session']);
      const use = operation(call, session, `USE ${quote(catalog ?? 'main')}.${quote(schema ?? 'default')}`, []);
      await use.wait();
      use.close();
      return {
        execute: (sql, params) => operation(call, session, sql, params),
        close: () => void call('/close', { session }).catch(() => undefined),
      };
    },
    close: () => {
      agent.destroy();
      return Promise.resolve();
    },
  };
};
