import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createOrg } from '../../main/log/org.ts';
import { cursorOf } from '../../main/store/sync.ts';
import { parseCursor } from '../../main/sync/delta-rows.ts';
import { createDeltaTransport } from '../../main/sync/delta.ts';
import type { LoopTimes } from '../../main/sync/loop.ts';
import { exportFile, importFile } from '../../main/sync/file-exchange.ts';
import { createFolderTransport } from '../../main/sync/folder.ts';
import { ledgerState, notShared } from '../../main/sync/ledger.ts';
import type { DeviceId } from '../../shared/domain/ids.ts';
import { FakeDelta } from './support/fake-delta.ts';
import { manualTimers, openDevice, seededBytes, type Device, type DeviceOptions } from './support/device.ts';
import { orgNamed, roomNamed } from './support/lines.ts';

const org = orgNamed('org');
const room = roomNamed('room');
let delta: FakeDelta;
let open: Device[] = [];
let dirs: string[] = [];
beforeEach(() => {
  delta = new FakeDelta();
});
afterEach(async () => {
  for (const device of open) await device.close();
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  open = [];
  dirs = [];
});
const temporary = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'bw-engine-'));
  dirs.push(dir);
  return dir;
};
const device = (name: string, options: DeviceOptions = {}): Device => {
  const made = openDevice(
    name,
    (kind, place, dev) =>
      kind === 'folder'
        ? createFolderTransport(place, dev as DeviceId, randomBytes)
        : createDeltaTransport(place, delta.warehouse, seededBytes(name)),
    options,
  );
  open.push(made);
  return made;
};
const shared = async (...names: readonly string[]): Promise<Device[]> => {
  const devices = names.map((name) => device(name));
  for (const [index, one] of devices.entries()) {
    const set =
      index === 0 ? await one.sync.addShare('delta', 'main.s', org) : await one.sync.joinShare('delta', 'main.s');
    if (!set.ok) throw new Error(set.error.what);
  }
  return devices;
};
const all = async (devices: readonly Device[], turns = 2): Promise<void> => {
  for (let turn = 0; turn < turns; turn += 1) for (const one of devices) await one.sync.syncNow();
};
const quarantine = (one: Device): readonly string[] =>
  one.profile.store.read
    .all<{ tag: string }>({ text: 'SELECT tag FROM quarantine', values: [] } as never)
    .map(({ tag }) => tag);

test('a push that was answered with OK is only sent until it is read back', async () => {
  const [ada] = await shared('ada');
  if (!ada) return;
  await ada.sync.syncNow();
  ada.note(room, 'hello');
  // OK, and then no answer to anything else.
  const real = delta.warehouse.query;
  let pushed = false;
  delta.between = () => {
    if (pushed) delta.faults = ['offline'];
  };
  Object.assign(delta.warehouse, {
    query: async (statement: Parameters<typeof real>[0]) => {
      const result = await real(statement);
      pushed ||= statement.name === 'share.push';
      return result;
    },
  });
  await ada.sync.syncNow();
  expect(pushed).toBe(true);
  const dev = ada.opened.log.device.id;
  expect(ledgerState(ada.profile.store.read, org, dev, 1)).toBe('sent');
  expect(ada.sync.shares()).toMatchObject([{ state: 'offline', failure: { tag: 'ShareOffline' } }]);
  pushed = false;
  Object.assign(delta.warehouse, { query: real });
  delta.between = () => undefined;
  delta.executed = [];
  await ada.sync.syncNow();
  expect(ledgerState(ada.profile.store.read, room, dev, 2)).toBe('shared');
});

