import { randomUUID } from 'node:crypto';
import { DuckDBInstance, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';
import { assert } from '../../../shared/base/assert.ts';
import type { Clock } from '../../../shared/base/time.ts';
import { EngineError } from '../engine-port.ts';
import { tableNotFound, toEngineError } from './errors.ts';
import { macros } from './macros.ts';
import { duckType, quoteText } from './sql-types.ts';
import {
  decodeTable,
  encodeTable,
  fullName,
  placeColumns,
  storage,
  tableKey,
  type Column,
  type NewColumn,
  type Table,
} from './table.ts';

/** A fault on a table: the column looks as if it did not exist, or its values are masked. Set by the buttons. */
export type TableFault = { readonly table: string; readonly column: string; readonly kind: 'hide' | 'mask' };

export type Commit = {
  readonly user: string;
  readonly operation: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly metrics?: Readonly<Record<string, string>>;
  readonly isBlindAppend?: boolean;
  /** Epoch ms; default: the clock. */
  readonly at?: number;
};

/** A write in progress: one DuckDB transaction, one writer at a time. */
export type Write = {
  readonly run: (sql: string, values?: Record<string, DuckDBValue>) => Promise<number>;
  readonly rows: (sql: string, values?: Record<string, DuckDBValue>) => Promise<DuckDBValue[][]>;
  readonly connection: DuckDBConnection;
  /** Record a new version of a table: history row, and the table's document as it is from now on. */
  readonly commit: (table: Table, commit: Commit) => Promise<Table>;
  readonly save: (table: Table, replaces?: Table) => Promise<void>;
  readonly forget: (table: Table) => Promise<void>;
};

export type Lake = {
  readonly clock: Clock;
  readonly catalogs: () => readonly { readonly catalog: string; readonly schemas: readonly string[] }[];
  readonly tables: () => readonly Table[];
  /** Throws TABLE_OR_VIEW_NOT_FOUND. */
  readonly table: (parts: readonly string[]) => Table;
  readonly find: (parts: readonly string[]) => Table | undefined;
  /** Where the events of a pipeline lie; refused to anybody but its owner. */
  readonly eventLog: (pipeline: string) => Table;
  readonly connect: () => Promise<DuckDBConnection>;
  /** Writers wait for each other here, so blind inserts never conflict; all or nothing. */
  readonly write: <T>(work: (write: Write) => Promise<T>) => Promise<T>;
  readonly createCatalog: (name: string) => Promise<void>;
  readonly createSchema: (catalog: string, schema: string, ifNotExists: boolean) => Promise<void>;
  readonly setFaults: (faults: readonly TableFault[]) => void;
  readonly faults: () => readonly TableFault[];
  /** Counts up with every change of the catalogue, for caches. */
  readonly generation: () => number;
  readonly newTable: (spec: NewTable) => Table;
  /** A view of information_schema as far as the user may see it (rights.ts). */
  readonly narrow: (sql: string, columns: readonly string[]) => string;
  readonly close: () => Promise<void>;
};

export type NewTable = {
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly NewColumn[];
  readonly owner: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly clusterBy?: readonly string[];
  readonly comment?: string | null;
  readonly createdAt?: number;
};

const bookkeeping = [
  'CREATE SCHEMA IF NOT EXISTS bw',
  'CREATE SCHEMA IF NOT EXISTS d',
  'CREATE TABLE IF NOT EXISTS bw.catalogs(catalog VARCHAR, schema VARCHAR)',
  'CREATE TABLE IF NOT EXISTS bw.tables(key INTEGER PRIMARY KEY, document VARCHAR)',
  `CREATE TABLE IF NOT EXISTS bw.history(key INTEGER, version BIGINT, made_at TIMESTAMP, user_name VARCHAR, operation VARCHAR,
     parameters MAP(VARCHAR, VARCHAR), metrics MAP(VARCHAR, VARCHAR), blind BOOLEAN, PRIMARY KEY (key, version))`,
  'CREATE TABLE IF NOT EXISTS bw.grants(principal VARCHAR, privilege VARCHAR, kind VARCHAR, object VARCHAR)',
  // What is said about a table or a column beside its rows: kind table-tag, column-tag, filter, mask or view; a and b by kind.
  'CREATE TABLE IF NOT EXISTS bw.governance(kind VARCHAR, catalog VARCHAR, schema VARCHAR, name VARCHAR, col VARCHAR, a VARCHAR, b VARCHAR)',
  'CREATE TABLE IF NOT EXISTS bw.documents(kind VARCHAR, id VARCHAR, made_at BIGINT, body VARCHAR)',
  // Rows of system tables whose lateness is not over yet (world/late.ts).
  'CREATE TABLE IF NOT EXISTS bw.late(name VARCHAR, due BIGINT, body VARCHAR)',
  'CREATE SEQUENCE IF NOT EXISTS bw.row_ids',
];

export const mapLiteral = (map: Readonly<Record<string, string>>): string => {
  const entries = Object.entries(map);
  return `CAST(MAP([${entries.map(([k]) => quoteText(k)).join(',')}], [${entries.map(([, v]) => quoteText(v)).join(',')}]) AS MAP(VARCHAR, VARCHAR))`;
};

/** DDL of the storage behind a table. NOT NULL is checked on write: columns come and go over the versions. */
export const storageDdl = (table: Table): string => {
  const columns = new Map(table.schemas.flatMap((s) => s.columns).map((c) => [c.physical, c]));
  const ddl = [...columns.values()].map((c) => `${c.physical} ${duckType(c.type)}, `).join('');
  return `CREATE TABLE ${storage(table)}(${ddl}__row_id BIGINT, __rcv BIGINT, __added BIGINT, __removed BIGINT)`;
};

/** Open the lake in a file (or ':memory:'). One process at a time: DuckDB locks the file. */
export const openLake = async (file: string, clock: Clock): Promise<Lake> => {
  const instance = await DuckDBInstance.create(file, {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    enable_external_access: 'false',
    // Hundreds of small tables: with the usual blocks of 256 KiB the file would be ten times as large.
    default_block_size: '16384',
    threads: '2',
    memory_limit: '1GB',
  });
  const writer = await instance.connect();
  await writer.run("SET GLOBAL TimeZone = 'UTC'");
  for (const sql of bookkeeping) await writer.run(sql);
  for (const macro of macros) await writer.run(`CREATE OR REPLACE MACRO ${macro}`);

  const tables = new Map<string, Table>();
  const catalogs = new Map<string, Set<string>>();
  let generation = 0;
  let faults: readonly TableFault[] = [];
  let keys = 0;
  const read = async (sql: string): Promise<DuckDBValue[][]> => (await writer.runAndReadAll(sql)).getRows();
  for (const [document] of await read('SELECT document FROM bw.tables')) {
    const table = decodeTable(String(document));
    tables.set(tableKey([table.catalog, table.schema, table.name]), table);
  }
  // Keys are never reused: the history of a dropped table must not be read as that of its successor.
  keys = Number(
    (
      await read(
        'SELECT greatest(coalesce((SELECT max(key) FROM bw.tables), 0), coalesce((SELECT max(key) FROM bw.history), 0))',
      )
    )[0]?.[0] ?? 0,
  );
  for (const [catalog, schema] of await read('SELECT catalog, schema FROM bw.catalogs')) {
    const known = catalogs.get(String(catalog)) ?? new Set<string>();
    if (schema !== null) known.add(String(schema));
    catalogs.set(String(catalog), known);
  }

  let queue: Promise<unknown> = Promise.resolve();
  const find = (parts: readonly string[]): Table | undefined => tables.get(tableKey(parts));

  const write = <T>(work: (write: Write) => Promise<T>): Promise<T> => {
    const run = async (): Promise<T> => {
      const after: (() => void)[] = [];
      await writer.run('BEGIN');
      try {
        const rows = async (sql: string, values?: Record<string, DuckDBValue>): Promise<DuckDBValue[][]> =>
          (await writer.runAndReadAll(sql, values)).getRows();
        const save = async (table: Table, replaces?: Table): Promise<void> => {
          await writer.run('INSERT OR REPLACE INTO bw.tables VALUES ($key, $document)', {
            key: table.key,
            document: encodeTable(table),
          });
          after.push(() => {
            if (replaces !== undefined) tables.delete(tableKey([replaces.catalog, replaces.schema, replaces.name]));
            tables.set(tableKey([table.catalog, table.schema, table.name]), table);
          });
        };
        const result = await work({
          connection: writer,
          rows,
          run: async (sql, values) => (await writer.run(sql, values)).rowsChanged,
          save,
          commit: async (table, c) => {
            // A wall clock may step back; versions of a table may not.
            const at = Math.max(c.at ?? clock.now(), table.versionAt + 1);
            await writer.run(
              `INSERT INTO bw.history VALUES ($key, $version, make_timestamp(${Math.round(at * 1000)}::BIGINT), $user, $operation,
                 ${mapLiteral(c.parameters ?? {})}, ${mapLiteral(c.metrics ?? {})}, $blind)`,
              {
                key: table.key,
                version: BigInt(table.version),
                user: c.user,
                operation: c.operation,
                blind: c.isBlindAppend ?? false,
              },
            );
            const next = { ...table, versionAt: at };
            await save(next);
            return next;
          },
          forget: async (table) => {
            await writer.run(`DROP TABLE ${storage(table)}`);
            await writer.run('DELETE FROM bw.tables WHERE key = $key', { key: table.key });
            after.push(() => tables.delete(tableKey([table.catalog, table.schema, table.name])));
          },
        });
        await writer.run('COMMIT');
        for (const apply of after) apply();
        generation++;
        return result;
      } catch (thrown) {
        await writer.run('ROLLBACK').catch(() => undefined);
        throw toEngineError(thrown);
      }
    };
    const next = queue.then(run, run);
    queue = next.catch(() => undefined);
    return next;
  };

  const tableOf = (parts: readonly string[]): Table => {
    const table = find(parts);
    if (table === undefined) throw tableNotFound(parts.map((p) => `\`${p}\``).join('.'));
    return table;
  };

  return {
    clock,
    catalogs: () => [...catalogs].map(([catalog, schemas]) => ({ catalog, schemas: [...schemas] })),
    tables: () => [...tables.values()],
    find,
    table: tableOf,
    eventLog: () => tableOf(['system', 'lakeflow_pipeline_events_preview', 'pipeline_events']),
    connect: () => instance.connect(),
    write,
    createCatalog: (name) =>
      write(async (w) => {
        if (catalogs.has(name)) return;
        await w.run('INSERT INTO bw.catalogs VALUES ($c, NULL)', { c: name });
        catalogs.set(name, new Set());
      }),
    createSchema: (catalog, schema, ifNotExists) =>
      write(async (w) => {
        const known = catalogs.get(catalog);
        if (known === undefined)
          throw new EngineError('NO_SUCH_CATALOG_EXCEPTION', '42704', `Catalog '${catalog}' was not found.`);
        if (known.has(schema)) {
          if (ifNotExists) return;
          throw new EngineError(
            'SCHEMA_ALREADY_EXISTS',
            '42P06',
            `Cannot create schema \`${catalog}\`.\`${schema}\` because it already exists.`,
          );
        }
        await w.run('INSERT INTO bw.catalogs VALUES ($c, $s)', { c: catalog, s: schema });
        known.add(schema);
      }),
    setFaults: (next) => {
      faults = next;
      generation++;
    },
    faults: () => faults,
    generation: () => generation,
    narrow: (sql) => sql,
    newTable: (spec) => {
      const columns: readonly Column[] = placeColumns(spec.columns, 0);
      assert(catalogs.get(spec.catalog)?.has(spec.schema) === true, `schema of ${fullName(spec)} is checked before`);
      const at = spec.createdAt ?? clock.now();
      return {
        key: ++keys,
        id: randomUUID(),
        catalog: spec.catalog,
        schema: spec.schema,
        name: spec.name,
        owner: spec.owner,
        comment: spec.comment ?? null,
        createdAt: at,
        alteredAt: at,
        properties: spec.properties ?? {},
        clusterBy: spec.clusterBy ?? [],
        version: 0,
        versionAt: at - 1,
        schemas: [{ from: 0, columns }],
        nextColumn: columns.length,
      };
    },
    close: async () => {
      await queue;
      writer.closeSync();
      instance.closeSync();
    },
  };
};
