import { afterEach, describe, expect, it } from 'vitest';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { detectSignals } from '../../main/detect/detectors.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { DatabricksFailure, RestRequest, TextRow } from '../../main/databricks/port.ts';
import { pipelineUpdatesCollector } from '../../main/lake/collectors/pipeline-updates.ts';
import { restUpdatesCollector } from '../../main/lake/collectors/rest-updates.ts';
import { createLake } from '../../main/lake/lake.ts';
import { putAsset } from '../../main/store/lake.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const minute = 60_000;

type Update = { readonly id: string; readonly at: number; state: string; end: number | null };
/** The part of the pipelines API that is used, as facts 3.2 describe it. */
type Service = {
  updates: Update[];
  hidden: ReadonlySet<string>;
  eventsFail?: boolean;
  forgets?: boolean;
  noise?: number;
};
const answer = (service: Service, { path, query = {} }: RestRequest): Result<unknown, DatabricksFailure> => {
  const [pipeline = '', part, update] = path.replace('/api/2.0/pipelines/', '').split('/');
  if (service.hidden.has(pipeline)) return err(databricksFailure('Forbidden', { code: 'HTTP 403' }));
  const all = [...service.updates].sort((a, b) => b.at - a.at);
  const info = (one: Update) => ({ update_id: one.id, pipeline_id: pipeline, state: one.state, cause: 'JOB_TASK', full_refresh: false, cluster_id: 'c-1', creation_time: one.at, config: { configuration: { key: 'hush' } } }); // prettier-ignore
  const paged = (key: string, items: readonly unknown[]) => {
    const from = Number(query['page_token'] ?? 0);
    const size = Number(query['max_results']);
    return ok({ [key]: items.slice(from, from + size), ...(from + size < items.length ? { next_page_token: String(from + size) } : {}) }); // prettier-ignore
  };
  if (part === undefined)
    return ok({ name: 'sales', latest_updates: all.slice(0, 3).map((one) => ({ update_id: one.id, state: one.state, creation_time: instantAt(one.at) })) }); // prettier-ignore
  if (part === 'updates' && update !== undefined) {
    const one = all.find(({ id }) => id === update);
    return one === undefined ? err(databricksFailure('BadAnswer', { code: 'HTTP 404' })) : ok({ update: info(one) });
  }
  // A token that is asked with in a later pull: the fake knows those of the first three pages only, then.
  if (part === 'updates' && service.forgets === true && query['page_token'] === '200')
    return err(databricksFailure('BadAnswer', { code: 'HTTP 400' }));
  if (part === 'updates') return paged('updates', all.map(info));
  if (service.eventsFail === true) return err(databricksFailure('BadAnswer', { code: 'HTTP 500' }));
  const since = Date.parse(/timestamp>'([^']+)'/.exec(String(query['filter']))?.[1] ?? '1970-01-01T00:00:00Z');
  const noise = Array.from({ length: service.noise ?? 0 }, () => ({ event_type: 'flow_progress', origin: { update_id: 'busy' }, timestamp: instantAt(collectNow) })); // prettier-ignore
  return paged('events', [
    ...noise,
    ...all.flatMap((one) =>
      one.end === null || one.end <= since
        ? []
        : [
            { event_type: 'flow_progress', origin: { update_id: one.id }, timestamp: instantAt(one.end + 5_000) },
            { event_type: 'update_progress', origin: { update_id: one.id }, timestamp: instantAt(one.end) },
            { event_type: 'update_progress', origin: { update_id: one.id }, timestamp: instantAt(one.at + 1_000) },
          ],
    ),
  ]);
};
const update = (id: string, minutesAgo: number, state = 'COMPLETED', length = 2): Update => {
  const at = collectNow - minutesAgo * minute;
  return { id, at, state, end: ['COMPLETED', 'FAILED', 'CANCELED'].includes(state) ? at + length * minute : null };
};

const rig = (service: Service, rows: () => readonly TextRow[] = () => []) => {
  let now = collectNow;
  const { store, close } = temporaryStore(() => now);
  cleanups.push(close);
  const { workspace, called } = fakeWorkspace({
    columns: ['workspace_id', 'pipeline_id', 'update_id', 'period_start_time', 'period_end_time', 'result_state'],
    rest: (request) => answer(service, request),
    sql: () => rowPage(rows(), ['ws']),
  });
  const lake = createLake({
    workspaces: () => [workspace], store, clock: { now: () => now }, log: () => undefined, collectors: [pipelineUpdatesCollector, restUpdatesCollector],
  }); // prettier-ignore
  const refresh = async (...pipelines: readonly string[]) => {
    called.length = 0;
    const report = await lake.refresh({ assets: pipelines.map((one) => `pipeline|7|${one}` as AssetId) });
    if (!report.ok) throw new Error(report.error.what);
    return called.map(({ path }) => path.replace('/api/2.0/pipelines/', ''));
  };
  const facts = () => lake.facts(store.read, { kinds: ['pipeline-update'], limit: 500 }).rows;
  const state = () => lake.sourceStates(store.read).find((one) => one.source === restUpdatesCollector.source);
  return { lake, store, workspace, refresh, facts, state, pass: (ms: number) => (now += ms) };
};

