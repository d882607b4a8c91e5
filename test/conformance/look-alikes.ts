import { createDuckEngine } from '../../main/practice/duck/engine.ts';
import { openLake } from '../../main/practice/duck/lake.ts';
import type { NewColumn } from '../../main/practice/duck/table.ts';
import { driftColumns, profileColumns, systemTables } from '../../main/practice/world/system-tables.ts';
import { databricksDeps, practiceConnection, practiceWorkspace } from '../support/lakehouse.ts';
import type { Practice } from '../support/practice.ts';
import { startFrontEnd } from './spark/front-end.ts';
import { ask, makeStage, prepare, rowsOf, type Stage } from './stage.ts';

/** A table of a workspace that an engine does not have by itself: documented columns, and rows as JSON for from_json. */
type LookAlike = {
  readonly catalog: string;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly NewColumn[];
  readonly rows: string;
};

/** Newest rows that are taken over: enough for each kind of fact, few enough for a view. */
const mostRows = 120;
/** Types that are given as JSON text: a number of JSON is a double to some engines, and a decimal would be rounded on its way. */
const scalars: ReadonlySet<string> = new Set(['string', 'timestamp', 'date', 'binary', 'decimal', 'unknown']);

const cell = (type: string | undefined, value: string | null): string => {
  if (value === null) return 'null';
  return scalars.has(type ?? 'string') ? JSON.stringify(value) : value;
};

/** Without an order: all rows. */
const rowsAsJson = async (practice: Stage, name: string, order: string | undefined): Promise<string> => {
  const text = `SELECT * FROM ${name}${order === undefined ? '' : ` ORDER BY ${order} DESC LIMIT ${mostRows}`}`;
  const page = await ask(practice.workspace, text);
  if (!page.ok) throw new Error(`${name}: ${page.error.what}`);
  const { columns, types, rows } = page.value;
  const objects = rows.map(
    (row) =>
      `{${columns.map((column, i) => `${JSON.stringify(column)}:${cell(types?.[i], row[column] ?? null)}`).join(',')}}`,
  );
  return `[${objects.join(',')}]`;
};

const structOf = (columns: readonly NewColumn[]): string =>
  `array<struct<${columns.map((one) => `${one.name}:${one.type}`).join(',')}>>`;

/** How things of the look-alikes are called: as in the world, or as somebody who means harm would. */
export type Naming = {
  /** Rows as JSON, with their names and ids changed. */
  readonly rows: (json: string) => string;
  /** One name of a table or column. */
  readonly name: (plain: string) => string;
};

/** Documented system tables with rows of the practice world, and the results of a data profile. */
const systemLookAlikes = async (practice: Stage, schema: string, naming: Naming): Promise<readonly LookAlike[]> => {
  const found: LookAlike[] = [];
  for (const [name, columns] of Object.entries(systemTables)) {
    const [ofSystem = '', table = ''] = name.split('.');
    const order = columns.find((one) => one.type === 'timestamp')?.name ?? '1';
    found.push({
      catalog: 'system',
      schema: ofSystem,
      table,
      columns,
      rows: naming.rows(await rowsAsJson(practice, `system.${name}`, order)),
    });
  }
  for (const [results, columns] of [
    ['drift', driftColumns],
    ['profile', profileColumns],
  ] as const) {
    const [row] = await rowsOf(
      practice,
      `SELECT table_catalog, table_schema, table_name FROM system.information_schema.tables WHERE table_name LIKE '%_${results}_metrics' ORDER BY table_name LIMIT 1`,
    );
    const name = ['table_catalog', 'table_schema', 'table_name'].map((one) => row?.[one] ?? '').join('.');
    // Under the name that makes them the profile of the table that the suite is about: so a room reads them, too.
    found.push({
      catalog: 'main',
      schema,
      table: `with_past_${results}_metrics`,
      columns,
      rows: naming.rows(await rowsAsJson(practice, name, '`window`.start')),
    });
  }
  return found;
};

/** information_schema as the small lakehouse tells it of its own tables. */
const informationSchema = async (small: Stage): Promise<readonly LookAlike[]> => {
  const listed = await rowsOf(
    small,
    "SELECT table_name, column_name, full_data_type FROM system.information_schema.columns WHERE table_schema = 'information_schema' ORDER BY table_name, ordinal_position",
  );
  const names = [...new Set(listed.map((row) => row['table_name'] ?? ''))];
  const found: LookAlike[] = [];
  for (const table of names) {
    const columns = listed
      .filter((row) => row['table_name'] === table)
      .map((row) => ({ name: row['column_name'] ?? '', type: row['full_data_type'] ?? 'string', nullable: true }));
    const rows = await rowsAsJson(small, `system.information_schema.${table}`, undefined);
    found.push({ catalog: 'system', schema: 'information_schema', table, columns, rows });
  }
  return found;
};

const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** On Spark a look-alike is a view over its rows: no files, and it cannot be written to, as the real ones. */
const createViews = async (stage: Stage, all: readonly LookAlike[]): Promise<void> => {
  for (const schema of new Set(all.map((one) => one.schema)))
    await prepare(stage, `CREATE SCHEMA IF NOT EXISTS spark_catalog.${schema}`);
  for (const one of all)
    await prepare(
      stage,
      `CREATE VIEW spark_catalog.${one.schema}.${one.table} AS SELECT s.* FROM (SELECT explode(from_json(${literal(one.rows)}, ${literal(structOf(one.columns))})) AS s)`,
    );
};

/**
 * Decimals are read as text, which storing makes numbers: practice reads a number of JSON as a double first, so that 0.55 would lie
 * there as 0.550000000000000064. Breakwater itself sends lists of text only.
 */
