// Results of expectations are read by a statement of their own: what columns its table has is looked up as for every other source.
import { expect, it } from 'vitest';
import { err } from '../../shared/base/result.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { TextRow } from '../../main/databricks/port.ts';
import { expectationsCollector } from '../../main/lake/collectors/expectations.ts';
import { runCollector } from '../../main/lake/refresh.ts';
import { sourceRow } from '../../main/store/lake.ts';
import { collectNow, fakeWorkspace, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const told: TextRow = { pipeline: 'p', id: 'u1', dataset: 'a.b.c', name: 'valid', passed: '1', failed: '1', newest: micros(collectNow - 120_000) }; // prettier-ignore
const columns = ['workspace_id', 'pipeline_id', 'update_id', 'event_time', 'event_type', 'details'];

it('a column that came back is asked for at once, and one that is gone when it is read again is named', async () => {
  let now = collectNow;
  const { store, close } = temporaryStore(() => now);
  const answers = { columns: columns.filter((name) => name !== 'update_id'), gone: '' };
  const { workspace, asked } = fakeWorkspace({
    get columns() {
      return answers.columns;
    },
    sql: ({ text }) =>
      answers.gone !== '' && text.includes(answers.gone)
        ? err(databricksFailure('StatementFailed', { code: 'UNRESOLVED_COLUMN.WITH_SUGGESTION' }))
        : rowPage([told]),
  });
  const refresh = async () => {
    const ids = { workspaceId: '7', metastoreId: 'ms', region: null };
    await runCollector({ store, clock: { now: () => now }, log: () => undefined }, expectationsCollector, { workspace, ids, scope: new Map(), options: {} }); // prettier-ignore
    return sourceRow(store.read, expectationsCollector.source, '7');
  };
  expect((await refresh())?.state).toBe('missing');
  answers.columns = columns;
  now += 60_000;
  expect(await refresh()).toMatchObject({ state: 'fresh', missing: '[]' });
  answers.columns = columns.filter((name) => name !== 'event_type');
  answers.gone = 'event_type';
  now += 16 * 60_000;
  const before = asked.length;
  // What was known of the columns is older than five minutes here: they are looked up anew, and no statement fails.
  expect(await refresh()).toMatchObject({ state: 'fresh', missing: '["event_type"]' });
  expect(asked.length - before).toBe(1);
  close();
});
