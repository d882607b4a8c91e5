// Answers of REST that are larger than what is taken at once, over real HTTPS: what is large costs itself, and nothing around it.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { Workspace } from '../../main/databricks/port.ts';
import { staticToken } from '../../main/databricks/token-source.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { clusterEventsCollector } from '../../main/lake/collectors/cluster-events.ts';
import { restRunsCollector } from '../../main/lake/collectors/rest-runs.ts';
import { restUpdatesCollector } from '../../main/lake/collectors/rest-updates.ts';
import { servingCollector } from '../../main/lake/collectors/serving.ts';
import { runCollector } from '../../main/lake/refresh.ts';
import { withSmallerPages } from '../../main/lake/smaller-pages.ts';
import { loadCertificate, type Certificate } from '../../main/practice/certificate.ts';
import { factsPage, sourceRow } from '../../main/store/lake.ts';
import type { Store } from '../../main/store/port.ts';
import type { JsonObject } from '../../shared/base/json.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { collectContext } from '../support/collect.ts';
import { databricksDeps, temporaryStore } from '../support/lakehouse.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const dir = mkdtempSync(join(tmpdir(), 'bw-large-'));
let certificate: Certificate;
const cleanups: (() => unknown)[] = [];
beforeAll(async () => {
  certificate = await loadCertificate(dir, { now: () => Date.now() });
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

type Asked = { readonly path: string; readonly query: URLSearchParams; readonly body: JsonObject };
/** A workspace that answers REST with `answer`; all that it was asked. */
const serving = async (
  answer: (asked: Asked) => JsonObject | null,
): Promise<{ workspace: Workspace; asked: Asked[] }> => {
  const asked: Asked[] = [];
  const server: Server = createServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const url = new URL(request.url ?? '/', 'https://x');
      const text = Buffer.concat(chunks).toString();
      const one = { path: url.pathname, query: url.searchParams, body: text === '' ? {} : (JSON.parse(text) as JsonObject) };
      asked.push(one);
      const body = answer(one);
      response.writeHead(body === null ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'not there' }));
    });
  }); // prettier-ignore
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const opened = openWorkspace(
    { kind: 'practice', name: 'large', host: '127.0.0.1', port, httpPath: '/', auth: staticToken('t'), caFile: certificate.caFile },
    databricksDeps(),
  ); // prettier-ignore
  if (!opened.ok) throw new Error(opened.error.what);
  cleanups.push(
    () => opened.value.close(),
    () => new Promise((done) => server.closeAllConnections() ?? server.close(done)),
  );
  return { workspace: opened.value, asked };
};

/** A page of `all` as a list of the REST API answers it: tokens are places in it. */
const pageOf = (all: readonly JsonObject[], key: string, size: number, token: string | null): JsonObject => {
  const from = token === null ? 0 : Number(token);
  const next = from + size;
  return { [key]: all.slice(from, next), ...(next < all.length ? { next_page_token: String(next) } : {}) };
};

const deviceOf = (): Store => {
  const { store, close } = temporaryStore();
  cleanups.push(close);
  return store;
};
const refresh = async (store: Store, collector: Collector, workspace: Workspace, scope: readonly string[]) => {
  const deps = { store, clock: { now: () => Date.now() }, log: () => undefined };
  const ids = { workspaceId: '7', metastoreId: 'ms', region: null };
  const done = await runCollector(deps, collector, {
    workspace, ids, options: {}, scope: new Map(scope.map((one, i) => [one as AssetId, i])),
  }); // prettier-ignore
  return { ...done, row: sourceRow(store.read, collector.source, '7') };
};
const idsOf = (store: Store, kind: 'run' | 'pipeline-update'): readonly string[] =>
  factsPage(store.read, { assets: null, kinds: [kind], from: null, to: null, before: null, limit: 100 })
    .map(({ id }) => id.split('/').at(-1)?.split('|').at(-1) ?? '')
    .sort();

const big = 'é0123456789abcd'.repeat(655_360);
const minute = 60_000;
const run = (n: number, more: JsonObject = {}): JsonObject => ({
  run_id: n, job_id: 5, run_name: `run ${n}`, start_time: Date.now() - n * minute, end_time: Date.now(),
  state: { life_cycle_state: 'TERMINATED', result_state: 'FAILED' }, ...more,
}); // prettier-ignore
const message = (n: number): JsonObject =>
  run(n, { state: { life_cycle_state: 'TERMINATED', result_state: 'FAILED', state_message: big } });
const runsFrom = (all: readonly JsonObject[]) => (asked: Asked): JsonObject | null =>
  asked.path === '/api/2.2/jobs/runs/list'
    ? pageOf(all.map(({ tasks, ...one }) => asked.query.get('expand_tasks') === 'true' && tasks !== undefined ? { ...one, tasks } : one), 'runs', Number(asked.query.get('limit')), asked.query.get('page_token'))
    : null; // prettier-ignore

