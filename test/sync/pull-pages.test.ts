// The second page of a pull and the ones after it: the warehouse fails there, or this disk does in the middle of taking one in.
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { DatabricksTag, RowPage, Statement } from '../../main/databricks/port.ts';
import { createDeltaTransport } from '../../main/sync/delta.ts';
import type { ShareStatus } from '../../main/sync/engine.ts';
import { err, type Result } from '../../shared/base/result.ts';
import { beforeWrites } from './support/before-writes.ts';
import { openDevice, type Device } from './support/device.ts';
import { eventsHeld, expectSound, type TableRow } from './support/pages.ts';
import { adopt, all, delta, org, quit, room, shared } from './support/scene.ts';

const perPage = 5;
/** Two devices wrote and pushed in turns, so that a page ends within a commit and between commits. */
const written = async (words = ''): Promise<Device> => {
  const [ada, cy] = await shared('ada', 'cy');
  if (!ada || !cy) throw new Error('two devices are there');
  for (let turn = 0; turn < 4; turn += 1)
    for (const one of [ada, cy]) {
      for (let n = 0; n < 3; n += 1) one.note(room, `${one.name} ${String(turn)} ${String(n)} ${words}`);
      await one.sync.syncNow();
    }
  await all([ada, cy]);
  return ada;
};
const rowsOf = (log: string): readonly TableRow[] =>
  delta.rows
    .filter(({ values }) => values['log_id'] === log)
    .map(({ cv, values }) => ({
      cv,
      dev: values['device_id'] ?? '',
      seq: Number(values['seq']),
      hash: values['hash'] ?? '',
    }));
/** Somebody who joins, and reads a few rows at a time. */
const reader = async (): Promise<Device> => {
  const bob = adopt(
    openDevice('bob', (_, place) => createDeltaTransport(place, delta.warehouse, randomBytes, perPage)),
  );
  expect((await bob.sync.joinShare('delta', 'main.s')).ok).toBe(true);
  return bob;
};
const status = (device: Device): ShareStatus | undefined => device.sync.shares()[0];
const sound = (device: Device): number => expectSound(device, org, rowsOf(org)) + expectSound(device, room, rowsOf(room)); // prettier-ignore

/** Trouble is over: what is still missing comes, and no event comes twice. `got`: how many came before. */
const expectRecovered = async (bob: Device, ada: Device, got: number): Promise<void> => {
  const { pulled } = await bob.sync.syncNow();
  expect(status(bob)).toMatchObject({ state: 'connected', failure: null, onlyHere: 0 });
  for (const log of [org, room]) {
    expect(bob.heads(log)).toBe(ada.heads(log));
    expect(bob.digest(log)).toBe(ada.digest(log));
  }
  expect(got + pulled).toBe(sound(bob));
  await bob.sync.syncNow();
  expect((await bob.sync.syncNow()).pulled).toBe(0);
};

/** At the nth read of the room: instead of its answer, or after its first rows. */
const failAt = (nth: number, where: 'first' | 'middle', tag: DatabricksTag): (() => void) => {
  const real = delta.warehouse.pages;
  let reads = 0;
  const pages = async function* (statement: Statement): AsyncGenerator<Result<RowPage, ReturnType<typeof databricksFailure>>> {
    const ofRoom = statement.name.startsWith('share.pull') && JSON.stringify(statement.parameters ?? {}).includes(room);
    if (ofRoom) reads += 1;
    const hit = ofRoom && reads === nth;
    if (hit && where === 'first') return yield err(databricksFailure(tag));
    for await (const page of real(statement)) {
      yield page;
      if (hit) return yield err(databricksFailure(tag));
    }
  }; // prettier-ignore
  Object.assign(delta.warehouse, { pages });
  return () => {
    expect(reads).toBeGreaterThanOrEqual(nth);
    Object.assign(delta.warehouse, { pages: real });
  };
};

/** What the screen shows then. A lost reply is asked for once more in the same round. */
const shown: Readonly<Record<DatabricksTag, ShareStatus['state']>> = {
  Offline: 'offline', Unauthorized: 'denied', Forbidden: 'denied', RateLimited: 'offline', Unavailable: 'offline', Starting: 'offline',
  StatementFailed: 'failed', Cancelled: 'offline', TimedOut: 'offline', ReplyLost: 'connected', BadCertificate: 'offline',
  BadAnswer: 'failed', NotConfigured: 'offline',
}; // prettier-ignore
const moments = [2, 4].flatMap((page) => (['first', 'middle'] as const).map((where) => [page, where] as const));

