import { afterEach, describe, expect, it } from 'vitest';
import { err, ok } from '../../shared/base/result.ts';
import type { JsonObject } from '../../shared/base/json.ts';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { TextRow } from '../../main/databricks/port.ts';
import { jobsCollector, jobTasksCollector } from '../../main/lake/collectors/jobs.ts';
import { repairsCollector } from '../../main/lake/collectors/repairs.ts';
import { rowOf } from '../../main/lake/fact-rows.ts';
import { putFact } from '../support/facts.ts';
import {
  collectContext,
  collectNow,
  fakeWorkspace,
  instantAt,
  micros,
  rowPage,
  type FakeAnswers,
} from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const store = () => {
  const made = temporaryStore(() => collectNow);
  cleanups.push(made.close);
  return made.store;
};
const day = 86_400_000;
const columns = [
  'workspace_id', 'job_id', 'name', 'change_time', 'delete_time', 'create_time', 'run_as_user_name', 'trigger_type', 'trigger', 'paused', 'task_key', 'depends_on_keys',
]; // prettier-ignore
const job = (ago: number, over: Partial<TextRow> = {}): TextRow => ({
  ws: '7', job: '9', label: 'nightly', changed: micros(collectNow - ago * day), deleted: null, created: micros(collectNow - 40 * day), creator: null,
  runs_as: 'etl', trigger_kind: 'CRON', trigger_spec: '{"schedule":{"quartz_cron_expression":"0 0 2 * * ?"}}', is_paused: 'false', timeout: null, health: null, labels: null, ...over,
}); // prettier-ignore
const collect = async (answers: FakeAnswers, which = jobsCollector, lake = store()) => {
  const found = await which.collect(
    collectContext(fakeWorkspace({ columns, ...answers }).workspace, lake.read, ['job|7|9']),
  );
  if (!found.ok) throw new Error(found.error.what);
  return (found.value.facts ?? []).map(({ fact }) => fact);
};
const titles = (facts: Awaited<ReturnType<typeof collect>>, kind = 'definition-change') =>
  facts.filter((fact) => fact.kind === kind).map((fact) => fact.title);

describe('definitions of jobs', () => {
  it('tell what changed, in whatever order the versions come, and only within the window', async () => {
    const rows = [job(1, { is_paused: 'true' }), job(40), job(3, { runs_as: 'root' })];
    const facts = await collect({ sql: () => rowPage(rows) });
    expect(titles(facts)).toEqual([
      'Job nightly changed: run as etl → root',
      'Job nightly changed: run as root → etl; paused false → true',
    ]);
    expect(facts.find((fact) => fact.kind === 'settings')?.data).toMatchObject({ paused: 'true', deleted: null });
  });

  it('the newest row counts first, and only then its deletion', async () => {
    const facts = await collect({ sql: () => rowPage([job(2), job(1, { deleted: micros(collectNow - day) })]) });
    expect(titles(facts)).toEqual(['Job nightly was deleted']);
    expect(titles(facts, 'settings')).toEqual(['Job nightly, deleted']);
  });

  it('a job of yesterday was created; an old one that is only seen now was not', async () => {
    expect(titles(await collect({ sql: () => rowPage([job(1, { created: micros(collectNow - day) })]) }))).toEqual([
      'Job nightly was created',
    ]);
    expect(titles(await collect({ sql: () => rowPage([job(1)]) }))).toEqual([]);
  });

  it('a later pull compares with what the cache holds', async () => {
    const lake = store();
    const first = await collect({ sql: () => rowPage([job(5)]) }, jobsCollector, lake);
    lake.transaction((db) => {
      for (const fact of first) putFact(db, rowOf(fact), fact.assets);
      return ok(null);
    });
    const later = await collect(
      { sql: () => rowPage([job(1, { trigger_kind: 'FILE_ARRIVAL' })]) },
      jobsCollector,
      lake,
    );
    expect(titles(later)).toEqual(['Job nightly changed: trigger type CRON → FILE_ARRIVAL']);
  });

  it('tasks keep which of them wait for which', async () => {
    const task = (ago: number, needs: string): TextRow => ({
      ws: '7', job: '9', task: 'load', changed: micros(collectNow - ago * day), deleted: null, needs, timeout: null,
    }); // prettier-ignore
    const facts = await collect({ sql: () => rowPage([task(9, '["a"]'), task(1, '["a","b"]')]) }, jobTasksCollector);
    expect(titles(facts)).toEqual(['Task load of job 9 changed: depends on ["a"] → ["a","b"]']);
    expect(facts.at(-1)).toMatchObject({
      kind: 'settings',
      assets: ['task|7|9/load', 'job|7|9'],
      data: { dependsOn: ['a', 'b'] },
    });
  });
});

describe('repairs', () => {
  const run = (id: string, data: JsonObject, n: number) => ({
    id: `run|7|${id}|${n}` as FactId, kind: 'run' as const, source: 's', workspace: '7', happenedAt: instantAt(collectNow - n * 1000), observedAt: instantAt(collectNow),
    completeTo: null, assets: ['job|7|9' as AssetId], title: 't', data: { run: id, job: '9', task: null, resultAt: instantAt(collectNow - n * 1000), ...data },
  }); // prettier-ignore
  const history = {
    repair_history: [
      { id: 1, type: 'ORIGINAL', start_time: collectNow - 9000 },
      { id: 2, type: 'REPAIR', start_time: collectNow - 5000, end_time: collectNow - 1000, state: { result_state: 'SUCCESS' }, task_run_ids: [4, 5] },
      { id: 3, type: 'REPAIR', start_time: collectNow - 900, end_time: collectNow - 800, status: { state: 'TERMINATED', termination_details: { code: 'RUN_EXECUTION_ERROR', type: 'CLIENT_ERROR' } } },
      { id: 4, type: 'REPAIR', start_time: collectNow - 700, status: { state: 'RUNNING' } },
    ],
  }; // prettier-ignore

  it('are read for runs that failed, or in which a task did; once for each result', async () => {
    const lake = store();
    lake.transaction((db) => {
      for (const fact of [
        run('1', { result: 'failed' }, 1),
        run('2', { result: 'succeeded' }, 2),
        run('3', { result: 'succeeded' }, 3),
        run('3', { result: 'failed', task: 'load' }, 4),
      ])
        putFact(db, rowOf(fact), fact.assets);
      return ok(null);
    });
    const { workspace, called } = fakeWorkspace({
      rest: ({ query }) =>
        query?.['run_id'] === '1' ? ok(history) : err(databricksFailure('BadAnswer', { detail: 'gone' })),
    });
    const found = await repairsCollector.collect(collectContext(workspace, lake.read, ['task|7|9/load']));
    if (!found.ok) throw new Error(found.error.what);
    expect(called.map(({ query }) => query?.['run_id'])).toEqual(['1', '3']);
    expect(found.value.facts?.map(({ fact }) => [fact.id, fact.title])).toEqual([
      ['repair|7|1/2', 'Run 1 of job 9 was repaired and succeeded'],
      ['repair|7|1/3', 'Run 1 of job 9 was repaired and failed again'],
      ['repair|7|1/4', 'Run 1 of job 9 was repaired and is running'],
    ]);
    expect(found.value.note).toBe('1 runs could not be read.');
    await repairsCollector.collect(collectContext(workspace, lake.read, ['job|7|9'], { cursor: found.value.cursor }));
    expect(called.map(({ query }) => query?.['run_id'])).toEqual(['1', '3', '3']);
  });
});
