import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Workspace } from '../../main/databricks/port.ts';
import { createLake } from '../../main/lake/lake.ts';
import { createPacking } from '../../main/lake/packing.ts';
import type { Pack } from '../../main/lake/packing-port.ts';
import { isAskedByRest } from '../../main/lake/sources.ts';
import { listScenarios } from '../../main/practice/scenarios.ts';
import { root } from '../support/places.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { practiceWorkspace, temporaryStore } from '../support/lakehouse.ts';
import { startPractice, type Practice } from '../support/practice.ts';

/**
 * The estimate against the packing that follows, on whole practice worlds. Time is counted by a clock that moves only when a
 * workspace is asked: a statement takes 200 ms and a call of REST 50 ms, however busy this machine is.
 */
const [statementMs, callMs] = [200, 50];
const room = 'inc:00000000000000000000000000000001';
const day = 86_400_000;

const timed = (inner: Workspace, clock: { t: number }): Workspace => ({
  ...inner,
  warehouse: {
    ...inner.warehouse,
    query: (statement, options) => {
      clock.t += statementMs;
      return inner.warehouse.query(statement, options);
    },
    pages: async function* (statement, options) {
      clock.t += statementMs;
      yield* inner.warehouse.pages(statement, options);
    },
  },
  rest: {
    ...inner.rest,
    call: (request, options) => {
      clock.t += callMs;
      return inner.rest.call(request, options);
    },
  },
});

/** What a room of this world is about: the told incident, or the first tables that the truth of its scenario names. */
const assetsOf = ({ truth }: Practice, metastore: string, workspace: string): readonly AssetId[] => {
  const [incident] = truth.incidents;
  if (incident !== undefined)
    return [`table|${metastore}|${incident.forecastTable}`, `job|${workspace}|${incident.failedJob.id}`] as AssetId[];
  const told =
    truth.scenarios
      .flatMap(({ told: lines }) => lines)
      .join('\n')
      .match(/\b[a-z]\w*\.[a-z]\w*\.[a-z]\w*\b(?!@)/g) ?? [];
  const tables = [...new Set(told)].filter((name) => !name.includes('.ml_models.') && !name.endsWith('.example'));
  return tables.slice(0, 2).map((name) => `table|${metastore}|${name}` as AssetId);
};

const within = (what: string, real: number, estimated: number): void =>
  expect(Math.abs(estimated - real), `${what}: ${estimated} estimated, ${real} real`).toBeLessThanOrEqual(real * 0.3);

const check = async (practice: Practice): Promise<void> => {
  const workspace = practiceWorkspace(practice);
  const identity = await workspace.identity();
  if (!identity.ok) throw new Error(identity.error.what);
  const assets = assetsOf(practice, identity.value.metastoreId, identity.value.workspaceId);
  expect(assets.length).toBeGreaterThan(0);
  const begun = Date.now();
  const ticking = { t: begun };
  const clock = { now: () => ticking.t };
  const through = timed(workspace, ticking);
  const { store, close } = temporaryStore(clock.now);
  const lake = createLake({ workspaces: () => [through], store, clock, log: () => undefined });
  expect((await lake.refresh({ assets })).ok).toBe(true);
  const packing = createPacking({
    workspaces: () => [through], store, clock, log: () => undefined, breathe: () => Promise.resolve(), assetsOf: () => assets,
    limits: () => ({ rows: 500_000, bytes: 200e6 }), changed: () => undefined,
  }); // prettier-ignore
  const request = { room, hops: 3, from: new Date(begun - 14 * day).toISOString(), to: null };
  const counting = ticking.t;
  const estimate = await packing.estimate(request);
  if (!estimate.ok) throw new Error(estimate.error.what);
  const { value: expected } = estimate;
  // What the counting took is told: every statement and call of it, and nothing else moved the clock.
  expect(ticking.t - counting).toBe(expected.spent.statements * statementMs + expected.spent.calls * callMs);
  expect(expected.spent.calls).toBeLessThanOrEqual(1);

  const reading = ticking.t;
  packing.start(request);
  await packing.settled();
  const pack = packing.pack(store.read, room);
  if (pack === null) throw new Error('not packed');
  expect(pack).toMatchObject({ state: 'done', leftOut: 0 });
  const sum = (key: 'rows' | 'bytes' | 'statements' | 'calls', of: Pack['sources'] = pack.sources): number =>
    of.reduce((all, one) => all + one[key], 0);
  // It was counted a moment ago, so it was not counted again.
  expect(ticking.t - reading).toBe(sum('statements') * statementMs + sum('calls') * callMs);
  within('rows', sum('rows'), expected.rows);
  within('bytes', sum('bytes'), expected.bytes);
  within('statements', sum('statements'), expected.statements);
  within('calls', sum('calls'), expected.calls);
  within('time', ticking.t - reading, expected.ms);
  const large = pack.sources.filter(({ source }) => (expected.sources[source] ?? 0) >= 20);
  expect(large.length).toBeGreaterThan(6);
  for (const one of large)
    within(one.source, isAskedByRest(one.source) || one.rows === 0 ? one.calls : one.rows, expected.sources[one.source] ?? 0); // prettier-ignore
  // A REST source says how many calls it takes; none is without an estimate.
  expect(expected.uncounted.filter(isAskedByRest)).toEqual([]);
  await packing.stop();
  close();
  await workspace.close();
};

describe('the estimate of a packing, in rows, bytes, statements, calls and time', () => {
  it('is within 30 per cent for the default world', { timeout: 300_000 }, async () => {
    const practice = await startPractice({ seed: 1, fault: 'line' });
    await check(practice);
    await practice.close();
  });

  it.each(['drift', 'late-data'])('is within 30 per cent for the scenario %s', { timeout: 300_000 }, async (name) => {
    const shipped = listScenarios(join(root, 'resources/scenarios')).find((one) => one.name === name)?.read;
    if (shipped?.ok !== true) throw new Error('no such scenario');
    const practice = await startPractice({ seed: 1, fault: 'none', scenarios: [shipped.value] });
    await check(practice);
    await practice.close();
  });
});
