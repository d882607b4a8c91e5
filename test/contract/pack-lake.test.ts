import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Workspace } from '../../main/databricks/port.ts';
import { createLake } from '../../main/lake/lake.ts';
import { createPacking } from '../../main/lake/packing.ts';
import type { Pack, Packing, PackLimits, PackRequest } from '../../main/lake/packing-port.ts';
import type { Store } from '../../main/store/port.ts';
import { forgetBefore, putSource } from '../../main/store/lake.ts';
import { sql } from '../../main/store/sql.ts';
import { ok } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { practiceWorkspace, temporaryStore } from '../support/lakehouse.ts';
import { until } from '../support/browser.ts';
import { startPractice, type Practice } from '../support/practice.ts';

/** Packing a room from a practice world over the unmodified driver into a real store. */
const start = Date.now();
let later = 0;
const now = (): number => Date.now() + later;
const clock = { now };
const day = 86_400_000;
const room = 'inc:00000000000000000000000000000001';

let practice: Practice;
let workspace: Workspace;
let assets: readonly AssetId[];

type Rig = {
  readonly packing: Packing;
  readonly store: Store;
  readonly asked: string[];
  readonly close: () => Promise<void>;
};
let rig: Rig | undefined;

/** The workspace with every statement and call noted by name. */
const noted = (into: string[]): Workspace => ({
  ...workspace,
  warehouse: {
    ...workspace.warehouse,
    query: (statement, options) => {
      into.push(statement.name);
      return workspace.warehouse.query(statement, options);
    },
    pages: (statement, options) => {
      into.push(statement.name);
      return workspace.warehouse.pages(statement, options);
    },
  },
});

const open = async (limits: PackLimits = { rows: 500_000, bytes: 200e6 }, store?: Store): Promise<Rig> => {
  const own = store === undefined ? temporaryStore(now) : { store, close: () => undefined };
  const asked: string[] = [];
  const through = noted(asked);
  if (store === undefined) {
    const lake = createLake({ workspaces: () => [workspace], store: own.store, clock, log: () => undefined });
    expect((await lake.refresh({ assets })).ok).toBe(true);
  }
  const packing = createPacking({
    workspaces: () => [through],
    store: own.store,
    clock,
    log: () => undefined,
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    assetsOf: () => assets,
    limits: () => limits,
    changed: () => undefined,
  });
  rig = {
    packing,
    store: own.store,
    asked,
    close: async () => {
      await packing.stop();
      own.close();
    },
  };
  return rig;
};
const request = (change: Partial<PackRequest> = {}): PackRequest => ({
  room,
  hops: 3,
  from: new Date(start - 14 * day).toISOString(),
  to: null,
  ...change,
});
const packed = async ({ packing, store }: Rig): Promise<Pack> => {
  await packing.settled();
  const pack = packing.pack(store.read, room);
  if (pack === null) throw new Error('not packed');
  return pack;
};

beforeAll(async () => {
  practice = await startPractice({ seed: 1, fault: 'line' });
  workspace = practiceWorkspace(practice);
  const { metastoreId, workspaceId } = await workspace.identity().then((found) => {
    if (!found.ok) throw new Error(found.error.what);
    return found.value;
  });
  const [incident] = practice.truth.incidents;
  if (incident === undefined) throw new Error('no incident');
  assets = [
    `table|${metastoreId}|${incident.forecastTable}` as AssetId,
    `job|${workspaceId}|${incident.failedJob.id}` as AssetId,
  ];
}, 120_000);
afterEach(async () => {
  await practice.control({ release: true });
  later = 0;
  await rig?.close();
  rig = undefined;
});
afterAll(async () => {
  await workspace.close();
  await practice.close();
});

const sum = (pack: Pack, key: 'rows' | 'bytes' | 'statements'): number =>
  pack.sources.reduce((all, one) => all + one[key], 0);
