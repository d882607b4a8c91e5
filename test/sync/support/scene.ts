import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { createDeltaTransport } from '../../../main/sync/delta.ts';
import { createFolderTransport } from '../../../main/sync/folder.ts';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import { FakeDelta } from './fake-delta.ts';
import { openDevice, seededBytes, type Device, type DeviceOptions } from './device.ts';
import { orgNamed, roomNamed } from './lines.ts';

/** Real profiles around one modelled table and real folders; everything is closed and removed after each test. */
export const org = orgNamed('org');
export const room = roomNamed('room');
/** The table of the running test. */
export let delta: FakeDelta;
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
export const temporary = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'bw-engine-'));
  dirs.push(dir);
  return dir;
};
export const device = (name: string, options: DeviceOptions = {}): Device => {
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
export const shared = async (...names: readonly string[]): Promise<Device[]> => {
  const devices = names.map((name) => device(name));
  for (const [index, one] of devices.entries()) {
    const set =
      index === 0 ? await one.sync.addShare('delta', 'main.s', org) : await one.sync.joinShare('delta', 'main.s');
    if (!set.ok) throw new Error(set.error.what);
  }
  return devices;
};
export const all = async (devices: readonly Device[], turns = 2): Promise<void> => {
  for (let turn = 0; turn < turns; turn += 1) for (const one of devices) await one.sync.syncNow();
};
export const quarantine = (one: Device): readonly string[] =>
  one.profile.store.read
    .all<{ tag: string }>({ text: 'SELECT tag FROM quarantine', values: [] } as never)
    .map(({ tag }) => tag);

/** Close a device before its test ends, as when the program is quit. */
export const quit = async (one: Device): Promise<void> => {
  await one.close();
  open = open.filter((other) => other !== one);
};
/** A device that a test opened by other means is closed with the others. */
export const adopt = (one: Device): Device => {
  open.push(one);
  return one;
};