it('two cells of 10 MB on one page are read in smaller pages: every run is kept, and nothing was left out', async () => {
  const { workspace, asked } = await serving(runsFrom([run(1), message(2), message(3), run(4), run(6), run(7)]));
  const store = deviceOf();
  const { failure, row } = await refresh(store, restRunsCollector, workspace, ['job|7|5']);
  expect(failure).toBeNull();
  expect(idsOf(store, 'run')).toEqual(['1', '2', '3', '4', '6', '7']);
  expect(row?.state).toBe('fresh');
  expect(row?.note ?? '').not.toContain('Left out');
  const sizes = asked.map(({ query }) => Number(query.get('limit')));
  expect(sizes[0]).toBe(24);
  expect(Math.min(...sizes)).toBe(1);
});

it('a run that alone is too large comes without its tasks, which is said', async () => {
  const tasks = [1, 2].map((n) => ({ task_key: `t${n}`, run_id: 90 + n, state: { state_message: big } }));
  const { workspace } = await serving(runsFrom([run(1), run(2, { tasks }), run(3)]));
  const store = deviceOf();
  const { failure, row } = await refresh(store, restRunsCollector, workspace, ['job|7|5']);
  expect(failure).toBeNull();
  expect(idsOf(store, 'run')).toEqual(['1', '2', '3']);
  expect(row?.note).toContain('Left out, since REST answers with more than 16 MiB: the tasks of run 2.');
  const packed = await withSmallerPages(restRunsCollector).collect(collectContext(workspace, store.read, ['job|7|5']));
  expect(packed).toMatchObject({ ok: true, value: { partly: true } });
});

it('an update that alone is too large costs what lies behind it: what is before it is kept, and it is looked for again', async () => {
  const update = (n: number, more: JsonObject = {}): JsonObject => ({
    update_id: `u${n}`, state: 'COMPLETED', creation_time: Date.now() - n * minute, ...more,
  }); // prettier-ignore
  let all = [update(1), update(2), update(3, { cause: big + big }), update(4)];
  const { workspace } = await serving(({ path, query }) => {
    if (path === '/api/2.0/pipelines/p') return { name: 'p', latest_updates: all.map(({ update_id, state }) => ({ update_id, state })) } as JsonObject; // prettier-ignore
    if (path.endsWith('/updates')) return pageOf(all, 'updates', Number(query.get('max_results')), query.get('page_token')); // prettier-ignore
    return path.endsWith('/events') ? { events: [] } : null;
  });
  const store = deviceOf();
  const first = await refresh(store, restUpdatesCollector, workspace, ['pipeline|7|p']);
  expect(first.failure).toBeNull();
  expect(idsOf(store, 'pipeline-update')).toEqual(['u1', 'u2']);
  expect(first.row?.note).toContain('Left out, since REST answers with more than 16 MiB: an entry of /api/2.0/pipelines/p/updates'); // prettier-ignore
  // Smaller now: nothing has run ahead of what is stored.
  all = [update(1), update(2), update(3), update(4)];
  const second = await refresh(store, restUpdatesCollector, workspace, ['pipeline|7|p']);
  expect(idsOf(store, 'pipeline-update')).toEqual(['u1', 'u2', 'u3', 'u4']);
  expect(second.row?.note ?? '').not.toContain('Left out');
});

it('a list that knows no pages says plainly what was too large', async () => {
  const { workspace } = await serving(({ path }) =>
    path === '/api/2.0/serving-endpoints' ? { endpoints: [{ name: 'a', description: big }, { name: 'b', description: big }] } : null,
  ); // prettier-ignore
  const { failure, row } = await refresh(deviceOf(), servingCollector, workspace, []);
  expect(failure).toMatchObject({ tag: 'BadAnswer', code: 'TOO_LARGE' });
  expect(row?.note).toContain('/api/2.0/serving-endpoints answered with more than 16 MiB.');
});

it('events of a cluster before one that is too large are kept, and the cluster does not count as gone', async () => {
  const at = Date.now() - 60 * minute;
  const event = (n: number, more: JsonObject = {}): JsonObject => ({
    cluster_id: 'c', timestamp: at + n * minute, type: 'DRIVER_NOT_RESPONDING', details: {}, ...more,
  }); // prettier-ignore
  const all = [event(1), event(2), event(3, { details: { text: big + big } }), event(4)];
  const { workspace } = await serving(({ path, body }) =>
    path === '/api/2.1/clusters/events'
      ? pageOf(all.filter(({ timestamp }) => Number(timestamp) >= Number(body['start_time'])), 'events', Number(body['page_size']), typeof body['page_token'] === 'string' ? body['page_token'] : null)
      : null,
  ); // prettier-ignore
  const { failure, row } = await refresh(deviceOf(), clusterEventsCollector, workspace, ['cluster|7|c']);
  expect(failure).toBeNull();
  expect(row?.note).toContain('an entry of /api/2.1/clusters/events');
  expect(row?.note).not.toContain('No longer there');
});
