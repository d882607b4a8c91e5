import type { DBSQLClient as Client } from '@databricks/sql';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { backoff, limitsOf, type DatabricksDeps } from './deps.ts';
import { connectClient, driverParameters, type Session } from './driver.ts';
import { databricksFailure } from './failures.ts';
import type { Connection, DatabricksFailure, QueryOptions } from './port.ts';
import type { Redactor } from './redact.ts';
import { dbx, statementKind } from './statements.ts';
import { failureOf } from './thrown.ts';
import { driverAuth } from './token-source.ts';
import { extraTrust } from './transport.ts';
import { bounded, pause, type Waited } from './waits.ts';

/** Sessions are shared by all statements of a workspace and replaced when the server ended one. */
export type Sessions = {
  /** The open session, or a new one. Waits at most until `deadline` (epoch ms). */
  readonly get: (deadline: number, options: QueryOptions) => Promise<Result<Session, DatabricksFailure>>;
  /** Forget a session that failed; the next `get` opens another. */
  readonly drop: (session: Session) => void;
  /** The workspace answered 401. True when another token may come: then a read is worth one more try. */
  readonly refused: () => boolean;
  /** Whether sessions are opened with our tag: a workspace may not know tags. */
  readonly tagged: () => boolean;
  readonly close: () => Promise<void>;
};

const canaryKind = statementKind(
  'session.canary',
  'read',
  'checks that parameters arrive unchanged before any is used',
);
/** Quotes, backslash, substitution and marker syntax: what a broken parameter path would change (spark.md 10.1). */
export const canaryValue = "it's \\ ${a} :y";
export const canary = canaryKind(dbx`SELECT :p AS p`, { p: canaryValue });

/** Which failures of opening a session are worth waiting for. Offline is not: the person is told at once and works on. */
const worthWaiting = (failure: DatabricksFailure): boolean =>
  failure.tag === 'RateLimited' || failure.tag === 'Starting' || failure.tag === 'Unavailable' ||
  (failure.tag === 'Offline' && failure.code === 'ECONNRESET'); // prettier-ignore

/**
 * What a session is asked for beside its time zone, which is never left out: times without a zone would be others. A workspace refuses
 * the whole session for a setting that it does not know (`CONFIG_NOT_AVAILABLE`, rilldata/rill pull 9852): query tags are a Public
 * Preview that not every warehouse has, and STATEMENT_TIMEOUT is one of SQL warehouses, not of clusters (docs: parameters). Without tags
 * our statements are still known by our name as client; without the timeout they still end by our own.
 */
const wishes = ['all', 'without tags', 'time zone alone'] as const;
type Wish = (typeof wishes)[number];
const lesser = (wish: Wish): Wish | undefined => wishes[wishes.indexOf(wish) + 1];
const isUnknownSetting = ({ errorClass = '', what }: DatabricksFailure): boolean =>
  /^CONFIG_NOT_AVAILABLE\b/.test(errorClass) || /\bConfiguration \S+ is not available\b/.test(what);

const stoppedFailure = (stopped: 'cancelled' | 'timed-out', detail: string): DatabricksFailure =>
  databricksFailure(stopped === 'cancelled' ? 'Cancelled' : 'TimedOut', { detail });

