// What failed runs and updates said, asked one by one: all of a room is asked, the background takes turns, and what was left says so.
import { afterEach, describe, expect, it } from 'vitest';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { DatabricksFailure } from '../../main/databricks/port.ts';
import { newerAnswer } from '../../main/lake/collectors/merge-runs.ts';
import { runMessagesCollector } from '../../main/lake/collectors/run-messages.ts';
import { updateMessagesCollector } from '../../main/lake/collectors/update-messages.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { factOf } from '../../main/lake/fact-rows.ts';
import { createPacking } from '../../main/lake/packing.ts';
import { runCollector } from '../../main/lake/refresh.ts';
import { type FactRow, sourceRow } from '../../main/store/lake.ts';
import { sql } from '../../main/store/sql.ts';
import { err, ok, type Err } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt } from '../support/collect.ts';
import { putFact } from '../support/facts.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const room = 'inc:00000000000000000000000000000007';
const ids = { workspaceId: '7', metastoreId: 'ms', region: null };
const failures = 60;

type Kind = 'run' | 'pipeline-update';
/** Sixty failures of one job, or of sixty pipelines; one of a job out of scope, and one of another workspace. */
const rig = (kind: Kind, collector: Collector, answer: (id: string) => Err<DatabricksFailure> | undefined) => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  const carrierOf = (n: number) => (kind === 'run' ? 'job|7|1' : `pipeline|7|p${n}`);
  store.transaction<null>((db) => {
    const put = (id: string, workspace: string, asset: string, n: number): void => {
      const data = { result: 'failed', message: null, run: id, task: null, attempt: null, update: id, pipeline: asset.split('|')[2] };
      putFact(db, { id: `${kind}|${workspace}|${id}`, kind, source: 's', workspace, region: null, happened: instantAt(collectNow - 3_600_000 - n * 1_000), observed: instantAt(collectNow), complete_to: null, assets: JSON.stringify([asset]), title: '', data: JSON.stringify(data) }, [asset]);
    };
    for (let n = 0; n < failures; n += 1) put(`u${n}`, '7', carrierOf(n), n);
    put('uaway', '7', kind === 'run' ? 'job|7|2' : 'pipeline|7|paway', 90);
    put('other', '8', carrierOf(0), 91);
    return ok(null);
  }); // prettier-ignore
  const asked: string[] = [];
  const { workspace } = fakeWorkspace({
    rest: ({ path, query }) => {
      const id = kind === 'run' ? String(query?.['run_id']) : (path.split('/').at(-2) ?? '');
      asked.push(id);
      const said = `why ${id}`;
      return (
        answer(id) ??
        ok(
          kind === 'run'
            ? { state: { state_message: said } }
            : { events: [{ message: said, origin: { update_id: `u${id.slice(1)}` } }] },
        )
      );
    },
  });
  const scope = Array.from({ length: kind === 'run' ? 1 : failures }, (_, n) => carrierOf(n) as AssetId);
  const deps = { store, clock: { now: () => collectNow }, log: () => undefined };
  const { source, label, meta, table, collect } = collector;
  const packing = createPacking({
    ...deps, workspaces: () => [workspace], breathe: () => Promise.resolve(), assetsOf: () => scope,
    limits: () => ({ rows: 1e6, bytes: 1e9 }), changed: () => undefined, collectors: [{ source, label, meta, table, collect }],
  }); // prettier-ignore
  return {
    asked,
    explained: () =>
      store.read.first<{ readonly n: number }>(
        sql`SELECT count(*) AS n FROM lake_fact WHERE json_extract(data, '$.message') LIKE 'why %'`,
      )?.n,
    estimate: async () => (await collector.estimate?.(collectContext(workspace, store.read, scope))) ?? null,
    watch: async () => {
      asked.length = 0;
      await runCollector(deps, collector, { workspace, ids, scope: new Map(), options: {} });
      return sourceRow(store.read, source, '7');
    },
    pack: async () => {
      asked.length = 0;
      packing.start({ room, hops: 1, from: instantAt(collectNow - 14 * 86_400_000), to: null });
      await packing.settled();
      return packing.pack(store.read, room)?.sources[0];
    },
  };
};

describe.each([
  { kind: 'run', collector: runMessagesCollector, atOnce: 25, left: '25 of 61 failed runs were asked this time' },
  { kind: 'pipeline-update', collector: updateMessagesCollector, atOnce: 15, left: '15 of 61 pipelines with failed updates were asked this time' },
] as const)('messages of a failed $kind', ({ kind, collector, atOnce, left }) => {
  it('are all asked for when a room is packed, and only of what is in it; the estimate knows how many', async () => {
    const at = rig(kind, collector, () => undefined);
    expect(await at.estimate()).toMatchObject({ value: { calls: failures } });
    expect(await at.pack()).toMatchObject({ state: 'done', note: null, calls: failures });
    expect([at.explained(), new Set(at.asked).size, at.asked.length]).toEqual([failures, failures, failures]);
    // Another time there is nothing to ask, and the card says why: not that nothing failed.
    const again = await at.pack();
    expect(again).toMatchObject({ state: 'done', calls: 0 });
    expect(again?.note).toMatch(/^Read before: what they said stands with the (runs|updates)\.$/);
  });

  it('take turns in the background, which says so, until all are known', async () => {
    const at = rig(kind, collector, () => undefined);
    const first = await at.watch();
    expect(at.asked).toHaveLength(atOnce);
    expect(first?.note).toContain(left);
    for (let turn = 0; turn < 4; turn += 1) await at.watch();
    expect(at.explained()).toBe(failures + 1);
    expect(await at.watch()).toMatchObject({ state: 'fresh', note: null });
  });

  it('that are gone or refused cost themselves only, come last the next time, and leave the source not complete', async () => {
    const at = rig(kind, collector, (id) =>
      /[05]$/.test(id)
        ? err(databricksFailure('BadAnswer', { code: 'HTTP 404' }))
        : /[16]$/.test(id)
          ? err(databricksFailure('Forbidden', { code: 'HTTP 403' }))
          : undefined,
    );
    expect(await at.pack()).toMatchObject({ state: 'left-out', calls: failures });
    const packed = await at.pack();
    expect(packed?.note).toMatch(/^12 .* no longer .*\. 12 .*\.$/);
    expect(at.explained()).toBe(36);
    const watched = await at.watch();
    expect(watched?.state).toBe('fresh');
    await at.watch();
    expect(at.explained()).toBe(37);
  });

  it('of which none may be read are refused as a whole', async () => {
    const at = rig(kind, collector, () => err(databricksFailure('Forbidden', { code: 'HTTP 403' })));
    expect(await at.pack()).toMatchObject({ state: 'refused' });
    expect((await at.watch())?.state).toBe('denied');
  });
}); // prettier-ignore