test('a place that takes entries and keeps none is called broken, never shared', async () => {
  const [ada] = await shared('ada');
  if (!ada) return;
  ada.note(room, 'hello');
  const real = delta.warehouse.query;
  Object.assign(delta.warehouse, {
    query: (statement: Parameters<typeof real>[0]) => {
      if (statement.name === 'share.push') delta.faults = ['swallow'];
      return real(statement);
    },
  });
  for (let turn = 0; turn < 3; turn += 1) await ada.sync.syncNow();
  expect(ada.sync.shares()).toMatchObject([{ state: 'failed', failure: { tag: 'ShareBroken' } }]);
  expect(notShared(ada.profile.store.read, null)).toBeGreaterThan(0);
  Object.assign(delta.warehouse, { query: real });
  await ada.sync.syncNow();
  expect(ada.sync.shares()).toMatchObject([{ state: 'connected', onlyHere: 0, failure: null }]);
});

test('RESTORE and DROP + CREATE are healed by whoever has the events, also those of others', async () => {
  const [ada, bob] = await shared('ada', 'bob');
  if (!ada || !bob) return;
  ada.note(room, 'from ada');
  await all([ada, bob]);
  const before = delta.version;
  bob.note(room, 'from bob');
  await all([ada, bob]);
  delta.restore(before);
  await ada.sync.syncNow();
  // Ada brought back what bob wrote: he is not needed for it.
  expect(new Set(delta.rows.map(({ values }) => values['device_id'])).size).toBe(2);
  delta.create();
  const dev = ada.opened.log.device.id;
  await ada.sync.syncNow();
  expect(ada.lines.join()).toContain('made anew');
  expect(ledgerState(ada.profile.store.read, room, dev, 2)).toBe('shared');
  const cy = device('cy');
  await cy.sync.joinShare('delta', 'main.s');
  await cy.sync.syncNow();
  expect(cy.digest(room)).toBe(bob.digest(room));
});

test('what vanished from every place is only here again, and says so', async () => {
  const [ada] = await shared('ada');
  if (!ada) return;
  ada.note(room, 'hello');
  await ada.sync.syncNow();
  delta.create();
  delta.faults = [
    'none',
    'none',
    'none',
    'none',
    'none',
    'none',
    ...Array.from({ length: 40 }, () => 'offline' as const),
  ];
  await ada.sync.syncNow();
  delta.faults = [];
  expect(notShared(ada.profile.store.read, null)).toBeGreaterThan(0);
  await ada.sync.syncNow();
  expect(notShared(ada.profile.store.read, null)).toBe(0);
});

test('a profile restored from an old copy gets a new key and loses nothing', async () => {
  const dir = temporary();
  const copy = join(temporary(), 'copy');
  const ada = device('ada', { dir });
  await ada.sync.addShare('delta', 'main.s', org);
  ada.note(room, 'first');
  await ada.sync.syncNow();
  await ada.close();
  open = open.filter((one) => one !== ada);
  cpSync(dir, copy, { recursive: true });
  const later = device('ada', { dir });
  later.note(room, 'second');
  await later.sync.syncNow();
  // The whole folder was copied back, so the epoch file cannot tell; only the share can.
  const restored = device('ada', { dir: copy });
  const old = restored.opened.log.device.id;
  expect(old).toBe(later.opened.log.device.id);
  restored.note(room, 'third, written before anybody could tell');
  await all([restored, later], 3);
  expect(restored.lines.join()).toContain('new key');
  expect(restored.opened.log.device.id).not.toBe(old);
  // Both histories of the old key are kept: one in the stream, the other apart, with an alarm.
  expect(quarantine(restored)).toEqual(['fork']);
  expect(quarantine(later)).toEqual(['fork']);
  expect(later.opened.log.device.id).not.toBe(old);
  restored.note(room, 'fourth, with the new key');
  await all([restored, later], 2);
  expect(later.opened.log.heads(later.profile.store.read, room).map(({ dev }) => dev)).toContain(restored.opened.log.device.id); // prettier-ignore
});

