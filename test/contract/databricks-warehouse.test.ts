import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensure } from '../../shared/base/assert.ts';
import type { DatabricksFailure, Statement, Workspace } from '../../main/databricks/port.ts';
import { EngineError } from '../../main/practice/engine-port.ts';
import { T } from '../../main/practice/thrift/generated.ts';
import { runMessage } from '../../main/practice/thrift/http.ts';
import { failed, type Handler } from '../../main/practice/thrift/wire.ts';
import { practiceWorkspace } from '../support/lakehouse.ts';
import { startPractice, type Practice } from '../support/practice.ts';

/** The unmodified driver over TLS against the practice lakehouse, with its buttons pressed. */
let practice: Practice;
const opened: Workspace[] = [];
const logged: string[] = [];
const open = (
  change: Parameters<typeof practiceWorkspace>[1] = {},
  deps: Parameters<typeof practiceWorkspace>[2] = {},
): Workspace => {
  const workspace = practiceWorkspace(practice, change, {
    log: (level, line) => logged.push(`${level} ${line}`),
    ...deps,
  });
  opened.push(workspace);
  return workspace;
};
const read = (text: string, parameters?: Statement['parameters']): Statement => ({
  name: 'test.read', text, effect: 'read', ...(parameters === undefined ? {} : { parameters }),
}); // prettier-ignore
const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const write = (text: string): Statement => ({ name: 'test.write', text, effect: 'write' });
const failureOf = (result: { ok: boolean; error?: DatabricksFailure }): DatabricksFailure =>
  ensure(result.ok ? null : result.error, `expected a failure, got ${JSON.stringify(result)}`);

beforeAll(async () => {
  practice = await startPractice({ seed: 7 });
});
afterEach(async () => {
  await practice.control({ release: true });
  await Promise.all(opened.splice(0).map((one) => one.close()));
});
afterAll(async () => {
  await practice.close();
});

describe('values', () => {
  it('come back as text without losing digits, and null stays null', async () => {
    const found = await open().warehouse.query(
      read(
        `SELECT CAST(9007199254740993 AS STRING) AS id, CAST(CAST(12345678901234567890.12 AS DECIMAL(38, 2)) AS STRING) AS amount,
           CAST(unix_micros(TIMESTAMP '2026-11-23 01:02:03.456789') AS STRING) AS at, CAST(NULL AS STRING) AS nothing, TRUE AS yes, 1 AS one`,
      ),
    );
    expect(found.ok && found.value.rows).toEqual([
      {
        id: '9007199254740993',
        amount: '12345678901234567890.12',
        at: '1795395723456789',
        nothing: null,
        yes: 'true',
        one: '1',
      },
    ]);
    expect(found.ok && found.value.columns).toEqual(['id', 'amount', 'at', 'nothing', 'yes', 'one']);
  });

  it('a number that the driver has rounded is refused instead of stored', async () => {
    const failure = failureOf(await open().warehouse.query(read('SELECT CAST(9007199254740993 AS BIGINT) AS id')));
    expect(failure.tag).toBe('BadAnswer');
    expect(failure.what).toContain('id');
  });

  it('named parameters arrive unchanged, whatever they contain', async () => {
    const values = ["it's \\ ${a} :y", 'a`b"c', '-- no; DROP', '\u202eevil\u0000'.replace('\u0000', ''), '', '日本'];
    const warehouse = open().warehouse;
    for (const value of values) {
      const found = await warehouse.query(
        read('SELECT :p AS p, :n AS n', { p: value, n: { type: 'BIGINT', value: '42' } }),
      );
      expect(found.ok && found.value.rows[0]).toEqual({ p: value, n: '42' });
    }
  });

  it('rows arrive in pages, all of them once, in order', async () => {
    let count = 0;
    let pages = 0;
    for await (const page of open().warehouse.pages(read('SELECT CAST(range AS STRING) AS n FROM range(25000)'))) {
      if (!page.ok) throw new Error(page.error.what);
      pages += 1;
      for (const row of page.value.rows) expect(row['n']).toBe(String(count++));
    }
    expect(count).toBe(25_000);
    expect(pages).toBeGreaterThan(1);
  });

  it('takes at most `maxRows`', async () => {
    const found = await open().warehouse.query(read('SELECT CAST(range AS STRING) AS n FROM range(500)'), {
      maxRows: 120,
    });
    expect(found.ok && found.value.rows.length).toBe(120);
  });

  it('an empty result has its columns and ends', async () => {
    const found = await open().warehouse.query(
      read(`SELECT job_id, run_id FROM system.lakeflow.job_run_timeline LIMIT 0`),
    );
    expect(found.ok && found.value).toMatchObject({ columns: ['job_id', 'run_id'], rows: [] });
  });
});

