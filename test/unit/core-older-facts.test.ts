import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../shared/base/json.ts';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import { olderFacts } from '../../main/core/older-facts.ts';
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

describe('facts that a conclusion rested on', () => {
  it('say so where the platform says another result or time now', () => {
    expect([...olderFacts([cited('failed')], () => present({ result: 'succeeded' }))]).toEqual([
      ['run|7|1', 'was failed, is succeeded by system.lakeflow.job_run_timeline'],
    ]);
    const later = olderFacts([cited('failed')], () => present({ result: 'failed' }, collectNow + 3_600_000));
    expect(later.get('run|7|1')).toBe(
      'was 2026-11-24 12:00 UTC, is 2026-11-24 13:00 UTC by system.lakeflow.job_run_timeline',
    );
  });

  it('say so where lineage named more tables since, and not where nobody had looked', () => {
    const statement = (tables: JsonObject): CitationView => {
      const [witness] = cited('failed').witnesses;
      if (witness === undefined) throw new Error('no witness');
      return { ...cited('failed', 'query'), witnesses: [{ ...witness, snapshot: { data: { result: 'failed', ...tables } } }] }; // prettier-ignore
    };
    const now = present({ result: 'failed', reads: ['main.a.b'], writes: ['main.a.c'] });
    expect([...olderFacts([statement({ reads: ['main.a.b'], writes: [] })], () => now).values()]).toEqual([
      'touched main.a.c as well, by lineage that came later',
    ]);
    expect(olderFacts([statement({})], () => now).size).toBe(0);
    expect(olderFacts([statement({ reads: ['main.a.b'], writes: ['main.a.c'] })], () => now).size).toBe(0);
  });

  it('are quiet where it says the same, rounds, or has forgotten', () => {
    const same = present(
      { result: 'failed', replaced: { source: 'rest.jobs.runs/list', result: 'failed' } },
      collectNow + 900,
    );
    expect(olderFacts([cited('failed')], () => same).size).toBe(0);
    expect(olderFacts([cited('failed')], () => null).size).toBe(0);
    expect(olderFacts([cited('x', 'settings')], () => present({}, collectNow + 86_400_000)).size).toBe(0);
  });
});
