import { randomUUID } from 'node:crypto';
import { EngineError } from '../engine-port.ts';
import { columnNotFound, tableNotFound } from './errors.ts';
import type { Lake } from './lake.ts';
import { storageDdl } from './lake.ts';
import { restoreTable } from './restore.ts';
import type { Alteration, Statement } from './statements.ts';
import { duckType, parseType, quoteText, typeText } from './sql-types.ts';
import { alive, columnsAt, fullName, placeColumns, storage, type Column, type NewColumn, type Table } from './table.ts';
import { qualify, translateQuery, type DuckSql, type Scope } from './translate.ts';
import { columnType } from './values.ts';
import { bindValues } from './bind.ts';
import { appendRows, refuseAppendOnly } from './write.ts';

/** What a command answers: a query to run for its rows, or nothing (DDL). */
export type Answer = { readonly query: DuckSql } | { readonly query: null };
const nothing: Answer = { query: null };
const answer = (sql: string): Answer => ({ query: { sql, uses: [] } });

const createTable = async (
  lake: Lake,
  s: Extract<Statement, { kind: 'create-table' }>,
  scope: Scope,
): Promise<Answer> => {
  const [catalog = '', schema = '', name = ''] = qualify(scope, s.name);
  const known = lake.catalogs().find((c) => c.catalog === catalog);
  if (known?.schemas.includes(schema) !== true)
    throw new EngineError('SCHEMA_NOT_FOUND', '42704', `The schema \`${catalog}\`.\`${schema}\` cannot be found.`);
  // Unity Catalog: no dot, slash, space or control character in a name, and 255 characters at most.
  if (name.length > 255 || /[./\s\p{Cc}]/u.test(name))
    throw new EngineError(
      'INVALID_SCHEMA_OR_RELATION_NAME',
      '42602',
      `\`${name}\` is not a valid name for tables/schemas. Valid names only contain alphabet characters, numbers and _.`,
    );
  const query = s.query === null ? null : await translateQuery(s.query, scope);
  return lake.write(async (write) => {
    const existing = lake.find([catalog, schema, name]);
    if (existing !== undefined && s.ifNotExists) return nothing;
    if (existing !== undefined && !s.orReplace)
      throw new EngineError(
        'TABLE_OR_VIEW_ALREADY_EXISTS',
        '42P07',
        `Cannot create table or view \`${schema}\`.\`${name}\` because it already exists.`,
      );
    let columns: readonly NewColumn[] = s.columns;
    if (query !== null) {
      const shape = await write.connection.runAndReadAll(
        `SELECT * FROM (${query.sql}) LIMIT 0`,
        bindValues(query.uses, scope.parameters),
      );
      const types = shape.columnTypes();
      columns = shape
        .columnNames()
        .map((n, i) => ({ name: n, type: types[i] === undefined ? 'string' : columnType(types[i]).toLowerCase() }));
    }
    const spec = {
      catalog,
      schema,
      name,
      columns,
      owner: scope.user,
      properties: s.properties,
      clusterBy: s.clusterBy,
      comment: s.comment,
    };
    let table: Table;
    if (existing === undefined) {
      table = lake.newTable(spec);
      await write.run(storageDdl(table));
    } else {
      table = await replaceColumns(
        {
          ...existing,
          id: randomUUID(),
          version: existing.version + 1,
          properties: s.properties,
          clusterBy: s.clusterBy,
          comment: s.comment,
        },
        columns,
        (sql) => write.run(sql),
      );
      await write.run(`UPDATE ${storage(table)} SET __removed = ${table.version} WHERE ${alive()}`);
    }
    const rows = query === null ? 0 : await appendRows(write, table, undefined, query, scope);
    const base = existing === undefined ? 'CREATE TABLE' : 'CREATE OR REPLACE TABLE';
    await write.commit(table, {
      user: scope.user,
      operation: query === null ? base : `${base} AS SELECT`,
      parameters: {
        isManaged: 'true',
        description: s.comment ?? '',
        properties: JSON.stringify(s.properties),
        partitionBy: '[]',
        clusterBy: JSON.stringify(s.clusterBy),
      },
      metrics: query === null ? {} : { numOutputRows: String(rows), numFiles: '1' },
      isBlindAppend: true,
    });
    return nothing;
  });
};

