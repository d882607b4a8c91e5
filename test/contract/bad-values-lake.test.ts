import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Workspace } from '../../main/databricks/port.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import { collectors } from '../../main/lake/sources.ts';
import { toInstant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { FactKind } from '../../shared/domain/vocabulary.ts';
import { systemTables } from '../../main/practice/world/system-tables.ts';
import { openPracticeLake, type PracticeLake } from '../support/practice-lake.ts';
import { addRows, at } from '../support/system-rows.ts';

/**
 * Values that nobody expects, in the tables of a practice lakehouse, over the unmodified driver through the sources that read them:
 * each is kept as it is, or named as unknown, and costs nothing beside itself. The process lives where an hour is missing in March.
 */
process.env['TZ'] = 'Europe/Berlin';
const now = Date.now();
const hour = 3_600_000;
const long = 'x'.repeat(255);
const oddNames = ['back`tick', 'dotted.name', 'two words', 'ü-ñ-漢-😀', '__proto__', 'constructor', long] as const;
let world: PracticeLake;
let workspace: Workspace;
let [ws, metastore] = ['', ''];
beforeAll(async () => {
  world = await openPracticeLake({ seed: 1, fault: 'none' });
  ({ workspace, ws, metastore } = world);
}, 240_000);
afterAll(() => world.close());

const sql = async (text: string, parameters: Readonly<Record<string, string>> = {}) => {
  const effect = /^(?:SELECT|DESCRIBE)/.test(text) ? 'read' : 'write';
  const found = await workspace.warehouse.query({ name: 'test.bad', effect, text, parameters });
  if (!found.ok) throw new Error(`${text.slice(0, 200)}: ${found.error.what} ${found.error.advice}`);
  return found.value.rows;
};

/** A device that reads some sources; its clock stands at `time`. */
const deviceAt = (sources: readonly string[], time = now) => {
  const { lake, store } = world.device(sources, { clock: { now: () => time } });
  return {
    lake,
    store,
    facts: (kind: FactKind, asset?: string): readonly LakeFact[] =>
      lake.facts(store.read, { kinds: [kind], limit: 500, ...(asset === undefined ? {} : { assets: [asset as AssetId] }) }).rows, // prettier-ignore
    state: (source: string) => lake.sourceStates(store.read).find((one) => one.source === source),
    refresh: async (assets: readonly string[] = []): Promise<void> => {
      const done = await lake.refresh({ assets: assets.map((one) => one as AssetId) });
      if (!done.ok) throw new Error(done.error.what);
      expect(done.value.sources.flatMap(({ source, failure }) => (failure === null ? [] : [`${source}: ${failure.what}`]))).toEqual([]); // prettier-ignore
    },
  };
};

const packed = (source: string, assets: readonly string[]) =>
  world.packed(source, assets, { clock: { now: () => now } });

describe('ids and names', { timeout: 180_000 }, () => {
  it('beyond 2^53, and of any letters, stay what they are', async () => {
    const run = (job: string, id: string) => ({
      workspace_id: ws, job_id: job, run_id: id, run_type: 'JOB_RUN', run_name: job, result_state: 'FAILED',
      period_start_time: at(now - 3 * hour), period_end_time: at(now - 2 * hour),
    }); // prettier-ignore
    const ids = ['9007199254740993', '9223372036854775807'];
    await addRows(workspace, 'lakeflow.job_run_timeline', [
      ...ids.map((id) => run(id, id)),
      ...oddNames.map((name, i) => run(name, `8800${i}`)),
    ]);
    await addRows(
      workspace,
      'lakeflow.jobs',
      [...ids, ...oddNames].map((job) => ({ workspace_id: ws, job_id: job, name: `of ${job}`, change_time: at(now - 5 * hour) })), // prettier-ignore
    );
    const device = deviceAt(['system.lakeflow.job_run_timeline', 'system.lakeflow.jobs']);
    await device.refresh();
    for (const job of [...ids, ...oddNames]) {
      const [fact, ...more] = device
        .facts('run')
        .filter(({ assets }) => assets.includes(`job|${ws}|${job}` as AssetId));
      expect([job, fact?.data['result'], more.length]).toEqual([job, 'failed', 0]);
      expect(device.lake.assetLabel(device.store.read, `job|${ws}|${job}` as AssetId).name).toBe(`of ${job}`);
    }
    expect(device.facts('run').map(({ data }) => data['run'])).toEqual(expect.arrayContaining(ids));
  });

  it('of tables in lineage: every edge has its two ends', async () => {
    const names = oddNames.filter((name) => !name.includes('.')).map((name) => `main.default.${name}`);
    await addRows(
      workspace,
      'access.table_lineage',
      names.map((name) => ({
        workspace_id: ws, metastore_id: metastore, source_table_full_name: name, source_type: 'TABLE', target_table_full_name: `${name}_target`,
        target_type: 'TABLE', event_time: at(now - 2 * hour), event_date: at(now - 2 * hour).slice(0, 10),
      })),
    ); // prettier-ignore
    const device = deviceAt(['system.access.table_lineage']);
    await device.refresh();
    const edges = new Set(device.lake.allEdges(device.store.read).map(({ from, to }) => `${from} → ${to}`));
    const of = (name: string): string => `table|${metastore}|${name.toLowerCase()}`;
    expect(names.filter((name) => !edges.has(`${of(name)} → ${of(`${name}_target`)}`))).toEqual([]);
  });

  it('of tables and columns that people made: their history and their columns are read', async () => {
    const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
    const columns = oddNames.map((name) => `${quoted(name)} STRING`).join(', ');
    for (const name of ['back`tick', 'ü-ñ-漢']) {
      const table = `main.default.${quoted(name)}`;
      await sql(`CREATE TABLE ${table} (${columns}, s STRUCT<a: INT, b: STRUCT<c: STRING>>) USING DELTA TBLPROPERTIES ('delta.columnMapping.mode' = 'name')`); // prettier-ignore
      await sql(`INSERT INTO ${table} (${quoted('two words')}) VALUES ('a')`);
      const asset = `table|${metastore}|main.default.${name}`;
      const device = deviceAt(['delta.history']);
      await device.refresh([asset]);
      expect([name, device.facts('table-version').map(({ data }) => data['version'])]).toEqual([name, [1, 0]]);
      const { facts } = await packed('system.information_schema.columns', [asset]);
      const items = facts[0]?.data['items'] as readonly { readonly name: string; readonly type: string }[];
      expect(items.map((one) => one.name)).toEqual([...oddNames.map((one) => one.toLowerCase()), 's']);
      expect(items.at(-1)?.type).toMatch(/struct<.*a.*int.*b.*struct<.*c.*string/i);
    }
  });
});

describe('moments', { timeout: 180_000 }, () => {
  it('in microseconds, in the hour that a zone leaves out, and before 1970', async () => {
    const gap = Date.parse('2026-03-29T02:30:00Z');
    // The hour is missing here, so that a moment read without its zone would be another one.
    expect(new Date(2026, 2, 29, 2, 30).getHours()).toBe(3);
    const row = { workspace_id: ws, job_id: 'gap', run_type: 'JOB_RUN', result_state: 'FAILED' };
    await addRows(workspace, 'lakeflow.job_run_timeline', [
      { ...row, run_id: '71', period_start_time: '2026-03-29 01:59:59.999999', period_end_time: '2026-03-29 02:30:00.123456' },
      { ...row, run_id: '72', period_start_time: '2026-03-29 02:00:00.000001', period_end_time: '2026-03-29 02:59:59.999999' },
    ]); // prettier-ignore
    await addRows(workspace, 'lakeflow.pipelines', [
      { workspace_id: ws, pipeline_id: 'old', name: 'of the moon', change_time: '1969-07-20 20:17:39.999999' },
    ]);
    const device = deviceAt(['system.lakeflow.job_run_timeline', 'system.lakeflow.pipelines'], gap + 5 * hour);
    await device.refresh();
    const moments = device
      .facts('run', `job|${ws}|gap`)
      .map(({ data, happenedAt }) => [data['run'], data['startedAt'], data['endedAt'], happenedAt]);
    expect(moments.sort()).toEqual([
      ['71', '2026-03-29T01:59:59.999Z', '2026-03-29T02:30:00.123Z', '2026-03-29T02:30:00.123Z'],
      ['72', '2026-03-29T02:00:00.000Z', '2026-03-29T02:59:59.999Z', '2026-03-29T02:59:59.999Z'],
    ]);
    expect(device.lake.assetLabel(device.store.read, `pipeline|${ws}|old` as AssetId).name).toBe('of the moon');
  });
});

describe('maps', { timeout: 180_000 }, () => {
  it('with odd keys are kept and compared key by key', async () => {
    const tags = {
      '': 'empty',
      'a.b': 'dots',
      ключ: 'Unicode',
      '😀': 'further',
      Key: 'one',
      key: 'other',
      ['__proto__']: 'p',
    };
    const row = { workspace_id: ws, pipeline_id: 'maps', pipeline_type: 'ETL_PIPELINE', name: 'maps' };
    await addRows(workspace, 'lakeflow.pipelines', [
      { ...row, tags, change_time: at(now - 30 * hour) },
      { ...row, tags: { ...tags, Key: 'changed', constructor: 'new', ['__proto__']: 'q' }, change_time: at(now - 20 * hour) },
    ]); // prettier-ignore
    const device = deviceAt(['system.lakeflow.pipelines']);
    await device.refresh();
    const [newest] = device.facts('definition-change').filter(({ data }) => data['pipeline'] === 'maps');
    expect(newest?.data['changes']).toEqual([
      { field: 'tags.Key', from: 'one', to: 'changed' },
      { field: 'tags.__proto__', from: 'p', to: 'q' },
      { field: 'tags.constructor', from: null, to: 'new' },
    ]);
    expect(Object.entries(newest?.data['tags'] ?? {}).sort()).toEqual(
      Object.entries({ ...tags, Key: 'changed', constructor: 'new', ['__proto__']: 'q' }).sort(),
    );
  });
});

describe('numbers that are none', { timeout: 180_000 }, () => {
  /** A further row of a table, like one that it has, with some columns as these expressions. */
  const copied = async (table: string, change: Readonly<Record<string, string>>): Promise<void> => {
    const [catalog = '', schema = '', name = ''] = table.split('.');
    const columns = await sql(
      'SELECT column_name AS c FROM system.information_schema.columns WHERE table_catalog = :a AND table_schema = :b AND table_name = :c ORDER BY ordinal_position',
      { a: catalog, b: schema, c: name },
    );
    const names = columns.map((row) => row['c'] ?? '');
    await sql(`INSERT INTO ${table} (${names.map((one) => `\`${one}\``).join(', ')}) SELECT ${names.map((one) => change[one] ?? `\`${one}\``).join(', ')} FROM ${table} WHERE slice_key IS NULL AND column_name <> ':table' ORDER BY window.end DESC LIMIT 1`); // prettier-ignore
  };
  const someTable = async (end: string): Promise<string> => {
    const [row] = await sql(
      "SELECT concat(table_catalog, '.', table_schema, '.', table_name) AS n FROM system.information_schema.tables WHERE right(table_name, length(:end)) = :end ORDER BY 1 LIMIT 1",
      { end },
    );
    return row?.['n'] ?? '';
  };

  it('among drift: infinite drift is told, what is unknown is no drift', async () => {
    const table = await someTable('_drift_metrics');
    const psi = { infinite: "CAST('Infinity' AS DOUBLE)", minus: "CAST('-Infinity' AS DOUBLE)", none: "CAST('NaN' AS DOUBLE)", much: '1e300' }; // prettier-ignore
    for (const [name, value] of Object.entries(psi))
      await copied(table, { column_name: `'odd ${name}'`, population_stability_index: value, js_distance: "CAST('NaN' AS DOUBLE)" }); // prettier-ignore
    const device = deviceAt(['drift_metrics']);
    await device.refresh();
    const odd = device.facts('drift').filter(({ data }) => String(data['column']).startsWith('odd '));
    expect(odd.map(({ data }) => [data['column'], data['psi'], data['js']]).sort()).toEqual([
      ['odd infinite', 'Infinity', null],
      ['odd much', 1e300, null],
    ]);
    expect(odd.find(({ data }) => data['psi'] === 'Infinity')?.title).toMatch(/has drifted from .*: PSI infinite$/);
    expect(device.state('drift_metrics')).toMatchObject({ state: 'fresh' });
  });

  it('among statistics and metrics: unknown, and the others of the row stay', async () => {
    const table = await someTable('_profile_metrics');
    await copied(table, { column_name: "'odd'", avg: "CAST('NaN' AS DOUBLE)", stddev: "CAST('-Infinity' AS DOUBLE)", count: '9007199254740993' }); // prettier-ignore
    const profiles = await packed('profile_metrics', [`table|${metastore}|${table.replace('_profile_metrics', '')}`]);
    expect(profiles.facts.filter(({ data }) => data['column'] === 'odd')).toMatchObject([
      { data: { mean: null, standardDeviation: null, rows: '9007199254740993' } },
    ]);
  });

  it('among prices: none, nothing, and 38 digits', async () => {
    const day = toInstant(now - 48 * hour).slice(0, 10);
    const start = Date.parse(`${day}T05:00:00Z`);
    const price = { cloud: 'AZURE', usage_unit: 'DBU', currency_code: 'USD', price_start_time: at(now - 900 * hour) };
    await addRows(workspace, 'billing.list_prices', [
      { ...price, sku_name: 'ODD_NULL', pricing: { default: null } },
      { ...price, sku_name: 'ODD_ZERO', pricing: { default: '0' } },
      { ...price, sku_name: 'ODD_LONG', pricing: { default: '12345678901234567890.123456789012345678' } },
    ]);
    await addRows(workspace, 'billing.usage', ['ODD_NULL', 'ODD_ZERO', 'ODD_LONG', 'ODD_NONE'].map((sku) => ({
      workspace_id: ws, sku_name: sku, cloud: 'AZURE', usage_unit: 'DBU', usage_date: day, ingestion_date: day, record_type: 'ORIGINAL', usage_quantity: '2',
      usage_start_time: at(start), usage_end_time: at(start + hour), billing_origin_product: 'JOBS', usage_metadata: { job_id: 'odd' },
    }))); // prettier-ignore
    const device = deviceAt(['system.billing.usage']);
    await device.refresh();
    const costs = device.facts('cost', `job|${ws}|odd`).map(({ data }) => [data['sku'], data['listAmount']]);
    expect(costs.sort()).toEqual([
      ['ODD_LONG', '24691357802469135780.246913578024691356'],
      ['ODD_NONE', null],
      ['ODD_NULL', null],
      ['ODD_ZERO', '0'],
    ]);
  });
});

describe('cells of 10 MB', { timeout: 300_000 }, () => {
  it('cost themselves: the rest of the row is kept, and so are the rows around it', async () => {
    const big = 'é0123456789abcd'.repeat(655_360);
    await sql(
      `INSERT INTO system.lakeflow.pipelines (workspace_id, pipeline_id, pipeline_type, name, tags, change_time) SELECT :ws, 'big', 'ETL_PIPELINE', :big, map('key', :big), TIMESTAMP '${at(now - 20 * hour)}'`,
      { ws, big },
    );
    await sql(
      `INSERT INTO system.lakeflow.job_run_timeline (workspace_id, job_id, run_id, run_type, run_name, result_state, period_start_time, period_end_time) SELECT :ws, 'big', '81', 'JOB_RUN', :big, 'FAILED', TIMESTAMP '${at(now - 3 * hour)}', TIMESTAMP '${at(now - 2 * hour)}'`,
      { ws, big },
    );
    const device = deviceAt(['system.lakeflow.pipelines', 'system.lakeflow.job_run_timeline']);
    await device.refresh();
    const [pipeline] = device.facts('definition-change', `pipeline|${ws}|big`);
    const [run] = device.facts('run', `job|${ws}|big`);
    for (const fact of [pipeline, run]) {
      expect(fact?.title.length).toBeLessThan(700);
      expect(JSON.stringify(fact?.data).length).toBeLessThan(64_000);
    }
    expect([pipeline?.data['pipeline'], run?.data['result']]).toEqual(['big', 'failed']);
    expect(device.facts('run').length).toBeGreaterThan(100);
  });
});

/** As somebody makes it before a first COPY INTO that brings the columns. */
describe('a table without columns', { timeout: 180_000 }, () => {
  it('has none, which is known: what it gets later is a change, and both versions can be compared', async () => {
    const name = 'main.default.without_columns';
    const asset = `table|${metastore}|${name}`;
    await sql(`CREATE TABLE ${name} USING DELTA`);
    const device = deviceAt(['delta.history']);
    await device.refresh([asset]);
    const columnsSeen = (): readonly unknown[] => device.facts('schema', asset).map(({ data }) => [data['version'], data['items']]); // prettier-ignore
    expect(columnsSeen()).toEqual([[0, []]]);
    // The catalog cannot tell the two apart: it lists what one may see.
    const { facts } = await packed('system.information_schema.columns', [asset]);
    expect(facts.map(({ title }) => title)).toEqual(['No column of without_columns can be seen']);

    await sql(`ALTER TABLE ${name} ADD COLUMNS (a INT, b STRING)`);
    await device.refresh([asset]);
    expect(device.facts('schema-change', asset).map(({ data }) => [data['version'], data['added'], data['removed']])).toEqual([[1, ['a', 'b'], []]]); // prettier-ignore
    const [newest] = columnsSeen();
    expect(newest).toEqual([1, [expect.objectContaining({ name: 'a' }), expect.objectContaining({ name: 'b' })]]);
    expect(device.state('delta.history')).toMatchObject({ state: 'fresh' });

    // A device that comes later learns the same from the past of the table.
    const later = deviceAt(['delta.history']);
    await later.refresh([asset]);
    expect(later.facts('schema', asset).map(({ data }) => data['version'])).toEqual([1, 0]);
  });
});

/** These take everything away, so they come last. */
describe('nothing at all', { timeout: 300_000 }, () => {
  const scope = () => ['job|w|1', `table|${metastore}|main.default.gone`, 'pipeline|w|1', 'cluster|w|1', 'warehouse|w|1', `model|${metastore}|a.b.c`].map((one) => one.replace('|w|', `|${ws}|`)); // prettier-ignore
  const systemSources = collectors.filter(({ table }) => table?.catalog === 'system' && table.schema !== 'information_schema'); // prettier-ignore

  it('in tables: no fact, no claim to be complete, no failure', async () => {
    for (const name of Object.keys(systemTables)) await sql(`DELETE FROM system.${name} WHERE true`);
    const device = deviceAt(systemSources.filter(({ meta }) => meta.when !== 'pack').map(({ source }) => source));
    await device.refresh(scope());
    expect(device.lake.facts(device.store.read, { limit: 10 }).rows).toEqual([]);
    for (const { source } of systemSources) {
      const state = device.state(source);
      expect([source, state?.completeTo ?? null, state?.state === 'failed']).toEqual([source, null, false]);
      expect([source, (await packed(source, scope())).facts.length]).toEqual([source, 0]);
    }
  });

  it('of columns: the source says what is wrong, the others are not touched', async () => {
    const hidden = 'lakeflow.job_run_timeline';
    await world.practice.control({
      tables: (systemTables[hidden] ?? []).map(({ name }) => ({ table: `system.${hidden}`, column: name, kind: 'hide' })), // prettier-ignore
    });
    const device = deviceAt(['system.lakeflow.job_run_timeline', 'system.lakeflow.pipelines']);
    const done = await device.lake.refresh({ assets: [] });
    await world.practice.control({ release: true });
    expect(done.ok).toBe(true);
    const state = device.state('system.lakeflow.job_run_timeline');
    expect([['failed', 'missing'].includes(state?.state ?? ''), state?.completeTo]).toEqual([true, null]);
    expect(state?.note).toMatch(/.{20}/);
    expect(device.state('system.lakeflow.pipelines')).toMatchObject({ state: 'fresh' });
  });
});