const exactly = (shape: string): string => shape.replaceAll(/decimal\(\d+, ?\d+\)/gi, 'string');

const createTables = async (stage: Stage, all: readonly LookAlike[]): Promise<void> => {
  for (const one of all) {
    const name = `${one.catalog}.${one.schema}.${quoted(one.table)}`;
    await prepare(
      stage,
      `CREATE SCHEMA IF NOT EXISTS ${one.catalog}.${one.schema}`,
      `CREATE TABLE ${name} (${one.columns.map((column) => `\`${column.name}\` ${column.type}`).join(', ')}) USING DELTA`,
    );
    if (one.rows !== '[]')
      await rowsOf(
        stage,
        `INSERT INTO ${name} SELECT s.* FROM (SELECT explode(from_json(:rows, ${literal(exactly(structOf(one.columns)))})) AS s)`,
        { rows: one.rows },
      );
  }
};

/** What the monitor of the request log says of it (REST, `inference_log`). */
export const requestMonitor = ({ name }: Naming) => ({
  inference_log: { timestamp_col: name('asked'), prediction_col: name('predicted'), label_col: name('label') },
  slicing_exprs: [quoted(name('region'))],
});
const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

/** Odd names of columns need it. */
const mapped = "TBLPROPERTIES ('delta.columnMapping.mode' = 'name')";
export const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
/** As SQL names it, beside how it is called. */
type Made = { readonly full: string; readonly sql: string };
const placed = (stage: Stage, table: string): Made => ({
  full: `${stage.catalog}.${stage.schema}.${table}`,
  sql: `${stage.catalog}.${stage.schema}.${quoted(table)}`,
});

/** A log of requests to a model, with a label that has not come for each. */
export const requestLog = async (stage: Stage, { name }: Naming, table = 'request_log'): Promise<string> => {
  const { full, sql } = placed(stage, table);
  const rows = Array.from(
    { length: 6 },
    (_, i) => `(CAST('${yesterday} 10:0${i}:00' AS TIMESTAMP), ${i}.5, ${i < 4 ? `${i}.0` : 'NULL'}, 'north')`,
  );
  const [asked, predicted, label, region] = ['asked', 'predicted', 'label', 'region'].map((one) => quoted(name(one)));
  await prepare(
    stage,
    `CREATE TABLE ${sql} (${asked} TIMESTAMP, ${predicted} DOUBLE, ${label} DOUBLE, ${region} STRING) USING DELTA ${mapped}`,
    `INSERT INTO ${sql} VALUES ${rows.join(', ')}`,
  );
  return full;
};

/** A table with a past, made by the same statements on every engine. */
export const tableWithPast = async (stage: Stage, { name }: Naming, table = 'with_past'): Promise<string> => {
  const { full, sql } = placed(stage, table);
  const [price, net, region] = ['price', 'net_price', 'region'].map((one) => quoted(name(one)));
  await prepare(
    stage,
    `CREATE SCHEMA IF NOT EXISTS ${stage.catalog}.${stage.schema}`,
    `CREATE TABLE ${sql} (id BIGINT, ${price} DOUBLE) USING DELTA ${mapped}`,
    `INSERT INTO ${sql} VALUES (1, 1.5)`,
    `ALTER TABLE ${sql} ADD COLUMNS (${region} STRING)`,
    `ALTER TABLE ${sql} RENAME COLUMN ${price} TO ${net}`,
    `INSERT INTO ${sql} VALUES (2, 2.5, 'north')`,
  );
  return full;
};

/** A practice lakehouse without a world, behind the same front end. */
const smallLakehouse = async (practice: Practice): Promise<Stage> => {
  const { clock } = databricksDeps();
  const lake = await openLake(':memory:', clock);
  for (const catalog of ['main', 'system']) await lake.createCatalog(catalog);
  await lake.createSchema('main', 'default', true);
  const front = await startFrontEnd(createDuckEngine(lake, { catalog: 'main', schema: 'default' }), practice);
  return makeStage({
    engine: 'practice',
    about: 'a practice lakehouse with the same few rows',
    catalog: 'main',
    schema: 'conformance',
    connection: practiceConnection(practice, { port: front.port, httpPath: front.httpPath, caFile: front.caFile }),
    practice,
    end: front.close,
  });
};

/**
 * A practice lakehouse with look-alikes of the system tables, named so; `tables` makes what it is about. Close it.
 */
export const smallWith = async (
  practice: Practice,
  naming: Naming,
  schema: string,
  tables: (small: Stage) => Promise<unknown>,
): Promise<{ readonly small: Stage; readonly system: readonly LookAlike[] }> => {
  const world = practiceWorkspace(practice);
  const small = await smallLakehouse(practice);
  try {
    const system = await systemLookAlikes({ ...small, workspace: world }, schema, naming);
    await createTables(small, system);
    await tables(small);
    return { small, system };
  } catch (thrown) {
    await small.close();
    throw thrown;
  } finally {
    await world.close();
  }
};

/**
 * Gives an engine that has no system tables look-alikes of them, and returns a practice lakehouse with the same rows to compare
 * with. Close it.
 */
export const withLookAlikes = async (
  stage: Stage,
  practice: Practice,
  naming: Naming,
  tables: (of: Stage) => Promise<unknown>,
): Promise<Stage> => {
  const { small, system } = await smallWith(practice, naming, stage.schema, tables);
  try {
    await tables(stage);
    await createViews(stage, [...system, ...(await informationSchema(small))]);
    return small;
  } catch (thrown) {
    await small.close();
    throw thrown;
  }
};
