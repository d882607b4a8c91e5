import { describe, expect, it } from 'vitest';
import { namingOf, type Naming, type Place } from '../../main/core/named-places.ts';
import { watchList } from '../../main/core/watch-list.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const here: Place = { name: 'Retail', workspaceId: '7', metastoreId: 'ms-a', primary: true, present: true };
const there: Place = {
  name: 'Pricing, far away',
  workspaceId: '8',
  metastoreId: 'ms-b',
  primary: false,
  present: true,
};
const beside: Place = { name: 'Retail jobs', workspaceId: '9', metastoreId: 'ms-a', primary: false, present: true };
const former: Place = { name: 'Old one', workspaceId: '5', metastoreId: 'ms-c', primary: false, present: false };

const over = (places: readonly Place[], known: readonly string[]): Naming =>
  namingOf(
    () => places,
    (asset) => known.includes(asset),
  );
const both = over([here, there, beside, former], ['table|ms-a|main.shop.here', 'table|ms-b|main.shop.far', 'view|ms-b|main.shop.seen', 'table|ms-a|main.shop.both', 'table|ms-b|main.shop.both', 'job|9|12', 'table|ms-c|main.shop.old', 'table|ms-c|main.shop.here']); // prettier-ignore
const one = (naming: Naming, line: string): unknown => {
  const found = naming.assets([line]);
  return found.ok ? found.value[0] : found.error;
};

describe('a name over several workspaces', () => {
  it('means what is known by it, wherever that lies, and the primary workspace only where nothing is', () => {
    expect(both.assets(['main.shop.here', 'main.shop.far', 'Table Main.Shop.Seen', '12', 'main.shop.new'])).toEqual({
      ok: true,
      value: ['table|ms-a|main.shop.here', 'table|ms-b|main.shop.far', 'view|ms-b|main.shop.seen', 'job|9|12', 'table|ms-a|main.shop.new'],
    }); // prettier-ignore
    // What a removed workspace knew counts where no present one knows it.
    expect(one(both, 'main.shop.old')).toBe('table|ms-c|main.shop.old');
  });

  it('that is known in several is refused with their names, and goes with a place after it', () => {
    expect(one(both, 'main.shop.both')).toMatchObject({
      tag: 'Ambiguous',
      what: 'main.shop.both is known in 2 places: Retail; Pricing, far away.',
      advice: expect.stringContaining('table main.shop.both in Retail'),
    });
    expect(one(both, 'main.shop.both in retail')).toBe('table|ms-a|main.shop.both');
    expect(one(both, 'table main.shop.both in Pricing, far away')).toBe('table|ms-b|main.shop.both');
    // Workspaces of one metastore share its tables, and each has its own jobs.
    expect(one(both, 'main.shop.both in Retail jobs')).toBe('table|ms-a|main.shop.both');
    expect(one(both, 'endpoint prices in 8')).toBe('endpoint|8|prices');
    expect(one(both, 'main.shop.both in Nowhere')).toMatchObject({
      tag: 'NoSuchWorkspace',
      advice: expect.stringContaining('Pricing, far away'),
    });
  });

  it('is told apart by id where two workspaces are called the same', () => {
    const twins = over([here, { ...there, name: 'retail' }], []);
    expect(one(twins, 'main.shop.x in Retail')).toMatchObject({
      tag: 'Ambiguous',
      what: expect.stringContaining('7; 8'),
    });
    const asset = 'table|ms-b|main.shop.x';
    const line = twins.line({ kind: 'table', name: 'main.shop.x' }, asset as never);
    expect(line).toBe('table main.shop.x in 8');
    expect(one(twins, line)).toBe(asset);
  });

  it('stands in a line that is read back as the very same thing, whatever characters it holds', () => {
    for (const name of ['main.shop.od`d', 'main.shop.a,b;c', 'main.`shop.in', 'main.shop.both', 'main.shop.new']) {
      for (const metastore of ['ms-a', 'ms-b', 'ms-c']) {
        const asset = `table|${metastore}|${name}`;
        expect(one(both, both.line({ kind: 'table', name }, asset as never)), asset).toBe(asset);
      }
    }
    expect(both.placeName('table|ms-b|main.shop.far' as never)).toBe('Pricing, far away');
    expect(both.placeName('table|ms-a|main.shop.here' as never)).toBe('Retail, Retail jobs');
    expect(over([here], []).placeName('table|ms-a|x.y.z' as never)).toBeNull();
    expect(over([here], []).line({ kind: 'job', name: '3' }, 'job|7|3' as never)).toBe('job 3');
  });

  it('is asked for where the primary workspace was never read', () => {
    const far = over([there], ['table|ms-b|main.shop.far']);
    expect(one(far, 'main.shop.far')).toBe('table|ms-b|main.shop.far');
    expect(one(far, 'main.shop.new')).toMatchObject({ tag: 'NotConfigured', advice: expect.stringContaining('in Pricing, far away') });
    expect(one(over([], []), 'main.shop.new')).toMatchObject({ tag: 'NotConfigured' });
  }); // prettier-ignore
});

describe('the watch list', () => {
  it('holds one name twice where two metastores have it, and takes off the one that is meant', () => {
    const { store, close } = temporaryStore();
    const list = watchList(store, both);
    const name = 'main.shop.both';
    const [a, b] = ['table|ms-a|main.shop.both', 'table|ms-b|main.shop.both'];
    expect(list.add({ kind: 'table', name })).toMatchObject({ ok: false, error: { tag: 'Ambiguous' } });
    for (const asset of [a, b, b]) expect(list.add({ kind: 'table', name, asset })).toMatchObject({ ok: true });
    expect(list.assets()).toEqual([a, b]);
    list.remove({ kind: 'table', name, asset: a });
    expect(list.assets()).toEqual([b]);
    // What is known in one place only is that, also when it becomes known elsewhere.
    list.add({ kind: 'table', name: 'main.shop.far' });
    expect(watchList(store, over([here, there], ['table|ms-a|main.shop.far', 'table|ms-b|main.shop.far'])).assets()).toEqual([b, 'table|ms-b|main.shop.far']); // prettier-ignore
    list.remove({ kind: 'table', name });
    expect(list.assets()).toEqual(['table|ms-b|main.shop.far']);
    close();
  });
});
