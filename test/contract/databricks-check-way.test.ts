import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CheckedSource } from '../../main/databricks/check-sources.ts';
import { byWarehouse, type Learnt } from '../../main/databricks/check-way.ts';
import { checkConnection } from '../../main/databricks/connection-check.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { ConnectionStep } from '../../main/databricks/port.ts';
import { checkedSources } from '../../main/lake/sources.ts';
import { err, ok } from '../../shared/base/result.ts';
import { fakeWorkspace, rowPage } from '../support/collect.ts';
import { databricksDeps, practiceConnection } from '../support/lakehouse.ts';
import { startPractice, type Practice } from '../support/practice.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

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

/** One source by SQL and one by REST: enough to see what becomes of either. */
const few = checkedSources.filter(({ source }) =>
  ['system.lakeflow.job_run_timeline', 'rest.jobs.runs/list'].includes(source),
);
const check = (): Promise<readonly ConnectionStep[]> =>
  checkConnection(practiceConnection(practice), few, databricksDeps(), { timeoutMs: 20_000 });
const named = (steps: readonly ConnectionStep[], step: string): ConnectionStep => {
  const found = steps.find((one) => one.step === step);
  if (found === undefined) throw new Error(`no step ${step}`);
  return found;
};
const failedOnes = (steps: readonly ConnectionStep[]): readonly ConnectionStep[] =>
  steps.filter((one) => one.state === 'failed');
const deny = (pattern: string) => practice.control({ deny: { pattern, count: null } });
const grantsOn = (view: string): readonly string[] => {
  const user = practice.server.world.defaultUser;
  return [
    `GRANT USE CATALOG ON CATALOG \`system\` TO \`${user}\`;`,
    `GRANT USE SCHEMA ON SCHEMA \`system\`.\`information_schema\` TO \`${user}\`;`,
    `GRANT SELECT ON TABLE \`system\`.\`information_schema\`.\`${view}\` TO \`${user}\`;`,
  ];
};

describe('the way to the sources, where it is refused', () => {
  it.each([
    ['catalogs', 'catalogs'],
    ['system schemas', 'schemata'],
  ])('%s: a missing grant with its GRANTs and what it costs', async (step, view) => {
    await deny(`from system\\.information_schema\\.${view}`);
    const steps = await check();
    const found = named(steps, step);
    expect(found).toMatchObject({ state: 'missing-grant', grants: grantsOn(view) });
    expect(found.detail).toContain('INSUFFICIENT_PERMISSIONS');
    expect(found.features?.length).toBeGreaterThan(0);
    expect(found.otherwise).toContain('Each source');
    expect(failedOnes(steps)).toEqual([]);
    expect(named(steps, 'Job runs').state).toBe('works');
  });

  it('who and where: what to ask for in words, and the rest is still looked at', async () => {
    await deny('unity-catalog/(current-metastore|metastore_summary)|current_metastore');
    const steps = await check();
    const found = named(steps, 'who and where');
    expect(found.state).toBe('missing-grant');
    expect(found.ask).toContain('current-metastore-assignment');
    expect(found.features?.join()).toContain('reading any source');
    expect(failedOnes(steps)).toEqual([]);
    expect(named(steps, 'Job runs').state).toBe('works');
  });

  it.each([
    ['the statement is refused', { deny: { pattern: '^select :p', count: null } }],
    ['no session is opened', { status: { code: 403, on: 'sql', count: null } }],
  ])('the session, %s: CAN USE and what it costs; SQL is left out, REST is still looked at', async (_, button) => {
    await practice.control(button);
    const steps = await check();
    const found = named(steps, 'session and parameters');
    expect(found).toMatchObject({ state: 'missing-grant', ask: 'CAN USE on the SQL warehouse' });
    expect(found.features).toContain('everything that is read by SQL');
    for (const step of ['who and where', 'catalogs', 'system schemas', 'Job runs'])
      expect(named(steps, step), step).toMatchObject({
        state: 'skipped',
        detail: expect.stringContaining('takes no statement from you') as string,
      });
    expect(named(steps, 'Job runs, live').state).toBe('works');
  });

  it('nothing visible is a missing grant, not something that works', async () => {
    await practice.control({ rights: { tables: [], jobs: [] } });
    const steps = await check();
    expect(named(steps, 'catalogs')).toMatchObject({
      state: 'missing-grant',
      detail: 'None besides system is visible to you.',
      ask: expect.stringContaining('USE CATALOG') as string,
    });
    const schemas = named(steps, 'system schemas');
    expect(schemas).toMatchObject({ state: 'missing-grant', detail: 'None is visible to you: not granted, or not switched on.' }); // prettier-ignore
    expect(schemas.ask).toContain('USE SCHEMA');
    expect(schemas.grants).toEqual([
      `GRANT USE CATALOG ON CATALOG \`system\` TO \`${practice.server.world.defaultUser}\`;`,
      `GRANT USE SCHEMA ON SCHEMA \`system\`.\`lakeflow\` TO \`${practice.server.world.defaultUser}\`;`,
    ]);
    expect(failedOnes(steps)).toEqual([]);
    await practice.control({ release: true });
    const whole = await check();
    expect(named(whole, 'catalogs')).toMatchObject({ state: 'works', detail: expect.stringMatching(/: \d+\.$/) as string }); // prettier-ignore
    expect(named(whole, 'system schemas').state).toBe('works');
  });
});

describe('what an empty list of system schemas can mean', () => {
  const source: CheckedSource = {
    label: 'x', table: null, features: ['f'], preview: null,
    needs: [{ kind: 'select', table: { catalog: 'system', schema: 'lakeflow', table: 't' } }],
  }; // prettier-ignore
  const schemasStep = async (states: Readonly<Record<string, string>> | null): Promise<ConnectionStep | undefined> => {
    const { workspace } = fakeWorkspace({
      sql: () => rowPage([], ['schema_name']),
      rest: () =>
        states === null
          ? err(databricksFailure('Forbidden'))
          : ok({ schemas: Object.entries(states).map(([schema, state]) => ({ schema, state })) }),
    });
    const learnt: Learnt = {
      user: 'ada', metastoreId: 'm1', schemas: { visible: null, states: null }, noStatements: false,
    }; // prettier-ignore
    return byWarehouse(workspace, learnt, [source], {})
      .find(({ step }) => step === 'system schemas')
      ?.run();
  };
  it.each([
    ['not told', null, 'missing-grant', []],
    ['one is on', { lakeflow: 'AVAILABLE', access: 'ENABLE_COMPLETED' }, 'missing-grant', ['databricks system-schemas enable m1 lakeflow']],
    ['all are off', { lakeflow: 'AVAILABLE', other: '' }, 'preview-off', ['databricks system-schemas enable m1 lakeflow']],
    ['all are on', { lakeflow: 'MANAGED' }, 'missing-grant', []],
  ] as const)('%s', async (_, states, state, commands) => {
    expect(await schemasStep(states)).toMatchObject({ state, commands });
  }); // prettier-ignore
});
