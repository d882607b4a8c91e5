import { describe, expect, it } from 'vitest';
import { failure } from '../../shared/base/failure.ts';
import { type Entry, type TimelinePage } from '../../shared/contract/room.ts';
import { memoryKeeper } from '../../renderer/model/keeper.ts';
import { createModel, entrySelected, feedKey, noSelection, selectFeed, stitch } from '../../renderer/model/index.ts';
import { sampleEntries } from '../support/renderer-sample.ts';

const gone = failure('CoreStopped', 'It stopped.', 'All is safe.', 'Wait.');
const entry = (id: string): Entry => ({ ...(sampleEntries[0] as Entry), id });
const page = (ids: readonly string[], next: string | null): TimelinePage => ({ rows: ids.map(entry), next, total: 99 });
const idsOf = (view: { readonly rows: readonly Entry[] }) => view.rows.map((row) => row.id);

describe('what is typed', () => {
  it('survives a reload, and a storage that is broken', () => {
    const keeper = memoryKeeper();
    createModel(keeper).getState().typed('composer a', { text: 'half a sen', kind: 'note' });
    expect(createModel(keeper).getState().drafts['composer a']).toEqual({ text: 'half a sen', kind: 'note' });
    keeper.write('breakwater-drafts', '{torn');
    expect(createModel(keeper).getState().drafts).toEqual({});
  });

  it('leaves only when exactly that was confirmed; what was typed meanwhile stays', () => {
    const keeper = memoryKeeper();
    const model = createModel(keeper).getState;
    model().typed('composer a', { text: 'first', kind: 'note' });
    const sent = model().drafts['composer a'] ?? {};
    model().typed('composer a', { text: 'first and more' });
    model().acknowledged('composer a', sent);
    expect(model().drafts['composer a']).toEqual({ text: 'first and more' });
    model().acknowledged('composer a', { text: 'first and more' });
    expect(model().drafts['composer a']).toBeUndefined();
    expect(createModel(keeper).getState().drafts).toEqual({});
  });
});

describe('followed answers', () => {
  it('a failure does not empty the screen', () => {
    const model = createModel(memoryKeeper()).getState;
    const key = feedKey('people.list', {});
    model().feedArrived(key, { org: null, people: [] });
    model().feedFailed(key, gone);
    expect(selectFeed('people.list', {})(model())).toEqual({ value: { org: null, people: [] }, failure: gone });
    model().feedArrived(key, { org: null, people: [] });
    expect(selectFeed('people.list', {})(model()).failure).toBeNull();
    model().feedDropped(key);
    expect(selectFeed('people.list', {})(model())).toEqual({ value: null, failure: null });
  });

  it('older pages stand below the first without doubles, and no gap opens when new rows push old ones out', () => {
    const model = createModel(memoryKeeper()).getState;
    const first = page(['c', 'b'], 'after b');
    expect(stitch(null, undefined).rows).toEqual([]);
    model().tailLoading('k');
    expect(stitch(first, model().tails['k'])).toMatchObject({ loading: true, next: 'after b' });
    model().tailArrived('k', page(['a'], null), first.rows);
    expect(idsOf(stitch(first, model().tails['k']))).toEqual(['c', 'b', 'a']);
    const newer = page(['d', 'c'], 'after c');
    expect(idsOf(stitch(newer, model().tails['k']))).toEqual(['d', 'c', 'b', 'a']);
    expect(stitch(newer, model().tails['k']).next).toBeNull();
    model().tailFailed('k', gone);
    expect(stitch(newer, model().tails['k'])).toMatchObject({ failure: gone, loading: false });
  });
});

describe('place, selection, clock', () => {
  it('selecting an asset selects what is about it; selecting an entry selects only that', () => {
    const about = { id: 'e1', assets: ['t1', 't2'] };
    expect(entrySelected(noSelection, about)).toBe(false);
    expect(entrySelected({ entry: null, assets: ['t2'] }, about)).toBe(true);
    expect(entrySelected({ entry: 'e2', assets: ['t2'] }, about)).toBe(false);
    expect(entrySelected({ entry: 'e1', assets: [] }, about)).toBe(true);
  });

  it('another room begins without a selection; the place of the room needs a room', () => {
    const model = createModel(memoryKeeper()).getState;
    model().go('room');
    expect(model().place).toBe('rooms');
    model().enterRoom('inc:1');
    model().select({ entry: 'e', assets: [] });
    model().enterRoom('inc:1');
    expect(model().selection.entry).toBe('e');
    model().enterRoom('inc:2');
    expect(model().selection).toEqual(noSelection);
  });

  it('the clock ticks on the core’s time, however wrong this window’s is', () => {
    const model = createModel(memoryKeeper()).getState;
    model().coreSaid(1_000_000, 50);
    model().ticked(2_050);
    expect(model().now).toBe(1_002_000);
  });

  it('settings survive, unknown ones do no harm', () => {
    const keeper = memoryKeeper();
    keeper.write('breakwater-settings', JSON.stringify({ theme: 'dark', old: 1 }));
    const model = createModel(keeper).getState;
    expect(model().settings.theme).toBe('dark');
    model().change({ density: 'comfortable' });
    expect(createModel(keeper).getState().settings).toMatchObject({ theme: 'dark', density: 'comfortable' });
  });

  it('the same trouble is told once', () => {
    const model = createModel(memoryKeeper()).getState;
    model().tellFailure(gone);
    model().tellFailure(gone);
    expect(model().news).toHaveLength(1);
    model().forget(model().news[0]?.id ?? -1);
    expect(model().news).toEqual([]);
  });
});
