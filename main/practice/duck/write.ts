import { EngineError } from '../engine-port.ts';
import { child, identifierName, isNode, list, type Ast, type Node } from './ast.ts';
import { bindValues } from './bind.ts';
import { columnNotFound } from './errors.ts';
import type { Lake, Write } from './lake.ts';
import { qualify, translateTreeQuery, type DuckSql, type Scope } from './translate.ts';
import { duckType, quoteText } from './sql-types.ts';
import { alive, columnsAt, fullName, isAppendOnly, storage, type Column, type Table } from './table.ts';

/** Counts of a write, as INSERT, UPDATE and DELETE answer them. */
export type Written = { readonly affected: number; readonly inserted?: number };

const appendOnly = (): EngineError =>
  new EngineError(
    'DELTA_CANNOT_MODIFY_APPEND_ONLY',
    '42809',
    "This table is configured to only allow appends. If you would like to permit updates or deletes, use 'ALTER TABLE <table_name> SET TBLPROPERTIES (delta.appendOnly=false)'.",
  );

export const refuseAppendOnly = (table: Table): void => {
  if (isAppendOnly(table)) throw appendOnly();
};

const notNull = (table: Table, column: Column, value: string): string =>
  column.nullable
    ? value
    : `CASE WHEN ${value} IS NULL THEN error(${quoteText(
        `[DELTA_NOT_NULL_CONSTRAINT_VIOLATED] NOT NULL constraint violated for column: ${column.name} of ${fullName(table)}. SQLSTATE: 23502`,
      )}) ELSE ${value} END`;

const targetName = (scope: Scope, node: Ast | undefined): readonly string[] => {
  const table = child(node, 'table') ?? node;
  const parts = ['catalog', 'schema', 'name']
    .map((k) => identifierName(child(table, k)))
    .filter((n) => n !== undefined);
  return qualify(scope, parts);
};

/**
 * Append the rows of a query to a table as one new version. Target columns by name or all in order. Also used by CREATE TABLE AS.
 * Returns the number of rows.
 */
export const appendRows = async (
  write: Write,
  table: Table,
  names: readonly string[] | undefined,
  query: DuckSql,
  scope: Scope,
): Promise<number> => {
  const columns = columnsAt(table);
  const targets =
    names?.map((name) => {
      const column = columns.find((c) => c.name.toLowerCase() === name.toLowerCase());
      if (column === undefined)
        throw columnNotFound(
          name,
          columns.map((c) => c.name),
        );
      return column;
    }) ?? columns;
  const values = bindValues(query.uses, scope.parameters);
  const shape = await write.connection.runAndReadAll(`SELECT * FROM (${query.sql}) LIMIT 0`, values);
  if (shape.columnCount !== targets.length)
    throw new EngineError(
      'DELTA_INSERT_COLUMN_ARITY_MISMATCH',
      '42802',
      `Cannot write to ${fullName(table)}, the reason is ${shape.columnCount > targets.length ? 'too many' : 'not enough'} data columns: table has ${targets.length}, data has ${shape.columnCount}.`,
    );
  const sources = targets.map((_, i) => `a${i}`);
  const select = columns.map((c) => {
    const i = targets.indexOf(c);
    return notNull(table, c, i < 0 ? `CAST(NULL AS ${duckType(c.type)})` : `CAST(a${i} AS ${duckType(c.type)})`);
  });
  return write.run(
    `INSERT INTO ${storage(table)}(${columns.map((c) => c.physical).join(', ')}, __row_id, __rcv, __added)
     SELECT ${select.join(', ')}, nextval('bw.row_ids'), ${table.version}, ${table.version} FROM (${query.sql}) AS q(${sources.join(', ')})`,
    values,
  );
};

const bump = (table: Table): Table => ({ ...table, version: table.version + 1 });

const insert = async (lake: Lake, node: Node, scope: Scope): Promise<Written> => {
  const name = targetName(scope, node['table']);
  const columnList = list(node['columns']).map((c) => identifierName(c) ?? '');
  const rows = list(node['values']);
  const overwrite = node['overwrite'] === true;
  if (overwrite) refuseAppendOnly(lake.table(name));
  else lake.table(name);
  const source: Ast =
    rows.length > 0
      ? { values: { expressions: rows.map((r) => ({ expressions: r })), alias: null, column_aliases: [] } }
      : (node['query'] ?? null);
  const withNode = node['with'];
  if (isNode(withNode) && isNode(source))
    for (const inner of Object.values(source)) if (isNode(inner)) inner['with'] = withNode;
  const query = await translateTreeQuery(source, scope);
  return lake.write(async (write) => {
    const table = bump(lake.table(name));
    if (overwrite) await write.run(`UPDATE ${storage(table)} SET __removed = ${table.version} WHERE ${alive()}`);
    const inserted = await appendRows(write, table, columnList.length > 0 ? columnList : undefined, query, scope);
    await write.commit(table, {
      user: scope.user,
      operation: 'WRITE',
      parameters: { mode: overwrite ? 'Overwrite' : 'Append', partitionBy: '[]' },
      metrics: { numFiles: '1', numOutputRows: String(inserted) },
      isBlindAppend: !overwrite && !query.reads,
    });
    return { affected: inserted, inserted };
  });
};

