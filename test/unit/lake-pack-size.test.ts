import { afterEach, expect, it } from 'vitest';
import { badgeOf, sourceLine, withheldWorkspaces } from '../../main/core/offline-card.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { makeFact } from '../../main/lake/make-fact.ts';
import { createPacking } from '../../main/lake/packing.ts';
import { sourceLabel } from '../../main/lake/sources.ts';
import type { JsonValue } from '../../shared/base/json.ts';
import { failure } from '../../shared/base/failure.ts';
import { ok } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { collectNow, fakeWorkspace, instantAt } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const [table, other] = ['table|ms|a.b.c', 'table|ms|a.b.d'] as [AssetId, AssetId];
const room = 'inc:00000000000000000000000000000004';

/** One source with a fact whose text a test chooses, and an edge, both brought by every pull. */
const rig = (text: () => JsonValue, refuses = false) => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  const source = 'test.states';
  const collector: Collector = {
    source, label: 'States', table: null,
    meta: {
      when: 'watch', features: ['states'], needs: [{ kind: 'privilege', privilege: 'SELECT', on: 'it' }], preview: null, latenessMs: 0, retentionDays: null,
    },
    collect: (context) =>
      Promise.resolve(
        ok({
          facts: [{ fact: makeFact(context, { source, kind: 'settings', scope: 'ms', native: 'x', at: context.observedAt, assets: [table], title: 't', data: { text: text() } }) }],
          edges: [{ from: table, to: other, source, via: null, firstSeen: context.observedAt, lastSeen: context.observedAt }],
          cursor: null, completeTo: null, missingColumns: [], note: null,
        }),
      ),
  }; // prettier-ignore
  const packing = createPacking({
    workspaces: () => [fakeWorkspace({}).workspace], store, clock: { now: () => collectNow }, log: () => undefined,
    breathe: () => Promise.resolve(), assetsOf: () => [table], limits: () => ({ rows: 1e6, bytes: 1e9 }), changed: () => undefined,
    collectors: [collector],
    ...(refuses ? { refuses: () => failure('Forbidden' as const, 'A rule forbids it.', 's', 'Ask the officer.', 'RESIDENCY') } : {}),
  }); // prettier-ignore
  const pack = async () => {
    packing.start({ room, hops: 1, from: instantAt(collectNow - 86_400_000), to: null });
    await packing.settled();
    const found = packing.pack(store.read, room);
    if (found === null) throw new Error('not packed');
    return found;
  };
  return { collector, pack };
};

it('the size of a packed room is what its facts and edges take now, however often it is packed', async () => {
  let text = 'x'.repeat(1_000);
  const { pack } = rig(() => text);
  const size = async () => (await pack()).sources[0]?.bytes ?? 0;
  const first = await size();
  expect(first).toBeGreaterThan(1_000 + 320);
  for (let again = 0; again < 5; again += 1) expect(await size()).toBe(first);
  text = 'x'.repeat(5_000);
  expect(await size()).toBe(first + 4_000);
  text = '';
  expect(await size()).toBe(first - 1_000);
});

it('where a rule forbids to keep anything, the card gives its reason and no right to ask for', async () => {
  const { pack, collector } = rig(() => '', true);
  const packed = await pack();
  const [one] = packed.sources;
  if (one === undefined) throw new Error('no source');
  expect(sourceLine(one, collector)).toMatchObject({ state: 'refused', ask: [], without: [], bytes: 0, rows: 0 });
  expect(one.note).toBe('A rule forbids it. Ask the officer.');
  expect(badgeOf(packed, collectNow, sourceLabel).state).toBe('refused');
  // Refused by the workspace is another matter: a right helps, and the room lacks something.
  const refused = { ...one, state: 'refused' as const };
  expect(sourceLine(refused, collector)).toMatchObject({ ask: ['SELECT on it'], without: ['states'] });
  expect(badgeOf({ ...packed, sources: [refused], missing: [one.source] }, collectNow, sourceLabel).state).toBe(
    'partly',
  );
});

it('what a rule takes of one of two workspaces is told once by its name, and is no list of what is missing', async () => {
  const packed = await rig(() => '').pack();
  const sources = packed.sources.flatMap((one) => [
    one,
    { ...one, workspace: 'far', state: 'withheld' as const, note: 'A rule forbids it.' },
    { ...one, source: 'test.other', workspace: 'far', state: 'withheld' as const, note: 'A rule forbids it.' },
  ]);
  const half = { ...packed, sources };
  const badge = (concerned: boolean) =>
    badgeOf(half, collectNow, sourceLabel, withheldWorkspaces(half, () => ({ name: 'Pricing', concerned }))); // prettier-ignore
  expect(badge(true)).toMatchObject({
    state: 'partly',
    missing: [],
    withheld: [{ workspace: 'Pricing', reason: 'A rule forbids it.' }],
  });
  // A room that is about nothing there lacks nothing.
  expect(badge(false)).toMatchObject({ state: 'ready', missing: [] });
  expect(badge(false).withheld).toBeUndefined();
});

it('a room that was packed in the future, by a clock that was set back since, is not said to be ready', async () => {
  const packed = await rig(() => '').pack();
  const badge = (later: number) => badgeOf(packed, collectNow + later, sourceLabel).state;
  expect([badge(60_000), badge(-60_000), badge(3 * 3_600_000), badge(-2 * 86_400_000)]).toEqual([
    'ready',
    'ready',
    'stale',
    'stale',
  ]);
});
