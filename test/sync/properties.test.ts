import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, renameSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDeltaTransport } from '../../main/sync/delta.ts';
import { createFolderTransport } from '../../main/sync/folder.ts';
import { notShared } from '../../main/sync/ledger.ts';
import { logFolder } from '../../main/sync/segment.ts';
import type { DeviceId, LogId } from '../../shared/domain/ids.ts';
import { FakeDelta, type Fault } from './support/fake-delta.ts';
import { openDevice, seededBytes, type Device } from './support/device.ts';
import { orgNamed, roomNamed } from './support/lines.ts';

const org = orgNamed('org');
const rooms = [roomNamed('room one'), roomNamed('room two')];
const logs: readonly LogId[] = [org, ...rooms];

/** Three real profiles; a table that all may reach, a folder that all may reach. Which device uses which is drawn. */
type World = { readonly delta: FakeDelta; readonly folder: string; readonly devices: readonly Device[] };
const withWorld = async (work: (world: World) => Promise<void>): Promise<void> => {
  const delta = new FakeDelta();
  const folder = mkdtempSync(join(tmpdir(), 'bw-share-'));
  const devices = ['ada', 'bob', 'cy'].map((name) =>
    openDevice(name, (kind, place, dev) =>
      kind === 'folder'
        ? createFolderTransport(place, dev as DeviceId, randomBytes)
        : createDeltaTransport(place, delta.warehouse, seededBytes(name), 3),
    ),
  );
  try {
    await work({ delta, folder, devices });
  } finally {
    for (const device of devices) await device.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

const eventsIn = (device: Device): number =>
  logs.reduce((sum, log) => sum + device.opened.log.heads(device.profile.store.read, log).reduce((n, { seq }) => n + seq, 0), 0); // prettier-ignore

/** Faults are over: a few rounds of everybody must be enough for all to be equal everywhere. */
const converge = async ({ delta, devices }: World): Promise<void> => {
  delta.between = () => undefined;
  delta.calm();
  delta.flushLate();
  for (let turn = 0; turn < 4; turn += 1) for (const device of devices) await device.sync.syncNow();
  for (const device of devices)
    for (const share of device.sync.shares())
      expect(share).toMatchObject({ state: 'connected', onlyHere: 0, failure: null });
};
const expectEqual = (devices: readonly Device[]): void => {
  const [first, ...others] = devices;
  for (const device of others)
    for (const log of logs) {
      expect(device.heads(log)).toBe(first?.heads(log));
      expect(device.digest(log)).toBe(first?.digest(log));
    }
};

type Step =
  | { readonly kind: 'note'; readonly device: number; readonly room: number; readonly count: number }
  | { readonly kind: 'sync'; readonly device: number }
  | { readonly kind: 'crash'; readonly device: number; readonly after: number }
  | { readonly kind: 'restore'; readonly back: number }
  | { readonly kind: 'recreate' | 'optimize' | 'duplicate' | 'lose-file' | 'late' };
const device = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('note' as const), device, room: fc.nat(1), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('sync' as const), device }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), device, after: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restore' as const), back: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('recreate' as const, 'optimize' as const, 'duplicate' as const, 'lose-file' as const, 'late' as const) }) },
); // prettier-ignore
const trouble = fc.array(
  fc.constantFrom<Fault>('none', 'none', 'none', 'none', 'offline', 'lost', 'late', 'busy', 'swallow'),
  { maxLength: 80 },
);

const segmentFiles = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl')).sort(); // prettier-ignore

test('any mix of writing, syncing, faults, restores and crashes converges and loses nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      trouble,
      // Which places the devices use: all tables; all folder; one bridges a table user and a folder user; everything.
      fc.constantFrom(['d', 'd', 'd'], ['f', 'f', 'f'], ['d', 'df', 'f'], ['df', 'fd', 'df']),
      async (script, faults, uses) => {
        await withWorld(async (world) => {
          const { delta, folder, devices } = world;
          let written = 0;
          // Each joins as soon as the place is set up; the first one to use a place sets it up.
          for (const [index, one] of devices.entries())
            for (const letter of uses[index] ?? '') {
              const [kind, place] = letter === 'd' ? (['delta', 'main.share'] as const) : (['folder', folder] as const);
              const set = await one.sync.addShare(kind, place, org);
              expect(set.ok).toBe(true);
            }
          delta.faults = [...faults];
          for (const next of script) {
            const one = 'device' in next ? devices[next.device] : undefined;
            if (next.kind === 'note' && one) {
              for (let n = 0; n < next.count; n += 1)
                one.note(rooms[next.room] ?? org, `note ${String((written += 1))}`);
            } else if (next.kind === 'sync') await one?.sync.syncNow();
            else if (next.kind === 'crash' && one) await crashIn(one, next.after);
            else if (next.kind === 'restore') delta.restore(delta.version - next.back);
            else if (next.kind === 'recreate' && delta.table !== null) delta.create();
            else if (next.kind === 'optimize' && delta.table !== null) delta.optimize();
            else if (next.kind === 'duplicate' && delta.table !== null)
              delta.append(delta.rows.slice(0, 3).map(({ values }) => values)); // prettier-ignore
            else if (next.kind === 'lose-file') {
              const [file] = segmentFiles(folder);
              if (file !== undefined) rmSync(join(folder, file));
            } else if (next.kind === 'late') delta.flushLate();
          }
          await converge(world);
          expectEqual(devices);
          // Every note that was written is in everybody's log; besides them only openings and announcements.
          for (const one of devices) {
            const notes = rooms.flatMap((room) => one.opened.log.heads(one.profile.store.read, room)).reduce((n, { seq }) => n + seq - 1, 0); // prettier-ignore
            expect(notes).toBe(written);
            expect(notShared(one.profile.store.read, null)).toBe(0);
            expect(one.sync.problems()).toEqual([]);
          }
        });
      },
    ),
    { numRuns: 25, interruptAfterTimeLimit: 18_000, markInterruptAsFailure: false },
  );
}, 60_000);

