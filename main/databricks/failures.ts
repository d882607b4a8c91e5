import { failure } from '../../shared/base/failure.ts';
import type { DatabricksFailure, DatabricksTag } from './port.ts';
import type { Redactor } from './redact.ts';

/** What a server said about a failed statement, taken from `[CLASS] text … SQLSTATE: x` and from the driver's fields. */
export type SqlError = { readonly errorClass?: string; readonly sqlState?: string; readonly text: string };

const safeReading = 'Nothing was changed in the workspace, and everything stored here stays usable.';
const safeWriting = 'Nothing is lost: what you wrote is stored on this disk.';
export const safeText = (effect: 'read' | 'write'): string => (effect === 'read' ? safeReading : safeWriting);

/** `[DELTA_X.Y] text SQLSTATE: 2D521` → its parts. Message texts vary by release; class and SQLSTATE do not (facts 2.4). */
export const parseSqlError = (message: string, sqlState?: string | null): SqlError => {
  const errorClass = /\[([A-Z][A-Z0-9_.]{1,200})\]/.exec(message)?.[1];
  const state = /SQLSTATE:\s*([0-9A-Z]{5})/.exec(message)?.[1] ?? (sqlState ? sqlState : undefined);
  return {
    text: message.replace(/\s+/g, ' ').trim(),
    ...(errorClass === undefined ? {} : { errorClass }),
    ...(state === undefined ? {} : { sqlState: state }),
  };
};

/** What a server said, at most so many characters of it. Secrets go first: of one that was cut nobody would know what it is. */
const shortly = (said: string, redact: Redactor, most: number): string => redact(said).slice(0, most);

const extras = (error: SqlError): Pick<DatabricksFailure, 'errorClass' | 'sqlState'> => ({
  ...(error.errorClass === undefined ? {} : { errorClass: error.errorClass }),
  ...(error.sqlState === undefined ? {} : { sqlState: error.sqlState }),
});

/** A statement that the server refused. Missing rights become `Forbidden`: the person can do something about them. */
export const statementFailure = (error: SqlError, statement: string, effect: 'read' | 'write', redact: Redactor) => {
  const code = [error.errorClass, error.sqlState].filter((part) => part !== undefined).join(' ');
  // Unity Catalog also says it without a class: "…UnauthorizedAccessException: PERMISSION_DENIED: User does not have …" (ibis issue 9038).
  const denied =
    error.sqlState === '42501' ||
    /^(?:INSUFFICIENT_PERMISSIONS|PERMISSION_DENIED|UNAUTHORIZED_ACCESS)/.test(error.errorClass ?? '') ||
    (error.errorClass === undefined && /\bPERMISSION_DENIED: /.test(error.text));
  const text = shortly(error.text, redact, 500);
  const base: DatabricksFailure = denied
    ? failure(
        'Forbidden',
        `The workspace did not allow "${statement}": ${text}`,
        safeText(effect),
        'Ask whoever administers the workspace for SELECT on what is named above.',
        code,
      )
    : failure(
        'StatementFailed',
        `The warehouse refused "${statement}": ${text}`,
        safeText(effect),
        'If it happens again, copy the code and look it up in the Databricks error list.',
        code,
      );
  return { ...base, ...extras(error) } satisfies DatabricksFailure;
};

/** Whether a session has ended on the server: the next statement needs a new one (facts 5.6). */
export const isInvalidSession = (found: DatabricksFailure): boolean => found.errorClass === 'INVALID_HANDLE';
export const invalidSession = (effect: 'read' | 'write'): DatabricksFailure => ({
  ...failure(
    'Unavailable',
    'The warehouse ended our session.',
    safeText(effect),
    'It is opened again with the next statement.',
    'INVALID_HANDLE',
  ),
  errorClass: 'INVALID_HANDLE',
});

/** Failures with fixed words. `detail` is appended to what happened. */
const words: Readonly<Record<DatabricksTag, readonly [what: string, advice: string]>> = {
  Offline: ['The workspace cannot be reached.', 'Go on working; check network, VPN or proxy. It is tried again later.'],
  Unauthorized: ['The workspace did not accept the token.', 'Put in a new token: it may have expired or been revoked.'],
  Forbidden: ['The workspace refused access.', 'Ask whoever administers it for the missing right.'],
  RateLimited: ['The workspace asks us to slow down.', 'Wait; it is tried again after the time that it named.'],
  Unavailable: ['The workspace answers that it is unavailable.', 'Wait a minute; it is tried again later.'],
  Starting: ['The SQL warehouse is starting.', 'Wait; a warehouse can take some minutes to start.'],
  StatementFailed: ['The warehouse refused a statement.', 'Copy the code and look it up in the Databricks error list.'],
  Cancelled: ['The statement was cancelled.', 'Start it again if it is still wanted.'],
  TimedOut: ['No answer came in time.', 'Try again; if it stays slow, look at the load of the SQL warehouse.'],
  ReplyLost: ['The connection broke before the answer arrived.', 'It is checked on the server whether it was done; never sent blindly again.'],
  BadCertificate: ['The certificate of the workspace cannot be trusted.', 'If your company inspects TLS, name its CA file in the connection; otherwise stop and ask.'],
  BadAnswer: ['The workspace gave an answer that cannot be read.', 'Check host and HTTP path: a proxy or sign-in page may answer in its place.'],
  NotConfigured: ['The connection is not complete or not allowed.', 'Correct it in the connection settings.'],
}; // prettier-ignore

