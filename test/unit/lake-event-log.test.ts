import { afterEach, describe, expect, it } from 'vitest';
import { err, ok } from '../../shared/base/result.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import { eventLogCollector } from '../../main/lake/collectors/event-log.ts';
import { expectationsSource } from '../../main/lake/collectors/expectations.ts';
import { putSource } from '../../main/store/lake.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { putFact } from '../support/facts.ts';
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

  it('that is published without some of its columns is read by the others, and says what it cannot tell', async () => {
    const all = ['id', 'origin', 'timestamp', 'message', 'level', 'error', 'details', 'event_type'];
    const update = { update: 'u1', result: 'failed', resultAt: instantAt(collectNow - 3_600_000), message: null };
    const read = async (hidden: string) => {
      const { store, close } = temporaryStore(() => collectNow);
      cleanups.push(close);
      const assets = [`pipeline|7|${pipeline}`];
      store.transaction<null>((db) => {
        putSource(db, { source: expectationsSource, workspace: '7', region: null, cursor: null, complete_to: null, observed: null, state: 'denied', missing: '[]', note: null }); // prettier-ignore
        putFact(db, { id: 'pipeline-update|7|u1', kind: 'pipeline-update', source: 's', workspace: '7', region: null, happened: instantAt(collectNow - 3_600_000), observed: instantAt(collectNow), complete_to: null, assets: JSON.stringify(assets), title: '', data: JSON.stringify(update) }, assets); // prettier-ignore
        return ok(null);
      });
      const { workspace } = fakeWorkspace({
        columns: all.filter((name) => name !== hidden),
        rest: () => ok({ spec: { ...own, event_log: { name: 'my_log' } } }),
        sql: ({ name, text }) => {
          if (new RegExp(`(?<![.\\w'$])${hidden}(?![\\w'])`).test(text.replaceAll('`', '').replaceAll(/ AS \w+/g, '')))
            return err(databricksFailure('StatementFailed', { code: 'UNRESOLVED_COLUMN.WITH_SUGGESTION' }));
          return name === 'lake.event-log.messages'
            ? rowPage([{ id: 'u1', message: 'Update failed.', error: 'Column gone.' }])
            : rowPage([{ id: 'u1', dataset: 'main.gold.sales', name: 'valid id', passed: '60', failed: '40', newest: micros(collectNow - 3_600_000) }]); // prettier-ignore
        },
      });
      const found = await eventLogCollector.collect(collectContext(workspace, store.read, assets));
      if (!found.ok) throw new Error(found.error.what);
      const { facts = [], missingColumns, note } = found.value;
      return { kinds: facts.map(({ fact }) => fact.kind), missingColumns, note };
    };
    const both = ['expectation', 'pipeline-update'];
    expect(await read('event_type')).toEqual({ kinds: both, missingColumns: ['event_type'], note: null });
    for (const hidden of ['message', 'level', 'error'])
      expect(await read(hidden)).toEqual({
        kinds: both, missingColumns: [hidden], note: `Without ${hidden}, an event log does not tell all of why updates failed.`,
      }); // prettier-ignore
    expect(await read('details')).toEqual({
      kinds: ['pipeline-update'], missingColumns: ['details'], note: 'Without details, an event log does not tell how expectations went.',
    }); // prettier-ignore
    expect((await read('origin')).kinds).toEqual([]);
    expect((await read('origin')).note).toContain('Without origin, an event log does not tell how expectations went.');
  });
});
