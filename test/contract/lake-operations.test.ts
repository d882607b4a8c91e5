import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toInstant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { FactKind } from '../../shared/domain/vocabulary.ts';
import { ok } from '../../shared/base/result.ts';
import type { Workspace } from '../../main/databricks/port.ts';
import { detectSignals } from '../../main/detect/detectors.ts';
import type { Lake } from '../../main/lake/lake.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import { putSource } from '../../main/store/lake.ts';
import type { Store } from '../../main/store/port.ts';
import { openPracticeLake, type PracticeLake } from '../support/practice-lake.ts';
import { addRows, at } from '../support/system-rows.ts';

/** Sources about what ran, what it cost and how good it was: rows in practice's system tables, facts out. */
const now = Date.now();
let offset = 0;
const clock = { now: () => Date.now() + offset };
const hour = 3_600_000;
let world: PracticeLake;
let workspace: Workspace;
let [ws, metastore] = ['', ''];
beforeAll(async () => {
  world = await openPracticeLake({ seed: 1, fault: 'none' });
  ({ workspace, ws, metastore } = world);
}, 240_000);
afterAll(() => world.close());

type Rig = { readonly lake: Lake; readonly store: Store; readonly facts: (kind: FactKind) => readonly LakeFact[] };
const read = async (source: string, assets: readonly AssetId[] = [], used?: Rig): Promise<Rig> => {
  const made = used ?? rigOf(source);
  const report = await made.lake.refresh({ assets });
  if (!report.ok) throw new Error(report.error.what);
  for (const one of report.value.sources)
    if (one.failure !== null) throw new Error(`${one.failure.what} ${one.failure.advice}`);
  return made;
};
const rigOf = (source: string): Rig => {
  const { lake, store } = world.device([source], { clock });
  return { lake, store, facts: (kind) => lake.facts(store.read, { kinds: [kind], limit: 500 }).rows };
};

describe('pipelines', { timeout: 180_000 }, () => {
  it('definitions: what changed field by field, secrets by name only, the newest change names the pipeline', async () => {
    const row = {
      workspace_id: ws,
      pipeline_id: 'pl-1',
      pipeline_type: 'ETL_PIPELINE',
      run_as: 'a@x',
      tags: { team: 'a' },
    };
    await addRows(workspace, 'lakeflow.pipelines', [
      { ...row, name: 'sales', settings: { photon: true, development: true }, configuration: { key: 'hush' }, change_time: at(now - 900 * hour) },
      { ...row, name: 'sales', settings: { photon: true, development: false }, configuration: { key: 'hush' }, change_time: at(now - 20 * hour) },
      { ...row, name: 'sales v2', settings: { photon: true, development: false }, configuration: { key: 'other' }, change_time: at(now - 10 * hour) },
      { ...row, name: 'sales v2', settings: { photon: true, development: false }, configuration: { key: 'other' }, change_time: at(now - 5 * hour), delete_time: at(now - 5 * hour) },
    ]); // prettier-ignore
    const { facts, lake, store } = await read('system.lakeflow.pipelines');
    const mine = facts('definition-change').filter((one) => one.data['pipeline'] === 'pl-1');
    expect(mine.map((one) => [one.title, one.data['changes']])).toEqual([
      ['Pipeline sales v2 was deleted', []],
      [
        'Pipeline sales v2 was changed: name sales → sales v2, configuration not kept → not kept',
        [
          { field: 'name', from: 'sales', to: 'sales v2' },
          { field: 'configuration', from: 'not kept', to: 'not kept' },
        ],
      ],
      [
        'Pipeline sales was changed: settings.development true → false',
        [{ field: 'settings.development', from: true, to: false }],
      ],
    ]);
    expect(JSON.stringify(mine)).not.toContain('hush');
    expect(lake.assetLabel(store.read, `pipeline|${ws}|pl-1` as AssetId)).toMatchObject({
      name: 'sales v2',
      detail: 'pipeline pl-1, deleted',
    });
  });

  it('updates: slices before and after the hour alignment become one update, its result from the last', async () => {
    const base = { workspace_id: ws, pipeline_id: 'pl-1', update_type: 'REFRESH', trigger_type: 'JOB_TASK', run_as_user_name: 'a@x', trigger_details: { job_task: { job_id: '77', job_task_run_id: '9007199254740993' } } }; // prettier-ignore
    const end = Math.floor(now / hour) * hour;
    await addRows(workspace, 'lakeflow.pipeline_update_timeline', [
      { ...base, update_id: 'u1', period_start_time: at(end - 3 * hour - 780_000), period_end_time: at(end - 3 * hour) },
      { ...base, update_id: 'u1', period_start_time: at(end - 3 * hour), period_end_time: at(end - 2 * hour) },
      { ...base, update_id: 'u1', period_start_time: at(end - 2 * hour), period_end_time: at(end - 2 * hour + 60_000), result_state: 'FAILED' },
      { ...base, update_id: 'u2', period_start_time: at(end - 2 * hour - 780_000), period_end_time: at(end - hour - 780_000) },
      { ...base, update_id: 'u2', period_start_time: at(end - hour - 780_000), period_end_time: at(end - hour), result_state: 'COMPLETED' },
      { ...base, update_id: 'u3', period_start_time: at(end - 60_000), period_end_time: at(end - 30_000) },
    ]); // prettier-ignore
    const { facts } = await read('system.lakeflow.pipeline_update_timeline');
    const mine = facts('pipeline-update').filter((one) => one.data['pipeline'] === 'pl-1');
    expect(mine.map((one) => [one.data['update'], one.data['result'], one.data['startedAt'], one.happenedAt])).toEqual([
      ['u3', 'running', toInstant(end - 60_000), toInstant(end - 30_000)],
      ['u2', 'succeeded', toInstant(end - 2 * hour - 780_000), toInstant(end - hour)],
      ['u1', 'failed', toInstant(end - 3 * hour - 780_000), toInstant(end - 2 * hour + 60_000)],
    ]);
    expect(mine[2]).toMatchObject({
      title: 'Update of pipeline pl-1 failed',
      assets: [`pipeline|${ws}|pl-1`, `job|${ws}|77`],
      data: { jobTaskRun: '9007199254740993', raw: { result_state: 'FAILED' } },
    });
  });
});

