/**
 * A data type as `information_schema.columns.full_data_type` and DESCRIBE spell it: `decimal(10,2)`, `array<struct<a:int>>`. What is
 * no array, map or struct stays text, lower case, so that a type that is not known yet compares like any other.
 */
export type DataType =
  | { readonly kind: 'plain'; readonly text: string }
  | { readonly kind: 'array'; readonly element: DataType }
  | { readonly kind: 'map'; readonly key: DataType; readonly value: DataType }
  | { readonly kind: 'struct'; readonly fields: readonly DataField[] };
export type DataField = { readonly name: string; readonly type: DataType; readonly nullable: boolean };

/** Deeper or longer than any table has: what is more is not read. */
const mostDepth = 60;
const mostLength = 500_000;

class Unreadable extends Error {}

/** The type that a text spells; null when it is none, or was cut short ("... 12 more fields"). */
export const parseDataType = (text: string): DataType | null => {
  if (text.length > mostLength) return null;
  let at = 0;
  const space = (): void => {
    while (/\s/.test(text[at] ?? '')) at += 1;
  };
  const take = (sign: string): boolean => {
    space();
    if (text[at] !== sign) return false;
    at += 1;
    return true;
  };
  const need = (sign: string): void => {
    if (!take(sign)) throw new Unreadable();
  };
  /** Text up to a closing quote that is not doubled. */
  const quoted = (quote: string): string => {
    let found = '';
    at += 1;
    for (;;) {
      const end = text.indexOf(quote, at);
      if (end === -1) throw new Unreadable();
      found += text.slice(at, end);
      at = end + 1;
      if (text[at] !== quote) return found;
      found += quote;
      at += 1;
    }
  };
  const until = (stop: RegExp): string => {
    const from = at;
    while (at < text.length && !stop.test(text[at] ?? '')) at += 1;
    return text.slice(from, at);
  };
  const fieldName = (): string => {
    space();
    const name = text[at] === '`' ? quoted('`') : until(/[:,<>]/).trim();
    if (name === '') throw new Unreadable();
    return name;
  };
  /** `NOT NULL` and `COMMENT '…'` behind a field's type. */
  const isNullable = (): boolean => {
    let nullable = true;
    for (;;) {
      space();
      const word = /^(?:not\s+null|comment\s*(?='))/i.exec(text.slice(at, at + 20))?.[0];
      if (word === undefined) return nullable;
      at += word.length;
      if (/^not/i.test(word)) nullable = false;
      else quoted("'");
    }
  };
  const plain = (): DataType => {
    const from = at;
    for (let depth = 0; at < text.length; at += 1) {
      const sign = text[at] ?? '';
      if (sign === '(') depth += 1;
      else if (sign === ')') depth -= 1;
      else if (depth === 0 && /[,<>]/.test(sign)) break;
      else if (depth === 0 && /^\s+(?:not\s+null|comment\s*')/i.test(text.slice(at, at + 20))) break;
    }
    const said = text.slice(from, at).trim().toLowerCase().replaceAll(/\s*([(),])\s*/g, '$1'); // prettier-ignore
    if (!/^[a-z]/.test(said)) throw new Unreadable();
    return { kind: 'plain', text: said };
  };
  const type = (depth: number): DataType => {
    if (depth > mostDepth) throw new Unreadable();
    space();
    const word = /^(?:array|map|struct)(?=\s*<)/i.exec(text.slice(at, at + 12))?.[0].toLowerCase();
    if (word === undefined) return plain();
    at += word.length;
    need('<');
    if (word === 'array') {
      const element = type(depth + 1);
      need('>');
      return { kind: 'array', element };
    }
    if (word === 'map') {
      const key = type(depth + 1);
      need(',');
      const value = type(depth + 1);
      need('>');
      return { kind: 'map', key, value };
    }
    const fields: DataField[] = [];
    if (take('>')) return { kind: 'struct', fields };
    do {
      const name = fieldName();
      need(':');
      const of = type(depth + 1);
      fields.push({ name, type: of, nullable: isNullable() });
    } while (take(','));
    need('>');
    return { kind: 'struct', fields };
  };
  try {
    const found = type(0);
    space();
    return at === text.length ? found : null;
  } catch (thrown) {
    if (thrown instanceof Unreadable) return null;
    throw thrown;
  }
};

/** A type as text again, in the spelling of `full_data_type`. */
export const typeText = (type: DataType): string => {
  switch (type.kind) {
    case 'plain':
      return type.text;
    case 'array':
      return `array<${typeText(type.element)}>`;
    case 'map':
      return `map<${typeText(type.key)},${typeText(type.value)}>`;
    case 'struct':
      return `struct<${type.fields.map((one) => `${one.name}:${typeText(one.type)}${one.nullable ? '' : ' not null'}`).join(',')}>`;
  }
};

/**
 * Whether a field lies at a path within a type; arrays are looked through, since a field of their elements is meant. Names of
 * fields do not depend on case. A VARIANT does not tell what it holds: true.
 */
export const hasField = (type: DataType, path: readonly string[]): boolean => {
  const [name, ...rest] = path;
  if (name === undefined) return true;
  if (type.kind === 'array') return hasField(type.element, path);
  if (type.kind === 'plain') return type.text === 'variant' || type.text === 'struct';
  if (type.kind === 'map') return hasField(type.value, rest);
  const field = type.fields.find((one) => one.name.toLowerCase() === name.toLowerCase());
  return field !== undefined && hasField(field.type, rest);
};
