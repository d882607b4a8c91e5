import { createDuckEngine } from '../../main/practice/duck/engine.ts';
import { openLake, type Lake } from '../../main/practice/duck/lake.ts';
import type { NewColumn } from '../../main/practice/duck/table.ts';
import { driftColumns, profileColumns, systemTables } from '../../main/practice/world/system-tables.ts';
import { practiceConnection, practiceWorkspace } from '../support/lakehouse.ts';
import type { Practice } from '../support/practice.ts';
import { isJsonObject } from '../../shared/base/json.ts';
import { chosenRows, ofEvents, type SystemRow } from './chosen-rows.ts';
import { govern, tagPersonal } from './governance.ts';
import { slowJob, whatHappened, type Happened } from './happenings.ts';
import type { Naming } from './hostile.ts';
import { quoted } from './own-tables.ts';
import { startFrontEnd } from './spark/front-end.ts';
import { ask, makeStage, prepare, rowsOf, type Parameters, type Stage } from './stage.ts';

/** A table of a workspace that an engine does not have by itself: documented columns, and rows as JSON for from_json. */
type LookAlike = {
  readonly catalog: string;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly NewColumn[];
  readonly rows: string;
};

/** Rows of a table that are taken over: enough for each kind of fact, few enough for a view. */
const mostRows = 60;
/** Rows from which they are chosen. */
const mostAsked = 600;
/** Rows that a room of the suite surely reads: its window, less what is late. */
const recentMs = 13 * 86_400_000;
/** Types that are given as JSON text: a number of JSON is a double to some engines, and a decimal would be rounded on its way. */
const scalars: ReadonlySet<string> = new Set(['string', 'timestamp', 'date', 'binary', 'decimal', 'unknown']);

const cell = (type: string | undefined, value: string | null): string => {
  if (value === null) return 'null';
  return scalars.has(type ?? 'string') ? JSON.stringify(value) : value;
};

/** Rows of a query as JSON text, in its order. `raw`: columns whose text is JSON, and stays so. */
const rowsAsJson = async (
  stage: Stage,
  query: string,
  parameters?: Parameters,
  raw: readonly string[] = [],
): Promise<readonly string[]> => {
  const page = await ask(stage.workspace, query, parameters);
  if (!page.ok) throw new Error(`${query.slice(0, 200)}: ${page.error.what}`);
  const { columns, types, rows } = page.value;
  return rows.map(
    (row) =>
      `{${columns.map((column, i) => `${JSON.stringify(column)}:${cell(raw.includes(column) ? 'json' : types?.[i], row[column] ?? null)}`).join(',')}}`,
  );
};

/** Rows of the system table `name` that a query over it answers; `where` is text of SQL after FROM. */
const systemRows = async (
  world: Stage,
  name: string,
  where: string,
  parameters: Parameters,
): Promise<readonly SystemRow[]> => {
  const columns = systemTables[name] ?? [];
  const order = columns.find((one) => one.type === 'timestamp')?.name ?? '1';
  const raw = columns.flatMap((one) => (one.type === 'variant' ? [one.name] : []));
  const query = `SELECT * FROM system.${name} AS t ${where.replace('ORDER', `ORDER BY ${order} DESC`)}`;
  const horizon = new Date(world.deps.clock.now() - recentMs).toISOString().replace('T', ' ');
  return (await rowsAsJson(world, query, parameters, raw)).flatMap((text) => {
    const row: unknown = JSON.parse(text);
    return isJsonObject(row) ? [{ text, row, recent: String(row[order]) > horizon }] : [];
  });
};

/** Rows of a system table that speak of `word`, and the newest of all, newest first. */
const candidates = async (world: Stage, name: string, word: string): Promise<readonly SystemRow[]> => {
  const speaking = await systemRows(world, name, `WHERE contains(to_json(t), :word) ORDER LIMIT ${mostAsked}`, {
    word,
  });
  const newest = await systemRows(world, name, `ORDER LIMIT ${mostAsked / 3}`, {});
  return [...new Map([...speaking, ...newest].map((one) => [one.text, one])).values()];
};

/** Rows of a system table that name one of these runs, updates or statements. */
const rowsNaming = async (world: Stage, name: string, ids: readonly string[]): Promise<readonly SystemRow[]> => {
  const columns = (systemTables[name] ?? []).filter((one) => one.type === 'string' && ofEvents.test(one.name));
  if (columns.length === 0) return [];
  const either = columns.map((one) => `array_contains(from_json(:ids, 'array<string>'), ${one.name})`).join(' OR ');
  return systemRows(world, name, `WHERE ${either} ORDER LIMIT ${mostAsked / 3}`, { ids: JSON.stringify(ids) });
};

/** What is usual of a task shows in many of its runs only: the newest of a job whose tasks became slow. */
const slowRows = (world: Stage, area: string): Promise<readonly SystemRow[]> =>
  systemRows(
    world,
    'lakeflow.job_task_run_timeline',
    `WHERE job_id IN (SELECT job_id FROM system.lakeflow.jobs WHERE description = :job) ORDER LIMIT ${mostRows}`,
    { job: `${area}: ${slowJob}` },
  );

