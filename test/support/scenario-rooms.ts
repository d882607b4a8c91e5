// Several scenarios in one practice world, each in an area of its own, and a core without a window on it: what it proposes by its own
// rules, and the rooms of these proposals, packed. Judged against the ground truth, which no call of the core can reach. One world
// for several scenarios: making it and reading it for the first time costs most by far.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCore, type Core } from '../../main/core/create-core.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import { listScenarios } from '../../main/practice/scenarios.ts';
import type { Scenario } from '../../main/practice/scenario-shape.ts';
import type { GroundTruth } from '../../main/practice/world/world.ts';
import { ok } from '../../shared/base/result.ts';
import type { Scheduler } from '../../shared/base/time.ts';
import type { CallOutput } from '../../shared/contract/calls.ts';
import { coreDeps, value } from './core.ts';
import { nodeScheduler } from '../../main/core/node-seams.ts';
import { databricksDeps, practiceConnection } from './lakehouse.ts';
import { cardOf } from './offline-core.ts';
import { root } from './places.ts';
import { startPractice } from './practice.ts';

export type Truth = GroundTruth['scenarios'][number];
export type Line = CallOutput<'room.timeline'>['rows'][number];
export type Proposal = CallOutput<'inbox.list'>['proposals'][number];
export type ScenarioRoom = {
  readonly truth: Truth;
  readonly proposal: Proposal;
  /** Machine facts in the room's timeline. */
  readonly lines: readonly Line[];
  readonly nodes: CallOutput<'room.lineage'>['nodes'];
  readonly edges: CallOutput<'room.lineage'>['edges'];
};
export type ScenarioRooms = {
  readonly rooms: ReadonlyMap<string, ScenarioRoom>;
  readonly proposals: readonly Proposal[];
  readonly truths: readonly Truth[];
  readonly close: () => Promise<void>;
};

export const shippedScenarios = listScenarios(join(root, 'resources/scenarios'));
export const shippedScenario = (name: string): Scenario => {
  const found = shippedScenarios.find((one) => one.name === name)?.read;
  if (found?.ok !== true) throw new Error(`no scenario ${name}`);
  return found.value;
};

