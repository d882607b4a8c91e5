// Which profiles there are, in a catalog where tables of one name lie in several schemas: each once, and the likeliest is watched.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Statement } from '../../main/databricks/port.ts';
import { driftCollector } from '../../main/lake/collectors/drift.ts';
import { findMonitors } from '../../main/lake/collectors/monitors.ts';
import { collectContext } from '../support/collect.ts';
import { openPracticeLake, type PracticeLake } from '../support/practice-lake.ts';

let at: PracticeLake;
beforeAll(async () => {
  at = await openPracticeLake({ seed: 5, fault: 'two' });
}, 120_000);
afterAll(() => at.close());

it('is one row a profile, and the estimate knows them', { timeout: 120_000 }, async () => {
  const { catalog } = at.practice;
  const run = async (text: string): Promise<void> => {
    const done = await at.workspace.warehouse.query({ name: 'test.prepare', text, effect: 'write' });
    expect(done.ok ? null : done.error).toBeNull();
  };
  for (const schema of ['seen_a', 'seen_b', 'seen_c', 'results']) {
    await run(`CREATE SCHEMA ${catalog}.${schema}`);
    if (schema !== 'results') await run(`CREATE TABLE ${catalog}.${schema}.visits (id BIGINT)`);
  }
  for (const schema of ['seen_b', 'results'])
    await run(`CREATE TABLE ${catalog}.${schema}.visits_drift_metrics (id BIGINT)`);
  let rows = 0;
  const { warehouse } = at.workspace;
  const query: typeof warehouse.query = async (statement: Statement, options) => {
    const found = await warehouse.query(statement, options);
    if (statement.name === 'lake.drift-tables' && found.ok) rows += found.value.rows.length;
    return found;
  };
  const { store, lake: _ } = at.device([]);
  const context = collectContext({ ...at.workspace, warehouse: { ...warehouse, query } }, store.read, [`table|${at.metastore}|${catalog}.seen_b.visits`], { workspaceId: at.ws, metastoreId: at.metastore }); // prettier-ignore
  const found = await findMonitors({ ...context, lane: 'watch' }, 'drift');
  if (!found.ok) throw new Error(found.error.what);
  const ours = found.value.wanted.filter(({ watched }) => watched.table === 'visits');
  expect(ours.map(({ results, watched }) => [results.schema, watched.schema]).toSorted()).toEqual([
    ['results', 'seen_a'],
    ['seen_b', 'seen_b'],
  ]);
  expect(rows).toBe(found.value.listed);
  rows = 0;
  const estimate = await driftCollector.estimate?.(context);
  expect(estimate?.ok === true && estimate.value.rows).toBe(rows);
});
