// Which workspace of a region reads what they share, and which assets a workspace can speak of.
import { describe, expect, it } from 'vitest';
import { ownAssets, regionalReader, type Candidate } from '../../main/lake/regional.ts';
import type { AssetId } from '../../shared/domain/ids.ts';

const one = (workspaceId: string, change: Partial<Candidate> = {}): Candidate => ({
  workspaceId,
  metastoreId: 'm1',
  region: 'aws:eu-central-1',
  reached: true,
  state: null,
  ...change,
});

describe('the reader of a region', () => {
  it('is the first workspace of the same metastore and region', () => {
    const all = [one('0', { metastoreId: 'm2' }), one('1'), one('2')];
    expect(regionalReader(all, one('2'))).toBe('1');
    expect(regionalReader(all, one('1'))).toBe('1');
    expect(regionalReader(all, one('0', { metastoreId: 'm2' }))).toBe('0');
  });
  it.each(['denied', 'missing', 'failed'])('is the next one where the first was %s', (state) => {
    expect(regionalReader([one('1', { state }), one('2')], one('2'))).toBe('2');
  });
  it('is the next one where the first was not reached, and the first again afterwards', () => {
    expect(regionalReader([one('1', { reached: false }), one('2')], one('2'))).toBe('2');
    expect(regionalReader([one('1', { state: 'stale' }), one('2')], one('2'))).toBe('1');
  });
  it('is the first when nobody may, so that one of them says so; and oneself when nobody is known', () => {
    const refused = [one('1', { state: 'denied' }), one('2', { state: 'denied' })];
    expect(regionalReader(refused, one('2'))).toBe('1');
    expect(regionalReader([], one('9'))).toBe('9');
  });
  it('is another one in another region of the same metastore id', () => {
    expect(regionalReader([one('1'), one('2', { region: 'aws:us-east-1' })], one('2', { region: 'aws:us-east-1' }))).toBe('2'); // prettier-ignore
  });
});

it('a workspace speaks of its own assets and of its metastore only', () => {
  const reach = new Map(
    ['table|m1|a.b.c', 'table|m2|a.b.c', 'job|7|1', 'job|8|1', 'table|external|x'].map((id, at) => [id as AssetId, at]),
  );
  expect([...ownAssets(reach, one('7')).keys()]).toEqual(['table|m1|a.b.c', 'job|7|1', 'table|external|x']);
});
