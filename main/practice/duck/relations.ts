import { EngineError } from '../engine-port.ts';
import type { Lake } from './lake.ts';
import {
  hasChangeFeed,
  hasRowTracking,
  alive,
  columnsAt,
  fullName,
  projection,
  storage,
  type Column,
  type Table,
} from './table.ts';
import { quoteIdentifier, quoteText } from './sql-types.ts';

/** Which hidden things a relation exposes beside its columns. */
export type Exposure = { readonly metadata: boolean; readonly rowId?: boolean };

const visible = (
  lake: Lake,
  table: Table,
  columns: readonly Column[],
): { shown: readonly Column[]; masked: ReadonlySet<string> } => {
  const faults = lake.faults().filter((f) => f.table.toLowerCase() === fullName(table).toLowerCase());
  const hidden = new Set(faults.filter((f) => f.kind === 'hide').map((f) => f.column));
  return {
    shown: columns.filter((c) => !hidden.has(c.name)),
    masked: new Set(faults.filter((f) => f.kind === 'mask').map((f) => f.column)),
  };
};

/** Columns as a client sees them now: without those that a fault hides. */
export const shownColumns = (lake: Lake, table: Table): readonly Column[] =>
  visible(lake, table, columnsAt(table)).shown;

/** A table that was made before its columns are known: Delta has a class for reading it. */
const withoutColumns = (table: Table): EngineError =>
  new EngineError(
    'DELTA_READ_TABLE_WITHOUT_COLUMNS',
    '428GU',
    `You are trying to read a Delta table ${fullName(table)} that does not have any columns. Write some new data with the option \`mergeSchema = true\` to be able to read the table.`,
  );

/** A subquery that reads a table now or at a version. */
export const relationSql = (lake: Lake, table: Table, exposure: Exposure, version?: number): string => {
  const columns = columnsAt(table, version);
  if (columns.length === 0) throw withoutColumns(table);
  const { shown, masked } = visible(lake, table, columns);
  const list = shown.map((c) =>
    masked.has(c.name)
      ? `${c.type.kind === 'scalar' && c.type.name === 'STRING' ? `CASE WHEN ${c.physical} IS NOT NULL THEN '<REDACTED>' END` : `CASE WHEN FALSE THEN ${c.physical} END`} AS ${quoteIdentifier(c.name)}`
      : projection([c]),
  );
  if (exposure.metadata && hasRowTracking(table))
    list.push('{row_commit_version: __rcv, row_id: __row_id} AS _metadata');
  if (exposure.rowId === true) list.push('__row_id');
  return `(SELECT ${list.join(', ')} FROM ${storage(table)} WHERE ${alive(version)})`;
};

/** `event_log('<pipeline>')` (facts 1.3) over the table of all pipelines' events: its JSON is text here. */
export const eventLogSql = (lake: Lake, events: Table, pipeline: string): string => {
  const json = (name: string): string => `CAST(to_json(${name}) AS VARCHAR) AS ${name}`;
  return `(SELECT pipeline_event_id AS id, '{}' AS "sequence", ${json('origin')}, event_time AS "timestamp", message, level, maturity_level,
    ${json('error')}, CAST(details AS VARCHAR) AS details, event_type FROM ${relationSql(lake, events, { metadata: false })} e WHERE pipeline_id = ${quoteText(pipeline)})`;
};

const versionNotFound = (version: number, table: Table): EngineError =>
  new EngineError(
    'DELTA_VERSION_NOT_FOUND',
    '22003',
    `Cannot time travel Delta table to version ${version}. Available versions: [0, ${table.version}].`,
  );

/** Reading what VACUUM took (spark.md 5): no Delta class. */
const vacuumed = (table: Table): EngineError =>
  new EngineError(
    'FAILED_READ_FILE.FILE_NOT_EXIST',
    'KD001',
    `Encountered error while reading file practice:/tables/${table.id}/part-00000.parquet. File does not exist.`,
  );

