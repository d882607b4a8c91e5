// A warehouse that is stopped stays stopped until a person asks, and the limit of a day holds for all devices of a share.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Core, CoreDeps } from '../../main/core/create-core.ts';
import { nodeScheduler } from '../../main/core/node-seams.ts';
import { ok } from '../../shared/base/result.ts';
import { openCore, scratch, value } from '../support/core.ts';
import { asReal, savedReal as saved } from '../support/as-real.ts';
import { cardOf } from '../support/offline-core.ts';
import { type Practice, startPractice } from '../support/practice.ts';

let practice: Practice;
beforeAll(async () => {
  practice = await startPractice({ seed: 1 });
});
afterAll(() => practice.close());

const opening = { from: 'hand', title: 'Revenue looks wrong', class: 'data-quality', severity: 'SEV3' } as const;

const coreOn = (home: string, sent: string[], change: Partial<CoreDeps> = {}): Promise<Core> =>
  openCore(home, { random: (length) => randomBytes(length), openWorkspace: asReal(practice, sent), ...change });
const row = async (core: Core) => value(await core.call('connection.list', {})).rows[0];
const slow = { timeout: 180_000, interval: 150 };
const quiet = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a stopped warehouse', () => {
  it('is not woken by the background; a person starts it, and the time of the start is shown', async () => {
    const home = scratch();
    const first = await coreOn(home, []);
    value(await first.call('room.open', opening));
    value(await first.call('connection.save', saved));
    await first.close();

    await practice.control({ coldStartMs: 3_000 });
    const sent: string[] = [];
    const core = await coreOn(home, sent, { background: true });
    await expect.poll(async () => (await row(core))?.warehouse?.state, slow).toBe('stopped');
    expect(await row(core)).toMatchObject({ state: 'online', warehouse: { size: '2X-Small', autoStopMins: 10 } });
    await quiet(2_500);
    expect(sent).toEqual([]);
    expect(practice.server.buttons.warehouse()).toBe('STOPPED');

    value(await core.call('lake.refresh', {}));
    await expect.poll(async () => (await row(core))?.warehouse, slow).toMatchObject({ state: 'starting', since: expect.any(String) }); // prettier-ignore
    await expect.poll(async () => (await row(core))?.warehouse?.state, slow).toBe('running');
    expect(sent.length).toBeGreaterThan(0);
  }, 180_000);

  it('opening a room wakes it', async () => {
    const home = scratch();
    const first = await coreOn(home, []);
    value(await first.call('connection.save', saved));
    await first.close();
    await practice.control({ coldStartMs: 500 });
    const core = await coreOn(home, [], { background: true });
    await expect.poll(async () => (await row(core))?.warehouse?.state, slow).toBe('stopped');
    value(await core.call('room.open', opening));
    await expect.poll(async () => (await row(core))?.warehouse?.state, slow).toBe('running');
  }, 120_000);
});