export type Details = {
  readonly detail?: string;
  readonly code?: string;
  readonly retryAfterMs?: number;
  readonly effect?: 'read' | 'write';
  readonly advice?: string;
};

/** The failure for a tag, with its detail in plain words. Every text must already be free of secrets. */
export const databricksFailure = (tag: DatabricksTag, details: Details = {}): DatabricksFailure => {
  const [what, advice] = words[tag];
  const base: DatabricksFailure = failure(
    tag,
    details.detail === undefined ? what : `${what} ${details.detail}`,
    safeText(details.effect ?? 'read'),
    details.advice ?? advice,
    details.code,
  );
  return details.retryAfterMs === undefined ? base : { ...base, retryAfterMs: details.retryAfterMs };
};

/** `Retry-After` in seconds or as an HTTP date → milliseconds from `now`; undefined when absent or unreadable. */
export const retryAfter = (header: string | null | undefined, now: number): number | undefined => {
  if (header === null || header === undefined || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return seconds < 0 ? undefined : Math.round(seconds * 1000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
};

export type HttpAnswer = {
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs: number | undefined;
  readonly effect: 'read' | 'write';
};

/** What the server wrote in an error body: JSON of several shapes, HTML or plain text (facts 3.0). */
export const bodyMessage = (body: string): { readonly message: string; readonly errorCode?: string } => {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) {
      const fields = parsed as Record<string, unknown>;
      const text = [fields['message'], fields['detail'], fields['error_description'], fields['error']].find(
        (value) => typeof value === 'string',
      );
      const code = fields['error_code'];
      return {
        message: typeof text === 'string' ? text : '',
        ...(typeof code === 'string' ? { errorCode: code } : {}),
      };
    }
  } catch {
    // Not JSON: proxies and sign-in pages answer with HTML.
  }
  const plain = body
    .replace(/<[^>]{0,500}>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return { message: plain };
};

/**
 * A token that is no longer accepted is told by 403 as well as by 401, and by 400 for one of Entra: only the words tell it from a missing
 * right (n8n pull 34325, databricks-sdk-go issue 917, databricks-vscode issue 583, splunk-integration issue 55).
 */
const tokenRefused = /invalid access token|token (?:is |has )?expir|expiredjwt/i;

/** HTTP status → failure (facts 3.0; a stopped warehouse answers 503 while it starts, facts 5.6). */
export const httpFailure = (answer: HttpAnswer, redact: Redactor): DatabricksFailure => {
  const { status, effect } = answer;
  const { message, errorCode } = bodyMessage(answer.body);
  const said = shortly(message, redact, 300);
  const details: Details = {
    effect,
    code: ['HTTP', String(status), ...(errorCode === undefined ? [] : [shortly(errorCode, redact, 100)])].join(' '),
    ...(said === '' ? {} : { detail: `It said: "${said}"` }),
    ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
  };
  if (status === 401 || ((status === 400 || status === 403) && tokenRefused.test(message)))
    return databricksFailure('Unauthorized', details);
  if (status === 403) return databricksFailure('Forbidden', details);
  if (status === 404) return databricksFailure('NotConfigured', details);
  if (status === 429) return databricksFailure('RateLimited', details);
  if (status === 503 && /start|resum|provision|not ready/i.test(message)) return databricksFailure('Starting', details);
  if (status >= 500) return databricksFailure('Unavailable', details);
  return databricksFailure('BadAnswer', details);
};

/** An answer that transport.ts refuses for its size. A smaller page of the same list may pass. */
export const answerTooLarge = (path: string, effect: 'read' | 'write'): DatabricksFailure =>
  databricksFailure('BadAnswer', {
    effect,
    detail: `${path} answered with more than 16 MiB.`,
    advice: 'Everything else is read; this comes when it is smaller.',
    code: 'TOO_LARGE',
  });
export const isTooLarge = ({ code }: Pick<DatabricksFailure, 'code'>): boolean => code === 'TOO_LARGE';

/** No such path in this workspace, or one that it does not implement; a body without a code is no answer of the service (docs: api/errors). */
export const isNoEndpoint = ({ code = '' }: Pick<DatabricksFailure, 'code'>): boolean =>
  /^HTTP (?:404(?: ENDPOINT_NOT_FOUND)?$|501\b)/.test(code);
