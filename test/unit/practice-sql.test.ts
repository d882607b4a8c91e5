import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../../main/practice/engine-port.ts';
import { duckType, parseType, typeText } from '../../main/practice/duck/sql-types.ts';
import { parseStatement } from '../../main/practice/duck/statements.ts';
import { tokenize } from '../../main/practice/duck/tokens.ts';

describe('types', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
  const type = fc.letrec<{ type: string }>((tie) => ({
    type: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(
        'string',
        'int',
        'bigint',
        'double',
        'boolean',
        'date',
        'timestamp',
        'binary',
        'decimal(10,2)',
        'decimal(38,18)',
      ),
      tie('type').map((t) => `array<${t}>`),
      fc.tuple(fc.constantFrom('string', 'int'), tie('type')).map(([k, v]) => `map<${k},${v}>`),
      fc
        .array(fc.tuple(name, tie('type')), { minLength: 1, maxLength: 3 })
        .map((fs) => `struct<${fs.map(([n, t], i) => `${n}${i}:${t}`).join(',')}>`),
    ),
  })).type;

  it('come back as they were written', () => {
    fc.assert(
      fc.property(type, (text) => {
        expect(typeText(parseType(text))).toBe(text);
        expect(duckType(parseType(text)).length).toBeGreaterThan(0);
      }),
    );
  });

  it.each(['', 'strin', 'array<', 'struct<a>', 'map<string>', 'decimal(x)', 'int int'])('refuse %s', (text) => {
    expect(() => parseType(text)).toThrow(EngineError);
  });
});

describe('tokens', () => {
  it('give any text back out of a literal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const literal = `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
        expect(tokenize(`SELECT ${literal} -- end`).map((t) => [t.kind, t.value])).toEqual([
          ['word', 'SELECT'],
          ['string', text],
          ['end', 'end of input'],
        ]);
      }),
    );
  });

  it('know a parameter from a cast and a path', () => {
    const kinds = tokenize('SELECT :a, b::int, c:d /* :x */ FROM `we ird`').map((t) => `${t.kind}:${t.value}`);
    expect(kinds.filter((k) => k.startsWith('parameter'))).toEqual(['parameter:a']);
    expect(kinds).toContain('quoted:we ird');
  });
});

describe('statements done apart', () => {
  it('reads CREATE TABLE with everything', () => {
    expect(
      parseStatement(
        "CREATE OR REPLACE TABLE a.b.`c d` (x BIGINT NOT NULL COMMENT 'it''s', `y z` STRUCT<p:STRING, q:ARRAY<DECIMAL(10,2)>>) USING DELTA CLUSTER BY (x) COMMENT 'c' TBLPROPERTIES ('delta.appendOnly' = 'true', delta.x = 1);",
      ),
    ).toEqual({
      kind: 'create-table',
      name: ['a', 'b', 'c d'],
      ifNotExists: false,
      orReplace: true,
      query: null,
      comment: 'c',
      clusterBy: ['x'],
      columns: [
        { name: 'x', type: 'BIGINT', nullable: false, comment: "it's" },
        { name: 'y z', type: 'STRUCT<p:STRING, q:ARRAY<DECIMAL(10,2)>>', nullable: true },
      ],
      properties: { 'delta.appendOnly': 'true', 'delta.x': '1' },
    });
  });

  it.each([
    ['restore a.b to version as of 3', { kind: 'restore', name: ['a', 'b'], to: { kind: 'version', version: 3 } }],
    [
      "RESTORE TABLE t TIMESTAMP AS OF '2026-01-01'",
      { kind: 'restore', name: ['t'], to: { kind: 'timestamp', timestamp: '2026-01-01' } },
    ],
    ['describe history a.b.c limit 5', { kind: 'history', name: ['a', 'b', 'c'], limit: 5 }],
    ['USE main.wr', { kind: 'use', catalog: 'main', schema: 'wr' }],
    [
      'GRANT USE CATALOG, SELECT ON SCHEMA m.s TO `a b`',
      { kind: 'grant', privileges: ['USE CATALOG', 'SELECT'], object: 'SCHEMA', on: 'm.s', principal: 'a b' },
    ],
  ])('reads %s', (sql, expected) => {
    expect(parseStatement(sql)).toEqual(expected);
  });

  it.each([
    'DESCRIBE HISTORY a.b.c.d',
    'RESTORE TABLE t TO VERSION AS OF x',
    'CREATE TABLE',
    'DROP TABLE t extra',
    'ALTER TABLE t EXPLODE',
    'OPTIMIZE',
  ])('refuses %s', (sql) => {
    expect(() => parseStatement(sql)).toThrow(/PARSE_SYNTAX_ERROR/);
  });

  it('leaves queries to the translator', () => {
    expect(parseStatement('SELECT 1')).toBeUndefined();
    expect(parseStatement('INSERT INTO t VALUES (1)')).toBeUndefined();
  });
});

describe('numbers in JSON', () => {
  // DuckDB reads them through a double: decimals that Spark keeps exact would differ here, and nobody would see it.
  it('are read as whole numbers only by what Breakwater sends', () => {
    const main = new URL('../../main/', import.meta.url).pathname;
    const files = readdirSync(main, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.startsWith('practice/'),
    );
    const types = files.flatMap((name) => {
      const [, ...calls] = readFileSync(join(main, name), 'utf8').split(/from_json\(|variant_get\(/);
      return calls.flatMap((call) => call.match(/'[^']*'/g)?.find((text) => !text.startsWith("'$"))?.slice(1, -1) ?? []);
    }); // prettier-ignore
    expect(types.length).toBeGreaterThanOrEqual(5);
    expect(types.filter((type) => /decimal|double|float/i.test(type))).toEqual([]);
    expect(types.every((type) => typeText(parseType(type)) === type)).toBe(true);
  });
});
