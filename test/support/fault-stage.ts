// Every fault of the practice lakehouse × every source × every moment, in the watch and in packing, over the unmodified driver.
// Under a fault a device holds a part of the truth and says what it lacks; afterwards it holds what a device holds that was never
// disturbed. A cursor that ran ahead of what is stored would leave a hole.
import { expect } from 'vitest';
import type { Collector } from '../../main/lake/collector.ts';
import { computeNamesCollector } from '../../main/lake/collectors/compute-names.ts';
import { clusterEventsSource } from '../../main/lake/collectors/cluster-event.ts';
import { personalColumnsSource } from '../../main/lake/collectors/personal-columns.ts';
import { collectors } from '../../main/lake/sources.ts';
import { endings, openDevice, openWorld, type Device, type Ending, type Lane, type World } from './fault-rig.ts';
import { contentOf, contradictions, differences, type Content } from './fault-truth.ts';
import { faultsOf } from './faults.ts';
import type { Fault } from './faulty-workspace.ts';

const lanes: readonly Lane[] = ['watch', 'pack'];
const lineFaults = new Set(faultsOf('line').map(({ name }) => name));
export const moments = ['idle', 'mid-page', 'mid-write'] as const;
export type Moment = (typeof moments)[number];
export type Step = { readonly lane: Lane; readonly collector: Collector };
const inLane = (lane: Lane): readonly Collector[] =>
  lane === 'pack' ? collectors : collectors.filter(({ meta }) => meta.when !== 'pack');
export const steps: readonly Step[] = lanes.flatMap((lane) => inLane(lane).map((collector) => ({ lane, collector })));
export const nameOf = ({ lane, collector }: Step): string => `${lane} ${collector.source}`;

/** A world, what there is to know of it, and how it is disturbed. */
export type Stage = {
  readonly world: World;
  /** What a device holds that reads everything undisturbed. */
  readonly truth: Content;
  /** What one holds that may not read system tables: REST tells other things, of other objects. */
  readonly poor: Content;
  /** Sources that have nothing to read. */
  readonly silent: readonly string[];
  /** Run every source, each without a failure. */
  readonly all: (device: Device) => Promise<void>;
  /** The program starts anew and reads all. */
  readonly recover: (device: Device) => Promise<void>;
  /** Run one source with a fault at a moment; true when it failed. */
  readonly disturb: (device: Device, step: Step, fault: Fault, moment: Moment, ending: Ending) => Promise<boolean>;
  /** Run one source while the clock jumps by so much, once more as it stands then, and set it right. */
  readonly jumped: (device: Device, step: Step, ms: number, moment: Moment) => Promise<void>;
  /** Disturb every source, and find the truth afterwards. `place`: which of the endings comes first. */
  readonly survives: (fault: Fault, moment: Moment, place: number) => Promise<void>;
};

const seldom: readonly string[] = [
  'system.billing.usage',
  'system.lakeflow_pipeline_events_preview.pipeline_events',
  clusterEventsSource,
  personalColumnsSource,
  computeNamesCollector.source,
];

/**
 * What nobody could know. Masked: a row whose masked column says what it is about is passed by while the mask is on; the source
 * names the column. Mistyped: a server that gives another type for a column is believed. Few rights, and an answer of one row that
 * lost it: nothing is there that can be seen, which is what a device without earlier knowledge says.
 */
const nothingSeen = /^system\.information_schema\..* items: \[\], not/;
const beyondUs: Readonly<Record<string, RegExp>> = {
  'masked columns': /^alias-move\||^model-version\|/,
  'mistyped rows': /schema\|.*@\d+|personal-columns/,
  'few rights': nothingSeen,
  'truncated rows': nothingSeen,
};
export const isBeyondUs = ({ name }: Fault): boolean => beyondUs[name] !== undefined;
const unexpected = (fault: Fault, found: readonly string[]): readonly string[] =>
  found.filter((one) => !(beyondUs[fault.name]?.test(one) ?? false)).slice(0, 3);

