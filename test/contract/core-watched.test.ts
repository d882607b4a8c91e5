// A real warehouse is polled only while a room is open: not for an open window, and not for what people named to be watched.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { channelPair } from '../../main/core/in-process.ts';
import { nodeScheduler } from '../../main/core/node-seams.ts';
import { createClient, singleChannel } from '../../renderer/bridge/client.ts';
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

it('without a room only what a person does is read: a connection, a name, a window, a press; with one it goes on', async () => {
  const sent: string[] = [];
  let offset = 0;
  const core = await openCore(scratch(), {
    openWorkspace: asReal(practice, sent),
    background: true,
    clock: { now: () => Date.now() + offset },
    // Minutes of waiting are looked at five times a second; whether it is time is told by the clock.
    scheduler: { after: (ms, run) => nodeScheduler.after(Math.min(ms, 200), run) },
  });
  /** Readings that began: each asks for the jobs of the workspace. */
  const readings = (): number => sent.filter((name) => name === 'lake.jobs').length;
  /** What is done is read this many times, and then no more. */
  const reads = async (times: number, does: () => Promise<unknown>): Promise<void> => {
    const before = readings();
    await does();
    await expect.poll(() => readings() - before, slow).toBeGreaterThanOrEqual(times);
    let last = -1;
    await expect.poll(async () => { const still = last === sent.length; last = sent.length; await quiet(3_000); return still; }, slow).toBe(true); // prettier-ignore
    expect(readings() - before).toBe(times);
  };
  /** Readings that begin by themselves in the next hours. */
  const later = async (): Promise<number> => {
    const before = readings();
    for (let hour = 0; hour < 3; hour += 1) {
      offset += 3_600_000;
      await quiet(1_500);
    }
    return readings() - before;
  };

  // The first finds something for the inbox, and the second reads around that.
  await reads(2, () => core.call('connection.save', savedReal));
  expect(await later()).toBe(0);
  await reads(1, () => core.call('watch.add', { kind: 'table', name: 'silver.sales.orders' }));
  expect(await later()).toBe(0);

  const { client, server } = channelPair();
  const window = createClient(singleChannel(client));
  await reads(1, () => {
    core.accept(server);
    window.subscribe('app.status', {}, () => undefined);
    return Promise.resolve();
  });
  expect(await later()).toBe(0);
  await reads(1, () => core.call('lake.refresh', {}));
  expect(await later()).toBe(0);

  const opening = { from: 'hand', title: 'Revenue looks wrong', class: 'data-quality', severity: 'SEV3' } as const;
  value(await core.call('room.open', opening));
  await expect.poll(later, slow).toBeGreaterThan(0);
  await expect.poll(later, slow).toBeGreaterThan(0);
}, 300_000);
