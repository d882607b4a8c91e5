import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endings, openDevice } from '../support/fault-rig.ts';
import { moments, openStage, steps, type Stage } from '../support/fault-stage.ts';
import { contentOf, contradictions, differences, joined } from '../support/fault-truth.ts';
import { faultsOf, mishapFaults } from '../support/faults.ts';
import type { Fault } from '../support/faulty-workspace.ts';

/**
 * What is in an answer, and who may have it: every such fault at every source, idle, mid-page and mid-write. Then what happens to
 * tables for good.
 */
let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 600_000);
afterAll(() => stage.world.close());

describe.each(moments)('%s', (moment) => {
  it.each(faultsOf('answers').map((fault, place) => ({ name: fault.name, fault, place })))(
    '$name',
    { timeout: 240_000 },
    ({ fault, place }) => stage.survives(fault, moment, place),
  );
});

/** These change the world, so they come last. */
describe('what an administrator does to tables that are read', () => {
  const cases = moments.flatMap((moment) =>
    mishapFaults.map((mishap) => ({ name: `${mishap}, ${moment}`, mishap, moment })),
  );
  it.each(cases)('$name', { timeout: 240_000 }, async ({ mishap, moment }) => {
    const { world, truth, poor, all, recover, disturb } = stage;
    const device = openDevice(world);
    const fresh = openDevice(world);
    const [table = ''] = world.tables;
    const fault: Fault = { name: `${mishap} ${moment}`, press: { [mishap]: table } };
    try {
      const earlier = openDevice(world);
      await all(earlier);
      const before = contentOf(earlier);
      earlier.close();
      if (moment === 'idle') {
        await all(device);
        expect(await world.practice.control({ [mishap]: table })).toMatchObject({ hit: [table] });
      } else
        for (const [i, step] of steps.entries())
          await disturb(device, step, fault, moment, endings[i % endings.length] ?? 'full');
      world.faulty.trouble(null);
      world.faulty.forget(/`system`|^rest /);
      await recover(device);
      await recover(fresh);
      const [held, now] = [contentOf(device), contentOf(fresh)];
      // Nothing is held that was not true before or is true now, and nothing is missing of what is true now.
      expect(contradictions(held, before, now, truth, poor).slice(0, 3)).toEqual([]);
      // What columns a table had is held from when they were first seen.
      const isSchema = (id: string): boolean => /^schema\|.*@\d+/.test(id);
      expect([...now.facts.keys()].filter((id) => !held.facts.has(id) && !isSchema(id)).slice(0, 3)).toEqual([]);
      if (moment === 'idle')
        expect([...before.facts.keys()].filter((id) => !held.facts.has(id)).slice(0, 3)).toEqual([]);
      expect(
        differences(held, joined(now, held), before)
          .filter((one) => !isSchema(one))
          .slice(0, 3),
      ).toEqual([]);
    } finally {
      world.faulty.trouble(null);
      device.close();
      fresh.close();
    }
  });
});
