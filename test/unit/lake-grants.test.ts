import { afterEach, describe, expect, it } from 'vitest';
import type { TextRow } from '../../main/databricks/port.ts';
import { auditCollector } from '../../main/lake/collectors/audit.ts';
import { grantChanges, grantTitle } from '../../main/lake/collectors/audit-grants.ts';
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

  it('what the log does not say is not made up', () => {
    for (const odd of ['', 'no json', '{}', '[1, null, {"principal": 3}]'])
      expect(grantChanges({ changes: odd })).toEqual([]);
    expect(grantTitle([], 'orders')).toBe('Rights on orders changed');
    const taken = { principal: 'a', add: ['SELECT'], remove: ['MODIFY'] };
    expect(grantTitle([taken], 't')).toBe('SELECT on t given to a; MODIFY on t taken from a');
    expect(grantTitle([taken, taken], 't')).toBe('SELECT on t given to a; and 3 more changes');
  });
});
