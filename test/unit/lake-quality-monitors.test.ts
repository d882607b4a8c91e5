import { afterEach, describe, expect, it } from 'vitest';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { DatabricksFailure, RestRequest } from '../../main/databricks/port.ts';
import { isNotThere } from '../../main/lake/collector.ts';
import { qualityMonitorsCollector } from '../../main/lake/collectors/quality-monitors.ts';
import { putFact } from '../support/facts.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const hour = 3_600_000;
const gone = (code: string) => err(databricksFailure('NotConfigured', { code: `HTTP 404 ${code}` }));
const refresh = (hoursAgo: number, state: string, message?: string) => ({
  refresh_id: hoursAgo, state: `MONITOR_REFRESH_STATE_${state}`, start_time_ms: collectNow - hoursAgo * hour,
  end_time_ms: collectNow - hoursAgo * hour + 60_000, ...(message === undefined ? {} : { message }),
}); // prettier-ignore
const profile = {
  object_type: 'table',
  data_profiling_config: {
    status: 'DATA_PROFILING_STATUS_ACTIVE', monitor_version: 3, time_series: {}, drift_metrics_table_name: 'a.m.drift',
    schedule: { quartz_cron_expression: '0 0 3 * * ?', timezone_id: 'UTC', pause_status: 'CRON_SCHEDULE_PAUSE_STATUS_PAUSED' },
    notification_settings: { on_failure: { email_addresses: ['ann@x.example'] } },
  },
}; // prettier-ignore

type Answer = Result<unknown, DatabricksFailure>;
const rig = (answers: {
  readonly refreshes?: readonly object[];
  readonly monitor?: Answer;
  readonly schema?: Answer;
}) => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  const fake = fakeWorkspace({
    rest: ({ path }: RestRequest) => {
      if (path.includes('/tables/main.shop.plain')) return ok({ table_id: 't2' });
      if (path.includes('/tables/')) return ok({ table_id: 't1' });
      if (path.includes('/schemas/')) return ok({ schema_id: 's1' });
      if (path.endsWith('/refreshes')) return ok({ refreshes: answers.refreshes ?? [] });
      if (path.includes('/monitors/schema/')) return answers.schema ?? gone('RESOURCE_DOES_NOT_EXIST');
      if (path.endsWith('/table/t1')) return answers.monitor ?? ok(profile);
      return gone('RESOURCE_DOES_NOT_EXIST');
    },
  });
  const tables = ['table|ms|main.shop.prices', 'table|ms|main.shop.plain'];
  const collect = async (cursor: string | null = null, later = 0) => {
    const found = await qualityMonitorsCollector.collect(
      collectContext(fake.workspace, store.read, tables, { cursor, clock: { now: () => collectNow + later } }),
    );
    if (!found.ok) throw new Error(found.error.what);
    return { ...found.value, all: (found.value.facts ?? []).map(({ fact }) => fact) };
  };
  return { ...fake, store, collect, context: () => collectContext(fake.workspace, store.read, tables) };
};

describe('the monitor of a table', () => {
  it('is how it is set up and how its refreshes went, whatever their order; addresses stay there', async () => {
    const { collect } = rig({
      refreshes: [refresh(30, 'SUCCESS'), refresh(2, 'FAILED', 'No such column'), refresh(5, 'FAILED')],
      schema: ok({ anomaly_detection_config: { excluded_table_full_names: ['Main.Shop.Plain'] } }),
    });
    const { all, completeTo, note } = await collect();
    expect(all.map(({ title }) => title)).toEqual([
      'Monitor of prices: its last refresh failed',
      'Anomaly detection watches prices',
      'Anomaly detection leaves out plain',
    ]);
    expect(all[0]).toMatchObject({
      kind: 'settings',
      assets: ['table|ms|main.shop.prices'],
      data: {
        status: 'active', kind: 'time series', version: '3', paused: true, lastRefresh: 'failed', failedInARow: 2, message: 'No such column',
        lastGoodRefreshAt: instantAt(collectNow - 30 * hour + 60_000), driftTable: 'a.m.drift',
      },
    }); // prettier-ignore
    expect(JSON.stringify(all)).not.toContain('ann@x.example');
    expect(completeTo).toBe(instantAt(collectNow - 2 * hour + 60_000));
    expect(note).toMatch(/^1 tables have no monitor/);
  });

  it('is stale when the data is newer by more than a day than its last good refresh', async () => {
    const { collect, store } = rig({ refreshes: [refresh(50, 'SUCCESS')] });
    expect((await collect()).all[0]?.title).toBe('Monitor of prices: its last refresh: success');
    const asset = 'table|ms|main.shop.prices';
    store.transaction<null>((db) => {
      putFact(db, { id: 'v', kind: 'table-version', source: 's', workspace: '7', region: null, happened: instantAt(collectNow - hour), observed: instantAt(collectNow), complete_to: null, assets: JSON.stringify([asset]), title: '', data: '{}' }, [asset]); // prettier-ignore
      return ok(null);
    });
    const [fact] = (await collect()).all;
    expect(fact?.title).toBe('Monitor of prices: it is stale, the data is newer by more than a day');
    expect(fact?.data['stale']).toBe(true);
    expect((await rig({}).collect()).all[0]?.title).toBe('Monitor of prices: it was never refreshed');
  });

  it('is asked again after half an hour, not before', async () => {
    const { collect, called, context } = rig({});
    const { cursor } = await collect();
    const before = called.length;
    await collect(cursor);
    expect(called).toHaveLength(before);
    await collect(cursor, 31 * 60_000);
    expect(called).toHaveLength(2 * before);
    expect(await qualityMonitorsCollector.estimate?.(context())).toEqual(
      ok({ rows: 0, statements: 0, calls: 6, counted: true }),
    );
  });

  it('a workspace without the endpoint is told once, as not there; a table without monitor is no failure', async () => {
    for (const code of ['ENDPOINT_NOT_FOUND', 'FEATURE_DISABLED']) {
      const { context } = rig({ monitor: gone(code) });
      const found = await qualityMonitorsCollector.collect(context());
      expect(found.ok).toBe(false);
      if (!found.ok) expect(isNotThere(found.error)).toBe(true);
    }
    for (const monitor of [gone('RESOURCE_DOES_NOT_EXIST'), err(databricksFailure('Forbidden'))]) {
      const { all, note } = await rig({ monitor }).collect();
      expect(all).toEqual([]);
      expect(note).toMatch(/^2 tables have no monitor of their own, or none that this user may see/);
    }
    const { all } = await rig({ monitor: ok({ data_profiling_config: 'odd' }), schema: ok([]) }).collect();
    expect(all).toEqual([]);
  });
});
