import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Collector } from '../../main/lake/collector.ts';
import { clusterEventsSource } from '../../main/lake/collectors/cluster-event.ts';
import { collectors } from '../../main/lake/sources.ts';
import {
  contentOf, contradictions, differences, endings, joined, openDevice, openWorld, type Content, type Device, type Ending, type Lane,
  type World,
} from '../support/fault-rig.ts'; // prettier-ignore
import { mishapFaults, passingFaults } from '../support/faults.ts';
import type { Fault } from '../support/faulty-workspace.ts';

/**
 * Every fault of the practice lakehouse × every source × every moment, in the watch and in packing, over the unmodified driver.
 * Under a fault a device holds a part of the truth and says what it lacks; afterwards it holds what a device holds that was
 * never disturbed. A cursor that ran ahead of what is stored would leave a hole.
 */
const lanes: readonly Lane[] = ['watch', 'pack'];
const moments = ['idle', 'mid-page', 'mid-write'] as const;
type Moment = (typeof moments)[number];
type Step = { readonly lane: Lane; readonly collector: Collector };
const inLane = (lane: Lane): readonly Collector[] =>
  lane === 'pack' ? collectors : collectors.filter(({ meta }) => meta.when !== 'pack');
const steps: readonly Step[] = lanes.flatMap((lane) => inLane(lane).map((collector) => ({ lane, collector })));
const nameOf = ({ lane, collector }: Step): string => `${lane} ${collector.source}`;

let world: World;
/** What a device holds that reads everything undisturbed. */
let truth: Content;
/** What one holds that may not read system tables: REST tells other things, of other objects. */
let poor: Content;
/** How many answers each source needs when it begins. */
const needed = new Map<string, number>();
/** How far each source was complete. */
const complete = new Map<string, string | null>();

const all = async (device: Device): Promise<void> => {
  for (const step of steps) expect((await device.run(step.lane, step.collector)).failed, nameOf(step)).toBe(false);
};
const seldom: readonly string[] = [
  'system.billing.usage',
  'system.lakeflow_pipeline_events_preview.pipeline_events',
  clusterEventsSource,
];
/** The program starts anew and reads all; what is read, or asked again, only every few hours, some hours later once more. */
const recover = async (device: Device): Promise<void> => {
  device.restart();
  await all(device);
  device.restart(4 * 3_600_000);
  for (const { lane, collector } of steps) if (seldom.includes(collector.source)) await device.run(lane, collector);
};

beforeAll(async () => {
  world = await openWorld();
  const device = openDevice(world);
  for (const step of steps) {
    world.faulty.trouble(null);
    await device.run(step.lane, step.collector);
    needed.set(nameOf(step), world.faulty.answers());
  }
  await recover(device);
  truth = contentOf(device);
  const completeAt = (one: Device): void => {
    for (const step of steps) {
      const { completeTo } = one.says(step.lane, step.collector);
      complete.set(
        nameOf(step),
        [complete.get(nameOf(step)) ?? null, completeTo].reduce((a, b) => ((a ?? '') > (b ?? '') ? a : b)) ?? null,
      );
    }
  };
  completeAt(device);
  device.close();
  const other = openDevice(world);
  const fault: Fault = { name: 'no system tables', press: { deny: { pattern: 'system\\.(?!information_schema)' } } };
  for (const step of steps) {
    world.faulty.trouble({ fault, after: -1 });
    await other.run(step.lane, step.collector);
    // Some are asked only where others cannot be.
    needed.set(nameOf(step), Math.max(needed.get(nameOf(step)) ?? 0, world.faulty.answers()));
  }
  world.faulty.trouble(null);
  poor = contentOf(other);
  completeAt(other);
  other.close();
}, 300_000);
afterAll(() => world.close());

const disturb = async (
  device: Device,
  { lane, collector }: Step,
  fault: Fault,
  moment: Moment,
  ending: Ending,
): Promise<boolean> => {
  const { faulty } = world;
  const answers = needed.get(nameOf({ lane, collector })) ?? 1;
  const from = { fault, after: -1 };
  if (moment === 'idle') faulty.trouble(from);
  else if (moment === 'mid-page') faulty.trouble({ fault, after: Math.ceil((answers - 1) / 2) });
  else faulty.trouble(null);
  // In a pack the first transaction notes that the source is being read.
  const write = { at: lane === 'watch' ? 1 : 2, ending, meanwhile: () => faulty.trouble(from) };
  const { failed } = await device.run(lane, collector, moment === 'mid-write' ? write : undefined);
  faulty.trouble(null);
  return failed;
};

