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

/**
 * Databricks SQL → tree of the equal DuckDB statement. The library makes every CAST a TRY_CAST (Spark's old way); a warehouse is
 * ANSI and raises, so TRY_CAST is kept only where the text had it: those are wrapped in a marker call before translation.
 */
export const translateTree = (sql: string): Ast => {
  let text = sql;
  const marker = 'bw_try_marker';
  if (/\btry_cast\b/i.test(sql)) {
    const tree = treeOf(sql, Dialect.Databricks);
    eachNode(tree, (node) => {
      const cast = node['try_cast'];
      if (isNode(cast))
        cast['this'] = {
          function: {
            name: marker,
            args: [cast['this'] ?? null],
            distinct: false,
            trailing_comments: [],
            use_bracket_syntax: false,
            no_parens: false,
            quoted: false,
          },
        };
    });
    const again = generate(tree as never, Dialect.Databricks);
    if (!again.success || again.sql?.[0] === undefined) throw failed(again.error);
    text = again.sql[0];
  }
  const translated = transpile(text, Dialect.Databricks, Dialect.DuckDB);
  const statements = translated.sql ?? [];
  if (!translated.success) throw failed(translated.error);
  if (statements.length !== 1) throw failed(`Syntax error at or near ';': one statement at a time.`);
  const tree = treeOf(statements[0] ?? '', Dialect.DuckDB);
  eachNode(tree, (node) => {
    const cast = node['try_cast'];
    if (!isNode(cast)) return;
    const inner = child(cast, 'this', 'function');
    if (isNode(inner) && String(inner['name']).toLowerCase() === marker) {
      cast['this'] = list(inner['args'])[0] ?? null;
      return;
    }
    delete node['try_cast'];
    node['cast'] = cast;
  });
  // TIMESTAMP of Databricks is kept as naive UTC.
  eachNode(tree, (node) => {
    const to = child(node, 'cast', 'to') ?? child(node, 'try_cast', 'to');
    if (isNode(to) && to['data_type'] === 'timestamp') to['timezone'] = false;
    // A column may be called `at` or `key`: words that DuckDB keeps for itself must be quoted, so every identifier is.
    if (node['quoted'] === false && typeof node['name'] === 'string' && !('args' in node) && !('style' in node))
      node['quoted'] = true;
  });
  return tree[0] ?? null;
};
