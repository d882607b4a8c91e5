import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endings, openDevice, type Device } from '../support/fault-rig.ts';
import { isBeyondUs, moments, nameOf, openStage, steps, type Stage } from '../support/fault-stage.ts';
import { contentOf, contradictions, differences, joined } from '../support/fault-truth.ts';
import { mishapFaults, passingFaults } from '../support/faults.ts';
import type { Fault } from '../support/faulty-workspace.ts';

/** Faults after each other, and what happens to tables for good. */
let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 300_000);
afterAll(() => stage.world.close());

describe('the world in which it happens', () => {
  it('has something to read for every source', () => {
    expect(stage.silent).toEqual([]);
    expect(stage.truth.facts.size).toBeGreaterThan(500);
  });
});

/** What happens to which source: as a failing case prints it, so that it can be told again below. */
type Told = {
  readonly step: string;
  readonly fault: string;
  readonly moment: (typeof moments)[number];
  readonly ending: (typeof endings)[number];
  readonly restarts: boolean;
};
/** Stories that once left something behind. A failing case is added here as it is printed. */
const found: readonly (readonly Told[])[] = [
  // Names of pipelines came after what was said of them.
  [
    { step: 'watch system.lakeflow.pipelines', fault: 'offline', moment: 'idle', ending: 'full', restarts: false },
    {
      step: 'watch system.lakeflow_pipeline_events_preview.pipeline_events',
      fault: 'slow answers',
      moment: 'idle',
      ending: 'full',
      restarts: true,
    },
  ],
];

describe('one after the other', () => {
  const told: fc.Arbitrary<Told> = fc.record({
    step: fc.constantFrom(...steps.map(nameOf)),
    fault: fc.constantFrom(...passingFaults.flatMap((fault) => (isBeyondUs(fault) ? [] : [fault.name]))),
    moment: fc.constantFrom(...moments),
    ending: fc.constantFrom(...endings),
    restarts: fc.boolean(),
  });
  const tell = async (device: Device, { step: at, fault: name, moment, ending, restarts }: Told): Promise<void> => {
    const [step, fault] = [steps.find((one) => nameOf(one) === at), passingFaults.find((one) => one.name === name)];
    if (step === undefined || fault === undefined) throw new Error(`${at}, ${name}`);
    await stage.disturb(device, step, fault, moment, ending);
    if (restarts) device.restart();
  };
  it('any faults at any sources in any order leave the truth behind them', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(told, { minLength: 4, maxLength: 30 }), async (story) => {
        const { world, truth, poor, recover } = stage;
        const device = openDevice(world);
        try {
          for (const one of story) await tell(device, one);
          expect(contradictions(contentOf(device), truth, poor).slice(0, 3)).toEqual([]);
          await recover(device);
          expect(differences(contentOf(device), truth, poor).slice(0, 3)).toEqual([]);
        } finally {
          world.faulty.trouble(null);
          device.close();
        }
      }),
      // Time enough is left to say which story it was.
      {
        seed: 20_261_124,
        numRuns: 10,
        examples: found.map((story) => [[...story]]),
        interruptAfterTimeLimit: 240_000,
        markInterruptAsFailure: true,
      },
    );
  });
});

/** These change the world, so they come last. */
describe('what an administrator does to tables that are read', () => {
  const cases = moments.flatMap((moment) =>
    mishapFaults.map((mishap) => ({ name: `${mishap}, ${moment}`, mishap, moment })),
  );
  it.each(cases)('$name', { timeout: 120_000 }, async ({ mishap, moment }) => {
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