const rowsOf = (pack: Pack, source: string): number => pack.sources.find((one) => one.source === source)?.rows ?? 0;
/** Held facts that are still stored. */
const heldHere = ({ store }: Rig): number =>
  store.read.first<{ readonly n: number }>(
    sql`SELECT count(*) AS n FROM pack_fact p JOIN lake_fact f ON f.rid = p.fact`,
  )?.n ?? 0;
const heldIn = ({ store }: Rig): number =>
  store.read.first<{ readonly n: number }>(sql`SELECT count(*) AS n FROM pack_fact`)?.n ?? 0;

describe('packing a room', () => {
  it('reads every source to its end, and says what is in it now and what was asked', { timeout: 120_000 }, async () => {
    const at = await open();
    at.packing.start(request());
    const pack = await packed(at);
    expect(pack).toMatchObject({ state: 'done', reach: 3, leftOut: 0, missing: [] });
    expect(sum(pack, 'rows')).toBeGreaterThan(500);
    expect(heldIn(at)).toBeGreaterThan(300);
    const facts = (of: Pack): number => of.sources.reduce((all, one) => all + (one.facts ?? 0), 0);
    expect(facts(pack)).toBe(heldIn(at));
    // An answer of REST is a call and no row, so a source of which nothing was kept shows nothing.
    const byRest = pack.sources.filter(({ source }) => source.startsWith('rest.'));
    expect(byRest.reduce((all, one) => all + one.calls, 0)).toBeGreaterThan(20);
    for (const one of byRest) expect([one.source, one.rows, one.statements]).toEqual([one.source, 0, 0]);
    // Packed once more: what is in stays what it is, what was asked is that of this time.
    at.packing.start(request());
    const again = await packed(at);
    expect(facts(again)).toBe(heldIn(at));
    expect(facts(again)).toBeGreaterThanOrEqual(facts(pack));
    expect(rowsOf(again, 'system.lakeflow.job_run_timeline')).toBeLessThan(
      rowsOf(pack, 'system.lakeflow.job_run_timeline') / 2,
    );
    expect(sum(again, 'statements')).toBeLessThan(sum(pack, 'statements') * 1.2);
  });

  it(
    'packs again by differences, and reads from the beginning only what came into scope',
    { timeout: 120_000 },
    async () => {
      const at = await open();
      at.packing.start(request({ hops: 1 }));
      const first = await packed(at);
      at.packing.start(request({ hops: 1 }));
      const again = await packed(at);
      // Histories and profiles are asked for their newest lines once more; what is ordered by time goes on at its cursor.
      expect(rowsOf(again, 'system.lakeflow.job_run_timeline')).toBeLessThan(
        rowsOf(first, 'system.lakeflow.job_run_timeline') * 0.5,
      );
      expect(sum(again, 'rows')).toBeLessThan(sum(first, 'rows'));
      const before = heldIn(at);
      at.packing.start(request({ hops: 3 }));
      const wider = await packed(at);
      expect(wider.assets).toBeGreaterThan(first.assets);
      // The same as a room that was packed with three hops at once.
      const held = heldIn(at);
      expect(held).toBeGreaterThan(before);
      await at.close();
      const other = await open();
      other.packing.start(request({ hops: 3 }));
      await packed(other);
      expect(held).toBe(heldIn(other));
    },
  );

  it('pauses at once, and goes on after a restart of the program where it stopped', { timeout: 120_000 }, async () => {
    const at = await open();
    await practice.control({ latencyMs: 60 });
    at.packing.start(request());
    await until(
      'the runs are read',
      () =>
        at.packing
          .pack(at.store.read, room)
          ?.sources.some((one) => one.source === 'system.lakeflow.job_run_timeline' && one.state === 'done') || null,
      30_000,
    );
    const began = performance.now();
    at.packing.pause(room);
    await at.packing.settled();
    expect(performance.now() - began).toBeLessThan(1_000);
    const paused = at.packing.pack(at.store.read, room);
    expect(paused).toMatchObject({ state: 'paused', finishedAt: null });
    const read = (paused?.sources ?? []).filter(({ state }) => state === 'done').map(({ source }) => source);
    expect(read.length).toBeGreaterThan(0);
    await at.packing.stop();
    await practice.control({ release: true });
    const restarted = await open(undefined, at.store);
    restarted.packing.nudge();
    await restarted.packing.settled();
    // Paused by a person: only a person lets it go on.
    expect(restarted.asked).toEqual([]);
    restarted.packing.resume(room);
    expect((await packed(restarted)).state).toBe('done');
    for (const source of read.filter((one) => one.startsWith('system.lakeflow.job_run')))
      expect(restarted.asked).not.toContain(source.replace('system.lakeflow.job_run_timeline', 'lake.job-runs'));
    await at.close();
  });

  it(
    'waits when the connection is cut, keeps what came, and goes on by itself; cancelling ends it',
    { timeout: 120_000 },
    async () => {
      const at = await open();
      await practice.control({ latencyMs: 60 });
      at.packing.start(request());
      await until('some sources are read', () => at.asked.includes('lake.job-runs') || null, 30_000);
      await practice.control({ disconnected: true });
      await at.packing.settled();
      expect(at.packing.pack(at.store.read, room)).toMatchObject({ state: 'waiting' });
      const kept = heldIn(at);
      await practice.control({ release: true });
      at.packing.nudge();
      expect((await packed(at)).state).toBe('done');
      expect(heldIn(at)).toBeGreaterThanOrEqual(kept);
      await practice.control({ latencyMs: 60 });
      at.packing.start(request());
      await until('it has begun', () => at.packing.pack(at.store.read, room)?.state === 'packing' || null, 10_000);
      const began = performance.now();
      at.packing.cancel(room);
      await at.packing.settled();
      expect(performance.now() - began).toBeLessThan(1_000);
      expect(at.packing.pack(at.store.read, room)?.state).toBe('cancelled');
    },
  );

  it(
    'takes the nearest assets where the limits of the room are reached, and says what was left out',
    { timeout: 120_000 },
    async () => {
      const whole = await open();
      whole.packing.start(request());
      const all = await packed(whole);
      await whole.close();
      const at = await open({ rows: Math.round(sum(all, 'rows') / 3), bytes: 200e6 });
      at.packing.start(request());
      const pack = await packed(at);
      expect(pack.reach).toBeLessThan(3);
      expect(pack.leftOut).toBeGreaterThan(0);
      expect(pack.assets).toBeLessThan(all.assets);
    },
  );

  it(
    'what a room holds outlives the rest; a closed room lets go of it, but not of what is cited',
    { timeout: 120_000 },
    async () => {
      const at = await open();
      at.packing.start(request());
      await packed(at);
      const held = heldIn(at);
      later = 60 * day;
      // Not the clock alone says that it is later: a source has told since.
      at.store.transaction((db) => ok(putSource(db, { source: 'later', workspace: '', region: null, cursor: null, complete_to: new Date(now()).toISOString(), observed: null, state: 'fresh', missing: '[]', note: null }))); // prettier-ignore
      at.store.transaction((db) => ok(forgetBefore(db, new Date(now() - 45 * day).toISOString())));
      expect(heldHere(at)).toBe(held);
      const some = at.store.read
        .all<{ readonly id: string }>(sql`SELECT f.id FROM lake_fact f JOIN pack_fact p ON p.fact = f.rid LIMIT 2`)
        .map(({ id }) => id);
      expect(at.packing.release(room, some).ok).toBe(true);
      expect(heldHere(at)).toBe(2);
      const pack = at.packing.pack(at.store.read, room);
      expect(pack).toMatchObject({ state: 'released', sources: [], released: { cited: 2 } });
      const states = at.store.read.first<{ readonly n: number }>(
        sql`SELECT count(*) AS n FROM lake_fact WHERE kind NOT IN ('settings', 'schema', 'access')`,
      );
      expect(states?.n).toBeLessThanOrEqual(2);
      expect(pack?.released?.removed).toBeGreaterThan(held / 2);
    },
  );
});