test('a restored copy that wrote nothing takes its later events back in and goes on with a new key', async () => {
  const dir = temporary();
  const copy = join(temporary(), 'copy');
  const ada = device('ada', { dir });
  await ada.sync.addShare('delta', 'main.s', org);
  ada.note(room, 'first');
  await ada.sync.syncNow();
  await ada.close();
  open = open.filter((one) => one !== ada);
  cpSync(dir, copy, { recursive: true });
  const later = device('ada', { dir });
  later.note(room, 'second');
  await later.sync.syncNow();
  const restored = device('ada', { dir: copy });
  const old = restored.opened.log.device.id;
  await restored.sync.syncNow();
  expect(restored.opened.log.device.id).not.toBe(old);
  restored.note(room, 'third');
  await all([restored, later]);
  expect(restored.heads(room)).toBe(later.heads(room));
  expect(restored.digest(room)).toBe(later.digest(room));
  expect(quarantine(later)).toEqual([]);
});

test('columns that contradict their line are kept apart; the others come in', async () => {
  const [ada, bob] = await shared('ada', 'bob');
  if (!ada || !bob) return;
  ada.note(room, 'true');
  await ada.sync.syncNow();
  const [row] = delta.rows.filter(({ values }) => values['log_id'] === room);
  delta.append([
    { ...row?.values, seq: '7' },
    { ...row?.values, hash: 'f'.repeat(64) },
    { ...row?.values, line: '{"no":"line"}' },
    { ...row?.values, device_id: 'x' },
  ] as Record<string, string>[]);
  await bob.sync.syncNow();
  expect(bob.digest(room)).toBe(ada.digest(room));
  expect(quarantine(bob).toSorted()).toEqual(['copy-mismatch', 'malformed']);
  expect(bob.sync.problems()).toMatchObject([{ tag: 'unreadable' }]);
  expect(bob.sync.shares()).toMatchObject([{ state: 'connected' }]);
});

test('redacted disclosures are not sent again when a peer heals a place', async () => {
  const [ada, bob] = [device('ada'), device('bob')];
  const { store } = ada.profile;
  const founded = store.transaction((db) => createOrg(db, ada.opened.context, { name: 'Ada', person: ada.person }));
  if (!founded.ok) throw new Error(founded.error.what);
  await ada.sync.addShare('delta', 'main.s', founded.value.org);
  await bob.sync.joinShare('delta', 'main.s');
  ada.note(room, 'the name of a person');
  await all([ada, bob]);
  const told = (): readonly string[] =>
    delta.rows
      .filter(({ values }) => values['log_id'] === room && values['seq'] === '2')
      .map(({ values }) => values['disclosures'] ?? '');
  expect(told()[0]).not.toBe('[]');
  const [note] = ada.opened.log.read(store.read, room, ada.opened.log.device.id, 2, 2);
  const digests = (JSON.parse(note?.line ?? '{}') as { _sd: string[] })._sd;
  const redacted = store.transaction((db) => ada.opened.log.append(db, room, ada.person, [{ type: 'redacted', fields: { digests, basis: 'asked to' } }])); // prettier-ignore
  expect(redacted.ok).toBe(true);
  await all([ada, bob]);
  // The table is lost; bob has seen the redaction and brings everything back.
  delta.create();
  await bob.sync.syncNow();
  expect(told()).toEqual(['[]']);
  expect(delta.rows.filter(({ values }) => values['log_id'] === room)).toHaveLength(3);
});

test('another organisation under the same name is refused', async () => {
  const [ada] = await shared('ada');
  if (!ada) return;
  ada.note(room, 'hello');
  await ada.sync.syncNow();
  delta.meta = [
    { key: 'org', value: orgNamed('other') },
    { key: 'backend_id', value: 'b'.repeat(32) },
  ];
  delta.create();
  await ada.sync.syncNow();
  expect(ada.sync.shares()).toMatchObject([{ state: 'failed', failure: { tag: 'ShareReplaced' } }]);
  expect(delta.rows).toEqual([]);
});

