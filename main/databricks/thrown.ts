import { thrownText } from '../../shared/base/failure.ts';
import {
  databricksFailure, httpFailure, invalidSession, parseSqlError, retryAfter, statementFailure,
} from './failures.ts'; // prettier-ignore
import { networkFailure } from './network.ts';
import type { DatabricksFailure } from './port.ts';
import type { Redactor } from './redact.ts';
import { TokenUnavailable } from './token-source.ts';

/** What was being done when the driver threw. */
export type Doing = {
  readonly statement: string;
  readonly effect: 'read' | 'write';
  readonly redact: Redactor;
  readonly now: number;
  /** The server has taken the statement: from here on a failed write may have been done. */
  readonly accepted: boolean;
};

type Fields = {
  readonly name?: unknown;
  readonly statusCode?: unknown;
  readonly errorCode?: unknown;
  readonly response?: unknown;
  readonly type?: unknown;
};
const fieldsOf = (thrown: unknown): Fields => (typeof thrown === 'object' && thrown !== null ? thrown : {});

type Headers = { readonly get: (name: string) => string | null };
type HttpResponse = { readonly headers?: Headers; readonly text?: () => Promise<string> };

/** The body is unread by the driver (facts 5.6); one that cannot be read is empty. */
const readBody = async (response: HttpResponse): Promise<string> => {
  try {
    return (await response.text?.()) ?? '';
  } catch {
    return '';
  }
};

/**
 * Why the SQL endpoint refused: it says so in a header, and the body is then a Thrift message or empty (constants of databricks-jdbc and
 * databricks-sql-python); else the body says it.
 */
const reasonOf = async (response: HttpResponse): Promise<string> => {
  const header = (name: string): string => response.headers?.get(name) ?? '';
  const said = header('x-thriftserver-error-message');
  if (said !== '') return said;
  const body = await readBody(response);
  return body.trim() === '' ? header('x-databricks-reason-phrase') : body;
};

const operationStateFailure = (fields: Fields, thrown: unknown, doing: Doing): DatabricksFailure => {
  const response = fieldsOf(fields.response) as {
    sqlState?: unknown;
    displayMessage?: unknown;
    errorMessage?: unknown;
  };
  const state = typeof response.sqlState === 'string' ? response.sqlState : undefined;
  const message = [response.errorMessage, response.displayMessage].find(
    (text) => typeof text === 'string' && text !== '',
  );
  const effect = doing.effect;
  switch (fields.errorCode) {
    case 'CANCELED':
      // A write can commit although its cancel was confirmed.
      return effect === 'write' ? replyLost('CANCELED') : databricksFailure('Cancelled', { effect });
    case 'TIMEOUT':
      return effect === 'write'
        ? replyLost('TIMEOUT')
        : databricksFailure('TimedOut', { effect, detail: 'The warehouse ended the statement.' });
    case 'CLOSED':
    case 'UNKNOWN':
      return databricksFailure(effect === 'write' ? 'ReplyLost' : 'Unavailable', {
        effect,
        code: fields.errorCode,
      });
    default:
      return statementFailure(
        parseSqlError(typeof message === 'string' ? message : thrownText(thrown), state),
        doing.statement,
        effect,
        doing.redact,
      );
  }
};

/** Answers of something between us and the warehouse: it may have got the statement. */
const gateway = new Set([500, 502, 504]);
const replyLost = (code?: string): DatabricksFailure =>
  databricksFailure('ReplyLost', { effect: 'write', ...(code === undefined ? {} : { code }) });

const invalidHandle = /Invalid (?:Session|Operation)Handle|INVALID_HANDLE/i;

/**
 * Whatever `@databricks/sql` throws → one of our failures, with nothing secret in it. The driver throws StatusError (no Error),
 * OperationStateError, THTTPException with an unread response, node-fetch's FetchError, HiveDriverError and plain Errors.
 */
export const failureOf = async (thrown: unknown, doing: Doing): Promise<DatabricksFailure> => {
  const fields = fieldsOf(thrown);
  const { effect, redact } = doing;
  const message = thrownText(thrown);
  // Nothing left for want of a token; a write that was taken before may have been done.
  if (thrown instanceof TokenUnavailable)
    return effect === 'write' && doing.accepted ? replyLost('TOKEN') : thrown.failure;
  if (typeof fields.statusCode === 'number') {
    const response = (
      typeof fields.response === 'object' && fields.response !== null ? fields.response : {}
    ) as HttpResponse;
    const wait = retryAfter(response.headers?.get('retry-after'), doing.now);
    const body = await reasonOf(response);
    const found = httpFailure({ status: fields.statusCode, body, retryAfterMs: wait, effect }, redact);
    return effect === 'write' && (doing.accepted || gateway.has(fields.statusCode)) ? replyLost(found.code) : found;
  }
  const network = networkFailure(thrown, effect);
  if (network !== undefined) return doing.accepted && effect === 'write' ? replyLost(network.code) : network;
  if (invalidHandle.test(message)) return invalidSession(effect);
  if (typeof fields.errorCode === 'string' && 'response' in fields) return operationStateFailure(fields, thrown, doing);
  if (fields.name === 'Status Error') return statementFailure(parseSqlError(message), doing.statement, effect, redact);
  const exhausted = /Hive driver: (\d{3}|.{1,40}?) when connecting/.exec(message)?.[1];
  if (exhausted !== undefined) {
    const status = Number(exhausted);
    if (effect === 'write') return databricksFailure('ReplyLost', { effect, code: `HTTP ${exhausted}` });
    return Number.isInteger(status)
      ? httpFailure({ status, body: '', retryAfterMs: undefined, effect }, redact)
      : databricksFailure('Offline', { effect, code: exhausted });
  }
  if (/timed out/i.test(message)) return databricksFailure(effect === 'write' ? 'ReplyLost' : 'TimedOut', { effect });
  // What is left could not be decoded. For a write that means: sent, and the answer is not known.
  return databricksFailure(effect === 'write' ? 'ReplyLost' : 'BadAnswer', {
    effect,
    detail: `The driver said: "${redact(message).slice(0, 300)}"`,
  });
};
