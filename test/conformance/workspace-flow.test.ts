import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Workspace } from '../../main/databricks/port.ts';
import { ok } from '../../shared/base/result.ts';
import { practiceWorkspace } from '../support/lakehouse.ts';
import { startPractice, type Practice } from '../support/practice.ts';
import { runCheck, type Outcome } from './check.ts';
import { prepare } from './stage.ts';
import { allChecks } from './suite.ts';
import { noWishes } from './wishes.ts';
import { connectionFrom, variables, workspaceStage, writeReport } from './workspace-stage.ts';

const environment = {
  BREAKWATER_CONFORMANCE_HOST: 'https://adb-1234567890123456.7.azuredatabricks.net/',
  BREAKWATER_CONFORMANCE_HTTP_PATH: '/sql/1.0/warehouses/abcdef0123456789',
  BREAKWATER_CONFORMANCE_TOKEN: 'dapi-secret-of-the-test',
  BREAKWATER_CONFORMANCE_CATALOG: 'main',
};

test('the environment names a workspace, or the words say which variable is missing', () => {
  expect(connectionFrom(environment)).toMatchObject({
    kind: 'workspace',
    host: 'adb-1234567890123456.7.azuredatabricks.net',
    port: 443,
  });
  expect(() => connectionFrom({})).toThrow(/BREAKWATER_CONFORMANCE_TOKEN is missing/);
  expect(() => connectionFrom({})).toThrow(new RegExp(Object.keys(variables).join('[^]*')));
  expect(() => connectionFrom({ ...environment, BREAKWATER_CONFORMANCE_HOST: '127.0.0.1' })).toThrow(/IP address/);
});

/** The practice lakehouse in place of a workspace; it has no DROP SCHEMA, so that one is written down. */
const inPlaceOf = (practice: Practice, dropped: string[], token: string): Workspace => {
  const real = practiceWorkspace(practice, { token });
  return {
    ...real,
    warehouse: {
      ...real.warehouse,
      query: (statement, options) => {
        const schema = /^DROP SCHEMA IF EXISTS (\S+) CASCADE$/.exec(statement.text)?.[1];
        if (schema === undefined) return real.warehouse.query(statement, options);
        dropped.push(schema.replaceAll('`', ''));
        return Promise.resolve(ok({ columns: [], rows: [] }));
      },
    },
  };
};

test('a run fills schemas of its own, writes a report without secrets, and drops every schema that it made', async () => {
  const practice = await startPractice({ fault: 'none' });
  const folder = mkdtempSync(join(tmpdir(), 'bw-report-'));
  const dropped: string[] = [];
  const connection = connectionFrom(environment);
  const stage = workspaceStage({
    connection,
    catalog: practice.catalog,
    wishes: { ...noWishes, other: { ...connection, name: 'second' } },
    open: ({ name }) => inPlaceOf(practice, dropped, name === 'second' ? practice.tokenOf('bob') : practice.token),
  });
  try {
    await prepare(stage, `CREATE SCHEMA ${stage.catalog}.${stage.schema}`);
    // All that a practice lakehouse can be asked for in place of a workspace; what goes to the named host by itself is not.
    const wanted =
      /^(?:live|load|rights|grants|open|limits\.from|share\.hostile)\b|^(?:values\.zero-rows|delta\.counts)$/;
    const elsewhere = ['live.killed-client', 'live.reply-lost'];
    const outcomes: Outcome[] = [];
    for (const check of allChecks.filter(({ id }) => wanted.test(id) && !elsewhere.includes(id)))
      outcomes.push(await runCheck(check, stage, [], () => performance.now()));
    // Only here there is a SET that takes everything.
    expect(outcomes.filter((one) => one.state === 'failed').map((one) => one.id)).toEqual(['live.idempotent-writes']);
    const unseen = outcomes.filter((one) => one.state === 'not observed').map((one) => one.id);
    expect(unseen).toEqual([
      'live.parameter-in-history',
      'live.cold-start',
      'live.pruning',
      'rights.select-alone',
      'grants.sources',
      'live.files-api',
      'open.pipeline-events',
      'open.own-statements',
      'open.metric-layouts',
      'open.price',
    ]);
    const path = await writeReport(stage, outcomes, folder);
    const text = readFileSync(path, 'utf8');
    const told = outcomes.filter((one) => one.state === 'told');
    const passed = outcomes.length - unseen.length - told.length - 1;
    expect(told.length).toBeGreaterThan(5);
    expect(JSON.parse(text)).toMatchObject({ cloud: 'azure', passed, failed: 1, told: told.length });
    expect(text).not.toMatch(/dapi-|adb-123|@practice/);
  } finally {
    await stage.close();
    await practice.close();
    rmSync(folder, { recursive: true });
  }
  expect(dropped).toContain(`${stage.catalog}.${stage.schema}`);
  expect(dropped.length).toBeGreaterThan(4);
  expect(dropped.filter((name) => name.includes('--'))).toHaveLength(2);
  expect(dropped.every((name) => name.startsWith(`${stage.catalog}.breakwater_conformance_`))).toBe(true);
}, 180_000);
