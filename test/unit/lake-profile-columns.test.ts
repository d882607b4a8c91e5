import { afterAll, describe, expect, it } from 'vitest';
import type { TextRow } from '../../main/databricks/port.ts';
import { driftCollector } from '../../main/lake/collectors/drift.ts';
import { profilesCollector } from '../../main/lake/collectors/profiles.ts';
import { windowLength } from '../../main/lake/window-length.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const { store, close } = temporaryStore(() => collectNow);
afterAll(close);

const hour = 3_600_000;
const window = { window_start: micros(collectNow - 2 * hour), window_end: micros(collectNow - hour), grain: '1 hour', monitor: '0', col: 'price' }; // prettier-ignore
const sources = {
  drift: {
    collector: driftCollector,
    columns: ['window', 'window_cmp', 'granularity', 'monitor_version', 'slice_key', 'column_name', 'drift_type', 'population_stability_index'],
    row: { ...window, drift: 'CONSECUTIVE', psi: '0.4', compared_start: micros(collectNow - 3 * hour) },
    aliases: { granularity: 'grain', monitor_version: 'monitor', drift_type: 'drift', population_stability_index: 'psi', window_cmp: 'compared_start' },
  },
  profile: {
    collector: profilesCollector,
    columns: ['window', 'granularity', 'monitor_version', 'slice_key', 'log_type', 'column_name', 'count', 'avg'],
    row: { ...window, n_count: '100', n_avg: '2.5' },
    aliases: { granularity: 'grain', monitor_version: 'monitor', count: 'n_count', avg: 'n_avg' },
  },
} as const; // prettier-ignore

/** What a source makes of a profile whose table lacks a column: NULL stands in its place. */
const read = async (kind: keyof typeof sources, hidden: string | null) => {
  const { collector, columns, row, aliases } = sources[kind];
  const alias = Object.entries(aliases).find(([name]) => name === hidden)?.[1];
  const shown: TextRow = alias === undefined ? row : { ...row, [alias]: null };
  const { workspace, asked } = fakeWorkspace({
    columns: columns.filter((name) => name !== hidden),
    sql: ({ name }) =>
      name === 'lake.drift-tables'
        ? rowPage([{ catalog_name: 'main', schema_name: 'shop', name: `prices_${kind}_metrics`, watched_schema: 'shop' }]) // prettier-ignore
        : rowPage([shown]),
  });
  const found = await collector.collect(collectContext(workspace, store.read, ['table|ms|main.shop.prices']));
  if (!found.ok) throw new Error(found.error.what);
  const { facts = [], missingColumns, note, partly } = found.value;
  return { facts: facts.map(({ fact }) => fact), missingColumns, note, partly, asked: asked.length };
};

describe('a column of a data profile that is hidden', () => {
  it.each(['drift', 'profile'] as const)('%s: the length of a window is its granularity, so that the fact stays the same', async (kind) => {
    const whole = await read(kind, null);
    expect(whole.facts).toHaveLength(1);
    const without = await read(kind, 'granularity');
    expect(without.facts.map(({ id }) => id)).toEqual(whole.facts.map(({ id }) => id));
    expect(without.missingColumns).toContain('granularity');
  }); // prettier-ignore

  it.each([['drift', ['slice_key']], ['profile', ['slice_key', 'log_type']]] as const)(
    '%s: results of slices are never taken for those of the whole table',
    async (kind, columns) => {
      for (const column of columns) {
        const found = await read(kind, column);
        expect(found).toMatchObject({ facts: [], partly: true, asked: 1 });
        expect(found.note).toContain(`Without ${column}, `);
        expect(found.missingColumns).toContain(column);
      }
    },
  ); // prettier-ignore

  it.each(['drift', 'profile'] as const)('%s: any other costs itself only', async (kind) => {
    const keys = ['window', 'column_name', 'slice_key', 'log_type', 'population_stability_index'];
    for (const column of sources[kind].columns.filter((name) => !keys.includes(name))) {
      const found = await read(kind, column);
      expect(found.facts).toHaveLength(1);
      expect(found.missingColumns).toContain(column);
      expect(found.facts[0]?.title).not.toContain(column === 'drift_type' ? 'the window before' : 'null');
    }
  });
});

it('a window is named by its length as profiles spell it', () => {
  const of = (ms: number): string => windowLength(instantAt(collectNow), instantAt(collectNow + ms));
  expect([5 * 60_000, hour, 24 * hour, 7 * 24 * hour, 14 * 24 * hour].map(of)).toEqual(['5 minutes', '1 hour', '1 day', '1 week', '2 weeks']); // prettier-ignore
  expect(of(1_500)).toBe(`to ${instantAt(collectNow + 1_500)}`);
});

describe('drift where PSI does not apply', () => {
  const of = async (row: TextRow) => {
    const { workspace } = fakeWorkspace({
      columns: [
        ...sources.drift.columns, 'js_distance', 'wasserstein_distance', 'tv_distance', 'l_infinity_distance', 'chi_squared_test', 'ks_test',
      ],
      types: { chi_squared_test: 'struct<statistic:double,pvalue:double>', ks_test: 'struct<statistic:double,pvalue:double>' },
      sql: ({ name }) =>
        name === 'lake.drift-tables'
          ? rowPage([{ catalog_name: 'main', schema_name: 'shop', name: 'prices_drift_metrics', watched_schema: 'shop' }])
          : rowPage([{ ...sources.drift.row, drift: 'BASELINE', psi: null, ...row }]),
    }); // prettier-ignore
    const found = await driftCollector.collect(collectContext(workspace, store.read, ['table|ms|main.shop.prices']));
    if (!found.ok) throw new Error(found.error.what);
    return (found.value.facts ?? []).map(({ fact, onlyIfKnown }) => ({ ...fact, isKept: onlyIfKnown !== true }));
  };

  it.each([
    [{ chi_squared: '41.5', js: '0.93' }, 'chi-squared statistic 41.50', { chiSquared: 41.5, js: 0.93 }],
    [{ tv: '0.4' }, 'total variation distance 0.40', { totalVariation: 0.4 }],
    [{ l_infinity: 'Infinity' }, 'L-infinity distance infinite', { lInfinity: 'Infinity' }],
    [{ js: '0.93' }, 'JS distance 0.93', { js: 0.93 }],
    [{ ks: '0.2' }, 'KS statistic 0.20', { ks: 0.2 }],
    [{ wasserstein: '312' }, 'Wasserstein distance 312', { wasserstein: 312 }],
  ])('is kept by what it is judged by, which its title names without a claim: %j', async (row, words, data) => {
    const [fact] = await of(row);
    expect(fact).toMatchObject({ isKept: true, title: `prices.price compared with the baseline: ${words}` });
    expect(fact?.data).toMatchObject({ psi: null, ...data });
  });

  it('is not kept where nothing says anything, or says that nothing differs; and PSI decides where there is one', async () => {
    for (const row of [{}, { js: '0', tv: '0' }, { psi: '0.02', js: '0.93' }])
      expect((await of(row)).map(({ isKept }) => isKept)).toEqual([false]);
    expect((await of({ psi: '0.3', js: '0.93' })).map(({ title }) => title)).toEqual([
      'prices.price has drifted from the baseline: PSI 0.30',
    ]);
  });
});
