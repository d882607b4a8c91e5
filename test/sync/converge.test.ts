import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createFolderTransport } from '../../main/sync/folder.ts';
import { ledgerState, listNotShared, notShared } from '../../main/sync/ledger.ts';
import type { DeviceId } from '../../shared/domain/ids.ts';
import { openDevice, type Device } from './support/device.ts';
import { orgNamed, roomNamed } from './support/lines.ts';

const org = orgNamed('org');
const room = roomNamed('room');
const open: Device[] = [];
const places: string[] = [];
afterEach(async () => {
  for (const device of open.splice(0)) await device.close();
  for (const place of places.splice(0)) rmSync(place, { recursive: true, force: true });
});
const folder = (): string => {
  const place = mkdtempSync(join(tmpdir(), 'bw-share-'));
  places.push(place);
  return place;
};
const device = (name: string): Device => {
  const made = openDevice(name, (kind, place, dev) =>
    kind === 'folder' ? createFolderTransport(place, dev as DeviceId, randomBytes) : null,
  );
  open.push(made);
  return made;
};

test('two devices that share a folder converge, and the ledger says so', async () => {
  const place = folder();
  const [ada, bob] = [device('ada'), device('bob')];
  ada.note(room, 'disk is full');
  expect(notShared(ada.profile.store.read, null)).toBe(2);
  expect(ledgerState(ada.profile.store.read, room, ada.opened.log.device.id, 2)).toBe('only-here');
  expect((await ada.sync.addShare('folder', place, org)).ok).toBe(true);
  expect((await ada.sync.syncNow()).shares).toMatchObject([{ state: 'connected', onlyHere: 0, failure: null }]);
  expect(ledgerState(ada.profile.store.read, room, ada.opened.log.device.id, 2)).toBe('shared');
  expect((await bob.sync.joinShare('folder', place)).ok).toBe(true);
  await bob.sync.syncNow();
  expect(bob.digest(room)).toBe(ada.digest(room));
  bob.note(room, 'freed some');
  ada.note(room, 'still full');
  expect(listNotShared(bob.profile.store.read, bob.opened.log, 500)).toMatchObject([
    { seq: 1, state: 'only-here' },
    { seq: 2 },
  ]);
  await bob.sync.syncNow();
  await ada.sync.syncNow();
  await bob.sync.syncNow();
  for (const log of [org, room]) {
    expect(bob.heads(log)).toBe(ada.heads(log));
    expect(bob.digest(log)).toBe(ada.digest(log));
  }
  expect(notShared(bob.profile.store.read, null)).toBe(0);
  expect(bob.sync.devices().map(({ dev }) => dev)).toEqual([ada.opened.log.device.id]);
});
