import { Dialect, generate, parse, transpile } from '@polyglot-sql/sdk';
import { EngineError } from '../engine-port.ts';

/** The syntax tree that @polyglot-sql/sdk gives: one-key objects name the kind of a node. We only look at kinds that we know. */
export type Ast = string | number | boolean | null | Ast[] | Node;
export type Node = { [key: string]: Ast };

export const isNode = (ast: Ast | undefined): ast is Node =>
  typeof ast === 'object' && ast !== null && !Array.isArray(ast);
export const child = (ast: Ast | undefined, ...path: readonly string[]): Ast | undefined =>
  path.reduce<Ast | undefined>((at, key) => (isNode(at) ? at[key] : undefined), ast);
export const list = (ast: Ast | undefined): Ast[] => (Array.isArray(ast) ? ast : []);
export const identifierName = (ast: Ast | undefined): string | undefined => {
  const name = child(ast, 'name');
  return typeof name === 'string' ? name : undefined;
};
export const identifier = (name: string): Node => ({ name, quoted: true, trailing_comments: [] });

const failed = (error: string | null | undefined): EngineError =>
  new EngineError('PARSE_SYNTAX_ERROR', '42601', error ?? 'Syntax error.');

const treeOf = (sql: string, dialect: Dialect): Ast[] => {
  const parsed = parse(sql, dialect);
  if (!parsed.success) throw failed(parsed.error);
  return list(parsed.ast as unknown as Ast);
};

/** One DuckDB statement as text. */
export const generateDuck = (ast: Ast): string => {
  const made = generate([ast] as never, Dialect.DuckDB);
  if (!made.success || made.sql?.[0] === undefined) throw failed(made.error);
  return made.sql[0];
};

const eachNode = (ast: Ast, visit: (node: Node) => void): void => {
  if (Array.isArray(ast)) for (const item of ast) eachNode(item, visit);
  else if (isNode(ast)) {
    visit(ast);
    for (const value of Object.values(ast)) eachNode(value, visit);
  }
};

const callNode = (name: string, args: Ast[]): Node => ({
  name,
  args,
  distinct: false,
  trailing_comments: [],
  use_bracket_syntax: false,
  no_parens: false,
  quoted: false,
});

const tryMarker = 'bw_try_marker';

/**
 * Wrap what the translator would lose. It makes every CAST a TRY_CAST (Spark's old way; a warehouse is ANSI and raises), so the
 * TRY_CASTs of the text get a marker; and it writes DIV in a form that it cannot read back.
 */
const marked = (sql: string): string => {
  if (!/\b(?:try_cast|div)\b/i.test(sql)) return sql;
  const tree = treeOf(sql, Dialect.Databricks);
  eachNode(tree, (node) => {
    const cast = node['try_cast'];
    if (isNode(cast)) cast['this'] = { function: callNode(tryMarker, [cast['this'] ?? null]) };
    const division = node['int_div'];
    if (isNode(division)) {
      delete node['int_div'];
      node['function'] = callNode('bw_div', [division['this'] ?? null, division['expression'] ?? null]);
    }
  });
  const again = generate(tree, Dialect.Databricks);
  if (!again.success || again.sql?.[0] === undefined) throw failed(again.error);
  // More than one statement: left as it is, to be refused below.
  return again.sql.length === 1 ? again.sql[0] : sql;
};

/** Databricks SQL → tree of the equal DuckDB statement. Throws PARSE_SYNTAX_ERROR. */
export const translateTree = (sql: string): Ast => {
  const translated = transpile(marked(sql), Dialect.Databricks, Dialect.DuckDB);
  const statements = translated.sql ?? [];
  if (!translated.success) throw failed(translated.error);
  if (statements.length !== 1) throw failed(`Syntax error at or near ';': one statement at a time.`);
  const tree = treeOf(statements[0] ?? '', Dialect.DuckDB);
  eachNode(tree, (node) => {
    const cast = node['try_cast'];
    if (!isNode(cast)) return;
    const inner = child(cast, 'this', 'function');
    if (isNode(inner) && JSON.stringify(inner['name']).toLowerCase() === `"${tryMarker}"`) {
      cast['this'] = list(inner['args'])[0] ?? null;
      return;
    }
    delete node['try_cast'];
    node['cast'] = cast;
  });
  eachNode(tree, (node) => {
    // TIMESTAMP of Databricks is kept as naive UTC.
    const to = child(node, 'cast', 'to') ?? child(node, 'try_cast', 'to');
    if (isNode(to) && to['data_type'] === 'timestamp') to['timezone'] = false;
    // DuckDB reads `INTERVAL (-1) HOUR`, not `INTERVAL -1 HOUR`.
    const interval = node['interval'];
    if (
      isNode(interval) &&
      isNode(interval['this']) &&
      !('literal' in interval['this']) &&
      !('paren' in interval['this'])
    )
      interval['this'] = { paren: { this: interval['this'], trailing_comments: [] } };
    // A column may be called `at` or `key`: words that DuckDB keeps for itself must be quoted, so every identifier is.
    if (node['quoted'] === false && typeof node['name'] === 'string' && !('args' in node) && !('style' in node))
      node['quoted'] = true;
  });
  return tree[0] ?? null;
};
