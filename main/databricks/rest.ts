import { err, ok, type Result } from '../../shared/base/result.ts';
import { backoff, limitsOf, type DatabricksDeps } from './deps.ts';
import { parseExact } from './exact-json.ts';
import { answerTooLarge, databricksFailure, httpFailure, retryAfter } from './failures.ts';
import { networkFailure } from './network.ts';
import type { Connection, DatabricksFailure, QueryOptions, Rest, RestRequest } from './port.ts';
import type { Redactor } from './redact.ts';
import { authHeaders } from './token-source.ts';
import { agentFor, send, tooLarge } from './transport.ts';
import { pause } from './waits.ts';

export type RestAnswer = {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
};
export type RestClient = Rest & {
  /** Like `call`, with the headers of the answer. */
  readonly answer: (request: RestRequest, options?: QueryOptions) => Promise<Result<RestAnswer, DatabricksFailure>>;
  readonly close: () => void;
};

const isRead = (call: RestRequest): boolean => call.method === 'GET' || call.asks === true;

/**
 * The workspace's REST API with the same TLS rules and failures as the driver. Redirects are never followed, so the token
 * goes to its own host only. Reads (GETs, and POSTs that only ask) are repeated on 429, 503 and broken connections; another POST is sent once.
 */
export const makeRest = (connection: Connection, deps: DatabricksDeps, redact: Redactor): RestClient => {
  const limits = limitsOf(deps);
  let agent: ReturnType<typeof agentFor> | undefined;
  /** The token of the last request: what a 401 is about. */
  let sent = '';

  const once = async (
    call: RestRequest,
    options: QueryOptions,
    ms: number,
  ): Promise<Result<RestAnswer, DatabricksFailure>> => {
    const effect = isRead(call) ? 'read' : 'write';
    agent ??= agentFor(connection);
    if (!agent.ok) return agent;
    const credentials = await authHeaders(connection.auth);
    if (!credentials.ok) return credentials;
    sent = credentials.value.token;
    const url = new URL(
      call.path,
      `https://${connection.host.includes(':') ? `[${connection.host}]` : connection.host}`,
    );
    for (const [key, value] of Object.entries(call.query ?? {}))
      for (const one of typeof value === 'string' ? [value] : value) url.searchParams.append(key, one);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    try {
      const raw = await send(
        {
          agent: agent.value,
          host: connection.host,
          port: connection.port,
          method: call.method,
          path: `${url.pathname}${url.search}`,
          timeout: Math.min(ms, limits.socketMs),
          signal: AbortSignal.any([AbortSignal.timeout(ms), ...(options.signal === undefined ? [] : [options.signal])]),
          headers: {
            ...credentials.value.headers,
            accept: 'application/json',
            'user-agent': 'Breakwater',
            ...(body === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          },
        },
        body,
      );
      if (raw.status < 200 || raw.status >= 300) {
        const header = raw.headers['retry-after'];
        const wait = retryAfter(typeof header === 'string' ? header : null, deps.clock.now());
        return err(httpFailure({ status: raw.status, body: raw.body, retryAfterMs: wait, effect }, redact));
      }
      if (raw.body.trim() === '') return ok({ body: {}, headers: raw.headers });
      const parsed = parseExact(raw.body);
      if (!parsed.ok)
        return err(databricksFailure('BadAnswer', { detail: `${call.path} did not answer with JSON.`, effect }));
      return ok({ body: parsed.value, headers: raw.headers });
    } catch (thrown) {
      if (options.signal?.aborted === true) return err(databricksFailure('Cancelled', { effect }));
      if (thrown instanceof Error && 'code' in thrown && thrown.code === tooLarge)
        return err(answerTooLarge(call.path, effect));
      const network = networkFailure(thrown, effect);
      if (network !== undefined) return err(network);
      if (thrown instanceof Error && /abort|timed? ?out/i.test(`${thrown.name} ${thrown.message}`))
        return err(databricksFailure(effect === 'write' ? 'ReplyLost' : 'TimedOut', { effect }));
      return err(
        databricksFailure('BadAnswer', {
          effect,
          detail: redact(thrown instanceof Error ? thrown.message : 'unreadable'),
        }),
      );
    }
  };

  const answer: RestClient['answer'] = async (call, options = {}) => {
    const atMost = options.timeoutMs ?? limits.statementMs;
    const deadline = deps.clock.now() + atMost;
    let renewed = false;
    for (let attempt = 0; ; attempt += 1) {
      // A clock that is set back meanwhile makes nothing wait for days.
      const result = await once(call, options, Math.max(1, Math.min(atMost, deadline - deps.clock.now())));
      if (!result.ok && result.error.tag === 'Unauthorized' && connection.auth.invalidate(sent)) {
        if (isRead(call) && !renewed) {
          renewed = true;
          continue;
        }
      }
      if (result.ok || !isRead(call) || attempt >= limits.readRepeats) return result;
      const { tag, code, retryAfterMs } = result.error;
      // 500 is not repeated, as in Databricks' own clients (facts 3.0).
      const again =
        tag === 'RateLimited' ||
        tag === 'Starting' ||
        (tag === 'Unavailable' && code?.startsWith('HTTP 503')) ||
        (tag === 'Offline' && code === 'ECONNRESET');
      const wait = Math.max(retryAfterMs ?? 0, backoff(limits, attempt, deps.random));
      if (!again || deps.clock.now() + wait >= deadline) return result;
      if (!(await pause(wait, deps.scheduler, options.signal))) return err(databricksFailure('Cancelled'));
    }
  };

  return {
    answer,
    call: async (call, options) => {
      const result = await answer(call, options);
      return result.ok ? ok(result.value.body) : result;
    },
    close: () => {
      if (agent?.ok === true) agent.value.destroy();
    },
  };
};
