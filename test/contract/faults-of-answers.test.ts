import { afterAll, beforeAll, describe, it } from 'vitest';
import { moments, openStage, type Stage } from '../support/fault-stage.ts';
import { faultsOf } from '../support/faults.ts';

/** What is in an answer, and who may have it: every such fault at every source, idle, mid-page and mid-write. */
let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 300_000);
afterAll(() => stage.world.close());

describe.each(moments)('%s', (moment) => {
  it.each(faultsOf('answers').map((fault, place) => ({ name: fault.name, fault, place })))(
    '$name',
    { timeout: 120_000 },
    ({ fault, place }) => stage.survives(fault, moment, place),
  );
});