export const makeSessions = (connection: Connection, deps: DatabricksDeps, redact: Redactor): Sessions => {
  const limits = limitsOf(deps);
  let client: Client | undefined;
  let current: Promise<Result<Session, DatabricksFailure>> | undefined;
  let open: Session | undefined;
  const auth = driverAuth(connection.auth);
  let closed = false;
  let wish: Wish = 'all';
  const closing = new AbortController();

  const silently = (work: Promise<unknown>): void => void work.catch(() => undefined);

  const attempt = async (deadline: number): Promise<Result<Session, DatabricksFailure>> => {
    const doing = {
      statement: 'opening a session',
      effect: 'read',
      redact,
      now: deps.clock.now(),
      accepted: false,
    } as const;
    const trust = extraTrust(connection);
    if (!trust.ok) return trust;
    const bounds = (): { ms: number; scheduler: typeof deps.scheduler; signal: AbortSignal } => ({
      // A clock that is set back meanwhile makes nothing wait for days.
      ms: Math.min(limits.openMs, deadline - deps.clock.now()),
      scheduler: deps.scheduler,
      signal: closing.signal,
    });
    const failed = async (waited: Waited<unknown>): Promise<DatabricksFailure> => {
      if ('stopped' in waited) return stoppedFailure(waited.stopped, 'The SQL warehouse gave no session.');
      return failureOf('thrown' in waited ? waited.thrown : 'no value', doing);
    };
    try {
      client ??= await connectClient(connection, trust.value, deps, redact, auth);
    } catch (thrown) {
      return err(await failureOf(thrown, doing));
    }
    const opened = await bounded(
      // TIMEZONE: times without a zone (DESCRIBE HISTORY) are then UTC for every user and workspace.
      client.openSession({
        // What we ask shows up in the workspace's query history under this name, and is left out where we read that.
        ...(wish === 'all' ? { queryTags: { app: 'breakwater' } } : {}),
        configuration: {
          TIMEZONE: 'UTC',
          ...(wish === 'time zone alone' ? {} : { STATEMENT_TIMEOUT: String(Math.ceil(limits.statementMs / 1000)) }),
        },
      }),
      bounds(),
      (late) => silently(late.close()),
    );
    if (!('value' in opened)) return err(await failed(opened));
    const session = opened.value;
    deps.onStatement?.(canary.name);
    const checked = await bounded(runCanary(session), bounds());
    if (!('value' in checked)) {
      silently(session.close());
      return err(await failed(checked));
    }
    if (checked.value !== canaryValue) {
      silently(session.close());
      return err(
        databricksFailure('BadAnswer', {
          detail: 'Named parameters do not arrive unchanged (protocol below version 8, or a gateway rewrites them).',
          advice: 'Use a current SQL warehouse and connect without a rewriting gateway.',
          code: 'CANARY',
        }),
      );
    }
    deps.onAnswered?.(canary.name);
    return ok(session);
  };

  const openWithRetry = async (deadline: number): Promise<Result<Session, DatabricksFailure>> => {
    for (let count = 0; ; count += 1) {
      const result = await attempt(deadline);
      // No session was opened, so nothing is repeated that was done.
      const renewed = !result.ok && result.error.tag === 'Unauthorized' && count === 0 && auth.refused();
      if (renewed) continue;
      const less = !result.ok && isUnknownSetting(result.error) ? lesser(wish) : undefined;
      if (less !== undefined) {
        deps.log?.('info', `session: a setting is not known here, opening it ${less}`);
        wish = less;
        continue;
      }
      if (result.ok || closed || !worthWaiting(result.error)) return result;
      // A reset is repeated once only: it is a flaky network, not a server that asks for time.
      if (result.error.tag === 'Offline' && count >= 1) return result;
      const wait = Math.max(result.error.retryAfterMs ?? 0, backoff(limits, count, deps.random));
      if (deps.clock.now() + wait >= deadline) return result;
      deps.log?.('info', `session: ${result.error.tag}, trying again in ${wait} ms`);
      if (!(await pause(wait, deps.scheduler, closing.signal))) return result;
    }
  };

  const get: Sessions['get'] = async (deadline, options) => {
    if (closed) return err(databricksFailure('Cancelled', { detail: 'The connection was closed.' }));
    current ??= openWithRetry(deps.clock.now() + limits.openMs).then((result) => {
      if (result.ok) open = result.value;
      else current = undefined;
      return result;
    });
    const waited = await bounded(current, {
      ms: Math.min(options.timeoutMs ?? limits.statementMs, deadline - deps.clock.now()),
      scheduler: deps.scheduler,
      signal: options.signal,
    });
    if ('value' in waited) return waited.value;
    if ('stopped' in waited) return err(stoppedFailure(waited.stopped, 'The SQL warehouse gave no session yet.'));
    throw waited.thrown;
  };

  return {
    get,
    refused: () => auth.refused(),
    tagged: () => wish === 'all',
    drop: (session) => {
      if (open !== session) return;
      open = undefined;
      current = undefined;
      silently(bounded(session.close(), { ms: limits.closeMs, scheduler: deps.scheduler }));
    },
    close: async () => {
      closed = true;
      closing.abort();
      const bounds = { ms: limits.closeMs, scheduler: deps.scheduler };
      if (open !== undefined) await bounded(open.close(), bounds);
      if (client !== undefined) await bounded(client.close(), bounds);
      open = undefined;
      current = undefined;
      client = undefined;
    },
  };
};

const runCanary = async (session: Session): Promise<unknown> => {
  const operation = await session.executeStatement(canary.text, driverParameters(canary.parameters));
  try {
    const rows = await operation.fetchChunk({ maxRows: 2 });
    const first = rows[0];
    return first !== undefined && 'p' in first ? first.p : undefined;
  } finally {
    await operation.close().catch(() => undefined);
  }
};