describe('updates of pipelines from REST', () => {
  it('stand there while they go on, and end as their events say; a pipeline without news costs one call', async () => {
    const service: Service = { updates: [update('u1', 90), update('u2', 5, 'SETTING_UP_TABLES')], hidden: new Set() };
    const { refresh, facts, pass, lake, store } = rig(service);
    expect(await refresh('p')).toEqual(['p', 'p/updates', 'p/events']);
    expect(facts().map((one) => [one.title, one.data['result'], one.data['endedAt']])).toEqual([
      ['Update of sales is running', 'running', null],
      ['Update of sales succeeded', 'succeeded', instantAt(collectNow - 88 * minute)],
    ]);
    expect(lake.assetLabel(store.read, 'pipeline|7|p' as AssetId).name).toBe('sales');
    expect(JSON.stringify(facts())).not.toContain('hush');
    pass(minute);
    service.updates = [update('u1', 90), update('u2', 5, 'FAILED', 4)];
    expect(await refresh('p')).toEqual(['p', 'p/updates', 'p/events']);
    expect(facts()[0]).toMatchObject({ title: 'Update of sales failed', happenedAt: instantAt(collectNow - minute), data: { cluster: 'c-1', trigger: 'JOB_TASK' } }); // prettier-ignore
    const signals = detectSignals(facts(), (text) => text);
    expect(signals.map((one) => [one.monitor, one.windowKey])).toEqual([['failed-update', 'u2']]);
    pass(minute);
    expect(await refresh('p')).toEqual(['p']);
    // Nobody is asked where no room is open.
    expect(await refresh()).toEqual([]);
  });

  it('are replaced by the row of the system table, which says so; its later rows change nothing', async () => {
    const service: Service = { updates: [update('u1', 30, 'COMPLETED', 10)], hidden: new Set() };
    let rows: TextRow[] = [];
    const { refresh, facts, pass } = rig(service, () => rows);
    await refresh('p');
    expect(facts()[0]?.data).toMatchObject({ result: 'succeeded' });
    const ended = collectNow - 20 * minute;
    rows = [{ ws: '7', pipeline: 'p', id: 'u1', slice_start: micros(collectNow - 29 * minute), slice_end: micros(ended + 700), result: 'FAILED' }]; // prettier-ignore
    for (let turn = 0; turn < 2; turn += 1) {
      pass(20 * minute);
      await refresh('p');
      expect(facts()).toMatchObject([
        {
          source: 'system.lakeflow.pipeline_update_timeline', title: 'Update of sales failed', happenedAt: instantAt(ended + 700),
          data: { result: 'failed', trigger: 'JOB_TASK', cluster: 'c-1', startedAt: instantAt(collectNow - 30 * minute), replaced: { source: restUpdatesCollector.source, result: 'succeeded' } },
        },
      ]); // prettier-ignore
    }
  });

  it('merge the same in either order', async () => {
    const service: Service = { updates: [update('u1', 30, 'FAILED', 10)], hidden: new Set() };
    const { store, workspace } = rig(service, () => [
      { ws: '7', pipeline: 'p', id: 'u1', slice_end: micros(collectNow - 20 * minute), result: 'FAILED' },
    ]);
    store.transaction<null>((db) => {
      putAsset(db, { asset: 'pipeline|7|p', name: 'sales', detail: '', changed: instantAt(0), gone: 0 });
      return ok(null);
    });
    const context = collectContext(workspace, store.read, ['pipeline|7|p']);
    const [one, other] = [await restUpdatesCollector.collect(context), await pipelineUpdatesCollector.collect(context)];
    const [rest] = (one.ok ? one.value.facts : []) ?? [];
    const [row] = (other.ok ? other.value.facts : []) ?? [];
    if (rest?.merge === undefined || row?.merge === undefined) throw new Error('no facts');
    const [first, second] = [row.merge(rest.fact, row.fact), rest.merge(row.fact, rest.fact)];
    expect({ ...first.data, replaced: 0 }).toEqual({ ...second.data, replaced: 0 });
    expect([first.title, first.happenedAt, first.source]).toEqual([second.title, second.happenedAt, second.source]);
  });

  it('without an event of their end they have none, until the table tells it', async () => {
    const service: Service = { updates: [update('u1', 30, 'FAILED')], hidden: new Set(), eventsFail: true };
    const { refresh, facts } = rig(service);
    await refresh('p');
    expect(facts()[0]).toMatchObject({ happenedAt: instantAt(collectNow - 30 * minute), data: { result: 'failed', endedAt: null, resultAt: null } }); // prettier-ignore
  });

  it('page by page back to the last time, and one that left the list is asked by itself; a hidden pipeline is named', async () => {
    const service: Service = {
      updates: [...Array.from({ length: 120 }, (_, i) => update(`u${i}`, 10 + i * 60)), update('long', 4_000, 'RUNNING')],
      hidden: new Set(['q']),
    }; // prettier-ignore
    const { refresh, facts, state, pass } = rig(service);
    await refresh('p', 'q');
    expect(facts()).toHaveLength(121);
    expect(state()).toMatchObject({ state: 'fresh', note: 'Not visible to this user, or gone: pipeline q.' });
    pass(minute);
    service.updates = [update('new', 1), ...service.updates.map((one) => (one.id === 'long' ? update('long', 4_000, 'CANCELED') : one))]; // prettier-ignore
    expect(await refresh('p')).toEqual(['p', 'p/updates', 'p/updates/long', 'p/events']); // prettier-ignore
    expect(facts().find((one) => one.data['update'] === 'long')?.data['endedAt']).toBe(instantAt(collectNow - 3_998 * minute)); // prettier-ignore
    expect(facts().find((one) => one.data['update'] === 'long')?.data['result']).toBe('cancelled');
    expect(facts()).toHaveLength(122);
  });

  it('are looked for in as many events as it takes, and what lies behind the last of them that are looked through is said', async () => {
    const service: Service = { updates: [update('u1', 90)], hidden: new Set(), noise: 4_000 };
    const { refresh, facts, state, store, workspace } = rig(service);
    expect((await refresh('p')).filter((path) => path === 'p/events')).toHaveLength(17);
    expect([facts()[0]?.data['endedAt'], state()?.note]).toEqual([instantAt(collectNow - 88 * minute), null]);
    service.updates = [update('u2', 80)];
    service.noise = 5_000;
    expect((await refresh('p')).filter((path) => path === 'p/events')).toHaveLength(20);
    expect(facts().find((one) => one.data['update'] === 'u2')?.data).toMatchObject({
      result: 'succeeded',
      endedAt: null,
    });
    expect(state()?.note).toBe('When 1 updates ended is not known yet: no event says so among the newest 5000 of their pipeline that this user may read. The system table tells it later.'); // prettier-ignore
    service.updates = [update('u3', 80)];
    const packed = await restUpdatesCollector.collect(collectContext(workspace, store.read, ['pipeline|7|p']));
    expect(packed).toMatchObject({ ok: true, value: { partly: true } });
  });

  it('more of them than a pull can hold follow in the next pulls, the cursor never says that they are here before they are', async () => {
    const service: Service = { updates: Array.from({ length: 450 }, (_, i) => update(`u${i}`, 10 + i * 40)), hidden: new Set() }; // prettier-ignore
    const { refresh, facts, state, pass } = rig(service);
    expect((await refresh('p')).filter((path) => path === 'p/updates')).toHaveLength(9);
    expect(facts()).toHaveLength(450);
    expect(state()).toMatchObject({ state: 'fresh', note: null });
    pass(minute);
    expect(await refresh('p')).toEqual(['p']);
  });

  it('where the list cannot be read on, it is said, a packing is not complete, and it begins at the top again', async () => {
    const service: Service = { updates: Array.from({ length: 250 }, (_, i) => update(`u${i}`, 10 + i * 60)), hidden: new Set(), forgets: true }; // prettier-ignore
    const { refresh, facts, state, pass, workspace, store } = rig(service);
    const first = await restUpdatesCollector.collect(collectContext(workspace, store.read, ['pipeline|7|p']));
    expect(first).toMatchObject({ ok: true, value: { more: true, partly: false } });
    const cursor = first.ok ? first.value.cursor : null;
    const then = await restUpdatesCollector.collect(
      collectContext(workspace, store.read, ['pipeline|7|p'], { cursor, resumed: true }),
    );
    expect(then).toMatchObject({ ok: true, value: { more: false, partly: true, note: 'Older updates of pipeline p are still to come; the next refreshes read on.' } }); // prettier-ignore
    await refresh('p');
    expect(facts()).toHaveLength(200);
    expect(state()?.note).toBe('Older updates of sales are still to come; the next refreshes read on.');
    pass(minute);
    service.forgets = false;
    await refresh('p');
    expect(facts()).toHaveLength(250);
    expect(state()?.note).toBeNull();
  });
});