test.each(moments)('every failure at page %i of a pull, at its %s rows: earlier pages stay, it goes on from there', async (page, where) => {
  const ada = await written();
  const before = (page - 1) * perPage;
  for (const [tag, state] of Object.entries(shown) as [DatabricksTag, ShareStatus['state']][]) {
    // Once also as a table without row versions is read.
    delta.rowTracking = tag !== 'BadAnswer';
    const bob = await reader();
    const heal = failAt(page, where, tag);
    await bob.sync.syncNow();
    heal();
    const held = sound(bob);
    expect(status(bob), tag).toMatchObject(state === 'connected' ? { state } : { state, lastSyncAt: null });
    expect(status(bob)?.failure?.what ?? 'lost', tag).toMatch(/./);
    // Exactly the pages that had come; of the one that broke off nothing.
    expect(held).toBe(state === 'connected' ? sound(ada) : eventsHeld(bob, org) + before);
    const { length } = delta.executed;
    await expectRecovered(bob, ada, held);
    // Not from the beginning: three rounds over the same pages would be more reads.
    expect(delta.executed.slice(length).filter((name) => name === 'share.pull').length).toBeLessThan(10);
    await quit(bob);
  }
}, 60_000); // prettier-ignore

test.each([
  ['OPTIMIZE', () => delta.optimize()],
  ['RESTORE', () => delta.restore(delta.version - 3)],
  ['DROP and CREATE', () => delta.create()],
  ['VACUUM', () => delta.vacuum(0)],
  ['rows that come twice', () => delta.append(delta.rows.slice(-6).map(({ values }) => values))],
] as const)('%s between two pages: nothing is lost, doubled or passed over', async (_, happens) => {
  const ada = await written();
  const bob = await reader();
  const heal = failAt(3, 'first', 'Offline');
  await bob.sync.syncNow();
  heal();
  happens();
  await bob.sync.syncNow();
  sound(bob);
  await all([ada, bob], 3);
  for (const log of [org, room]) expect(bob.digest(log)).toBe(ada.digest(log));
  expect(sound(bob)).toBe(sound(ada));
  expect(status(bob)).toMatchObject({ state: 'connected', onlyHere: 0 });
});

const pragma = (device: Device, text: string): number =>
  Number(Object.values(device.profile.store.read.all({ text: `PRAGMA ${text}`, values: [] } as never)[0] ?? {})[0]);

test('a disk that is full in the middle of a page: that page is not there at all, and it is said', async () => {
  const ada = await written('x'.repeat(3_000));
  const total = eventsHeld(ada, org) + eventsHeld(ada, room);
  const stopped = new Set<number>();
  for (let free = 0, done = false; !done; free += 3) {
    const bob = await reader();
    pragma(bob, `max_page_count = ${String(pragma(bob, 'page_count') + free)}`);
    const { pulled } = await bob.sync.syncNow();
    done = status(bob)?.failure === null;
    if (!done) expect(status(bob)).toMatchObject({ state: 'failed', failure: { tag: 'DiskFull', code: 'SQLITE_FULL', safe: expect.stringContaining('stays where it is shared') as string } });
    const held = sound(bob);
    stopped.add(held);
    // A round that failed tells no number; what it stored is what is there.
    expect(pulled).toBe(done ? held : 0);
    pragma(bob, 'max_page_count = 1073741823');
    await expectRecovered(bob, ada, held);
    await quit(bob);
  }
  // It struck before, between and after the pages.
  expect(stopped.size).toBeGreaterThan(3);
  expect(Math.max(...stopped)).toBe(total);
}, 60_000); // prettier-ignore

test('a write that fails anywhere in the taking in leaves nothing of its page, in the file and in memory', async () => {
  const ada = await written();
  let struck = 0;
  for (let nth = 1, done = false; !done; nth += 9) {
    const bob = await reader();
    const writes = beforeWrites(bob.profile.store, (count) => {
      if (count === nth) throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
    });
    await bob.sync.syncNow();
    writes.undo();
    done = writes.count() < nth;
    if (!done) {
      struck += 1;
      expect(status(bob)).toMatchObject({ state: 'failed', failure: { tag: 'DiskFull' } });
    }
    await expectRecovered(bob, ada, sound(bob));
    await quit(bob);
  }
  expect(struck).toBeGreaterThan(9);
}, 60_000); // prettier-ignore
