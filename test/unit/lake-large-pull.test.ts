// What makes half a million rows cheap changes nothing of what is stored: each short way against the plain one.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { TextRow } from '../../main/databricks/port.ts';
import { statementKind } from '../../main/databricks/statements.ts';
import { pullStream } from '../../main/lake/pull-stream.ts';
import { instantOf, latest, newestOf } from '../../main/lake/rows.ts';
import { asMicros, asText } from '../../main/lake/select.ts';
import { holdFacts, putFacts } from '../../main/store/fact-batch.ts';
import { heldFacts } from '../../main/store/packs.ts';
import { ok } from '../../shared/base/result.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, micros } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const store = () => {
  const made = temporaryStore(() => collectNow);
  cleanups.push(made.close);
  return made.store;
};

describe('the newest moment of a page', () => {
  const moment = fc.oneof(
    fc.integer({ min: 1, max: 9 }).map((n) => micros(collectNow - n)),
    fc.constantFrom<string | null>(null, '', '0', '-1', 'redacted', '9999999999999999', '99999999999999999999', '12', '2026-11-24 11:00:00', '-86400000000'),
  ); // prettier-ignore
  it('is that of its rows one by one, whatever they carry', () => {
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 6 }), (values) => {
        const rows = values.map((at): TextRow => ({ at }));
        expect(newestOf(rows, 'at')).toBe(latest(rows.map((row) => instantOf(row, 'at'))));
      }),
    );
    expect(newestOf([{}], 'at')).toBe(null);
  });
});

describe('rows of a page', () => {
  it('are let go of as they are handed on, not when the page has come to its end', async () => {
    const rows = Array.from({ length: 2_500 }, (_, n): TextRow => ({ id: `${n}`, at: micros(collectNow - 3_000 + n), bw_total: '2500', bw_row: `${n + 1}` })); // prettier-ignore
    const { workspace } = fakeWorkspace({
      columns: ['id', 'at'],
      sql: () => ok({ columns: ['id', 'at'], rows }),
    });
    const table = { catalog: 'system', schema: 's', table: 't' };
    const kind = statementKind('test.large-pull', 'read', 'rows of a test');
    const wants = [asText('id', { required: true }), asMicros('at', { required: true })];
    const context = collectContext(workspace, store().read, []);
    const left: (readonly [came: number, left: number])[] = [];
    const spec = { kind, table, wants, where: [], parameters: {}, order: 'at' };
    for await (const batch of pullStream(context, spec))
      if (batch.ok) left.push([batch.value.rows.length, rows.length]);
    expect(left).toEqual([[1_000, 1_500], [1_000, 500], [500, 0], [0, 0]]); // prettier-ignore
  });
});

describe('the page after', () => {
  it('is asked for before anything of the one before is worked on, though the driver lets a timer pass first', async () => {
    const rows = (from: number) =>
      Array.from({ length: 1_500 }, (_, n): TextRow => ({ id: `${from + n}`, at: micros(collectNow - 9_000 + from + n), bw_total: '3000', bw_row: `${from + n + 1}` })); // prettier-ignore
    const { workspace } = fakeWorkspace({ columns: ['id', 'at'] });
    const seen: string[] = [];
    const pages = async function* () {
      for (const from of [0, 1_500]) {
        for (let step = 0; step < 5; step += 1) await Promise.resolve();
        await new Promise((resolve) => setTimeout(resolve, 0));
        seen.push(`asked for ${from}`);
        yield ok({ columns: ['id', 'at'], rows: rows(from) });
      }
    };
    const asked = { ...workspace, warehouse: { ...workspace.warehouse, pages } };
    const spec = {
      kind: statementKind('test.page-after', 'read', 'rows of a test'), table: { catalog: 'system', schema: 's', table: 't' },
      wants: [asText('id', { required: true }), asMicros('at', { required: true })], where: [], parameters: {}, order: 'at',
    }; // prettier-ignore
    const breathe = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
    for await (const batch of pullStream(collectContext(asked, store().read, [], { breathe }), spec))
      seen.push(`worked on ${batch.ok ? batch.value.rows.length : batch.error.tag}`);
    expect(seen).toEqual([
      'asked for 0', 'asked for 1500', 'worked on 1000', 'worked on 500', 'worked on 1000', 'worked on 500', 'worked on 0',
    ]); // prettier-ignore
  });
});

describe('what a room holds', () => {
  const fact = (n: number, source: string, workspace: string) => ({
    row: {
      id: `run|${n}`, kind: 'run', source, workspace, region: null, happened: instantAt(collectNow - n), observed: instantAt(collectNow),
      complete_to: null, assets: '[]', title: `Lauf ${n} von täglich`, data: '{}',
    },
    assets: [],
    old: null,
  }); // prettier-ignore
  /** By source and workspace, steps added up. */
  const held = (facts: readonly ReturnType<typeof fact>[], step: number) => {
    const { transaction, read } = store();
    transaction<null>((db) => {
      holdFacts(
        db,
        1,
        [...putFacts(db, facts).values()].toSorted((a, b) => a - b),
      );
      return ok(null);
    });
    const sums = new Map<string, readonly [facts: number, bytes: number]>();
    for (let after = 0; ;) {
      const rows = heldFacts(read, 1, after, step);
      if (rows.length === 0) return sums;
      for (const { source, workspace, facts: many, bytes, last } of rows) {
        const [before, size] = sums.get(`${source} ${workspace}`) ?? [0, 0];
        sums.set(`${source} ${workspace}`, [before + many, size + bytes]);
        after = Math.max(after, last);
      }
    }
  };
  it('is counted by source, whether a step meets one or several, and the size is that of its texts', () => {
    const facts = Array.from({ length: 10 }, (_, n) => fact(n, n < 5 ? 'a' : 'b', n < 8 ? '7' : '8'));
    const size = (some: readonly (typeof facts)[number][]): number =>
      some.reduce((sum, { row }) => sum + Buffer.byteLength(row.title) + 2 + 2 * 2 + 3 * row.id.length, 0);
    const expected = new Map([
      ['a 7', [5, size(facts.slice(0, 5))]],
      ['b 7', [3, size(facts.slice(5, 8))]],
      ['b 8', [2, size(facts.slice(8))]],
    ]);
    for (const step of [1, 2, 3, 5, 100]) expect(held(facts, step)).toEqual(expected);
    expect(held([], 3)).toEqual(new Map());
  });
});
