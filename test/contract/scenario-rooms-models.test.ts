// Scenarios about models, features and who may read what: each leads to a proposal by Breakwater's own rules, and its room shows the cause.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { causeIn, scenarioRooms, type ScenarioRooms } from '../support/scenario-rooms.ts';

const rules = {
  drift: ['drift-psi', 'table'],
  'bad-feature': ['drift-psi', 'table'],
  'early-model': ['drift-psi', 'table'],
  'wrong-grant': ['open-grant', 'table'],
} as const;
const names = Object.keys(rules);
let seen: ScenarioRooms;
beforeAll(async () => {
  seen = await scenarioRooms(rules);
}, 900_000);
afterAll(() => seen.close());

describe('what goes wrong with models, features and rights', () => {
  it.each(names)('%s: is proposed, and its cause stands in the room', (name) => {
    const own = seen.rooms.get(name);
    expect(own, seen.proposals.map(({ title }) => title).join('\n')).toBeDefined();
    if (own !== undefined) expect(causeIn(own.truth, own.lines)).not.toEqual([]);
  });

  // A right on a schema reaches the tables of other rooms too; that it is not there when nobody gave it is judged in the other file.
  it.each(['drift', 'bad-feature', 'early-model'])('%s: the cause stands in no other room', (name) => {
    const { truth } = seen.rooms.get(name) ?? {};
    expect(truth).toBeDefined();
    for (const [other, { lines }] of seen.rooms)
      if (truth !== undefined && other !== name) expect(causeIn(truth, lines), other).toEqual([]);
  });

  it('a version that went live is found from what its endpoint answered, along edges that each name their source', () => {
    const { truth, lines, nodes, edges } = seen.rooms.get('early-model') ?? {};
    const endpoint = nodes?.find(({ id }) => id.startsWith('endpoint|'));
    expect(endpoint).toMatchObject({ state: 'changed' });
    const [cause] = truth === undefined ? [] : causeIn(truth, lines ?? []);
    expect(cause?.assets[0]).toBe(endpoint?.id);
    const way = (from: string | undefined) => edges?.filter((edge) => edge.from === from).map(({ to, source, damage }) => ({ to, source, damage })) ?? [];
    const [payload] = way(endpoint?.id);
    expect(payload).toMatchObject({ to: expect.stringMatching(/^table\|.*_payload$/), source: 'rest.inference-tables', damage: true });
    expect(way(payload?.to)).toContainEqual({ to: expect.stringMatching(/_predictions$/), source: expect.stringMatching(/table_lineage$/), damage: true });
    const served = edges?.find(({ to }) => to === endpoint?.id);
    expect(served).toMatchObject({ from: expect.stringMatching(/^model\|/), source: expect.stringMatching(/serv/) });
  }); // prettier-ignore

  it('no room shows what an endpoint serves that no edge joins to it', () => {
    const served = [...seen.rooms].flatMap(([name, { lines, nodes }]) =>
      lines.filter(({ factKind }) => factKind === 'served-version').map(({ assets }) => ({ name, near: assets.some((one) => nodes.some(({ id }) => id === one)) })),
    );
    expect(served.some(({ name }) => name === 'early-model')).toBe(true);
    expect(served.filter(({ near }) => !near)).toEqual([]);
  }); // prettier-ignore

  it('a right for everybody is one incident, of privacy, that names each table which it opens', () => {
    const { proposal } = seen.rooms.get('wrong-grant') ?? {};
    expect(proposal).toMatchObject({ class: 'privacy-security', severity: 'SEV2' });
    expect(proposal?.signals.length).toBeGreaterThan(3);
    expect(new Set(proposal?.signals.map(({ startedAt }) => startedAt)).size).toBe(1);
    // The same right for one group on a board without personal data is none.
    expect(seen.proposals.flatMap(({ signals }) => signals).every(({ title }) => !title.includes('board'))).toBe(true);
  });

  it('each is an incident of its own', () => {
    const proposals = names.map((name) => seen.rooms.get(name)?.proposal.id);
    expect(new Set(proposals).size).toBe(names.length);
  });
});