/** The process dies in the `after`th transaction of a round: what that transaction did is gone, what came before stays. */
const crashIn = async (device: Device, after: number): Promise<void> => {
  const { store } = device.profile;
  const real = store.transaction;
  let left = after;
  const dying: typeof real = (work) =>
    real((db) => {
      const result = work(db);
      left -= 1;
      if (left < 0) throw new Error('killed');
      return result;
    });
  Object.assign(store, { transaction: dying });
  try {
    await device.sync.syncNow();
  } finally {
    Object.assign(store, { transaction: real });
  }
};

test('a push whose reply is lost k times is one logical event', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 5 }), fc.constantFrom<Fault>('lost', 'late'), async (k, kind) => {
      await withWorld(async (world) => {
        const { delta, devices } = world;
        const [ada, bob] = devices;
        if (!ada || !bob) throw new Error('two devices are there');
        await ada.sync.addShare('delta', 'main.share', org);
        await bob.sync.joinShare('delta', 'main.share');
        await ada.sync.syncNow();
        ada.note(rooms[0] ?? org, 'once');
        const seqBefore = eventsIn(ada);
        let lost = 0;
        const real = delta.warehouse.query;
        Object.assign(delta.warehouse, {
          query: (statement: Parameters<typeof real>[0]) => {
            if (statement.name === 'share.push' && lost < k) {
              lost += 1;
              delta.faults = [kind];
            }
            return real(statement);
          },
        });
        for (let turn = 0; turn < 8; turn += 1) {
          await ada.sync.syncNow();
          delta.flushLate();
        }
        Object.assign(delta.warehouse, { query: real });
        await ada.sync.syncNow();
        await bob.sync.syncNow();
        await ada.sync.syncNow();
        expect(lost > 0).toBe(k > 0);
        expect(ada.sync.shares()).toMatchObject([{ state: 'connected', onlyHere: 0 }]);
        expectEqual([ada, bob]);
        // The announcement is the only event that sharing adds.
        expect(eventsIn(bob)).toBe(seqBefore + 2);
        const rows = delta.rows.map(
          ({ values }) => `${values['log_id'] ?? ''} ${values['device_id'] ?? ''} ${values['seq'] ?? ''}`,
        );
        expect(new Set(rows).size).toBe(eventsIn(bob));
      });
    }),
    { numRuns: 12, interruptAfterTimeLimit: 15_000, markInterruptAsFailure: false },
  );
}, 60_000);

test('a byte changed, cut or inserted in a segment changes nothing in the log, and is named', async () => {
  const change = fc.record({
    how: fc.constantFrom('flip' as const, 'cut' as const, 'insert' as const, 'swap-lines' as const),
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    bit: fc.nat(7),
    // A forger also gives the file a name that fits its bytes.
    rename: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ how, at, bit, rename }) => {
      await withWorld(async ({ folder, devices }) => {
        const [ada, bob] = devices;
        const room = rooms[0] ?? org;
        if (!ada || !bob) throw new Error('two devices are there');
        ada.note(room, 'one');
        ada.note(room, 'two');
        await ada.sync.addShare('folder', folder, org);
        await ada.sync.syncNow();
        const [file = ''] = segmentFiles(folder).filter((name) => name.startsWith(logFolder(room)));
        const before = readFileSync(join(folder, file));
        const position = Math.floor(at * before.length);
        let after = Buffer.from(before);
        if (how === 'flip') after[position] = (after[position] ?? 0) ^ (1 << bit);
        else if (how === 'cut') after = Buffer.concat([before.subarray(0, position), before.subarray(position + 1)]);
        else if (how === 'insert') after = Buffer.concat([before.subarray(0, position), Buffer.from([65 + bit]), before.subarray(position)]); // prettier-ignore
        else after = Buffer.from(before.toString().split('\n').map((line, i, all) => (i === 1 ? all[2] : i === 2 ? all[1] : line)).join('\n')); // prettier-ignore
        writeFileSync(join(folder, file), after);
        if (rename) renameSync(join(folder, file), join(folder, file.replace(/[0-9a-f]{64}/, createHash('sha256').update(after).digest('hex')))); // prettier-ignore
        await bob.sync.joinShare('folder', folder);
        await bob.sync.syncNow();
        const truth = ada.opened.log.read(ada.profile.store.read, room, ada.opened.log.device.id, 1, 99);
        const got = bob.opened.log.read(bob.profile.store.read, room, ada.opened.log.device.id, 1, 99);
        // A prefix of the truth, with no disclosure that its author did not write.
        expect(got.map(({ line }) => line)).toEqual(truth.slice(0, got.length).map(({ line }) => line));
        for (const [index, { d }] of got.entries()) for (const item of d) expect(truth[index]?.d).toContain(item);
        const complete =
          got.length === truth.length && got.every(({ d }, index) => d.length === truth[index]?.d.length);
        const apart = bob.profile.store.read.all({ text: 'SELECT tag FROM quarantine', values: [] } as never).length;
        if (!complete) expect(bob.sync.problems().length + apart).toBeGreaterThan(0);
        // The author puts it right: what the place lacks is written again.
        await ada.sync.syncNow();
        await ada.sync.syncNow(undefined);
        await bob.sync.syncNow();
      });
    }),
    { numRuns: 40, interruptAfterTimeLimit: 15_000, markInterruptAsFailure: false },
  );
}, 60_000);
