import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ok } from '../../shared/base/result.ts';
import { toInstant } from '../../shared/base/time.ts';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import type { Collected, CollectedFact } from '../../main/lake/collector.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import { storeBatch } from '../../main/lake/store-batch.ts';
import { alreadyHeld, putFacts, storedFacts } from '../../main/store/fact-batch.ts';
import { countFacts, factsPage, forgetBefore, type FactRow } from '../../main/store/lake.ts';
import { forgetPlace } from '../../main/store/places.ts';
import { migrations } from '../../main/store/migrations/index.ts';
import type { Store } from '../../main/store/port.ts';
import { sql } from '../../main/store/sql.ts';
import { openStore } from '../../main/store/store.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
const place = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-numbers-'));
  folders.push(folder);
  return join(folder, 'breakwater.db');
};
const opened = (path: string, upTo = 1_000): Store => {
  const known = migrations.filter(({ version }) => version <= upTo);
  const store = openStore(path, { clock: { now: () => 0 }, log: () => undefined, migrations: known });
  if (!store.ok) throw new Error(store.error.what);
  return store.value;
};
const minute = (n: number): string => toInstant(Date.UTC(2026, 0, 1) + n * 60_000);
const row = (id: string, at: number, assets: readonly string[], kind = 'run'): FactRow => ({
  id, kind, source: 's', workspace: '7', region: null, happened: minute(at), observed: minute(at), complete_to: null,
  assets: JSON.stringify(assets), title: id, data: '{}',
}); // prettier-ignore
const put = (store: Store, rows: readonly FactRow[]): void => {
  store.transaction((db) => {
    const known = storedFacts(db, rows.map(({ id }) => id)); // prettier-ignore
    putFacts(
      db,
      rows.map((one) => ({ row: one, assets: JSON.parse(one.assets) as string[], old: known.get(one.id) ?? null })),
    );
    return ok(null);
  });
};
/** Everything goes; numbers are given again from the first. */
const cleared = (store: Store): void => {
  store.transaction((db) => {
    forgetPlace(db, { workspace: '7', metastore: 'm', region: 'eu' });
    return ok(null);
  });
};
const all = { assets: null, kinds: null, from: null, to: null, before: null, limit: 500 };