describe('messages of failed updates', { timeout: 180_000 }, () => {
  it('come from the error events of the pipeline, and stay when the update is read again', async () => {
    const both = ['system.lakeflow.pipeline_update_timeline', 'rest.pipelines.events'];
    const asked: unknown[] = [];
    const rest: Workspace['rest'] = {
      call: ({ path, query }) => {
        asked.push([path, query?.['filter']]);
        return Promise.resolve(
          ok({
            events: [
              { level: 'ERROR', message: 'Update u1 is FAILED.', origin: { update_id: 'u1' }, error: { exceptions: [{ message: 'column qty is gone' }] } },
              { level: 'ERROR', message: 'other', origin: { update_id: 'u9' } },
            ],
          }),
        ); // prettier-ignore
      },
    };
    const { lake, store } = world.device(both, { clock, through: { ...workspace, rest } });
    for (let turn = 0; turn < 2; turn += 1) {
      expect((await lake.refresh({ assets: [] })).ok).toBe(true);
      const failed = lake.facts(store.read, { kinds: ['pipeline-update'], limit: 500 }).rows.find((one) => one.data['update'] === 'u1');
      expect(failed?.data['message']).toBe('column qty is gone');
    } // prettier-ignore
    expect(asked.filter((one) => JSON.stringify(one).includes('pl-1'))).toEqual([
      // From when it began, so that the newest errors of a pipeline do not hide those of an older update.
      [
        '/api/2.0/pipelines/pl-1/events',
        `level='ERROR' AND timestamp>='${toInstant(Math.floor(now / hour) * hour - 3 * hour - 780_000)}'`,
      ],
    ]);
  });
});