test('rooms are announced once and found by whoever joins later', async () => {
  const [ada, bob] = await shared('ada', 'bob');
  if (!ada || !bob) return;
  ada.note(room, 'a');
  await all([ada]);
  bob.note(room, 'b');
  await all([bob, ada, bob]);
  const announced = delta.rows.filter(
    ({ values }) => values['log_id'] === org && (values['line'] ?? '').includes('room.announced'),
  );
  expect(announced).toHaveLength(1);
  expect(bob.digest(room)).toBe(ada.digest(room));
});

test('without a workspace a share is offline; an aborted round leaves everything as it was', async () => {
  const lonely = openDevice('lonely', () => null);
  open.push(lonely);
  expect(await lonely.sync.joinShare('delta', 'main.s')).toMatchObject({ ok: false, error: { tag: 'ShareOffline' } });
  const [ada] = await shared('ada');
  if (!ada) return;
  ada.note(room, 'hello');
  const abort = new AbortController();
  abort.abort();
  expect(await ada.sync.syncNow(abort.signal)).toMatchObject({ pushed: 0, pulled: 0 });
  expect(notShared(ada.profile.store.read, null)).toBe(2);
});

test('calls at the same time are one round after the other, never two at once', async () => {
  const [ada] = await shared('ada');
  if (!ada) return;
  ada.note(room, 'hello');
  await Promise.all([ada.sync.syncNow(), ada.sync.syncNow(), ada.sync.syncNow()]);
  const keys = delta.rows.map(({ values }) => `${values['log_id'] ?? ''} ${values['seq'] ?? ''}`);
  expect(new Set(keys).size).toBe(keys.length);
});

test('the loop shares what is written, stretches after failures, never gives up, and ends', async () => {
  const timers = manualTimers();
  const times: LoopTimes = { activeMs: 1_000, idleMs: 10_000, writeMs: 100 };
  const ada = device('ada', { scheduler: timers.scheduler, times });
  await ada.sync.addShare('delta', 'main.s', org);
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 300; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  ada.sync.start();
  timers.advance(0);
  await settle();
  expect(ada.sync.shares()).toMatchObject([{ state: 'connected' }]);
  ada.note(room, 'hello');
  expect(ada.sync.shares()).toMatchObject([{ onlyHere: 2 }]);
  timers.advance(100);
  timers.advance(0);
  await settle();
  expect(ada.sync.shares()).toMatchObject([{ onlyHere: 0, state: 'connected' }]);
  delta.between = () => {
    delta.faults = ['offline'];
  };
  let tries = 0;
  for (let second = 0; second < 1_800; second += 5) {
    delta.executed = [];
    timers.advance(5_000);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    if (ada.sync.shares()[0]?.state === 'offline') tries += 1;
    expect(timers.waiting()).toBeGreaterThan(0);
  }
  expect(tries).toBeGreaterThan(5);
  delta.between = () => undefined;
  delta.faults = [];
  ada.sync.nudge();
  timers.advance(0);
  await settle();
  expect(ada.sync.shares()).toMatchObject([{ state: 'connected' }]);
  await ada.sync.stop();
  expect(timers.waiting()).toBe(0);
});

