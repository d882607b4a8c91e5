// Whatever a limit of this program leaves out is said, and the source is then not complete.
import { afterEach, describe, expect, it } from 'vitest';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { RestRequest, Statement, TextRow } from '../../main/databricks/port.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { experimentRunsCollector } from '../../main/lake/collectors/experiments.ts';
import { metricHistoryCollector } from '../../main/lake/collectors/metric-history.ts';
import { queryTablesCollector } from '../../main/lake/collectors/query-tables.ts';
import { driftCollector } from '../../main/lake/collectors/drift.ts';
import { externalLineageCollector } from '../../main/lake/collectors/external-lineage.ts';
import { inferenceCollector } from '../../main/lake/collectors/inference.ts';
import { inferenceTablesCollector } from '../../main/lake/collectors/inference-tables.ts';
import { modelsCollector } from '../../main/lake/collectors/models.ts';
import { profilesCollector } from '../../main/lake/collectors/profiles.ts';
import { qualityMonitorsCollector } from '../../main/lake/collectors/quality-monitors.ts';
import { restLineageCollector } from '../../main/lake/collectors/rest-lineage.ts';
import { servingCollector } from '../../main/lake/collectors/serving.ts';
import { runInputsCollector } from '../../main/lake/collectors/run-inputs.ts';
import type { FactKind } from '../../shared/domain/vocabulary.ts';
import { putSource } from '../../main/store/lake.ts';
import { err, ok } from '../../shared/base/result.ts';
import {
  collectContext,
  collectNow,
  fakeWorkspace,
  instantAt,
  micros,
  rowPage,
  type FakeAnswers,
} from '../support/collect.ts';
import { putFact } from '../support/facts.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const model = 'model|ms|main.ml.price';
const columns = [
  'workspace_id', 'run_id', 'experiment_id', 'metric_name', 'metric_time', 'metric_step', 'metric_value', 'update_time', 'status', 'aggregated_metrics',
  'metastore_id', 'statement_id', 'source_table_full_name', 'source_type', 'target_table_full_name', 'target_type', 'event_time', 'event_date',
]; // prettier-ignore

/** What a source says of itself when so many facts of a kind are here and these rows come; by `stream` where it has one. */
const told = async (
  collector: Collector,
  kind: FactKind,
  facts: readonly { readonly [name: string]: string }[],
  rows: readonly TextRow[] = [],
) => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  store.transaction<null>((db) => {
    for (const [n, data] of facts.entries()) {
      const happened = instantAt(collectNow - 3_600_000 - n);
      putFact(db, { id: `${kind}|7|${n}`, kind, source: 's', workspace: '7', region: null, happened, observed: happened, complete_to: null, assets: JSON.stringify([model]), title: '', data: JSON.stringify(data) }, [model]);
    }
    return ok(null);
  }); // prettier-ignore
  const sql = ({ name }: Statement) =>
    rowPage(name.startsWith('lake.') ? rows.map((row, n) => ({ ...row, bw_row: String(n + 1) })) : [], Object.keys(rows[0] ?? { x: 1 })); // prettier-ignore
  const { workspace } = fakeWorkspace({ columns, sql, rest: () => ok({ run: { info: {}, inputs: {} } }) });
  const context = collectContext(workspace, store.read, [model]);
  const notes = new Set<string>();
  let partly = false;
  const answers = collector.stream?.(context) ?? [await collector.collect(context)];
  for await (const one of answers) {
    if (!one.ok) throw new Error(one.error.what);
    partly ||= one.value.partly === true;
    if (one.value.note !== null) notes.add(one.value.note);
  }
  const collected = await collector.collect(context);
  expect(collected.ok && (collected.value.partly === true) === partly).toBe(true);
  return { partly, note: [...notes].join(' ') };
};
const complete = { partly: false, note: '' };
const versions = (n: number) => Array.from({ length: n }, (_, i) => ({ run: `r${i}`, model: 'main.ml.price', version: String(i) })); // prettier-ignore
const statements = (n: number) => Array.from({ length: n }, (_, i) => ({ statement: `s${i}` }));