/** New storage columns and the schema that begins with `table.version`. */
const replaceColumns = async (
  table: Table,
  columns: readonly NewColumn[],
  run: (sql: string) => Promise<unknown>,
): Promise<Table> => {
  const placed = placeColumns(columns, table.nextColumn);
  for (const c of placed) await run(`ALTER TABLE ${storage(table)} ADD COLUMN ${c.physical} ${duckType(c.type)}`);
  return withColumns({ ...table, nextColumn: table.nextColumn + placed.length }, placed);
};

const withColumns = (table: Table, columns: readonly Column[]): Table => ({
  ...table,
  schemas: [...table.schemas.filter((s) => s.from < table.version), { from: table.version, columns }],
});

const columnNamed = (table: Table, name: string): Column => {
  const columns = columnsAt(table);
  const found = columns.find((c) => c.name.toLowerCase() === name.toLowerCase());
  if (found === undefined)
    throw columnNotFound(
      name,
      columns.map((c) => c.name),
    );
  return found;
};

type Altered = {
  readonly table: Table;
  readonly operation: string;
  readonly parameters: Readonly<Record<string, string>>;
};

/** One ALTER as a new version of the table. `run` executes DDL on its storage. Also used by the world to tell its story. */
export const alterTable = async (
  old: Table,
  change: Alteration,
  run: (sql: string) => Promise<unknown>,
): Promise<Altered> => {
  const table: Table = { ...old, version: old.version + 1 };
  const columns = columnsAt(old);
  switch (change.kind) {
    case 'add': {
      const placed = placeColumns(change.columns, table.nextColumn);
      for (const c of placed) await run(`ALTER TABLE ${storage(table)} ADD COLUMN ${c.physical} ${duckType(c.type)}`);
      const added = change.columns.map((c) => ({
        column: { name: c.name, type: c.type, nullable: c.nullable ?? true, metadata: {} },
      }));
      return {
        table: withColumns({ ...table, nextColumn: table.nextColumn + placed.length }, [...columns, ...placed]),
        operation: 'ADD COLUMNS',
        parameters: { columns: JSON.stringify(added) },
      };
    }
    case 'rename': {
      const from = columnNamed(old, change.from);
      return {
        table: withColumns(
          table,
          columns.map((c) => (c === from ? { ...c, name: change.to } : c)),
        ),
        operation: 'RENAME COLUMN',
        parameters: { oldColumnPath: change.from, newColumnPath: change.to },
      };
    }
    case 'drop': {
      const gone = change.columns.map((name) => columnNamed(old, name));
      return {
        table: withColumns(
          table,
          columns.filter((c) => !gone.includes(c)),
        ),
        operation: 'DROP COLUMNS',
        parameters: { columns: JSON.stringify(change.columns) },
      };
    }
    case 'type': {
      const target = columnNamed(old, change.column);
      const type = parseType(change.type);
      const placed: Column = { ...target, type, physical: `c${table.nextColumn}` };
      await run(`ALTER TABLE ${storage(table)} ADD COLUMN ${placed.physical} ${duckType(type)}`);
      await run(`UPDATE ${storage(table)} SET ${placed.physical} = TRY_CAST(${target.physical} AS ${duckType(type)})`);
      return {
        table: withColumns(
          { ...table, nextColumn: table.nextColumn + 1 },
          columns.map((c) => (c === target ? placed : c)),
        ),
        operation: 'CHANGE COLUMN',
        parameters: {
          column: JSON.stringify({ name: target.name, type: typeText(type), nullable: target.nullable, metadata: {} }),
        },
      };
    }
    case 'properties':
      return {
        table: { ...table, properties: { ...table.properties, ...change.properties } },
        operation: 'SET TBLPROPERTIES',
        parameters: { properties: JSON.stringify(change.properties) },
      };
  }
};

