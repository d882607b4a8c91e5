import { afterEach, describe, expect, it } from 'vitest';
import { err, ok } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { marksOf, servedMismatches } from '../../main/analysis/marks.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { DatabricksFailure, RestRequest, TextRow } from '../../main/databricks/port.ts';
import { modelsCollector } from '../../main/lake/collectors/models.ts';
import { servedEntitiesCollector } from '../../main/lake/collectors/served-entities.ts';
import { servingCollector } from '../../main/lake/collectors/serving.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
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
const since = collectNow - 3_600_000;
const endpoint = (version: string, extra: object = {}) => ({
  name: 'price-api', state: { ready: 'READY', config_update: 'NOT_UPDATING' },
  config: {
    config_version: 4,
    served_entities: [
      { workload_size: 'Small', scale_to_zero_enabled: true, name: 'm-6', entity_name: 'Main.ml.price', entity_version: version, environment_vars: { TOKEN: 'secret-value' }, state: { deployment: 'DEPLOYMENT_READY' }, ...extra },
    ],
    traffic_config: { routes: [{ served_model_name: 'm-6', traffic_percentage: 100 }] },
  },
}); // prettier-ignore
const spec = {
  name: 'features', config: { served_entities: [{ name: 'f', entity_name: 'main.ml.price_features' }] },
}; // prettier-ignore
const rest = ({ path }: RestRequest) => {
  if (path === '/api/2.0/serving-endpoints')
    return ok({ endpoints: [endpoint('6'), spec, { name: 'other', config: {} }] });
  if (path.endsWith('/price-api')) return ok(endpoint('6', { creation_timestamp: since }));
  if (path.endsWith('/features')) return ok(spec);
  if (path.includes('/functions/'))
    return ok({
      routine_dependencies: { dependencies: [{ table: { table_full_name: 'Main.shop.Prices' } }, { function: {} }] },
    });
  if (path.endsWith('/versions')) return ok({ model_versions: [] });
  return ok({ aliases: [{ alias_name: 'champion', version_num: 7 }] });
};
const scope = ['model|ms|main.ml.price'];

