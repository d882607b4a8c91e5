import { afterEach, describe, expect, it } from 'vitest';
import { err, ok } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { dbx, statementKind } from '../../main/databricks/statements.ts';
import { callsOnly, type Collector } from '../../main/lake/collector.ts';
import { overDayLimit } from '../../main/lake/day-limit.ts';
import { createPacking } from '../../main/lake/packing.ts';
import { putEdge } from '../../main/store/lake.ts';
import { collectNow, fakeWorkspace, instantAt, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

/** Counting what a packing would bring: when it goes out, and when what is known will do. */
const room = 'inc:00000000000000000000000000000005';
const minute = 60_000;
const kind = statementKind('test.count', 'read', 'a count');
const meta = { when: 'pack', features: [], needs: [], preview: null, latenessMs: 0, retentionDays: null } as const;
const empty = { cursor: null, completeTo: null, missingColumns: [], note: null } as const;
const bySql: Collector = {
  source: 'test.sql', label: 'By SQL', table: null, meta,
  estimate: async ({ workspace, options }) => {
    const found = await workspace.warehouse.query(kind(dbx`SELECT 1`, {}), options);
    return found.ok ? ok({ rows: 3, statements: 1, counted: true }) : found;
  },
  collect: async ({ workspace, options }) => {
    const found = await workspace.warehouse.query(kind(dbx`SELECT 2`, {}), options);
    return found.ok ? ok(empty) : found;
  },
}; // prettier-ignore
const byRest: Collector = {
  source: 'rest.test', label: 'By REST', table: null, meta: { ...meta, probe: { method: 'GET', path: '/probe' } },
  estimate: () => Promise.resolve(ok(callsOnly(2))),
  collect: async ({ workspace, options }) => {
    for (const path of ['/a', '/b']) await workspace.rest.call({ method: 'GET', path }, options);
    return ok(empty);
  },
}; // prettier-ignore

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const rig = () => {
  let now = collectNow;
  const { store, close } = temporaryStore(() => now);
  cleanups.push(close);
  const asked: string[] = [];
  let assets = ['job|7|9' as AssetId];
  let capped = false;
  const { workspace } = fakeWorkspace({});
  const through: typeof workspace = {
    ...workspace,
    warehouse: {
      ...workspace.warehouse,
      query: (statement, options) => {
        if (capped && options?.byItself === true) return Promise.resolve(err(overDayLimit));
        asked.push(statement.text);
        now += 100;
        return Promise.resolve(rowPage([]));
      },
    },
    rest: {
      ...workspace.rest,
      call: ({ path }) => {
        asked.push(path);
        now += 10;
        return Promise.resolve(ok({}));
      },
    },
  };
  const packing = createPacking({
    workspaces: () => [through], store, clock: { now: () => now }, log: () => undefined, breathe: () => Promise.resolve(),
    assetsOf: () => assets, limits: () => ({ rows: 1e6, bytes: 1e9 }), changed: () => undefined, collectors: [bySql, byRest],
  }); // prettier-ignore
  const request = { room, hops: 1, from: instantAt(collectNow - 86_400_000), to: null };
  const during = async (does: () => unknown): Promise<readonly string[]> => {
    asked.length = 0;
    await does();
    await packing.settled();
    return [...asked];
  };
  return {
    packing, during, store,
    count: (byItself: boolean) => packing.estimate({ ...request, byItself }),
    pack: (byHand = false) => packing.start({ ...request, byHand }),
    pass: (ms: number) => (now += ms),
    widen: () => (assets = [...assets, 'job|7|10' as AssetId]),
    cap: () => (capped = true),
  }; // prettier-ignore
};
const counting = ['SELECT 1', '/probe'];
const reading = ['SELECT 2', '/a', '/b'];

describe('counting what a packing would bring', () => {
  it('tells what it took, and times statements and calls apart', async () => {
    const { count } = rig();
    const found = await count(false);
    expect(found).toMatchObject({
      ok: true,
      value: { rows: 3, statements: 1, calls: 2, spent: { statements: 1, calls: 1 }, at: instantAt(collectNow), uncounted: [] },
    }); // prettier-ignore
    // 100 ms and twice 10 ms, and next to nothing for the rows.
    if (found.ok) expect(Math.abs(found.value.ms - 120)).toBeLessThan(2);
  });

  it('by itself only when nothing is known of the same; whenever a person asks', async () => {
    const { count, during, pass, widen } = rig();
    expect(await during(() => count(true))).toEqual(counting);
    pass(20 * minute);
    expect(await during(() => count(true))).toEqual([]);
    expect(await during(() => count(false))).toEqual(counting);
    widen();
    expect(await during(() => count(true))).toEqual(counting);
    pass(31 * minute);
    expect(await during(() => count(true))).toEqual(counting);
  });

  it('is not done twice for one packing, and not at all before fetching by itself what is new', async () => {
    const { count, during, pack, pass } = rig();
    await count(true);
    expect(await during(() => pack())).toEqual(reading);
    pass(minute);
    expect(await during(() => pack())).toEqual(reading);
    expect(await during(() => pack(true))).toEqual([...counting, ...reading]);
  });

  it('says how far it is followed where a hub has more neighbours than a walk goes on from, before and after packing', async () => {
    const { packing, store, widen } = rig();
    const request = { room, hops: 3, from: instantAt(collectNow - 86_400_000), to: null };
    const link = (from: string, to: string): void =>
      void store.transaction<null>((db) => {
        putEdge(db, {
          from_asset: from, to_asset: to, source: 's', via: '', first_seen: instantAt(collectNow), last_seen: instantAt(collectNow),
        }); // prettier-ignore
        return ok(null);
      });
    link('job|7|9', 'table|ms|a.b.hub');
    for (let n = 0; n < 1_900; n += 1) link('table|ms|a.b.hub', `table|ms|a.b.t${n}`);
    link('table|ms|a.b.t7', 'table|ms|a.b.beyond');
    expect(await packing.estimate(request)).toMatchObject({ ok: true, value: { reach: 3, leftOut: 0 } });
    for (let n = 1_900; n < 2_100; n += 1) link('table|ms|a.b.hub', `table|ms|a.b.t${n}`);
    expect(await packing.estimate(request)).toMatchObject({ ok: true, value: { reach: 2, leftOut: 0 } });
    const packed = async () => {
      packing.start(request);
      await packing.settled();
      return packing.pack(store.read, room);
    };
    expect(await packed()).toMatchObject({ hops: 3, reach: 2, leftOut: 0, assets: 2_102 });
    // By itself it is not counted anew, and yet it says what it followed.
    widen();
    for (let n = 0; n < 2_100; n += 1) link('job|7|10', `table|ms|a.c.t${n}`);
    expect(await packed()).toMatchObject({ hops: 3, reach: 1 });
  });

  it('after a packing only for another choice; for the same one a person presses', async () => {
    const { count, during, pack, packing } = rig();
    await during(() => pack());
    const refused = await during(async () => {
      expect(await count(true)).toMatchObject({ ok: false, error: { tag: 'NotByItself' } });
    });
    expect(refused).toEqual([]);
    const farther = { room, hops: 2, from: instantAt(collectNow - 86_400_000), to: null, byItself: true };
    expect(await during(() => packing.estimate(farther))).toEqual(counting);
    expect(await during(() => count(false))).toEqual(counting);
    // What the person had counted is known.
    const known = await during(async () => {
      expect(await count(true)).toMatchObject({ ok: true });
    });
    expect(known).toEqual([]);
  });

  it('at the limit of the day goes out only when a person asks', async () => {
    const { count, during, cap } = rig();
    cap();
    const asked = await during(async () => {
      expect(await count(true)).toMatchObject({ ok: false, error: { code: 'DAILY_LIMIT' } });
    });
    expect(asked).toEqual([]);
    expect(await during(() => count(false))).toEqual(counting);
  });

  it('what was counted tells the card how much is expected, in rows and in calls', async () => {
    const { during, pack, packing, store } = rig();
    await during(() => pack());
    const sources = packing.pack(store.read, room)?.sources ?? [];
    expect(sources.map((one) => [one.source, one.expected, one.rows, one.statements, one.calls])).toEqual([
      ['rest.test', 2, 0, 0, 2],
      ['test.sql', 3, 0, 1, 0],
    ]);
  });
});
