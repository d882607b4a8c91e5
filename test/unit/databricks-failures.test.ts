import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyMessage, httpFailure, parseSqlError, retryAfter } from '../../main/databricks/failures.ts';
import { parseExact } from '../../main/databricks/exact-json.ts';
import { backoff, defaultLimits } from '../../main/databricks/deps.ts';
import { oauthFailure } from '../../main/databricks/oauth-http.ts';
import { makeRedactor } from '../../main/databricks/redact.ts';
import { distinctColumns, textRows } from '../../main/databricks/rows.ts';
import { statementKinds } from '../../main/databricks/statements.ts';
import { failureOf, type Doing } from '../../main/databricks/thrown.ts';
import '../../main/lake/sources.ts';

const token = 'dapiCANARY0123456789';
const redact = makeRedactor(() => [token]);
const doing = (effect: 'read' | 'write', accepted = false): Doing => ({
  statement: 'test',
  effect,
  redact,
  now: 0,
  accepted,
});
const http = (status: number, body = '', headers: Record<string, string> = {}) => ({
  message: `Received a response with a bad HTTP status code: ${status}`,
  statusCode: status,
  response: { headers: { get: (name: string) => headers[name] ?? null }, text: () => Promise.resolve(body) },
});

describe('what the driver throws', () => {
  it('StatusError, which is no Error', async () => {
    const thrown = {
      name: 'Status Error',
      message: '[PARSE_SYNTAX_ERROR] Syntax error at FROM. SQLSTATE: 42601',
      code: -1,
    };
    expect(await failureOf(thrown, doing('read'))).toMatchObject({
      tag: 'StatementFailed',
      errorClass: 'PARSE_SYNTAX_ERROR',
      sqlState: '42601',
    });
  });

  it('OperationStateError with its SQLSTATE, cancelled, timed out, closed', async () => {
    const thrown = (errorCode: string, more: object = {}) =>
      Object.assign(new Error('x'), { errorCode, response: more });
    const conflict = { sqlState: '2D521', displayMessage: '[DELTA_CONCURRENT_APPEND.WITHOUT_HINT] conflict' };
    expect(await failureOf(thrown('ERROR', conflict), doing('write', true))).toMatchObject({
      tag: 'StatementFailed',
      errorClass: 'DELTA_CONCURRENT_APPEND.WITHOUT_HINT',
      sqlState: '2D521',
    });
    expect(await failureOf(thrown('CANCELED'), doing('read'))).toMatchObject({ tag: 'Cancelled' });
    expect(await failureOf(thrown('TIMEOUT'), doing('read'))).toMatchObject({ tag: 'TimedOut' });
    for (const code of ['CANCELED', 'TIMEOUT', 'CLOSED', 'UNKNOWN'])
      expect(await failureOf(thrown(code), doing('write', true))).toMatchObject({ tag: 'ReplyLost' });
  });

  it.each([
    [403, '{"error_code":403,"message":"Invalid access token. [ReqId: 1]"}'],
    [403, '<html><body><h2>HTTP ERROR 403</h2><pre>    Invalid access token.</pre></body></html>'],
    [403, '{"error_code":"403","message":"Token is expiring within 30 seconds. (token expired)"}'],
    [400, 'io.jsonwebtoken.ExpiredJwtException: JWT expired'],
    [401, '{"error_code":401,"message":"Token is expired"}'],
  ])('HTTP %i that means the token is not a missing right: %s', (status, body) => {
    expect(httpFailure({ status, body, retryAfterMs: undefined, effect: 'read' }, redact).tag).toBe('Unauthorized');
  });

  it('a refusal of the SQL endpoint is told by its header, where the body is a Thrift message or empty', async () => {
    const said = { 'x-thriftserver-error-message': 'Invalid access token' };
    expect((await failureOf(http(403, '\u0000\u0001binary', said), doing('read'))).tag).toBe('Unauthorized');
    const phrase = { 'x-databricks-reason-phrase': 'Invalid access token.' };
    expect((await failureOf(http(403, '', phrase), doing('read'))).tag).toBe('Unauthorized');
    const starting = { 'x-thriftserver-error-message': 'The warehouse is starting' };
    expect((await failureOf(http(503, '', starting), doing('read'))).tag).toBe('Starting');
  });

  it.each([
    "com.databricks.sql.managedcatalog.acl.UnauthorizedAccessException: PERMISSION_DENIED: User does not have USE SCHEMA on Schema 'system.access'.",
    '[UNAUTHORIZED_ACCESS] Unauthorized access: User does not have SELECT on Table',
    "[INSUFFICIENT_PERMISSIONS] Insufficient privileges: User does not have USE SCHEMA on Schema 'system.billing'. SQLSTATE: 42501",
  ])('a missing right in whichever words is a missing right: %s', async (message) => {
    expect((await failureOf({ name: 'Status Error', message }, doing('read'))).tag).toBe('Forbidden');
  });

  it.each([
    [401, 'Unauthorized', 'Unauthorized'], [403, 'Forbidden', 'Forbidden'], [404, 'NotConfigured', 'NotConfigured'],
    [429, 'RateLimited', 'RateLimited'], [500, 'Unavailable', 'ReplyLost'], [502, 'Unavailable', 'ReplyLost'], [503, 'Unavailable', 'Unavailable'], [504, 'Unavailable', 'ReplyLost'],
    [302, 'BadAnswer', 'BadAnswer'],
  ])('HTTP %i: a read %s, a write %s', async (status, readTag, writeTag) => {
    expect((await failureOf(http(status), doing('read'))).tag).toBe(readTag);
    expect((await failureOf(http(status), doing('write'))).tag).toBe(writeTag);
    // Once the server has taken a write, no HTTP answer says any more that it was not done.
    expect((await failureOf(http(status), doing('write', true))).tag).toBe('ReplyLost');
  }); // prettier-ignore

  it('a starting warehouse, Retry-After, and the words of the server', async () => {
    const body = '{"error_code":"TEMPORARILY_UNAVAILABLE","message":"The warehouse is starting."}';
    expect(await failureOf(http(503, body), doing('read'))).toMatchObject({
      tag: 'Starting',
      code: 'HTTP 503 TEMPORARILY_UNAVAILABLE',
    });
    expect(await failureOf(http(429, '', { 'retry-after': '7' }), doing('read'))).toMatchObject({
      retryAfterMs: 7_000,
    });
  });

  it.each([
    ['ECONNREFUSED', 'Offline', 'Offline'], ['ENOTFOUND', 'Offline', 'Offline'], ['ECONNRESET', 'Offline', 'ReplyLost'],
    ['EPIPE', 'Offline', 'ReplyLost'], ['CERT_HAS_EXPIRED', 'BadCertificate', 'BadCertificate'], ['DEPTH_ZERO_SELF_SIGNED_CERT', 'BadCertificate', 'BadCertificate'],
  ])('network error %s: a read %s, a write %s', async (code, readTag, writeTag) => {
    const thrown = Object.assign(new Error(`request failed, reason: ${code}`), { name: 'FetchError', type: 'system', code });
    expect((await failureOf(thrown, doing('read'))).tag).toBe(readTag);
    expect((await failureOf(thrown, doing('write'))).tag).toBe(writeTag);
  }); // prettier-ignore

  it('an ended session', async () => {
    expect(
      await failureOf({ name: 'Status Error', message: 'Invalid SessionHandle: SessionHandle [x]' }, doing('read')),
    ).toMatchObject({ errorClass: 'INVALID_HANDLE' });
  });

  it('missing rights are Forbidden, with whatever they are missing on', async () => {
    const thrown = {
      name: 'Status Error',
      message: '[INSUFFICIENT_PERMISSIONS] User lacks SELECT on system.access.audit. SQLSTATE: 42501',
    };
    const found = await failureOf(thrown, doing('read'));
    expect(found.tag).toBe('Forbidden');
    expect(found.what).toContain('system.access.audit');
  });

  it('never lets a token through, whatever is thrown', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.anything(),
        fc.constantFrom('read', 'write' as const),
        fc.boolean(),
        async (value, effect, accepted) => {
          const wrapped = [
            value,
            new Error(`${token} ${String(typeof value)}`),
            http(400, `{"message":"Bearer ${token}"}`),
            { name: 'Status Error', message: `[X] ${token}` },
          ];
          for (const thrown of wrapped)
            expect(JSON.stringify(await failureOf(thrown, doing(effect, accepted)))).not.toContain('CANARY');
        },
      ),
      {
        numRuns: 200,
        // Found by this test: what is thrown may be unable to become text.
        examples: [
          [{ toString: 0 }, 'read', false],
          [Object.create(null), 'write', true],
          [{ message: { toString: 0 } }, 'read', false],
        ],
      },
    );
  });
});

