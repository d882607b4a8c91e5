import { afterEach, describe, expect, it } from 'vitest';
import { ok } from '../../shared/base/result.ts';
import type { RestRequest } from '../../main/databricks/port.ts';
import { modelsCollector } from '../../main/lake/collectors/models.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A metastore in which this user may see one model, on the last of so many pages. */
const look = async (pages: number) => {
  const rest = ({ path, query }: RestRequest) => {
    if (path.endsWith('/versions')) return ok({ model_versions: [] });
    if (!path.endsWith('/models')) return ok({ aliases: [] });
    const at = Number(query?.['page_token'] ?? 1);
    const seen = [{ full_name: 'main.ml.price', updated_at: collectNow }];
    return at < pages ? ok({ next_page_token: String(at + 1) }) : ok({ registered_models: seen });
  };
  const { workspace, called } = fakeWorkspace({ rest });
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  const found = await modelsCollector.collect(collectContext(workspace, store.read, [], { lane: 'watch' }));
  if (!found.ok) throw new Error(found.error.what);
  return {
    models: (found.value.facts ?? []).map(({ fact }) => fact.title),
    asked: called.filter(({ path }) => path.endsWith('/models')),
    ...found.value,
  };
};

describe('the list of models', () => {
  it('is gone through page by page, also where pages are empty', async () => {
    const { models, asked, partly } = await look(45);
    expect(models).toEqual(['Aliases of model price']);
    expect(asked).toHaveLength(45);
    expect(asked[0]?.query).toEqual({ max_results: '1000' });
    expect(partly).toBe(false);
  });

  it('that is longer than one look says so', async () => {
    const { models, note, partly } = await look(101);
    expect(models).toEqual([]);
    expect(note).toContain('Not complete: there are more models than one look goes through.');
    expect(partly).toBe(true);
  });
});

describe('an alias that moved between two looks', () => {
  const hour = 3_600_000;
  const looks = async (first: readonly object[], second: readonly object[], forget = false) => {
    let aliases = first;
    const { workspace } = fakeWorkspace({
      // Changed last long before either look: that says nothing of aliases.
      rest: ({ path }) => (path.endsWith('/versions') ? ok({}) : ok({ aliases, updated_at: collectNow - 90 * hour })),
    });
    const { store, close } = temporaryStore(() => collectNow);
    cleanups.push(close);
    const at = (ms: number, cursor: string | null) =>
      modelsCollector.collect(
        collectContext(workspace, store.read, ['model|ms|main.ml.price'], { observedAt: instantAt(ms), cursor }),
      );
    const one = await at(collectNow - 2 * hour, null);
    aliases = second;
    const cursor = one.ok ? one.value.cursor : null;
    const two = await at(collectNow, forget ? (cursor?.replace(/,?"":"[^"]+"/, '') ?? null) : cursor);
    return two.ok
      ? (two.value.facts ?? []).flatMap(({ fact }) =>
          fact.kind === 'alias-move' ? [{ title: fact.title, at: fact.happenedAt, ...fact.data }] : [],
        )
      : [];
  };
  const [now, before] = [instantAt(collectNow), instantAt(collectNow - 2 * hour)];
  const [one, two] = [[{ alias_name: 'champion', version_num: 1 }], [{ alias_name: 'champion', version_num: 2 }]];

  it('is dated by them, and by nothing that is not said of aliases', async () => {
    expect(await looks(one, two)).toMatchObject([
      {
        title: 'Alias champion of model price points to version 2 instead of 1, not before 2026-11-24 10:00 UTC',
        at: now, notBefore: before, from: '1', to: '2',
      },
    ]); // prettier-ignore
    expect(await looks(one, one)).toEqual([]);
    expect(await looks([], one)).toMatchObject([{ at: now, notBefore: before, from: null, to: '1' }]);
    // A cursor of before: when it was looked at is not known.
    expect(await looks(one, two, true)).toMatchObject([{ at: now, notBefore: null, from: '1', to: '2' }]);
  });

  it('or was deleted, which is a moment too', async () => {
    expect(await looks(one, [])).toMatchObject([
      {
        title: 'Alias champion of model price was removed; it pointed to version 1, not before 2026-11-24 10:00 UTC',
        at: now, notBefore: before, from: '1', to: null,
      },
    ]); // prettier-ignore
  });
});
