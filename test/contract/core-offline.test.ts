import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Core } from '../../main/core/create-core.ts';
import { scratch, value } from '../support/core.ts';
import { answersFor, everyQuery } from '../support/offline-answers.ts';
import { cardOf, createRecorder, openOfflineCore, packedRoom } from '../support/offline-core.ts';
import { startPractice, type Practice } from '../support/practice.ts';
import { until } from '../support/browser.ts';

/** A packed room without a network: a real core over the unmodified driver on a practice world, its connection layer recorded. */
const start = Date.now();
let later = 0;
const clock = { now: (): number => start + later };
const hour = 3_600_000;
let practice: Practice;
let core: Core | undefined;

beforeAll(async () => {
  practice = await startPractice({ seed: 1, fault: 'line', now: () => start });
}, 120_000);
afterAll(async () => {
  await core?.close();
  await practice.close();
});

/** A file in the room: it is read back like all else. */
const attach = async (to: Core, log: string): Promise<void> => {
  const bytes = Buffer.from('kept here');
  const file = { log, name: 'proof.txt', size: bytes.length, media: 'text/plain' };
  const { upload } = value(await to.call('attachment.begin', file));
  value(await to.call('attachment.chunk', { upload, offset: 0, base64: bytes.toString('base64') }));
  value(await to.call('attachment.commit', { upload }));
};

