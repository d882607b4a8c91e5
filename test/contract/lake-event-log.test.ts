import { afterAll, beforeAll, expect, it } from 'vitest';
import { ok } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { Workspace } from '../../main/databricks/port.ts';
import { putFact } from '../support/facts.ts';
import { openPracticeLake, type PracticeLake } from '../support/practice-lake.ts';
import { addRows, at } from '../support/system-rows.ts';

/** The event log of single pipelines, for an owner who may not read the table of all pipelines. */
const hour = 3_600_000;
const now = Date.now();
const [mine, theirs] = ['0f2c5c1e-7a52-4a6e-9d58-2f0c6a1b9e11', '0f2c5c1e-7a52-4a6e-9d58-2f0c6a1b9e22'];
let world: PracticeLake;
let ws = '';
beforeAll(async () => {
  world = await openPracticeLake({ seed: 1, fault: 'none' });
  ({ ws } = world);
  const { workspace } = world;
  const event = (pipeline: string, id: string, type: string, more: object) => ({
    workspace_id: ws, pipeline_id: pipeline, update_id: 'u1', pipeline_event_id: id, event_type: type, event_time: at(now - 3 * hour), level: 'INFO', message: 'm',
    origin: { update_id: 'u1' }, ...more,
  }); // prettier-ignore
  const counts = { flow_progress: { data_quality: { expectations: [{ name: 'valid id', dataset: 'main.gold.sales', passed_records: 60, failed_records: 40 }] } } }; // prettier-ignore
  await addRows(workspace, 'lakeflow_pipeline_events_preview.pipeline_events', [
    event(mine, '1', 'flow_progress', { details: counts }),
    event(mine, '2', 'update_progress', { level: 'ERROR', message: 'Update u1 is FAILED.', error: { fatal: true, exceptions: [{ message: 'column qty is gone' }] } }),
    event(theirs, '3', 'flow_progress', { details: counts, update_id: 'u2' }),
  ]); // prettier-ignore
}, 240_000);
afterAll(() => world.close());

it('gives expectations and error texts to the owner, under the ids that the table of all pipelines has', async () => {
  const sources = [
    'system.lakeflow_pipeline_events_preview.pipeline_events',
    'rest.pipelines.events',
    'pipelines.event-log',
  ];
  const { workspace, practice } = world;
  const asked: string[] = [];
  const watched: Workspace = {
    ...workspace,
    warehouse: {
      ...workspace.warehouse,
      query: (statement, options) => {
        if (statement.name.startsWith('lake.event-log')) asked.push(statement.text);
        return workspace.warehouse.query(statement, options);
      },
    },
  };
  let passed = 0;
  const clock = { now: () => Date.now() + passed };
  const { lake, store } = world.device(sources, { clock, through: watched });
  store.transaction<null>((db) => {
    putFact(db, { id: `pipeline-update|${ws}|u1`, kind: 'pipeline-update', source: 's', workspace: ws, region: null, happened: new Date(now - 3 * hour).toISOString(), observed: new Date(now).toISOString(),
      complete_to: null, assets: `["pipeline|${ws}|${mine}"]`, title: '', data: '{"result":"failed","message":null,"update":"u1"}' }, [`pipeline|${ws}|${mine}`]); // prettier-ignore
    return ok(null);
  });
  const scope = [mine, theirs, "x' OR '1'='1"].map((id) => `pipeline|${ws}|${id}` as AssetId);
  const facts = () => lake.facts(store.read, { kinds: ['expectation'], limit: 50 }).rows;
  await practice.control({
    rights: {
      tables: [],
      jobs: [],
      systemTables: true,
      schemasOff: ['lakeflow_pipeline_events_preview'],
      pipelines: [mine],
    },
  });
  expect((await lake.refresh({ assets: scope })).ok).toBe(true);
  expect(facts().map((one) => [one.title, one.source, one.assets[0]])).toEqual([
    [
      'Expectation valid id on sales failed for 40 of 100 records (40.00 %)',
      'pipelines.event-log',
      `pipeline|${ws}|${mine}`,
    ],
  ]);
  const update = lake.facts(store.read, { kinds: ['pipeline-update'], limit: 5 }).rows[0];
  expect(update?.data['message']).toBe('column qty is gone');
  const state = () => lake.sourceStates(store.read).find((one) => one.source === 'pipelines.event-log');
  expect(state()).toMatchObject({
    state: 'fresh', completeTo: null, note: `No event log that this user may read: pipeline ${theirs}, pipeline x' OR '1'='1.`,
  }); // prettier-ignore
  // What is no UUID never came into a statement; and for a while nothing more is asked.
  expect(asked).toHaveLength(3);
  expect(asked.join()).not.toContain("'1'='1");
  await lake.refresh({ assets: scope });
  expect(asked).toHaveLength(3);
  expect(state()?.note).toContain(theirs);

  // With the table of all pipelines the same results come from there, and nobody asks for single logs.
  await practice.control({ release: true });
  passed = hour;
  await lake.refresh({ assets: scope });
  // The same result under the same id is no news: who told it first stays its source.
  expect(facts().map((one) => [one.assets[0], one.source]).toSorted()).toEqual([
    [`pipeline|${ws}|${mine}`, 'pipelines.event-log'],
    [`pipeline|${ws}|${theirs}`, 'system.lakeflow_pipeline_events_preview.pipeline_events'],
  ]); // prettier-ignore
  expect(asked).toHaveLength(3);
}, 120_000);