describe('what failed updates said, behind many errors of others', () => {
  const rigOf = (errors: number) => {
    const { store, close } = temporaryStore(() => collectNow);
    cleanups.push(close);
    store.transaction<null>((db) => {
      const data = {
        result: 'failed',
        message: null,
        update: 'old',
        pipeline: 'p',
        startedAt: instantAt(collectNow - 7_200_000),
      };
      putFact(db, { id: 'pipeline-update|7|old', kind: 'pipeline-update', source: 's', workspace: '7', region: null, happened: instantAt(collectNow - 3_600_000), observed: instantAt(collectNow), complete_to: null, assets: '["pipeline|7|p"]', title: '', data: JSON.stringify(data) }, ['pipeline|7|p']); // prettier-ignore
      return ok(null);
    });
    const filters: string[] = [];
    const events = [
      ...Array.from({ length: errors }, () => ({ message: 'another', origin: { update_id: 'busy' } })),
      { message: 'why old', origin: { update_id: 'old' } },
    ];
    const { workspace, called } = fakeWorkspace({
      rest: ({ query }) => {
        if (query?.['filter'] !== undefined) filters.push(String(query['filter']));
        const from = Number(query?.['page_token'] ?? 0);
        const size = Number(query?.['max_results']);
        return ok({ events: events.slice(from, from + size), ...(from + size < events.length ? { next_page_token: String(from + size) } : {}) }); // prettier-ignore
      },
    });
    const deps = { store, clock: { now: () => collectNow }, log: () => undefined };
    const { source } = updateMessagesCollector;
    const packing = createPacking({
      ...deps, workspaces: () => [workspace], breathe: () => Promise.resolve(), assetsOf: () => ['pipeline|7|p' as AssetId],
      limits: () => ({ rows: 1e6, bytes: 1e9 }), changed: () => undefined, collectors: [updateMessagesCollector],
    }); // prettier-ignore
    return {
      filters,
      called,
      stored: () => store.read.all<FactRow>(sql`SELECT * FROM lake_fact`).map(factOf)[0],
      collect: () => updateMessagesCollector.collect(collectContext(workspace, store.read, ['pipeline|7|p'])),
      watch: async () => {
        await runCollector(deps, updateMessagesCollector, { workspace, ids, scope: new Map(), options: {} });
        return sourceRow(store.read, source, '7');
      },
      pack: async () => {
        packing.start({ room, hops: 1, from: instantAt(collectNow - 14 * 86_400_000), to: null });
        await packing.settled();
        return packing.pack(store.read, room)?.sources[0];
      },
    };
  };

  it('is read page by page, from when the update began', async () => {
    const { filters, called, collect } = rigOf(350);
    const found = await collect();
    expect(found.ok && found.value.facts?.map(({ fact }) => fact.data['message'])).toEqual(['why old']);
    expect(filters).toEqual([`level='ERROR' AND timestamp>='${instantAt(collectNow - 7_200_000)}'`]);
    expect(called).toHaveLength(4);
  });

  it('is left out behind a limit, which is said', async () => {
    const { called, collect } = rigOf(1_000);
    expect(await collect()).toMatchObject({
      ok: true,
      value: { partly: true, note: '1 updates said nothing in the newest 1000 error events of their pipeline; older ones were not looked through.' }, // prettier-ignore
    });
    expect(called).toHaveLength(10);
  });

  it('is not asked for again behind that limit, and no look counts it as looked through', async () => {
    const { called, pack, stored, watch } = rigOf(1_000);
    const said = /^1 updates said nothing in the newest 1000 error events/;
    const first = await pack();
    expect(first).toMatchObject({ state: 'left-out', calls: 10 });
    const second = await pack();
    expect(second).toMatchObject({ state: 'left-out', calls: 0 });
    expect(second?.note).toMatch(said);
    expect((await watch())?.note).toMatch(said);
    // Nor does it when REST tells of the update once more.
    const old = stored();
    if (old === undefined) throw new Error('no fact');
    const again = { ...old, data: { result: 'failed', message: null } };
    expect(newerAnswer(old, again).data).toMatchObject({ message: '', messageBehindLimit: true });
    expect(called.filter(({ path }) => path.endsWith('/events'))).toHaveLength(10);
  });
});
