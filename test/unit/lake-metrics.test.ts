import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Statement, TextRow } from '../../main/databricks/port.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import { costCollector } from '../../main/lake/collectors/cost.ts';
import { experimentRunsCollector } from '../../main/lake/collectors/experiments.ts';
import { metricHistoryCollector } from '../../main/lake/collectors/metric-history.ts';
import { columnsCollector } from '../../main/lake/collectors/catalog.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { err, ok } from '../../shared/base/result.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { putFact } from '../support/facts.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const columns = [
  'workspace_id', 'run_id', 'experiment_id', 'metric_name', 'metric_time', 'metric_step', 'metric_value', 'update_time', 'status', 'aggregated_metrics',
  'table_catalog', 'table_schema', 'table_name', 'column_name', 'ordinal_position', 'full_data_type', 'usage_date', 'sku_name', 'usage_unit',
  'usage_metadata', 'usage_quantity', 'usage_end_time', 'usage_start_time', 'record_type', 'price_start_time', 'pricing', 'cloud', 'billing_origin_product', 'currency_code', 'price_end_time',
]; // prettier-ignore
type Answer = (statement: Statement) => ReturnType<typeof rowPage> | undefined;

/** What a collector makes of answers, around a model that one run made. */
const collected = async (collector: Collector, sql: Answer, more: Parameters<typeof collectContext>[3] = {}) => {
  const { store, close } = temporaryStore();
  cleanups.push(close);
  const model = 'model|ms|a.b.price';
  store.transaction((db) => {
    putFact(
      db,
      {
        id: 'model-version|ms|a.b.price/3', kind: 'model-version', source: 's', workspace: '7', region: null, happened: instantAt(collectNow), observed: instantAt(collectNow),
        complete_to: null, assets: JSON.stringify([model]), title: '', data: JSON.stringify({ run: 'r', model: 'a.b.price', version: '3' }),
      },
      [model],
    ); // prettier-ignore
    return ok(null);
  });
  const { workspace } = fakeWorkspace({ columns, sql });
  const scope = [model, 'table|ms|a.b.c', 'job|7|9'];
  const found = await collector.collect(collectContext(workspace, store.read, scope, more));
  if (!found.ok) throw new Error(found.error.what);
  const { facts = [], ...rest } = found.value;
  return {
    ...rest,
    facts: facts.map(({ fact }) => ({ id: fact.id, title: fact.title, happenedAt: fact.happenedAt, data: fact.data })),
  };
};
const only =
  (name: string, rows: readonly TextRow[]): Answer =>
  (statement) =>
    statement.name === name ? rowPage(rows, Object.keys(rows[0] ?? {})) : undefined;

const point = (step: number, value: string, at = step): TextRow => ({
  ws: '7', run: 'r', experiment: '12', metric: 'loss', at: micros(collectNow + at * 1_000), step: `${step}`, value,
}); // prettier-ignore

describe('the order of rows', () => {
  const inAnyOrder = async (collector: Collector, name: string, rows: readonly TextRow[]): Promise<void> => {
    const right = await collected(collector, only(name, rows));
    expect(right.facts.length).toBeGreaterThan(0);
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...rows], { minLength: rows.length, maxLength: rows.length }),
        async (mixed) => {
          expect((await collected(collector, only(name, mixed))).facts).toEqual(right.facts);
        },
      ),
      { seed: 20_261_124, numRuns: 8 },
    );
  };

  it('says nothing about a metric: also not where two values stand at one moment and step', async () => {
    const rows = [point(1, '9'), point(2, 'NaN'), point(3, '4.5'), point(4, '7', 4), point(4, '-7', 4)];
    await inAnyOrder(metricHistoryCollector, 'lake.metric-history', rows);
  });

  it('nor about columns', async () => {
    const rows = ['b', 'a', 'c'].map((col, i) => ({
      name0: 'a',
      name1: 'b',
      name2: 'c',
      col,
      place: `${i}`,
      full_type: 'int',
    }));
    await inAnyOrder(columnsCollector, 'lake.columns', rows);
  });

  it('nor does the order of metrics within a run, of which some are kept', async () => {
    const metrics = Array.from({ length: 60 }, (_, i) => ({ metric_name: `m${String(i).padStart(2, '0')}`, min_value: i, max_value: 'NaN', latest_value: 'Infinity' })); // prettier-ignore
    const run = (all: readonly object[]): TextRow => ({
      ws: '7', run: 'r', experiment: '12', status: 'FINISHED', updated: micros(collectNow), metrics: JSON.stringify({ all }),
    }); // prettier-ignore
    const [one, other] = [metrics, metrics.toReversed()].map((all) => collected(experimentRunsCollector, only('lake.experiment-runs', [run(all)]))); // prettier-ignore
    expect(JSON.stringify((await one)?.facts)).toBe(JSON.stringify((await other)?.facts));
    expect((await one)?.facts[0]?.data['metrics']).toMatchObject({ m00: { min: 0, max: null, latest: null } });
  });
});

