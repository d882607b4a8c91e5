import type { JsonValue } from '../../../../shared/base/json.ts';
import type { Lake, Write } from '../../duck/lake.ts';
import { duckType, quoteText } from '../../duck/sql-types.ts';
import { columnsAt, storage, type Table } from '../../duck/table.ts';
import { stamp } from '../bulk.ts';
import type { Plan } from '../plan.ts';
import { resting } from './calendar.ts';
import type { Estate } from './plan.ts';

/** A stretch of time, (from, to], epoch ms. */
export type Span = { readonly from: number; readonly to: number };
/** What a generator knows; `w` is its span as SQL: what happened at `x` belongs to it when `within(x)`. */
export type Telling = {
  readonly plan: Plan;
  readonly estate: Estate;
  readonly within: (moment: string) => string;
  /** Now, as SQL, and the first day that is told. */
  readonly now: string;
  readonly ids: string;
};
/** One system table that goes on with time. `lateMinutes`: how long after the event its row arrives (facts 1.0). */
export type Source = { readonly table: string; readonly lateMinutes: number; readonly sql: (t: Telling) => string };

export const day = 86_400_000;
/** Days that are told one by one. */
export const told = 60;
export const moment = (ms: number): string => `TIMESTAMP '${stamp(ms)}'`;

/**
 * Helpers in SQL. `bw.dice(text)`: chance in [0, 1) by a text, the same for ever. `bw.busy(day)`: how much a day of trade has of a
 * usual one: Saturdays and month ends are full, Sundays and holidays are quiet where they are kept, Advent is the year's peak.
 */
const macros = (years: readonly number[]): readonly string[] => [
  `bw.dice(t) AS (hash(t) % 1000003) / 1000003.0`,
  `bw.hexid(t) AS md5(t)`,
  `bw.uuid(t) AS CAST(CAST(md5(t) AS UUID) AS VARCHAR)`,
  `bw.rests(d) AS coalesce(map_extract(MAP {${years.flatMap((year) => [...resting(year)].map(([on, share]) => `'${on}': ${share}`)).join(', ')}}, strftime(d, '%Y-%m-%d'))[1], 0)`,
  `bw.busy(d) AS (0.15 * bw.rests(d) + (1 - bw.rests(d)) * (CASE WHEN isodow(d) = 7 THEN 0.45 WHEN isodow(d) = 6 THEN 1.45 ELSE 1.0 END)) * (CASE WHEN d >= date_trunc('month', d + INTERVAL 1 MONTH) - INTERVAL 2 DAY THEN 1.3 ELSE 1 END)
     * (CASE WHEN month(d) = 12 AND day(d) < 25 THEN 1.5 ELSE 1 END)`,
];

/** What the generators join with, kept in the file so that the world can go on after a restart. */
const lists = (estate: Estate): readonly (readonly [name: string, rows: readonly unknown[], shape: string])[] => [
  ['tables', estate.tables, '"full":"VARCHAR","area":"VARCHAR","layer":"VARCHAR","sources":["VARCHAR"],"job":"VARCHAR","pipeline":"VARCHAR","owner":"VARCHAR","personal":"BOOLEAN","volume":"BIGINT"'],
  ['jobs', estate.jobs, '"id":"VARCHAR","name":"VARCHAR","area":"VARCHAR","kind":"VARCHAR","owner":"VARCHAR","tasks":["VARCHAR"],"minute":"INTEGER","length":"INTEGER","weekdays":"BOOLEAN","cluster":"VARCHAR"'],
  ['pipelines', estate.pipelines, '"id":"VARCHAR","name":"VARCHAR","area":"VARCHAR","owner":"VARCHAR","minute":"INTEGER","length":"INTEGER"'],
  ['models', estate.models, '"full":"VARCHAR","area":"VARCHAR","owner":"VARCHAR","experiment":"VARCHAR","versions":[{"version":"INTEGER","run":"VARCHAR","daysAgo":"INTEGER"}],"features":"VARCHAR","endpoint":{"name":"VARCHAR","id":"VARCHAR","version":"INTEGER","entity":"VARCHAR"},"inference":"VARCHAR"'],
  ['clusters', estate.clusters, '"id":"VARCHAR","name":"VARCHAR","area":"VARCHAR","owner":"VARCHAR"'],
  ['warehouses', estate.warehouses, '"id":"VARCHAR","name":"VARCHAR","owner":"VARCHAR"'],
]; // prettier-ignore

