// Scenarios about tables, jobs and what they run on: each leads to a proposal by Breakwater's own rules, and its room shows the cause.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { causeIn, scenarioRooms, type ScenarioRooms } from '../support/scenario-rooms.ts';

const rules = {
  'schema-change': ['drift-psi', 'table'],
  'late-data': ['unhealthy-quality', 'table'],
  cluster: ['failed-run', 'job'],
  'runaway-cost': ['cost-jump', 'cluster'],
  'personal-data': ['personal-flow', 'table'],
} as const;
const names = Object.keys(rules);
let seen: ScenarioRooms;
beforeAll(async () => {
  seen = await scenarioRooms(rules);
}, 900_000);
afterAll(() => seen.close());

describe('what goes wrong with tables, jobs and compute', () => {
  it.each(names)('%s: is proposed, and its cause stands in the room, in no other', (name) => {
    const own = seen.rooms.get(name);
    expect(own, seen.proposals.map(({ title }) => title).join('\n')).toBeDefined();
    if (own === undefined) return;
    expect(causeIn(own.truth, own.lines)).not.toEqual([]);
    for (const [other, { lines }] of seen.rooms) if (other !== name) expect(causeIn(own.truth, lines), other).toEqual([]);
  }); // prettier-ignore

  it('a changed cluster is on the map, above the jobs that ran on it', () => {
    for (const name of ['cluster', 'runaway-cost']) {
      const { truth, nodes, edges } = seen.rooms.get(name) ?? { truth: null, nodes: [], edges: [] };
      const cluster = nodes.find(({ id, kind }) => kind === 'cluster' && truth?.told[0]?.includes(`(${id.split('|').at(-1) ?? ''})`)); // prettier-ignore
      expect([name, cluster?.state]).toEqual([name, 'changed']);
      expect(edges.some(({ from, to }) => from === cluster?.id && to.startsWith('job|'))).toBe(true);
    }
  });

  it('each is an incident of its own, of a class that fits', () => {
    const proposals = names.map((name) => seen.rooms.get(name)?.proposal);
    expect(new Set(proposals.map((one) => one?.id)).size).toBe(names.length);
    expect(proposals.map((one) => one?.class)).toEqual([
      'data-quality',
      'data-quality',
      'data-quality',
      'cost',
      'privacy-security',
    ]);
  });

  it('what other scenarios do is in none of these rooms', () => {
    const lines = [...seen.rooms.values()].flatMap((room) => room.lines);
    expect(lines.length).toBeGreaterThan(200);
    const onset = Math.min(...seen.truths.map((one) => one.onset));
    const since = lines.filter(({ happenedAt }) => Date.parse(happenedAt) >= onset);
    expect(since.filter(({ factKind }) => factKind === 'served-version')).toEqual([]);
    expect(since.filter(({ title }) => title.includes('account users'))).toEqual([]);
  });
});
