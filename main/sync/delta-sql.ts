import { checkObjectName, type TableName } from '../databricks/identifiers.ts';
import { quotePrincipal } from '../databricks/grants.ts';
import type { Statement } from '../databricks/port.ts';
import { column, dbx, statementKind, type Piece } from '../databricks/statements.ts';
import type { DeviceId, LogId } from '../../shared/domain/ids.ts';

/**
 * Every statement that sharing sends, as data. Table definitions: event-format section 6, also in resources/sql/share.sql.
 * Names go through the one printer; values are parameters; versions are checked integers, because `VERSION AS OF` and
 * `table_changes` take no parameter everywhere (spark.md 7).
 */
export type Place = { readonly events: TableName; readonly segments: TableName; readonly meta: TableName };

/** `catalog.schema` → the tables of the share, or null when it is not a pair of plain names. */
export const placeOf = (text: string): Place | null => {
  const [catalog = '', schema = '', ...rest] = text.split('.');
  // The name also stands inside a string literal of table_changes, which doubling backticks would not protect.
  if (rest.length > 0 || [catalog, schema].some((name) => checkObjectName(name) !== null || /['\\`]/.test(name)))
    return null;
  const table = (name: string): TableName => ({ catalog, schema, table: name });
  return { events: table('events'), segments: table('segments'), meta: table('meta') };
};

const makeSchemaKind = statementKind('share.make-schema', 'write', 'makes the schema of a share, only on `share init`');
const makeTableKind = statementKind('share.make-table', 'write', 'makes the tables of a share, only on `share init`');
const setMetaKind = statementKind(
  'share.set-meta',
  'write',
  'writes organisation and id of a share, only on `share init`',
);
const metaKind = statementKind('share.meta', 'read', 'reads which organisation a share belongs to');
const detailKind = statementKind('share.detail', 'read', 'reads the id of the shared table: dropped and made again?');
const historyKind = statementKind('share.history', 'read', 'reads which kinds of commits the shared table had');
const pushKind = statementKind('share.push', 'write', 'appends signed events to the shared table');
const pullKind = statementKind('share.pull', 'read', 'reads events that were committed since the last look');
const headsKind = statementKind('share.heads', 'read', 'reads how far each stream is in the shared table');
const rangeKind = statementKind('share.range', 'read', 'reads a part of a stream again');

const properties = (lines: readonly Piece[]): Piece => dbx`TBLPROPERTIES (${lines})`;
const common = [
  dbx`'delta.appendOnly' = 'true'`,
  dbx`'delta.enableRowTracking' = 'true'`,
  dbx`'delta.enableChangeDataFeed' = 'true'`,
  dbx`'delta.enableDeletionVectors' = 'true'`,
  dbx`'delta.logRetentionDuration' = 'interval 365 days'`,
  dbx`'delta.deletedFileRetentionDuration' = 'interval 60 days'`,
];

/** Statements that make the tables, in the order in which they must run: `events` first. */
export const tableDdl = (place: Place): readonly Piece[] => [
  dbx`CREATE TABLE IF NOT EXISTS ${place.events} (
  log_id STRING NOT NULL, device_id STRING NOT NULL, seq BIGINT NOT NULL, hash STRING NOT NULL, line STRING NOT NULL,
  disclosures STRING, sig STRING NOT NULL, batch_id STRING, pushed_at TIMESTAMP, pushed_by STRING
) USING DELTA CLUSTER BY (log_id)
${properties([...common, dbx`'delta.dataSkippingStatsColumns' = 'log_id,device_id,seq'`])}`,
  dbx`CREATE TABLE IF NOT EXISTS ${place.segments} (
  log_id STRING NOT NULL, device_id STRING NOT NULL, from_seq BIGINT NOT NULL, to_seq BIGINT NOT NULL,
  sha256 STRING NOT NULL, bytes BIGINT NOT NULL, path STRING NOT NULL, at TIMESTAMP
) USING DELTA CLUSTER BY (log_id)
${properties(common)}`,
  dbx`CREATE TABLE IF NOT EXISTS ${place.meta} (
  key STRING NOT NULL, value STRING NOT NULL, at TIMESTAMP
) USING DELTA
${properties(common)}`,
];

/** A schema's name: its parts are delimited like any other. */
const schemaOf = ({ events: { catalog, schema } }: Place): Piece => dbx`${column(catalog)}.${column(schema)}`;

export const makeSchema = (place: Place): Statement =>
  makeSchemaKind(dbx`CREATE SCHEMA IF NOT EXISTS ${schemaOf(place)}`);
export const makeTables = (place: Place): readonly Statement[] => tableDdl(place).map((ddl) => makeTableKind(ddl));

export const setMeta = (place: Place, key: 'org' | 'backend_id', value: string): Statement =>
  setMetaKind(dbx`INSERT INTO ${place.meta} SELECT :key, :value, current_timestamp()`, { key, value });

export const readMeta = (place: Place): Statement =>
  metaKind(dbx`SELECT key, value FROM ${place.meta} WHERE key IN ('backend_id', 'org') ORDER BY at, value`);

export const readDetail = (place: Place): Statement => detailKind(dbx`DESCRIBE DETAIL ${place.events}`);
export const readHistory = (place: Place, limit: number): Statement =>
  historyKind(dbx`DESCRIBE HISTORY ${place.events} LIMIT ${limit}`);

/** Blind append: it reads no table, so it conflicts with nobody; one atomic commit; one parameter. */
export const pushBatch = (place: Place, batch: string): Statement =>
  pushKind(
    dbx`INSERT INTO ${place.events} SELECT s.*, current_timestamp(), session_user() FROM (SELECT explode(from_json(:batch, 'array<struct<log_id:string,device_id:string,seq:bigint,hash:string,line:string,disclosures:string,sig:string,batch_id:string>>')) s)`,
    { batch },
  );

const eventColumns = dbx`log_id, device_id, seq, hash, line, disclosures, sig`;

/** Where a page ended: the whole sort key of its last row. */
export type PageKey = { readonly dev: string; readonly seq: number; readonly hash: string };
const bigint = (value: number): { readonly type: 'BIGINT'; readonly value: string } => ({
  type: 'BIGINT',
  value: String(value),
});
const keyParameters = (key: PageKey): Readonly<Record<string, string | ReturnType<typeof bigint>>> => ({
  key_dev: key.dev,
  key_seq: bigint(key.seq),
  key_hash: key.hash,
});
const afterKey = dbx`(device_id > :key_dev OR (device_id = :key_dev AND (seq > :key_seq OR (seq = :key_seq AND hash > :key_hash))))`;

/**
 * Rows of a log committed after version `after` (and, within that version, behind `key`), in commit order. The order is
 * what makes the last row a watermark: never order or filter by a clock here.
 */
export const pullByVersion = (
  place: Place,
  log: LogId,
  after: number,
  key: PageKey | null,
  limit: number,
): Statement => {
  const version = dbx`_metadata.row_commit_version`;
  const since = key ? dbx`(${version} > :after OR (${version} = :after AND ${afterKey}))` : dbx`${version} > :after`;
  return pullKind(
    dbx`SELECT ${version} AS cv, ${eventColumns} FROM ${place.events} WHERE log_id = :log AND ${since} ORDER BY cv, device_id, seq, hash LIMIT ${limit}`,
    { log, after: bigint(after), ...(key ? keyParameters(key) : {}) },
  );
};

/** The same from the change feed, for tables without row tracking: versions `from`..`to`, both inclusive. */
export const pullByChanges = (
  place: Place,
  log: LogId,
  from: number,
  to: number,
  key: PageKey | null,
  limit: number,
): Statement => {
  // prettier-ignore
  const since = key ? dbx`(_commit_version > :after OR ${afterKey})` : dbx`_commit_version > :after`;
  return pullKind(
    dbx`SELECT _commit_version AS cv, ${eventColumns} FROM table_changes('${place.events}', ${from}, ${to}) WHERE log_id = :log AND _change_type IN ('insert', 'update_postimage') AND ${since} ORDER BY cv, device_id, seq, hash LIMIT ${limit}`,
    { log, after: bigint(from), ...(key ? keyParameters(key) : {}) },
  );
};

/** A log from the beginning without commit versions, in pages by key. */
export const pullWhole = (place: Place, log: LogId, key: PageKey | null, limit: number): Statement =>
  pullKind(
    dbx`SELECT ${eventColumns} FROM ${place.events} WHERE log_id = :log AND ${key ? afterKey : dbx`TRUE`} ORDER BY device_id, seq, hash LIMIT ${limit}`,
    { log, ...(key ? keyParameters(key) : {}) },
  );

export const readHeads = (place: Place, log: LogId): Statement =>
  headsKind(
    dbx`SELECT device_id, count(DISTINCT seq) AS n, max(seq) AS m, max_by(hash, seq) AS h FROM ${place.events} WHERE log_id = :log GROUP BY device_id`,
    { log },
  );

export const readRange = (place: Place, log: LogId, dev: DeviceId, from: number, to: number): Statement =>
  rangeKind(
    dbx`SELECT ${eventColumns} FROM ${place.events} WHERE log_id = :log AND device_id = :dev AND seq BETWEEN :from_seq AND :to_seq ORDER BY seq, hash`,
    { log, dev, from_seq: bigint(from), to_seq: bigint(to) },
  );

/** What an administrator runs for a share, in its parts; each can be run again. `undo` takes it back, in reverse. */
export type ShareSql = {
  readonly make: readonly string[];
  readonly grants: readonly string[];
  readonly undo: readonly string[];
};

export const shareSql = (place: Place, org: LogId, backendId: string, principal: string): ShareSql => {
  const schema = schemaOf(place).text;
  const catalog = schema.slice(0, schema.indexOf('`.`') + 1);
  const meta = dbx`${place.meta}`.text;
  const tables = [place.events, place.segments, place.meta].map((name) => dbx`${name}`.text);
  const once = (key: string, value: string): string =>
    `INSERT INTO ${meta} SELECT '${key}', '${value}', current_timestamp() WHERE NOT EXISTS (SELECT 1 FROM ${meta} WHERE key = '${key}');`;
  const to = quotePrincipal(principal);
  return {
    make: [
      `CREATE SCHEMA IF NOT EXISTS ${schema};`,
      ...tableDdl(place).map((ddl) => `${ddl.text};`),
      once('org', org),
      '-- The last line: from here on clients see the share as set up.',
      once('backend_id', backendId),
    ],
    grants: [
      '-- Rights: who reads and writes. MODIFY is needed to append; nobody needs more.',
      `GRANT USE CATALOG ON CATALOG ${catalog} TO ${to};`,
      `GRANT USE SCHEMA ON SCHEMA ${schema} TO ${to};`,
      ...tables.map((name) => `GRANT SELECT, MODIFY ON TABLE ${name} TO ${to};`),
    ],
    undo: [
      ...[...tables].reverse().map((name) => `DROP TABLE IF EXISTS ${name};`),
      `REVOKE USE SCHEMA ON SCHEMA ${schema} FROM ${to};`,
      `REVOKE USE CATALOG ON CATALOG ${catalog} FROM ${to};`,
    ],
  };
};

/** For an administrator: what to run, which rights people need, and how to take it back. */
export const printShareSql = (place: Place, org: LogId, backendId: string): string => {
  const { make, grants, undo } = shareSql(place, org, backendId, 'group');
  return [
    '-- Breakwater share. Run from one session, in this order.',
    ...make,
    '',
    ...grants,
    '',
    '-- Undo. Removes the shared copy for everybody; every device keeps its own.',
    '-- A right that was there before is taken back as well: leave such a line out.',
    ...undo.map((line) => `-- ${line}`),
    '',
  ].join('\n');
};