describe('a room that was opened', () => {
  it(
    'packs itself, and every query answers the same without a network, without one call',
    { timeout: 600_000 },
    async () => {
      const home = scratch();
      const online = createRecorder();
      core = await openOfflineCore(home, practice, online, { clock });
      const log = await packedRoom(core);
      const row = value(await core.call('rooms.list', {})).rows.find((one) => one.log === log);
      const card = await cardOf(core, log);
      expect(card.badge.state).toBe('ready');
      expect([row?.offline, value(await core.call('room.get', { log })).offline]).toEqual([card.badge, card.badge]);
      expect(card.pack).toMatchObject({ hops: 3, reach: 3, leftOut: 0 });
      expect(card.pack?.rows).toBeGreaterThan(500);
      for (const source of card.sources) expect([source.source, source.state]).toEqual([source.source, 'done']);
      value(await core.call('share.setup', { kind: 'delta', place: `${practice.catalog}.offline_share` }));
      await attach(core, log);
      value(await core.call('connection.signIn', { id: 'practice' }));
      value(await core.call('connection.cancelSignIn', {}));
      // Statements, REST, the share and the sign-in are heard, and so is the socket beneath them.
      const socket = `socket ${practice.host}:${practice.port}`;
      for (const door of ['open', 'lake.table-history', 'share.push', socket]) expect(online.asked).toContain(door);
      for (const kind of ['sign-in /oidc/', '/api/'])
        expect(
          online.asked.some((door) => door.startsWith(kind)),
          kind,
        ).toBe(true);
      await core.close();
      online.close();

      // The same disk, once connected and once with the lakehouse gone; both times something stays that the share has not got.
      const words = ['failed', 'version', 'job', 'orders', 'no such word'];
      const there = createRecorder();
      core = await openOfflineCore(home, practice, there, { clock, background: false });
      value(await core.call('share.sync', {}));
      expect(there.asked).toContain(socket);
      value(await core.call('note.add', { log, text: 'not shared yet' }));
      there.asked.length = 0;
      const answers = await answersFor(core, log, words);
      expect(there.asked).toEqual([]);
      await core.close();
      there.close();
      await practice.control({ disconnected: true });
      const gone = createRecorder();
      core = await openOfflineCore(home, practice, gone, { clock, background: false });
      const cut = value(await core.call('share.sync', {}));
      expect(cut.shares[0]?.state).not.toBe('connected');
      expect(gone.asked).toContain(socket);
      gone.asked.length = 0;
      const again = await answersFor(core, log, words);
      expect(gone.asked).toEqual([]);

      expect(everyQuery.filter((name) => !answers.answered.has(name))).toEqual([]);
      expect([...again.answered]).toEqual([...answers.answered]);
      expect(answers.same.size).toBeGreaterThan(100);
      expect([...again.same.keys()]).toEqual([...answers.same.keys()]);
      for (const [question, answer] of answers.same) expect(again.same.get(question), question).toEqual(answer);
      // What was compared and searched had something to show.
      const rows = (question: RegExp): number =>
        [...answers.same]
          .filter(([asked]) => question.test(asked))
          .reduce(
            (sum, [, answer]) => sum + ((answer as { value?: { rows?: readonly unknown[] } }).value?.rows?.length ?? 0),
            0,
          );
      expect(rows(/^asset\.compare/)).toBeGreaterThan(5);
      expect(rows(/^watch\.find.*orders/)).toBeGreaterThan(0);
      expect(rows(/^room\.timeline.*"search":"failed"/)).toBeGreaterThan(0);
      // Could I leave now? It says since when it is old.
      later = 3 * hour;
      expect((await cardOf(core, log)).badge).toMatchObject({ state: 'stale', since: card.pack?.finishedAt });
      later = 0;
      await core.close();
      core = undefined;
      await practice.control({ release: true });
    },
  );

  it('waits while the connection is gone, and goes on by itself', { timeout: 400_000 }, async () => {
    const home = scratch();
    core = await openOfflineCore(home, practice, createRecorder(), { clock });
    const log = await packedRoom(core);
    await practice.control({ disconnected: true });
    value(await core.call('offline.start', { log, hops: 4 }));
    const card = await until('it waits', async () => {
      const now = await cardOf(core as Core, log);
      return now.pack?.note === null ? null : now;
    }, 60_000); // prettier-ignore
    // What was packed before is still here.
    expect(card.badge.state).toBe('ready');
    await practice.control({ release: true });
    value(await core.call('lake.refresh', {}));
    await until('it is packed again', async () => {
      const { pack } = await cardOf(core as Core, log);
      return (pack?.hops === 4 && !pack.running) || null;
    }, 60_000); // prettier-ignore
    await core.close();
    core = undefined;
  });

  it(
    'is packed as somebody chose, also when it packs itself again, and limits are those of the room',
    { timeout: 400_000 },
    async () => {
      const home = scratch();
      core = await openOfflineCore(home, practice, createRecorder(), { clock, background: false });
      const { log } = value(
        await core.call('room.open', { from: 'hand', title: 'Numbers look wrong', class: 'cost', severity: 'SEV4' }),
      );
      const first = await cardOf(core, log);
      expect(first.choice).toEqual({ hops: 3, before: 14, after: null, rows: null, megabytes: null });
      const day = 86_400_000;
      expect(Date.parse(first.window.onset) - Date.parse(first.window.from)).toBe(14 * day);
      // Without a workspace it is remembered all the same; what cannot be done is said.
      value(await core.call('offline.choose', { log, hops: 2, before: 30, after: 3, rows: 50_000 }));
      expect(await core.call('offline.estimate', { log })).toMatchObject({ ok: false, error: { tag: 'Offline' } });
      value(await core.call('offline.limits', { factDays: 60, keepDays: 3 }));
      await core.close();

      core = await openOfflineCore(home, practice, createRecorder(), { clock });
      await until('it packed itself', async () => (await cardOf(core as Core, log)).pack?.finishedAt ?? null, 60_000);
      const { pack, choice, window, limits } = await cardOf(core, log);
      expect(choice).toEqual({ hops: 2, before: 30, after: 3, rows: 50_000, megabytes: null });
      expect(pack).toMatchObject({ hops: 2, from: window.from, to: window.to });
      expect(Date.parse(window.to ?? '') - Date.parse(window.from)).toBe(33 * day);
      expect(limits).toMatchObject({ factDays: 60, keepDays: 3, rows: 500_000 });
      const estimate = value(await core.call('offline.estimate', { log }));
      expect(estimate.reach).toBe(2);
      expect(value(await core.call('offline.device', {}))).toMatchObject({ rooms: 1 });
      for (const wrong of [{ hops: 0 }, { hops: 7 }, { before: 0 }, { rows: 1 }])
        expect(await core.call('offline.choose', { log, ...wrong })).toMatchObject({ ok: false });
      await core.close();
      core = undefined;
    },
  );
});