const historySql = (table: Table, limit: number | null): string =>
  `SELECT version, made_at AS timestamp, user_name AS "userId", user_name AS "userName", operation, parameters AS "operationParameters",
     CAST(NULL AS STRUCT("jobId" VARCHAR, "jobName" VARCHAR, "jobRunId" VARCHAR, "runId" VARCHAR, "jobOwnerId" VARCHAR, "triggerType" VARCHAR)) AS job,
     CAST(NULL AS STRUCT("notebookId" VARCHAR)) AS notebook, CAST(NULL AS VARCHAR) AS "clusterId",
     CASE WHEN version > 0 THEN version - 1 END AS "readVersion", 'WriteSerializable' AS "isolationLevel", blind AS "isBlindAppend",
     metrics AS "operationMetrics", CAST(NULL AS VARCHAR) AS "userMetadata", 'Databricks-Runtime/17.3.x-practice' AS "engineInfo"
   FROM bw.history WHERE key = ${table.key} ORDER BY version DESC${limit === null ? '' : ` LIMIT ${limit}`}`;

const detailSql = (t: Table): string =>
  `SELECT 'delta' AS format, ${quoteText(t.id)} AS id, ${quoteText(fullName(t))} AS name, ${t.comment === null ? 'CAST(NULL AS VARCHAR)' : quoteText(t.comment)} AS description,
     ${quoteText(`practice:/tables/${t.id}`)} AS location, make_timestamp(${t.createdAt * 1000}::BIGINT) AS "createdAt", make_timestamp(${t.versionAt * 1000}::BIGINT) AS "lastModified",
     CAST([] AS VARCHAR[]) AS "partitionColumns", CAST([${t.clusterBy.map(quoteText).join(',')}] AS VARCHAR[]) AS "clusteringColumns",
     (SELECT count(DISTINCT __added) FROM ${storage(t)} WHERE ${alive()}) AS "numFiles", (SELECT count(*) * 100 FROM ${storage(t)} WHERE ${alive()}) AS "sizeInBytes",
     CAST(from_json(${quoteText(JSON.stringify(t.properties))}, '"MAP(VARCHAR, VARCHAR)"') AS MAP(VARCHAR, VARCHAR)) AS properties,
     3 AS "minReaderVersion", 7 AS "minWriterVersion", CAST([] AS VARCHAR[]) AS "tableFeatures"`;

const values = (names: readonly string[], rows: readonly (readonly (string | null)[])[]): string =>
  rows.length === 0
    ? `SELECT ${names.map((n) => `CAST(NULL AS VARCHAR) AS "${n}"`).join(', ')} LIMIT 0`
    : `SELECT * FROM (VALUES ${rows.map((r) => `(${r.map((v) => (v === null ? 'NULL' : quoteText(v))).join(', ')})`).join(', ')}) AS v(${names.map((n) => `"${n}"`).join(', ')})`;

