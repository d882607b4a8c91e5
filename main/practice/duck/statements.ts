import { syntaxError } from './errors.ts';
import type { NewColumn } from './table.ts';
import { tokenize, type Token } from './tokens.ts';

export type Moment =
  { readonly kind: 'version'; readonly version: number } | { readonly kind: 'timestamp'; readonly timestamp: string };
export type Alteration =
  | { readonly kind: 'add'; readonly columns: readonly NewColumn[] }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'drop'; readonly columns: readonly string[] }
  | { readonly kind: 'type'; readonly column: string; readonly type: string }
  | { readonly kind: 'properties'; readonly properties: Readonly<Record<string, string>> };

type Name = readonly string[];

/** The statements that are not a query or a change of rows: DDL and Delta utilities. */
export type Statement =
  | { readonly kind: 'create-catalog'; readonly name: string; readonly ifNotExists: boolean }
  | { readonly kind: 'create-schema'; readonly name: Name; readonly ifNotExists: boolean }
  | {
      readonly kind: 'create-table';
      readonly name: Name;
      readonly ifNotExists: boolean;
      readonly orReplace: boolean;
      readonly columns: readonly NewColumn[];
      readonly clusterBy: readonly string[];
      readonly properties: Readonly<Record<string, string>>;
      readonly comment: string | null;
      /** Text of the query of CREATE TABLE … AS. */
      readonly query: string | null;
    }
  | { readonly kind: 'drop-table'; readonly name: Name; readonly ifExists: boolean }
  | { readonly kind: 'alter-table'; readonly name: Name; readonly change: Alteration }
  | { readonly kind: 'restore'; readonly name: Name; readonly to: Moment }
  | {
      readonly kind: 'optimize' | 'truncate' | 'history' | 'detail' | 'show-properties';
      readonly name: Name;
      readonly limit: number | null;
      readonly key?: string;
    }
  | { readonly kind: 'describe'; readonly name: Name }
  | { readonly kind: 'show-grants'; readonly object: string; readonly on: string }
  | {
      readonly kind: 'grant' | 'revoke';
      readonly privileges: readonly string[];
      readonly object: string;
      readonly on: string;
      readonly principal: string;
    }
  | { readonly kind: 'show-catalogs' }
  | { readonly kind: 'show-schemas'; readonly catalog: string | null }
  | { readonly kind: 'show-tables'; readonly name: Name }
  | { readonly kind: 'use'; readonly catalog: string | null; readonly schema: string | null }
  | { readonly kind: 'set' };

/** A reader over tokens. Words compare without case. */
class Reader {
  readonly #tokens: readonly Token[];
  readonly #sql: string;
  #at = 0;

  constructor(sql: string) {
    this.#sql = sql;
    this.#tokens = tokenize(sql);
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token;
  }
  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }
  /** Take these words (or punctuation) when they come next. */
  take(...words: readonly string[]): boolean {
    const fits = words.every((w, i) => {
      const token = this.peek(i);
      return (token.kind === 'word' || token.kind === 'punctuation') && token.value.toUpperCase() === w;
    });
    if (fits) this.#at += words.length;
    return fits;
  }
  need(...words: readonly string[]): void {
    if (!this.take(...words)) throw this.wrong();
  }
  wrong(): Error {
    return syntaxError(`'${this.peek().value}'`);
  }
  identifier(): string {
    const token = this.next();
    if (token.kind !== 'word' && token.kind !== 'quoted') throw syntaxError(`'${token.value}'`);
    return token.value;
  }
  name(): Name {
    const parts = [this.identifier()];
    while (this.take('.')) parts.push(this.identifier());
    if (parts.length > 3) throw this.wrong();
    return parts;
  }
  text(): string {
    const token = this.next();
    if (token.kind !== 'string') throw syntaxError(`'${token.value}'`);
    return token.value;
  }
  integer(): number {
    const token = this.next();
    if (token.kind !== 'number' || !/^\d+$/.test(token.value)) throw syntaxError(`'${token.value}'`);
    return Number(token.value);
  }
  list<T>(item: () => T): T[] {
    this.need('(');
    const items = [item()];
    while (this.take(',')) items.push(item());
    this.need(')');
    return items;
  }
  end(): void {
    this.take(';');
    if (this.peek().kind !== 'end') throw this.wrong();
  }
  rest(): string {
    return this.#sql.slice(this.peek().start);
  }
  /** Text of a data type: up to a comma, a closing bracket or a word that cannot belong to it. */
  type(): string {
    const start = this.peek().start;
    let end = start;
    let depth = 0;
    for (;;) {
      const token = this.peek();
      if (token.kind === 'end') break;
      if (token.value === '<' || token.value === '(') depth++;
      if (token.value === '>' || token.value === ')') {
        if (depth === 0) break;
        depth--;
      }
      if (
        depth === 0 &&
        (token.value === ',' ||
          (end > start &&
            token.kind === 'word' &&
            /^(NOT|COMMENT|DEFAULT|GENERATED|FIRST|AFTER|PRIMARY|CONSTRAINT)$/i.test(token.value)))
      )
        break;
      end = token.end;
      this.#at++;
    }
    return this.#sql.slice(start, end);
  }
}

