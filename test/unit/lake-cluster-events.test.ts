import { afterEach, describe, expect, it } from 'vitest';
import { err, ok } from '../../shared/base/result.ts';
import { factTone } from '../../main/core/describe.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { RestRequest } from '../../main/databricks/port.ts';
import { clusterEventsCollector } from '../../main/lake/collectors/cluster-events.ts';
import type { CollectContext, Collected } from '../../main/lake/collector.ts';
import { putAsset } from '../../main/store/lake.ts';
import { putFact } from '../support/facts.ts';
import type { Store } from '../../main/store/port.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const minute = 60_000;
const start = collectNow - 100 * minute;

/** A store in which a run of job 5 used these clusters from `start` for half an hour. */
const storeWith = (clusters: readonly string[], result = 'failed'): Store => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  addRun(store, clusters, result);
  return store;
};
const addRun = (store: Store, clusters: readonly string[], result: string, run = 'run|7|1'): void => {
  store.transaction<null>((db) => {
    const data = { clusters, startedAt: instantAt(start), endedAt: instantAt(start + 30 * minute), result };
    putFact(db, { id: run, kind: 'run', source: 's', workspace: '7', region: null, happened: instantAt(start), observed: instantAt(collectNow),
      complete_to: null, assets: '["job|7|5"]', title: '', data: JSON.stringify(data) }, ['job|7|5']); // prettier-ignore
    return ok(null);
  });
};
const event = (minutes: number, type: string, details: object = {}) => ({
  cluster_id: 'a-1', timestamp: start + minutes * minute, type, details,
}); // prettier-ignore
type Body = { cluster_id: string; page_token?: string; start_time: number; page_size: number; offset?: number };
const bodyOf = (request: RestRequest | undefined): Body => request?.body as Body;
const pull = async (workspace: CollectContext['workspace'], store: Store, more: Partial<CollectContext> = {}): Promise<Collected> => {
  const found = await clusterEventsCollector.collect(collectContext(workspace, store.read, ['job|7|5'], { lane: 'watch', ...more }));
  if (!found.ok) throw new Error(found.error.what);
  return found.value;
}; // prettier-ignore
const told = (found: Collected) => (found.facts ?? []).map(({ fact }) => [fact.title, fact.assets, factTone(fact.kind, fact.data)]); // prettier-ignore

