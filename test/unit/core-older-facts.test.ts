import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../shared/base/json.ts';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import { isCitedAsIs, olderFacts } from '../../main/core/older-facts.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import type { CitationView } from '../../main/log/views-port.ts';
import { collectNow, instantAt } from '../support/collect.ts';

const cited = (result: string, kind = 'run', at = collectNow): CitationView => ({
  factId: 'run|7|1', kind, source: 'rest.jobs.runs/list', signalId: null, happenedAt: instantAt(at), assets: [],
  witnesses: [
    {
      hash: 'h' as CitationView['witnesses'][number]['hash'], by: { actor: 'p' } as CitationView['witnesses'][number]['by'], observedAt: null, recordedAt: instantAt(at),
      snapshot: { title: 't', data: { result } }, blob: null,
    },
  ],
}); // prettier-ignore
const present = (data: JsonObject, at = collectNow): LakeFact => ({
  id: 'run|7|1' as FactId, kind: 'run', source: 'system.lakeflow.job_run_timeline', workspace: '7', happenedAt: instantAt(at), observedAt: instantAt(at),
  completeTo: null, assets: ['job|7|9' as AssetId], title: 't', data,
}); // prettier-ignore

const older = (one: CitationView, now: LakeFact | null, at: number | null = null): string | null =>
  olderFacts([one], () => now)('run|7|1', at === null ? null : instantAt(at));
/** The same fact as it was cited again, by whom and when it may be. */
const again = (one: CitationView, data: JsonObject, at: number): CitationView => {
  const [first] = one.witnesses;
  if (first === undefined) throw new Error('no witness');
  return { ...one, witnesses: [...one.witnesses, { ...first, recordedAt: instantAt(at), snapshot: { data } }] };
};
const of = (kind: string, data: JsonObject): CitationView => {
  const [witness] = cited('x', kind).witnesses;
  if (witness === undefined) throw new Error('no witness');
  return { ...cited('x', kind), witnesses: [{ ...witness, snapshot: { data } }] };
};
const hour = 3_600_000;

describe('facts that a conclusion rested on', () => {
  it('say so where the platform says another result or time now', () => {
    expect(older(cited('failed'), present({ result: 'succeeded' }))).toBe(
      'was failed, is succeeded by system.lakeflow.job_run_timeline',
    );
    expect(older(cited('failed'), present({ result: 'failed' }, collectNow + hour))).toBe(
      'was 2026-11-24 12:00 UTC, is 2026-11-24 13:00 UTC by system.lakeflow.job_run_timeline',
    );
  });

  it.each([
    ['drift', { psi: 0.314_159, js: 0.2 }, { psi: 0.08, js: 0.2 }, 'PSI: was 0.3142, is 0.08'],
    ['expectation', { failedRecords: 12, passedRecords: 88 }, { failedRecords: 0, passedRecords: 100 }, 'failed records: was 12, is 0; passed records: was 88, is 100'],
    ['quality', { status: 'unhealthy' }, { status: 'healthy' }, 'was unhealthy, is healthy'],
    ['cost', { quantity: '12.5', listAmount: '6.25' }, { quantity: '14.0', listAmount: '7.00' }, 'quantity: was 12.5, is 14; amount: was 6.25, is 7'],
    ['profile', { rows: 100, mean: 2.5 }, { rows: 100, mean: 9.5 }, 'mean: was 2.5, is 9.5'],
    ['inference', { requests: 50, labels: 10 }, { requests: 50, labels: 40 }, 'labels: was 10, is 40'],
  ])('say so where a %s says other numbers or another status', (kind, then, now, words) => {
    expect(older(of(kind, then), present(now))).toBe(`${words} by system.lakeflow.job_run_timeline`);
    expect(older(of(kind, then), present(then))).toBeNull();
  }); // prettier-ignore

  it('say so where lineage named more tables since, and not where nobody had looked', () => {
    const statement = (tables: JsonObject): CitationView => of('query', { result: 'failed', ...tables });
    const now = present({ result: 'failed', reads: ['main.a.b'], writes: ['main.a.c'] });
    expect(older(statement({ reads: ['main.a.b'], writes: [] }), now)).toBe(
      'touched main.a.c as well, by lineage that came later',
    );
    expect(older(statement({}), now)).toBeNull();
    expect(older(statement({ reads: ['main.a.b'], writes: ['main.a.c'] }), now)).toBeNull();
  });

  it('are quiet where it says the same, rounds, says more, or says how something is now', () => {
    const same = present(
      { result: 'failed', replaced: { source: 'rest.jobs.runs/list', result: 'failed' } },
      collectNow + 900,
    );
    expect(older(cited('failed'), same)).toBeNull();
    expect(older(cited('x', 'settings'), present({}, collectNow + 24 * hour))).toBeNull();
    expect(older(of('cost', { quantity: '1.0' }), present({ quantity: '1.00' }))).toBeNull();
    expect(older(of('drift', { psi: null }), present({ psi: 0.3 }))).toBeNull();
    expect(olderFacts([cited('failed')], () => same)('another', null)).toBeNull();
  });

  it('are known from what others cited later, also without the cache, and the newer of the two counts', () => {
    const both = again(cited('failed'), { result: 'succeeded' }, collectNow + hour);
    expect(older(both, null)).toBe('was failed, is succeeded by rest.jobs.runs/list');
    // This device looked before the other one did.
    expect(older(both, present({ result: 'failed' }))).toBe('was failed, is succeeded by rest.jobs.runs/list');
    expect(older(cited('failed'), null)).toBeNull();
  });

  it('mark a conclusion by what was known to it: one that came after the change rests on what is said now', () => {
    const both = again(cited('failed'), { result: 'succeeded' }, collectNow + hour);
    const now = present({ result: 'succeeded' }, collectNow);
    expect(older(both, now, collectNow + 60_000)).toMatch(/^was failed, is succeeded/);
    expect(older(both, now, collectNow + 2 * hour)).toBeNull();
    expect(isCitedAsIs(both, now)).toBe(true);
    expect(isCitedAsIs(cited('failed'), now)).toBe(false);
  });
});
