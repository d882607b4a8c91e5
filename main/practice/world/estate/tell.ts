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
import type { Estate, EstateTable } from './plan.ts';
import { day, fill, moment, prepare, telling, tellRuns, told, type Source, type Span } from './sql.ts';
import { workSources } from './work.ts';

const sources: readonly Source[] = [...workSources, ...moneySources, ...learningSources, ...governanceSources];

/** A value of a column of an estate table in SQL, by its name and type; `i` is the row, `d` its day. */
const cell = (name: string, type: string): string => {
  if (type === 'timestamp') return `d + to_minutes(CAST(300 + i AS INTEGER))`;
  if (type === 'date') return name === 'birth_date' ? `DATE '1970-01-01' + CAST(i * 97 AS INTEGER)` : 'CAST(d AS DATE)';
  if (type === 'int' || type === 'bigint') return `1 + i % 9`;
  if (type === 'double') return `round(20 + 60 * bw.dice(${quoteText(name)} || i), 2)`;
  if (name === 'country') return `['DE', 'FR', 'ES', 'PL', 'AE', 'ZA'][1 + i % 6]`;
  if (name === 'email') return `'person' || i || '@mail.example'`;
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

/** Versions of the tables of the estate: one a run of its writer, in the span. */
const tellHistory = (write: Write, span: Span, from: number): Promise<number> =>
  write.run(`INSERT INTO bw.history
    SELECT k.key, k.version + row_number() OVER (PARTITION BY k.key ORDER BY r.ended), r.ended, t.owner, CASE WHEN t.layer = 'silver' THEN 'MERGE' ELSE 'WRITE' END,
      ${mapLiteral({ mode: 'Append', partitionBy: '[]' })}, MAP {'numFiles': '4', 'numOutputRows': CAST(CAST(t.volume * bw.busy(CAST(r.ended AS DATE)) * (0.95 + 0.1 * bw.dice(r.run)) AS BIGINT) AS VARCHAR)}, t.layer = 'bronze'
    FROM est.v_tables t JOIN est.keys k ON k.name = t."full" JOIN est.runs r ON r.job = coalesce(t.job, t.pipeline)
    WHERE r.state = 'SUCCEEDED' AND r.ended > greatest(${moment(from)}, ${moment(span.from)}) AND r.ended <= ${moment(span.to)}`);

const tablesOf = (lake: Lake, estate: Estate, at: number): readonly { readonly table: Table; readonly spec: EstateTable }[] =>
  estate.tables.map((spec) => {
    const [catalog = '', schema = '', name = ''] = spec.full.split('.');
    const properties = { 'delta.enableChangeDataFeed': 'true', 'delta.columnMapping.mode': 'name' };
    return { spec, table: lake.newTable({ catalog, schema, name, columns: columnsOf(spec.columns), owner: spec.owner, properties, createdAt: at }) };
  }); // prettier-ignore

/**
 * Tell the estate from its beginning up to now, in SQL: rows by the hundred thousand would be slow one by one. System tables must
 * exist. What happened too recently for its lateness has no row yet; it comes when the world goes on.
 */
export const tellEstate = async (lake: Lake, write: Write, plan: Plan, estate: Estate): Promise<void> => {
  const now = lake.clock.now();
  const begin = now - told * day;
  await prepare(write, estate);
  await tellRuns(write, telling(lake, plan, estate, { from: begin, to: now }), { from: begin, to: now });
  const made = tablesOf(lake, estate, now - 200 * day);
  await write.run(
    `CREATE OR REPLACE TABLE est.keys AS SELECT * FROM (VALUES ${made.map(({ table, spec }) => `(${table.key}, ${quoteText(spec.full)}, 0::BIGINT)`).join(', ')}) AS v(key, name, version)`,
  );
  await write.run(
    `INSERT INTO bw.history SELECT key, 0, ${moment(now - 200 * day)}, 'System user', 'CREATE TABLE', ${mapLiteral({ isManaged: 'true' })}, ${mapLiteral({})}, FALSE FROM est.keys`,
  );
  await tellHistory(write, { from: begin, to: now }, begin);
  const versions = new Map(
    (await write.rows('SELECT key, max(version), epoch_ms(max(made_at)) FROM bw.history GROUP BY key')).map((r) => [
      Number(r[0]),
      [Number(r[1]), Number(r[2])] as const,
    ]),
  );
  for (const { table, spec } of made) {
    const [version = 0, at = 0] = versions.get(table.key) ?? [];
    const full = { ...table, version, versionAt: at };
    await tellTable(write, full, spec.columns, { from: begin, to: now });
    await write.save(full);
  }
  await saveDocuments(write, modelDocuments(plan, estate));
  for (const sql of governanceSetup(plan.catalog, plan.schemas)) await write.run(sql);
  await tellSources(lake, write, plan, estate, { from: now - 365 * day, to: now }, (table) => Promise.resolve(table));
};

/** Rows of the system tables that arrive in the span. `open` gives the version of the table that they go into. */
export const tellSources = async (
  lake: Lake,
  write: Write,
  plan: Plan,
  estate: Estate,
  span: Span,
  open: (table: Table, rows: number) => Promise<Table>,
): Promise<void> => {
  for (const { table: name, lateMinutes, sql } of sources) {
    const late = lateMinutes * 60_000;
    const t = telling(lake, plan, estate, { from: span.from - late, to: span.to - late });
    await fill(write, await open(lake.table(['system', ...name.split('.')]), 0), sql(t));
  }
};
