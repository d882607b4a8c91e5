import { afterEach, describe, expect, it } from 'vitest';
import { ok } from '../../shared/base/result.ts';
import type { TextRow } from '../../main/databricks/port.ts';
import { auditCollector } from '../../main/lake/collectors/audit.ts';
import { refusedAccessCollector } from '../../main/lake/collectors/refused-access.ts';
import { grantChanges, grantTitle } from '../../main/lake/collectors/audit-grants.ts';
import { modelAsset } from '../../main/lake/assets.ts';
import { rowOf } from '../../main/lake/fact-rows.ts';
import { settingsFact } from '../../main/lake/state-source.ts';
import { putFact } from '../support/facts.ts';
import { collectContext, collectNow, fakeWorkspace, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const columns = [
  'event_id', 'workspace_id', 'event_time', 'event_date', 'service_name', 'action_name', 'request_params', 'user_identity', 'response',
]; // prettier-ignore
const row = (event: string, action: string, params: unknown, service = 'unityCatalog'): TextRow => ({
  event, ws: '7', at: micros(collectNow - 1000), service, action, params: JSON.stringify(params), who: 'admin@x.example', status: '200',
}); // prettier-ignore
const changes = JSON.stringify([{ principal: 'analysts', add: ['SELECT', 'USE_SCHEMA'], remove: [] }]);

describe('changes of rights', () => {
  it('say who gave what to whom, and reach the tables of a schema', async () => {
    const { store, close } = temporaryStore(() => collectNow);
    cleanups.push(close);
    const { workspace } = fakeWorkspace({
      columns,
      sql: () =>
        rowPage([
          row('e1', 'updatePermissions', { securable_type: 'table', securable_full_name: 'Main.shop.orders', changes }),
          row('e2', 'updatePermissions', { securable_type: 'schema', securable_full_name: 'main.shop', changes }),
          row(
            'e3',
            'changeJobAcl',
            { resourceId: '/jobs/9', aclPermissionSet: 'CAN_MANAGE', targetUserId: '42' },
            'jobs',
          ),
          row('e4', 'updatePermissions', { securable_type: 'table', securable_full_name: 'main.other.t', changes }),
        ]),
    });
    const found = await auditCollector.collect(
      collectContext(workspace, store.read, ['table|ms|main.shop.orders', 'job|7|9']),
    );
    if (!found.ok) throw new Error(found.error.what);
    expect(found.value.facts?.map(({ fact }) => [fact.kind, fact.title, fact.assets, fact.data['by']])).toEqual([
      ['grant-change', 'SELECT, USE SCHEMA on orders given to analysts', ['table|ms|main.shop.orders'], 'admin@x.example'],
      ['grant-change', 'SELECT, USE SCHEMA on shop given to analysts', ['table|ms|main.shop.orders'], 'admin@x.example'],
      ['grant-change', 'CAN MANAGE on job 9 given to user 42', ['job|7|9'], 'admin@x.example'],
    ]); // prettier-ignore
  });

  it('are about the thing that is named, in one or in parts, and not about what only looks like a table', async () => {
    const { store, close } = temporaryStore(() => collectNow);
    cleanups.push(close);
    const known = settingsFact(
      'rest.unity-catalog.models',
      modelAsset('ms', 'main.ml.price'),
      { native: 'main.ml.price/aliases', title: 'Aliases', data: {} },
      collectContext(fakeWorkspace({ columns }).workspace, store.read, []),
    );
    store.transaction((db) => {
      putFact(db, rowOf(known.fact), known.fact.assets);
      return ok(null);
    });
    const grant = (event: string, securable_type: string, securable_full_name: string): TextRow =>
      row(event, 'updatePermissions', { securable_type, securable_full_name, changes });
    const { workspace } = fakeWorkspace({
      columns,
      sql: () =>
        rowPage([
          row('e1', 'createTable', { name: 'Orders', catalog_name: 'Main', schema_name: 'shop' }),
          row('e2', 'createTable', { name: 'other', catalog_name: 'main' }),
          grant('e3', 'FUNCTION', 'main.ml.price'),
          grant('e4', 'FUNCTION', 'main.shop.orders'),
          grant('e5', 'volume', 'main.shop.orders'),
          grant('e6', 'TABLE', 'main.shop.orders'),
        ]),
    });
    const scope = ['table|ms|main.shop.orders', 'model|ms|main.ml.price'];
    const found = await auditCollector.collect(collectContext(workspace, store.read, scope));
    if (!found.ok) throw new Error(found.error.what);
    expect(found.value.facts?.map(({ fact }) => [fact.title, fact.assets])).toEqual([
      ['Table created: Orders', ['table|ms|main.shop.orders']],
      ['SELECT, USE SCHEMA on price given to analysts', ['model|ms|main.ml.price']],
      ['SELECT, USE SCHEMA on orders given to analysts', ['table|ms|main.shop.orders']],
    ]);
  });

  it('what the log does not say is not made up', () => {
    for (const odd of ['', 'no json', '{}', '[1, null, {"principal": 3}]'])
      expect(grantChanges({ changes: odd })).toEqual([]);
    expect(grantTitle([], 'orders')).toBe('Rights on orders changed');
    const taken = { principal: 'a', add: ['SELECT'], remove: ['MODIFY'] };
    expect(grantTitle([taken], 't')).toBe('SELECT on t given to a; MODIFY on t taken from a');
    expect(grantTitle([taken, taken], 't')).toBe('SELECT on t given to a; and 3 more changes');
  });
});

describe('what was refused', () => {
  const refusal = (event: string, action: string, params: unknown, more: TextRow = {}): TextRow => ({
    ...row(event, action, params, action === 'runNow' ? 'jobs' : 'unityCatalog'), who: 'ann@x.example', status: '403', why: null, ...more,
  }); // prettier-ignore
  const collect = async (rows: readonly TextRow[], collector = refusedAccessCollector) => {
    const { store, close } = temporaryStore(() => collectNow);
    cleanups.push(close);
    const { workspace, asked } = fakeWorkspace({ columns, sql: () => rowPage(rows) });
    const found = await collector.collect(
      collectContext(workspace, store.read, ['table|ms|main.shop.orders', 'model|ms|main.ml.price', 'job|7|9']),
    );
    if (!found.ok) throw new Error(found.error.what);
    return { ...found.value, asked, titles: found.value.facts?.map(({ fact }) => fact.title) };
  };

  it('says who, what and on which asset in scope; of the refusal only the privilege is kept', async () => {
    const table = { full_name_arg: 'Main.Shop.Orders' };
    const found = await collect([
      refusal('1', 'getTable', table, { why: "User does not have USE SCHEMA on Schema 'main.shop'; secret-value" }),
      refusal('2', 'generateTemporaryTableCredential', {
        table_full_name: 'main.shop.orders',
        operation: 'READ_WRITE',
      }),
      refusal('3', 'generateTemporaryTableCredential', { table_full_name: 'main.shop.orders', operation: 'READ' }),
      refusal('4', 'runNow', { job_id: '9' }, { status: '401' }),
      refusal('5', 'getRegisteredModel', { full_name_arg: 'main.ml.price' }),
      refusal('6', 'getTable', { full_name_arg: 'main.shop.other' }),
      refusal('7', 'getTable', table, { status: '200' }),
      refusal('8', 'getTable', table, { status: '404' }),
    ]);
    expect(found.titles).toEqual([
      'ann@x.example was refused USE SCHEMA on orders',
      'ann@x.example was refused writing orders',
      'ann@x.example was refused the data of orders',
      'ann@x.example was refused a run of job 9',
      'ann@x.example was refused the registration of price',
    ]);
    expect(JSON.stringify(found.facts)).not.toContain('secret-value');
    expect(found.asked[0]?.text).toContain('IN (401, 403)');
    expect(found.completeTo).not.toBeNull();
  });

  it('is one fact an hour, from its first to its last time, in any order', async () => {
    const at = (minute: number) => ({ at: micros(Date.UTC(2026, 10, 24, 9, minute)) });
    const table = { full_name_arg: 'main.shop.orders' };
    const found = await collect([5, 50, 20].map((minute) => refusal(String(minute), 'getTable', table, at(minute))));
    const [first, ...rest] = found.facts ?? [];
    if (first === undefined) throw new Error('no fact');
    expect(new Set(found.facts?.map(({ fact }) => fact.id)).size).toBe(1);
    const merged = rest.reduce((old, { fact, merge }) => merge?.(old, fact) ?? old, first.fact);
    expect(merged).toMatchObject({
      happenedAt: '2026-11-24T09:05:00.000Z',
      data: { firstAt: '2026-11-24T09:05:00.000Z', lastAt: '2026-11-24T09:50:00.000Z' },
    });
  });

  it('a change that was refused or failed has changed nothing: no grant and no alias', async () => {
    const table = { securable_type: 'table', securable_full_name: 'main.shop.orders', changes };
    const alias = { full_name_arg: 'main.ml.price', alias: 'champion', version_num: '3' };
    const found = await collect(
      [refusal('1', 'updatePermissions', table), refusal('2', 'setRegisteredModelAlias', alias, { status: '500' })],
      auditCollector,
    );
    expect(found.facts?.map(({ fact }) => [fact.kind, fact.title, fact.data['refused'] ?? false])).toEqual([
      ['audit', 'SELECT, USE SCHEMA on orders given to analysts (refused)', true],
      ['audit', 'Alias champion of model price moved to version 3 (failed)', false],
    ]);
  });
});
