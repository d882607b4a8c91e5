import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkConnection, type CheckOptions } from '../../main/databricks/connection-check.ts';
import { checkSource, whyNot, type CheckedSource } from '../../main/databricks/check-sources.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { ConnectionStep, DatabricksFailure, Workspace } from '../../main/databricks/port.ts';
import { staticToken } from '../../main/databricks/token-source.ts';
import { probeColumns } from '../../main/databricks/probe-columns.ts';
import { inferenceCollector } from '../../main/lake/collectors/inference.ts';
import { checkedSources } from '../../main/lake/sources.ts';
import { err } from '../../shared/base/result.ts';
import { fakeWorkspace } from '../support/collect.ts';
import { databricksDeps, practiceConnection, practiceWorkspace } from '../support/lakehouse.ts';
import { startPractice, type Practice } from '../support/practice.ts';

// Every source of facts is asked, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

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

const check = (
  change: Parameters<typeof practiceConnection>[1] = {},
  options: CheckOptions = {},
): Promise<readonly ConnectionStep[]> =>
  checkConnection(practiceConnection(practice, change), checkedSources, databricksDeps(), {
    timeoutMs: 20_000,
    ...options,
  });
const firstFailed = (steps: readonly ConnectionStep[]): ConnectionStep | undefined =>
  steps.find((one) => one.state === 'failed');
const named = (steps: readonly ConnectionStep[], step: string): ConnectionStep => {
  const found = steps.find((one) => one.step === step);
  if (found === undefined) throw new Error(`no step ${step}`);
  return found;
};
const wayThere = ['settings', 'DNS', 'TLS', 'sign-in', 'SQL warehouse', 'session and parameters', 'who and where', 'catalogs', 'system schemas']; // prettier-ignore

describe('checking a connection', () => {
  it('every step works where everything is there; who, which certificate and what state are named', async () => {
    const heard: number[] = [];
    const steps = await check({}, { onStep: (ended, total) => heard.push(ended.length / total) });
    expect(steps.filter((one) => one.state !== 'works' && one.state !== 'skipped')).toEqual([]);
    expect(steps.map((one) => one.step)).toEqual([...wayThere, ...checkedSources.map((one) => one.label)]);
    expect(named(steps, 'TLS').detail).toMatch(/^TLSv1\.[23], certificate by .+, good until \d{4}-\d\d-\d\d/);
    expect(named(steps, 'sign-in').detail).toContain(practice.server.world.defaultUser);
    expect(named(steps, 'SQL warehouse').detail).toContain('running');
    // Only sources that a room decides about are left out, and they say what they need.
    for (const one of steps.filter(({ state }) => state === 'skipped'))
      expect(one.detail).toContain('when a room is read');
    expect(heard).toEqual([...heard].sort((a, b) => a - b));
    expect(heard).toHaveLength(steps.length);
    expect(heard.at(-1)).toBe(1);
  });

  it('names the step that fails and skips what stands on it', async () => {
    const refused = await check({ port: 1 });
    expect(firstFailed(refused)).toMatchObject({ step: 'TLS', failure: { tag: 'Offline', code: 'ECONNREFUSED' } });
    expect(refused.slice(3).every((one) => one.state === 'skipped')).toBe(true);
    const wrong = await check({ auth: staticToken('dapi-wrong') });
    expect(firstFailed(wrong)).toMatchObject({ step: 'sign-in', failure: { tag: 'Unauthorized' } });
    await practice.control({ status: { code: 401 } });
    expect(firstFailed(await check())).toMatchObject({ step: 'sign-in', failure: { tag: 'Unauthorized' } });
    await practice.control({ release: true });
    expect(firstFailed(await check({ host: '203.0.113.9' }))?.step).toBe('settings');
  });

  it('a certificate of somebody else is named as such', async () => {
    const { caFile: _, ...connection } = practiceConnection(practice);
    const steps = await checkConnection(connection, [], databricksDeps());
    expect(firstFailed(steps)).toMatchObject({ step: 'TLS', failure: { tag: 'BadCertificate' } });
  });

  it('does not start a warehouse that is stopped until somebody agrees', async () => {
    await practice.control({ coldStartMs: 300 });
    const steps = await check();
    expect(named(steps, 'SQL warehouse')).toMatchObject({ state: 'works', detail: 'Practice is stopped.' });
    const asking = steps.filter((one) => one.asks === 'start-warehouse');
    expect(asking.map((one) => one.step)).toEqual([
      ...wayThere.slice(5),
      ...checkedSources.filter((one) => one.table !== null).map((one) => one.label),
    ]);
    // Still stopped: nothing that was looked at meanwhile has started it; REST sources were looked at.
    expect(named(await check(), 'SQL warehouse').detail).toBe('Practice is stopped.');
    expect(named(steps, 'Job runs, live').state).toBe('works');
    const agreed = await check({}, { startWarehouse: true });
    expect(agreed.some((one) => one.asks !== undefined)).toBe(false);
    expect(named(agreed, 'Job runs').state).toBe('works');
  });

  it('a warehouse that is not there is told from one that is stopped', async () => {
    const steps = await check({ httpPath: '/sql/1.0/warehouses/other' });
    expect(named(steps, 'SQL warehouse')).toMatchObject({ state: 'not-here' });
  });

  it('can be stopped: what is left is named as stopped', async () => {
    const stop = new AbortController();
    const steps = await check(
      {},
      {
        signal: stop.signal,
        onStep: (ended) => {
          if (ended.length === 4) stop.abort();
        },
      },
    );
    expect(steps).toHaveLength(wayThere.length + checkedSources.length);
    expect(new Set(steps.slice(4).map((one) => one.state))).toEqual(new Set(['skipped']));
  });
});