/** Read everything twice: undisturbed, and without system tables. */
export const openStage = async (): Promise<Stage> => {
  const world = await openWorld();
  /** How many answers each source needs when it begins. */
  const needed = new Map<string, number>();
  /** How far each source was complete. */
  const complete = new Map<string, string | null>();

  const all = async (device: Device): Promise<void> => {
    for (const step of steps) expect((await device.run(step.lane, step.collector)).failed, nameOf(step)).toBe(false);
  };
  const recover = async (device: Device): Promise<void> => {
    device.restart();
    await all(device);
    // What is read, or asked again, only every few hours, some hours later once more.
    device.restart(4 * 3_600_000);
    for (const { lane, collector } of steps) if (seldom.includes(collector.source)) await device.run(lane, collector);
  };
  const completeAt = (one: Device): void => {
    for (const step of steps) {
      const { completeTo } = one.says(step.lane, step.collector);
      const known = complete.get(nameOf(step)) ?? null;
      complete.set(nameOf(step), (completeTo ?? '') > (known ?? '') ? completeTo : known);
    }
  };
  const study = async (trouble: Fault | null): Promise<Content> => {
    const device = openDevice(world);
    for (const step of steps) {
      world.faulty.trouble(trouble === null ? null : { fault: trouble, after: -1 });
      await device.run(step.lane, step.collector);
      // Some are asked only where others cannot be.
      needed.set(nameOf(step), Math.max(needed.get(nameOf(step)) ?? 0, world.faulty.answers()));
    }
    world.faulty.trouble(null);
    if (trouble === null) await recover(device);
    completeAt(device);
    const content = contentOf(device);
    device.close();
    return content;
  };
  const truth = await study(null);
  const poor = await study({
    name: 'no system tables',
    press: { deny: { pattern: 'system\\.(?!information_schema)' } },
  });

  const disturb: Stage['disturb'] = async (device, { lane, collector }, fault, moment, ending) => {
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

  const jumped: Stage['jumped'] = async (device, { lane, collector }, ms, moment) => {
    const { faulty } = world;
    const answers = needed.get(nameOf({ lane, collector })) ?? 1;
    let isWrong = false;
    const jump = (): void => {
      if (!isWrong) device.jump(ms);
      isWrong = true;
    };
    faulty.trouble(null);
    if (moment === 'idle') jump();
    if (moment === 'mid-page') faulty.before(Math.ceil((answers - 1) / 2), jump);
    const write = { at: lane === 'watch' ? 1 : 2, ending: 'passes', meanwhile: jump } as const;
    await device.run(lane, collector, moment === 'mid-write' ? write : undefined);
    jump();
    await device.run(lane, collector);
    device.jump(-ms);
    faulty.trouble(null);
  };

  /**
   * A source that failed says so, and none claims to be complete up to later than what it has. Where a broken line let nothing
   * through at all, it is as old as it was.
   */
  const claims = (device: Device, step: Step, failed: boolean, fault: Fault, age: string | null | undefined): void => {
    const says = device.says(step.lane, step.collector);
    const told = `${fault.name}: ${nameOf(step)}: ${JSON.stringify(says)}`;
    const right = complete.get(nameOf(step)) ?? null;
    expect(says.completeTo === null || (right !== null && says.completeTo <= right), told).toBe(true);
    if (failed) expect(['fresh', 'done'], told).not.toContain(says.state);
    if (failed && age !== undefined && lineFaults.has(fault.name)) expect(says.observed, told).toBe(age);
    if (['failed', 'denied', 'refused', 'missing'].includes(says.state)) expect(says.note, told).not.toBeNull();
  };

  /** Disturb every source: nothing that was held is gone, and nothing that is held is untrue. */
  const loseNothing = async (device: Device, fault: Fault, moment: Moment, place: number): Promise<void> => {
    const before = contentOf(device);
    for (const [i, step] of steps.entries()) {
      const { observed } = device.says(step.lane, step.collector);
      const failed = await disturb(device, step, fault, moment, endings[(place + i) % endings.length] ?? 'full');
      // A disk that is full cannot take down either that it was.
      if (moment !== 'mid-write') claims(device, step, failed, fault, moment === 'idle' ? observed : undefined);
    }
    const held = contentOf(device);
    expect(unexpected(fault, contradictions(held, truth, poor))).toEqual([]);
    expect([...before.facts.keys()].filter((id) => !held.facts.has(id))).toEqual([]);
  };

  const survives: Stage['survives'] = async (fault, moment, place) => {
    const device = openDevice(world);
    try {
      // Where nothing is held yet, a cursor that runs ahead leaves a hole; where all is held, something can be lost.
      if (moment !== 'idle') {
        await loseNothing(device, fault, moment, place);
        await recover(device);
        expect(unexpected(fault, differences(contentOf(device), truth, poor))).toEqual([]);
      } else await all(device);
      device.restart();
      await loseNothing(device, fault, moment, place);
      await recover(device);
      expect(unexpected(fault, differences(contentOf(device), truth, poor))).toEqual([]);
    } finally {
      world.faulty.trouble(null);
      device.close();
    }
  };

  const silent = collectors.flatMap(({ source }) =>
    lanes.every((lane) => (needed.get(`${lane} ${source}`) ?? 0) === 0) ? [source] : [],
  );
  return { world, truth, poor, silent, all, recover, disturb, jumped, survives };
};