describe('the limit of a day', () => {
  const budget = async (core: Core) => value(await core.call('budget.get', {}));
  const notices = async (core: Core) => value(await core.call('app.status', {})).notices.map(({ tag }) => tag);

  it('is shared: what one device used stops the other, and refresh by hand goes on and is counted', async () => {
    const place = scratch();
    const home = scratch();
    let offset = 0;
    const ada = await coreOn(home, [], { background: true, clock: { now: () => Date.now() + offset } });
    value(await ada.call('share.setup', { kind: 'folder', place }));
    value(await ada.call('budget.set', { statements: 10, minutes: 60 }));
    const { log } = value(await ada.call('room.open', opening));
    value(await ada.call('connection.save', saved));
    await expect.poll(async () => (await budget(ada)).reached, slow).toBe(true);
    expect(await notices(ada)).toContain('LimitReached');

    const sent: string[] = [];
    const bob = await coreOn(scratch(), sent, { userName: 'Bob', background: true });
    value(await bob.call('share.join', { kind: 'folder', place }));
    const admit = async (): Promise<boolean> => {
      value(await ada.call('share.sync', {}));
      const people = value(await ada.call('people.list', {})).people;
      for (const { person, devices } of people)
        for (const { id, state } of devices)
          if (state === 'asking')
            value(await ada.call('device.admit', { device: id, person: person.id, roles: ['responder'] }));
      value(await ada.call('share.sync', {}));
      value(await bob.call('share.sync', {}));
      return value(await bob.call('app.status', {})).you.admitted;
    };
    await expect.poll(admit, slow).toBe(true);
    await expect.poll(async () => (await budget(bob)).reached, slow).toBe(true);
    expect(await budget(bob)).toMatchObject({ statements: 10, mine: { statements: 0 }, by: { name: 'Ada' } });

    // Connecting is a person's act: one reading, and none by itself after it.
    value(await bob.call('connection.save', saved));
    await expect.poll(async () => (await row(bob))?.state, slow).toBe('online');
    await expect.poll(() => sent.length, slow).toBeGreaterThan(0);
    let before = -1;
    await expect.poll(async () => { const still = before === sent.length; before = sent.length; await quiet(2_500); return still; }, slow).toBe(true); // prettier-ignore
    await quiet(2_000);
    expect(sent.length).toBe(before);
    value(await bob.call('lake.refresh', {}));
    await expect.poll(() => sent.length, slow).toBeGreaterThan(before);
    await expect.poll(async () => (await budget(bob)).mine.statements, slow).toBeGreaterThanOrEqual(before);

    // What a room caused stands in the room; what a device used outlives a restart; another day begins anew.
    const used = (await budget(ada)).mine.statements;
    expect(used).toBeGreaterThanOrEqual(10);
    const from = new Date(Date.now() - 86_400_000).toISOString();
    value(await ada.call('offline.start', { log, hops: 1, from }));
    const cost = async () => value(await ada.call('room.get', { log })).cost;
    await expect.poll(async () => (await cost())?.statements ?? 0, slow).toBeGreaterThan(0);
    expect((await cost())?.warehouses).toEqual([{ workspace: saved.host, size: '2X-Small' }]);
    await ada.close();
    const again = await coreOn(home, [], { clock: { now: () => Date.now() + offset } });
    expect((await budget(again)).mine.statements).toBeGreaterThanOrEqual(used);
    expect((await budget(again)).reached).toBe(true);
    offset = 86_400_000;
    expect(await budget(again)).toMatchObject({ reached: false, mine: { statements: 0 } });
    offset = 0;
    expect((await budget(again)).reached).toBe(true);
  }, 600_000);

  it('is shared in minutes, too: two devices that are each below it are stopped by what they used together', async () => {
    const place = scratch();
    const home = scratch();
    const day = 86_400_000;
    // In the middle of a day; every statement takes half a minute of it.
    const middle = Math.floor(Date.now() / day) * day + day / 3 - Date.now();
    const device = (name: string, at: string, sent: string[], background: boolean): Promise<Core> => {
      let offset = middle;
      const passes = <T>(answer: T): T => {
        offset += 30_000;
        return answer;
      };
      return openCore(at, {
        userName: name,
        random: (length) => randomBytes(length),
        background,
        clock: { now: () => Date.now() + offset },
        openWorkspace: (connection) => {
          const opened = asReal(practice, sent)(connection);
          if (!opened.ok) return opened;
          const { warehouse } = opened.value;
          return ok({
            ...opened.value,
            warehouse: {
              ...warehouse,
              query: async (statement, options) => passes(await warehouse.query(statement, options)),
              pages: async function* (statement, options) {
                for await (const page of warehouse.pages(statement, options)) yield passes(page);
              },
            },
          });
        },
      });
    };
    const ada = await device('Ada', home, [], true);
    value(await ada.call('share.setup', { kind: 'folder', place }));
    value(await ada.call('connection.save', saved));
    const sent: string[] = [];
    const bob = await device('Bob', scratch(), sent, true);
    value(await bob.call('share.join', { kind: 'folder', place }));
    const meet = async (of: Core): Promise<void> => {
      value(await of.call('share.sync', {}));
      for (const { person, devices } of value(await of.call('people.list', {})).people)
        for (const { id, state } of devices)
          if (state === 'asking')
            value(await of.call('device.admit', { device: id, person: person.id, roles: ['responder'] }));
      value(await of.call('share.sync', {}));
      value(await bob.call('share.sync', {}));
    };
    const heard = async (): Promise<number> => {
      await meet(ada);
      return (await budget(bob)).sum.seconds;
    };
    await expect.poll(heard, slow).toBeGreaterThan(300);
    await ada.close();
    // Ada reads no more. The limit is a few minutes above what she used, and far from the number of statements.
    const still = await device('Ada', home, [], false);
    const used = (await budget(still)).mine;
    const minutes = Math.ceil(used.seconds / 60) + 4;
    value(await still.call('budget.set', { statements: 100_000, minutes }));
    expect(await budget(still)).toMatchObject({ reached: false, minutes });
    await meet(still);
    const told = await budget(bob);
    expect(told).toMatchObject({ reached: false, minutes, mine: { seconds: 0 }, by: { name: 'Ada' } });
    expect(told.sum.seconds).toBeGreaterThan(300);

    value(await bob.call('connection.save', saved));
    await expect.poll(async () => (await budget(bob)).reached, slow).toBe(true);
    const both = await budget(bob);
    expect(both.sum.seconds).toBe(told.sum.seconds + both.mine.seconds);
    expect(both.devices).toBe(2);
    let before = -1;
    await expect.poll(async () => { const same = before === sent.length; before = sent.length; await quiet(800); return same; }, slow).toBe(true); // prettier-ignore
    await quiet(2_000);
    expect(sent.length).toBe(before);
    expect(await notices(bob)).toContain('LimitReached');
    // Ada hears of it, although she herself stands where she stood.
    await expect
      .poll(async () => {
        value(await bob.call('share.sync', {}));
        value(await still.call('share.sync', {}));
        return (await budget(still)).reached;
      }, slow)
      .toBe(true);
    expect((await budget(still)).mine).toEqual(used);
    value(await bob.call('lake.refresh', {}));
    await expect.poll(() => sent.length, slow).toBeGreaterThan(before);
  }, 300_000);

  it('holds a pack that began by itself; it goes on the next day, and by hand at once', async () => {
    let offset = 0;
    const sent: string[] = [];
    const byItself: string[] = [];
    const core = await coreOn(scratch(), sent, {
      background: true,
      openWorkspace: asReal(practice, sent, byItself),
      clock: { now: () => Date.now() + offset },
      scheduler: { after: (ms, run) => nodeScheduler.after(Math.min(ms, 400), run) },
    });
    value(await core.call('connection.save', saved));
    await expect.poll(async () => (await row(core))?.state, slow).toBe('online');
    await practice.control({ latencyMs: 60 });
    const { log } = value(await core.call('room.open', opening));
    const card = () => cardOf(core, log);
    await expect.poll(async () => (await card()).pack?.running, slow).toBe(true);
    value(await core.call('budget.set', { statements: 1, minutes: 60 }));
    await expect.poll(async () => (await card()).badge.state, slow).toBe('held');
    expect((await card()).pack).toMatchObject({ held: true, running: false, finishedAt: null });
    expect((await card()).pack?.note).toContain('00:00 UTC');
    // Opening the room was a person's act: its own reading goes on to its end. What nobody asked for does not.
    const before = byItself.length;
    await quiet(6_000);
    expect(byItself.slice(before)).toEqual([]);
    // Neither by statements nor by REST; that the workspace answers, and what its warehouse does, stays true.
    expect((await row(core))?.state).toBe('online');
    expect((await card()).badge.state).toBe('held');

    await practice.control({ latencyMs: 0 });
    offset = 86_400_000;
    value(await core.call('budget.set', { statements: 100_000, minutes: 600 }));
    await expect.poll(async () => (await card()).pack?.finishedAt ?? null, slow).not.toBeNull();
    expect(byItself.length).toBeGreaterThan(before);
    expect(byItself.slice(before).some((one) => one.startsWith('/api/'))).toBe(true);

    value(await core.call('budget.set', { statements: 1, minutes: 60 }));
    expect((await budget(core)).reached).toBe(true);
    value(await core.call('offline.choose', { log, hops: 1, before: 30 }));
    const packed = (await card()).pack?.finishedAt;
    value(await core.call('offline.start', { log }));
    await expect.poll(async () => (await card()).pack?.finishedAt, slow).not.toBe(packed);
    expect((await card()).pack).toMatchObject({ held: false, hops: 1 });
    await practice.control({ release: true });
    await core.close();
  }, 600_000);
});