describe('what is served', () => {
  it('is a fact of its own, with an edge from the model; secrets of the endpoint stay where they are', async () => {
    const { workspace, called } = fakeWorkspace({ rest });
    const found = await servingCollector.collect(collectContext(workspace, db(), scope));
    if (!found.ok) throw new Error(found.error.what);
    expect(JSON.stringify(found.value)).not.toMatch(/secret|environment/);
    expect(called.map(({ path }) => path)).not.toContain('/api/2.0/serving-endpoints/other');
    const facts = (found.value.facts ?? []).map(({ fact }) => fact);
    expect(facts.map(({ kind, title }) => [kind, title])).toEqual([
      ['settings', 'What endpoint price-api serves'],
      ['served-version', 'Endpoint price-api serves version 6 of price'],
      ['settings', 'What endpoint features serves'],
    ]);
    expect(facts[0]?.data['items']).toEqual([
      { name: 'm-6', entity: 'main.ml.price', version: '6', traffic: 100, state: 'DEPLOYMENT_READY', size: 'Small', scalesToZero: true },
    ]); // prettier-ignore
    expect(facts[1]).toMatchObject({
      happenedAt: instantAt(since),
      assets: ['endpoint|7|price-api', 'model|ms|main.ml.price'],
    });
    expect(found.value.edges?.map(({ from, to, source }) => [from, to, source])).toEqual([
      ['model|ms|main.ml.price', 'endpoint|7|price-api', 'rest.serving-endpoints'],
      ['table|ms|main.shop.prices', 'endpoint|7|features', 'rest.feature-specification'],
    ]);
  });

  it('by features whose specification may not be seen is said to be not complete; what is no function is not', async () => {
    const collected = async (failure: DatabricksFailure) => {
      const answers = (request: RestRequest) => (request.path.includes('/functions/') ? err(failure) : rest(request));
      const { workspace } = fakeWorkspace({ rest: answers });
      const found = await servingCollector.collect(collectContext(workspace, db(), scope));
      return found.ok ? { note: found.value.note, partly: found.value.partly, edges: found.value.edges?.length } : null;
    };
    expect(await collected(databricksFailure('Forbidden', { code: 'HTTP 403' }))).toEqual({
      note: 'Not complete: this user may not see which tables the features of features are read from.',
      partly: true,
      edges: 1,
    });
    expect(await collected(databricksFailure('BadAnswer', { code: 'HTTP 404' }))).toEqual({ note: null, partly: false, edges: 1 });
  }); // prettier-ignore

  it('nobody knows when a version came to be served at the first look; a later change is seen', async () => {
    const answers = {
      rest: (request: RestRequest) => (request.path.endsWith('/price-api') ? ok(endpoint('6')) : rest(request)),
    };
    const { workspace } = fakeWorkspace(answers);
    const moments = async (cursor: string | null) => {
      const found = await servingCollector.collect(collectContext(workspace, db(), scope, { cursor }));
      return found.ok ? found.value.facts?.filter(({ fact }) => fact.kind === 'served-version').length : null;
    };
    expect(await moments(null)).toBe(0);
    expect(await moments(JSON.stringify({ 'price-api': '4' }))).toBe(0);
    expect(await moments(JSON.stringify({ 'price-api': '3' }))).toBe(1);
  });

  it('one endpoint that is forbidden costs itself; being offline ends the round', async () => {
    const failing = (tag: 'Forbidden' | 'Offline') =>
      fakeWorkspace({
        rest: (request) =>
          request.path.endsWith('/price-api') ? err(databricksFailure(tag, { detail: 'x' })) : rest(request),
      }).workspace;
    const found = await servingCollector.collect(collectContext(failing('Forbidden'), db(), scope));
    expect(found.ok && found.value.note).toBe('Not readable: price-api.');
    expect(found.ok && found.value.facts).toHaveLength(1);
    const offline = await servingCollector.collect(collectContext(failing('Offline'), db(), scope));
    expect(offline.ok && offline.value).toMatchObject({ failure: { tag: 'Offline' }, more: false });
  });

  it('the table tells when and who, also of a deleted endpoint', async () => {
    const row = (over: Partial<TextRow>): TextRow => ({
      ws: '7', endpoint: 'price-api', served: 'm-6', entity_kind: 'CUSTOM_MODEL', entity: 'Main.ml.price', version: '6', config: '4',
      who: 'ana@x.example', changed: micros(since), deleted: null, ...over,
    }); // prettier-ignore
    const { workspace } = fakeWorkspace({
      columns: ['workspace_id', 'endpoint_name', 'served_entity_name', 'entity_type', 'entity_name', 'entity_version', 'endpoint_config_version', 'created_by', 'change_time', 'endpoint_delete_time'],
      sql: () => rowPage([row({}), row({ deleted: micros(since + 1000) }), row({ entity: null })]),
    }); // prettier-ignore
    const found = await servedEntitiesCollector.collect(collectContext(workspace, db(), scope));
    if (!found.ok) throw new Error(found.error.what);
    expect(found.value.facts?.map(({ fact }) => [fact.id, fact.title, fact.data['by']])).toEqual([
      ['served-version|7|price-api/4/m-6', 'Endpoint price-api serves version 6 of price', 'ana@x.example'],
      ['served-version|7|price-api/4/m-6/deleted', 'Endpoint price-api was deleted', 'ana@x.example'],
    ]);
    expect(found.value.note).toBe('1 rows could not be read.');
  });
});

