import { afterEach, describe, expect, it } from 'vitest';
import { badgeOf } from '../../main/core/offline-card.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { RestRequest, Statement } from '../../main/databricks/port.ts';
import { createPacking } from '../../main/lake/packing.ts';
import type { Pack } from '../../main/lake/packing-port.ts';
import { collectors } from '../../main/lake/sources.ts';
import { nextTurn, unfinished } from '../../main/lake/turns.ts';
import { putEdge, putSource } from '../../main/store/lake.ts';
import { err, ok } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

/** A room around a hub with 130 tables beside it: more than any source may ask about in one pull. */
const count = 130;
const names = Array.from({ length: count }, (_, at) => `main.shop.t${String(at).padStart(3, '0')}`);
const room = 'inc:00000000000000000000000000000007';
const hub = `table|ms|${names[0] ?? ''}` as AssetId;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

type Answers = { readonly forbidden?: string; readonly monitor?: (table: string) => unknown };
const rig = (sources: readonly string[], answers: Answers = {}) => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  const stored = store.transaction<null>((db) => {
    for (const name of names.slice(1))
      putEdge(db, { from_asset: hub, to_asset: `table|ms|${name}`, source: 'x', via: '', first_seen: instantAt(collectNow), last_seen: instantAt(collectNow) }); // prettier-ignore
    putSource(db, { source: 'system.access.table_lineage', workspace: '7', region: null, cursor: null, complete_to: null, observed: null, state: 'denied', missing: '[]', note: null }); // prettier-ignore
    return ok(null);
  });
  if (!stored.ok) throw new Error(stored.error.what);
  let offlineAfter = Number.POSITIVE_INFINITY;
  const tablesAsked: string[] = [];
  const tableOf = (text: string): string => /t\d\d\d/.exec(text)?.[0] ?? '';
  const fake = fakeWorkspace({
    columns: ['at', 'p', ...Array.from({ length: 12 }, (_, at) => `s${at}`)],
    sql: ({ name, text }: Statement) => {
      if (name !== 'lake.table-history') return undefined;
      if (tablesAsked.length >= offlineAfter) return err(databricksFailure('Offline', { code: 'ECONNRESET' }));
      tablesAsked.push(tableOf(text));
      if (answers.forbidden === tableOf(text)) return err(databricksFailure('Forbidden'));
      return rowPage([{ version: '0', timestamp: micros(collectNow - 1e6), operation: 'WRITE' }]);
    },
    rest: ({ path, query }: RestRequest) => {
      const about = tableOf(`${path} ${JSON.stringify(query ?? {})}`);
      if (path.endsWith('/monitor')) {
        tablesAsked.push(about);
        return answers.monitor === undefined
          ? err(databricksFailure('NotConfigured', { code: 'HTTP 404 DOES_NOT_EXIST' }))
          : ok(answers.monitor(about));
      }
      if (path.includes('lineage-tracking')) tablesAsked.push(about);
      if (path.includes('/unity-catalog/tables/')) {
        tablesAsked.push(about);
        return ok({ table_id: about });
      }
      if (path.includes('/monitors/')) return err(databricksFailure('NotConfigured', { code: 'HTTP 404 RESOURCE_DOES_NOT_EXIST' })); // prettier-ignore
      return ok({});
    },
  });
  const packing = createPacking({
    workspaces: () => [fake.workspace],
    store,
    clock: { now: () => collectNow },
    log: () => undefined,
    breathe: () => Promise.resolve(),
    assetsOf: () => [hub],
    limits: () => ({ rows: 1e6, bytes: 1e9 }),
    changed: () => undefined,
    // Without its estimate: only what is read is looked at here.
    collectors: collectors
      .filter(({ source }) => sources.includes(source))
      .map(({ source, label, meta, table, collect }) => ({ source, label, meta, table, collect })),
  });
  const pack = async (): Promise<Pack> => {
    packing.start({ room, hops: 1, from: instantAt(collectNow - 14 * 86_400_000), to: null });
    await packing.settled();
    const found = packing.pack(store.read, room);
    if (found === null) throw new Error('not packed');
    return found;
  };
  return {
    pack,
    nudge: async () => {
      packing.nudge();
      await packing.settled();
      return packing.pack(store.read, room);
    },
    asked: () => tablesAsked.splice(0),
    offlineAfter: (calls: number) => {
      offlineAfter = calls;
    },
  };
};
const all = names.map((name) => name.slice(-4));
const badge = (pack: Pack) => badgeOf(pack, collectNow, (source) => source);

