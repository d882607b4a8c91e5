import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCheck } from './check.ts';
import { differences } from './differences.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stages.ts';
import { checksFor } from './suite.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage('practice');
}, 120_000);
afterAll(() => stage.close());

// The suite against the practice lakehouse; against Spark and a workspace it runs by `npm run conformance`.
for (const check of checksFor({ engine: 'practice' }))
  test(`${check.id}: ${check.about}`, async () => {
    const outcome = await runCheck(check, stage, differences, () => performance.now());
    expect(outcome.passed ? '' : outcome.text).toBe('');
  }, 120_000);

test('every listed difference belongs to a check', () => {
  const known = new Set(checksFor({ engine: 'practice' }).map((one) => one.id));
  expect(differences.filter((one) => one.engine === 'practice' && !known.has(one.check))).toEqual([]);
});