describe('runs behind a model', () => {
  it.each([experimentRunsCollector, metricHistoryCollector, runInputsCollector])(
    'more than are asked about: $label',
    async (collector) => {
      expect(await told(collector, 'model-version', versions(20))).toMatchObject({ partly: false });
      const many = await told(collector, 'model-version', versions(101));
      expect(many.partly).toBe(true);
      expect(many.note).toContain('only the 100 newest are asked about');
      // More versions than are looked through, of one run: there may be others behind them.
      const one = versions(300).map((version) => ({ ...version, run: 'r' }));
      expect((await told(collector, 'model-version', one)).partly).toBe(true);
    },
  );

  it('more metrics of a run than are kept', async () => {
    const row = (metrics: number): TextRow => ({
      ws: '7', run: 'r0', experiment: '5', updated: micros(collectNow), status: 'FINISHED',
      metrics: JSON.stringify({ all: Array.from({ length: metrics }, (_, n) => ({ metric_name: `m${n}`, min_value: 1, max_value: 2, latest_value: 1 })) }),
    }); // prettier-ignore
    expect(await told(experimentRunsCollector, 'model-version', versions(1), [row(40)])).toEqual(complete);
    expect(await told(experimentRunsCollector, 'model-version', versions(1), [row(41)])).toEqual({
      partly: true,
      note: 'Not complete: of some runs only the first 40 metrics are kept, by name.',
    });
  });
});

describe('tables of statements', () => {
  it('statements that were not asked about, or not even looked through', async () => {
    expect(await told(queryTablesCollector, 'query', statements(2_000))).toEqual(complete);
    const many = await told(queryTablesCollector, 'query', statements(2_003));
    expect(many).toMatchObject({ partly: true, note: expect.stringContaining('3 older statements were not asked') });
    const most = await told(queryTablesCollector, 'query', statements(5_000));
    expect(most).toMatchObject({ partly: true, note: expect.stringContaining('Only the newest 5000 statements') });
  });

  it('more tables of a statement than are kept of it', async () => {
    const rows = (tables: number): readonly TextRow[] =>
      Array.from({ length: tables }, (_, n) => ({
        ms: 'ms', id: 's0', source_name: `a.b.t${n}`, source_kind: 'TABLE', target_name: 'a.b.into', target_kind: 'TABLE', last_at: micros(collectNow),
      })); // prettier-ignore
    expect(await told(queryTablesCollector, 'query', statements(1), rows(50))).toEqual(complete);
    expect(await told(queryTablesCollector, 'query', statements(1), rows(51))).toMatchObject({
      partly: true,
      note: expect.stringContaining('only 50 tables are kept'),
    });
  });
});

/** What a source says of itself when it is asked about these assets and answered like this. */
const saidOf = async (
  collector: Collector,
  assets: readonly string[],
  answers: FakeAnswers,
  sources: readonly { readonly source: string; readonly state: string }[] = [],
) => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  store.transaction<null>((db) => {
    for (const one of sources)
      putSource(db, { ...one, workspace: '7', region: null, cursor: null, complete_to: null, observed: null, missing: '[]', note: null }); // prettier-ignore
    return ok(null);
  });
  const { workspace } = fakeWorkspace(answers);
  const found = await collector.collect(collectContext(workspace, store.read, assets));
  if (!found.ok) throw new Error(found.error.what);
  return { partly: found.value.partly === true, note: found.value.note ?? '' };
};
/** A list of one item a page, with so many pages. */
const pagesOf = (pages: number, key: string, item: object, { query = {} }: RestRequest) => {
  const page = Number(query['page_token'] ?? 1);
  return ok({ [key]: [item], ...(page < pages ? { next_page_token: String(page + 1) } : {}) });
};
const table = 'table|ms|main.shop.prices';