describe('what is served, and for how many requests at once', () => {
  const row = (over: Partial<TextRow>): TextRow => ({
    ws: '7', endpoint: 'price-api', served: 'm-6', entity_kind: 'CUSTOM_MODEL', entity: 'main.ml.price', version: '6', config: '5',
    who: 'ana@x.example', changed: micros(since), deleted: null, least: null, most: null, before_least: null, before_most: null, ...over,
  }); // prettier-ignore
  const columns = ['workspace_id', 'endpoint_name', 'served_entity_name', 'entity_name', 'entity_version', 'endpoint_config_version', 'change_time']; // prettier-ignore
  const read = async (rows: readonly TextRow[], types: Readonly<Record<string, string>> = {}) => {
    const { workspace, asked } = fakeWorkspace({ columns: [...columns, ...Object.keys(types)], types, sql: () => rowPage(rows) }); // prettier-ignore
    const found = await servedEntitiesCollector.collect(collectContext(workspace, db(), scope));
    if (!found.ok) throw new Error(found.error.what);
    return { facts: (found.value.facts ?? []).map(({ fact }) => fact), sql: asked[0]?.text ?? '', missing: found.value.missingColumns }; // prettier-ignore
  };

  it('says how many where that changed for an entity that was served before, and nothing else', async () => {
    const { facts } = await read([
      row({ least: '16', most: '64', before_least: '0', before_most: '4' }),
      row({ config: '6', least: '16', most: '64', before_least: '16', before_most: '64' }),
      row({ config: '7', least: '16', most: '64' }),
    ]);
    const plain = 'Endpoint price-api serves version 6 of price';
    expect(facts.map(({ title }) => title)).toEqual([`${plain}, at a concurrency of 16 to 64 instead of 0 to 4`, plain, plain]); // prettier-ignore
    expect(facts[0]?.data).toMatchObject({ concurrency: { least: 16, most: 64 }, concurrencyBefore: { least: 0, most: 4 } }); // prettier-ignore
  });

  it('is asked for as far as the table has it: without the struct, or a field of it, the rest is read', async () => {
    const whole = await read([row({})], { custom_model_config: 'struct<min_concurrency:int,max_concurrency:int>' });
    expect(whole.sql).toMatch(/lag\(CAST\(`custom_model_config`\.`min_concurrency` AS STRING\)\)/);
    const part = await read([row({})], { custom_model_config: 'struct<max_concurrency:int>' });
    expect(part.sql).not.toContain('min_concurrency');
    expect(part.missing).toContain('custom_model_config.min_concurrency');
    const none = await read([row({})]);
    expect(none.sql).not.toContain('custom_model_config');
    expect(none.facts).toHaveLength(1);
  });
});

describe('an alias and what is served', () => {
  const read = async () => {
    const { workspace } = fakeWorkspace({ rest });
    const context = collectContext(workspace, db(), scope);
    const [models, serving] = [await modelsCollector.collect(context), await servingCollector.collect(context)];
    if (!models.ok || !serving.ok) throw new Error('not read');
    return [...(models.value.facts ?? []), ...(serving.value.facts ?? [])].map(({ fact }) => fact);
  };

  it('that differ make model and endpoint doubtful, with both named', async () => {
    const found = servedMismatches(await read());
    const words = 'alias champion → v7, served v6';
    expect([...found]).toEqual([['endpoint|7|price-api', words], ['model|ms|main.ml.price', words]]); // prettier-ignore
    const marks = marksOf({ signals: [], facts: [], from: instantAt(0), doubts: found.keys() });
    expect(marks.doubtful.has('endpoint|7|price-api' as AssetId)).toBe(true);
  });

  it('that agree, or a model without aliases, are no mismatch', async () => {
    const facts = await read();
    const aliases = (items: readonly object[]) =>
      facts.map((fact) => (fact.data['what'] === 'aliases' ? { ...fact, data: { ...fact.data, items } } : fact));
    expect(servedMismatches(aliases([{ alias: 'champion', version: '6' }])).size).toBe(0);
    expect(servedMismatches(aliases([])).size).toBe(0);
  });
});
