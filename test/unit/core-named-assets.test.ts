import { describe, expect, it } from 'vitest';
import { assetsNamed, guessNamed, readNamed } from '../../main/core/named-assets.ts';

const home = { workspaceId: '7', metastoreId: 'MS' };
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
