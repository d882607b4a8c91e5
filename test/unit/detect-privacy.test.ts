import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { detectSignals } from '../../main/detect/detectors.ts';
import { classify, groupSignals } from '../../main/detect/group.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const at = '2026-11-24T10:00:00.000Z';
const fact = (kind: LakeFact['kind'], id: string, assets: readonly string[], data: LakeFact['data'], completeTo: string | null = null): LakeFact => ({
  id: `${kind}|7|${id}` as FactId, kind, source: 's', workspace: '7', happenedAt: at, observedAt: at, completeTo,
  assets: assets.map((one) => one as AssetId), title: `${id} title`, data,
}); // prettier-ignore
const signals = (facts: readonly LakeFact[]) => detectSignals(facts, sha256);
const proposals = (facts: readonly LakeFact[]) =>
  groupSignals({ signals: signals(facts), edges: [], changes: facts, excluded: new Set(), nameOf: (asset) => asset.split('.').at(-1) ?? asset }); // prettier-ignore
const table = (name: string): string => `table|ms|a.b.${name}`;

describe('a right that everybody gets', () => {
  const grant = (id: string, principal: string, add: readonly string[], tables: readonly string[], completeTo: string | null = null) =>
    fact('grant-change', id, tables.map(table), { by: 'ann', grants: [{ principal, add: [...add], remove: [] }], personal: tables.map((name) => `a.b.${name}`) }, completeTo); // prettier-ignore

  it('to read tables with personal data is a signal for each of them, and one proposal', () => {
    const facts = [grant('e1', 'Account Users', ['USE_SCHEMA', 'SELECT'], ['people', 'cards'])];
    expect(signals(facts).map((one) => [one.monitor, one.asset, one.windowKey, one.facts])).toEqual(
      expect.arrayContaining(
        ['people', 'cards'].map((name) => ['open-grant', table(name), 'e1', ['grant-change|7|e1']]),
      ),
    );
    expect(signals(facts)[0]?.why).toContain('e1 title by ann (audit log)');
    expect(proposals(facts)).toMatchObject([
      { class: 'privacy-security', severity: 'SEV2', title: 'Everybody may read personal data in people and cards' },
    ]);
    expect(proposals(facts)[0]?.why).toContain('people and cards by one change');
  });

  it('is none for a group, another privilege, a table without personal data, or beyond what is complete', () => {
    expect(signals([grant('e1', 'analysts', ['SELECT'], ['people'])])).toEqual([]);
    expect(signals([grant('e1', 'account users', ['USE_SCHEMA', 'BROWSE', 'MODIFY'], ['people'])])).toEqual([]);
    expect(signals([grant('e1', 'account users', ['SELECT'], [])])).toEqual([]);
    expect(signals([grant('e1', 'account users', ['SELECT'], ['people'], '2026-11-24T09:00:00.000Z')])).toEqual([]);
    expect(signals([grant('e1', 'users', ['ALL_PRIVILEGES'], ['people'])])).toHaveLength(1);
  });

  it('two changes that have nothing in common are two proposals; twenty tables of many become signals', () => {
    expect(
      proposals([grant('e1', 'users', ['SELECT'], ['people']), grant('e2', 'users', ['SELECT'], ['cards'])]),
    ).toHaveLength(2);
    const many = Array.from({ length: 30 }, (_, i) => `t${i}`);
    const found = signals([grant('e1', 'users', ['SELECT'], many)]);
    expect(found).toHaveLength(20);
    expect(found[0]?.why).toContain('10 more tables are reached');
  });
});

describe('personal data that flows', () => {
  const flow = (more: LakeFact['data']) =>
    fact('schema-change', 'f', [table('board'), 'column|ms|a.b.board.mail', 'column|ms|a.b.people.email'], {
      what: 'personal-flow', table: 'a.b.board', column: 'mail', fromTable: 'a.b.people', fromColumn: 'email', tag: 'class.email_address', tagged: false, ...more,
    }); // prettier-ignore

  it('into a column without such a tag is a signal with the ways of both facts; with the tag it is none', () => {
    const [found] = signals([flow({})]);
    expect(found).toMatchObject({
      monitor: 'personal-flow',
      asset: table('board'),
      windowKey: 'a.b.people.email>mail',
      title: 'Personal data in board: mail is made from email of people',
    });
    expect(found?.why).toContain('email is tagged class.email_address, mail has no such tag');
    expect(classify(found === undefined ? [] : [found])).toEqual({ class: 'privacy-security', severity: 'SEV3' });
    expect(signals([flow({ tagged: true })])).toEqual([]);
    expect(signals([flow({ what: null })])).toEqual([]);
  });
});