describe('expectations', { timeout: 180_000 }, () => {
  it('are summed per update and dataset: what failed anywhere, and around a room what passed, too', async () => {
    const event = (id: string, update: string, pipeline: string, details: object, type = 'flow_progress') => ({
      workspace_id: ws, pipeline_id: pipeline, update_id: update, pipeline_event_id: id, event_type: type, event_time: at(now - 3 * hour), details,
    }); // prettier-ignore
    const counts = (passed: number, failed: number) => ({
      flow_progress: { status: 'RUNNING', data_quality: { dropped_records: 1, expectations: [
        { name: 'valid id', dataset: 'main.gold.sales', passed_records: passed, failed_records: failed },
        { name: 'no secrets', dataset: 'main.gold.sales', passed_records: passed + failed, failed_records: 0 },
      ] } },
    }); // prettier-ignore
    await addRows(workspace, 'lakeflow_pipeline_events_preview.pipeline_events', [
      event('1', 'u1', 'pl-x', counts(90, 5)), event('2', 'u1', 'pl-x', counts(900, 5)), event('3', 'u2', 'pl-y', counts(1, 1)),
      event('4', 'u1', 'pl-x', { flow_progress: { status: 'COMPLETED' } }), event('5', 'u1', 'pl-x', { user_action: 'x' }, 'user_action'),
    ]); // prettier-ignore
    const source = 'system.lakeflow_pipeline_events_preview.pipeline_events';
    const rig = await read(source);
    const told = () => rig.facts('expectation').map((one) => [one.title, one.data['failedShare'], one.assets]).sort(); // prettier-ignore
    const signals = () => detectSignals(rig.facts('expectation'), (text) => text).map((one) => one.windowKey);
    const of = (pipeline: string) => [`pipeline|${ws}|${pipeline}`, `table|${metastore}|main.gold.sales`];
    const failed = (title: string, share: number, pipeline: string) => [`Expectation valid id on sales failed for ${title}`, share, of(pipeline)]; // prettier-ignore
    expect(told()).toEqual([failed('1 of 2 records (50.00 %)', 0.5, 'pl-y'), failed('10 of 1000 records (1.00 %)', 0.01, 'pl-x')]); // prettier-ignore
    expect(signals()).toEqual(['u2|main.gold.sales']);
    // It rests for a while, but not where a pipeline comes into a room: there what passed counts, too.
    await addRows(workspace, 'lakeflow_pipeline_events_preview.pipeline_events', [event('6', 'u2', 'pl-y', counts(98, 0))]); // prettier-ignore
    await read(source, [], rig);
    expect(signals()).toEqual(['u2|main.gold.sales']);
    await read(source, [`pipeline|${ws}|pl-x` as AssetId], rig);
    expect(told()).toEqual([
      ['Expectation no secrets on sales passed: 1000 records', 0, of('pl-x')],
      // The update went on: its sums do so, and the signal of its first records is taken back.
      failed('1 of 100 records (1.00 %)', 0.01, 'pl-y'),
      failed('10 of 1000 records (1.00 %)', 0.01, 'pl-x'),
    ]);
    expect(signals()).toEqual([]);
    // Later a day behind the cursor is summed, and an update that lies wholly before is left alone.
    offset = 16 * 60_000;
    await addRows(workspace, 'lakeflow_pipeline_events_preview.pipeline_events', [event('7', 'u3', 'pl-y', counts(0, 9))]); // prettier-ignore
    await read(source, [], rig);
    offset = 0;
    expect(signals()).toEqual(['u3|main.gold.sales']);
    expect(rig.lake.sourceStates(rig.store.read)[0]?.completeTo).toBe(toInstant(now - 3 * hour));
  });
});

describe('quality', { timeout: 180_000 }, () => {
  it('stores what is not healthy and the recovery, nothing of tables that stay well', async () => {
    const row = (name: string, hours: number, status: string, more: object = {}) => ({
      event_time: at(now - hours * hour), catalog_name: 'Main', schema_name: 'gold', table_name: name, table_id: `id-${name}`, status, ...more,
    }); // prettier-ignore
    const complete = (last: number) => ({
      completeness: { status: 'Unhealthy', daily_row_count: { status: 'Unhealthy', last_value: last, min_predicted_value: 900, max_predicted_value: 1100 } },
      downstream_impact: { impact_level: 3, num_downstream_tables: 12, num_queries_on_affected_tables: 40 },
      root_cause_analysis: { upstream_jobs: [{ job_id: '77', workspace_id: ws, job_name: 'load', last_run_status: 'FAILED', run_page_url: 'https://x' }] },
    }); // prettier-ignore
    await addRows(workspace, 'data_quality_monitoring.table_results', [
      row('well', 30, 'Healthy'), row('well', 6, 'Healthy'),
      row('sick', 80, 'Healthy'), row('sick', 56, 'Unhealthy', complete(12)), row('sick', 32, 'Unhealthy', complete(9)), row('sick', 8, 'Healthy'), row('sick', 5, 'Healthy'),
    ]); // prettier-ignore
    const rig = await read('system.data_quality_monitoring.table_results');
    const told = () => rig.facts('quality').map((one) => [one.title, one.data['status'], one.happenedAt]);
    const expected = [
      ['sick is healthy again', 'healthy', toInstant(now - 8 * hour)],
      ['sick is unhealthy: rows of the day 9, expected 900 to 1100', 'unhealthy', toInstant(now - 32 * hour)],
      ['sick is unhealthy: rows of the day 12, expected 900 to 1100', 'unhealthy', toInstant(now - 56 * hour)],
    ];
    expect(told()).toEqual(expected);
    expect(rig.facts('quality')[1]).toMatchObject({
      assets: [`table|${metastore}|main.gold.sick`, `job|${ws}|77`],
      data: { impactLevel: 3, downstreamTables: 12, upstreamJobs: [{ job: '77', lastRun: 'FAILED' }] },
    });
    const state = rig.lake.sourceStates(rig.store.read)[0];
    expect(state?.completeTo).toBe(toInstant(now - 5 * hour));
    await read('system.data_quality_monitoring.table_results', [], rig);
    expect(told()).toEqual(expected);
  });
});