/** A source that failed says so, and none claims to be complete up to later than what it has. */
const claims = (device: Device, step: Step, failed: boolean, fault: Fault): void => {
  const says = device.says(step.lane, step.collector);
  const told = `${fault.name}: ${nameOf(step)}: ${JSON.stringify(says)}`;
  const right = complete.get(nameOf(step)) ?? null;
  expect(says.completeTo === null || (right !== null && says.completeTo <= right), told).toBe(true);
  if (failed) expect(['fresh', 'done'], told).not.toContain(says.state);
  if (['failed', 'denied', 'refused', 'missing'].includes(says.state)) expect(says.note, told).not.toBeNull();
};

/**
 * What nobody could know. Masked: a row whose masked column says what it is about is passed by while the mask is on; the source
 * names the column. Mistyped: a server that gives another type for a column is believed. Few rights, and an answer of one row that
 * lost it: nothing is there that can be seen, which is what a device without earlier knowledge says.
 */
const nothingSeen = /^system\.information_schema\..* items: \[\], not/;
const beyondUs: Readonly<Record<string, RegExp>> = {
  'masked columns': /^alias-move\||^model-version\|/,
  'mistyped rows': /schema\|.*@\d+/,
  'few rights': nothingSeen,
  'truncated rows': nothingSeen,
};
const unexpected = (fault: Fault, found: readonly string[]): readonly string[] =>
  found.filter((one) => !(beyondUs[fault.name]?.test(one) ?? false)).slice(0, 3);

describe('the world in which it happens', () => {
  it('has something to read for every source', () => {
    const silent = collectors.filter(({ source }) =>
      lanes.every((lane) => (needed.get(`${lane} ${source}`) ?? 0) === 0),
    );
    expect(silent.map(({ source }) => source)).toEqual([]);
    expect(truth.facts.size).toBeGreaterThan(500);
  });
});

describe.each(moments)('%s', (moment) => {
  const cases = passingFaults.map((fault, place) => ({ name: fault.name, fault, place }));
  it.each(cases)('$name', { timeout: 120_000 }, async ({ fault, place }) => {
    const device = openDevice(world);
    try {
      if (moment === 'idle') {
        await all(device);
        device.restart();
      }
      const before = contentOf(device);
      for (const [i, step] of steps.entries()) {
        const failed = await disturb(device, step, fault, moment, endings[(place + i) % endings.length] ?? 'full');
        // A disk that is full cannot take down either that it was.
        if (moment !== 'mid-write') claims(device, step, failed, fault);
      }
      const held = contentOf(device);
      expect(unexpected(fault, contradictions(held, truth, poor))).toEqual([]);
      expect([...before.facts.keys()].filter((id) => !held.facts.has(id))).toEqual([]);
      await recover(device);
      expect(unexpected(fault, differences(contentOf(device), truth, poor))).toEqual([]);
    } finally {
      world.faulty.trouble(null);
      device.close();
    }
  });
});

describe('one after the other', () => {
  const step = fc.record({
    step: fc.constantFrom(...steps.map(nameOf)),
    fault: fc.constantFrom(...passingFaults.flatMap(({ name }) => (beyondUs[name] === undefined ? [name] : []))),
    moment: fc.constantFrom(...moments),
    ending: fc.constantFrom(...endings),
    restarts: fc.boolean(),
  });
  it('any faults at any sources in any order leave the truth behind them', { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 30 }), async (story) => {
        const device = openDevice(world);
        try {
          for (const { step: at, fault, moment, ending, restarts } of story) {
            const [one, what] = [
              steps.find((each) => nameOf(each) === at),
              passingFaults.find(({ name }) => name === fault),
            ];
            if (one === undefined || what === undefined) throw new Error(at);
            await disturb(device, one, what, moment, ending);
            if (restarts) device.restart();
          }
          expect(contradictions(contentOf(device), truth, poor).slice(0, 3)).toEqual([]);
          await recover(device);
          expect(differences(contentOf(device), truth, poor).slice(0, 3)).toEqual([]);
        } finally {
          world.faulty.trouble(null);
          device.close();
        }
      }),
      { numRuns: 12 },
    );
  });
});

/** These change the world, so they come last. */
describe('what an administrator does to tables that are read', () => {
  const cases = moments.flatMap((moment) =>
    mishapFaults.map((mishap) => ({ name: `${mishap}, ${moment}`, mishap, moment })),
  );
  it.each(cases)('$name', { timeout: 120_000 }, async ({ mishap, moment }) => {
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