describe('why a source cannot be read', () => {
  const hidden = { tables: [], jobs: [] };
  const withTable = checkedSources.filter((one) => one.table?.catalog === 'system' && one.table.schema !== 'information_schema'); // prettier-ignore

  it('a view of information_schema that refuses names what to ask for as well', async () => {
    await practice.control({ deny: { pattern: 'from system\\.information_schema\\.table_tags', count: null } });
    const steps = await check();
    const user = practice.server.world.defaultUser;
    expect(named(steps, 'Tags of tables')).toMatchObject({
      state: 'missing-grant',
      grants: [
        `GRANT USE CATALOG ON CATALOG \`system\` TO \`${user}\`;`,
        `GRANT USE SCHEMA ON SCHEMA \`system\`.\`information_schema\` TO \`${user}\`;`,
        `GRANT SELECT ON TABLE \`system\`.\`information_schema\`.\`table_tags\` TO \`${user}\`;`,
      ],
    });
    expect(named(steps, 'Tags of columns')).toMatchObject({ state: 'works' });
  });

  it('a missing grant names the statements to ask for, the features that it costs and what still works', async () => {
    await practice.control({ rights: hidden });
    const steps = await check();
    const runs = named(steps, 'Job runs');
    expect(runs).toMatchObject({ state: 'missing-grant', group: 'source', commands: [] });
    const user = practice.server.world.defaultUser;
    expect(runs.grants).toEqual([
      `GRANT USE CATALOG ON CATALOG \`system\` TO \`${user}\`;`,
      `GRANT USE SCHEMA ON SCHEMA \`system\`.\`lakeflow\` TO \`${user}\`;`,
      `GRANT SELECT ON TABLE \`system\`.\`lakeflow\`.\`job_run_timeline\` TO \`${user}\`;`,
    ]);
    expect(runs.features).toContain('runs in the timeline');
    expect(runs.otherwise).toContain('REST');
    for (const { label } of withTable) expect(named(steps, label).state, label).toBe('missing-grant');
    // Nothing failed: a user with few rights has a connection that works.
    expect(firstFailed(steps)).toBeUndefined();
  });

  it('with little, a list that is empty says so and what to ask for; a list with something in it does not', async () => {
    await practice.control({ rights: 'little' });
    const steps = await check();
    const models = named(steps, 'Models and their versions');
    expect(models).toMatchObject({ state: 'works', ask: 'EXECUTE on the registered models' });
    expect(models.detail).toContain('lists nothing');
    expect(named(steps, 'Job runs, live')).toMatchObject({ state: 'works', detail: 'It answers.' });
    expect(named(steps, 'Job runs, live').ask).toBeUndefined();
    // A probe about nothing is answered with that it is not there: that is no empty list.
    expect(named(steps, 'Lineage by REST').ask).toBeUndefined();
    expect(firstFailed(steps)).toBeUndefined();
    await practice.control({ release: true });
    expect(named(await check(), 'Models and their versions').ask).toBeUndefined();
  });

  it('a schema that is not switched on: told by the list of administrators, with the line that switches it on', async () => {
    await practice.control({ rights: { ...hidden, systemTables: true, schemasOff: ['lakeflow'] } });
    const steps = await check();
    expect(named(steps, 'system schemas').detail).toContain('Switched off: lakeflow.');
    expect(named(steps, 'Job runs')).toMatchObject({
      state: 'preview-off',
      commands: [`databricks system-schemas enable ${practice.server.world.metastoreId} lakeflow`],
    });
    expect(named(steps, 'Lineage of tables').state).toBe('works');
  });

  it('a source behind REST names its permission in words', async () => {
    await practice.control({ status: { code: 403, on: 'rest', count: null } });
    const source = checkedSources.filter((one) => one.source === 'rest.jobs.runs/list');
    const context = {
      workspace: practiceWorkspace(practice), options: {}, schemas: { visible: null, states: null }, principal: 'ada', metastoreId: null,
    }; // prettier-ignore
    const [only] = source;
    if (only === undefined) throw new Error('no such source');
    expect(await checkSource(only, context)).toMatchObject({
      state: 'missing-grant',
      ask: 'CAN VIEW on the job',
      grants: [],
    });
    await context.workspace.close();
  });

  const rest = checkedSources.filter(
    (one) => one.source.startsWith('rest.') || one.source === inferenceCollector.source,
  );
  it('every source behind REST is probed, and says how it is', async () => {
    expect(rest.filter((one) => one.table === null && one.probe === undefined).map((one) => one.label)).toEqual([]);
    const steps = await check();
    for (const { label } of rest) expect(named(steps, label), label).toMatchObject({ state: 'works' });
    await practice.control({ status: { code: 403, on: 'rest', count: null } });
    const context = {
      workspace: practiceWorkspace(practice), options: {}, schemas: { visible: null, states: null }, principal: 'ada', metastoreId: null,
    }; // prettier-ignore
    for (const one of rest.filter(({ table }) => table === null)) {
      const found = await checkSource(one, context);
      expect(found, one.label).toMatchObject({ state: 'missing-grant', features: one.features });
      expect(found.ask, one.label).toMatch(/ on /);
      expect(found.features?.length, one.label).toBeGreaterThan(0);
    }
    await context.workspace.close();
  });

  const answering = (failure: DatabricksFailure): Workspace => ({
    ...fakeWorkspace({ rest: () => err(failure) }).workspace,
  });
  it.each([
    ['no such endpoint', 'HTTP 404 ENDPOINT_NOT_FOUND', 'not-here', 'preview-off'],
    ['no such path, and no code', 'HTTP 404', 'not-here', 'preview-off'],
    ['not implemented', 'HTTP 501 NOT_IMPLEMENTED', 'not-here', 'preview-off'],
    ['switched off', 'HTTP 404 FEATURE_DISABLED', 'preview-off', 'preview-off'],
    ['about nothing: it answers', 'HTTP 404 RESOURCE_DOES_NOT_EXIST', 'works', 'works'],
    ['about nothing, said with 400', 'HTTP 400 INVALID_PARAMETER_VALUE', 'works', 'works'],
    ['a broken answer', 'HTTP 400 MALFORMED_REQUEST', 'failed', 'failed'],
  ] as const)('behind REST: %s', async (_, code, general, preview) => {
    const tag = code.includes('404') ? 'NotConfigured' : code.includes('501') ? 'Unavailable' : 'BadAnswer';
    for (const [label, state] of [
      [null, general],
      ['Beta', preview],
    ] as const) {
      const one: CheckedSource = {
        label: 'x', table: null, features: ['f'], needs: [], preview: label, probe: { method: 'GET', path: '/x', ofNothing: true },
      }; // prettier-ignore
      const found = await checkSource(one, {
        workspace: answering(databricksFailure(tag, { code })), options: {}, schemas: { visible: null, states: null }, principal: 'ada', metastoreId: null,
      }); // prettier-ignore
      expect(found.state).toBe(state);
      if (state === 'preview-off') expect(found.detail).toMatch(/switched off/);
    }
  });

  const failureOf = (errorClass: string): DatabricksFailure => ({
    ...databricksFailure('StatementFailed', { code: errorClass }),
    errorClass,
  });
  const source = (preview: CheckedSource['preview']): CheckedSource => ({
    label: 'x', table: { catalog: 'system', schema: 'serving', table: 't' }, features: [], needs: [], preview,
  }); // prettier-ignore
  const visible = (...names: string[]): ReadonlySet<string> => new Set(names);
  const states = (state: string): ReadonlyMap<string, string> => new Map([['serving', state]]);
  it.each([
    ['refused', databricksFailure('Forbidden'), null, null, 'missing-grant', 'missing-grant'],
    ['an admin sees it switched off', failureOf('SCHEMA_NOT_FOUND'), visible(), states('AVAILABLE'), 'preview-off', 'preview-off'],
    ['an empty state is off, too', failureOf('SCHEMA_NOT_FOUND'), visible(), states(''), 'preview-off', 'preview-off'],
    ['on, and not visible', failureOf('TABLE_OR_VIEW_NOT_FOUND'), visible(), states('ENABLE_COMPLETED'), 'missing-grant', 'missing-grant'],
    ['on and visible', failureOf('TABLE_OR_VIEW_NOT_FOUND'), visible('serving'), states('MANAGED'), 'not-here', 'not-here'],
    ['unavailable', failureOf('SCHEMA_NOT_FOUND'), visible(), states('UNAVAILABLE'), 'not-here', 'not-here'],
    ['not in the list', failureOf('SCHEMA_NOT_FOUND'), visible(), new Map(), 'not-here', 'not-here'],
    ['no list, schema visible', failureOf('TABLE_OR_VIEW_NOT_FOUND'), visible('serving'), null, 'not-here', 'not-here'],
    ['no list, schema not visible', failureOf('TABLE_OR_VIEW_NOT_FOUND'), visible(), null, 'preview-off', 'missing-grant'],
    ['something else', failureOf('INTERNAL_ERROR'), visible('serving'), null, 'failed', 'failed'],
  ] as const)('%s', (_, failure, seen, all, preview, general) => {
    expect(whyNot(source('Beta'), failure, { visible: seen, states: all })).toBe(preview);
    expect(whyNot(source(null), failure, { visible: seen, states: all })).toBe(general);
  }); // prettier-ignore
});

describe('probing columns', () => {
  it('tells which columns there are, and sees one that is taken away', async () => {
    const workspace = practiceWorkspace(practice);
    const table = { catalog: 'system', schema: 'lakeflow', table: 'job_run_timeline' };
    const before = await probeColumns(workspace.warehouse, table);
    expect(before.ok && before.value.names.has('termination_code')).toBe(true);
    await practice.control({
      tables: [{ table: 'system.lakeflow.job_run_timeline', column: 'termination_code', kind: 'hide' }],
    });
    const after = await probeColumns(workspace.warehouse, table);
    expect(after.ok && after.value.names.has('termination_code')).toBe(false);
    expect(after.ok && after.value.names.has('result_state')).toBe(true);
    const gone = await probeColumns(workspace.warehouse, { ...table, table: 'no_such_table' });
    expect(gone).toMatchObject({ ok: false, error: { errorClass: 'TABLE_OR_VIEW_NOT_FOUND' } });
    await workspace.close();
  });
});