describe('cost', { timeout: 180_000 }, () => {
  const day = toInstant(now - 48 * hour).slice(0, 10);
  const start = Date.parse(`${day}T05:00:00Z`);
  const usage = (more: object) => ({
    workspace_id: ws, sku_name: 'TEST_JOBS', cloud: 'AZURE', usage_unit: 'DBU', usage_date: day, ingestion_date: day, record_type: 'ORIGINAL',
    usage_start_time: at(start), usage_end_time: at(start + hour), billing_origin_product: 'JOBS', usage_metadata: { job_id: 'c-1', cluster_id: 'k-1' }, ...more,
  }); // prettier-ignore

  it('sums originals, retractions and restatements exactly, with the list price of the time', async () => {
    await addRows(workspace, 'billing.list_prices', [
      { sku_name: 'TEST_JOBS', cloud: 'AZURE', usage_unit: 'DBU', currency_code: 'USD', price_start_time: at(now - 9000 * hour), price_end_time: at(now - 900 * hour), pricing: { default: '9' } },
      { sku_name: 'TEST_JOBS', cloud: 'AZURE', usage_unit: 'DBU', currency_code: 'USD', price_start_time: at(now - 900 * hour), pricing: { default: '0.6', effective_list: { default: '0.300000000000000001' } } },
      { sku_name: 'TEST_MOVED', cloud: 'AZURE', usage_unit: 'DBU', currency_code: 'USD', price_start_time: at(now - 9000 * hour), price_end_time: at(start + hour), pricing: { default: '1' } },
      { sku_name: 'TEST_MOVED', cloud: 'AZURE', usage_unit: 'DBU', currency_code: 'USD', price_start_time: at(start + hour), pricing: { default: '2' } },
    ]); // prettier-ignore
    await addRows(workspace, 'billing.usage', [
      usage({ usage_quantity: '10.000000000000000001' }),
      usage({ usage_quantity: '2', usage_metadata: { job_id: 'c-1', cluster_id: 'k-2' } }),
      usage({ usage_quantity: '5', usage_metadata: { cluster_id: 'k-3' }, record_type: 'ORIGINAL' }),
      usage({ usage_quantity: '-5', usage_metadata: { cluster_id: 'k-3' }, record_type: 'RETRACTION' }),
      usage({ usage_quantity: '100', usage_metadata: {} }),
      usage({
        sku_name: 'TEST_MOVED',
        usage_quantity: '3',
        usage_metadata: { job_id: 'c-9' },
        usage_start_time: at(start - hour),
        usage_end_time: at(start),
      }),
      usage({ sku_name: 'TEST_MOVED', usage_quantity: '4', usage_metadata: { job_id: 'c-9' } }),
      usage({ usage_quantity: '7', sku_name: 'TEST_FREE', usage_metadata: { warehouse_id: 'w-1' } }),
    ]);
    const rig = await read('system.billing.usage');
    const of = (asset: string) => rig.facts('cost').filter((one) => one.assets.some((id) => id.endsWith(asset)));
    expect(of('|c-1')).toMatchObject([
      {
        title: `job c-1 used 12 DBU on ${day}: 3.6 USD at list price, not the invoice`,
        happenedAt: toInstant(start + hour),
        data: { quantity: '12.000000000000000001', listPrice: '0.300000000000000001', listAmount: '3.600000000000000012300000000000000001', corrections: 0 },
      },
    ]); // prettier-ignore
    // Each by the price that holds when it ends.
    expect(of('|c-9')).toMatchObject([{ data: { quantity: '7', listAmount: '11', listPrice: null } }]);
    expect(of('|k-3')).toMatchObject([{ data: { quantity: '0', corrections: 1 } }]);
    expect(of('|w-1')).toMatchObject([{ title: `warehouse w-1 used 7 DBU on ${day}: list price not known` }]);

    // A correction that arrives later replaces the fact, as soon as usage is read again.
    await addRows(workspace, 'billing.usage', [
      usage({ usage_quantity: '-2', record_type: 'RETRACTION', ingestion_date: toInstant(now).slice(0, 10) }),
      usage({ usage_quantity: '1.5', record_type: 'RESTATEMENT', ingestion_date: toInstant(now).slice(0, 10) }),
    ]);
    await read('system.billing.usage', [], rig);
    expect(of('|c-1')[0]?.data['quantity']).toBe('12.000000000000000001');
    offset = 4 * hour;
    await read('system.billing.usage', [], rig);
    offset = 0;
    expect(of('|c-1')).toMatchObject([
      { data: { quantity: '11.500000000000000001', quantityBefore: '12.000000000000000001', corrections: 2 } },
    ]);

    // A further stretch begins at the place at which the one before it ended.
    const stretch = rigOf('system.billing.usage');
    const cursor = JSON.stringify({ from: `${day} warehouse|w-1`, lacked: false, notes: [] });
    stretch.store.transaction<null>((db) => {
      putSource(db, { source: 'system.billing.usage', workspace: ws, region: null, cursor, complete_to: null, observed: null, state: 'fresh', missing: '[]', note: null }); // prettier-ignore
      return ok(null);
    });
    await read('system.billing.usage', [], stretch);
    const those = stretch.facts('cost').flatMap((one) => (one.data['day'] === day ? one.assets : []));
    expect(those.some((asset) => asset.endsWith('|w-1'))).toBe(true);
    expect(those.filter((asset) => /\|(?:c-1|k-3)$/.test(asset))).toEqual([]);
  });
});

