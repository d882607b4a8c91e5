import type { DuckDBConnection, DuckDBMaterializedResult } from '@duckdb/node-api';
import {
  EngineError,
  type EngineColumn,
  type EngineOperation,
  type EnginePage,
  type EngineParameter,
  type EnginePort,
  type EngineSession,
} from '../engine-port.ts';
import { translateTree } from './ast.ts';
import { bindValues } from './bind.ts';
import { runCommand } from './commands.ts';
import { canceled, toEngineError } from './errors.ts';
import type { Lake } from './lake.ts';
import { parseStatement } from './statements.ts';
import { translateTreeQuery, type DuckSql, type Scope } from './translate.ts';
import { columnType, valueText } from './values.ts';
import { runWrite } from './write.ts';

type Result =
  | { readonly kind: 'rows'; readonly result: DuckDBMaterializedResult }
  | { readonly kind: 'fixed'; readonly columns: readonly EngineColumn[]; readonly page: EnginePage };

const none: Result = { kind: 'fixed', columns: [], page: { rows: 0, columns: [] } };

const counts = (affected: number, inserted: number | undefined): Result => {
  const named = [
    ['num_affected_rows', affected],
    ...(inserted === undefined ? [] : [['num_inserted_rows', inserted] as const]),
  ] as const;
  return {
    kind: 'fixed',
    columns: named.map(([name]) => ({ name, type: 'BIGINT' })),
    page: { rows: 1, columns: named.map(([, n]) => [String(n)]) },
  };
};

const describedColumns = (result: DuckDBMaterializedResult): Result => {
  const types = result.columnTypes();
  const names = result.columnNames();
  return {
    kind: 'fixed',
    columns: ['col_name', 'data_type', 'comment'].map((name) => ({ name, type: 'STRING' })),
    page: {
      rows: names.length,
      columns: [
        names,
        names.map((_, i) => (types[i] === undefined ? 'string' : columnType(types[i]).toLowerCase())),
        names.map(() => null),
      ],
    },
  };
};

/** Pages over a materialised result: DuckDB's chunks cut to what is asked. */
const pager = (result: DuckDBMaterializedResult): ((maxRows: number) => EnginePage) => {
  let chunk = 0;
  let row = 0;
  return (maxRows) => {
    const columns: (string | null)[][] = Array.from({ length: result.columnCount }, () => []);
    let rows = 0;
    while (rows < maxRows && chunk < result.chunkCount) {
      const current = result.getChunk(chunk);
      const take = Math.min(maxRows - rows, current.rowCount - row);
      for (const [i, column] of columns.entries())
        for (const value of current.getColumnValues(i).slice(row, row + take)) column.push(valueText(value));
      rows += take;
      row += take;
      if (row >= current.rowCount) {
        chunk++;
        row = 0;
      }
    }
    return { rows, columns };
  };
};

type SessionState = { catalog: string; schema: string; readonly user: string };

const operation = (
  lake: Lake,
  session: SessionState,
  sql: string,
  parameters: readonly EngineParameter[],
): EngineOperation => {
  let connection: DuckDBConnection | undefined;
  let stopped = false;
  let result: Result = none;
  let page: (maxRows: number) => EnginePage = () => ({ rows: 0, columns: [] });

  const query = async (duck: DuckSql): Promise<Result> => {
    connection = await lake.connect();
    if (stopped) throw canceled();
    return { kind: 'rows', result: await connection.run(duck.sql, bindValues(duck.uses, parameters)) };
  };

  const execute = async (): Promise<Result> => {
    const scope: Scope = {
      lake,
      catalog: session.catalog,
      schema: session.schema,
      user: session.user,
      now: lake.clock.now(),
      parameters,
    };
    // DESCRIBE QUERY: names and types of an answer, without its rows.
    const described = /^\s*(?:DESCRIBE|DESC)\s+QUERY\s+(?=SELECT\b|WITH\b)/i.exec(sql)?.[0];
    if (described !== undefined) {
      const of = await query(await translateTreeQuery(translateTree(sql.slice(described.length)), scope));
      return of.kind === 'rows' ? describedColumns(of.result) : of;
    }
    const statement = parseStatement(sql);
    if (statement !== undefined) {
      if (statement.kind === 'use') {
        const catalog = statement.catalog ?? session.catalog;
        const known = lake.catalogs().find((c) => c.catalog === catalog);
        if (known === undefined)
          throw new EngineError('NO_SUCH_CATALOG_EXCEPTION', '42704', `Catalog '${catalog}' was not found.`);
        if (statement.schema !== null && !known.schemas.includes(statement.schema))
          throw new EngineError(
            'SCHEMA_NOT_FOUND',
            '42704',
            `The schema \`${catalog}\`.\`${statement.schema}\` cannot be found.`,
          );
        session.catalog = catalog;
        session.schema = statement.schema ?? 'default';
      }
      const answered = await runCommand(lake, statement, scope);
      return answered.query === null ? none : query(answered.query);
    }
    const tree = translateTree(sql);
    const written = await runWrite(lake, tree, scope);
    if (written !== undefined) return counts(written.affected, written.inserted);
    if (
      typeof tree === 'object' &&
      tree !== null &&
      !(
        'select' in tree ||
        'union' in tree ||
        'values' in tree ||
        'intersect' in tree ||
        'except' in tree ||
        'subquery' in tree
      )
    )
      throw new EngineError('PARSE_SYNTAX_ERROR', '42601', `Syntax error at or near '${sql.trim().slice(0, 30)}'.`);
    return query(await translateTreeQuery(tree, scope));
  };

  const run = async (): Promise<void> => {
    try {
      const r = await execute();
      if (stopped) throw canceled();
      result = r;
      if (r.kind === 'rows') page = pager(r.result);
      else {
        let left: EnginePage = r.page;
        page = () => {
          const now = left;
          left = { rows: 0, columns: [] };
          return now;
        };
      }
    } catch (thrown) {
      throw stopped ? canceled() : toEngineError(thrown);
    }
  };
  const done = run();
  // The waiter may come later or never; the failure is his then.
  done.catch(() => undefined);

  return {
    wait: () => done,
    columns: () => {
      if (result.kind === 'fixed') return result.columns;
      const types = result.result.columnTypes();
      return result.result
        .columnNames()
        .map((name, i) => ({ name, type: types[i] === undefined ? 'STRING' : columnType(types[i]) }));
    },
    fetch: (maxRows) => Promise.resolve(page(maxRows)),
    cancel: () => {
      stopped = true;
      connection?.interrupt();
    },
    close: () => {
      stopped = true;
      const finished = (): void => {
        connection?.closeSync();
        connection = undefined;
      };
      done.then(finished, finished);
    },
  };
};

/** DuckDB behind the port. Throws NO_SUCH_CATALOG_EXCEPTION when a session asks for a catalog that is not there. */
export const createDuckEngine = (
  lake: Lake,
  defaults: { readonly catalog: string; readonly schema: string },
): EnginePort => ({
  open: ({ catalog, schema, user }): Promise<EngineSession> => {
    const wanted = catalog ?? defaults.catalog;
    if (catalog !== undefined && !lake.catalogs().some((c) => c.catalog === wanted))
      return Promise.reject(
        new EngineError('NO_SUCH_CATALOG_EXCEPTION', '42704', `Catalog '${wanted}' was not found.`),
      );
    const state: SessionState = { catalog: wanted, schema: schema ?? defaults.schema, user };
    return Promise.resolve({
      execute: (sql, params) => operation(lake, state, sql, params),
      close: () => undefined,
    });
  },
  close: () => lake.close(),
});
