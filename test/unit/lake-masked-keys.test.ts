// A mask changes what conditions compare, and by what rows are ordered: an answer is then no word about what happened.
import { afterEach, describe, expect, it } from 'vitest';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { Statement, TextRow, Workspace } from '../../main/databricks/port.ts';
import type { CollectContext, Collected } from '../../main/lake/collector.ts';
import { runsCollector } from '../../main/lake/collectors/runs.ts';
import { runCollector } from '../../main/lake/refresh.ts';
import { sourceRow } from '../../main/store/lake.ts';
import { err } from '../../shared/base/result.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const hour = 3_600_000;
const columns = [
  'workspace_id', 'job_id', 'run_id', 'period_start_time', 'period_end_time', 'trigger_type', 'run_type', 'result_state', 'termination_code', 'run_name', 'compute_ids',
]; // prettier-ignore
const slice = (run: string, end: string): TextRow => ({ ws: '7', job: '1', run, slice_start: micros(collectNow - 2 * hour), slice_end: end, result: 'FAILED' }); // prettier-ignore
const asShown = (end: string | null): TextRow => ({
  workspace_id: '7',
  job_id: '1',
  run_id: '5',
  period_end_time: end,
});
const masked = 'Not complete: period_end_time is masked for this user, and rows are asked for by it.';

const rig = () => {
  let now = collectNow;
  const { store, close } = temporaryStore(() => now);
  cleanups.push(close);
  const says: { rows: readonly TextRow[]; shown: readonly TextRow[] | null } = { rows: [], shown: [] };
  const looks: Statement[] = [];
  const { workspace: under } = fakeWorkspace({ columns, sql: () => rowPage(says.rows, ['ws']) });
  const workspace: Workspace = {
    ...under,
    warehouse: {
      ...under.warehouse,
      query: (statement, options) => {
        if (statement.name !== 'probe.shown') return under.warehouse.query(statement, options);
        looks.push(statement);
        return Promise.resolve(
          says.shown === null ? err(databricksFailure('StatementFailed')) : rowPage(says.shown, ['x']),
        );
      },
    },
  };
  const deps = { store, clock: { now: () => now }, log: () => undefined };
  const refresh = async () => {
    await runCollector(deps, runsCollector, { workspace, ids: { workspaceId: '7', metastoreId: 'ms', region: null }, scope: new Map(), options: {} }); // prettier-ignore
    return sourceRow(store.read, runsCollector.source, '7');
  };
  const pack = async (more: Partial<CollectContext>): Promise<readonly Collected[]> => {
    const batches: Collected[] = [];
    for await (const batch of runsCollector.stream?.(collectContext(workspace, store.read, ['job|7|1'], more)) ?? [])
      if (batch.ok) batches.push(batch.value);
    return batches;
  };
  return { says, looks, refresh, pack, pass: (ms: number) => (now += ms) };
};

describe('a masked column by which rows are asked for', () => {
  it('is looked for where no row comes, once a day, and said; the cursor waits until it is shown again', async () => {
    const { says, looks, refresh, pass } = rig();
    says.rows = [slice('1', micros(collectNow - hour))];
    const first = await refresh();
    expect(first).toMatchObject({ cursor: instantAt(collectNow - hour), note: null });
    expect(looks).toHaveLength(0);
    says.rows = [];
    says.shown = [asShown('2026-11-24')];
    pass(hour);
    expect(await refresh()).toMatchObject({ cursor: instantAt(collectNow - hour), note: null, missing: '[]' });
    says.shown = [asShown(null), asShown(null)];
    pass(hour);
    expect((await refresh())?.note).toBeNull();
    expect(looks).toHaveLength(1);
    pass(24 * hour);
    const hidden = {
      cursor: first?.cursor,
      complete_to: first?.complete_to,
      note: masked,
      missing: '["period_end_time (masked)"]',
    };
    expect(await refresh()).toMatchObject(hidden);
    pass(60_000);
    expect(await refresh()).toMatchObject(hidden);
    expect(looks).toHaveLength(2);
    says.rows = [slice('2', micros(collectNow + hour))];
    pass(60_000);
    expect(await refresh()).toMatchObject({ cursor: instantAt(collectNow + hour), note: null, missing: '[]' });
  });

  it('is not asked for at each look where that question fails, and soon again', async () => {
    const { says, looks, refresh, pass } = rig();
    says.shown = null;
    for (let times = 0; times < 3; times += 1) {
      expect((await refresh())?.note).not.toBe(masked);
      pass(4 * 60_000);
    }
    expect(looks).toHaveLength(1);
    says.shown = [asShown(null)];
    pass(4 * 60_000);
    expect((await refresh())?.note).toBe(masked);
    expect(looks).toHaveLength(2);
  });

  it('that is text is known by its mask, and one that is NULL now and then is not masked', async () => {
    const { says, refresh } = rig();
    says.shown = [asShown('2026-11-24'), { ...asShown(null), workspace_id: '<REDACTED>' }];
    expect((await refresh())?.note).toBe(
      'Not complete: workspace_id is masked for this user, and rows are asked for by it.',
    );
  });

  it('says as much when a room is packed', async () => {
    const { says, pack } = rig();
    says.shown = [asShown(null)];
    expect(await pack({})).toMatchObject([{ cursor: null, partly: true, note: masked, missingColumns: ['period_end_time (masked)'] }]); // prettier-ignore
  });
});

describe('rows that do not say when they happened', () => {
  it.each(['***', ''])('move no cursor, though one of them does: %s', async (hidden) => {
    const { says, refresh, pack } = rig();
    says.rows =
      hidden === '' ? [slice('1', ''), slice('2', 'soon')] : [slice('1', hidden), slice('2', micros(collectNow))];
    expect(await refresh()).toMatchObject({ cursor: null, complete_to: null });
    expect((await refresh())?.note).toContain('when its rows happened cannot be read');
    const last = (await pack({ cursor: instantAt(collectNow - 3 * hour) })).at(-1);
    expect(last).toMatchObject({ cursor: instantAt(collectNow - 3 * hour), completeTo: null, partly: true });
    expect(last?.note).toContain('when its rows happened cannot be read');
  });

  it('that cannot be read at all are not passed over', async () => {
    const { says, refresh, pack } = rig();
    says.rows = [{ ...slice('1', micros(collectNow)), run: '<REDACTED>' }];
    expect(await refresh()).toMatchObject({ cursor: null, complete_to: null, note: '1 rows could not be read.' });
    expect((await pack({})).map(({ cursor, completeTo }) => [cursor, completeTo])).toEqual([[null, null], [null, null]]); // prettier-ignore
  });
});
