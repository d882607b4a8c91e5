import { expect, test } from 'vitest';
import { createOrg } from '../../main/log/org.ts';
import { cursorOf } from '../../main/store/sync.ts';
import { parseCursor } from '../../main/sync/delta-rows.ts';
import type { LoopTimes } from '../../main/sync/loop.ts';
import { ledgerState, notShared } from '../../main/sync/ledger.ts';
import { manualTimers, openDevice } from './support/device.ts';
import { orgNamed } from './support/lines.ts';
import { adopt, all, delta, device, org, quarantine, room, shared } from './support/scene.ts';

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
  const lonely = adopt(openDevice('lonely', () => null));
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