test('a file carries what no place holds, and any part of it that is whole comes in', async () => {
  const [ada, bob] = [device('ada'), device('bob')];
  ada.note(room, 'one');
  ada.note(room, 'two');
  const path = join(temporary(), 'for-bob.jsonl');
  const deps = { store: ada.profile.store, log: ada.opened.log, random: randomBytes };
  const theirs = { store: bob.profile.store, log: bob.opened.log, random: randomBytes };
  expect(await exportFile(deps, path, [room], 'unsent')).toMatchObject({ ok: true, value: { events: 3 } });
  expect(await exportFile(deps, path, [room], 'unsent')).toMatchObject({ ok: false, error: { tag: 'Exists' } });
  expect(await importFile(theirs, path)).toMatchObject({ ok: true, value: { applied: 3, problems: [] } });
  expect(await importFile(theirs, path)).toMatchObject({ ok: true, value: { applied: 0, duplicates: 3 } });
  expect(bob.digest(room)).toBe(ada.digest(room));
  // A file does not acknowledge.
  expect(ledgerState(ada.profile.store.read, room, ada.opened.log.device.id, 1)).toBe('only-here');
  const bad = join(temporary(), 'bad.jsonl');
  writeFileSync(bad, `garbage\n${readFileSync(path, 'utf8')}{"bw_segment":1,"log":"${room}","dev":"x"}\n`);
  expect(await importFile(theirs, bad)).toMatchObject({ ok: true, value: { duplicates: 3, problems: [{ tag: 'not-a-segment' }, { tag: 'not-a-segment' }] } }); // prettier-ignore
  expect(await importFile(theirs, join(bad, 'nowhere'))).toMatchObject({ ok: false });
  expect(await exportFile(deps, `${path}2`, [], 'all')).toMatchObject({ ok: false, error: { tag: 'NothingToSend' } });
});

test('a file that a sync program finished copying is no problem any more, and a stray one is written down once', async () => {
  const folder = temporary();
  const [ada, bob] = [device('ada'), device('bob')];
  ada.note(room, 'hello');
  await ada.sync.addShare('folder', folder, org);
  await ada.sync.syncNow();
  const streams = join(folder, room.replace(':', '-'), ada.opened.log.device.id);
  writeFileSync(join(streams, 'Thumbs.db'), 'x');
  const [name = ''] = readdirSync(streams).filter((one) => one.endsWith('.jsonl'));
  const whole = readFileSync(join(streams, name));
  writeFileSync(join(streams, name), whole.subarray(0, 90));
  await bob.sync.joinShare('folder', folder);
  await bob.sync.syncNow();
  expect(bob.sync.problems().map(({ tag }) => tag).sort()).toEqual(['half-written', 'not-a-segment']); // prettier-ignore
  let commits = 0;
  const stop = bob.profile.store.onCommit(() => (commits += 1));
  await bob.sync.syncNow();
  expect(commits).toBe(0);
  stop();
  writeFileSync(join(streams, name), whole);
  await bob.sync.syncNow();
  expect(bob.sync.problems().map(({ tag }) => tag)).toEqual(['not-a-segment']);
  expect(bob.digest(room)).toBe(ada.digest(room));
});

test('whatever moment a pull is killed at, the watermark never says more than the log holds', async () => {
  const [ada] = await shared('ada');
  if (!ada) return;
  ada.note(room, 'one');
  await ada.sync.syncNow();
  for (let n = 0; n < 5; n += 1) {
    ada.note(room, `more ${String(n)}`);
    await ada.sync.syncNow();
  }
  for (let at = 0; at < 12; at += 1) {
    const bob = device(`bob${String(at)}`);
    await bob.sync.joinShare('delta', 'main.s');
    const { store } = bob.profile;
    const real = store.transaction;
    let left = at;
    const dying: typeof real = (work) =>
      real((db) => {
        const result = work(db);
        left -= 1;
        if (left < 0) throw new Error('killed');
        return result;
      });
    Object.assign(store, { transaction: dying });
    await bob.sync.syncNow();
    Object.assign(store, { transaction: real });
    const share = bob.sync.shares()[0]?.id ?? '';
    for (const log of [org, room]) {
      const cursor = parseCursor(cursorOf(store.read, share, log));
      const claimed = delta.rows.filter(({ cv, values }) => values['log_id'] === log && cv <= (cursor?.after ?? -1));
      const held = bob.opened.log.heads(store.read, log).reduce((n, { dev, seq }) => n + (dev === ada.opened.log.device.id ? seq : 0), 0); // prettier-ignore
      expect(held).toBeGreaterThanOrEqual(new Set(claimed.map(({ values }) => values['hash'])).size);
    }
    await bob.sync.syncNow();
    expect(bob.digest(room)).toBe(ada.digest(room));
  }
});