describe('a profile of before', () => {
  it('keeps its facts, where they stand, and what its rooms hold', () => {
    const path = place();
    const before = opened(path, 80);
    before.transaction((db) => {
      for (const one of [row('a', 1, ['x', 'y']), row('b', 2, ['x']), row('c', 3, [])]) {
        db.run(sql`INSERT INTO lake_fact (id, kind, source, workspace, happened, observed, assets, title, data)
          VALUES (${one.id}, ${one.kind}, 's', '7', ${one.happened}, ${one.observed}, ${one.assets}, ${one.title}, '{}')`);
        for (const asset of JSON.parse(one.assets) as string[])
          db.run(sql`INSERT INTO lake_fact_asset (asset, happened, id) VALUES (${asset}, ${one.happened}, ${one.id})`);
      }
      // The last is of a fact that is gone: its number will be given again.
      for (const fact of [1, 3, 9]) db.run(sql`INSERT INTO pack_fact (pack, fact) VALUES (5, ${fact})`);
      return ok(null);
    });
    before.close();
    const { read, close } = opened(path);
    expect(factsPage(read, { ...all, assets: ['x'] }).map(({ id }) => id)).toEqual(['b', 'a']);
    expect(factsPage(read, { ...all, assets: ['y'] })).toEqual([row('a', 1, ['x', 'y'])]);
    expect(factsPage(read, all).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
    expect([...alreadyHeld(read, 5, [1, 2, 3, 9])]).toEqual([1, 3]);
    close();
  });
});

describe('pages of facts', () => {
  it('are the same as of all facts in order, whatever assets, kinds, times and sizes', () => {
    const assets = ['x', 'y', 'z', 'odd\u0000one', 'odd\u0000two'];
    const some = fc.record({
      at: fc.integer({ min: 0, max: 12 }),
      assets: fc.uniqueArray(fc.constantFrom(...assets), { maxLength: 4 }),
      kind: fc.constantFrom('run', 'audit', 'schema'),
    });
    const asked = fc.record({
      assets: fc.option(fc.uniqueArray(fc.constantFrom(...assets, 'nowhere'), { minLength: 1, maxLength: 3 })),
      kinds: fc.option(fc.uniqueArray(fc.constantFrom('run', 'audit', 'schema'), { minLength: 1 })),
      from: fc.option(fc.integer({ min: 0, max: 8 })),
      to: fc.option(fc.integer({ min: 4, max: 12 })),
      limit: fc.integer({ min: 1, max: 9 }),
    });
    const store = opened(place());
    fc.assert(
      fc.property(
        fc.array(some, { maxLength: 40 }),
        fc.array(some, { maxLength: 20 }),
        asked,
        (first, again, query) => {
          cleared(store);
          const rows = (list: typeof first) => list.map((one, n) => row(`f${n}`, one.at, one.assets, one.kind));
          put(store, rows(first));
          // Some of them change their time, assets and kind: they stand in one place only.
          put(store, rows(again));
          const now = [...new Map([...rows(first), ...rows(again)].map((one) => [one.id, one])).values()];
          const wanted = now
            .filter(
              (one) =>
                (query.assets === null || query.assets.some((asset) => one.assets.includes(JSON.stringify(asset)))) &&
                (query.kinds?.some((kind) => kind === one.kind) ?? true) &&
                (query.from === null || one.happened >= minute(query.from)) &&
                (query.to === null || one.happened <= minute(query.to)),
            )
            .sort((a, b) => (b.happened + b.id < a.happened + a.id ? -1 : 1));
          const where = {
          assets: query.assets, kinds: query.kinds, limit: query.limit,
          from: query.from === null ? null : minute(query.from), to: query.to === null ? null : minute(query.to),
        }; // prettier-ignore
          const found: FactRow[] = [];
          for (let before: { happened: string; id: string } | null = null; ;) {
            const page: readonly FactRow[] = factsPage(store.read, { ...where, before });
            expect(page.length).toBeLessThanOrEqual(query.limit);
            found.push(...page);
            const last = page.at(-1);
            if (last === undefined) break;
            before = { happened: last.happened, id: last.id };
          }
          expect(found).toEqual(wanted);
          expect(countFacts(store.read, where)).toBe(wanted.length);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('a batch', () => {
  const fact = (n: number, id: string, asset: string): LakeFact => ({
    id: `run|7|${id}` as FactId, kind: 'run', source: 's', workspace: '7', happenedAt: minute(n), observedAt: minute(0), completeTo: null,
    assets: [`job|7|${asset}` as AssetId], title: id, data: { seen: [n] },
  }); // prettier-ignore
  const added = (old: LakeFact, next: LakeFact): LakeFact => ({
    ...next,
    happenedAt: old.happenedAt > next.happenedAt ? old.happenedAt : next.happenedAt,
    data: { seen: [...new Set([old.data['seen'], next.data['seen']].flat())].toSorted() as number[] },
  });
  const step = { cursor: null, completeTo: null, missingColumns: [], note: null } satisfies Collected;
  const stored = (store: Store, batches: readonly (readonly CollectedFact[])[]) => {
    cleared(store);
    const sums = { changed: 0, bytes: 0 };
    for (const facts of batches)
      store.transaction((db) => {
        const { changed, bytes } = storeBatch(db, { ...step, facts }, 'eu', 1);
        sums.changed += changed;
        sums.bytes += bytes;
        return ok(null);
      });
    const rows = factsPage(store.read, all);
    const found = ['1', '2', '3'].map((asset) =>
      factsPage(store.read, { ...all, assets: [`job|7|${asset}`] }).map(({ id }) => id),
    );
    const held = store.read.first<{ n: number }>(sql`SELECT count(*) AS n FROM pack_fact WHERE pack = 1`)?.n;
    return { rows, found, held, ...sums };
  };

  it('stores the same as its facts one by one, also where a fact comes twice in it', () => {
    const one = fc.record({
      n: fc.integer({ min: 1, max: 9 }),
      id: fc.constantFrom('a', 'b', 'c', 'd', '\ud800'),
      asset: fc.constantFrom('1', '2', '3'),
      onlyIfKnown: fc.boolean(),
    });
    const store = opened(place());
    fc.assert(
      fc.property(fc.array(one, { maxLength: 45 }), (list) => {
        const facts = list.map(({ n, id, asset, onlyIfKnown }): CollectedFact => ({
          fact: fact(n, id, asset), merge: added, onlyIfKnown,
        })); // prettier-ignore
        expect(stored(store, [facts])).toEqual(
          stored(
            store,
            facts.map((each) => [each]),
          ),
        );
      }),
      { numRuns: 60 },
    );
    store.close();
  });

  it('keeps what lies in another region when a place is forgotten, under the same number of a workspace too', () => {
    const store = opened(place());
    const regions = ['eu', 'us', null];
    put(store, ['0', '7'].flatMap((workspace) => regions.map((region) => ({ ...row(`${workspace} ${region}`, 1, ['x']), workspace, region })))); // prettier-ignore
    store.transaction((db) => ok(forgetPlace(db, { workspace: '7', metastore: null, region: 'us' })));
    expect(
      factsPage(store.read, all)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(['0 eu', '0 null', '7 eu']);
    store.transaction((db) => ok(forgetPlace(db, { workspace: '0', metastore: null, region: null })));
    expect(
      factsPage(store.read, all)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(['0 eu', '7 eu']);
    store.close();
  });

  it('leaves no hold and no place behind of facts that go', () => {
    const store = opened(place());
    const count = (table: 'lake_key' | 'pack_fact' | 'lake_fact_asset') =>
      store.read.first<{ n: number }>(
        table === 'lake_key'
          ? sql`SELECT count(*) AS n FROM lake_key`
          : table === 'pack_fact'
            ? sql`SELECT count(*) AS n FROM pack_fact`
            : sql`SELECT count(*) AS n FROM lake_fact_asset`,
      )?.n;
    store.transaction((db) => {
      storeBatch(db, { ...step, facts: [{ fact: fact(1, 'a', '1') }] }, null, 1);
      storeBatch(db, { ...step, facts: [{ fact: fact(1, 'b', '2') }] }, null, null);
      return ok(null);
    });
    store.transaction((db) => ok(forgetBefore(db, minute(5))));
    expect([count('lake_key'), count('pack_fact'), count('lake_fact_asset')]).toEqual([1, 1, 1]);
    store.transaction((db) => ok(forgetPlace(db, { workspace: '7', metastore: 'm', region: null })));
    expect([count('lake_key'), count('pack_fact'), count('lake_fact_asset')]).toEqual([0, 0, 0]);
    store.close();
  });
});

describe('moments as text', () => {
  it('are what Date says, day after day and within one', () => {
    const edge = 8.64e15;
    fc.assert(
      fc.property(
        fc.double({ min: -edge, max: edge, noNaN: true }),
        fc.array(fc.integer({ min: -172_800_000, max: 172_800_000 }), { maxLength: 8 }),
        (start, steps) => {
          for (const at of [start, ...steps.map((by) => start + by)].filter((ms) => Math.abs(ms) <= edge))
            expect(toInstant(at)).toBe(new Date(at).toISOString());
        },
      ),
    );
    for (const none of [Number.NaN, Infinity, edge + 1, -edge - 1]) expect(() => toInstant(none)).toThrow(RangeError);
  });
});