/** `SELECT <expressions> FROM <target> WHERE <condition>` as a tree. */
const selectFrom = (target: Ast, expressions: Ast[], where: Ast): Ast => ({
  select: {
    expressions,
    from: { expressions: [target] },
    joins: [],
    lateral_views: [],
    where_clause: where,
    distinct: false,
  } as Node,
});
const column = (name: string): Node => ({
  column: { name: { name, quoted: true, trailing_comments: [] }, table: null, join_mark: false, trailing_comments: [] },
});
const asTable = (node: Ast | undefined): Ast =>
  child(node, 'table') === undefined ? { table: node ?? null } : (node ?? null);

const remove = async (lake: Lake, node: Node, scope: Scope): Promise<Written> => {
  const name = targetName(scope, node['table']);
  refuseAppendOnly(lake.table(name));
  return lake.write(async (write) => {
    const table = bump(lake.table(name));
    const found = await translateTreeQuery(
      selectFrom(asTable(node['table']), [column('__row_id')], node['where_clause'] ?? null),
      scope,
      true,
    );
    const affected = await write.run(
      `UPDATE ${storage(table)} SET __removed = ${table.version} WHERE ${alive()} AND __row_id IN (${found.sql})`,
      bindValues(found.uses, scope.parameters),
    );
    await write.commit(table, {
      user: scope.user,
      operation: 'DELETE',
      parameters: { predicate: '[]' },
      metrics: { numDeletedRows: String(affected) },
    });
    return { affected };
  });
};

const update = async (lake: Lake, node: Node, scope: Scope): Promise<Written> => {
  const name = targetName(scope, node['table']);
  refuseAppendOnly(lake.table(name));
  return lake.write(async (write) => {
    const table = bump(lake.table(name));
    const columns = columnsAt(table);
    const set = new Map(
      list(node['set']).map((pair) => [identifierName(list(pair)[0])?.toLowerCase() ?? '', list(pair)[1] ?? null]),
    );
    for (const target of set.keys())
      if (!columns.some((c) => c.name.toLowerCase() === target))
        throw columnNotFound(
          target,
          columns.map((c) => c.name),
        );
    const expressions = [column('__row_id'), ...columns.map((c) => set.get(c.name.toLowerCase()) ?? column(c.name))];
    const found = await translateTreeQuery(
      selectFrom(asTable(node['table']), expressions, node['where_clause'] ?? null),
      scope,
      true,
    );
    await write.run(
      `CREATE OR REPLACE TEMP TABLE bw_updated AS SELECT * FROM (${found.sql}) AS q(__row_id, ${columns.map((_, i) => `a${i}`).join(', ')})`,
      bindValues(found.uses, scope.parameters),
    );
    const affected = await write.run(
      `UPDATE ${storage(table)} SET __removed = ${table.version} WHERE ${alive()} AND __row_id IN (SELECT __row_id FROM bw_updated)`,
    );
    await write.run(
      `INSERT INTO ${storage(table)}(${columns.map((c) => c.physical).join(', ')}, __row_id, __rcv, __added)
       SELECT ${columns.map((c, i) => notNull(table, c, `CAST(a${i} AS ${duckType(c.type)})`)).join(', ')}, __row_id, ${table.version}, ${table.version} FROM bw_updated`,
    );
    await write.run('DROP TABLE bw_updated');
    await write.commit(table, {
      user: scope.user,
      operation: 'UPDATE',
      parameters: { predicate: '[]' },
      metrics: { numUpdatedRows: String(affected) },
    });
    return { affected };
  });
};

/** Run a statement that changes rows, given its tree; undefined when the tree is something else. */
export const runWrite = async (lake: Lake, tree: Ast, scope: Scope): Promise<Written | undefined> => {
  const found = (['insert', 'delete', 'update'] as const).find((kind) => isNode(child(tree, kind)));
  if (found === undefined) {
    const merge = child(tree, 'merge');
    if (merge === undefined) return undefined;
    refuseAppendOnly(lake.table(targetName(scope, child(merge, 'this'))));
    throw new EngineError('UNSUPPORTED_FEATURE.MERGE', '0A000', 'MERGE is not part of the practice lakehouse.');
  }
  const node = child(tree, found) as Node;
  if (found === 'insert') return insert(lake, node, scope);
  return found === 'delete' ? remove(lake, node, scope) : update(lake, node, scope);
};
