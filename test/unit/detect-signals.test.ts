import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ensure } from '../../shared/base/assert.ts';
import { isSignalId, type AssetId, type FactId, type SignalId } from '../../shared/domain/ids.ts';
import { detectSignals } from '../../main/detect/detectors.ts';
import { groupSignals } from '../../main/detect/group.ts';
import type { Signal } from '../../main/detect/port.ts';
import type { LakeFact } from '../../main/lake/port.ts';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const start = Date.UTC(2026, 10, 20);
const hour = 3_600_000;
const at = (hours: number): string => new Date(start + hours * hour).toISOString();

const base = (id: string, kind: LakeFact['kind'], hours: number, assets: readonly string[], data: LakeFact['data'], completeTo: string | null = at(999)): LakeFact => ({
  id: id as FactId, kind, source: 's', workspace: '7', happenedAt: at(hours), observedAt: at(hours + 1), completeTo,
  assets: assets.map((one) => one as AssetId), title: `${kind} ${id}`, data,
}); // prettier-ignore
const run = (job: string, number: string, hours: number, result = 'failed', completeTo?: string): LakeFact =>
  base(
    `run|7|${number}`,
    'run',
    hours,
    [`job|7|${job}`],
    { run: number, job, task: null, result, message: null, termination: null, raw: { result_state: 'FAILED' } },
    completeTo,
  );
const task = (job: string, number: string, key: string, attempt: string, hours: number): LakeFact =>
  base(`run|7|${number}/${key}/${attempt}`, 'run', hours, [`task|7|${job}/${key}`, `job|7|${job}`], {
    run: number,
    job,
    task: key,
    attempt,
    result: 'failed',
    message: `${key} broke`,
  });
const drift = (
  table: string,
  column: string,
  hours: number,
  psi: number | 'Infinity',
  type = 'BASELINE',
  completeTo?: string,
): LakeFact =>
  base(
    `drift|ms|${table}/${column}/${hours}/${type}`,
    'drift',
    hours + 1,
    [`table|ms|${table}`, `column|ms|${table}.${column}`],
    { table, column, windowStart: at(hours), granularity: '1 hour', type, psi },
    completeTo,
  );

describe('signals', () => {
  it('of a distance that is infinite names it first: nothing drifts more', () => {
    const facts = [drift('a.b.c', 'some', 1, 0.9), drift('a.b.c', 'all', 1, 'Infinity')];
    expect(detectSignals(facts, sha).map(({ title }) => title)).toEqual([
      'c has drifted: all (PSI infinite), some (PSI 0.90)',
    ]);
  });

  it('a failed run with its failing task: ids by the format, facts cited, the message told', () => {
    const signals = detectSignals(
      [run('9', '100', 5), task('9', '100', 'check', '101', 4), run('9', '99', 2, 'succeeded')],
      sha,
    );
    expect(signals.map((one) => [one.monitor, one.asset, one.windowKey])).toEqual([
      ['failed-run', 'job|7|9', '100|check|101'],
      ['failed-run', 'job|7|9', '100||'],
    ]);
    const whole = ensure(signals[1], 'two signals were made');
    expect(whole.id).toBe(`sg_${sha(['bw-sig-1', '7', 'failed-run', 'job|7|9', '100||'].join('\x1f')).slice(0, 32)}`);
    expect(whole.facts).toEqual(['run|7|100', 'run|7|100/check/101']);
    expect(whole.why).toContain('failing task check; check broke');
    expect(signals.every((one) => isSignalId(one.id))).toBe(true);
  });

  it('drift from 0.2 on: one signal per table and row of windows, worst column first', () => {
    const facts = [
      drift('c.s.t', 'a', 3, 0.21),
      drift('c.s.t', 'b', 3, 0.9),
      drift('c.s.t', 'b', 3, 0.3, 'CONSECUTIVE'),
      drift('c.s.t', 'd', 3, 0.199),
      drift('c.s.t', 'a', 4, 0.5),
      drift('c.s.t', 'a', 9, 0.6),
    ];
    const signals = detectSignals(facts, sha);
    expect(signals.map((one) => [one.asset, one.windowKey, one.title])).toEqual([
      ['table|ms|c.s.t', `${at(3)}|1 hour`, 't has drifted: b (PSI 0.90), a (PSI 0.21)'],
      ['table|ms|c.s.t', `${at(9)}|1 hour`, 't has drifted: a (PSI 0.60)'],
    ]);
    expect(signals[0]?.data).toMatchObject({ windows: 2, lastEnd: at(5) });
  });

  it('the id does not depend on values, versions or when it was seen', () => {
    const ids = (psi: number, observedAt: string) =>
      detectSignals([{ ...drift('c.s.t', 'a', 3, psi), observedAt }], sha).map((one) => one.id);
    expect(ids(0.3, at(4))).toEqual(ids(0.8, at(90)));
  });

  it('no verdict past the moment to which a source is complete', () => {
    expect(
      detectSignals([run('9', '1', 5, 'failed', at(4)), drift('c.s.t', 'a', 5, 0.9, 'BASELINE', at(5))], sha),
    ).toEqual([]);
  });

  it('facts with odd contents make no signal and no error', () => {
    const odd = [
      base('x', 'run', 1, [], { result: 'failed', run: 'r' }), base('y', 'run', 1, ['job|7|9'], { result: 'failed', run: 7 }),
      base('z', 'drift', 1, ['table|ms|t'], { psi: 'high', windowStart: at(1), granularity: 'x', column: 'c' }), base('w', 'drift', 1, [], { psi: 1 }),
      base('v', 'audit', 1, [], {}),
    ]; // prettier-ignore
    expect(detectSignals(odd, sha)).toEqual([]);
  });
});

