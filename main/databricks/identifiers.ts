import { assert } from '../../shared/base/assert.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';

/**
 * The one printer of names in SQL text. Values never come here: they are named parameters. Rules: facts/security.md 3.2
 * (delimited identifiers double their backtick; Unity Catalog objects are at most 255 characters, without `.`, space, `/`,
 * control characters and DEL).
 */
export type NameProblem = 'empty' | 'too-long' | 'forbidden-character' | 'not-well-formed' | 'not-three-parts';

const longest = 255;
// oxlint's no-control-regex is about accidents; here control characters are what we look for, so codes are compared.
const isControl = (code: number): boolean => code <= 0x1f || code === 0x7f;
const hasControl = (name: string): boolean => Array.from(name, (char) => char.codePointAt(0) ?? 0).some(isControl);

const common = (name: string): NameProblem | null => {
  if (name === '') return 'empty';
  if (!name.isWellFormed()) return 'not-well-formed';
  return Array.from(name).length > longest ? 'too-long' : null;
};

/** Check the name of a catalog, schema, table or other Unity Catalog object. */
export const checkObjectName = (name: string): NameProblem | null =>
  common(name) ?? (hasControl(name) || /[. /]/.test(name) ? 'forbidden-character' : null);

/** Check the name of a column: special characters are allowed there, control characters are not. */
export const checkColumnName = (name: string): NameProblem | null =>
  common(name) ?? (hasControl(name) ? 'forbidden-character' : null);

const delimit = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** A Unity Catalog object's name as a delimited identifier. Throws on a name that `checkObjectName` refuses. */
export const quoteName = (name: string): string => {
  assert(checkObjectName(name) === null, 'names are checked where they enter (parseTableName, checkObjectName)');
  return delimit(name);
};

/** A column's name as a delimited identifier. */
export const quoteColumn = (name: string): string => {
  assert(checkColumnName(name) === null, 'names of columns are checked where they enter');
  return delimit(name);
};

export type TableName = { readonly catalog: string; readonly schema: string; readonly table: string };

/** `catalog.schema.table`, each part delimited. */
export const quoteTable = (name: TableName): string =>
  [name.catalog, name.schema, name.table].map((part) => quoteName(part)).join('.');

/** Full name as Unity Catalog stores it: lower case, joined by dots. */
export const fullName = (name: TableName): string => `${name.catalog}.${name.schema}.${name.table}`.toLowerCase();

/** A name in the spelling in which `parseTableName` reads it: a part that holds a backtick is delimited. */
export const typedTableName = ({ catalog, schema, table }: TableName): string =>
  [catalog, schema, table].map((part) => (part.includes('`') ? delimit(part) : part)).join('.');

const isDelimited = (part: string): boolean => part.length > 2 && part.startsWith('`') && part.endsWith('`');

/**
 * A full name as it is stored: parts are joined by dots and a backtick is a character like any other. Null where a part cannot be
 * a name, or stands in backticks as people write it.
 */
export const storedTableName = (text: string): TableName | null => {
  const [catalog = '', schema = '', table = '', ...rest] = text.split('.');
  const isName = [catalog, schema, table].every((part) => checkObjectName(part) === null && !isDelimited(part));
  return rest.length === 0 && isName ? { catalog, schema, table } : null;
};

/**
 * A full name as system tables and people write it: `a.b.c`, any part optionally in backticks. Parts without backticks hold no
 * backtick; whatever is refused says why.
 */
export const parseTableName = (text: string): Result<TableName, NameProblem> => {
  const parts: string[] = [];
  let at = 0;
  while (at <= text.length) {
    if (text[at] === '`') {
      let part = '';
      at += 1;
      for (;;) {
        const end = text.indexOf('`', at);
        if (end === -1) return err('forbidden-character');
        part += text.slice(at, end);
        at = end + 1;
        if (text[at] !== '`') break;
        part += '`';
        at += 1;
      }
      parts.push(part);
    } else {
      const dot = text.indexOf('.', at);
      const end = dot === -1 ? text.length : dot;
      const part = text.slice(at, end);
      if (part.includes('`')) return err('forbidden-character');
      parts.push(part);
      at = end;
    }
    if (at === text.length) break;
    if (text[at] !== '.') return err('forbidden-character');
    at += 1;
  }
  const [catalog, schema, table] = parts;
  if (parts.length !== 3 || catalog === undefined || schema === undefined || table === undefined)
    return err('not-three-parts');
  const problem = checkObjectName(catalog) ?? checkObjectName(schema) ?? checkObjectName(table);
  return problem === null ? ok({ catalog, schema, table }) : err(problem);
};
