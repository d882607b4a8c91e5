// A reader in the middle of many pages: what must hold wherever it was stopped.
import { expect } from 'vitest';
import { parseCursor, type DeltaCursor } from '../../../main/sync/delta-rows.ts';
import { cursorOf, eventHash } from '../../../main/store/sync.ts';
import type { DeviceId, LogId } from '../../../shared/domain/ids.ts';
import type { Device } from './device.ts';

/** A row of the events table: the version that committed it, and who it says it is. */
export type TableRow = { readonly cv: number; readonly dev: string; readonly seq: number; readonly hash: string };

/** Whether a cursor says that this row was read. */
const isBehind = (row: TableRow, { by, after, key }: DeltaCursor): boolean => {
  const upToKey =
    key === null ||
    (Buffer.compare(Buffer.from(row.dev), Buffer.from(key.dev)) || row.seq - key.seq || (row.hash > key.hash ? 1 : 0)) <= 0; // prettier-ignore
  if (by === 'whole') return key !== null && row.cv <= after && upToKey;
  return row.cv < after || (row.cv === after && upToKey);
};

/** How many events of a log a device holds; fails when a stream has a hole, an event twice, or another event than its head says. */
export const eventsHeld = (device: Device, log: LogId): number => {
  const { store } = device.profile;
  return device.opened.log.heads(store.read, log).reduce((sum, { dev, seq }) => {
    const events = device.opened.log.read(store.read, log, dev, 1, seq + 1_000);
    expect(new Set(events.map(({ line }) => line)).size).toBe(events.length);
    expect(events.length).toBe(seq);
    return sum + seq;
  }, 0);
};

/** No cursor ahead of stored entries, nothing twice, the file whole. Answers how many events of the log are held. */
export const expectSound = (device: Device, log: LogId, rows: readonly TableRow[]): number => {
  const { store } = device.profile;
  const [share] = device.sync.shares();
  const cursor = parseCursor(cursorOf(store.read, share?.id ?? '', log));
  const behind = cursor === null ? [] : rows.filter((row) => isBehind(row, cursor));
  const missing = behind.filter(({ dev, seq, hash }) => eventHash(store.read, log, dev as DeviceId, seq) !== hash);
  expect(missing).toEqual([]);
  expect(store.check()).toEqual([]);
  return eventsHeld(device, log);
};
