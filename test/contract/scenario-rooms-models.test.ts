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

  // Served versions stand in every room: no source says whose a model is. A right on a schema reaches the tables of other rooms too.
  // That neither is there when nobody did it is judged in the world of the other file.
  it.each(['drift', 'bad-feature'])('%s: the cause stands in no other room', (name) => {
    const { truth } = seen.rooms.get(name) ?? {};
    expect(truth).toBeDefined();
    for (const [other, { lines }] of seen.rooms)
      if (truth !== undefined && other !== name) expect(causeIn(truth, lines), other).toEqual([]);
  });

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