describe('events of clusters', () => {
  it('of clusters that ran jobs in scope, tied to the job that was running; routine is left out, the unknown kept', async () => {
    const events = [
      event(1, 'AUTOSCALING_STATS_REPORT'),
      event(2, 'NODES_LOST', { current_num_workers: 3, target_num_workers: 8, reason: { code: 'SPOT_INSTANCE_TERMINATION', type: 'CLOUD_FAILURE', parameters: { instance_id: 'i-1', odd: {} } } }),
      event(3, 'GREMLINS_SEEN'),
      event(4, 'EDITED', { user: 'a@x', attributes: { spark_env_vars: { TOKEN: 'hush' } }, previous_attributes: { spark_env_vars: { TOKEN: 'hush' } } }),
      event(5, 'RESIZING', { current_num_workers: 3, target_num_workers: 8, cause: 'AUTOSCALE' }),
      event(60, 'TERMINATING', { reason: { code: 'INACTIVITY', type: 'SUCCESS' } }),
      { type: 'EDITED' }, 7,
    ]; // prettier-ignore
    const { workspace, called } = fakeWorkspace({ rest: () => ok({ events }) });
    const found = await pull(workspace, storeWith(['a-1']));
    const both = ['cluster|7|a-1', 'job|7|5'];
    expect(told(found)).toEqual([
      ['Cluster a-1 lost nodes (3 of 8 workers left): SPOT_INSTANCE_TERMINATION', both, 'bad'],
      ['Cluster a-1 gremlins seen', both, 'plain'],
      ['Cluster a-1 was edited by a@x', both, 'plain'],
      ['Cluster a-1 is resizing from 3 to 8 workers', both, 'plain'],
      // Long after the run had ended.
      ['Cluster a-1 is terminating: INACTIVITY', ['cluster|7|a-1'], 'plain'],
    ]);
    expect(found.facts?.[0]?.fact.data).toMatchObject({ reasonType: 'CLOUD_FAILURE', parameters: { instance_id: 'i-1' } }); // prettier-ignore
    expect(JSON.stringify(found)).not.toContain('hush');
    expect(found.note).toBe('2 events could not be read.');
    expect(found.completeTo).toBe(instantAt(start + 60 * minute));
    expect(called[0]).toMatchObject({ method: 'POST', asks: true, path: '/api/2.1/clusters/events', body: { order: 'ASC' } }); // prettier-ignore
    // It has ended: it is asked again only after a while.
    await pull(workspace, storeWith(['a-1']), { cursor: found.cursor });
    expect(called).toHaveLength(1);
    await pull(workspace, storeWith(['a-1']), {
      cursor: found.cursor,
      observedAt: instantAt(collectNow + 61 * minute),
    });
    expect(called).toHaveLength(2);
  });

  it('page by page, by token or as before 2026, none lost where one pull does not take all', async () => {
    const all = Array.from({ length: 1_500 }, (_, i) => event(i / 100, 'RUNNING', { user: String(i) }));
    for (const byToken of [true, false]) {
      const { workspace, called } = fakeWorkspace({
        rest: (request) => {
          const { page_token, offset, start_time, page_size } = bodyOf(request);
          const from = Number(page_token ?? offset ?? 0);
          const left = all.filter((one) => one.timestamp >= start_time);
          const next = byToken
            ? { next_page_token: String(from + page_size) }
            : { next_page: { ...bodyOf(request), offset: from + page_size } };
          return ok({ events: left.slice(from, from + page_size), ...(from + page_size < left.length ? next : {}) });
        },
      });
      const store = storeWith(['a-1']);
      const seen = new Set<string>();
      let found = await pull(workspace, store);
      expect(found).toMatchObject({ more: true, completeTo: null });
      for (let turn = 0; ; turn += 1) {
        for (const { fact } of found.facts ?? []) seen.add(fact.id);
        if (found.more !== true || turn > 5) break;
        found = await pull(workspace, store, { cursor: found.cursor, resumed: true });
      }
      expect(seen.size).toBe(1_500);
      expect(called.length).toBeLessThan(12);
    }
  });

  it('one that is refused costs only itself and is named; a warehouse is not asked about', async () => {
    const { workspace, called } = fakeWorkspace({
      rest: (request) => {
        const { cluster_id } = bodyOf(request);
        if (cluster_id === 'a-2') return err(databricksFailure('Forbidden', { code: 'HTTP 403' }));
        if (cluster_id === 'a-3') return err(databricksFailure('BadAnswer', { code: 'HTTP 400' }));
        return ok({ events: [event(1, 'METASTORE_DOWN')] });
      },
    });
    const store = storeWith(['a-2', 'a-3', 'wh', 'a-1']);
    store.transaction<null>((db) => {
      for (const [asset, name] of [['warehouse|7|wh', 'bi'], ['cluster|7|a-2', 'nightly']] as const)
        putAsset(db, { asset, name, detail: '', changed: instantAt(start), gone: 0 });
      return ok(null);
    }); // prettier-ignore
    const found = await pull(workspace, store);
    expect(told(found).map(([title]) => title)).toEqual(['Cluster a-1 cannot reach its metastore']);
    expect(found.note).toBe('Not visible to this user: nightly. No longer there, or no cluster: cluster a-3.');
    expect(called.map((one) => bodyOf(one).cluster_id)).toEqual(['a-2', 'a-3', 'a-1']);
    // Said again as long as it is so, without asking each time.
    const again = await pull(workspace, store, { cursor: found.cursor });
    expect(again.note).toBe(found.note);
    expect(called.slice(3).map((one) => bodyOf(one).cluster_id)).toEqual(['a-1']);
  });

  it('a connection that breaks keeps what came, and the rest is asked the next time', async () => {
    let works = false;
    const { workspace } = fakeWorkspace({
      rest: (request) =>
        works || bodyOf(request).cluster_id === 'a-1'
          ? ok({ events: [event(1, 'SPARK_EXCEPTION')] })
          : err(databricksFailure('Offline', { code: 'ECONNRESET' })),
    });
    const store = storeWith(['a-1', 'a-2']);
    const found = await pull(workspace, store);
    expect([told(found).length, found.failure?.tag, found.completeTo]).toEqual([1, 'Offline', null]);
    works = true;
    const next = await pull(workspace, store, { cursor: found.cursor });
    expect(next.facts?.map(({ fact }) => fact.data['cluster'])).toEqual(['a-2', 'a-1']);
  });

  it('an event finds its job although the run is known later, in either order', async () => {
    const { workspace } = fakeWorkspace({ rest: () => ok({ events: [event(1, 'NODES_LOST')] }) });
    const store = storeWith(['a-1'], 'failed');
    const early = await clusterEventsCollector.collect(
      collectContext(workspace, store.read, ['cluster|7|a-1'], { lane: 'watch' }),
    );
    const [first] = (early.ok ? early.value.facts : []) ?? [];
    const [second] = (await pull(workspace, store)).facts ?? [];
    if (first === undefined || second === undefined) throw new Error('no facts');
    expect(first.fact.assets).toEqual(['cluster|7|a-1']);
    const merged = second.merge?.(first.fact, second.fact).assets;
    expect(merged).toEqual(['cluster|7|a-1', 'job|7|5']);
    expect(first.merge?.(second.fact, first.fact).assets).toEqual(merged);
  });
});