const column = (r: Reader): NewColumn => {
  const name = r.identifier();
  const type = r.type();
  let nullable = true;
  let comment: string | undefined;
  for (;;) {
    if (r.take('NOT', 'NULL')) nullable = false;
    else if (r.take('COMMENT')) comment = r.text();
    else break;
  }
  return { name, type, nullable, ...(comment === undefined ? {} : { comment }) };
};

const property = (r: Reader): readonly [string, string] => {
  const token = r.peek();
  const key = token.kind === 'string' ? r.text() : r.name().join('.');
  r.take('=');
  const value = r.next();
  return [key, value.value];
};

const createTable = (r: Reader, orReplace: boolean): Statement => {
  const ifNotExists = r.take('IF', 'NOT', 'EXISTS');
  const name = r.name();
  const columns = r.peek().value === '(' ? r.list(() => column(r)) : [];
  let clusterBy: readonly string[] = [];
  let properties: Readonly<Record<string, string>> = {};
  let comment: string | null = null;
  for (;;) {
    if (r.take('USING')) {
      if (r.identifier().toUpperCase() !== 'DELTA') throw r.wrong();
    } else if (r.take('CLUSTER', 'BY') || r.take('PARTITIONED', 'BY')) clusterBy = r.list(() => r.identifier());
    else if (r.take('TBLPROPERTIES')) properties = Object.fromEntries(r.list(() => property(r)));
    else if (r.take('COMMENT')) comment = r.text();
    else break;
  }
  const query = r.take('AS') ? r.rest() : null;
  if (query === null) r.end();
  return { kind: 'create-table', name, ifNotExists, orReplace, columns, clusterBy, properties, comment, query };
};

const moment = (r: Reader): Moment => {
  if (r.take('VERSION', 'AS', 'OF')) return { kind: 'version', version: r.integer() };
  r.need('TIMESTAMP', 'AS', 'OF');
  return { kind: 'timestamp', timestamp: r.text() };
};

const alteration = (r: Reader): Alteration => {
  if (r.take('ADD', 'COLUMNS') || r.take('ADD', 'COLUMN'))
    return { kind: 'add', columns: r.peek().value === '(' ? r.list(() => column(r)) : [column(r)] };
  if (r.take('RENAME', 'COLUMN')) {
    const from = r.identifier();
    r.need('TO');
    return { kind: 'rename', from, to: r.identifier() };
  }
  if (r.take('DROP', 'COLUMNS')) return { kind: 'drop', columns: r.list(() => r.identifier()) };
  if (r.take('DROP', 'COLUMN')) return { kind: 'drop', columns: [r.identifier()] };
  if (r.take('ALTER', 'COLUMN')) {
    const name = r.identifier();
    r.need('TYPE');
    return { kind: 'type', column: name, type: r.type() };
  }
  r.need('SET', 'TBLPROPERTIES');
  return { kind: 'properties', properties: Object.fromEntries(r.list(() => property(r))) };
};

const securable = (r: Reader): { object: string; on: string } => {
  const object = /^(TABLE|SCHEMA|CATALOG|VIEW|VOLUME|FUNCTION)$/i.test(r.peek().value)
    ? r.identifier().toUpperCase()
    : 'TABLE';
  return { object, on: r.name().join('.') };
};