/** The lists as tables `est.<name>`, the macros with the business calendars of the years around `at` (epoch ms), and every run of every job as `est.runs`. */
export const prepare = async (write: Write, estate: Estate, at: number): Promise<void> => {
  await write.run('CREATE SCHEMA IF NOT EXISTS est');
  const year = new Date(at).getUTCFullYear();
  for (const macro of macros([year - 2, year - 1, year, year + 1, year + 2]))
    await write.run(`CREATE OR REPLACE MACRO ${macro}`);
  for (const [name, rows, shape] of lists(estate))
    await write.run(
      `CREATE OR REPLACE TABLE est.${name} AS SELECT unnest(from_json($rows::JSON, '[{${shape}}]'), recursive := false) AS r`,
      { rows: JSON.stringify(rows) },
    );
  for (const [name] of lists(estate))
    await write.run(`CREATE OR REPLACE VIEW est.v_${name} AS SELECT r.* FROM est.${name}`);
  // What a scenario makes dearer: costs of a cluster or a model from its onset on.
  await write.run('CREATE OR REPLACE TABLE est.drifts(name VARCHAR, col VARCHAR, onset TIMESTAMP)');
  await write.run('CREATE OR REPLACE TABLE est.changes(name VARCHAR, ts TIMESTAMP)');
  await write.run('CREATE OR REPLACE TABLE est.costs(id VARCHAR, onset TIMESTAMP, factor DOUBLE)');
  await write.run(
    'CREATE OR REPLACE TABLE est.runs(kind VARCHAR, job VARCHAR, run VARCHAR, started TIMESTAMP, ended TIMESTAMP, state VARCHAR, message VARCHAR, repaired BOOLEAN)',
  );
};

/** Runs of jobs and updates of pipelines that start in the span: each has one a day, and its chance hangs on both. */
export const tellRuns = (write: Write, { plan, within }: Telling, span: Span): Promise<number> =>
  write.run(`INSERT INTO est.runs
    SELECT kind, id, CASE WHEN kind = 'JOB' THEN CAST(100000000000000 + hash(k) % 800000000000000 AS VARCHAR) ELSE bw.uuid(k) END, started,
      started + to_milliseconds(CAST(length * 60000 * (0.75 + 0.4 * bw.dice(k || 'l')) * (0.7 + 0.3 * bw.busy(CAST(d AS DATE))) AS BIGINT)), 'SUCCEEDED', NULL, kind = 'JOB' AND bw.dice(k || 'r') < 0.01
    FROM (SELECT j.*, d, d + to_minutes(j.minute) + to_seconds(CAST(bw.dice(j.id || d || 's') * 240 AS INTEGER)) AS started, '${plan.seed}' || j.id || d AS k
      FROM (SELECT 'JOB' AS kind, id, minute, length, weekdays FROM est.v_jobs UNION ALL SELECT 'PIPELINE', id, minute, length, FALSE FROM est.v_pipelines) j,
        range(date_trunc('day', ${moment(span.from)}), ${moment(span.to)}, INTERVAL 1 DAY) AS days(d) WHERE NOT (j.weekdays AND isodow(d) > 5))
    WHERE ${within('started')}`);

/** Fill the rows of a query, matched by name, into the storage of a system table at its present version. Returns how many. */
export const fill = async (write: Write, table: Table, query: string): Promise<number> => {
  const names = (await write.connection.runAndReadAll(`SELECT * FROM (${query}) LIMIT 0`)).columnNames();
  const columns = columnsAt(table);
  const picked = names.map((name) => {
    const found = columns.find((c) => c.name === name);
    if (found === undefined) throw new Error(`${table.name} has no column ${name}`);
    return found;
  });
  return write.run(
    `INSERT INTO ${storage(table)}(${picked.map((c) => c.physical).join(', ')}, __row_id, __rcv, __added)
     SELECT ${picked.map((c) => `CAST(${JSON.stringify(c.name)} AS ${duckType(c.type)})`).join(', ')}, nextval('bw.row_ids'), ${table.version}, ${table.version} FROM (${query}) q`,
  );
};

/** Rows of a list of values, as one SQL literal: `rows(['a', 'b'], [[1, 'x']])`. */
export const rows = (names: readonly string[], values: readonly (readonly JsonValue[])[]): string =>
  `(VALUES ${values.map((v) => `(${v.map((x) => (x === null ? 'NULL' : typeof x === 'string' ? quoteText(x) : JSON.stringify(x))).join(', ')})`).join(', ')}) AS v(${names.join(', ')})`;

/** The span and the names that every generator needs. */
export const telling = (lake: Pick<Lake, 'clock'>, plan: Plan, estate: Estate, span: Span): Telling => ({
  plan,
  estate,
  within: (at) => `(${at}) > ${moment(span.from)} AND (${at}) <= ${moment(span.to)}`,
  now: moment(lake.clock.now()),
  ids: `'${plan.accountId}' AS account_id, '${plan.workspaceId}' AS workspace_id`,
});