/** A checked version. Throws DELTA_VERSION_NOT_FOUND. */
export const checkVersion = (table: Table, version: number): number => {
  if (!Number.isSafeInteger(version) || version < 0 || version > table.version) throw versionNotFound(version, table);
  if (version < (table.readableFrom ?? 0)) throw vacuumed(table);
  return version;
};

/** The version that was current at a time (epoch µs text given by the caller as DuckDB timestamp). */
export const versionAsOf = async (lake: Lake, table: Table, timestamp: string): Promise<number> => {
  const connection = await lake.connect();
  try {
    const found = await connection.runAndReadAll(
      `SELECT max(version) FILTER (WHERE made_at <= $t::TIMESTAMP), bool_or(made_at >= $t::TIMESTAMP), min(made_at)::VARCHAR, max(made_at)::VARCHAR FROM bw.history WHERE key = ${table.key}`,
      { t: timestamp },
    );
    const [version, covered, first, last] = found.getRows()[0] ?? [];
    if (version === null || version === undefined)
      throw new EngineError(
        'DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION',
        '42816',
        `The provided timestamp (${timestamp}) is before the earliest version available to this table (${String(first)}).`,
      );
    if (covered !== true)
      throw new EngineError(
        'DELTA_TIMESTAMP_GREATER_THAN_COMMIT',
        '42816',
        `The provided timestamp (${timestamp}) is after the latest version available to this table (${String(last)}).`,
      );
    return Number(version);
  } finally {
    connection.closeSync();
  }
};

/** A subquery with the change rows of versions from..to, both inclusive. */
export const changesSql = (table: Table, from: number, to: number | undefined): string => {
  if (!hasChangeFeed(table))
    throw new EngineError(
      'DELTA_MISSING_CHANGE_DATA',
      'KD002',
      `Error getting change data for range [${from}, ${to ?? table.version}] as change data was not recorded for version [${from}].`,
    );
  if (from < 0)
    throw new EngineError(
      'DELTA_LOG_FILE_NOT_FOUND',
      '42K03',
      `Unable to retrieve the delta log files for version ${from}.`,
    );
  if (from > table.version)
    throw new EngineError(
      'DELTA_CDC_START_VERSION_AFTER_LATEST',
      '22003',
      `Provided Start version(${from}) for reading change data is invalid. Start version cannot be greater than the latest version of the table(${table.version}).`,
    );
  if (to !== undefined && to < from)
    throw new EngineError(
      'DELTA_INVALID_CDC_RANGE',
      '22003',
      `CDC range from start ${from} to end ${to} was invalid. End cannot be before start.`,
    );
  if (from < (table.readableFrom ?? 0)) throw vacuumed(table);
  const end = Math.min(to ?? table.version, table.version);
  const columns = projection(columnsAt(table));
  const t = storage(table);
  const restored = `h.operation = 'RESTORE'`;
  return `(SELECT ${columns},
      CASE WHEN NOT ${restored} AND EXISTS (SELECT 1 FROM ${t} o WHERE o.__row_id = r.__row_id AND o.__removed = r.__added) THEN 'update_postimage' ELSE 'insert' END AS _change_type,
      r.__added AS _commit_version, h.made_at AS _commit_timestamp
    FROM ${t} r JOIN bw.history h ON h.key = ${table.key} AND h.version = r.__added WHERE r.__added BETWEEN ${from} AND ${end}
    UNION ALL SELECT ${columns},
      CASE WHEN NOT ${restored} AND EXISTS (SELECT 1 FROM ${t} o WHERE o.__row_id = r.__row_id AND o.__added = r.__removed) THEN 'update_preimage' ELSE 'delete' END,
      r.__removed, h.made_at
    FROM ${t} r JOIN bw.history h ON h.key = ${table.key} AND h.version = r.__removed WHERE r.__removed BETWEEN ${from} AND ${end})`;
};
