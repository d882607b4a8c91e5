import { afterEach, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../shared/base/json.ts';
import { err, ok } from '../../shared/base/result.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { RestRequest } from '../../main/databricks/port.ts';
import { factEntry } from '../../main/core/facts.ts';
import type { CollectContext } from '../../main/lake/collector.ts';
import { mergeQueries, queryFact, restQueriesSource } from '../../main/lake/collectors/query-fact.ts';
import { restQueriesCollector } from '../../main/lake/collectors/rest-queries.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import { rowOf } from '../../main/lake/fact-rows.ts';
import { putSource } from '../../main/store/lake.ts';
import { putFact } from '../support/facts.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const minute = 60_000;
const hour = 60 * minute;
const open = () => {
  const made = temporaryStore(() => collectNow);
  cleanups.push(made.close);
  return made.store;
};
const tableRead = (to: number) => ({
  source: 'system.query.history', workspace: '7', region: null, cursor: null, complete_to: instantAt(to), observed: instantAt(to), state: 'fresh', missing: '[]', note: null,
}); // prettier-ignore

/** A statement as the documented call tells it; `ago`: minutes since it began. */
const info = (query_id: string, ago: number, over: Readonly<Record<string, unknown>> = {}): JsonObject => ({
  query_id, status: 'FAILED', query_text: 'SELECT secret FROM t', query_start_time_ms: collectNow - ago * minute,
  execution_end_time_ms: collectNow - ago * minute + 2_000, query_end_time_ms: collectNow - ago * minute + 9_000, duration: 2_000,
  user_name: 'ada@x', warehouse_id: 'w1', statement_type: 'SELECT', client_application: 'Databricks SQL Dashboard', rows_produced: 3,
  ...over,
}) as JsonObject; // prettier-ignore
const slow = (id: string, ago: number, ms: number): JsonObject =>
  info(id, ago, { status: 'FINISHED', duration: ms, execution_end_time_ms: collectNow - ago * minute + ms });
const running = (id: string, ago: number): JsonObject =>
  info(id, ago, { status: 'RUNNING', duration: undefined, execution_end_time_ms: undefined, query_end_time_ms: undefined }); // prettier-ignore

const list = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;
/** The service: filters as the call documents them, newest first, in pages. */
const service = (all: () => readonly JsonObject[]) => (request: RestRequest) => {
  const query = request.query ?? {};
  const among = (key: string, value: unknown): boolean => {
    const wanted = list(query[`filter_by.${key}`]);
    return wanted.length === 0 || wanted.includes(String(value));
  };
  const time = (key: string, otherwise: number): number =>
    Number(query[`filter_by.query_start_time_range.${key}_time_ms`] ?? otherwise);
  const found = all()
    .filter((one) => among('warehouse_ids', one['warehouse_id']) && among('statuses', one['status']))
    .filter((one) => among('statement_ids', one['query_id']))
    .filter((one) => Number(one['query_start_time_ms']) >= time('start', 0))
    .filter((one) => Number(one['query_start_time_ms']) <= time('end', Number.MAX_SAFE_INTEGER))
    .toSorted((a, b) => Number(b['query_start_time_ms']) - Number(a['query_start_time_ms']));
  const [from, size] = [Number(query['page_token'] ?? 0), Number(query['max_results'])];
  const more = from + size < found.length;
  return ok({
    res: found.slice(from, from + size),
    has_next_page: more,
    ...(more ? { next_page_token: String(from + size) } : {}),
  });
};

const look = async (
  all: readonly JsonObject[],
  more: Partial<CollectContext> & { readonly scope?: CollectContext['scope'] } = {},
  store = open(),
) => {
  const { workspace, called } = fakeWorkspace({ rest: service(() => all) });
  const context = collectContext(workspace, store.read, ['warehouse|7|w1'], { lane: 'watch', ...more });
  const found = await restQueriesCollector.collect(context);
  if (!found.ok) throw new Error(found.error.what);
  const facts = (found.value.facts ?? []).map(({ fact }) => fact);
  return { ...found.value, facts, ids: facts.map((fact) => fact.data['statement']).toSorted(), called };
};

describe('statements by REST', () => {
  it('are those that failed, were cancelled, were slow, or have been running for a while', async () => {
    const found = await look([
      info('f', 10, { error_message: "[DIVIDE_BY_ZERO] Division by zero in 'secret'. SQLSTATE: 22012" }),
      info('c', 20, { status: 'CANCELED' }),
      info('ok', 20, { status: 'FINISHED' }),
      slow('s', 30, 45_000),
      running('r', 5),
      running('new', 0.2),
      info('other', 10, { warehouse_id: 'w2' }),
    ]);
    expect(found.ids).toEqual(['c', 'f', 'r', 's']);
    const by = (id: string): LakeFact | undefined => found.facts.find((fact) => fact.data['statement'] === id);
    expect(by('f')).toMatchObject({
      kind: 'query', source: restQueriesSource, assets: ['warehouse|7|w1'], happenedAt: instantAt(collectNow - 10 * minute + 2_000),
      title: 'SELECT on warehouse w1 failed with DIVIDE_BY_ZERO',
      data: { result: 'failed', errorClass: 'DIVIDE_BY_ZERO', by: 'ada@x', rowsProduced: 3, raw: { status: 'FAILED' } },
    }); // prettier-ignore
    expect(by('r')).toMatchObject({ title: 'SELECT on warehouse w1 is running', data: { result: 'running' } });
    expect(by('s')?.title).toBe('SELECT on warehouse w1 took 45.0 s');
    expect(JSON.stringify(found.facts)).not.toContain('secret');
    expect(found).toMatchObject({ note: null, completeTo: null, partly: false });
  });

  it('stand on what ran them, and draw on which warehouse that was', async () => {
    const origin = { job_info: { job_id: '9', job_run_id: '1' }, dashboard_id: 'd', sql_query_id: '' };
    const { facts, edges } = await look([info('f', 10, { query_source: origin })]);
    expect(facts[0]?.assets).toEqual(['warehouse|7|w1', 'job|7|9', 'dashboard|7|d']);
    expect(edges?.map(({ from, to, source }) => [from, to, source])).toEqual([['warehouse|7|w1', 'job|7|9', restQueriesSource]]); // prettier-ignore
  });

  it('are never our own; where nothing tells whose one is, it is not kept and that is said', async () => {
    const found = await look([
      info('client', 1, { client_application: 'Breakwater' }),
      info('tag', 2, { client_application: undefined, query_tags: [{ key: 'app', value: 'breakwater' }] }),
      info('untold', 3, { client_application: undefined, query_source: { job_info: null } }),
      info('masked', 3, { client_application: '<REDACTED>' }),
      info('tagged', 4, { client_application: undefined, query_tags: [{ key: 'team', value: 'x' }] }),
      info('placed', 5, { client_application: undefined, query_source: { notebook_id: '5' } }),
    ]);
    expect(found.ids).toEqual(['placed', 'tagged']);
    expect(found.note).toBe('2 statements are not kept: nothing tells their client, and they may be our own.');
    expect(found.partly).toBe(true);
  });

  it('that still ran are asked about again until they end, however long ago they began', async () => {
    const first = await look([running('r', 5), info('f', 4)]);
    expect(first.ids).toEqual(['f', 'r']);
    const later = { cursor: first.cursor, observedAt: instantAt(collectNow + hour) };
    const ended = info('r', 5, { status: 'FINISHED', duration: 50 * minute, execution_end_time_ms: collectNow + 45 * minute }); // prettier-ignore
    const second = await look([ended, info('f', 4)], later);
    expect(second.facts.map(({ data }) => [data['statement'], data['result']])).toContainEqual(['r', 'succeeded']);
    const ids = second.called.map(({ query }) => query?.['filter_by.statement_ids']);
    expect(ids.filter((one) => one !== undefined)).toEqual([['r']]);
    const third = await look([ended, info('f', 4)], { ...later, cursor: second.cursor });
    expect(third.called.every(({ query }) => query?.['filter_by.statement_ids'] === undefined)).toBe(true);
  });

  it('of before what the table has told are not asked for; of the window where it is not read', async () => {
    const starts = async (store = open()): Promise<readonly (string | readonly string[] | undefined)[]> => {
      const { called } = await look([], {}, store);
      return [...new Set(called.map(({ query }) => query?.['filter_by.query_start_time_range.start_time_ms']))];
    };
    expect(await starts()).toEqual([String(collectNow - 14 * 24 * hour)]);
    const store = open();
    store.transaction((db) => {
      putSource(db, tableRead(collectNow - hour));
      return ok(null);
    });
    expect(await starts(store)).toEqual([String(collectNow - 4 * hour)]);
  });

  it('of a time that the table has told are not asked for at all', async () => {
    const store = open();
    store.transaction((db) => {
      putSource(db, tableRead(collectNow - hour));
      return ok(null);
    });
    const until = instantAt(collectNow - 24 * hour);
    const found = await look([info('f', 60 * 30)], { lane: 'pack', until }, store);
    expect(found).toMatchObject({ called: [], facts: [], note: 'Not asked: the system table has told all of this time.' }); // prettier-ignore
    expect((await look([info('f', 60 * 30)], { lane: 'pack', until })).ids).toEqual(['f']);
  });

  it('that finished are the five slowest of an hour, together with those that are known', async () => {
    const store = open();
    const of = (id: string, ms: number): JsonObject => slow(id, 30 + ms / 1e6, ms);
    const first = await look(
      [31, 32, 33, 34, 35, 36, 37].map((s) => of(`s${s}`, s * 1_000)),
      {},
      store,
    );
    expect(first.ids).toEqual(['s33', 's34', 's35', 's36', 's37']);
    store.transaction((db) => {
      for (const fact of first.facts) putFact(db, rowOf(fact), fact.assets);
      return ok(null);
    });
    // Of what comes later the same hour only what is slower than the fifth of those.
    expect((await look([of('early', 32_500), of('late', 34_500)], {}, store)).ids).toEqual(['late']);
  });

  it('more than one pull holds follow in the next ones: failures without a gap, slow ones as far as is said', async () => {
    const many = Array.from({ length: 2_300 }, (_, i) => info(`f${i}`, 10 + i / 100));
    const fine = Array.from({ length: 1_200 }, (_, i) => info(`ok${i}`, 10 + i / 10, { status: 'FINISHED' }));
    const seen = new Set<unknown>();
    let found = await look([...many, ...fine]);
    for (let pull = 0; pull < 4 && found.more === true; pull += 1) {
      for (const id of found.ids) seen.add(id);
      found = await look([...many, ...fine], { cursor: found.cursor, resumed: true });
    }
    for (const id of found.ids) seen.add(id);
    expect(seen.size).toBe(2_300);
    // It is still said when there is nothing new.
    const words = 'Slow statements that ended well are not looked through further back: those of warehouse w1 before 10:10 UTC on 2026-11-24.'; // prettier-ignore
    expect(found).toMatchObject({ more: false, note: words, partly: true });
    const later = await look([...many, ...fine], { cursor: found.cursor });
    expect(later).toMatchObject({ note: words, partly: true });
    const store = open();
    store.transaction((db) => {
      putSource(db, tableRead(collectNow));
      return ok(null);
    });
    const fresh = await look([...many, ...fine], { cursor: later.cursor }, store);
    expect(fresh).toMatchObject({ note: `${words} The system table tells them later.`, partly: false });
    const old = { cursor: later.cursor, horizon: instantAt(collectNow), observedAt: instantAt(collectNow + hour) };
    expect((await look([...many, ...fine], old)).note).toBeNull();
  });

  it('behind pages of our own go on: those count as read, and are not kept', async () => {
    const ours = Array.from({ length: 1_500 }, (_, i) => info(`o${i}`, 10 + i / 100, { client_application: 'Breakwater' })); // prettier-ignore
    const first = await look([...ours, info('f', 60)]);
    expect(first.ids).toEqual([]);
    expect((await look([...ours, info('f', 60)], { cursor: first.cursor })).ids).toEqual(['f']);
  });

  it('a warehouse that is refused costs itself; a line that is cut keeps what came before', async () => {
    const rest = service(() => [info('f', 10)]);
    const scope = ['warehouse|7|w2', 'warehouse|7|w1'];
    const asked = async (fault: 'Forbidden' | 'Offline', at: string) => {
      const { workspace } = fakeWorkspace({
        rest: (request) => (list(request.query?.['filter_by.warehouse_ids']).includes(at) ? err(databricksFailure(fault, { detail: 'x' })) : rest(request)),
      }); // prettier-ignore
      return restQueriesCollector.collect(collectContext(workspace, open().read, at === 'w2' && fault === 'Offline' ? scope.toReversed() : scope, { lane: 'watch' })); // prettier-ignore
    };
    const refused = await asked('Forbidden', 'w2');
    expect(refused).toMatchObject({ ok: true, value: { note: 'Not visible to this user, or gone: warehouse w2.' } });
    expect(refused.ok && refused.value.facts).toHaveLength(1);
    const cut = await asked('Offline', 'w2');
    expect(cut).toMatchObject({ ok: true, value: { failure: { tag: 'Offline' } } });
    expect(cut.ok && cut.value.facts).toHaveLength(1);
    const places: unknown = JSON.parse((cut.ok && cut.value.cursor) || '{}');
    expect(isJsonObject(places as JsonObject) && Object.keys(places as JsonObject).filter((key) => key !== '')).toEqual(['w1']); // prettier-ignore
  });

  it('a line that is cut between two questions of one warehouse moves no cursor', async () => {
    const rest = service(() => [info('f', 10)]);
    const { workspace } = fakeWorkspace({
      rest: (request) =>
        list(request.query?.['filter_by.statuses']).includes('FINISHED')
          ? err(databricksFailure('Offline', { detail: 'x' }))
          : rest(request),
    });
    const found = await restQueriesCollector.collect(collectContext(workspace, open().read, ['warehouse|7|w1'], { lane: 'watch' })); // prettier-ignore
    expect(found).toMatchObject({ ok: true, value: { facts: [], failure: { tag: 'Offline' } } });
    expect(found.ok && found.value.cursor).not.toContain('w1');
  });

  it.each([
    ['no object', 'nonsense'],
    ['no id', info('', 1)],
    ['no start', info('x', 1, { query_start_time_ms: 'yesterday' })],
  ])('an entry with %s is counted and costs nothing else', async (_, bad) => {
    const { workspace } = fakeWorkspace({
      rest: ({ query }) => ok({ res: list(query?.['filter_by.statuses']).includes('FAILED') ? [bad, info('f', 2)] : [] }),
    }); // prettier-ignore
    const found = await restQueriesCollector.collect(collectContext(workspace, open().read, ['warehouse|7|w1'], { lane: 'watch' })); // prettier-ignore
    expect(found).toMatchObject({ ok: true, value: { note: '1 statements could not be read.' } });
    expect(found.ok && found.value.facts).toHaveLength(1);
  });
});

describe('one statement from two sources', () => {
  const told = (source: string, result: 'running' | 'failed' | 'succeeded', more: JsonObject = {}): LakeFact =>
    queryFact(
      {
        source, id: 's', workspace: '7', startedAt: instantAt(collectNow - hour), endedAt: result === 'running' ? null : instantAt(collectNow),
        result, type: 'SELECT', error: null, warehouse: 'w1', origin: {}, by: null, client: null, durationMs: null, more,
      },
      collectContext(fakeWorkspace({}).workspace, open().read, []),
    ); // prettier-ignore
  const table = 'system.query.history';

  it('is one fact: the row of the table counts, whichever comes first, and says what it replaces', () => {
    const [rest, row] = [told(restQueriesSource, 'running'), told(table, 'failed', { rowsRead: 7 })];
    expect(rest.id).toBe(row.id);
    const merged = mergeQueries(rest, row);
    expect(merged).toMatchObject({
      source: table,
      happenedAt: instantAt(collectNow),
      data: { result: 'failed', rowsRead: 7, replaced: { source: restQueriesSource, result: 'running' } },
    });
    expect(mergeQueries(row, rest)).toEqual(row);
    // Read again, by either: nothing is forgotten.
    expect(mergeQueries(merged, rest)).toEqual(merged);
    expect(mergeQueries(merged, row)).toEqual(merged);
    const shown = (fact: LakeFact) => [factEntry(fact).body, factEntry(fact).replaces];
    expect(shown(merged)).toEqual([null, restQueriesSource]);
    expect(shown(mergeQueries(told(restQueriesSource, 'failed'), row))).toEqual([null, restQueriesSource]);
    expect(shown(mergeQueries(told(restQueriesSource, 'succeeded'), row))).toEqual([`Told earlier by ${restQueriesSource}: succeeded.`, restQueriesSource]); // prettier-ignore
    expect(shown(row)).toEqual([null, undefined]);
  });

  it('of two answers of REST the one that knows the end counts', () => {
    const [going, over] = [told(restQueriesSource, 'running'), told(restQueriesSource, 'succeeded')];
    expect(mergeQueries(going, over)).toEqual(over);
    expect(mergeQueries(over, going)).toEqual(over);
  });

  it('keeps the tables that lineage named', () => {
    const rest = told(restQueriesSource, 'failed');
    const placed = { ...rest, assets: [...rest.assets, 'table|ms|a.b.c' as const], data: { ...rest.data, reads: ['a.b.c'], writes: [] } }; // prettier-ignore
    const merged = mergeQueries(placed as LakeFact, told(table, 'failed'));
    expect(merged.assets).toContain('table|ms|a.b.c');
    expect(merged.data).toMatchObject({ reads: ['a.b.c'], replaced: { source: restQueriesSource, result: 'failed' } });
  });
});
