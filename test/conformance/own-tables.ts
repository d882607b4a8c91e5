import { toInstant } from '../../shared/base/time.ts';
import type { Naming } from './hostile.ts';
import { prepare, type Stage } from './stage.ts';

/** What the monitor of the request log says of it (REST, `inference_log`). */
export const requestMonitor = ({ name }: Naming) => ({
  inference_log: { timestamp_col: name('asked'), prediction_col: name('predicted'), label_col: name('label') },
  slicing_exprs: [quoted(name('region'))],
});
/** Odd names of columns need it. */
const mapped = "TBLPROPERTIES ('delta.columnMapping.mode' = 'name')";
/** A name of any characters, as SQL takes it. */
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
  const yesterday = new Date(stage.deps.clock.now() - 86_400_000).toISOString().slice(0, 10);
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

const details = (passed: number, failed: number): string =>
  JSON.stringify({ flow_progress: { data_quality: { expectations: [{ name: 'valid id', dataset: 'main.gold.sales', passed_records: passed, failed_records: failed }] } } }); // prettier-ignore

/** A published event log with its documented columns. `struct`: the two that are JSON text in one document and structs in another. */
export const publishedLog = async (stage: Stage, name: string, struct = false): Promise<void> => {
  const at = toInstant(stage.deps.clock.now() - 3_600_000)
    .slice(0, 19)
    .replace('T', ' ');
  const full = `${stage.catalog}.${stage.schema}.${name}`;
  const origin = (update: string): string =>
    struct ? `named_struct('update_id', '${update}')` : `'{"update_id":"${update}"}'`;
  const error = struct
    ? `named_struct('exceptions', array(named_struct('message', 'column qty is gone')))`
    : `'{"exceptions":[{"message":"column qty is gone"}]}'`;
  const [originType, errorType] = struct
    ? ['STRUCT<update_id: STRING>', 'STRUCT<exceptions: ARRAY<STRUCT<message: STRING>>>']
    : ['STRING', 'STRING'];
  const row = (update: string, level: string, type: string, text: string, failure: string): string =>
    `SELECT '${update}-${type}', ${origin(update)}, CAST('${at}' AS TIMESTAMP), 'Update is over.', '${level}', CAST(${failure} AS ${errorType}), ${text}, '${type}'`;
  await prepare(
    stage,
    `CREATE TABLE ${full} (id STRING, origin ${originType}, timestamp TIMESTAMP, message STRING, level STRING, error ${errorType}, details STRING, event_type STRING) USING DELTA`,
    `INSERT INTO ${full} ${row('u1', 'INFO', 'flow_progress', `'${details(90, 4)}'`, 'NULL')}`,
    `INSERT INTO ${full} ${row('u1', 'INFO', 'flow_progress', `'${details(5, 1)}'`, 'NULL')}`,
    `INSERT INTO ${full} ${row('u2', 'ERROR', 'update_progress', 'NULL', error)}`,
  );
};
