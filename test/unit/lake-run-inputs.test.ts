import { afterEach, describe, expect, it } from 'vitest';
import { err, ok } from '../../shared/base/result.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { RestRequest } from '../../main/databricks/port.ts';
import { modelsCollector } from '../../main/lake/collectors/models.ts';
import { runInputsCollector, tableOfSource } from '../../main/lake/collectors/run-inputs.ts';
import { storeBatch } from '../../main/lake/store-batch.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const ended = collectNow - 3 * 86_400_000;
const dataset = (source_type: string, source: string, context = 'training') => ({
  dataset: { name: 'd', digest: 'abc', source_type, source },
  tags: [{ key: 'mlflow.data.context', value: context }],
});
const run = (...inputs: readonly object[]) => ({
  run: {
    info: { run_id: 'r1', run_name: 'train', experiment_id: '5', start_time: ended - 60_000, end_time: ended },
    inputs: { dataset_inputs: inputs },
  },
});
const version = (number: number, run_id: string, run_workspace_id: number) => ({
  version: number, run_id, run_workspace_id, created_at: ended, status: 'READY', created_by: 'ann',
}); // prettier-ignore

/** The versions of a model are known, as the registry told them; `answer` says what a run answers. */
const setUp = async (answer: (run: string) => ReturnType<typeof ok<unknown>> | ReturnType<typeof err>) => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  const fake = fakeWorkspace({
    rest: ({ path, query }: RestRequest) =>
      path.endsWith('/versions')
        ? ok({ model_versions: [version(1, 'r1', 7), version(2, 'r1', 7), version(3, 'r2', 7), version(4, 'r3', 8)] })
        : path === '/api/2.0/mlflow/runs/get'
          ? (answer(String(query?.['run_id'])) as ReturnType<typeof ok<unknown>>)
          : ok({ aliases: [] }),
  });
  const at = (cursor: string | null = null) =>
    collectContext(fake.workspace, store.read, ['model|ms|main.ml.price'], { cursor });
  const models = await modelsCollector.collect(at());
  if (!models.ok) throw new Error(models.error.what);
  const stored = store.transaction((db) => ok(storeBatch(db, models.value, null, null)));
  if (!stored.ok) throw new Error(stored.error.what);
  return { ...fake, at, asked: () => fake.called.filter(({ path }) => path.includes('/mlflow/')) };
};
const read = async (context: ReturnType<Awaited<ReturnType<typeof setUp>>['at']>) => {
  const found = await runInputsCollector.collect(context);
  if (!found.ok) throw new Error(found.error.what);
  return found.value;
};

describe('what a data set names', () => {
  it('is a table of Unity Catalog only where its source says so', () => {
    const table = (source: object, type = 'delta_table') => tableOfSource(type, JSON.stringify(source))?.table ?? null;
    expect(tableOfSource('delta_table', '{"delta_table_name":"Main.Shop.Prices","delta_table_version":12}')).toEqual({
      table: 'main.shop.prices',
      version: '12',
    });
    expect(table({ table_name: 'main.shop.prices' }, 'spark')).toBe('main.shop.prices');
    expect(table({ delta_table_name: 'main.shop.`wé-ird`' })).toBe('main.shop.wé-ird');
    for (const other of [
      { path: 's3://bucket/prices' },
      { delta_table_name: 'shop.prices' },
      { delta_table_name: 'hive_metastore.shop.prices' },
      { delta_table_name: 'a.b.c', is_databricks_uc_table: false },
      { delta_table_name: 7 },
      [],
      {},
    ])
      // prettier-ignore
      expect(table(other)).toBeNull();
    expect(table({ delta_table_name: 'main.shop.prices' }, 'local')).toBeNull();
    expect(tableOfSource('delta_table', 'main.shop.prices')).toBeNull();
    expect(tableOfSource(null, '{}')).toBeNull();
    // A type that documents name without saying what its source holds.
    expect(table({ delta_table_name: 'main.shop.prices' }, 'databricks-uc-table')).toBeNull();
  });
});

describe('what a model version was trained on', () => {
  it('is an edge from the table to the model with its own source, and a fact about the run', async () => {
    const { at, asked } = await setUp(() =>
      ok(run(dataset('delta_table', '{"delta_table_name":"Main.Shop.Prices"}'), dataset('http', '{"url":"x"}'))),
    );
    const found = await read(at());
    expect(found.edges?.map(({ from, to, source }) => [from, to, source])).toEqual(
      Array.from({ length: 2 }, () => [
        'table|ms|main.shop.prices',
        'model|ms|main.ml.price',
        'rest.mlflow.run-inputs',
      ]),
    );
    expect(found.facts?.find(({ fact }) => fact.data['run'] === 'r1')?.fact).toMatchObject({
      kind: 'settings',
      happenedAt: instantAt(ended),
      assets: ['experiment|7|5', 'model|ms|main.ml.price'],
      data: { run: 'r1', models: expect.arrayContaining(['main.ml.price/2', 'main.ml.price/1']) },
    });
    expect(found.completeTo).toBe(instantAt(ended));
    // Two runs here, one in another workspace, which alone can say what it was given.
    expect(
      asked()
        .map(({ query }) => query?.['run_id'])
        .sort(),
    ).toEqual(['r1', 'r2']);
    expect(found.note).toMatch(/Of 2 runs some data names no table .*1 runs are kept in other workspaces/);
  });

  it('is asked once: the cursor holds the runs that have ended, and a new look comes a week later', async () => {
    const { at, asked } = await setUp(() => ok(run()));
    const { cursor, edges } = await read(at());
    expect(edges).toEqual([]);
    expect(asked()).toHaveLength(2);
    await read(at(cursor));
    expect(asked()).toHaveLength(2);
    await read({ ...at(cursor), clock: { now: () => collectNow + 8 * 86_400_000 } });
    expect(asked()).toHaveLength(4);
    const estimate = await runInputsCollector.estimate?.(at(cursor));
    expect(estimate).toEqual(ok({ rows: 0, statements: 0, calls: 0, counted: true }));
  });

  it('a run that is refused or gone costs that run only, and is asked again', async () => {
    const { at } = await setUp((id) =>
      id === 'r1' ? err(databricksFailure('Forbidden')) : ok(run(dataset('spark', '{"table_name":"a.b.c"}'))),
    );
    const found = await read(at());
    expect(found.edges).toHaveLength(1);
    expect(found.failure?.tag).toBe('Forbidden');
    expect(Object.keys(JSON.parse(found.cursor ?? '') as object)).not.toContain('r1');
    expect(found.note).toMatch(/1 runs are gone or not visible/);
    const { at: offline } = await setUp(() => err(databricksFailure('Offline')));
    expect(await read(offline())).toMatchObject({ failure: { tag: 'Offline' }, facts: [], more: false });
  });

  it('says nothing for answers that are not what they should be', async () => {
    const { at } = await setUp((id) =>
      ok(id === 'r1' ? { run: { inputs: { dataset_inputs: [7, null, {}] } } } : 'text'),
    );
    const found = await read(at());
    expect(found.edges).toEqual([]);
    expect(found.completeTo).toBeNull();
  });
});
