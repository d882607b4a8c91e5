// A closed room gives its packed facts back after a while: which rooms, when, and what stays.
import { afterEach, describe, expect, it } from 'vitest';
import { deviceLimits } from '../../main/core/device-limits.ts';
import { letGoOf } from '../../main/core/let-go.ts';
import { createPacking } from '../../main/lake/packing.ts';
import type { CitationView, RoomListRow } from '../../main/log/views-port.ts';
import { putPack } from '../../main/store/packs.ts';
import { putSource } from '../../main/store/lake.ts';
import { ok } from '../../shared/base/result.ts';
import type { LogId } from '../../shared/domain/ids.ts';
import { collectNow, instantAt } from '../support/collect.ts';
import { putFact } from '../support/facts.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const day = 86_400_000;
const logOf = (name: string): LogId => `inc:${name.padStart(32, '0')}` as LogId;
const closed = (name: string, change: Partial<RoomListRow> = {}): RoomListRow => ({
  log: logOf(name), org: null, title: name, class: 'platform', severity: 'SEV4', phase: 'learning', commander: null,
  openedAt: instantAt(collectNow - day), lastEntryAt: instantAt(collectNow), conflicts: 0, merged: null, ...change,
}); // prettier-ignore

/** Every room is packed; `cited` names facts that the first of them cites. */
const rig = (rooms: readonly RoomListRow[], cited: readonly string[] = []) => {
  let now = collectNow;
  const clock = { now: () => now };
  const { store, close } = temporaryStore(() => now);
  cleanups.push(close);
  const packing = createPacking({
    store, clock, log: () => undefined, workspaces: () => [], breathe: () => Promise.resolve(), assetsOf: () => [],
    limits: () => ({ rows: 1, bytes: 1 }), changed: () => undefined, collectors: [],
  }); // prettier-ignore
  store.transaction<null>((db) => {
    for (const { log } of rooms)
      putPack(db, { room: log, state: 'done', scope: '[]', hops: 3, reach: 3, since: instantAt(collectNow - 14 * day), until: null, started: instantAt(collectNow), finished: instantAt(collectNow), totals: '{}', note: null }); // prettier-ignore
    return ok(null);
  });
  /** Time passes, and data of the workspace says so, unless only the clock of this device does. */
  const pass = (days: number, isTold = true): void => {
    now = collectNow + days * day;
    if (isTold)
      store.transaction<null>((db) => {
        putSource(db, { source: 'later', workspace: '7', region: null, cursor: null, complete_to: instantAt(now), observed: null, state: 'fresh', missing: '[]', note: null }); // prettier-ignore
        return ok(null);
      });
  };
  const citations = (_: unknown, log: LogId): readonly CitationView[] =>
    log === rooms[0]?.log ? cited.map((factId) => ({ factId }) as CitationView) : [];
  const given: (readonly string[])[] = [];
  const release: typeof packing.release = (log, all) => {
    given.push(all);
    return packing.release(log, all);
  };
  const letGo = letGoOf({ store, clock, views: { citations }, packing: { pack: packing.pack, release } });
  const { keepDays: usual } = deviceLimits(store).now();
  const packed = (): readonly string[] =>
    rooms.flatMap(({ log, title }) => (packing.pack(store.read, log)?.state === 'done' ? [title ?? ''] : []));
  return { store, pass, turn: (keepDays = usual) => letGo(rooms, keepDays), packed, packing, given };
};

describe('a packed room that is closed', () => {
  it('keeps what is packed for fourteen days after its last entry, and then lets go of it', () => {
    const { pass, turn, packed, packing, store } = rig([closed('a')]);
    pass(14 - 1 / 86_400);
    turn();
    expect(packed()).toEqual(['a']);
    pass(14);
    turn();
    expect(packed()).toEqual([]);
    expect(packing.pack(store.read, logOf('a'))?.released?.at).toBe(instantAt(collectNow + 14 * day));
    // Once: a later turn does not let go again.
    pass(20);
    turn();
    expect(packing.pack(store.read, logOf('a'))?.released?.at).toBe(instantAt(collectNow + 14 * day));
  });

  it('is kept as long as this device is told to', () => {
    const { pass, turn, packed } = rig([closed('a')]);
    pass(3);
    turn(4);
    expect(packed()).toEqual(['a']);
    turn(3);
    expect(packed()).toEqual([]);
  });

  it('counts from its last entry, else from when it was opened; an open room stays, one that was merged goes', () => {
    const rooms = [
      closed('open', { phase: 'triage' }),
      closed('written', { lastEntryAt: instantAt(collectNow + 2 * day) }),
      closed('merged', { phase: 'triage', merged: logOf('open') }),
      closed('silent', { lastEntryAt: null, openedAt: instantAt(collectNow - 2 * day) }),
      closed('timeless', { lastEntryAt: null, openedAt: null }),
    ];
    const { pass, turn, packed } = rig(rooms);
    pass(12);
    turn();
    expect(packed()).toEqual(['open', 'written', 'merged', 'timeless']);
    pass(15);
    turn();
    expect(packed()).toEqual(['open', 'written', 'timeless']);
    pass(100);
    turn();
    expect(packed()).toEqual(['open', 'timeless']);
  });

  it('is not let go by a clock alone that is ahead', () => {
    const { store, pass, turn, packed } = rig([closed('a')]);
    store.transaction<null>((db) => {
      putFact(db, { id: 'run|7|1', kind: 'run', source: 's', workspace: '7', region: null, happened: instantAt(collectNow), observed: instantAt(collectNow), complete_to: null, assets: '[]', title: '', data: '{}' }, []); // prettier-ignore
      return ok(null);
    });
    pass(400, false);
    turn();
    expect(packed()).toEqual(['a']);
    pass(14);
    turn();
    expect(packed()).toEqual([]);
  });

  it('hands over what any room cites, so that it stays', () => {
    const { pass, turn, given } = rig([closed('a', { phase: 'triage' }), closed('b')], ['run|7|1', 'run|7|2']);
    pass(14);
    turn();
    turn();
    expect(given).toEqual([['run|7|1', 'run|7|2']]);
  });
});
