import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '../../main/store/port.ts';
import type { Collected, Collector } from '../../main/lake/collector.ts';
import {
  catalogAccessCollector,
  schemaAccessCollector,
  tableAccessCollector,
} from '../../main/lake/collectors/access.ts';
import { auditCollector } from '../../main/lake/collectors/audit.ts';
import {
  columnMasksCollector, columnsCollector, columnTagsCollector, rowFiltersCollector, tablesCollector, tableTagsCollector, viewsCollector,
} from '../../main/lake/collectors/catalog.ts'; // prettier-ignore
import { columnLineageCollector } from '../../main/lake/collectors/column-lineage.ts';
import { jobsCollector, jobTasksCollector } from '../../main/lake/collectors/jobs.ts';
import { lineageCollector } from '../../main/lake/collectors/lineage.ts';
import { servedEntitiesCollector } from '../../main/lake/collectors/served-entities.ts';
import { assetParts } from '../../shared/domain/ids.ts';
import { instantAt } from '../support/collect.ts';
import { collectContext } from '../support/collect.ts';
import { openPracticeLake, type PracticeLake } from '../support/practice-lake.ts';

/** Every source around a room, through the unmodified driver against the practice engine: the statements are real ones. */
let world: PracticeLake;
let store: Store;
let scope: readonly string[];

const contextOf = (assets: readonly string[]) =>
  collectContext(world.workspace, store.read, assets, {
    workspaceId: world.ws, metastoreId: world.metastore, clock: { now: () => Date.now() }, horizon: instantAt(Date.now() - 14 * 86_400_000), observedAt: instantAt(Date.now()),
  }); // prettier-ignore
const read = async (collector: Collector, assets = scope): Promise<Collected> => {
  const context = contextOf(assets);
  const estimate = await collector.estimate?.(context);
  if (estimate !== undefined && !estimate.ok) throw new Error(`${collector.source}: ${estimate.error.what}`);
  const found = await collector.collect(context);
  if (!found.ok) throw new Error(`${collector.source}: ${found.error.what}`);
  return found.value;
};

beforeAll(async () => {
  world = await openPracticeLake({ seed: 1, fault: 'line' });
  store = world.store();
  const all = await lineageCollector.collect({ ...contextOf([]), lane: 'watch' });
  if (!all.ok) throw new Error(all.error.what);
  const edges = all.value.edges ?? [];
  const tables = edges.flatMap(({ from, to }) => [from, to]).filter((asset) => assetParts(asset).kind === 'table');
  const jobs = edges.flatMap(({ via }) => (via === null ? [] : [via]));
  scope = [...new Set([...tables.slice(0, 12), ...jobs.slice(0, 6)])];
}, 120_000);
afterAll(() => world.close());

it('lineage around a room is a part of all lineage, and columns belong to its tables', async () => {
  const tables = new Set(scope);
  const edges = (await read(lineageCollector)).edges ?? [];
  expect(edges.length).toBeGreaterThan(0);
  expect(
    edges.every(
      ({ from, to }) =>
        tables.has(from) || tables.has(to) || assetParts(from).kind === 'job' || assetParts(to).kind === 'job',
    ),
  ).toBe(true);
  const columns = (await read(columnLineageCollector)).edges ?? [];
  expect(columns.every(({ from, to }) => from.startsWith('column|') && to.startsWith('column|'))).toBe(true);
}, 120_000);

it('how tables are: one fact per table and view of information_schema', async () => {
  const tables = scope.filter((asset) => asset.startsWith('table|')).length;
  for (const collector of [
    columnsCollector, tablesCollector, viewsCollector, rowFiltersCollector, columnMasksCollector, tableTagsCollector, columnTagsCollector,
    tableAccessCollector, schemaAccessCollector, catalogAccessCollector,
  ]) {
    const found = await read(collector);
    expect(found.facts?.length, collector.source).toBe(tables);
    expect(found.note, collector.source).toBeNull();
  } // prettier-ignore
  const columns = (await read(columnsCollector)).facts ?? [];
  expect(columns.every(({ fact }) => Array.isArray(fact.data['items']) && fact.data['items'].length > 0)).toBe(true);
}, 120_000);

it('definitions, rights and served versions can be asked for', async () => {
  const jobs = (await read(jobsCollector)).facts ?? [];
  expect(jobs.some(({ fact }) => fact.kind === 'settings')).toBe(true);
  const tasks = (await read(jobTasksCollector)).facts ?? [];
  expect(tasks.some(({ fact }) => Array.isArray(fact.data['dependsOn']))).toBe(true);
  await read(auditCollector);
  await read(servedEntitiesCollector, [`model|${world.metastore}|a.b.c`]);
}, 120_000);
