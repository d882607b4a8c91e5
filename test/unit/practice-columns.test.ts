import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnDesc, rowSet } from '../../main/practice/thrift/columns.ts';

const types = [
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INT',
  'BIGINT',
  'DOUBLE',
  'STRING',
  'TIMESTAMP',
  'DECIMAL(10,2)',
  'struct<a:int>',
  'BINARY',
];

describe('results on the wire', () => {
  it('count positions from 1', () => {
    expect(types.map((type, i) => columnDesc({ name: `c${i}`, type }, i).position)).toEqual(types.map((_, i) => i + 1));
  });

  it('end with empty columns, which some clients need, not without columns', () => {
    const last = rowSet(
      types.map((type, i) => ({ name: `c${i}`, type })),
      { rows: 0, columns: [] },
      9,
    );
    expect(last.columns).toHaveLength(types.length);
    expect(last.columns?.[6]?.stringVal?.values).toEqual([]);
  });

  it('mark nulls in a bitmap, lowest bit first, and keep 64 bits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), { maxLength: 40 }),
        (values) => {
          const page = { rows: values.length, columns: [values.map((v) => (v === null ? null : String(v)))] };
          const column = rowSet([{ name: 'n', type: 'BIGINT' }], page, 0).columns?.[0]?.i64Val;
          expect(column?.values.map((v) => v.buffer.readBigInt64BE(v.offset ?? 0))).toEqual(values.map((v) => v ?? 0n));
          expect(values.map((_, i) => ((column?.nulls[i >> 3] ?? 0) >> (i & 7)) & 1)).toEqual(
            values.map((v) => (v === null ? 1 : 0)),
          );
        },
      ),
    );
  });

  it('sends a value that does not fit its type as text', () => {
    const set = rowSet([{ name: 'n', type: 'INT' }], { rows: 1, columns: [['?7']] }, 0);
    expect(set.columns?.[0]?.stringVal?.values).toEqual(['?7']);
  });
});