describe('a metric that was never a number', () => {
  it('is told as that', async () => {
    const { facts } = await collected(metricHistoryCollector, only('lake.metric-history', [point(1, 'NaN'), point(2, '-Infinity')])); // prettier-ignore
    expect(facts).toMatchObject([
      {
        title: 'Metric loss of experiment run r was never a number',
        data: { values: 0, notNumbers: 2, last: null, min: null, max: null, points: [] },
      },
    ]);
    const hidden = [point(1, '9'), point(2, '8')].map((row) => ({ ...row, value: null }));
    expect((await collected(metricHistoryCollector, only('lake.metric-history', hidden))).facts).toEqual([]);
  });
});

const use: TextRow = {
  ws: '7', day: '2026-11-20', sku: 'JOBS', unit: 'DBU', cloud: null, product: 'JOBS', charged: 'job|9', hour: micros(collectNow - 96 * 3_600_000), quantity: '2',
  corrections: '0', newest: micros(collectNow - 95 * 3_600_000),
}; // prettier-ignore
const price: TextRow = {
  sku: 'JOBS',
  cloud: null,
  unit: 'DBU',
  currency: 'USD',
  since: micros(0.5 * collectNow),
  until: null,
  price: '0.5',
};

describe('half an answer', () => {
  const half = (row: TextRow): TextRow => ({ ...row, bw_total: '2' });
  it('makes no sums and no series: they would be too low', async () => {
    for (const [collector, name, row] of [[costCollector, 'lake.usage', use], [metricHistoryCollector, 'lake.metric-history', point(1, '9')]] as const) {
      const whole = await collected(collector, only(name, [row]));
      expect([name, whole.facts.length, whole.failure]).toEqual([name, 1, undefined]);
      const found = await collected(collector, only(name, [half(row)]));
      expect([name, found.facts, found.completeTo]).toEqual([name, [], null]);
      expect(found.failure).toMatchObject({ code: 'CUT_OFF', advice: 'It is read again at the next refresh; sums of half an answer are not kept.' });
      expect(String(found.cursor)).not.toMatch(/"read":"/);
    } // prettier-ignore
  });
});

describe('more sums of usage than a pull can hold', () => {
  const perDay = 1_500;
  const all: readonly TextRow[] = Array.from({ length: 20 * perDay }, (_, n) => {
    const day = instantAt(collectNow - (19 - Math.floor(n / perDay)) * 86_400_000).slice(0, 10);
    const charged = `job|${10_000 + Math.floor((n % perDay) / 2)}`;
    return { ...use, day, charged, sku: n % 2 === 0 ? 'JOBS' : 'PHOTON', place: `${day} ${charged}`, newest: micros(Date.parse(day) + 3_600_000) }; // prettier-ignore
  });
  const answer: Answer = ({ name, parameters }) => {
    if (name !== 'lake.usage') return undefined;
    const from = parameters?.['place'];
    const rows = all.filter((row) => typeof from !== 'string' || String(row['place']) >= from);
    return rowPage(
      rows.slice(0, 20_000).map((row) => ({ ...row, bw_total: String(rows.length) })),
      Object.keys(use),
    );
  };

  it('are read in stretches until the newest day is there, each sum once and whole', async () => {
    const found = new Set<string>();
    let [cursor, pulls, more]: [string | null, number, boolean] = [null, 0, true];
    while (more && pulls < 5) {
      const told = await collected(costCollector, answer, { cursor, resumed: pulls > 0 });
      for (const fact of told.facts) {
        expect(found.has(fact.id)).toBe(false);
        found.add(fact.id);
      }
      more = told.more === true;
      // Nothing is complete up to anything, and nothing rests, before the last stretch.
      expect([told.completeTo === null, /"read"/.test(told.cursor ?? '')]).toEqual(
        more ? [true, false] : [false, true],
      );
      [cursor, pulls] = [told.cursor, pulls + 1];
      expect(told.partly ?? false).toBe(false);
      if (!more) expect(told.completeTo).toBe(instantAt(Date.parse(instantAt(collectNow).slice(0, 10)) + 3_600_000));
    }
    expect([pulls, found.size]).toEqual([2, all.length]);
  });
});

describe('list prices', () => {
  const answers =
    (prices: ReturnType<typeof rowPage>): Answer =>
    ({ name }) =>
      name === 'lake.usage' ? rowPage([use], Object.keys(use)) : name === 'lake.list-prices' ? prices : undefined;
  const told = async (prices: ReturnType<typeof rowPage>) => {
    const { facts, cursor, note } = await collected(costCollector, answers(prices));
    return { amount: facts[0]?.data['listAmount'], quantity: facts[0]?.data['quantity'], again: cursor === null, note };
  };

  it('that are missing cost the price, not the usage; those that did not come are asked for again', async () => {
    expect(await told(rowPage([price]))).toEqual({ amount: '1', quantity: '2', again: false, note: null });
    expect(await told(rowPage([], Object.keys(price)))).toEqual({
      amount: null,
      quantity: '2',
      again: false,
      note: null,
    });
    expect(await told(err(databricksFailure('Forbidden')))).toMatchObject({ amount: null, quantity: '2', again: false, note: expect.stringContaining('List prices are not readable') as string }); // prettier-ignore
    expect(await told(err(databricksFailure('Unavailable')))).toMatchObject({
      amount: null,
      quantity: '2',
      again: true,
    });
  });

  const midnight = Date.parse(instantAt(collectNow).slice(0, 10));
  const day = instantAt(midnight - 1).slice(0, 10);
  const until = (at: number | null): string | null => (at === null ? null : micros(at));
  /** Usage of one day as the warehouse would sum it: by the changes that it is told, or all of the day. */
  const billed = async (changedAt: number, rows: readonly (readonly [endsAt: number, quantity: number])[]) => {
    const held = [
      { ...price, since: micros(midnight - 90 * 86_400_000), until: until(changedAt), price: '0.5' },
      { ...price, since: micros(changedAt), until: until(null), price: '2' },
    ];
    const answer: Answer = ({ name, parameters = {}, text }) => {
      if (name === 'lake.list-prices') return rowPage(held);
      if (name === 'lake.list-prices.changes') return rowPage(held.map(({ since, until: end }) => ({ since, until: end })));
      if (name !== 'lake.usage') return undefined;
      const changes = Object.entries(parameters).flatMap(([key, value]) =>
        /^change\d+$/.test(key) && text.includes(`:${key} `) ? [Date.parse(`${(value as { value: string }).value.replace(' ', 'T')}Z`)] : [],
      );
      const eras = Map.groupBy(rows, ([endsAt]) => changes.filter((at) => endsAt >= at).length);
      return rowPage(
        [...eras.values()].map((all) => ({
          ...use, day, place: `${day} job|9`, quantity: String(all.reduce((sum, [, quantity]) => sum + quantity, 0)),
          newest: micros(Math.max(...all.map(([endsAt]) => endsAt))),
        })),
      );
    };
    const { facts } = await collected(costCollector, answer, { lane: 'watch' });
    return facts.map(({ data }) => [data['day'], data['quantity'], data['listAmount'], data['listPrice']]);
  }; // prettier-ignore
  const hour = 3_600_000;

  it('that change at midnight are those of each row by its own end', async () => {
    // The last hour of the day ends when the new price begins to hold (facts 1.1).
    const rows = [[midnight - 2 * hour, 4], [midnight - hour, 4], [midnight, 1]] as const; // prettier-ignore
    expect(await billed(midnight, rows)).toEqual([[day, '9', '6', null]]);
  });

  it('that change within a day hold before and after it', async () => {
    const rows = [[midnight - 12 * hour, 4], [midnight - hour, 1]] as const; // prettier-ignore
    expect(await billed(midnight - 6 * hour, rows)).toEqual([[day, '5', '4', null]]);
    expect(await billed(midnight + hour, rows)).toEqual([[day, '5', '2.5', '0.5']]);
  });
});
