import { afterEach, describe, expect, it } from 'vitest';
import type { Statement } from '../../main/databricks/port.ts';
import { driftCollector } from '../../main/lake/collectors/drift.ts';
import { profilesCollector } from '../../main/lake/collectors/profiles.ts';
import { collectContext, fakeWorkspace, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
/** What a source says when this user sees so many tables of results of data profiles, and the room is about `main.shop.orders`. */
const noteWith = async (
  collector: typeof driftCollector,
  listed: readonly string[],
  lane: 'pack' | 'watch' = 'pack',
) => {
  const { store, close } = temporaryStore();
  cleanups.push(close);
  const { workspace } = fakeWorkspace({
    columns: [],
    sql: ({ name, parameters }: Statement) =>
      name === 'lake.drift-tables'
        ? rowPage(
            listed.map((table) => ({ catalog_name: 'main', schema_name: 'shop', name: `${table}${String(parameters?.['suffix'])}`, watched_schema: 'shop' })),
            ['catalog_name', 'schema_name', 'name', 'watched_schema'],
          )
        : undefined,
  }); // prettier-ignore
  const found = await collector.collect(collectContext(workspace, store.read, ['table|ms|main.shop.orders'], { lane }));
  if (!found.ok) throw new Error(found.error.what);
  return found.value.note;
};

describe.each([
  ['drift', driftCollector],
  ['statistics', profilesCollector],
])('%s of columns', (_, collector) => {
  it('says that nothing around the room has a data profile, beside those that others have', async () => {
    const others = Array.from({ length: 10 }, (_one, at) => `other${at}`);
    expect(await noteWith(collector, others)).toBe(
      'None of the tables around this room has a data profile; 10 other tables have one.',
    );
    expect(await noteWith(collector, ['other'])).toContain('one other table has one.');
    expect(await noteWith(collector, [])).toBe('No table that this user may see has a data profile.');
  });

  it('says nothing of the kind where there is one to read', async () => {
    expect(await noteWith(collector, ['orders', 'other'])).not.toContain('data profile');
  });
});