describe('settings of a session', () => {
  /** A workspace in front of practice that refuses a session with a setting that it does not know, as Databricks does. */
  const knowingNot = async (...names: readonly string[]): Promise<{ port: number; asked: string[][]; close: () => void }> => {
    const files = { key: readFileSync(join(practice.dir, 'key.pem')), cert: practice.ca };
    const asked: string[][] = [];
    const refuse = (name: string): Handler['OpenSession'] => () => {
      const unknown = new EngineError('CONFIG_NOT_AVAILABLE.WITHOUT_SUGGESTION', '42K0I', `Configuration ${name} is not available.`);
      return Promise.resolve(new T.TOpenSessionResp({ status: failed(unknown), serverProtocolVersion: T.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V8 }));
    };
    const server = createServer(files, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        const body = Buffer.concat(chunks);
        const opens = body.includes('OpenSession');
        if (opens) asked.push(['QUERY_TAGS', 'STATEMENT_TIMEOUT', 'TIMEZONE'].filter((name) => body.includes(name)));
        const unknown = opens ? names.find((name) => body.includes(name)) : undefined;
        if (unknown !== undefined)
          return void runMessage({ OpenSession: refuse(unknown) } as Handler, body).then((reply) => {
            response.writeHead(200, { 'content-type': 'application/x-thrift' });
            response.end(reply);
          });
        const { host: _, ...headers } = request.headers;
        const options = { host: practice.host, port: practice.port, path: request.url, method: request.method, headers, ca: practice.ca };
        httpsRequest(options, (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        }).end(body);
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return { port: portOf(server), asked, close: () => server.close() };
  }; // prettier-ignore

  it.each([
    [['QUERY_TAGS'], [['QUERY_TAGS', 'STATEMENT_TIMEOUT', 'TIMEZONE'], ['STATEMENT_TIMEOUT', 'TIMEZONE']]],
    [['QUERY_TAGS', 'STATEMENT_TIMEOUT'], [['QUERY_TAGS', 'STATEMENT_TIMEOUT', 'TIMEZONE'], ['STATEMENT_TIMEOUT', 'TIMEZONE'], ['TIMEZONE']]],
  ])('a workspace that does not know %j is read all the same', async (unknown, wishes) => {
    const there = await knowingNot(...unknown);
    const workspace = open({ port: there.port });
    const found = await workspace.warehouse.query(read('SELECT CAST(1 AS STRING) AS one'));
    expect(found.ok && found.value.rows).toEqual([{ one: '1' }]);
    expect(there.asked).toEqual(wishes);
    there.close();
  }); // prettier-ignore

  it('its time zone is never left out: times would be others', async () => {
    const there = await knowingNot('TIMEZONE');
    const failure = failureOf(await open({ port: there.port }).warehouse.query(read('SELECT 1 AS one')));
    expect(failure).toMatchObject({ tag: 'StatementFailed', errorClass: 'CONFIG_NOT_AVAILABLE.WITHOUT_SUGGESTION' });
    there.close();
  });
});

describe('failures', () => {
  it('a refused statement names class and SQLSTATE', async () => {
    const failure = failureOf(await open().warehouse.query(read('SELECT * FROM nowhere.at.all')));
    expect(failure).toMatchObject({ tag: 'StatementFailed', errorClass: 'TABLE_OR_VIEW_NOT_FOUND', sqlState: '42P01' });
    expect(failureOf(await open().warehouse.query(read('SELEKT 1'))).sqlState).toBe('42601');
  });

  it.each([
    [401, 'Unauthorized'],
    [403, 'Forbidden'],
  ] as const)('HTTP %i is %s, at once', async (code, tag) => {
    await practice.control({ status: { code } });
    expect(failureOf(await open().warehouse.query(read('SELECT 1 AS one'))).tag).toBe(tag);
    expect(failureOf(await open().rest.call({ method: 'GET', path: '/api/2.0/preview/scim/v2/Me' })).tag).toBe(tag);
  });

  it('a wrong token is refused, and no text holds a token', async () => {
    const token = 'dapi0123456789abcdefCANARY';
    const workspace = open({ token });
    const failures = [
      failureOf(await workspace.warehouse.query(read('SELECT 1 AS one'))),
      failureOf(await workspace.rest.call({ method: 'GET', path: '/api/2.0/preview/scim/v2/Me' })),
      failureOf(await workspace.identity()),
    ];
    expect(failures.map((one) => one.tag)).toEqual(['Unauthorized', 'Unauthorized', 'Unauthorized']);
    const everything = JSON.stringify(failures) + logged.join('\n');
    expect(everything).not.toContain('CANARY');
    expect(everything).not.toContain(practice.token);
  });

  it('429 is repeated after the time that it names, not before', async () => {
    await practice.control({ status: { code: 429, retryAfter: 1, on: 'sql', count: 2 } });
    const began = Date.now();
    const found = await open().warehouse.query(read('SELECT 1 AS one'));
    expect(found.ok).toBe(true);
    expect(Date.now() - began).toBeGreaterThanOrEqual(2_000);
  });

  it('429 that outlasts the wait is told with its time', async () => {
    await practice.control({ status: { code: 429, retryAfter: 600 } });
    const failure = failureOf(await open().warehouse.query(read('SELECT 1 AS one'), { timeoutMs: 3_000 }));
    expect(failure).toMatchObject({ tag: 'RateLimited', retryAfterMs: 600_000 });
  });

  it('503 while a warehouse starts is waited for', async () => {
    await practice.control({ status: { code: 503, retryAfter: null, on: 'sql', count: 3 } });
    expect((await open().warehouse.query(read('SELECT 1 AS one'))).ok).toBe(true);
  });

  it('a cold start is waited for, within the limit', async () => {
    await practice.control({ coldStartMs: 1_500 });
    expect((await open().warehouse.query(read('SELECT 1 AS one'))).ok).toBe(true);
    await practice.control({ coldStartMs: 20_000 });
    const failure = failureOf(await open().warehouse.query(read('SELECT 1 AS one'), { timeoutMs: 700 }));
    expect(failure.tag).toBe('TimedOut');
  });

  it('no connection is Offline, quickly', async () => {
    await practice.control({ disconnected: true });
    const began = Date.now();
    expect(failureOf(await open().warehouse.query(read('SELECT 1 AS one'))).tag).toBe('Offline');
    expect(failureOf(await open().rest.call({ method: 'GET', path: '/api/2.0/preview/scim/v2/Me' })).tag).toBe(
      'Offline',
    );
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(failureOf(await open({ port: 1 }).warehouse.query(read('SELECT 1 AS one')))).toMatchObject({
      tag: 'Offline',
      code: 'ECONNREFUSED',
    });
  });

  it('a certificate that nobody vouches for is refused', async () => {
    const other = join(practice.dir, 'not-a-ca.pem');
    writeFileSync(other, 'nonsense');
    expect(failureOf(await openWithout().warehouse.query(read('SELECT 1 AS one'))).tag).toBe('BadCertificate');
    expect(failureOf(await openWithout().rest.call({ method: 'GET', path: '/x' })).tag).toBe('BadCertificate');
    expect(
      failureOf(await open({ caFile: join(practice.dir, 'gone.pem') }).warehouse.query(read('SELECT 1 AS one'))).tag,
    ).toBe('NotConfigured');
  });

  const openWithout = (): Workspace => {
    const workspace = practiceWorkspace({ ...practice, caFile: undefined as unknown as string });
    opened.push(workspace);
    return workspace;
  };
});

describe('repeating', () => {
  it('a read whose reply is lost is read again', async () => {
    const { warehouse } = open();
    expect((await warehouse.query(read('SELECT 1 AS one'))).ok).toBe(true);
    await practice.control({ loseReply: { pattern: 'AS lost', count: 1 } });
    const found = await warehouse.query(read('SELECT 7 AS lost'));
    expect(found.ok && found.value.rows).toEqual([{ lost: '7' }]);
  });

  it('a write whose reply is lost is sent once and told as such', async () => {
    const { warehouse } = open();
    const table = `${practice.catalog}.default.lost_reply`;
    expect((await warehouse.query(write(`CREATE TABLE ${table} (n INT) USING DELTA`))).ok).toBe(true);
    await practice.control({ loseReply: { pattern: 'INSERT', count: 1 } });
    expect(failureOf(await warehouse.query(write(`INSERT INTO ${table} VALUES (1)`))).tag).toBe('ReplyLost');
    const found = await warehouse.query(read(`SELECT CAST(count(*) AS STRING) AS n FROM ${table}`));
    expect(found.ok && found.value.rows).toEqual([{ n: '1' }]);
  });

  it('a session that the server ended is replaced for reads', async () => {
    const { warehouse } = open();
    expect((await warehouse.query(read('SELECT 1 AS one'))).ok).toBe(true);
    await practice.control({ expireSessions: true });
    expect((await warehouse.query(read('SELECT 2 AS two'))).ok).toBe(true);
    await practice.control({ expireSessions: true });
    expect(failureOf(await warehouse.query(write('CREATE SCHEMA nope.nope'))).errorClass).toBe('INVALID_HANDLE');
    expect((await warehouse.query(read('SELECT 3 AS three'))).ok).toBe(true);
  });

  it('comes back by itself when the connection does', async () => {
    const { warehouse } = open();
    expect((await warehouse.query(read('SELECT 1 AS one'))).ok).toBe(true);
    await practice.control({ disconnected: true });
    expect(failureOf(await warehouse.query(read('SELECT 2 AS two'))).tag).toBe('Offline');
    await practice.control({ disconnected: false });
    expect((await warehouse.query(read('SELECT 3 AS three'))).ok).toBe(true);
  });
});

describe('stopping', () => {
  it('an abort ends a running statement at once and leaves nothing open on the server', async () => {
    const { warehouse } = open();
    expect((await warehouse.query(read('SELECT 1 AS one'))).ok).toBe(true);
    const controller = new AbortController();
    const slow = warehouse.query(
      read(
        'SELECT CAST(count(*) AS STRING) AS n FROM range(100000000) a CROSS JOIN range(10000) b WHERE a.range % 7 = b.range % 5',
      ),
      { signal: controller.signal },
    );
    setTimeout(() => controller.abort(), 600);
    const began = Date.now();
    expect(failureOf(await slow).tag).toBe('Cancelled');
    expect(Date.now() - began).toBeLessThan(5_000);
    await expect.poll(() => practice.server.openOperations(), { timeout: 10_000 }).toBe(0);
    expect((await warehouse.query(read('SELECT 2 AS two'))).ok).toBe(true);
  });

  it('a statement that takes too long is TimedOut', async () => {
    const { warehouse } = open();
    expect((await warehouse.query(read('SELECT 1 AS one'))).ok).toBe(true);
    const slow = read(
      'SELECT CAST(count(*) AS STRING) AS n FROM range(100000000) a CROSS JOIN range(10000) b WHERE a.range % 7 = b.range % 5',
    );
    expect(failureOf(await warehouse.query(slow, { timeoutMs: 700 })).tag).toBe('TimedOut');
    await expect.poll(() => practice.server.openOperations(), { timeout: 10_000 }).toBe(0);
  });

  it('a closed workspace answers instead of hanging', async () => {
    const workspace = open();
    await workspace.close();
    expect(failureOf(await workspace.warehouse.query(read('SELECT 1 AS one'))).tag).toBe('Cancelled');
  });
});

describe('who and where', () => {
  it('names workspace, metastore and user', async () => {
    const found = await open().identity();
    expect(found.ok && found.value).toEqual({
      workspaceId: practice.server.world.workspaceId,
      metastoreId: practice.server.world.metastoreId,
      user: practice.server.world.defaultUser,
      region: 'practice:local',
    });
  });

  it('finds the region by one statement where the summary of the metastore may not be read, and asks it for nothing else', async () => {
    for (const denied of [false, true]) {
      if (denied) await practice.control({ deny: { pattern: 'unity-catalog/metastore_summary', count: null } });
      const workspace = open();
      const asked: string[] = [];
      const found = await workspace.identity(undefined, {
        ...workspace.warehouse,
        query: (statement, options) => {
          asked.push(statement.text);
          return workspace.warehouse.query(statement, options);
        },
      });
      expect(found).toMatchObject({ ok: true, value: { region: 'practice:local', metastoreId: practice.server.world.metastoreId } });
      expect(asked).toEqual(denied ? ['SELECT current_metastore() AS metastore'] : []);
    }
    await practice.control({ release: true });
  }); // prettier-ignore

  it('does not follow a redirect: the token stays with its host', async () => {
    const asked: (string | undefined)[] = [];
    const files = { key: readFileSync(join(practice.dir, 'key.pem')), cert: practice.ca };
    const elsewhere = createServer(files, (request, response) => {
      asked.push(request.headers.authorization);
      response.end('{}');
    });
    const here = createServer(files, (_, response) => {
      response.writeHead(307, { location: `https://127.0.0.1:${portOf(elsewhere)}/api` });
      response.end();
    });
    await Promise.all(
      [elsewhere, here].map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))),
    );
    const failure = failureOf(await open({ port: portOf(here) }).rest.call({ method: 'GET', path: '/api' }));
    expect(failure).toMatchObject({ tag: 'BadAnswer', code: 'HTTP 307' });
    expect(asked).toEqual([]);
    here.close();
    elsewhere.close();
  });

  it('a path that is not there is told as such', async () => {
    const failure = failureOf(await open().rest.call({ method: 'GET', path: '/api/nowhere' }));
    expect(failure).toMatchObject({ tag: 'NotConfigured', code: 'HTTP 404 ENDPOINT_NOT_FOUND' });
  });
});
