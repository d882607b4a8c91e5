import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkColumnName,
  checkObjectName,
  fullName,
  parseTableName,
  quoteColumn,
  quoteName,
  quoteTable,
} from '../../main/databricks/identifiers.ts';
import { all, column, dbx, named } from '../../main/databricks/statements.ts';

/** Characters that end, escape or begin something in SQL come as often as letters. */
const nasty = fc.constantFrom('`', '``', "'", '"', ';', '--', '/*', '*/', '\\', ' ', '.', '/', '${a}', ':p', '?', '\n', '\u0000', '\u007f', '\u202e', 'é', '😀', '日', 'a', 'Z', '_', '9'); // prettier-ignore
const name = fc.array(nasty, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(''));
const columnName = name.filter((one) => checkColumnName(one) === null);
const objectName = name.filter((one) => checkObjectName(one) === null);

/** An own tokenizer of delimited identifiers: the reader that the printer has to satisfy. */
const readDelimited = (text: string): { readonly value: string; readonly rest: string } | null => {
  if (text[0] !== '`') return null;
  let value = '';
  for (let at = 1; at < text.length; at += 1) {
    if (text[at] !== '`') value += text[at];
    else if (text[at + 1] === '`') {
      value += '`';
      at += 1;
    } else return { value, rest: text.slice(at + 1) };
  }
  return null;
};

describe('the printer of names', () => {
  it('a printed column is one token that reads back as the name', () => {
    fc.assert(
      fc.property(columnName, fc.string(), (one, tail) => {
        expect(readDelimited(quoteColumn(one) + tail.replaceAll('`', ''))).toEqual({
          value: one,
          rest: tail.replaceAll('`', ''),
        });
      }),
    );
  });

  it('a printed table name parses back to its parts', () => {
    fc.assert(
      fc.property(objectName, objectName, objectName, (catalog, schema, table) => {
        expect(parseTableName(quoteTable({ catalog, schema, table }))).toEqual({
          ok: true,
          value: { catalog, schema, table },
        });
      }),
    );
  });

  it('whatever is refused is refused before it is printed', () => {
    fc.assert(
      fc.property(name, (one) => {
        if (checkObjectName(one) === null) expect(quoteName(one)).toBe(`\`${one.replaceAll('`', '``')}\``);
        else expect(() => quoteName(one)).toThrow();
      }),
    );
  });

  it.each([
    ['', 'empty'], ['a.b', 'forbidden-character'], ['a b', 'forbidden-character'], ['a/b', 'forbidden-character'],
    ['a\u0000', 'forbidden-character'], ['a\u007f', 'forbidden-character'], ['\ud800', 'not-well-formed'], ['x'.repeat(256), 'too-long'],
    ['x'.repeat(255), null], ['naïve', null], ['`', null],
  ])('object name %j → %s', (one, problem) => {
    expect(checkObjectName(one)).toBe(problem);
  }); // prettier-ignore

  it.each(['a.b', 'a.b.c.d', '`a.b.c', 'a.`b`c.d', 'a..c', '', '`a`.`b`.`c`; DROP TABLE x', 'a.b.c '])(
    '%j is no table name',
    (text) => {
      expect(parseTableName(text).ok).toBe(false);
    },
  );

  it('full names are lower case, as Unity Catalog keeps them', () => {
    expect(fullName({ catalog: 'Main', schema: 'S', table: 'T`1' })).toBe('main.s.t`1');
  });
});

describe('the statement template', () => {
  const table = { catalog: 'c', schema: 's', table: 'we`ird' };

  it('prints names, pieces, lists and whole numbers', () => {
    const text = dbx`SELECT ${[named(dbx`CAST(${column('a`b')} AS STRING)`, 'x'), column('y')]} FROM ${table} VERSION AS OF ${3} WHERE ${all([dbx`a = :p`, dbx`b`])}`;
    expect(text.text).toBe(
      'SELECT CAST(`a``b` AS STRING) AS `x`, `y` FROM `c`.`s`.`we``ird` VERSION AS OF 3 WHERE (a = :p) AND (b)',
    );
  });

  it('takes no fraction and no number that lost digits', () => {
    for (const bad of [1.5, Number.NaN, Infinity, 2 ** 60]) expect(() => dbx`LIMIT ${bad}`).toThrow(RangeError);
  });
});
