// Scenarios about tables, jobs and what they run on: each leads to a proposal by Breakwater's own rules, and its room shows the cause.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { causeIn, scenarioRooms, shippedScenario, type ScenarioRooms } from '../support/scenario-rooms.ts';

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
    const causes = shippedScenario(name).cause.map((_, nth) => nth);
    for (const nth of causes) {
      expect(causeIn(own.truth, own.lines, nth)).not.toEqual([]);
      for (const [other, { lines }] of seen.rooms) if (other !== name) expect(causeIn(own.truth, lines, nth), other).toEqual([]);
    }
  }); // prettier-ignore

  it('a changed cluster is on the map, above the jobs that ran on it', () => {
    for (const name of ['cluster', 'runaway-cost']) {
      const { truth, nodes, edges } = seen.rooms.get(name) ?? { truth: null, nodes: [], edges: [] };
      const cluster = nodes.find(({ id, kind }) => kind === 'cluster' && truth?.told[0]?.includes(`(${id.split('|').at(-1) ?? ''})`)); // prettier-ignore
      expect([name, cluster?.state]).toEqual([name, 'changed']);
      expect(edges.some(({ from, to }) => from === cluster?.id && to.startsWith('job|'))).toBe(true);
    }
  });

  it('tasks that became slow stand in the room of the changed cluster with what is usual, from the change on; in other rooms none do', () => {
    const slow = (name: string) => (seen.rooms.get(name)?.lines ?? []).filter(({ title }) => /^Task .* took .*, usually /.test(title)); // prettier-ignore
    const { truth } = seen.rooms.get('cluster') ?? {};
    expect(slow('cluster').length).toBeGreaterThan(0);
    expect(slow('cluster').length).toBeLessThan(20);
    for (const { happenedAt, assets } of slow('cluster')) {
      expect(Date.parse(happenedAt)).toBeGreaterThan(truth?.onset ?? Infinity);
      expect(assets[0]).toMatch(/^job\|/);
    }
    for (const name of names.filter((one) => one !== 'cluster')) expect(slow(name), name).toEqual([]);
  });

  it('costs that rise together are one proposal, which says why and bears the names that people know', () => {
    const { truth, proposal, nodes, edges } = seen.rooms.get('runaway-cost') ?? {};
    const [, name = '?', id = '?'] = /cluster (\S+) \((\S+)\) edited$/.exec(truth?.told[0] ?? '') ?? [];
    const [, endpoint = '?'] = /endpoint (\S+) kept/.exec(truth?.told[1] ?? '') ?? [];
    const dear = seen.proposals.filter(({ signals }) => signals.some(({ monitor }) => monitor === 'cost-jump'));
    expect(dear.map((one) => one.id)).toEqual([proposal?.id]);
    expect(new Set(proposal?.signals.map(({ asset }) => asset.split('|').at(-1)))).toEqual(new Set([id, endpoint]));
    expect(proposal?.title).toMatch(/cost far more than usual$/);
    expect(proposal?.why).toMatch(/whose costs rise together/);
    const words = [proposal?.title, proposal?.why, ...(proposal?.signals.map(({ title }) => title) ?? [])].join('\n');
    for (const one of [name, endpoint]) expect(words).toContain(`${one} cost `);
    expect(words).not.toContain(id);
    const node = nodes?.find((one) => one.id.endsWith(`|${endpoint}`));
    expect(node?.state).toBe('changed');
    expect(edges?.some(({ from, source }) => from === node?.id && source === 'rest.inference-tables')).toBe(true);
  }); // prettier-ignore

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
    const own = new Set(seen.rooms.get('runaway-cost')?.lines.map(({ id }) => id));
    expect(since.filter(({ factKind, id }) => factKind === 'served-version' && !own.has(id))).toEqual([]);
    expect(since.filter(({ title }) => title.includes('account users'))).toEqual([]);
  });
});