const edge = (from: string, to: string) => ({ from: `table|ms|${from}` as AssetId, to: `table|ms|${to}` as AssetId });
const signal = (asset: string, hours: number, key = `${asset}${hours}`): Signal => ({
  id: `sg_${sha(key).slice(0, 32)}` as SignalId, monitor: 'drift-psi', asset: asset as AssetId, windowKey: key, title: key, why: '',
  startedAt: at(hours), observedAt: at(hours), completeTo: null, facts: [], data: {},
}); // prettier-ignore
const group = (
  signals: readonly Signal[],
  edges: readonly { from: AssetId; to: AssetId }[],
  changes: readonly LakeFact[] = [],
  excluded: readonly SignalId[] = [],
) =>
  groupSignals({
    signals,
    edges,
    changes,
    excluded: new Set(excluded),
    nameOf: (asset) => asset.split('|').at(-1) ?? asset,
  });

describe('grouping', () => {
  const chain = [edge('a', 'b'), edge('b', 'c'), edge('x', 'y')];

  it('joins along the lineage and says the way; what is elsewhere stays apart', () => {
    const found = group([signal('table|ms|a', 1), signal('table|ms|c', 2), signal('table|ms|y', 2)], chain);
    expect(found.map((one) => one.signals.length).sort()).toEqual([1, 2]);
    expect(found.find((one) => one.signals.length === 2)?.why).toContain('a → b → c');
  });

  it('siblings are one incident only after a change of what they share', () => {
    const siblings = [edge('root', 'l'), edge('root', 'r')];
    const signals = [signal('table|ms|l', 10), signal('table|ms|r', 12)];
    expect(group(signals, siblings).length).toBe(2);
    const change = (hours: number) => base(`change${hours}`, 'schema-change', hours, ['table|ms|root'], {});
    expect(group(signals, siblings, [change(5)])).toMatchObject([{ signals: [{}, {}] }]);
    expect(group(signals, siblings, [change(5)])[0]?.why).toContain('columns of root changed');
    expect(group(signals, siblings, [change(11)]).length).toBe(2);
    expect(group(signals, siblings, [change(-60)]).length).toBe(2);
  });

  it('costs that rise at once are one incident where one thing stands on both within three steps; other siblings are not', () => {
    const of = (...ids: readonly string[]) => ids.slice(1).map((to, i) => ({ from: ids[i] as AssetId, to: to as AssetId }));
    const [cluster, endpoint, job] = ['cluster|7|c', 'endpoint|7|e', 'job|7|9'];
    const edges = [...of(cluster, job), ...of(cluster, 'job|7|10'), ...of(endpoint, 'table|ms|p', job, 'table|ms|q')];
    const dear = (asset: string, hours: number): Signal => ({ ...signal(asset, hours), monitor: 'cost-jump', data: { day: '2026-11-20', cost: '90.00', usual: '20.00', currency: 'EUR' } });
    const [only, ...others] = group([dear(cluster, 0), dear(endpoint, 24)], edges);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ class: 'cost', title: 'c and e cost far more than usual' });
    expect(only?.why).toContain('c → 9 and e → p → 9, whose costs rise together');
    expect(group([dear(cluster, 0), dear(endpoint, 48)], edges)).toHaveLength(2);
    expect(group([dear(cluster, 0), signal(endpoint, 0)], edges)).toHaveLength(2);
    const far = [...of(cluster, job), ...of(endpoint, 'table|ms|p', 'table|ms|x', 'table|ms|y', job)];
    expect(group([dear(cluster, 0), dear(endpoint, 0)], far)).toHaveLength(2);
    expect(group([dear(cluster, 0)], [])[0]?.title).toBe('c cost 90.00 EUR on 2026-11-20, usually 20.00');
    const mixed = group([dear(cluster, 0), signal(job, 1)], edges)[0];
    expect(mixed?.title).toBe('9 has drifted; c cost 90.00 EUR on 2026-11-20, usually 20.00');
  }); // prettier-ignore

  it('days apart is not near; a chain of repeats is one', () => {
    expect(group([signal('table|ms|a', 0), signal('table|ms|a', 40)], chain).length).toBe(2);
    expect(group([signal('table|ms|a', 0), signal('table|ms|a', 24), signal('table|ms|a', 48)], chain).length).toBe(1);
  });

  it('a drift that lasts is near to what fails while it lasts', () => {
    const lasting = Array.from({ length: 60 }, (_, i) => drift('c.s.t', 'a', i, 0.5));
    const facts = [...lasting, run('9', '1', 58)];
    const found = group(detectSignals(facts, sha), [{ from: 'table|ms|c.s.t' as AssetId, to: 'job|7|9' as AssetId }]);
    expect(found.map((one) => one.signals.length)).toEqual([2]);
  });

  it('further than six hops is not near', () => {
    const long = Array.from({ length: 8 }, (_, i) => edge(`n${i}`, `n${i + 1}`));
    expect(group([signal('table|ms|n0', 0), signal('table|ms|n6', 0)], long).length).toBe(1);
    expect(group([signal('table|ms|n0', 0), signal('table|ms|n7', 0)], long).length).toBe(2);
  });

  it('repeated failing runs of one job are one proposal, counted', () => {
    const facts = [run('9', '1', 0), run('9', '2', 24), run('9', '3', 48)];
    const [only, ...others] = group(detectSignals(facts, sha), []);
    expect(others).toEqual([]);
    expect(only?.title).toBe('9 fails (3 runs)');
    expect(only).toMatchObject({ class: 'platform', severity: 'SEV3' });
  });

  it('declined signals are in no proposal, and do not join others', () => {
    const [a, b, c] = [signal('table|ms|a', 0), signal('table|ms|b', 30), signal('table|ms|c', 60)];
    if (a === undefined || b === undefined || c === undefined) throw new Error('three signals');
    expect(group([a, b, c], chain).length).toBe(1);
    expect(
      group([a, b, c], chain, [], [b.id])
        .map((one) => one.id)
        .sort(),
    ).toEqual([a.id, c.id].sort());
    expect(group([a], chain, [], [a.id])).toEqual([]);
  });

  it('class and severity: both kinds of trouble weigh more than one', () => {
    const mixed = detectSignals([run('9', '1', 2), drift('a', 'x', 1, 0.5)], sha);
    const [found] = group(mixed, [{ from: 'table|ms|a' as AssetId, to: 'job|7|9' as AssetId }]);
    expect(found).toMatchObject({ class: 'data-quality', severity: 'SEV2', title: '9 fails; a has drifted' });
    expect(group(detectSignals([drift('a', 'x', 1, 0.5)], sha), [])[0]?.severity).toBe('SEV4');
  });

  it('does not depend on the order of anything; the id is the earliest signal; nothing is lost or twice', () => {
    const tables = ['a', 'b', 'c', 'd', 'e', 'f'];
    const anyTable = fc.constantFrom(...tables);
    const input = fc.record({
      signals: fc.array(fc.record({ table: anyTable, hours: fc.integer({ min: 0, max: 120 }) }), { maxLength: 12 }),
      edges: fc.array(fc.record({ from: anyTable, to: anyTable }), { maxLength: 10 }),
      changes: fc.array(fc.record({ table: anyTable, hours: fc.integer({ min: -10, max: 100 }) }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(input, fc.infiniteStream(fc.nat()), (world, keys) => {
        const shuffled = <T>(all: readonly T[]): readonly T[] =>
          all
            .map((value) => ({ value, key: keys.next().value }))
            .sort((x, y) => x.key - y.key)
            .map(({ value }) => value);
        const signals = world.signals.map((one) => signal(`table|ms|${one.table}`, one.hours));
        const edges = world.edges.map((one) => edge(one.from, one.to));
        const changes = world.changes.map((one, i) =>
          base(`c${i}`, 'schema-change', one.hours, [`table|ms|${one.table}`], {}),
        );
        const found = group(signals, edges, changes);
        expect(group(shuffled(signals), shuffled(edges), shuffled(changes))).toEqual(found);
        const ids = found.flatMap((one) => one.signals.map((each) => each.id));
        expect(new Set(ids).size).toBe(ids.length);
        expect(new Set(ids)).toEqual(new Set(signals.map((one) => one.id)));
        for (const proposal of found) {
          expect(proposal.id).toBe(proposal.signals[0]?.id);
          expect(proposal.startedAt).toBe(proposal.signals.map((one) => one.startedAt).sort()[0]);
        }
      }),
    );
  });
});
