// A profile of before facts were indexed by numbers: all that it holds is there after the update, also when the machine goes
// out in the middle of it, and its pages are as fast as those of a new one.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ok } from '../../shared/base/result.ts';
import { toInstant } from '../../shared/base/time.ts';
import { alreadyHeld, storedFacts } from '../../main/store/fact-batch.ts';
import { assetRow, assetsWithFacts, countFacts, edgesOf, factsPage, putAsset, putEdge } from '../../main/store/lake.ts';
import { migrations } from '../../main/store/migrations/index.ts';
import { heldCount, packOf, packSources, putPack, releasePack } from '../../main/store/packs.ts';
import type { Store } from '../../main/store/port.ts';
import { sql } from '../../main/store/sql.ts';
import { openStore } from '../../main/store/store.ts';

const script = new URL('../support/upgrade-store.ts', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'bw-upgrade-'));
const old = join(folder, 'old.db');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const facts = 6_000;
const jobs = 20;
const room = 'inc:00000000000000000000000000000001';
const tooOld = 'Older than the workspace keeps (365 days): what was before 2025-12-18 may be missing.';
const minute = (n: number): string => toInstant(Date.UTC(2026, 0, 1) + n * 60_000);
const assetsOf = (n: number): readonly string[] =>
  // Every tenth names two, one in a hundred none.
  n % 100 === 7 ? [] : n % 10 === 0 ? [`job|7|${n % jobs}`, 'table|m|a.b.c'] : [`job|7|${n % jobs}`];
const kindOf = (n: number): string => (n % 7 === 0 ? 'change' : 'run');

const opened = (path: string, upTo = 1_000): Store => {
  const known = migrations.filter(({ version }) => version <= upTo);
  const store = openStore(path, { clock: { now: () => 0 }, log: () => undefined, migrations: known });
  if (!store.ok) throw new Error(store.error.what);
  return store.value;
};

beforeAll(() => {
  const store = opened(old, 80);
  store.transaction((db) => {
    for (let n = 0; n < facts; n += 1) {
      const named = assetsOf(n);
      db.run(sql`INSERT INTO lake_fact (id, kind, source, workspace, region, happened, observed, complete_to, assets, title, data)
        VALUES (${`run|7|${n}`}, ${kindOf(n)}, 's', '7', 'eu', ${minute(n)}, ${minute(n)}, ${minute(facts)}, ${JSON.stringify(named)},
          ${`Run ${n}`}, ${JSON.stringify({ n })})`);
      for (const asset of named)
        db.run(sql`INSERT INTO lake_fact_asset (asset, happened, id) VALUES (${asset}, ${minute(n)}, ${`run|7|${n}`})`);
    }
    for (let n = 0; n < jobs; n += 1)
      putAsset(db, { asset: `job|7|${n}`, name: `Job ${n}`, detail: 'job', changed: minute(0), gone: 0 });
    putEdge(db, {
      from_asset: 'job|7|1', to_asset: 'table|m|a.b.c', source: 's', via: '', first_seen: minute(0), last_seen: minute(9),
    }); // prettier-ignore
    putPack(db, {
      room, state: 'done', scope: '["job|7|1"]', hops: 3, reach: 3, since: minute(0), until: null, started: minute(0),
      finished: minute(1), totals: '{}', note: null,
    }); // prettier-ignore
    db.run(sql`INSERT INTO pack_source (pack, source, workspace, state, cursor, complete_to, observed, since, covered, missing, note,
        rows, bytes, statements, pages, expected)
      VALUES (1, 's', '7', 'done', ${minute(5)}, ${minute(5)}, ${minute(6)}, ${minute(0)}, '["job|7|1"]', '[]', NULL, 5, 6, 7, 8, 9),
        (1, 't', '7', 'left-out', NULL, NULL, ${minute(6)}, ${minute(0)}, '[]', '[]', ${`3 rows were cut. ${tooOld}`}, 5, 6, 7, 8, 9)`);
    db.run(sql`INSERT INTO pack_fact (pack, fact) SELECT 1, rid FROM lake_fact WHERE rid % 3 = 0`);
    return ok(null);
  });
  store.close();
});

