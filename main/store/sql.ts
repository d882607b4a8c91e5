import type { Sql, SqlValue } from './port.ts';

/** A checked identifier; made by `sqlId` only. */
type SqlIdentifier = { readonly identifier: string };
type Part = SqlValue | Sql | SqlIdentifier;

const isSql = (part: unknown): part is Sql => typeof part === 'object' && part !== null && 'text' in part;
const isIdentifier = (part: unknown): part is SqlIdentifier =>
  typeof part === 'object' && part !== null && 'identifier' in part;

const make = (text: string, values: readonly SqlValue[]): Sql => ({ text, values }) as unknown as Sql;

/** Texts of templates without nested parts: one object per place in the code, so the text is built once. */
const plainTexts = new WeakMap<TemplateStringsArray, string>();

/**
 * Write a statement: sql`SELECT … WHERE id = ${id}`. Every interpolated value becomes a bound parameter; another `sql`
 * is spliced with its values; an identifier comes from `sqlId`. There is no way to splice bare text.
 */
export const sql = (strings: TemplateStringsArray, ...parts: readonly Part[]): Sql => {
  let nested = false;
  for (const part of parts) if (isSql(part) || isIdentifier(part)) nested = true;
  if (!nested) {
    let text = plainTexts.get(strings);
    if (text === undefined) {
      text = strings.join('?');
      plainTexts.set(strings, text);
    }
    return make(text, parts as readonly SqlValue[]);
  }
  let text = strings[0] ?? '';
  const values: SqlValue[] = [];
  parts.forEach((part, index) => {
    if (isSql(part)) {
      text += part.text;
      values.push(...part.values);
    } else if (isIdentifier(part)) text += part.identifier;
    else {
      text += '?';
      values.push(part);
    }
    text += strings[index + 1] ?? '';
  });
  return make(text, values);
};

/** Join statements or values with a separator (default comma): sql`… IN (${sqlJoin(ids)})`. An empty list gives NULL. */
export const sqlJoin = (parts: readonly (SqlValue | Sql)[], separator: ', ' | ' AND ' | ' OR ' | ' ' = ', '): Sql => {
  if (parts.length === 0) return make('NULL', []);
  const texts: string[] = [];
  const values: SqlValue[] = [];
  for (const part of parts) {
    if (isSql(part)) {
      texts.push(part.text);
      values.push(...part.values);
    } else {
      texts.push('?');
      values.push(part);
    }
  }
  return make(texts.join(separator), values);
};

const rowTexts = new Map<string, string>();

/** Rows of values for INSERT, `width` values each, one row after the other: sql`… VALUES ${sqlRows(3, values)}`. */
export const sqlRows = (width: number, values: readonly SqlValue[]): Sql => {
  const key = `${width} ${values.length}`;
  let text = rowTexts.get(key);
  if (text === undefined) {
    const row = `(${Array<string>(width).fill('?').join(', ')})`;
    text = Array<string>(values.length / width)
      .fill(row)
      .join(', ');
    rowTexts.set(key, text);
  }
  return make(text, values);
};

/** A table or column name that the program (never a user) chose. Throws RangeError on anything but [a-z_][a-z0-9_]*. */
export const sqlId = (name: string): SqlIdentifier => {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) throw new RangeError(`not an identifier: ${JSON.stringify(name)}`);
  return { identifier: `"${name}"` };
};
