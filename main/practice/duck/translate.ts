import { randomUUID } from 'node:crypto';
import { EngineError, type EngineParameter } from '../engine-port.ts';
import {
  child,
  generateDuck,
  identifier,
  identifierName,
  isNode,
  list,
  translateTree,
  type Ast,
  type Node,
} from './ast.ts';
import { syntaxError, tableNotFound } from './errors.ts';
import { infoSchemaSql } from './info-schema.ts';
import type { Lake } from './lake.ts';
import { changesSql, checkVersion, eventLogSql, relationSql, versionAsOf, type Exposure } from './relations.ts';
import { jsonStructure, parseType } from './sql-types.ts';
import { hasRowTracking } from './table.ts';
import { tokenize } from './tokens.ts';

/** What a statement is read against: where names start, who asks, when, and its parameters. */
export type Scope = {
  readonly lake: Lake;
  readonly catalog: string;
  readonly schema: string;
  readonly user: string;
  /** Epoch ms: current_timestamp() is one moment for a whole statement. */
  readonly now: number;
  readonly parameters: readonly EngineParameter[];
};

/** DuckDB text that still needs these parameters bound: `$name` for named ones, `$1`… for positional ones. */
export type DuckSql = {
  readonly sql: string;
  readonly uses: readonly string[];
  /** It reads a table. */ readonly reads?: boolean;
};

type Relation = {
  readonly parts: readonly string[];
  readonly version?: Ast;
  readonly kind?: string;
  readonly changes?: readonly Ast[];
  /** A pipeline's event log. */ readonly pipeline?: string;
};

/** `a`, `b.a`, `c.b.a` → full three-part name. */
export const qualify = (scope: Pick<Scope, 'catalog' | 'schema'>, parts: readonly string[]): readonly string[] => {
  if (parts.length === 1) return [scope.catalog, scope.schema, ...parts];
  if (parts.length === 2) return [scope.catalog, ...parts];
  return parts;
};

/** Split `a.b.c` with optional backticks, as IDENTIFIER('…') and table_changes('…') take it. */
export const splitName = (text: string): readonly string[] => {
  const parts = tokenize(text)
    .filter((t) => t.kind === 'word' || t.kind === 'quoted')
    .map((t) => t.value);
  if (parts.length === 0 || parts.length > 3) throw syntaxError(`'${text}'`);
  return parts;
};

const parameterValue = (scope: Scope, name: string): string | null => {
  const found = scope.parameters.find((p) => p.name === name);
  if (found === undefined) throw unbound(name);
  return found.value;
};

const unbound = (name: string): EngineError =>
  new EngineError(
    'UNBOUND_SQL_PARAMETER',
    '42P02',
    `Found the unbound parameter: ${name}. Please, fix \`args\` and provide a mapping of the parameter to either a SQL literal or collection constructor functions.`,
  );

/** Value of a constant expression: literal, parameter, negative number, cast of one. */
const constant = (scope: Scope, ast: Ast | undefined): string | null => {
  const literal = child(ast, 'literal', 'value');
  if (typeof literal === 'string') return literal;
  const name = child(ast, 'parameter', 'name');
  if (typeof name === 'string') return parameterValue(scope, name);
  const negated = child(ast, 'neg', 'this');
  if (negated !== undefined) return `-${constant(scope, negated) ?? ''}`;
  const cast = child(ast, 'cast', 'this');
  if (cast !== undefined) return constant(scope, cast);
  throw new EngineError('NOT_A_CONSTANT_STRING.NOT_CONSTANT', '42601', 'The expression must be a constant.');
};

const textOf = (ast: Ast | undefined): string => (typeof ast === 'string' ? ast : '');
const nameOf = (table: Node): readonly string[] =>
  [table['catalog'], table['schema'], table['name']].map(identifierName).filter((n) => n !== undefined);

const call = (name: string, args: Ast[]): Node => ({
  function: {
    name,
    args,
    distinct: false,
    trailing_comments: [],
    use_bracket_syntax: false,
    no_parens: false,
    quoted: false,
  },
});
const asJson = (value: Ast | undefined): Node => ({
  cast: { this: value ?? null, to: { data_type: 'json' }, trailing_comments: [], double_colon_syntax: false },
});
const text = (value: string): Node => ({ literal: { literal_type: 'string', value } });

