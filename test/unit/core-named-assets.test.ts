import { describe, expect, it } from 'vitest';
import { guessNamed, lineOf, readNamed, readStored } from '../../main/core/named-assets.ts';
import { namingOf, type Place } from '../../main/core/named-places.ts';
import type { Result } from '../../shared/base/result.ts';
import type { Failure } from '../../shared/base/failure.ts';

const home: Place = { name: 'Retail', workspaceId: '7', metastoreId: 'MS', primary: true, present: true };
const assetsNamed = (lines: readonly string[], place: Place | null): Result<readonly string[], Failure> =>
  namingOf(
    () => (place === null ? [] : [place]),
    () => false,
  ).assets(lines);
const pipeline = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
const kinds = (text: string): readonly string[] => guessNamed(text).map(({ kind }) => kind);

describe('what a person names', () => {
  it('is read by how it looks, or by the kind that stands before it', () => {
    expect(kinds('884213')).toEqual(['job']);
    expect(kinds('main.sales.orders')).toEqual(['table', 'model']);
    expect(kinds(pipeline)).toEqual(['pipeline']);
    expect(kinds('prices')).toEqual(['endpoint']);
    expect(guessNamed('Model Main.`ML`.Prices')).toEqual([{ kind: 'model', name: 'main.ml.prices' }]);
    for (const nothing of ['', 'a.b', 'job x', 'table a.b', 'a.b.c.d', 'two words'])
      expect(kinds(nothing), nothing).toEqual([]);
  });

  it('may hold a backtick, which people write twice, and which is stored once', () => {
    for (const [typed, name] of [
      ['Main.Shop.`od``d`', 'main.shop.od`d'], ['main.shop.```odd`', 'main.shop.`odd'], ['main.`sh``op`.x', 'main.sh`op.x'],
    ] as const) {
      expect(readNamed('table', typed), typed).toEqual({ kind: 'table', name });
      expect(readStored('table', name), name).toEqual({ kind: 'table', name });
      expect(readStored('model', name), name).toEqual({ kind: 'model', name });
      expect(assetsNamed([typed], home)).toEqual({ ok: true, value: [`table|ms|${name}`] });
      // The line that stands for it is read back as the same.
      expect(assetsNamed([lineOf({ kind: 'table', name })], home)).toEqual({ ok: true, value: [`table|ms|${name}`] });
    }
    expect(readStored('table', 'main.shop.orders')).toEqual({ kind: 'table', name: 'main.shop.orders' });
    expect(readStored('job', '12')).toEqual({ kind: 'job', name: '12' });
    // A backtick that nobody closed is a slip.
    for (const none of ['main.shop.`odd', 'a.`b.c`', 'a.b.od`d']) expect(readNamed('table', none), none).toBeNull();
  }); // prettier-ignore

  it('becomes the id that sources give it', () => {
    const named = ['table Main.Sales.Orders', 'main.sales.orders', 'job 42', '42', 'endpoint prices', 'model main.ml.prices', `pipeline ${pipeline}`];
    expect(assetsNamed(named, home)).toEqual({
      ok: true,
      value: ['table|ms|main.sales.orders', 'job|7|42', 'endpoint|7|prices', 'model|ms|main.ml.prices', `pipeline|7|${pipeline}`],
    });
  }); // prettier-ignore

  it('is refused where it could be anything: a plain word names no endpoint of a room by itself', () => {
    for (const name of ['prices', pipeline, 'a.b', 'volume x'])
      expect(assetsNamed([name], home)).toMatchObject({ ok: false });
    expect(assetsNamed(['main.sales.orders'], null)).toMatchObject({ ok: false, error: { tag: 'NotConfigured' } });
    expect(readNamed('job', '12a')).toBeNull();
    expect(readNamed('endpoint', 'a.b')).toBeNull();
  });
});
