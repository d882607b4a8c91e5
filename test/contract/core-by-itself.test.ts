// What a card counts by itself wakes no warehouse: not one that fell asleep since it was looked at, nor one of which it cannot be told.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Core, CoreDeps } from '../../main/core/create-core.ts';
import { mapOk } from '../../shared/base/result.ts';
import { asReal, savedReal } from '../support/as-real.ts';
import { openCore, scratch, value } from '../support/core.ts';
import { type Practice, startPractice } from '../support/practice.ts';

let practice: Practice;
beforeAll(async () => {
  practice = await startPractice({ seed: 1 });
});
afterAll(() => practice.close());

const slow = { timeout: 120_000, interval: 150 };
const quiet = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const opening = { from: 'hand', title: 'Revenue looks wrong', class: 'data-quality', severity: 'SEV3' } as const;

/** A core whose room is read and not packed, with nothing under way any more. */
const settled = async (
  sent: string[],
  openWorkspace: CoreDeps['openWorkspace'],
): Promise<{ core: Core; log: string }> => {
  const core = await openCore(scratch(), { openWorkspace, background: true });
  value(await core.call('offline.limits', { auto: false }));
  value(await core.call('connection.save', savedReal));
  const { log } = value(await core.call('room.open', opening));
  await expect.poll(() => sent.filter((name) => name === 'lake.jobs').length, slow).toBeGreaterThan(0);
  let last = -1;
  await expect.poll(async () => { const still = last === sent.length; last = sent.length; await quiet(4_000); return still; }, slow).toBe(true); // prettier-ignore
  return { core, log };
};

it('a warehouse that stopped meanwhile: refused by itself, counted when pressed, and by itself again once it runs', async () => {
  const sent: string[] = [];
  const { core, log } = await settled(sent, asReal(practice, sent));
  await practice.control({ coldStartMs: 300 });
  const before = sent.length;
  expect(await core.call('offline.estimate', { log, hops: 2, byItself: true })).toMatchObject({
    ok: false,
    error: { tag: 'NotByItself', what: expect.stringContaining('does not run') },
  });
  expect(sent.length).toBe(before);
  expect(practice.server.buttons.warehouse()).toBe('STOPPED');
  value(await core.call('offline.estimate', { log, hops: 2 }));
  expect(sent.length).toBeGreaterThan(before);
  expect(practice.server.buttons.warehouse()).toBe('RUNNING');
  value(await core.call('offline.estimate', { log, hops: 1, byItself: true }));
}, 300_000);

it('one whose state is not told: refused by itself, counted when pressed', async () => {
  const sent: string[] = [];
  const open = asReal(practice, sent);
  // The path of a cluster names no warehouse.
  const { core, log } = await settled(sent, (connection) =>
    mapOk(open(connection), (one) => ({
      ...one,
      connection: { ...one.connection, httpPath: '/sql/protocolv1/o/1/0101-000000-abc' },
    })),
  );
  const before = sent.length;
  expect(await core.call('offline.estimate', { log, byItself: true })).toMatchObject({
    ok: false,
    error: { tag: 'NotByItself', what: expect.stringContaining('cannot be told') },
  });
  expect(sent.length).toBe(before);
  value(await core.call('offline.estimate', { log }));
  expect(sent.length).toBeGreaterThan(before);
}, 300_000);