/** Everything that stood in the old file, asked through what the program asks with. */
const expectWhole = (path: string): void => {
  const store = opened(path);
  const { read } = store;
  const expected = Array.from({ length: facts }, (_, n) => facts - 1 - n);
  const ids = (list: readonly number[]): readonly string[] => list.map((n) => `run|7|${n}`);
  const asked = { kinds: null, from: null, to: null };
  const page = { ...asked, before: null, limit: facts };
  const all = factsPage(read, { ...page, assets: null });
  expect(all.map(({ id }) => id)).toEqual(ids(expected));
  expect(all[0]).toEqual({
    id: `run|7|${facts - 1}`, kind: kindOf(facts - 1), source: 's', workspace: '7', region: 'eu', happened: minute(facts - 1),
    observed: minute(facts - 1), complete_to: minute(facts), assets: JSON.stringify(assetsOf(facts - 1)), title: `Run ${facts - 1}`,
    data: JSON.stringify({ n: facts - 1 }),
  }); // prettier-ignore
  for (const asset of ['job|7|0', 'job|7|7', 'table|m|a.b.c'])
    for (const kinds of [null, ['change']]) {
      const wanted = expected.filter((n) => assetsOf(n).includes(asset) && (kinds?.includes(kindOf(n)) ?? true));
      expect(factsPage(read, { ...page, kinds, assets: [asset] }).map(({ id }) => id)).toEqual(ids(wanted));
      expect(countFacts(read, { ...asked, kinds, assets: [asset] })).toBe(wanted.length);
    }
  expect(assetsWithFacts(read, 'job', 100)).toHaveLength(jobs);
  expect(assetRow(read, 'job|7|3')?.name).toBe('Job 3');
  expect(edgesOf(read, ['job|7|1'])).toHaveLength(1);
  const pack = packOf(read, room);
  expect(pack).toMatchObject({ id: 1, state: 'done', scope: '["job|7|1"]' });
  expect(packSources(read, 1)).toMatchObject([
    { cursor: minute(5), covered: '["job|7|1"]', rows: 5, calls: 0, facts: null, links: null, lost_before: null },
    { note: `3 rows were cut. ${tooOld}`, lost_before: '2025-12-18T00:00:00.000Z' },
  ]);
  const numbers = [...storedFacts(read, ids(expected)).values()].map(({ rid }) => rid);
  const held = numbers.filter((rid) => rid % 3 === 0);
  expect([...alreadyHeld(read, 1, numbers)].toSorted((a, b) => a - b)).toEqual(held.toSorted((a, b) => a - b));
  expect(heldCount(read, 1)).toBe(facts / 3);
  expect(store.check()).toEqual([]);
  // And it can let go of them.
  store.transaction((db) => ok(releasePack(db, 1, { time: minute(0), sources: ['s'], cited: ['run|7|2'] })));
  expect(countFacts(read, { ...asked, assets: null })).toBe(facts - facts / 3 + 1);
  store.close();
};

describe('a profile of before numbers', () => {
  it('opens with everything that it held', () => {
    const path = join(folder, 'once.db');
    copyFileSync(old, path);
    expectWhole(path);
  });

  it('is as it was when the update is killed at any of its statements, and updates at the next start', () => {
    for (let statements = 0; statements <= 13; statements += 1) {
      const path = join(folder, `killed-${statements}.db`);
      copyFileSync(old, path);
      const { signal, stdout } = spawnSync(process.execPath, [script, path, String(statements)], { encoding: 'utf8' });
      expect([signal, stdout]).toEqual(['SIGKILL', '']);
      if (statements % 2 === 0) {
        // The version of before still opens it, and finds its facts.
        const before = opened(path, 80);
        const places = before.read.first<{ n: number }>(sql`SELECT count(*) AS n FROM lake_fact_asset WHERE id <> ''`);
        expect(places?.n).toBe(Array.from({ length: facts }, (_, n) => assetsOf(n).length).reduce((a, b) => a + b, 0));
        before.close();
      }
      expectWhole(path);
    }
  }, 240_000);

  it('shows a page of an asset with 100 times the facts as fast', () => {
    const path = join(folder, 'large.db');
    copyFileSync(old, path);
    const before = opened(path, 80);
    before.transaction((db) => {
      db.run(sql`WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 40000)
        INSERT INTO lake_fact (id, kind, source, workspace, region, happened, observed, complete_to, assets, title, data)
        SELECT 'query|7|' || n, 'query', 's', '7', 'eu', printf('2025-01-01T00:00:%05d', n), '2025', '2025',
          iif(n % 100 = 0, '["few"]', '["many"]'), 'A query', '{}' FROM n`);
      db.run(sql`INSERT INTO lake_fact_asset (asset, happened, id)
        SELECT json_extract(assets, '$[0]'), happened, id FROM lake_fact WHERE kind = 'query'`);
      return ok(null);
    });
    before.close();
    const { read, close } = opened(path);
    const page = (asset: string) =>
      factsPage(read, { assets: [asset], kinds: ['query'], from: null, to: null, before: null, limit: 50 });
    const fastest = (asset: string): number =>
      Math.min(
        ...Array.from({ length: 30 }, () => {
          const began = performance.now();
          expect(page(asset)).toHaveLength(50);
          return performance.now() - began;
        }),
      );
    page('many');
    expect(fastest('many')).toBeLessThan(10 * fastest('few'));
    close();
  });
});