/** One pull in lane `pack`, straight from the collector. */
const packed = (
  source: string,
  assets: readonly AssetId[],
  rest: Workspace['rest'] = workspace.rest,
  from: Workspace = workspace,
) => world.packed(source, assets, { through: { ...from, rest }, clock });

describe('what only packing reads', { timeout: 180_000 }, () => {
  it('statistics of columns equal those of the profile table', async () => {
    const table = world.practice.truth.incidents[0]?.featureTable ?? (await someProfile());
    const { facts, estimate } = await packed('profile_metrics', [`table|${metastore}|${table}` as AssetId]);
    const own = await workspace.warehouse.query({
      name: 'test.read', effect: 'read',
      text: `SELECT column_name, CAST(count(*) AS STRING) AS n, CAST(sum(count) AS STRING) AS s FROM ${table}_profile_metrics GROUP BY column_name`,
    }); // prettier-ignore
    const rows = own.ok ? own.value.rows : [];
    const expected = rows.map((row) => [row['column_name'], Number(row['n']), Number(row['s'])]);
    const columns = [...new Set(facts.map((one) => one.data['column']))];
    expect(expected.length).toBeGreaterThan(0);
    expect(
      columns.map((name) => {
        const of = facts.filter((one) => one.data['column'] === name);
        return [name, of.length, of.reduce((sum, one) => sum + Number(one.data['rows']), 0)];
      }).sort(),
    ).toEqual(expected.sort()); // prettier-ignore
    // Which profiles there are in its catalog is a question of its own, with a row for each.
    const listed = await workspace.warehouse.query({
      name: 'test.read', effect: 'read',
      text: `SELECT table_name AS n FROM system.information_schema.tables WHERE right(table_name, 16) = '_profile_metrics' AND table_catalog = '${table.split('.')[0] ?? ''}'`,
    }); // prettier-ignore
    expect(estimate?.rows).toBe(facts.length + (listed.ok ? listed.value.rows.length : 0));
  });
  const someProfile = async (): Promise<string> => {
    const found = await workspace.warehouse.query({
      name: 'test.read', effect: 'read',
      text: `SELECT concat(table_catalog, '.', table_schema, '.', table_name) AS n FROM system.information_schema.tables WHERE right(table_name, 16) = '_profile_metrics' ORDER BY 1 LIMIT 1`,
    }); // prettier-ignore
    return (found.ok ? (found.value.rows[0]?.['n'] ?? '') : '').replace('_profile_metrics', '');
  };

  it('the request log of a model of practice: requests, labels and means equal a computation of their own', async () => {
    const whole = await openPracticeLake({ seed: 1, fault: 'none', estate: true });
    const estate = whole.workspace;
    const sql = async (text: string) => {
      const found = await estate.warehouse.query({ name: 'test.read', effect: 'read', text });
      return found.ok ? found.value.rows : [];
    };
    const [named] = await sql(
      `SELECT concat(table_catalog, '.', table_schema, '.', table_name) AS n FROM system.information_schema.tables WHERE right(table_name, 13) = 'inference_log' ORDER BY 1 LIMIT 1`,
    );
    const full = named?.['n'] ?? '';
    const asset = `table|${metastore}|${full}` as AssetId;
    const { facts, note } = await packed('inference_aggregates', [asset], estate.rest, estate);
    const [own] = await sql(
      `SELECT CAST(count(*) AS STRING) AS n, CAST(count(label) AS STRING) AS l, CAST(count_if(requested_at > timestamp'${at(now)}') AS STRING) AS ahead, CAST(sum(prediction) AS STRING) AS p FROM ${full} WHERE requested_at >= timestamp'${at(now - 336 * hour)}'`,
    );
    await whole.close();
    const hours = facts.filter((one) => one.data['segment'] === null);
    const sum = (name: string) => hours.reduce((all, one) => all + Number(one.data[name]), 0);
    expect(hours.length).toBeGreaterThan(1);
    expect([sum('requests'), sum('labels')]).toEqual([Number(own?.['n']), Number(own?.['l'])]);
    // Hours of fewer than five requests have no mean.
    const means = hours.filter((one) => one.data['meanPrediction'] !== null);
    expect(means.every((one) => Number(one.data['requests']) >= 5)).toBe(true);
    // Each has its label, so they are complete up to the end of the newest hour; and nothing was asked in the future.
    expect([own?.['l'], own?.['ahead']]).toEqual([own?.['n'], '0']);
    expect(note).toContain(`labels complete up to ${hours.map((one) => String(one.data['windowEnd'])).sort().at(-1)}`); // prettier-ignore
  });

  it('predictions and labels: aggregates by hour and segment, labels complete up to the first hour without', async () => {
    const sql = async (text: string) => {
      const done = await workspace.warehouse.query({ name: 'test.write', effect: 'write', text });
      if (!done.ok) throw new Error(done.error.advice);
    };
    const full = `${world.practice.catalog}.default.bw_requests`;
    await sql(`CREATE SCHEMA IF NOT EXISTS ${world.practice.catalog}.default`);
    await sql(
      `CREATE TABLE ${full} (asked timestamp, model string, channel string, prediction double, label double, secret string)`,
    );
    const start = Math.floor((now - 30 * hour) / (24 * hour)) * 24 * hour;
    const row = (minutes: number, channel: string, prediction: string, label: string) =>
      `(timestamp'${at(start + minutes * 60_000)}', 'v1', '${channel}', ${prediction}, ${label}, 'hush')`;
    const rows = [
      ...Array.from({ length: 20 }, (_, i) => row(i - 60, 'web', '1', '1')),
      ...Array.from({ length: 8 }, (_, i) => row(i, i < 6 ? 'web' : 'shop', String(i), i < 4 ? '1' : 'NULL')),
      row(61, 'web', 'NULL', 'NULL'),
    ];
    await sql(`INSERT INTO ${full} VALUES ${rows.join(', ')}`);
    const rest: Workspace['rest'] = {
      call: ({ path }) =>
        Promise.resolve(
          path.includes('bw_requests')
            ? ok({ slicing_exprs: ['channel', 'prediction > 3'], inference_log: { timestamp_col: 'asked', prediction_col: 'prediction', label_col: 'label', model_id_col: 'model' } })
            : ok({}),
        ),
    }; // prettier-ignore
    const { facts, note } = await packed('inference_aggregates', [`table|${metastore}|${full}` as AssetId], rest);
    expect(facts.map((one) => [one.data['segmentValue'], one.data['windowStart'], one.data['requests'], one.data['predictions'], one.data['meanPrediction'], one.data['labels'], one.data['meanLabel']])).toEqual([
      [null, toInstant(start - hour), 20, 20, 1, 20, 1],
      [null, toInstant(start), 8, 8, 3.5, 4, 1],
      [null, toInstant(start + hour), 1, 0, null, 0, null],
      ['web', toInstant(start - 24 * hour), 20, 20, 1, 20, 1],
      ['web', toInstant(start), 7, 6, 2.5, 4, 1],
    ]); // prettier-ignore
    // Half of the next hour has labels, the newest of them later: what came before it is complete.
    expect(note).toContain(`bw_requests: labels complete up to ${toInstant(start)}.`);
    expect(JSON.stringify(facts)).not.toContain('hush');
  });
});