const grant = (r: Reader, kind: 'grant' | 'revoke'): Statement => {
  const privileges: string[] = [];
  do {
    const words = [r.identifier()];
    while (r.peek().kind === 'word' && !/^ON$/i.test(r.peek().value)) words.push(r.identifier());
    privileges.push(words.join(' ').toUpperCase());
  } while (r.take(','));
  r.need('ON');
  const target = securable(r);
  r.need(kind === 'grant' ? 'TO' : 'FROM');
  return { kind, privileges, ...target, principal: r.identifier() };
};

const parseWith = (r: Reader): Statement | undefined => {
  if (r.take('CREATE', 'OR', 'REPLACE', 'TABLE')) return createTable(r, true);
  if (r.take('CREATE', 'TABLE')) return createTable(r, false);
  if (r.take('CREATE', 'SCHEMA') || r.take('CREATE', 'DATABASE'))
    return { kind: 'create-schema', ifNotExists: r.take('IF', 'NOT', 'EXISTS'), name: r.name() };
  if (r.take('CREATE', 'CATALOG'))
    return { kind: 'create-catalog', ifNotExists: r.take('IF', 'NOT', 'EXISTS'), name: r.identifier() };
  if (r.take('DROP', 'TABLE')) return { kind: 'drop-table', ifExists: r.take('IF', 'EXISTS'), name: r.name() };
  if (r.take('ALTER', 'TABLE')) return { kind: 'alter-table', name: r.name(), change: alteration(r) };
  if (r.take('TRUNCATE', 'TABLE')) return { kind: 'truncate', name: r.name(), limit: null };
  if (r.take('OPTIMIZE')) return { kind: 'optimize', name: r.name(), limit: null };
  if (r.take('RESTORE')) {
    r.take('TABLE');
    const name = r.name();
    r.take('TO');
    return { kind: 'restore', name, to: moment(r) };
  }
  if (r.take('DESCRIBE', 'HISTORY') || r.take('DESC', 'HISTORY'))
    return { kind: 'history', name: r.name(), limit: r.take('LIMIT') ? r.integer() : null };
  if (r.take('DESCRIBE', 'DETAIL') || r.take('DESC', 'DETAIL')) return { kind: 'detail', name: r.name(), limit: null };
  if (r.take('DESCRIBE') || r.take('DESC')) {
    r.take('TABLE');
    r.take('EXTENDED');
    return { kind: 'describe', name: r.name() };
  }
  if (r.take('SHOW', 'TBLPROPERTIES')) {
    const name = r.name();
    return { kind: 'show-properties', name, limit: null, ...(r.take('(') ? { key: closing(r) } : {}) };
  }
  if (r.take('SHOW', 'GRANTS')) {
    r.need('ON');
    return { kind: 'show-grants', ...securable(r) };
  }
  if (r.take('GRANT')) return grant(r, 'grant');
  if (r.take('REVOKE')) return grant(r, 'revoke');
  if (r.take('SHOW', 'CATALOGS')) return { kind: 'show-catalogs' };
  if (r.take('SHOW', 'SCHEMAS') || r.take('SHOW', 'DATABASES'))
    return { kind: 'show-schemas', catalog: r.take('IN') || r.take('FROM') ? r.identifier() : null };
  if (r.take('SHOW', 'TABLES')) return { kind: 'show-tables', name: r.take('IN') || r.take('FROM') ? r.name() : [] };
  if (r.take('USE', 'CATALOG') || r.take('SET', 'CATALOG'))
    return { kind: 'use', catalog: r.identifier(), schema: null };
  if (r.take('USE')) {
    r.take('SCHEMA');
    const name = r.name();
    return { kind: 'use', catalog: name.length > 1 ? (name[0] ?? null) : null, schema: name.at(-1) ?? null };
  }
  if (r.take('SET')) {
    r.rest();
    while (r.peek().kind !== 'end') r.next();
    return { kind: 'set' };
  }
  return undefined;
};

const closing = (r: Reader): string => {
  const key = r.peek().kind === 'string' ? r.text() : r.name().join('.');
  r.need(')');
  return key;
};

/** Parse a statement of this kind, or undefined when the text starts like none of them. Throws PARSE_SYNTAX_ERROR. */
export const parseStatement = (sql: string): Statement | undefined => {
  const reader = new Reader(sql);
  const statement = parseWith(reader);
  if (statement !== undefined && !(statement.kind === 'create-table' && statement.query !== null)) reader.end();
  return statement;
};
