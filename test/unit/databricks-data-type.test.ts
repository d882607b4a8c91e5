import { describe, expect, it } from 'vitest';
import { hasField, parseDataType } from '../../main/databricks/data-type.ts';

const struct = (text: string) => {
  const found = parseDataType(text);
  if (found?.kind !== 'struct') throw new Error('no struct');
  return found.fields;
};

describe('a data type', () => {
  it('is read as it is spelt, with nested ones, comments and names that hold signs', () => {
    expect(parseDataType('decimal(10, 2)')).toEqual({ kind: 'plain', text: 'decimal(10,2)' });
    expect(parseDataType('INTERVAL DAY TO SECOND')).toEqual({ kind: 'plain', text: 'interval day to second' });
    expect(parseDataType('map<string,array<struct<a:int>>>')).toMatchObject({
      kind: 'map',
      value: { kind: 'array', element: { fields: [{ name: 'a' }] } },
    });
    const fields = struct(
      "struct<`we:ird,``x>`: string NOT NULL COMMENT 'it''s, <odd>', b: decimal(38,18), c: struct<>>",
    );
    expect(fields.map(({ name, nullable }) => [name, nullable])).toEqual([
      ['we:ird,`x>', false],
      ['b', true],
      ['c', true],
    ]);
  });

  it('is null where it is cut short or none: nothing is claimed of it', () => {
    for (const text of ['', 'struct<a:int', 'struct<a:int,... 12 more fields>', 'array<int>>', 'struct<:int>', 'map<int>', '<', 'struct<a>'])
      expect(parseDataType(text), text).toBeNull(); // prettier-ignore
    expect(parseDataType(`${'array<'.repeat(100)}int${'>'.repeat(100)}`)).toBeNull();
  });

  it('tells whether a field is inside, through arrays and whatever the case', () => {
    const type = parseDataType('struct<job_info:struct<job_id:string>,jobs:array<struct<id:string>>,any:variant>');
    if (type === null) throw new Error('unreadable');
    const has = (...path: readonly string[]) => hasField(type, path);
    expect([has('job_info', 'JOB_ID'), has('jobs', 'id'), has('any', 'thing')]).toEqual([true, true, true]);
    expect([has('job_info', 'run_id'), has('jobs', 'name'), has('other'), has('job_info', 'job_id', 'x')]).toEqual([
      false, false, false, false,
    ]); // prettier-ignore
  });
});
