// Whatever a limit of this program leaves out is said, and the source is then not complete.
import { afterEach, describe, expect, it } from 'vitest';
import type { Statement, TextRow } from '../../main/databricks/port.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { experimentRunsCollector } from '../../main/lake/collectors/experiments.ts';
import { metricHistoryCollector } from '../../main/lake/collectors/metric-history.ts';
import { queryTablesCollector } from '../../main/lake/collectors/query-tables.ts';
import { runInputsCollector } from '../../main/lake/collectors/run-inputs.ts';
import type { FactKind } from '../../shared/domain/vocabulary.ts';
import { ok } from '../../shared/base/result.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
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
