import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectSignals, monitors } from '../../main/detect/detectors.ts';
import { classify } from '../../main/detect/group.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import type { FactKind } from '../../shared/domain/vocabulary.ts';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const fact = (
  kind: FactKind,
  id: string,
  at: string,
  asset: string,
  data: LakeFact['data'],
  completeTo: string | null = null,
): LakeFact => ({
  id: `${kind}|${id}` as FactId, kind, source: 's', workspace: '7', happenedAt: at, observedAt: '2026-11-24T12:00:00.000Z', completeTo,
  assets: [asset as AssetId], title: `${id} title`, data,
}); // prettier-ignore
const signals = (facts: readonly LakeFact[]) => detectSignals(facts, sha256);
const pipeline = 'pipeline|7|p';
const table = 'table|ms|a.b.c';

describe('pipelines', () => {
  const update = (id: string, result: string, more: LakeFact['data'] = {}, completeTo: string | null = null) =>
    fact('pipeline-update', id, '2026-11-24T10:00:00.000Z', pipeline, { update: id, result, ...more }, completeTo);

  it('a failed or timed-out update is a signal; a dry run, a running one and one beyond what is complete are none', () => {
    const found = signals([
      update('1', 'failed'), update('2', 'timed-out', { message: 'schema of x' }), update('3', 'succeeded'), update('4', 'cancelled'),
      update('5', 'failed', { type: 'VALIDATE' }), update('6', 'running'), update('7', 'failed', {}, '2026-11-24T09:00:00.000Z'),
    ]); // prettier-ignore
    expect(found.map((one) => [one.monitor, one.asset, one.windowKey]).sort()).toEqual([
      ['failed-update', pipeline, '1'], ['failed-update', pipeline, '2'],
    ]); // prettier-ignore
    // The id is made as event-format section 4 says: rule, asset and natural key, never a value.
    expect(found.find((one) => one.windowKey === '1')?.id).toBe(
      `sg_${sha256(['bw-sig-1', '7', 'failed-update', pipeline, '1'].join('\x1f')).slice(0, 32)}`,
    );
    expect(classify(found)).toEqual({ class: 'data-quality', severity: 'SEV3' });
    expect(classify(found.filter((one) => one.windowKey === '1'))).toEqual({ class: 'platform', severity: 'SEV3' });
  });

  it('expectations count from a share of five percent on; one signal per update and dataset', () => {
    const result = (name: string, share: number, update = 'u') =>
      fact('expectation', `${update}/${name}`, '2026-11-24T10:00:00.000Z', table, { update, dataset: 'A.b.c', expectation: name, failedShare: share }); // prettier-ignore
    const found = signals([result('x', 0.049), result('y', 0.05), result('z', 0.5), result('x', 0.01, 'v')]);
    expect(found).toMatchObject([
      { monitor: 'failed-expectation', asset: table, windowKey: 'u|a.b.c', title: 'u/z title', facts: ['expectation|u/y', 'expectation|u/z'] },
    ]); // prettier-ignore
    expect(found[0]?.why).toContain('z 50.0 %, y 5.0 %');
  });
});

describe('quality', () => {
  it('a table that stays unhealthy is one signal until it is healthy again, whatever the order of facts', () => {
    const result = (hour: string, status: string) =>
      fact('quality', hour, `2026-11-24T${hour}:00:00.000Z`, table, { status, impactLevel: 2 });
    const all = [
      result('01', 'unhealthy'),
      result('02', 'unhealthy'),
      result('03', 'healthy'),
      result('05', 'unhealthy'),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: 4, maxLength: 4 }), (facts) => {
        const found = signals(facts);
        expect(found.map((one) => [one.windowKey, one.data['lastEnd'], one.facts.length])).toEqual([
          ['2026-11-24T01:00:00.000Z', '2026-11-24T02:00:00.000Z', 2],
          ['2026-11-24T05:00:00.000Z', '2026-11-24T05:00:00.000Z', 1],
        ]);
        expect(classify(found).class).toBe('data-quality');
      }),
      { numRuns: 10 },
    );
  });
});

describe('cost', () => {
  const day = (date: string, amount: string | null, sku = 'S') =>
    fact('cost', `${date}/${sku}`, `${date}T23:00:00.000Z`, 'job|7|9', {
      day: date,
      listAmount: amount,
      currency: 'USD',
    });
  const usual = [day('2026-11-03', '30'), day('2026-11-10', '40'), day('2026-11-17', '35')];

  it('is compared with the same weekday before: twice the median and twenty more', () => {
    const found = signals([
      ...usual,
      day('2026-11-18', '500'),
      day('2026-11-24', '50.5'),
      day('2026-11-24', '24.5', 'T'),
    ]);
    expect(found).toMatchObject([
      {
        monitor: monitors.costJump,
        windowKey: '2026-11-24T00:00:00.000Z|1 day',
        startedAt: '2026-11-24T00:00:00.000Z',
        data: { cost: '75.00', usual: '35.00', weekdays: 3 },
        facts: ['cost|2026-11-24/S', 'cost|2026-11-24/T'],
      },
    ]);
    expect(classify(found)).toEqual({ class: 'cost', severity: 'SEV4' });
  });

  it('is not judged where too little is known: one weekday, an unknown price, a small sum', () => {
    expect(signals([...usual.slice(0, 1), day('2026-11-24', '900')])).toEqual([]);
    expect(signals([...usual, day('2026-11-24', '900'), day('2026-11-24', null, 'T')])).toEqual([]);
    expect(signals([day('2026-11-10', '1'), day('2026-11-17', '1'), day('2026-11-24', '15')])).toEqual([]);
    expect(signals([...usual, day('2026-11-24', '69.99')])).toEqual([]);
  });

  it('bears the name that is known now; a name that comes later changes neither its id nor its key', () => {
    const facts = [...usual, day('2026-11-24', '75')];
    const [plain] = signals(facts);
    const [known] = detectSignals(facts, sha256, () => 'night build');
    expect(plain?.title).toBe('job 9 cost 75.00 USD on 2026-11-24, usually 35.00');
    expect(known?.title).toBe('night build cost 75.00 USD on 2026-11-24, usually 35.00');
    expect({ ...known, title: '' }).toEqual({ ...plain, title: '' });
  });

  it('days in a row are one signal', () => {
    const next = [day('2026-11-11', '30'), day('2026-11-18', '30')];
    const found = signals([...usual, ...next, day('2026-11-24', '300'), day('2026-11-25', '400')]);
    expect(found.map((one) => one.windowKey)).toEqual(['2026-11-24T00:00:00.000Z|1 day']);
  });
});
