// Commits that do not wait for the disk: what a loss of power takes of them is their end, and whole commits only.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { err, ok } from '../../shared/base/result.ts';
import type { Store } from '../../main/store/port.ts';
import { getSetting, setSetting } from '../../main/store/settings.ts';
import { sql } from '../../main/store/sql.ts';
import { openStore } from '../../main/store/store.ts';
import { putFact } from '../support/facts.ts';

const folder = mkdtempSync(join(tmpdir(), 'bw-later-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const opened = (path: string): Store => {
  const store = openStore(path, { clock: { now: () => 0 }, log: () => undefined });
  if (!store.ok) throw new Error(store.error.what);
  return store.value;
};
const waits = (store: Store): boolean =>
  store.read.first<{ n: number }>(sql`SELECT synchronous AS n FROM pragma_synchronous`)?.n === 2;
const facts = (store: Store): number =>
  store.read.first<{ n: number }>(sql`SELECT count(*) AS n FROM lake_fact`)?.n ?? 0;

it('only they do not wait, however they end', () => {
  const store = opened(join(folder, 'waits.db'));
  const seen: boolean[] = [];
  const look = () => {
    seen.push(waits(store));
    return ok(null);
  };
  store.transaction(look);
  store.transaction(look, 'later');
  expect(store.transaction(() => err('no'), 'later')).toEqual(err('no'));
  store.transaction(look, 'at-once');
  expect(() =>
    store.transaction(() => {
      throw new RangeError('bug');
    }, 'later'),
  ).toThrow('bug');
  look();
  expect(seen).toEqual([true, false, true, true]);
  store.close();
});

it('a cursor is never ahead of its rows, wherever the log breaks off', () => {
  const path = join(folder, 'whole.db');
  const store = opened(path);
  const batch = 40;
  for (let n = 1; n <= 12; n += 1)
    store.transaction((db) => {
      for (let at = 0; at < batch; at += 1)
        putFact(
          db,
          {
            id: `run|7|${n}-${at}`, kind: 'run', source: 's', workspace: '7', region: null, happened: `2026-01-0${(n % 9) + 1}`,
            observed: '2026', complete_to: null, assets: '["job|7|9"]', title: 'A run', data: JSON.stringify({ text: 'x'.repeat(300) }),
          }, // prettier-ignore
          ['job|7|9'],
        );
      setSetting(db, 'cursor', n * batch);
      return ok(null);
    }, 'later');
  // As the power goes: the main file as it is, and of the log what had reached the disk.
  const log = readFileSync(`${path}-wal`);
  const main = join(folder, 'main.db');
  copyFileSync(path, main);
  store.close();
  const found = new Set<number>();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: log.length }), fc.boolean(), (at, hole) => {
      const cut = join(folder, 'cut.db');
      copyFileSync(main, cut);
      // Parts of it may also reach the disk in another order than they were written in.
      const left = hole
        ? Buffer.concat([log.subarray(0, at), Buffer.alloc(512), log.subarray(at + 512)])
        : log.subarray(0, at);
      writeFileSync(`${cut}-wal`, left);
      rmSync(`${cut}-shm`, { force: true });
      const again = opened(cut);
      const cursor = getSetting(again.read, 'cursor') ?? 0;
      expect(facts(again)).toBe(cursor);
      expect(again.check()).toEqual([]);
      found.add(Number(cursor));
      again.close();
    }),
    { numRuns: 40 },
  );
  // It did break off in the middle.
  expect(found.size).toBeGreaterThan(3);
}, 60_000);
