import { afterAll, describe, expect, it } from 'vitest';
import type { TextRow, Workspace } from '../../main/databricks/port.ts';
import type { Collected } from '../../main/lake/collector.ts';
import { queriesCollector } from '../../main/lake/collectors/queries.ts';
import { collectContext, collectNow, fakeWorkspace, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const { store, close } = temporaryStore(() => collectNow);
afterAll(close);

const columns = ['workspace_id', 'statement_id', 'end_time', 'execution_status', 'total_duration_ms', 'compute', 'query_source']; // prettier-ignore
const both = ['client_application', 'query_tags'];
const row = (over: Partial<TextRow>): TextRow => ({
  ws: '7', id: 's1', ended: micros(collectNow - 60_000), status: 'FAILED', total_duration_ms: '900', place: '9', client: 'x', tags: null, ...over,
}); // prettier-ignore

/** What is kept of query history as it shows these columns, and what was asked for. */
const read = async (shown: readonly string[], rows: readonly TextRow[], carriesTag = true) => {
  const { workspace, asked } = fakeWorkspace({ columns: shown, sql: () => rowPage(rows) });
  const told: Workspace = { ...workspace, warehouse: { ...workspace.warehouse, carriesTag: () => carriesTag } };
  const context = collectContext(told, store.read, ['warehouse|7|w']);
  const found = await queriesCollector.collect(context);
  const estimate = await queriesCollector.estimate?.(context);
  const streamed: Collected[] = [];
  for await (const batch of queriesCollector.stream?.(context) ?? []) if (batch.ok) streamed.push(batch.value);
  if (!found.ok) throw new Error(found.error.what);
  const facts = (found.value.facts ?? []).map(({ fact }) => [fact.data['statement'], fact.data['result']]);
  return { ...found.value, facts, asked, estimate, streamed };
};

describe('our own statements', () => {
  it('are left out by our name as client, by the tag of our sessions, or by both', async () => {
    for (const one of [both, ...both.map((name) => [name])]) {
      const { asked, facts } = await read([...columns, ...one], [row({})]);
      const conditions = (asked[0]?.text ?? '').split(' WHERE ').slice(1).join(' ');
      expect(both.filter((name) => conditions.includes(`${name})`))).toEqual(one);
      expect(facts).toEqual([['s1', 'failed']]);
    }
  });

  it.each([
    ['neither column is there', columns, true, 'Without client_application and query_tags,'],
    ['the client is hidden and sessions have no tags', [...columns, 'query_tags'], false, 'this workspace knows no query tags'], // prettier-ignore
  ])('are never kept as those of somebody else: nothing is asked where %s', async (_, shown, carriesTag, words) => {
    const found = await read(shown, [row({})], carriesTag);
    expect(found.asked).toEqual([]);
    expect(found).toMatchObject({ facts: [], completeTo: null, partly: true });
    expect(JSON.parse(found.cursor ?? '')).toMatchObject({ at: null });
    expect(found.note).toContain(words);
    expect(found.missingColumns).toContain('client_application');
    expect(found.estimate).toMatchObject({ ok: true, value: { rows: 0 } });
    expect(found.streamed.map(({ note, partly }) => [note?.includes(words), partly])).toEqual([[true, true]]);
  });

  it('may be among those with a masked client: without tags that tell, none of these is kept, and it is said', async () => {
    const masked = row({ id: 's2', client: '<REDACTED>' });
    const told = [['s1', 'failed']];
    const byTag = await read([...columns, ...both], [row({}), masked]);
    expect(byTag.facts).toEqual([...told, ['s2', 'failed']]);
    for (const [shown, tags, carriesTag] of [
      [['client_application'], null, true],
      [both, '***', true],
      [both, null, false],
    ] as const) {
      const found = await read([...columns, ...shown], [row({}), { ...masked, tags }], carriesTag);
      expect(found.facts).toEqual(told);
      expect(found.note).toContain('1 statements are not kept: their client is masked, and they may be our own.');
      expect(found.partly).toBe(true);
    }
  });
});

describe('a statement whose status is not told', () => {
  it('is unknown, and only kept where it was slow', async () => {
    const shown = [...columns, ...both].filter((name) => name !== 'execution_status');
    const rows = [
      row({ status: null }),
      row({ id: 's2', status: null, total_duration_ms: '45000', place: '2' }),
      row({ id: 's3', status: '***', total_duration_ms: '45000', place: '7' }),
    ];
    const found = await read(shown, rows);
    expect(found.facts).toEqual([['s2', 'unknown']]);
    expect(found.missingColumns).toContain('execution_status');
    expect(found.note).toContain('Without execution_status, nothing tells which statements failed');
  });
});