describe('lists of REST with more pages than one look goes through', () => {
  it('versions of a model', async () => {
    const said = (pages: number) =>
      saidOf(modelsCollector, [model], {
        rest: (request) => (request.path.endsWith('/versions') ? pagesOf(pages, 'model_versions', { version: 1 }, request) : ok({})),
      }); // prettier-ignore
    expect(await said(20)).toEqual(complete);
    expect(await said(21)).toEqual({ partly: true, note: 'Not complete: more versions than one look goes through: price.' }); // prettier-ignore
  });

  it('external relationships of a table', async () => {
    const said = (pages: number) =>
      saidOf(externalLineageCollector, [table], {
        rest: (request) => (request.path.endsWith('/external-lineage') ? pagesOf(pages, 'external_lineage_relationships', {}, request) : ok({})),
      }); // prettier-ignore
    expect(await said(20)).toEqual(complete);
    expect(await said(21)).toEqual({ partly: true, note: 'Not complete: more relationships than one look goes through: prices.' }); // prettier-ignore
  });

  it('refreshes of a monitor', async () => {
    const said = (pages: number) =>
      saidOf(qualityMonitorsCollector, [table], {
        rest: (request) => {
          if (request.path.includes('/tables/')) return ok({ table_id: 't1' });
          if (request.path.endsWith('/refreshes')) return pagesOf(pages, 'refreshes', { refresh_id: 1 }, request);
          return ok({ data_profiling_config: { snapshot: {} } });
        },
      });
    expect(await said(20)).toEqual(complete);
    expect(await said(21)).toEqual({ partly: true, note: 'Not complete: more refreshes than one look goes through: prices.' }); // prettier-ignore
  });

  it.each([servingCollector, inferenceTablesCollector])('endpoints: $label', async (collector) => {
    const { store, close } = temporaryStore(() => collectNow);
    cleanups.push(close);
    for (const pages of [20, 21]) {
      const { workspace } = fakeWorkspace({ rest: (request) => pagesOf(pages, 'endpoints', {}, request) });
      const found = await collector.collect(collectContext(workspace, store.read, [], { lane: 'watch' }));
      const note = found.ok ? found.value.note : 'failed';
      expect(note).toBe(pages === 20 ? null : 'Not complete: there are more endpoints than one look goes through.');
    }
  });
});

describe('what is read of data profiles and their tables', () => {
  it.each([driftCollector, profilesCollector])('more of them than are listed: $label', async (collector) => {
    const suffix = collector === driftCollector ? 'drift' : 'profile';
    const row = (n: number): TextRow => ({ catalog_name: 'main', schema_name: 'shop', name: `t${n}_${suffix}_metrics`, watched_schema: 'shop' }); // prettier-ignore
    const said = (rows: number) =>
      saidOf(collector, [table], {
        columns: [],
        sql: ({ name }) => (name === 'lake.drift-tables' ? rowPage(Array.from({ length: rows }, (_, n) => row(n))) : undefined),
      }); // prettier-ignore
    expect((await said(1_999)).partly).toBe(false);
    expect(await said(2_000)).toEqual({ partly: true, note: 'Not complete: there are more data profiles than one look goes through (2000).' }); // prettier-ignore
  });

  it('segments that are cut by an expression', async () => {
    const said = (slicing_exprs: readonly string[]) =>
      saidOf(inferenceCollector, [table], {
        columns: ['at', 'region'],
        rest: () => ok({ inference_log: { timestamp_col: 'at' }, slicing_exprs }),
      });
    expect((await said(['region'])).partly).toBe(false);
    expect(await said(['age > 20'])).toEqual({ partly: true, note: 'Segments that are cut by an expression are not read: prices.' }); // prettier-ignore
  });

  it('tables that lineage by REST may not be asked about', async () => {
    const said = (isRefused: boolean) =>
      saidOf(
        restLineageCollector,
        [table],
        { rest: () => (isRefused ? err(databricksFailure('Forbidden')) : ok({})) },
        [{ source: 'system.access.table_lineage', state: 'denied' }],
      );
    expect(await said(false)).toEqual(complete);
    expect(await said(true)).toMatchObject({ partly: true, note: expect.stringContaining('1 tables could not be asked') as string }); // prettier-ignore
  });
});
