import { afterEach, describe, expect, it } from 'vitest';
import { err, ok } from '../../shared/base/result.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import { eventLogCollector } from '../../main/lake/collectors/event-log.ts';
import { expectationsSource } from '../../main/lake/collectors/expectations.ts';
import { putSource } from '../../main/store/lake.ts';
import { collectContext, collectNow, fakeWorkspace, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const pipeline = '0f2c5c1e-7a52-4a6e-9d58-2f0c6a1b9e11';
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** What is asked of the logs of a pipeline with this spec, where only texts with `answers` answer. */
const collect = async (spec: object, answers: string) => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  store.transaction<null>((db) => {
    putSource(db, { source: expectationsSource, workspace: '7', region: null, cursor: null, complete_to: null, observed: null, state: 'denied', missing: '[]', note: null }); // prettier-ignore
    return ok(null);
  });
  const row = { id: 'u1', dataset: 'main.gold.sales', name: 'valid id', passed: '60', failed: '40', newest: micros(collectNow - 3_600_000) }; // prettier-ignore
  const { workspace, asked } = fakeWorkspace({
    rest: () => ok({ spec }),
    sql: ({ text }) => (text.includes(answers) ? rowPage([row]) : err(databricksFailure('StatementFailed'))),
  });
  const found = await eventLogCollector.collect(collectContext(workspace, store.read, [`pipeline|7|${pipeline}`]));
  if (!found.ok) throw new Error(found.error.what);
  return {
    from: asked.map(({ text }) => /FROM (\S+) WHERE/.exec(text)?.[1]),
    titles: found.value.facts?.map(({ fact }) => fact.title),
    note: found.value.note,
  };
};
const told = ['Expectation valid id on sales failed for 40 of 100 records (40.00 %)'];

describe('the log of a pipeline', () => {
  const hidden = '`main`.`gold`.`event_log_0f2c5c1e_7a52_4a6e_9d58_2f0c6a1b9e11`';
  const byFunction = `event_log('${pipeline}')`;
  const own = { catalog: 'main', schema: 'gold' };

  it('that is published is asked alone', async () => {
    const spec = { ...own, event_log: { name: 'my_log' } };
    expect(await collect(spec, 'my_log')).toEqual({ from: ['`main`.`gold`.`my_log`'], titles: told, note: null });
    expect((await collect(spec, byFunction)).from).toEqual(['`main`.`gold`.`my_log`']);
  });

  it('that is not is asked by the function, and where that answers nothing by the hidden table', async () => {
    expect(await collect(own, byFunction)).toEqual({ from: [byFunction], titles: told, note: null });
    expect(await collect(own, hidden)).toEqual({ from: [byFunction, hidden], titles: told, note: null });
    const closed = await collect(own, 'nothing');
    expect(closed.from).toEqual([byFunction, hidden]);
    expect(closed.note).toBe(`No event log that this user may read: pipeline ${pipeline}.`);
  });

  it('of a pipeline in the older publishing mode has no table of its own', async () => {
    expect((await collect({ catalog: 'main', target: 'gold' }, 'nothing')).from).toEqual([byFunction]);
  });
});
