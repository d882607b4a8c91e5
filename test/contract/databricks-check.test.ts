import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkConnection } from '../../main/databricks/connection-check.ts';
import type { ConnectionStep } from '../../main/databricks/port.ts';
import { probeColumns } from '../../main/databricks/probe-columns.ts';
import { checkedSources } from '../../main/lake/sources.ts';
import { databricksDeps, practiceConnection, practiceWorkspace } from '../support/lakehouse.ts';
import { startPractice, type Practice } from '../support/practice.ts';

let practice: Practice;
beforeAll(async () => {
  practice = await startPractice({ seed: 5, fault: 'none' });
});
afterEach(async () => {
  await practice.control({ release: true });
});
afterAll(async () => {
  await practice.close();
});

const check = (change: Parameters<typeof practiceConnection>[1] = {}): Promise<readonly ConnectionStep[]> =>
  checkConnection(practiceConnection(practice, change), checkedSources, databricksDeps(), { timeoutMs: 20_000 });
const firstFailed = (steps: readonly ConnectionStep[]): ConnectionStep | undefined =>
  steps.find((one) => one.state === 'failed');

describe('checking a connection', () => {
  it('every step works where everything is there', async () => {
    const steps = await check();
    expect(steps.filter((one) => one.state !== 'works')).toEqual([]);
    expect(steps.map((one) => one.step)).toEqual([
      'settings', 'name of the host', 'TCP and TLS', 'sign-in', 'SQL warehouse and parameters', 'who we are', 'Unity Catalog',
      ...checkedSources.map((one) => one.label),
    ]); // prettier-ignore
  });

  it('names the step that fails and skips what stands on it', async () => {
    const refused = await check({ port: 1 });
    expect(firstFailed(refused)).toMatchObject({
      step: 'TCP and TLS',
      failure: { tag: 'Offline', code: 'ECONNREFUSED' },
    });
    expect(refused.slice(3).every((one) => one.state === 'skipped')).toBe(true);
    const wrong = await check({ token: 'dapi-wrong' });
    expect(wrong.find((one) => one.step === 'sign-in')?.state).toBe('skipped');
    expect(firstFailed(wrong)).toMatchObject({ step: 'SQL warehouse and parameters', failure: { tag: 'Forbidden' } });
    await practice.control({ status: { code: 401 } });
    expect(firstFailed(await check())).toMatchObject({ step: 'sign-in', failure: { tag: 'Unauthorized' } });
    await practice.control({ release: true });
    expect(firstFailed(await check({ host: '203.0.113.9' }))?.step).toBe('settings');
  });

  it('a certificate of somebody else is named as such', async () => {
    const { caFile: _, ...connection } = practiceConnection(practice);
    const steps = await checkConnection(connection, [], databricksDeps());
    expect(firstFailed(steps)).toMatchObject({ step: 'TCP and TLS', failure: { tag: 'BadCertificate' } });
  });
});

describe('probing columns', () => {
  it('tells which columns there are, and sees one that is taken away', async () => {
    const workspace = practiceWorkspace(practice);
    const table = { catalog: 'system', schema: 'lakeflow', table: 'job_run_timeline' };
    const before = await probeColumns(workspace.warehouse, table);
    expect(before.ok && before.value.has('termination_code')).toBe(true);
    await practice.control({
      tables: [{ table: 'system.lakeflow.job_run_timeline', column: 'termination_code', kind: 'hide' }],
    });
    const after = await probeColumns(workspace.warehouse, table);
    expect(after.ok && after.value.has('termination_code')).toBe(false);
    expect(after.ok && after.value.has('result_state')).toBe(true);
    const gone = await probeColumns(workspace.warehouse, { ...table, table: 'no_such_table' });
    expect(gone).toMatchObject({ ok: false, error: { errorClass: 'TABLE_OR_VIEW_NOT_FOUND' } });
    await workspace.close();
  });
});
