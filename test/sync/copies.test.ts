import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exportFile, importFile } from '../../main/sync/file-exchange.ts';
import { ledgerState } from '../../main/sync/ledger.ts';
import { all, device, org, quarantine, quit, room, temporary } from './support/scene.ts';

test('a profile restored from an old copy gets a new key and loses nothing', async () => {
  const dir = temporary();
  const copy = join(temporary(), 'copy');
  const ada = device('ada', { dir });
  await ada.sync.addShare('delta', 'main.s', org);
  ada.note(room, 'first');
  await ada.sync.syncNow();
  await quit(ada);
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
  await quit(ada);
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

test('after a new key a folder is written under the new name', async () => {
  const folder = temporary();
  const dir = temporary();
  const copy = join(temporary(), 'copy');
  const ada = device('ada', { dir });
  ada.note(room, 'first');
  await ada.sync.addShare('folder', folder, org);
  await ada.sync.syncNow();
  await quit(ada);
  cpSync(dir, copy, { recursive: true });
  const later = device('ada', { dir });
  later.note(room, 'second');
  await later.sync.syncNow();
  const restored = device('ada', { dir: copy });
  await restored.sync.syncNow();
  restored.note(room, 'third');
  await restored.sync.syncNow();
  const fresh = restored.opened.log.device.id;
  expect(fresh).not.toBe(later.opened.log.device.id);
  expect(readdirSync(join(folder, room.replace(':', '-')))).toContain(fresh);
  await later.sync.syncNow();
  expect(later.digest(room)).toBe(restored.digest(room));
});
