import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeFromHistory, compare } from '../../main/lake/collectors/schema-changes.ts';
import { instantOf, isMasked, normaliseResult, numberOf, textOf } from '../../main/lake/rows.ts';

describe('values of a server', () => {
  it('never throw, whatever they are', () => {
    fc.assert(
      fc.property(fc.option(fc.string()), (value) => {
        const row = { v: value };
        for (const read of [textOf, instantOf, numberOf]) read(row, 'v');
        expect(normaliseResult(value)).toBeTypeOf('string');
      }),
    );
  });

  it('moments: microseconds, text with and without zone, nonsense', () => {
    const at = (v: string) => instantOf({ v }, 'v');
    expect(at('1795395723456789')).toBe('2026-11-23T01:02:03.456Z');
    expect(at('2026-11-23 01:02:03.456789')).toBe('2026-11-23T01:02:03.456Z');
    expect(at('2026-11-23T01:02:03+02:00')).toBe('2026-11-22T23:02:03.000Z');
    // Before 1970, a leap day, an hour that a zone leaves out and one that it has twice: moments like others.
    expect(at('-14182940000001')).toBe('1969-07-20T20:17:39.999Z');
    expect(at('1899-12-31 23:59:59')).toBe('1899-12-31T23:59:59.000Z');
    expect(at('0001-01-01 00:00:00')).toBe('0001-01-01T00:00:00.000Z');
    expect(at('2028-02-29T12:00:00Z')).toBe('2028-02-29T12:00:00.000Z');
    expect(at('2026-03-29 02:30:00')).toBe('2026-03-29T02:30:00.000Z');
    expect(at('2026-10-25T02:30:00+02:00')).toBe('2026-10-25T00:30:00.000Z');
    expect(at('2026-10-25T02:30:00+01:00')).toBe('2026-10-25T01:30:00.000Z');
    for (const bad of ['0', '-62135596801000000', '', 'soon', '-1', '99999999999999999', '<REDACTED>', '2026-13-45'])
      expect(at(bad)).toBeNull();
  });

  it.each([
    ['SUCCEEDED', 'succeeded'], ['SUCCESS', 'succeeded'], ['CANCELLED', 'cancelled'], ['CANCELED', 'cancelled'], ['TIMED_OUT', 'timed-out'],
    ['TIMEDOUT', 'timed-out'], ['failed', 'failed'], [null, 'running'], ['SOMETHING_NEW', 'unknown'], ['__proto__', 'unknown'],
  ])('result %s → %s', (raw, result) => {
    expect(normaliseResult(raw)).toBe(result);
  }); // prettier-ignore

  it('masks are recognised', () => {
    for (const mask of ['<REDACTED>', 'redacted', '****']) expect(isMasked(mask)).toBe(true);
    for (const value of ['', null, undefined, 'reduced', '*']) expect(isMasked(value)).toBe(false);
  });
});

describe('schema changes', () => {
  const version = (operation: string, parameters: Record<string, string>) => ({
    version: 3,
    at: '',
    operation,
    by: null,
    job: {},
    metrics: {},
    parameters,
  });

  it('told by the history: added, dropped, renamed, retyped', () => {
    expect(
      changeFromHistory(version('ADD COLUMNS', { columns: '[{"column":{"name":"New","type":"string"}}]' })),
    ).toMatchObject({ added: ['new'] });
    expect(changeFromHistory(version('DROP COLUMNS', { columns: '["a","B"]' }))).toMatchObject({ removed: ['a', 'b'] });
    expect(changeFromHistory(version('RENAME COLUMN', { oldColumnPath: 'a', newColumnPath: 'b' }))).toMatchObject({
      renamed: [{ from: 'a', to: 'b' }],
    });
    expect(changeFromHistory(version('CHANGE COLUMN', { column: '{"name":"a","type":"bigint"}' }))).toMatchObject({
      retyped: [{ name: 'a', from: null, to: 'bigint' }],
    });
    for (const odd of ['', '{', '[1,null]', '{"x":1}'])
      expect(changeFromHistory(version('ADD COLUMNS', { columns: odd })).renamed).toEqual([]);
  });

  it('told by comparison; a rename only where the history says so', () => {
    expect(compare({ a: 'int', b: 'string' }, { c: 'int', b: 'double' }, [])).toEqual({
      added: ['c'],
      removed: ['a'],
      renamed: [],
      retyped: [{ name: 'b', from: 'string', to: 'double' }],
    });
    expect(compare({ a: 'int' }, { c: 'int' }, [{ from: 'a', to: 'c' }])).toEqual({
      added: [],
      removed: [],
      renamed: [{ from: 'a', to: 'c' }],
      retyped: [],
    });
  });
});
