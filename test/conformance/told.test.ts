import { expect, test } from 'vitest';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { Connection, Workspace } from '../../main/databricks/port.ts';
import { staticToken } from '../../main/databricks/token-source.ts';
import { err, ok } from '../../shared/base/result.ts';
import { anyAnswer, notObserved, told } from './answered.ts';
import { runCheck, type Check, type Outcome } from './check.ts';
import { limitChecks } from './checks/limits.ts';
import { openQuestions } from './checks/open-questions.ts';
import { rightChecks } from './checks/rights.ts';
import { makeStage, type Stage } from './stage.ts';
import { noWishes } from './wishes.ts';

const connection: Connection = {
  kind: 'workspace', name: 'first', host: 'nowhere.example', port: 443, httpPath: '/sql/1.0/warehouses/a', auth: staticToken('t'),
}; // prettier-ignore

/** A workspace that answers every question with nothing, or refuses every one. */
const workspaceOf = (user: string, refuses: boolean): Workspace => {
  const refused = err(databricksFailure('Forbidden'));
  return {
    connection,
    warehouse: {
      query: () => Promise.resolve(refuses ? refused : ok({ columns: [], rows: [] })),
      pages: async function* () {
        yield await Promise.resolve(refused);
      },
      close: () => Promise.resolve(),
    },
    rest: { call: () => Promise.resolve(refuses ? refused : ok({})) },
    identity: () => Promise.resolve(ok({ metastoreId: 'm', user, workspaceId: '1' })),
    close: () => Promise.resolve(),
  };
};

/** A workspace in which this user may do nothing at all. */
const refusing = (who: 'first' | 'second'): Stage =>
  makeStage({
    engine: 'workspace', about: 'nothing', catalog: 'main', schema: 's', connection, practice: null,
    wishes: { ...noWishes, other: { ...connection, name: 'second' } },
    open: ({ name }) => workspaceOf(name, name === who),
    end: () => Promise.resolve(),
  }); // prettier-ignore

const run = (check: Check, stage: Stage): Promise<Outcome> => runCheck(check, stage, [], () => 0);
const states = async (checks: readonly Check[], stage: Stage): Promise<readonly string[]> => {
  const all = [];
  for (const check of checks) all.push(`${check.id}: ${(await run(check, stage)).state}`);
  return all;
};
const unseen = (checks: readonly Check[]): readonly string[] => checks.map(({ id }) => `${id}: not observed`);

test('what only tells is told and not passed; a value is passed when it is as expected', async () => {
  const stage = refusing('first');
  const of = async (observe: Check['observe'], expected: Check['expected']): Promise<Outcome['state']> =>
    (await run({ id: 'x', about: 'x', observe, expected }, stage)).state;
  expect(await of(() => Promise.resolve(told({ ms: 3 })), anyAnswer)).toBe('told');
  expect(await of(() => Promise.resolve(told({ ms: 3 }, true)), true)).toBe('passed');
  expect(await of(() => Promise.resolve(told({ ms: 3 }, false)), true)).toBe('failed');
  expect(await of(() => Promise.resolve(told({ ms: 3 })), true)).toBe('failed');
  expect(await of(() => Promise.resolve(notObserved('nothing')), anyAnswer)).toBe('not observed');
});

test('an open question whose every question is refused has observed nothing', async () => {
  expect(await states(openQuestions, refusing('first'))).toEqual(unseen(openQuestions));
});

test('a workspace that refuses all has said nothing of how often it may be asked', async () => {
  const rate = limitChecks.filter(({ id }) => id === 'limits.rate');
  expect(await states(rate, refusing('first'))).toEqual(['limits.rate: not observed']);
});

test('a second user who may not even read has shown nothing of rights', async () => {
  const asking = rightChecks.filter(({ lacking }) => lacking?.workspace === undefined);
  expect(await states(asking, refusing('second'))).toEqual(unseen(asking));
});
