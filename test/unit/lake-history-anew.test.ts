// A table that is dropped and made anew counts its versions from 0 again: none of them is lost, and the room sees it.
import { afterEach, describe, expect, it } from 'vitest';
import type { Statement, TextRow } from '../../main/databricks/port.ts';
import { historyCollector } from '../../main/lake/collectors/history.ts';
import { createLake } from '../../main/lake/lake.ts';
import { putSource, sourceRow } from '../../main/store/lake.ts';
import { ok } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const hour = 3_600_000;
const minute = 60_000;
const table = 'table|ms|main.shop.orders' as AssetId;
/** So many versions, newest first, one a minute since so many hours ago; a table begins with its CREATE. */
const versions = (count: number, hoursAgo: number): readonly TextRow[] =>
  Array.from({ length: count }, (_, at) => {
    const version = count - 1 - at;
    return {
      version: String(version),
      timestamp: micros(collectNow - hoursAgo * hour + version * minute),
      operation: version === 0 ? 'CREATE TABLE' : 'WRITE',
    };
  });

const rig = () => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  let rows: readonly TextRow[] = [];
  let columns: readonly string[] = ['id'];
  const limits: number[] = [];
  const { workspace } = fakeWorkspace({
    sql: ({ name, text }: Statement) => {
      if (name !== 'lake.table-history') return rowPage([], columns);
      const limit = Number(/LIMIT (\d+)/.exec(text)?.[1]);
      limits.push(limit);
      return rowPage(rows.slice(0, limit));
    },
  });
  const lake = createLake({
    workspaces: () => [workspace],
    store,
    clock: { now: () => collectNow },
    log: () => undefined,
    collectors: [historyCollector],
  });
  const stored = (kind: 'table-version' | 'schema-change' | 'schema' = 'table-version') =>
    lake.facts(store.read, { assets: [table], kinds: [kind], limit: 2_000 }).rows.toReversed();
  return {
    workspace,
    store,
    limits,
    columns: (names: readonly string[]) => (columns = names),
    look: async (now: readonly TextRow[]) => {
      rows = now;
      const before = stored().length;
      const done = await lake.refresh({ assets: [table] });
      if (!done.ok) throw new Error(done.error.what);
      return stored().length - before;
    },
    stored,
    row: () => sourceRow(store.read, historyCollector.source, '7'),
  };
};

describe('a table that is made anew', () => {
  it.each([
    ['with more versions than before', 7],
    ['with exactly as many', 4],
    ['with fewer', 2],
    ['with more than the newest few hold', 90],
  ])('%s has all of them stored, beside those of the dropped one', async (_, count) => {
    const { look, stored, row } = rig();
    expect(await look(versions(4, 10))).toBe(4);
    const old = stored().map(({ id, title }) => [id, title]);
    expect(await look(versions(count, 2))).toBe(count);
    const all = stored();
    expect(all.slice(0, 4).map(({ id, title }) => [id, title])).toEqual(old);
    const [first, ...others] = all.slice(4);
    expect(first?.title).toBe('Version 0 of orders: create table. The table was made anew; the one before it ended with version 3 or later'); // prettier-ignore
    expect(first?.data).toMatchObject({ replaced: { version: 3, at: instantAt(collectNow - 10 * hour + 3 * minute) } });
    expect(others.some(({ title }) => title.includes('anew'))).toBe(false);
    expect(row()?.complete_to).toBe(instantAt(collectNow - 2 * hour + (count - 1) * minute));
    // Looked at once more, there is nothing new, and nothing is asked in full.
    expect(await look(versions(count, 2))).toBe(0);
    expect(stored()).toEqual(all);
  });

  it('is compared with the columns of the dropped one', async () => {
    const { look, stored, columns } = rig();
    columns(['id', 'price']);
    await look(versions(4, 10));
    columns(['id']);
    await look(versions(4, 2));
    expect(stored('schema-change').map(({ data }) => [data['version'], data['removed']])).toEqual([[0, ['price']]]);
  });

  it('says so for a look that never saw the other one, by what is stored of it', async () => {
    const { look, stored, workspace, store } = rig();
    await look(versions(4, 10));
    await look(versions(7, 2));
    const found = await historyCollector.collect(collectContext(workspace, store.read, [table]));
    const titles = found.ok ? (found.value.facts ?? []).map(({ fact }) => fact.title) : [];
    expect(titles).toContain(stored()[4]?.title);
    expect(stored()[4]?.title).toContain('made anew');
  });

  it('goes on from a cursor that knows no commit times, and knows them then', async () => {
    const { look, stored, store, row } = rig();
    await look(versions(4, 10));
    const cursor = (row()?.cursor ?? '').replace(/"at":"[^"]+",?/, '');
    expect(cursor).not.toContain('"at"');
    const before = row();
    if (before === undefined) throw new Error('not read');
    store.transaction<null>((db) => {
      putSource(db, { ...before, cursor });
      return ok(null);
    });
    expect(await look(versions(4, 10))).toBe(0);
    expect(row()?.cursor).toContain('"at"');
    expect(await look(versions(6, 2))).toBe(6);
    expect(stored()).toHaveLength(10);
  });

  it('is no table that went on or was restored: of those only what is new is stored, by the short question', async () => {
    const { look, stored, limits } = rig();
    await look(versions(40, 10));
    limits.length = 0;
    const restored = { version: '40', timestamp: micros(collectNow - hour), operation: 'RESTORE' };
    expect(await look([restored, ...versions(40, 10)])).toBe(1);
    expect(stored().at(-1)?.title).toBe('Version 40 of orders: restore');
    expect(stored().some(({ title }) => title.includes('anew'))).toBe(false);
    expect(limits).toEqual([30]);
  });
});