describe('one packing asks about every table of a large room', () => {
  it.each([
    'delta.history',
    'rest.lineage-tracking.external-lineage',
    'rest.lineage-tracking.table-lineage',
    'rest.data-quality.monitors',
    'inference_aggregates',
  ])('by %s', async (source) => {
    const { pack, asked } = rig([source]);
    const found = await pack();
    expect(badge(found)).toMatchObject({ state: 'ready', missing: [] });
    expect([...new Set(asked())].sort()).toEqual(all);
  });

  it('also those behind one that is refused, which the card names', async () => {
    const { pack, asked } = rig(['delta.history'], { forbidden: 't003' });
    const found = await pack();
    expect([...new Set(asked())].sort()).toEqual(all);
    expect(found.sources[0]).toMatchObject({
      state: 'refused',
      note: expect.stringContaining('Not readable: t003.') as string,
    });
    expect(badge(found)).toMatchObject({ state: 'partly', missing: ['delta.history'] });
  });

  it('goes on after a cut with those that were not asked, and packs all of them anew next time', async () => {
    const { pack, nudge, asked, offlineAfter } = rig(['delta.history']);
    offlineAfter(70);
    expect((await pack()).state).toBe('waiting');
    expect(asked()).toHaveLength(70);
    offlineAfter(Number.POSITIVE_INFINITY);
    expect(await nudge()).toMatchObject({ state: 'done' });
    expect([...asked()].sort()).toEqual(all.slice(70));
    await pack();
    expect([...asked()].sort()).toEqual(all);
  });

  it('is not ready to leave when a limit of this program left something out, and says what', async () => {
    const log = (table: string) => ({
      inference_log: { timestamp_col: 'at', prediction_col: 'p' },
      slicing_exprs: table === 't100' ? [...Array.from({ length: 12 }, (_, at) => `s${at}`), 'length(p)'] : [],
    });
    const { pack } = rig(['inference_aggregates'], { monitor: log });
    const found = await pack();
    expect(found.sources[0]?.note).toBe(
      'Only the first 8 segments are read of t100. Segments that are cut by an expression are not read: t100.',
    );
    expect(badge(found)).toMatchObject({ state: 'partly', missing: ['inference_aggregates'] });
  });
});

describe('turns', () => {
  const context = (cursor: string | null, more: { lane?: 'watch' | 'pack'; resumed?: boolean } = {}) => ({
    cursor, lane: 'pack' as const, resumed: false, ...more,
  }); // prettier-ignore
  const letters = [...'abcdefg'];
  const spec = { key: (one: string) => one, limit: 3, plural: 'letters' };
  const take = (at: ReturnType<typeof context>, always?: string) => {
    const turn = nextTurn(at, letters, {
      ...spec,
      ...(always === undefined ? {} : { always: (one) => one === always }),
    });
    const how = new Map(turn.items.map((one) => [one, one === 'b' ? 'refused' : 'read']));
    return { items: turn.items.join(''), ...turn.ended(how, { cursor: at.cursor }) };
  };

  it('of a packing go through all once, whatever else the cursor holds, and remember how each went', () => {
    const one = take(context('{"z":"kept"}'));
    const two = take(context(one.step.cursor, { resumed: true }));
    const three = take(context(two.step.cursor, { resumed: true }));
    expect([one.items, two.items, three.items]).toEqual(['abc', 'def', 'g']);
    expect([one.step.more, two.step.more, three.step.more]).toEqual([true, true, false]);
    expect(three.went('refused')).toEqual(['b']);
    expect(JSON.parse(three.step.cursor ?? '')).toMatchObject({ z: 'kept' });
    expect(three.left).toBeNull();
    // A cut right after its end, before anything of the next one: that one asks all the same.
    expect(take(context(three.step.cursor, { resumed: true })).items).toBe('abc');
  });

  it('in the background begin with those asked longest ago, beside what is always asked, and never ask for more at once', () => {
    const one = take(context(null, { lane: 'watch' }), 'a');
    const two = take(context(one.step.cursor, { lane: 'watch' }), 'a');
    const three = take(context(two.step.cursor, { lane: 'watch' }), 'a');
    expect([one.items, two.items, three.items]).toEqual(['abc', 'ade', 'afg']);
    expect(one.step.more).toBe(false);
    expect(one.left).toBe('3 of 7 letters were asked this time; the others have their turn at the next refreshes.');
  });

  it('come again for what was not read to its end, and a failure outlasts the pulls after it', () => {
    const turn = nextTurn(context(null), letters, spec);
    const failure = databricksFailure('Forbidden');
    const { step } = turn.ended(new Map([['a', 'read'], ['b', unfinished]]), { cursor: null, failure }); // prettier-ignore
    const next = nextTurn(context(step.cursor, { resumed: true }), letters, { ...spec, limit: 6 });
    // Those that had no turn yet come first.
    expect(next.items.join('')).toBe('cdefgb');
    // Only what was begun goes on where it ended; what has its first turn of the round looks back like any other.
    expect(['b', 'c'].map(next.goesOn)).toEqual([true, false]);
    expect(next.ended(new Map(), { cursor: step.cursor }).step.failure).toMatchObject({ tag: 'Forbidden' });
  });
});
