import { afterEach, describe, expect, it } from 'vitest';
import { ok } from '../../shared/base/result.ts';
import type { RestRequest } from '../../main/databricks/port.ts';
import { modelsCollector } from '../../main/lake/collectors/models.ts';
import { collectContext, collectNow, fakeWorkspace } from '../support/collect.ts';
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
