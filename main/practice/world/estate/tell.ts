import type { Lake, Write } from '../../duck/lake.ts';
import { mapLiteral, storageDdl } from '../../duck/lake.ts';
import { quoteText, duckType } from '../../duck/sql-types.ts';
import { columnsAt, storage, type Table } from '../../duck/table.ts';
import { columnsOf } from '../domains.ts';
import type { Plan } from '../plan.ts';
import { saveDocuments } from '../documents.ts';
import { modelDocuments } from './models.ts';
import { governanceSetup, governanceSources } from './governance.ts';
import { learningSources } from './learning.ts';
import { moneySources } from './money.ts';
import { bendRuns, leaveTraces, type Incident } from './incident.ts';
import { monitoredAreas, tellMonitors } from './monitors.ts';
import type { Estate, EstateTable } from './plan.ts';
import { day, fill, moment, prepare, telling, tellRuns, told, type Source, type Span } from './sql.ts';
import { workSources } from './work.ts';

const sources: readonly Source[] = [...workSources, ...moneySources, ...learningSources, ...governanceSources];

/** A value of a column of an estate table in SQL, by its name and type; `i` is the row, `d` its day. */
const cell = (name: string, type: string): string => {
  if (type === 'timestamp') return `d - to_minutes(CAST(300 + i AS INTEGER))`;
  if (type === 'date') return name === 'birth_date' ? `DATE '1970-01-01' + CAST(i * 97 AS INTEGER)` : 'CAST(d AS DATE)';
  if (type === 'int' || type === 'bigint') return `1 + i % 9`;
  if (type === 'double') return `round(20 + 60 * bw.dice(${quoteText(name)} || i), 2)`;
  if (name === 'country') return `['DE', 'FR', 'ES', 'PL', 'AE', 'ZA'][1 + i % 6]`;
  if (name === 'email') return `'person' || i || '@mail.example'`;
  if (type.startsWith('array')) return '[]';
  return `${quoteText(name.slice(0, 2).toUpperCase())} || (10000 + i)`;
};
/** Rows that a table of the estate really holds; its history tells the volumes of a platform. */
const kept = 12;

const tellTable = async (write: Write, table: Table, columns: string, told: Span): Promise<void> => {
  const list = columns.split(', ').map((c) => c.split(' '));
  await write.run(storageDdl(table));
  await write.run(
    `INSERT INTO ${storage(table)}(${columnsAt(table).map((c) => c.physical).join(', ')}, __row_id, __rcv, __added)
     SELECT ${columnsAt(table).map((c, n) => `CAST(${cell(c.name, list[n]?.[1] ?? '')} AS ${duckType(c.type)})`).join(', ')}, nextval('bw.row_ids'), v, v
     FROM (SELECT i, ${table.version} - i // 3 AS v, ${moment(told.to)} - to_days(CAST(i // 3 AS INTEGER)) AS d FROM range(${kept}) AS r(i)) WHERE v > 0`,
  ); // prettier-ignore
};

/** Versions of the tables of the estate: one a run of its writer, in the span; an inference table has one every six hours. */
const tellHistory = (write: Write, span: Span): Promise<number> =>
  write.run(`INSERT INTO bw.history
    SELECT k.key, k.version + row_number() OVER (PARTITION BY k.key ORDER BY r.ended) + (SELECT count(*) FROM est.changes c WHERE c.name = t."full" AND c.ts > ${moment(span.from)} AND c.ts <= r.ended), r.ended, t.owner, CASE WHEN t.layer = 'silver' THEN 'MERGE' ELSE 'WRITE' END,
      ${mapLiteral({ mode: 'Append', partitionBy: '[]' })}, MAP {'numFiles': '4', 'numOutputRows': CAST(CAST(t.volume * bw.busy(CAST(r.ended AS DATE)) * (0.95 + 0.1 * bw.dice(r.run)) AS BIGINT) AS VARCHAR)}, t.layer = 'bronze'
    FROM est.v_tables t JOIN est.keys k ON k.name = t."full" JOIN (SELECT job, run, ended, state FROM est.runs
      UNION ALL SELECT "full", "full" || d, d, 'SUCCEEDED' FROM est.v_tables, range(date_trunc('day', ${moment(span.from)}), ${moment(span.to)}, INTERVAL 6 HOUR) AS turns(d) WHERE job IS NULL AND pipeline IS NULL) r ON r.job = coalesce(t.job, t.pipeline, t."full")
    WHERE r.state = 'SUCCEEDED' AND r.ended > ${moment(span.from)} AND r.ended <= ${moment(span.to)}`);

const tablesOf = (lake: Lake, estate: Estate, at: number): readonly { readonly table: Table; readonly spec: EstateTable }[] =>
  estate.tables.map((spec) => {
    const [catalog = '', schema = '', name = ''] = spec.full.split('.');
    const properties = { 'delta.enableChangeDataFeed': 'true', 'delta.columnMapping.mode': 'name' };
    return { spec, table: lake.newTable({ catalog, schema, name, columns: columnsOf(spec.columns), owner: spec.owner, properties, createdAt: at }) };
  }); // prettier-ignore

/** What a scenario left, for the ground truth. */
export type Traces = {
  readonly name: string;
  readonly kind: string;
  readonly title: string;
  readonly area: string;
  readonly onset: number;
  readonly by: string;
  readonly told: readonly string[];
  readonly failedRuns: readonly string[];
};

/**
 * Tell the estate from its beginning up to now, in SQL: rows by the hundred thousand would be slow one by one. System tables must
 * exist. What happened too recently for its lateness has no row yet; it comes when the world goes on.
 */
