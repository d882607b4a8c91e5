// The edge from an endpoint to its inference table: only from documented fields, and read closely no more often than it must be.
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../shared/base/json.ts';
import { err, ok } from '../../shared/base/result.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { RestRequest } from '../../main/databricks/port.ts';
import { inferenceTablesCollector } from '../../main/lake/collectors/inference-tables.ts';
import { servingCollector } from '../../main/lake/collectors/serving.ts';
import { inferenceTableOf } from '../../main/lake/inference-table.ts';
import { collectContext, collectNow, fakeWorkspace } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const db = () => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  return store.read;
};

const gateway = (config: JsonObject): JsonObject => ({ ai_gateway: { inference_table_config: config } });
const capture = (config: JsonObject): JsonObject => ({ config: { auto_capture_config: config } });
const place = { catalog_name: 'Main', schema_name: 'ml', enabled: true };

describe('the table of an endpoint', () => {
  it.each([
    ['by its AI gateway', gateway({ ...place, table_name_prefix: 'Price_API' }), 'main.ml.price_api_payload'],
    ['that is switched off is none', gateway({ ...place, enabled: false, table_name_prefix: 'p' }), null],
    ['without a prefix is not known', gateway(place), null],
    ['by the configuration of before', capture({ ...place, table_name_prefix: 'p', state: { payload_table: { name: 'p_payload', status: 'READY' } } }), 'main.ml.p_payload'],
    ['that is not made yet is not known', capture({ ...place, table_name_prefix: 'p' }), null],
    ['of both is that of the AI gateway', { ...gateway({ ...place, table_name_prefix: 'new' }), ...capture({ ...place, state: { payload_table: { name: 'old_payload' } } }) }, 'main.ml.new_payload'],
    ['with a name that no table can have', gateway({ ...place, table_name_prefix: 'a.b' }), null],
    ['of something else', { ai_gateway: [], config: 'x' }, null],
  ])('%s', (_, endpoint, table) => {
    expect(inferenceTableOf(endpoint)).toBe(table);
  }); // prettier-ignore
});

const listed = (name: string, changed: number | null, more: object = {}) => ({
  name,
  creation_timestamp: collectNow - 86_400_000,
  ...(changed === null ? {} : { last_updated_timestamp: changed }),
  config: { served_entities: [{ entity_name: 'main.ml.m', entity_version: '1' }] },
  ...more,
});
const detail = (name: string, table: string) => ({
  ...listed(name, 1),
  ...capture({ ...place, state: { payload_table: { name: table } } }),
});

describe('inference tables', () => {
  const rig = (endpoints: readonly object[], rest: (request: RestRequest) => object | null) => {
    const { workspace, called } = fakeWorkspace({
      rest: (request) => {
        if (request.path === '/api/2.0/serving-endpoints') return ok({ endpoints });
        const found = rest(request);
        return found === null ? err(databricksFailure('Forbidden', { detail: 'x' })) : ok(found);
      },
    });
    const store = db();
    const collect = async (cursor: string | null) => {
      const before = called.length;
      const found = await inferenceTablesCollector.collect(
        collectContext(workspace, store, [], { cursor, lane: 'watch' }),
      );
      if (!found.ok) throw new Error(found.error.what);
      const edges = (found.value.edges ?? []).map(({ from, to, source }) => [from, to, source]);
      return { ...found.value, edges, asked: called.slice(before).map(({ path }) => path.split('/').at(-1)) };
    };
    return { collect };
  };
  const edge = (name: string, table: string) => [
    `endpoint|7|${name}`,
    `table|ms|main.ml.${table}`,
    'rest.inference-tables',
  ];

  it('are read from the list where it shows them, closely where not, and again only after a change', async () => {
    const endpoints = [listed('new', 5, gateway({ ...place, table_name_prefix: 'n' })), listed('old', 5), listed('none', 5)];
    const { collect } = rig(endpoints, ({ path }) => (path.endsWith('/old') ? detail('old', 'o_payload') : listed('none', 5)));
    const first = await collect(null);
    expect(first.asked).toEqual(['serving-endpoints', 'old', 'none']);
    expect(first.edges).toEqual([edge('new', 'n_payload'), edge('old', 'o_payload')]);
    const second = await collect(first.cursor);
    expect(second.asked).toEqual(['serving-endpoints']);
    expect(second.edges).toEqual(first.edges);
    endpoints[1] = listed('old', 6);
    expect((await collect(second.cursor)).asked).toEqual(['serving-endpoints', 'old']);
  }); // prettier-ignore

  it('of an endpoint that does not say when it was changed are looked up each time; one that is refused costs itself', async () => {
    const { collect } = rig([listed('shy', null), listed('mine', null)], ({ path }) => (path.endsWith('/mine') ? detail('mine', 'm_payload') : null));
    const first = await collect(null);
    expect(first.note).toBe('Not readable: shy.');
    expect(first.failure?.tag).toBe('Forbidden');
    expect(first.edges).toEqual([edge('mine', 'm_payload')]);
    expect((await collect(first.cursor)).asked).toHaveLength(3);
  }); // prettier-ignore

  it('of more endpoints than one refresh asks take turns', async () => {
    const names = Array.from({ length: 100 }, (_, i) => `e${String(i).padStart(3, '0')}`);
    const { collect } = rig(names.map((name) => listed(name, 5)), ({ path }) => detail(path.split('/').at(-1) ?? '', `${path.split('/').at(-1) ?? ''}_payload`)); // prettier-ignore
    const first = await collect(null);
    expect(first.asked).toHaveLength(61);
    expect(first.note).toMatch(/^60 of 100 endpoints/);
    const second = await collect(first.cursor);
    expect(second.asked).toHaveLength(41);
    expect(second.edges).toHaveLength(100);
    expect(second.note).toBeNull();
  });

  it('around a room the endpoint itself tells its table', async () => {
    const body = { ...detail('price-api', 'p_payload'), state: {} };
    const { workspace } = fakeWorkspace({
      rest: ({ path }) => ok(path.endsWith('/price-api') ? body : { endpoints: [body] }),
    });
    const context = collectContext(workspace, db(), ['endpoint|7|price-api']);
    const found = await servingCollector.collect(context);
    const edges = found.ok ? (found.value.edges ?? []).filter(({ source }) => source === 'rest.inference-tables') : [];
    expect(edges).toEqual([
      expect.objectContaining({ to: 'table|ms|main.ml.p_payload', firstSeen: '2026-11-23T12:00:00.000Z' }),
    ]);
  });
});
