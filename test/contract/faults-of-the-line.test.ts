import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endings, openDevice, type Device } from '../support/fault-rig.ts';
import { isBeyondUs, moments, nameOf, openStage, steps, type Stage } from '../support/fault-stage.ts';
import { contentOf, contradictions, differences, joined } from '../support/fault-truth.ts';
import { faultsOf, passingFaults } from '../support/faults.ts';

/**
 * What becomes of a request on its way: every such fault at every source, idle, mid-page and mid-write. Then any faults in a row, and
 * a clock that jumps.
 */
let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 600_000);
afterAll(() => stage.world.close());

describe('the world in which it happens', () => {
  it('has something to read for every source', () => {
    expect(stage.silent).toEqual([]);
    expect(stage.truth.facts.size).toBeGreaterThan(500);
  });
});

describe.each(moments)('%s', (moment) => {
  it.each(faultsOf('line').map((fault, place) => ({ name: fault.name, fault, place })))(
    '$name',
    { timeout: 240_000 },
    ({ fault, place }) => stage.survives(fault, moment, place),
  );
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
  it('any faults at any sources in any order leave the truth behind them', { timeout: 420_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(told, { minLength: 4, maxLength: 20 }), async (story) => {
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
        numRuns: 8,
        examples: found.map((story) => [[...story]]),
        interruptAfterTimeLimit: 240_000,
        markInterruptAsFailure: true,
      },
    );
  });
});

describe('when the clock of this machine jumps', () => {
  const day = 86_400_000;
  const jumps = [
    { name: 'two days back', ms: -2 * day },
    { name: '400 days forward', ms: 400 * day },
  ];
  const cases = jumps.flatMap((jump) => (['idle', 'mid-page', 'mid-write'] as const).map((moment) => ({ ...jump, moment }))); // prettier-ignore
  it.each(cases)('$name, $moment, and stands right later', { timeout: 240_000 }, async ({ ms, moment }) => {
    const { world, truth, poor, recover, jumped } = stage;
    const [device, earlier] = [openDevice(world), openDevice(world)];
    try {
      // Where the clock is behind, the window begins earlier: what lies there is true as well.
      if (ms < 0) {
        earlier.jump(ms);
        await stage.all(earlier);
      }
      const otherwise = joined(poor, contentOf(earlier));
      if (moment === 'idle') await stage.all(device);
      for (const step of steps) await jumped(device, step, ms, moment);
      expect(contradictions(contentOf(device), truth, poor, contentOf(earlier)).slice(0, 3)).toEqual([]);
      await recover(device);
      expect(differences(contentOf(device), truth, otherwise).slice(0, 3)).toEqual([]);
    } finally {
      world.faulty.trouble(null);
      device.close();
      earlier.close();
    }
  });
});