const listOf = (rows: readonly string[]): string => `[${rows.join(',')}]`;

const structOf = (columns: readonly NewColumn[]): string =>
  `array<struct<${columns.map((one) => `${one.name}:${one.type}`).join(',')}>>`;

/** The newest rows of a table with results of a data profile, whichever comes first by name. */
const profileRows = async (world: Stage, results: string): Promise<readonly string[]> => {
  const [row] = await rowsOf(
    world,
    `SELECT table_catalog, table_schema, table_name FROM system.information_schema.tables WHERE table_name LIKE '%_${results}_metrics' ORDER BY table_name LIMIT 1`,
  );
  const name = ['table_catalog', 'table_schema', 'table_name'].map((one) => row?.[one] ?? '').join('.');
  return rowsAsJson(world, `SELECT * FROM ${name} ORDER BY \`window\`.start DESC LIMIT ${mostRows}`);
};

/**
 * Documented system tables with rows of the practice world, chosen around the area in which everything happened, and the results of
 * a data profile. The table into which data flows there is called as the one that the suite is about: so a room reads of it.
 */
const systemLookAlikes = async (
  world: Stage,
  { area, flowsInto }: Happened,
  own: string,
  naming: Naming,
): Promise<readonly LookAlike[]> => {
  const asked = new Map<string, readonly SystemRow[]>();
  for (const name of Object.keys(systemTables)) asked.set(name, await candidates(world, name, area));
  const chosen = await chosenRows(asked, area, mostRows, (name, ids) => rowsNaming(world, name, ids));
  const slow = await slowRows(world, area);
  const besides = (name: string): readonly SystemRow[] => (name === 'lakeflow.job_task_run_timeline' ? slow : []);
  const named = (rows: readonly string[]): string =>
    naming.rows(listOf(rows).replaceAll(`"${flowsInto}"`, `"${own}"`), chosen.first);
  const found = [...chosen.tables].map(([name, rows]): LookAlike => {
    const [schema = '', table = ''] = name.split('.');
    return {
      catalog: 'system',
      schema,
      table,
      columns: systemTables[name] ?? [],
      rows: named([...new Set([...rows, ...besides(name)].map(({ text }) => text))]),
    };
  });
  const [catalog = '', schema = '', name = ''] = own.split('.');
  const profile = { catalog, schema };
  return [
    ...found,
    {
      ...profile,
      table: `${name}_drift_metrics`,
      columns: driftColumns,
      rows: named(await profileRows(world, 'drift')),
    },
    {
      ...profile,
      table: `${name}_profile_metrics`,
      columns: profileColumns,
      rows: named(await profileRows(world, 'profile')),
    },
  ];
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
    const rows = listOf(await rowsAsJson(small, `SELECT * FROM system.information_schema.${table}`));
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

/** A practice lakehouse without a world, behind the same front end. */
const smallLakehouse = async (practice: Practice): Promise<{ readonly small: Stage; readonly lake: Lake }> => {
  const { clock } = practice.server.lake;
  const lake = await openLake(':memory:', clock);
  for (const catalog of ['main', 'system']) await lake.createCatalog(catalog);
  await lake.createSchema('main', 'default', true);
  const front = await startFrontEnd(createDuckEngine(lake, { catalog: 'main', schema: 'default' }), practice);
  const small = makeStage({
    engine: 'practice',
    about: 'a practice lakehouse with the same few rows',
    clock,
    catalog: 'main',
    schema: 'conformance',
    connection: practiceConnection(practice, { port: front.port, httpPath: front.httpPath, caFile: front.caFile }),
    practice,
    refuse: front.refuse,
    end: front.close,
  });
  return { small, lake };
};

/**
 * A practice lakehouse with look-alikes of the system tables, named so; `tables` makes what it is about. Close it.
 */
export const smallWith = async (
  practice: Practice,
  naming: Naming,
  schema: string,
  tables: (small: Stage) => Promise<unknown>,
): Promise<{ readonly small: Stage; readonly system: readonly LookAlike[]; readonly happened: Happened }> => {
  const workspace = practiceWorkspace(practice);
  const { small, lake } = await smallLakehouse(practice);
  try {
    const world = { ...small, workspace };
    const happened = await whatHappened(world, practice);
    const own = `main.${schema}.with_past`;
    const system = await systemLookAlikes(world, happened, own, naming);
    await createTables(small, system);
    await tables(small);
    await govern(lake, own, naming);
    await tagPersonal(lake, happened.flowsFrom, naming);
    return { small, system, happened };
  } catch (thrown) {
    await small.close();
    throw thrown;
  } finally {
    await workspace.close();
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
): Promise<{ readonly small: Stage; readonly happened: Happened }> => {
  const { small, system, happened } = await smallWith(practice, naming, stage.schema, tables);
  try {
    await tables(stage);
    await createViews(stage, [...system, ...(await informationSchema(small))]);
    return { small, happened };
  } catch (thrown) {
    await small.close();
    throw thrown;
  }
};
