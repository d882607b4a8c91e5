import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Workspace } from '../../main/databricks/port.ts';
import { createLake } from '../../main/lake/lake.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { auditCollector } from '../../main/lake/collectors/audit.ts';
import { historyCollector } from '../../main/lake/collectors/history.ts';
import { comparableVersions, compareVersions } from '../../main/core/asset-compare.ts';
import { modelsCollector } from '../../main/lake/collectors/models.ts';
import { qualityMonitorsCollector } from '../../main/lake/collectors/quality-monitors.ts';
import { refusedAccessCollector } from '../../main/lake/collectors/refused-access.ts';
import { runInputsCollector } from '../../main/lake/collectors/run-inputs.ts';
import { tableAsset } from '../../main/lake/assets.ts';
import { ok } from '../../shared/base/result.ts';
import { toInstant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { collectContext } from '../support/collect.ts';
import { practiceWorkspace, temporaryStore } from '../support/lakehouse.ts';
import { addRows, at } from '../support/system-rows.ts';
import { startPractice, type Practice } from '../support/practice.ts';

/** Sources that say why, against practice: what a model was trained on, who was refused, what a monitor is doing. */
let practice: Practice;
let workspace: Workspace;
const closers: (() => void)[] = [];
beforeAll(async () => {
  practice = await startPractice({ seed: 1, fault: 'line' });
  workspace = practiceWorkspace(practice);
}, 240_000);
afterAll(async () => {
  await workspace.close();
  await practice.close();
  for (const close of closers) close();
});

const rigOf = (...collectors: readonly Collector[]) => {
  const { store, close } = temporaryStore();
  closers.push(close);
  const lake = createLake({ workspaces: () => [workspace], store, clock: { now: () => Date.now() }, log: () => undefined, collectors }); // prettier-ignore
  const refresh = async (assets: readonly AssetId[]) => {
    const report = await lake.refresh({ assets });
    if (!report.ok) throw new Error(report.error.what);
    for (const one of report.value.sources) if (one.failure !== null) throw new Error(one.failure.what);
    return report.value;
  };
  return { lake, store, refresh };
};

describe('MLflow inputs', { timeout: 120_000 }, () => {
  it('make an edge from each table that a run was given to the model that it made', async () => {
    const { lake, store, refresh } = rigOf(modelsCollector, runInputsCollector);
    await refresh([]);
    const [model] = lake.facts(store.read, { kinds: ['model-version'], limit: 1 }).rows.flatMap(({ assets }) => assets);
    if (model === undefined) throw new Error('no model');
    await refresh([model]);
    const edges = lake.allEdges(store.read).filter((one) => one.source === runInputsCollector.source);
    expect(edges).toHaveLength(1);
    expect(edges[0]?.to).toBe(model);
    expect(edges[0]?.from).toMatch(/^table\|/);
    const facts = lake.facts(store.read, { assets: [model], kinds: ['settings'], limit: 100 }).rows;
    const inputs = facts.filter(({ data }) => data['what'] === 'inputs');
    expect(inputs.length).toBeGreaterThan(1);
    const state = lake.sourceStates(store.read).find((one) => one.source === runInputsCollector.source);
    expect(state?.note).toMatch(/data names no table of the catalog/);
    expect(state?.completeTo).not.toBeNull();
  });
});

describe('refused access', { timeout: 120_000 }, () => {
  it('around a room: who was refused what, read again without doubling', async () => {
    const identity = await workspace.identity();
    if (!identity.ok) throw new Error(identity.error.what);
    const { workspaceId: ws, metastoreId } = identity.value;
    const now = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
    const event = (id: string, minute: number, full: string, status_code = 403) => ({
      account_id: 'a', workspace_id: ws, event_id: id, event_time: at(now + minute * 60_000), event_date: at(now).slice(0, 10),
      service_name: 'unityCatalog', action_name: 'getTable', request_params: { full_name_arg: full },
      user_identity: { email: 'ann@practice.example', subject_name: '' },
      response: { status_code, error_message: "User does not have SELECT on Table 'x'.", result: '' },
    }); // prettier-ignore
    await addRows(workspace, 'access.audit', [
      event('r1', 1, 'main.shop.orders'), event('r2', 9, 'main.shop.orders'), event('r3', 9, 'main.shop.orders', 200),
      event('r4', 9, 'main.shop.other'),
    ]); // prettier-ignore
    const { lake, store, refresh } = rigOf(refusedAccessCollector);
    const asset = tableAsset(metastoreId, 'main.shop.orders');
    const facts = () => lake.facts(store.read, { kinds: ['audit'], limit: 100 }).rows;
    await refresh([]);
    expect(facts()).toEqual([]);
    await refresh([asset]);
    await refresh([asset]);
    expect(facts().map(({ title, assets }) => [title, assets])).toEqual([
      ['ann@practice.example was refused SELECT on orders', [asset]],
    ]);
    expect(facts()[0]?.data).toMatchObject({ firstAt: toInstant(now + 60_000), lastAt: toInstant(now + 540_000) });
    const context = collectContext(workspace, store.read, [asset], {
      workspaceId: ws, metastoreId, clock: { now: () => Date.now() }, horizon: toInstant(now - 86_400_000),
    }); // prettier-ignore
    expect(await refusedAccessCollector.estimate?.(context)).toEqual(ok({ rows: 2, statements: 1, counted: true }));
    const changes = await auditCollector.estimate?.(context);
    expect(changes?.ok === true && changes.value.counted).toBe(true);
  });

  it('changes in a room: only rows that name something of it cross the line, by whichever key they name it', async () => {
    const identity = await workspace.identity();
    if (!identity.ok) throw new Error(identity.error.what);
    const { workspaceId: ws, metastoreId } = identity.value;
    const now = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
    const event = (id: string, action_name: string, request_params: Readonly<Record<string, string>>, service_name = 'unityCatalog') => ({
      account_id: 'a', workspace_id: ws, event_id: id, event_time: at(now), event_date: at(now).slice(0, 10), service_name, action_name, request_params,
      user_identity: { email: 'ann@practice.example', subject_name: '' }, response: { status_code: 200, result: '' },
    }); // prettier-ignore
    const parts = (schema_name: string, name: string) => ({ catalog_name: 'Odd', schema_name, name });
    await addRows(workspace, 'access.audit', [
      event('c1', 'createTable', parts('shop', 'Orders')), event('c2', 'createTable', parts('shop', 'other')),
      event('c3', 'updateTables', { full_name_arg: 'odd.shop.ORDERS' }), event('c4', 'deleteTable', { full_name_arg: 'odd.shop.other' }),
      event('c5', 'updatePermissions', { securable_type: 'schema', securable_full_name: 'odd.shop' }),
      event('c6', 'updatePermissions', { securable_type: 'catalog', securable_full_name: 'odd' }),
      event('c7', 'updatePermissions', { securable_type: 'schema', securable_full_name: 'odd.other' }),
      event('c8', 'deleteModelVersion', { full_name_arg: 'odd.ml.price', version: '3' }), event('c9', 'deleteModelVersion', { full_name_arg: 'odd.ml.other', version: '3' }),
      event('d1', 'reset', { job_id: '770001' }, 'jobs'), event('d2', 'reset', { job_id: '770002' }, 'jobs'),
      event('d3', 'changeJobAcl', { resourceId: '/jobs/770001', aclPermissionSet: 'CAN_MANAGE' }, 'jobs'),
    ]); // prettier-ignore
    const { store } = rigOf(auditCollector);
    const scope = [tableAsset(metastoreId, 'odd.shop.orders'), `model|${metastoreId}|odd.ml.price`, `job|${ws}|770001`];
    const context = collectContext(workspace, store.read, scope, {
      workspaceId: ws, metastoreId, clock: { now: () => Date.now() }, horizon: toInstant(now - 60_000),
    }); // prettier-ignore
    const found = await auditCollector.collect(context);
    if (!found.ok) throw new Error(found.error.what);
    const told = (found.value.facts ?? []).map(({ fact }) => fact.id.split('|').at(-1)).sort();
    expect(told).toEqual(['c1', 'c3', 'c5', 'c6', 'c8', 'd1', 'd3']);
    const rows = await auditCollector.estimate?.(context);
    expect(rows?.ok === true ? rows.value.rows : null).toBe(told.length);
  });
});

describe('columns at two versions', { timeout: 120_000 }, () => {
  it('have exact types, also inside structs, and a change is told with both', async () => {
    const identity = await workspace.identity();
    if (!identity.ok) throw new Error(identity.error.what);
    const run = async (text: string) => {
      const done = await workspace.warehouse.query({ name: 'test.ddl', effect: 'write', text });
      if (!done.ok) throw new Error(done.error.what);
    };
    await run('CREATE SCHEMA IF NOT EXISTS main.exact');
    const full = 'main.exact.prices';
    await run(`CREATE TABLE ${full} (id INT, amount DECIMAL(10,2), place STRUCT<zip: INT, city: STRING>)`);
    await run(
      `CREATE OR REPLACE TABLE ${full} (id INT, amount DECIMAL(12,2), place STRUCT<zip: STRING, city: STRING>)`,
    );
    const { lake, store, refresh } = rigOf(historyCollector);
    const asset = tableAsset(identity.value.metastoreId, full);
    await refresh([asset]);
    const db = store.read;
    const [change] = lake.facts(db, { assets: [asset], kinds: ['schema-change'], limit: 10 }).rows;
    expect(change?.title).toContain('type of amount changed from decimal(10,2) to decimal(12,2)');
    const compared = compareVersions({ lake, db }, asset, 0, 1);
    expect(compared.rows.filter((row) => row.change !== 'same').map(({ name, from, to }) => [name, from, to])).toEqual([
      ['amount', 'decimal(10,2)', 'decimal(12,2)'],
      ['place.zip', 'int', 'string'],
    ]);
    expect(compared.note).toBeNull();
  });
});

describe('a table in scope to which an administrator does something', { timeout: 120_000 }, () => {
  it('is restored, and dropped and made anew with as many versions: each version is stored, and the sheet is of the new one', async () => {
    const identity = await workspace.identity();
    if (!identity.ok) throw new Error(identity.error.what);
    const run = async (text: string) => {
      const done = await workspace.warehouse.query({ name: 'test.ddl', effect: 'write', text });
      if (!done.ok) throw new Error(done.error.what);
    };
    const full = 'main.anew.orders';
    await run('CREATE SCHEMA IF NOT EXISTS main.anew');
    await run(`CREATE TABLE ${full} (id INT, price INT)`);
    for (const id of [1, 2, 3]) await run(`INSERT INTO ${full} VALUES (${id}, 0)`);
    const { lake, store, refresh } = rigOf(historyCollector);
    const asset = tableAsset(identity.value.metastoreId, full);
    const stored = () => lake.facts(store.read, { assets: [asset], kinds: ['table-version'], limit: 100 }).rows;
    const look = async (): Promise<readonly string[]> => {
      const before = new Set(stored().map(({ id }) => id));
      await refresh([asset]);
      return stored().filter(({ id }) => !before.has(id)).map(({ title }) => title).toReversed();
    };
    expect(await look()).toHaveLength(4);
    await practice.control({ restore: full });
    expect(await look()).toEqual([expect.stringMatching(/^Version 4 of orders: restore/)]);
    const old = stored();
    await practice.control({ recreate: full });
    for (const id of [1, 2, 3, 4]) await run(`INSERT INTO ${full} VALUES (${id}, 0)`);
    const anew = await look();
    expect(anew).toHaveLength(5);
    expect(anew[0]).toMatch(/^Version 0 of orders: create table.* The table was made anew; the one before it ended with version 4 or later$/);
    expect(stored().slice(5)).toEqual(old);
    expect(comparableVersions({ lake, db: store.read }, [asset]).map(({ at }) => at)).toEqual(
      stored().slice(0, 5).map(({ happenedAt }) => happenedAt),
    );
  }); // prettier-ignore
});

describe('data quality monitors', { timeout: 120_000 }, () => {
  it('of tables in scope: set-up and refreshes, by the ids of the tables', async () => {
    const identity = await workspace.identity();
    if (!identity.ok) throw new Error(identity.error.what);
    const listed = await practice.rest('/api/data-quality/v1/monitors');
    const monitored =
      JSON.stringify(listed.body).match(/"drift_metrics_table_name":"([^"]+)_drift_metrics"/)?.[1] ?? '';
    const asset = tableAsset(identity.value.metastoreId, monitored);
    const plain = tableAsset(identity.value.metastoreId, 'main.exact.prices');
    const { lake, store, refresh } = rigOf(qualityMonitorsCollector);
    await refresh([asset, plain]);
    const facts = lake.facts(store.read, { assets: [asset], kinds: ['settings'], limit: 10 }).rows;
    expect(facts.map(({ data }) => [data['what'], data['status'], data['lastRefresh'], data['failedInARow']])).toEqual([
      ['monitor', 'active', 'success', 0],
    ]);
    const state = lake.sourceStates(store.read).find((one) => one.source === qualityMonitorsCollector.source);
    expect(state?.note).toMatch(/1 tables have no monitor/);
    expect(state?.completeTo).not.toBeNull();
  });
});