/** Table functions that may stand in FROM: the engine's own ones, with its files and settings, stay out of reach. */
const tableFunctions: ReadonlySet<string> = new Set([
  'TABLE_CHANGES',
  'EVENT_LOG',
  'IDENTIFIER',
  'UNNEST',
  'EXPLODE',
  'RANGE',
]);

/**
 * Turns the tree of one statement into DuckDB text over the lake's storage: names of tables become subqueries (through
 * placeholders, so that the library never sees our text), time travel and table_changes are resolved, `*` hides `_metadata`.
 */
export class Translation {
  readonly #scope: Scope;
  readonly #relations: { readonly name: string; readonly relation: Relation; readonly exposure: Exposure }[] = [];
  readonly #nonce = randomUUID();
  readonly #uses = new Set<string>();
  #metadata = false;
  #positional = 0;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** Rewrite in place. `rowId`: the first table exposes `__row_id` (for UPDATE and DELETE). */
  rewrite(tree: Ast, rowId = false): void {
    this.#metadata = JSON.stringify(tree).includes('"name":"_metadata"');
    this.#walk(tree, new Set(), rowId);
  }

  async finish(tree: Ast): Promise<DuckSql> {
    let sql = generateDuck(tree);
    for (const { name, relation, exposure } of this.#relations) {
      const relationText = await this.#relationSql(relation, exposure);
      // A function: in a replacement text `$&` and the like would have a meaning.
      sql = sql.replaceAll(`"${name}"`, () => relationText);
    }
    return { sql, uses: [...this.#uses], reads: this.#relations.length > 0 };
  }

  /** A placeholder node for a relation, to be put where a table stands. */
  #placeholder(relation: Relation, alias: Ast | undefined, exposure: Exposure): Node {
    const name = `bw_${this.#nonce}_${this.#relations.length}`;
    this.#relations.push({ name, relation, exposure });
    return {
      table: {
        name: identifier(name),
        schema: null,
        catalog: null,
        alias: alias ?? identifier(relation.parts.at(-1) ?? 't'),
        alias_explicit_as: true,
        column_aliases: [],
        trailing_comments: [],
        when: null,
        only: false,
        final_: false,
        hints: [],
      },
    };
  }

  async #relationSql(relation: Relation, exposure: Exposure): Promise<string> {
    const { lake } = this.#scope;
    const parts = qualify(this.#scope, relation.parts);
    const [catalog = '', schema = '', name = ''] = parts.map((p) => p.toLowerCase());
    if (schema === 'information_schema') {
      const view = await infoSchemaSql(lake, catalog, name);
      if (view === undefined) throw tableNotFound(parts.map((p) => `\`${p}\``).join('.'));
      return view;
    }
    if (relation.pipeline !== undefined) return eventLogSql(lake, lake.eventLog(relation.pipeline), relation.pipeline);
    const table = lake.table(parts);
    if (relation.changes !== undefined) {
      const [from, to] = await Promise.all(
        relation.changes.map(async (bound) => {
          const value = constant(this.#scope, bound) ?? '';
          if (/^-?\d+$/.test(value)) return Number(value);
          return versionAsOf(lake, table, value);
        }),
      );
      if (from === undefined) throw syntaxError("'table_changes'");
      return changesSql(table, from, to);
    }
    if (relation.version === undefined) return relationSql(lake, table, exposure);
    const value = constant(this.#scope, relation.version) ?? '';
    const version =
      relation.kind === 'TIMESTAMP' ? await versionAsOf(lake, table, value) : checkVersion(table, Number(value));
    return relationSql(lake, table, exposure, version);
  }

  #walk(ast: Ast, ctes: ReadonlySet<string>, rowId = false): void {
    if (Array.isArray(ast)) {
      for (const item of ast) this.#walk(item, ctes, rowId);
      return;
    }
    if (!isNode(ast)) return;
    let scope = ctes;
    const withNode = ast['with'];
    if (isNode(withNode)) {
      const grown = new Set(ctes);
      const recursive = withNode['recursive'] === true;
      for (const cte of list(withNode['ctes'])) {
        const name = identifierName(child(cte, 'alias'))?.toLowerCase();
        if (recursive && name !== undefined) grown.add(name);
        this.#walk(child(cte, 'this') ?? null, new Set(grown));
        if (name !== undefined) grown.add(name);
      }
      scope = grown;
    }
    for (const [key, value] of Object.entries(ast)) {
      if (key === 'with' || value === null || typeof value !== 'object') continue;
      if (key === 'select' && isNode(value)) this.#checkSources(value, scope);
      const replaced = this.#replace(key, value, scope, rowId);
      if (replaced === undefined) this.#walk(value, scope, rowId);
      else {
        delete ast[key];
        Object.assign(ast, replaced);
      }
    }
  }

  /** The node that stands for `{[key]: value}` from now on, or undefined to keep it and look inside. */
  #replace(key: string, value: Node | Ast[], ctes: ReadonlySet<string>, rowId: boolean): Node | undefined {
    if (!isNode(value)) return undefined;
    if (key === 'table' && isNode(value['name'])) {
      const parts = nameOf(value);
      if (parts.length === 1 && ctes.has(parts[0]?.toLowerCase() ?? '')) return undefined;
      const version = child(value, 'version', 'expression');
      const kind = child(value, 'version', 'this', 'identifier', 'name');
      return this.#placeholder(
        { parts, ...(version === undefined ? {} : { version, kind: textOf(kind).toUpperCase() }) },
        value['alias'] ?? undefined,
        { metadata: this.#metadata, rowId },
      );
    }
    if (key === 'parameter') return this.#parameter(value);
    if (key === 'placeholder') return this.#positionalParameter();
    if (key === 'to_json') {
      this.#walk(value, ctes);
      return call('bw_to_json', [value['this'] ?? null]);
    }
    // Counts and other results of functions are no doubles with odd values; columns and fields may be.
    if (key === 'cast' && child(value, 'to', 'data_type') === 'text' && isNode(value['this'])) {
      if (!['column', 'dot', 'cast'].some((kind) => child(value, 'this', kind) !== undefined)) return undefined;
      this.#walk(value, ctes);
      return call('bw_text', [value['this']]);
    }
    const isAlias = key === 'alias' && isNode(value['this']);
    const fn = isAlias ? child(value, 'this', 'function') : key === 'function' ? value : undefined;
    if (!isNode(fn)) return undefined;
    const name = textOf(fn['name']).toUpperCase();
    const args = list(fn['args']);
    const alias = isAlias ? value['alias'] : undefined;
    if (name === 'TABLE_CHANGES')
      return this.#placeholder(
        { parts: splitName(constant(this.#scope, args[0]) ?? ''), changes: args.slice(1) },
        alias,
        { metadata: false },
      );
    if (name === 'EVENT_LOG')
      return this.#placeholder({ parts: ['event_log'], pipeline: constant(this.#scope, args[0]) ?? '' }, alias, {
        metadata: false,
      });
    if (name === 'IDENTIFIER')
      return this.#placeholder({ parts: splitName(constant(this.#scope, args[0]) ?? '') }, alias, {
        metadata: this.#metadata,
        rowId,
      });
    if (isAlias) return undefined;
    return this.#function(name, args, ctes);
  }

  #function(name: string, args: Ast[], ctes: ReadonlySet<string>): Node | undefined {
    switch (name) {
      case 'SESSION_USER':
      case 'CURRENT_USER':
      case 'USER':
        return text(this.#scope.user);
      case 'CURRENT_CATALOG':
        return text(this.#scope.catalog);
      case 'CURRENT_SCHEMA':
      case 'CURRENT_DATABASE':
        return text(this.#scope.schema);
      case 'CURRENT_TIMESTAMP':
      case 'NOW':
      case 'LOCALTIMESTAMP':
        return this.#moment('timestamp', new Date(this.#scope.now).toISOString());
      case 'CURRENT_DATE':
        return this.#moment('date', new Date(this.#scope.now).toISOString().slice(0, 10));
      case 'FROM_JSON': {
        this.#walk(args, ctes);
        return this.#typed(asJson(args[0]), args[1]);
      }
      case 'VARIANT_GET':
      case 'TRY_VARIANT_GET':
        // Databricks documents three arguments; a variant is JSON here.
        if (args.length !== 3)
          throw new EngineError('WRONG_NUM_ARGS.WITHOUT_SUGGESTION', '42605', `The ${name} requires 3 parameters.`);
        this.#walk(args, ctes);
        return this.#typed(call('json_extract', [asJson(args[0]), args[1] ?? null]), args[2]);
      case 'CONCAT': {
        // Databricks: NULL when one argument is; DuckDB's concat skips it.
        this.#walk(args, ctes);
        return args.length < 2 ? undefined : (args.reduce((a, b) => call('bw_concat', [a, b])) as Node);
      }
      default:
        return undefined;
    }
  }

  /** JSON as a value of the type that a literal names. */
  #typed(json: Node, type: Ast | undefined): Node {
    return call('from_json', [json, text(JSON.stringify(jsonStructure(parseType(constant(this.#scope, type) ?? ''))))]);
  }

  #moment(type: 'timestamp' | 'date', value: string): Node {
    const to = type === 'date' ? { data_type: 'date' } : { data_type: 'timestamp', timezone: false };
    return {
      cast: {
        this: text(value.replace('T', ' ').replace('Z', '')),
        to,
        trailing_comments: [],
        double_colon_syntax: false,
      },
    };
  }

  #parameter(node: Node): Node {
    const name = textOf(node['name']);
    if (node['style'] !== 'Colon') throw syntaxError(`'${name}'`);
    parameterValue(this.#scope, name);
    this.#uses.add(name);
    return { parameter: { ...node, style: 'Dollar' } };
  }

  #positionalParameter(): Node {
    const index = this.#positional++;
    const positional = this.#scope.parameters.filter((p) => p.name === undefined);
    if (positional[index] === undefined) throw unbound(`_${index}`);
    const name = `bw_p${index}`;
    this.#uses.add(name);
    return { parameter: { name, index: null, style: 'Dollar', quoted: false, string_quoted: false, expression: null } };
  }

  /** Only functions of Databricks stand in FROM; `_metadata` is there when asked for by name and never part of `*`. */
  #checkSources(select: Node, ctes: ReadonlySet<string>): void {
    const sources = [
      ...list(child(select, 'from', 'expressions')),
      ...list(select['joins']).map((j) => child(j, 'this') ?? null),
    ];
    for (const source of sources) {
      const name = child(source, 'function', 'name') ?? child(source, 'alias', 'this', 'function', 'name');
      if (typeof name === 'string' && !tableFunctions.has(name.toUpperCase()))
        throw new EngineError(
          'UNRESOLVABLE_TABLE_VALUED_FUNCTION',
          '42883',
          `Could not resolve \`${name}\` to a table-valued function.`,
        );
    }
    if (!this.#metadata) return;
    const exposed = new Set<string>();
    for (const source of sources) {
      const table = child(source, 'table');
      if (!isNode(table)) continue;
      const parts = nameOf(table);
      if (parts.length === 1 && ctes.has(parts[0]?.toLowerCase() ?? '')) continue;
      const found = this.#scope.lake.find(qualify(this.#scope, parts));
      if (found !== undefined && hasRowTracking(found))
        exposed.add((identifierName(table['alias']) ?? parts.at(-1) ?? '').toLowerCase());
    }
    if (exposed.size === 0) return;
    for (const expression of list(select['expressions'])) {
      const star = child(expression, 'star');
      if (!isNode(star)) continue;
      const of = identifierName(star['table'])?.toLowerCase();
      if (of === undefined || exposed.has(of)) star['except'] = [...list(star['except']), identifier('_metadata')];
    }
  }
}

/** Translate a query (SELECT, VALUES, WITH …). */
export const translateQuery = async (sql: string, scope: Scope): Promise<DuckSql> =>
  translateTreeQuery(translateTree(sql), scope);

export const translateTreeQuery = async (tree: Ast, scope: Scope, rowId = false): Promise<DuckSql> => {
  const translation = new Translation(scope);
  translation.rewrite(tree, rowId);
  return translation.finish(tree);
};