export const tellEstate = async (lake: Lake, write: Write, plan: Plan, estate: Estate, incidents: readonly Incident[]): Promise<void> => {
  const now = lake.clock.now();
  const span = { from: now - told * day, to: now };
  const t = telling(lake, plan, estate, span);
  await prepare(write, estate, now);
  await tellRuns(write, t, span);
  for (const incident of incidents) await bendRuns(write, { estate, plan, incident }, t, true);
  const made = tablesOf(lake, estate, now - 200 * day);
  await write.run(
    `CREATE OR REPLACE TABLE est.keys AS SELECT * FROM (VALUES ${made.map(({ table, spec }) => `(${table.key}, ${quoteText(spec.full)}, 0::BIGINT)`).join(', ')}) AS v(key, name, version)`,
  );
  await write.run(
    `INSERT INTO bw.history SELECT key, 0, ${moment(now - 200 * day)}, 'System user', 'CREATE TABLE', ${mapLiteral({ isManaged: 'true' })}, ${mapLiteral({})}, FALSE FROM est.keys`,
  );
  await tellHistory(write, span);
  const newest = await versions(write);
  for (const { table, spec } of made) {
    const [version = 0, at = 0] = newest.get(table.key) ?? [];
    const full = { ...table, version, versionAt: at };
    await tellTable(write, full, spec.columns, span);
    await write.save(full);
  }
  await saveDocuments(write, modelDocuments(plan, estate));
  for (const sql of governanceSetup(plan.catalog, plan.schemas)) await write.run(sql);
  for (const source of sources)
    await fill(write, lake.table(['system', ...source.table.split('.')]), source.sql(telling(lake, plan, estate, arrived(source, { from: now - 365 * day, to: now }))));
  await tellMonitors(lake, write, plan, estate, monitoredAreas(estate, incidents), telling(lake, plan, estate, arrived(monitorSource, span)), false);
}; // prettier-ignore

/** What a scenario leaves when all is there; a transaction of its own, since it changes tables that must be known by then. */
export const tellIncident = async (lake: Lake, plan: Plan, estate: Estate, incident: Incident): Promise<Traces> => {
  const now = lake.clock.now();
  return lake.write(async (write) => {
    const left = await leaveTraces(lake, write, { estate, plan, incident }, telling(lake, plan, estate, { from: now - told * day, to: now }));
    const failed = await write.rows(`SELECT run FROM est.runs r JOIN est.v_jobs j ON j.id = r.job WHERE r.state = 'FAILED' AND j.area = ${quoteText(incident.area)} ORDER BY r.started`);
    const { name, kind, title } = incident.scenario;
    return { name, kind, title, area: incident.area, onset: incident.onset, by: incident.by, told: left, failedRuns: failed.map((r) => String(r[0])) };
  });
}; // prettier-ignore

/** A source is behind by its lateness: what arrives in a span happened that much earlier. */
const arrived = ({ lateMinutes }: Pick<Source, 'lateMinutes'>, span: Span): Span => ({ from: span.from - lateMinutes * 60_000, to: span.to - lateMinutes * 60_000 }); // prettier-ignore
const monitorSource = { lateMinutes: 25 };

/** SQL of the rows of a system table that have happened and not arrived: REST tells them at once. */
export const onTheirWay = (lake: Lake, plan: Plan, estate: Estate, table: string): string => {
  const now = lake.clock.now();
  const source = sources.find((one) => one.table === table);
  if (source === undefined) throw new Error(`nothing tells ${table}`);
  return source.sql(telling(lake, plan, estate, { from: now - source.lateMinutes * 60_000, to: now }));
};
/** How long after the event a row of a system table (`lakeflow.jobs`) arrives, in ms: for the told lines the same as here. */
export const latenessMs = (table: string): number =>
  (sources.find((s) => s.table === table)?.lateMinutes ?? 0) * 60_000;

const versions = async (write: Write): Promise<ReadonlyMap<number, readonly [version: number, at: number]>> =>
  new Map((await write.rows('SELECT key, max(version), epoch_ms(max(made_at)) FROM bw.history GROUP BY key')).map((r) => [Number(r[0]), [Number(r[1]), Number(r[2])] as const])); // prettier-ignore

/** Let the estate go on: runs that begin in the span, versions that end in it, rows that arrive in it. Returns the number of runs. */
export const goOn = async (lake: Lake, write: Write, plan: Plan, estate: Estate, incidents: readonly Incident[], span: Span): Promise<number> => {
  const t = telling(lake, plan, estate, span);
  const runs = await tellRuns(write, t, span);
  for (const incident of incidents) await bendRuns(write, { estate, plan, incident }, t, false);
  await write.run('UPDATE est.keys SET version = h.v FROM (SELECT key, max(version) AS v FROM bw.history GROUP BY key) h WHERE h.key = est.keys.key');
  if ((await tellHistory(write, span)) > 0) {
    const newest = await versions(write);
    for (const { full } of estate.tables) {
      const table = lake.find(full.split('.'));
      const [version = 0, at = 0] = (table === undefined ? undefined : newest.get(table.key)) ?? [];
      if (table !== undefined && version > table.version) await write.save({ ...table, version, versionAt: at });
    }
  }
  for (const source of sources) {
    const table = lake.table(['system', ...source.table.split('.')]);
    const next = { ...table, version: table.version + 1 };
    if ((await fill(write, next, source.sql(telling(lake, plan, estate, arrived(source, span))))) > 0)
      await write.commit(next, { user: 'System user', operation: 'WRITE', isBlindAppend: true });
  }
  await tellMonitors(lake, write, plan, estate, monitoredAreas(estate, incidents), telling(lake, plan, estate, arrived(monitorSource, span)), true);
  return runs;
}; // prettier-ignore