const waitMs = 400_000;
/** Background work comes round seldom here: reading everything again every few seconds would cost more than all that is judged. */
const seldom: Scheduler = { after: (ms, run) => nodeScheduler.after(ms < 5_000 ? ms : ms * 60, run) };
/** Looks now and then: each look has the core work out its inbox anew. */
const soon = async <T>(reason: string, look: () => Promise<T | null>): Promise<T> => {
  const end = performance.now() + waitMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > end) throw new Error(`${reason}: not within ${waitMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
};

/** Something of this area, or something that the truth names by its id. */
const isOf = (truth: Truth, { asset, assetName }: Proposal['signals'][number]): boolean =>
  [`.${truth.area}_`, `|${truth.area}-`].some((part) => asset.includes(part)) ||
  assetName.startsWith(`${truth.area}-`) ||
  truth.told.some((line) => line.includes(`(${asset.split('|').at(-1) ?? ''})`));

const timelineOf = async (core: Core, log: string): Promise<readonly Line[]> => {
  const lines: Line[] = [];
  for (let before: string | null = null; ;) {
    const page: CallOutput<'room.timeline'> = value(await core.call('room.timeline', { log, limit: 200, before }));
    lines.push(...page.rows.filter(({ kind }) => kind === 'fact'));
    if (page.next === null) return lines;
    before = page.next;
  }
};

/**
 * The rooms of these scenarios (name → the rule whose signal must be in its proposal, and on what kind of asset). A scenario that no
 * proposal answers is not among the rooms.
 */
export const scenarioRooms = async (rules: Readonly<Record<string, readonly [rule: string, kind: string]>>): Promise<ScenarioRooms> => {
  const home = mkdtempSync(join(tmpdir(), 'bw-scenarios-'));
  const practice = await startPractice({ seed: 4, fault: 'none', scenarios: Object.keys(rules).map(shippedScenario) });
  const link = { connection: practiceConnection(practice), seed: 4, control: () => Promise.resolve(ok({})) };
  const core = value(
    await createCore(
      coreDeps(home, {
        background: true,
        scheduler: seldom,
        practice: () => Promise.resolve(ok(link)),
        openWorkspace: (connection) => openWorkspace(connection, databricksDeps()),
      }),
    ),
  );
  const close = async (): Promise<void> => {
    await core.close();
    await practice.close();
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const truths = practice.truth.scenarios;
    const answers = (proposals: readonly Proposal[], truth: Truth): Proposal | undefined =>
      proposals.find(({ signals }) =>
        signals.some((one) => one.monitor === rules[truth.name]?.[0] && one.asset.startsWith(`${rules[truth.name]?.[1] ?? ''}|`) && isOf(truth, one) && Date.parse(one.startedAt) >= truth.onset - 24 * 3_600_000),
      );
    const inbox = await soon(
      'the first look at everything',
      async () => {
        const found = value(await core.call('inbox.list', {}));
        return found.detectedAt === null ? null : found;
      },
    );
    const open: { readonly truth: Truth; readonly proposal: Proposal; readonly log: string }[] = [];
    for (const truth of truths) {
      const proposal = answers(inbox.proposals, truth);
      if (proposal === undefined) continue;
      const { log } = value(await core.call('room.open', { from: 'proposal', proposal: proposal.id }));
      open.push({ truth, proposal, log });
    }
    // Opened rooms are packed after the next look at the workspace: a person asks for it.
    await soon('a look', async () => value(await core.call('lake.refresh', {})).started || null);
    const rooms = new Map<string, ScenarioRoom>();
    for (const { truth, proposal, log } of open) {
      await soon(`${truth.name} is packed`, async () => (await cardOf(core, log)).pack?.finishedAt ?? null);
      const { nodes, edges } = value(await core.call('room.lineage', { log, hops: 3 }));
      rooms.set(truth.name, { truth, proposal, lines: await timelineOf(core, log), nodes, edges });
    }
    return { rooms, proposals: inbox.proposals, truths, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}; // prettier-ignore

const minute = 60_000;
/** What happened, in the words of the truth: causes in the order of the scenario's file, then what follows. */
const namedIn = (truth: Truth, nth: number): string => /: (.*)$/.exec(truth.told[nth]?.slice(30) ?? '')?.[1] ?? '';

/** Runs of a job that ended hours later in the day than its runs before the onset usually do. */
const lateRuns = (truth: Truth, lines: readonly Line[], byMinutes: number): readonly Line[] => {
  const minuteOf = (line: Line): number => (Date.parse(line.happenedAt) % 86_400_000) / minute;
  const runs = lines.filter(({ factKind, assets }) => factKind === 'run' && assets[0]?.startsWith('job|') === true);
  return runs.filter((line) => {
    const before = runs.filter((one) => one.assets[0] === line.assets[0] && Date.parse(one.happenedAt) < truth.onset);
    const usual = before.map(minuteOf).toSorted((a, b) => a - b)[Math.floor(before.length / 2)];
    return (
      usual !== undefined &&
      Date.parse(line.happenedAt) > truth.onset &&
      Math.abs(minuteOf(line) - usual - byMinutes) < 60
    );
  });
};

/**
 * The cause of a scenario among the lines of a timeline: the very thing that the ground truth names, changed at the moment that it
 * names. Empty = it is not there. `nth`: which of its causes, where it has more than one.
 */
export const causeIn = (truth: Truth, lines: readonly Line[], nth = 0): readonly Line[] => {
  const what = namedIn(truth, nth);
  const near = (kind: string, asset: string, title: RegExp, withinMs = minute): readonly Line[] =>
    lines.filter(
      (line) =>
        line.factKind === kind &&
        Math.abs(Date.parse(line.happenedAt) - truth.onset) <= withinMs &&
        (asset === '' || line.assets.some((one) => one.endsWith(`|${asset}`))) &&
        title.test(line.title),
    );
  const [, thing = ''] = /\((\S+)\) edited$/.exec(what) ?? [];
  if (thing !== '') return near('definition-change', thing, /changed/);
  const [, endpoint = '', least = '', most = ''] = /^endpoint (\S+) kept at a concurrency of (\d+) to (\d+)$/.exec(what) ?? [];
  if (endpoint !== '') return near('served-version', endpoint, new RegExp(`at a concurrency of ${least} to ${most} instead of`));
  const [, change = '', table = ''] = /^(ADD|DROP) COLUMNS on (\S+)$/.exec(what) ?? [];
  if (table !== '') return near('schema-change', table, change === 'ADD' ? /added/ : /removed/);
  const [, right = '', schema = '', who = ''] = /^(\S+) on (\S+) to (.+)$/.exec(what) ?? [];
  if (who !== '') return near('grant-change', '', new RegExp(`${right} on ${schema.split('.').at(-1) ?? ''} given to ${who}`));
  const [, model = '', version = ''] = /^alias \S+ of (\S+) set to version (\d+)$/.exec(what) ?? [];
  if (model !== '') return near('served-version', model, new RegExp(`version ${version}\\b`));
  const [, drifted = ''] = /^drifts (\{.*\})$/.exec(what) ?? [];
  if (drifted !== '') {
    const { column } = JSON.parse(drifted) as { column: string };
    return lines.filter((line) => line.factKind === 'drift' && line.assets.some((one) => one.includes(`.${truth.area}_features`)) && line.title.includes(column) && Math.abs(Date.parse(line.happenedAt) - truth.onset) <= 150 * minute);
  }
  const [, late = ''] = /^late (\{.*\})$/.exec(what) ?? [];
  if (late !== '') return lateRuns(truth, lines, (JSON.parse(late) as { minutes: number }).minutes);
  throw new Error(`a cause that nobody judges: ${what}`);
}; // prettier-ignore
