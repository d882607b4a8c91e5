import { afterAll, beforeAll, expect, test } from 'vitest';
import { anyAnswer } from './answered.ts';
import { runCheck } from './check.ts';
import { collectors } from '../../main/lake/sources.ts';
import { differences } from './differences.ts';
import { silentSources } from './silent-sources.ts';
import type { Engine, Stage } from './stage.ts';
import { openStage } from './stages.ts';
import { allChecks } from './suite.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage('practice');
}, 120_000);
afterAll(() => stage.close());

// The suite against the practice lakehouse; against Spark and a workspace it runs by `npm run conformance`.
for (const check of allChecks.filter((one) => one.lacking?.practice === undefined))
  test(`${check.id}: ${check.about}`, async () => {
    const outcome = await runCheck(check, stage, differences, () => performance.now());
    const wanted = check.expected === anyAnswer ? 'told' : 'passed';
    expect([outcome.state, outcome.state === wanted ? '' : outcome.text]).toEqual([wanted, '']);
  }, 300_000);

test('every source that is listed as silent exists', () => {
  expect(silentSources.filter(({ source }) => !collectors.some((one) => one.source === source))).toEqual([]);
});

test('every listed difference belongs to a check that runs there', () => {
  const runs = (id: string, engine: Engine): boolean =>
    allChecks.some((one) => one.id === id && one.lacking?.[engine] === undefined);
  expect(differences.filter((one) => !runs(one.check, one.engine))).toEqual([]);
});