/** Run one DDL or utility statement. Throws EngineError. */
export const runCommand = async (lake: Lake, s: Statement, scope: Scope): Promise<Answer> => {
  const table = (name: readonly string[]): Table => lake.table(qualify(scope, name));
  switch (s.kind) {
    case 'create-catalog':
      await lake.createCatalog(s.name);
      return nothing;
    case 'create-schema': {
      const [catalog, schema] = s.name.length === 1 ? [scope.catalog, s.name[0]] : [s.name.at(-2), s.name.at(-1)];
      await lake.createSchema(catalog ?? '', schema ?? '', s.ifNotExists);
      return nothing;
    }
    case 'create-table':
      return createTable(lake, s, scope);
    case 'drop-table':
      return lake.write(async (write) => {
        const found = lake.find(qualify(scope, s.name));
        if (found === undefined && !s.ifExists) throw tableNotFound(qualify(scope, s.name).join('.'));
        if (found !== undefined) await write.forget(found);
        return nothing;
      });
    case 'alter-table':
      return lake.write(async (write) => {
        const done = await alterTable(table(s.name), s.change, write.run);
        await write.commit(
          { ...done.table, alteredAt: lake.clock.now() },
          { user: scope.user, operation: done.operation, parameters: done.parameters },
        );
        return nothing;
      });
    case 'truncate':
      refuseAppendOnly(table(s.name));
      return lake.write(async (write) => {
        const old = table(s.name);
        const next = { ...old, version: old.version + 1 };
        await write.run(`UPDATE ${storage(next)} SET __removed = ${next.version} WHERE ${alive()}`);
        await write.commit(next, { user: scope.user, operation: 'TRUNCATE' });
        return nothing;
      });
    case 'optimize':
      return lake.write(async (write) => {
        const old = table(s.name);
        await write.commit(
          { ...old, version: old.version + 1 },
          {
            user: scope.user,
            operation: 'OPTIMIZE',
            parameters: { predicate: '[]', auto: 'false' },
            metrics: { numRemovedFiles: '0', numAddedFiles: '0' },
          },
        );
        return answer(
          `SELECT ${quoteText(`practice:/tables/${old.id}`)} AS path, {'numFilesAdded': 0, 'numFilesRemoved': 0} AS metrics`,
        );
      });
    case 'restore':
      return answer(await restoreTable(lake, table(s.name), s.to, scope.user));
    case 'history':
      return answer(historySql(table(s.name), s.limit));
    case 'detail':
      return answer(detailSql(table(s.name)));
    case 'describe':
      return answer(
        values(
          ['col_name', 'data_type', 'comment'],
          columnsAt(table(s.name)).map((c) => [c.name, typeText(c.type), c.comment ?? null]),
        ),
      );
    case 'show-properties': {
      const entries = Object.entries({
        'delta.minReaderVersion': '3',
        'delta.minWriterVersion': '7',
        ...table(s.name).properties,
      });
      return answer(
        values(
          ['key', 'value'],
          entries.filter(([k]) => s.key === undefined || k === s.key),
        ),
      );
    }
    case 'show-grants':
      return answer(
        `SELECT principal AS "Principal", privilege AS "ActionType", kind AS "ObjectType", object AS "ObjectKey" FROM bw.grants WHERE kind = ${quoteText(s.object)} AND object = ${quoteText(s.on)}`,
      );
    case 'grant':
    case 'revoke':
      return lake.write(async (write) => {
        for (const privilege of s.privileges) {
          const row = [s.principal, privilege, s.object, s.on].map(quoteText).join(', ');
          await write.run(`DELETE FROM bw.grants WHERE (principal, privilege, kind, object) = (${row})`);
          if (s.kind === 'grant') await write.run(`INSERT INTO bw.grants VALUES (${row})`);
        }
        return nothing;
      });
    case 'show-catalogs':
      return answer(
        values(
          ['catalog'],
          lake.catalogs().map((c) => [c.catalog]),
        ),
      );
    case 'show-schemas':
      return answer(
        values(
          ['databaseName'],
          (lake.catalogs().find((c) => c.catalog === (s.catalog ?? scope.catalog))?.schemas ?? []).map((n) => [n]),
        ),
      );
    case 'show-tables': {
      const [catalog, schema] = s.name.length === 2 ? s.name : [scope.catalog, s.name[0] ?? scope.schema];
      return answer(
        values(
          ['database', 'tableName', 'isTemporary'],
          lake
            .tables()
            .filter((t) => t.catalog === catalog && t.schema === schema)
            .map((t) => [t.schema, t.name, 'false']),
        ),
      );
    }
    case 'use':
    case 'set':
      return nothing;
  }
};
