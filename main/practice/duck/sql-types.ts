import { EngineError } from '../engine-port.ts';

/** A Databricks SQL type, parsed. Scalars keep their canonical upper-case name. */
export type SqlType =
  | { readonly kind: 'scalar'; readonly name: string }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'array'; readonly element: SqlType }
  | { readonly kind: 'map'; readonly key: SqlType; readonly value: SqlType }
  | { readonly kind: 'struct'; readonly fields: readonly { readonly name: string; readonly type: SqlType }[] };

/** Databricks scalar (and its synonyms) → DuckDB. TIMESTAMP is kept as naive UTC: the session zone of a warehouse we imitate is UTC. */
const scalars: Readonly<Record<string, readonly [canonical: string, duck: string]>> = {
  STRING: ['STRING', 'VARCHAR'],
  VARCHAR: ['STRING', 'VARCHAR'],
  CHAR: ['STRING', 'VARCHAR'],
  BOOLEAN: ['BOOLEAN', 'BOOLEAN'],
  TINYINT: ['TINYINT', 'TINYINT'],
  BYTE: ['TINYINT', 'TINYINT'],
  SMALLINT: ['SMALLINT', 'SMALLINT'],
  SHORT: ['SMALLINT', 'SMALLINT'],
  INT: ['INT', 'INTEGER'],
  INTEGER: ['INT', 'INTEGER'],
  BIGINT: ['BIGINT', 'BIGINT'],
  LONG: ['BIGINT', 'BIGINT'],
  FLOAT: ['FLOAT', 'FLOAT'],
  REAL: ['FLOAT', 'FLOAT'],
  DOUBLE: ['DOUBLE', 'DOUBLE'],
  DATE: ['DATE', 'DATE'],
  TIMESTAMP: ['TIMESTAMP', 'TIMESTAMP'],
  TIMESTAMP_NTZ: ['TIMESTAMP_NTZ', 'TIMESTAMP'],
  BINARY: ['BINARY', 'BLOB'],
  VARIANT: ['VARIANT', 'JSON'],
  VOID: ['VOID', 'VARCHAR'],
};

const bad = (text: string): EngineError =>
  new EngineError('UNSUPPORTED_DATATYPE', '0A000', `Unsupported data type "${text}".`);

/** Parse Databricks DDL type text such as `array<struct<a:string,b:decimal(10,2)>>`. Throws EngineError. */
export const parseType = (text: string): SqlType => {
  let at = 0;
  const space = (): void => {
    while (/\s/.test(text[at] ?? '')) at++;
  };
  const take = (char: string): boolean => {
    space();
    if (text[at] !== char) return false;
    at++;
    return true;
  };
  const need = (char: string): void => {
    if (!take(char)) throw bad(text);
  };
  const word = (): string => {
    space();
    if (text[at] === '`') {
      const end = text.indexOf('`', at + 1);
      if (end < 0) throw bad(text);
      const quoted = text.slice(at + 1, end);
      at = end + 1;
      return quoted;
    }
    const found = /^[A-Za-z_][\w]*/.exec(text.slice(at))?.[0];
    if (found === undefined) throw bad(text);
    at += found.length;
    return found;
  };
  const number = (): number => {
    space();
    const found = /^\d+/.exec(text.slice(at))?.[0];
    if (found === undefined) throw bad(text);
    at += found.length;
    return Number(found);
  };
  const type = (): SqlType => {
    const name = word().toUpperCase();
    if (name === 'DECIMAL' || name === 'DEC' || name === 'NUMERIC') {
      if (!take('(')) return { kind: 'decimal', precision: 10, scale: 0 };
      const precision = number();
      const scale = take(',') ? number() : 0;
      need(')');
      return { kind: 'decimal', precision, scale };
    }
    if (name === 'ARRAY') {
      need('<');
      const element = type();
      need('>');
      return { kind: 'array', element };
    }
    if (name === 'MAP') {
      need('<');
      const key = type();
      need(',');
      const value = type();
      need('>');
      return { kind: 'map', key, value };
    }
    if (name === 'STRUCT') {
      need('<');
      const fields: { name: string; type: SqlType }[] = [];
      do {
        const field = word();
        take(':');
        fields.push({ name: field, type: type() });
        if (/^\s*not\s+null/i.test(text.slice(at))) at += /^\s*not\s+null/i.exec(text.slice(at))?.[0].length ?? 0;
      } while (take(','));
      need('>');
      return { kind: 'struct', fields };
    }
    if ((name === 'VARCHAR' || name === 'CHAR') && take('(')) {
      number();
      need(')');
    }
    const scalar = scalars[name];
    if (scalar === undefined) throw bad(text);
    return { kind: 'scalar', name: scalar[0] };
  };
  const parsed = type();
  space();
  if (at < text.length) throw bad(text);
  return parsed;
};

export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The DuckDB type that holds it. */
export const duckType = (type: SqlType): string => {
  switch (type.kind) {
    case 'scalar':
      return scalars[type.name]?.[1] ?? 'VARCHAR';
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'array':
      return `${duckType(type.element)}[]`;
    case 'map':
      return `MAP(${duckType(type.key)}, ${duckType(type.value)})`;
    case 'struct':
      return `STRUCT(${type.fields.map((f) => `${quoteIdentifier(f.name)} ${duckType(f.type)}`).join(', ')})`;
  }
};

/** `information_schema.full_data_type` spelling: lower case. */
export const typeText = (type: SqlType): string => {
  switch (type.kind) {
    case 'scalar':
      return type.name.toLowerCase();
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'array':
      return `array<${typeText(type.element)}>`;
    case 'map':
      return `map<${typeText(type.key)},${typeText(type.value)}>`;
    case 'struct':
      return `struct<${type.fields.map((f) => `${f.name}:${typeText(f.type)}`).join(',')}>`;
  }
};

/** The structure argument of DuckDB's from_json for this type, as a JSON value. */
export const jsonStructure = (type: SqlType): unknown => {
  switch (type.kind) {
    case 'array':
      return [jsonStructure(type.element)];
    case 'struct':
      return Object.fromEntries(type.fields.map((f) => [f.name, jsonStructure(f.type)]));
    default:
      return duckType(type);
  }
};