it('a secret that lies where words are cut is taken out before, also from codes', async () => {
  // No form of a token that is known: only its value tells it.
  const secret = 'CANARY/without~a+form=0123456789';
  const byValue = makeRedactor(() => [secret]);
  for (let before = 0; before < 520; before += 5) {
    const said = `${'x'.repeat(before)} ${secret}`;
    const body = JSON.stringify({ message: said, error_code: `${'X'.repeat(before % 110)}${secret}` });
    const failures = [
      httpFailure({ status: 403, body, retryAfterMs: undefined, effect: 'read' }, byValue),
      httpFailure({ status: 500, body: `<p>${said}</p>`, retryAfterMs: undefined, effect: 'read' }, byValue),
      await failureOf({ name: 'Status Error', message: `[X] ${said}` }, { ...doing('read'), redact: byValue }),
      oauthFailure(new Error(said), [secret]),
    ];
    expect(JSON.stringify(failures), String(before)).not.toContain('CANARY');
  }
});

describe('pieces', () => {
  it('SQL errors: class and SQLSTATE, wherever they stand', () => {
    expect(parseSqlError('no class here')).toEqual({ text: 'no class here' });
    expect(parseSqlError('[A_B.C] x', '12345')).toMatchObject({ errorClass: 'A_B.C', sqlState: '12345' });
  });

  it('Retry-After as seconds and as a date, nonsense ignored', () => {
    expect(retryAfter('10', 0)).toBe(10_000);
    expect(retryAfter('Thu, 01 Jan 1970 00:00:30 GMT', 10_000)).toBe(20_000);
    expect(retryAfter('Thu, 01 Jan 1970 00:00:30 GMT', 60_000)).toBe(0);
    for (const bad of [null, undefined, '', '-5', 'soon']) expect(retryAfter(bad, 0)).toBeUndefined();
  });

  it('error bodies: JSON of several shapes, HTML, text, nothing', () => {
    expect(bodyMessage('{"error_code":"X","message":"m"}')).toEqual({ message: 'm', errorCode: 'X' });
    expect(bodyMessage('{"detail":"d"}').message).toBe('d');
    expect(bodyMessage('<html><pre>oh no</pre></html>').message).toBe('oh no');
    expect(bodyMessage('').message).toBe('');
    expect(httpFailure({ status: 400, body: '[1]', retryAfterMs: undefined, effect: 'read' }, redact).tag).toBe(
      'BadAnswer',
    );
  });

  it('the redactor knows the token in every dress', () => {
    for (const dressed of [
      token,
      encodeURIComponent(token),
      new URLSearchParams({ x: token }).toString().slice(2),
      Buffer.from(token).toString('base64'),
      Buffer.from(`token:${token}`).toString('base64'),
      `Bearer ${token}`,
      'dapi0123456789abcdef0123456789abcdef',
    ])
      expect(redact(`x ${dressed} y`)).toMatch(/^x <redacted> y$/);
    expect(redact('an ordinary sentence')).toBe('an ordinary sentence');
  });

  it('whole numbers beyond 2^53 in JSON stay exact, as text', () => {
    expect(parseExact('{"a":9007199254740993,"b":[12,-9007199254740993],"c":1.5,"d":"x"}')).toEqual({
      ok: true, value: { a: '9007199254740993', b: [12, '-9007199254740993'], c: 1.5, d: 'x' },
    }); // prettier-ignore
    expect(parseExact('{').ok).toBe(false);
  });

  it('waits between retries grow, are capped, and differ', () => {
    const at = (attempt: number, byte: number) => backoff(defaultLimits, attempt, (n) => new Uint8Array(n).fill(byte));
    expect(at(0, 0)).toBe(250);
    expect(at(0, 255)).toBe(500);
    expect(at(50, 255)).toBeLessThanOrEqual(defaultLimits.retryCapMs);
  });

  it('rows: values as text, a missing one means cut off, equal names are refused', () => {
    expect(textRows([{ a: 1, b: null, c: { x: 1 }, d: true }], ['a', 'b', 'c', 'd'])).toEqual({
      ok: true,
      value: [{ a: '1', b: null, c: '{"x":1}', d: 'true' }],
    });
    expect(textRows([{ a: 1 }], ['a', 'b']).ok).toBe(false);
    // Names that objects have by themselves.
    for (const name of ['constructor', 'toString', '__proto__'])
      expect(textRows([{ a: '1' }], ['a', name]).ok).toBe(false);
    expect(textRows([{ constructor: 'x' }], ['constructor'])).toEqual({ ok: true, value: [{ constructor: 'x' }] });
    expect(textRows([{ a: Infinity }], ['a']).ok).toBe(false);
    expect(textRows([{ a: 2 ** 60 }], ['a']).ok).toBe(false);
    expect(distinctColumns(['a', 'a']).ok).toBe(false);
  });

  it('every statement kind is declared once, with its effect and purpose; the lake only reads', () => {
    const kinds = statementKinds();
    expect(kinds.length).toBeGreaterThan(10);
    expect(new Set(kinds.map((one) => one.name)).size).toBe(kinds.length);
    expect(kinds.filter((one) => one.name.startsWith('lake.') && one.effect !== 'read')).toEqual([]);
    expect(kinds.every((one) => one.purpose.length > 10)).toBe(true);
  });
});
