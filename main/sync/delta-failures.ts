import type { Failure } from '../../shared/base/failure.ts';
import type { DatabricksFailure, DatabricksTag } from '../databricks/port.ts';
import type { ShareFailure, ShareTag } from './port.ts';

const tags: Readonly<Record<DatabricksTag, ShareTag>> = {
  Offline: 'ShareOffline', Unauthorized: 'ShareDenied', Forbidden: 'ShareDenied', RateLimited: 'ShareBusy',
  Unavailable: 'ShareOffline', Starting: 'ShareBusy', StatementFailed: 'ShareBroken', Cancelled: 'ShareBusy',
  TimedOut: 'ShareOffline', ReplyLost: 'ShareOffline', BadCertificate: 'ShareOffline', BadAnswer: 'ShareBroken',
  NotConfigured: 'ShareOffline',
}; // prettier-ignore

type SqlFailure = Failure & { readonly sqlState?: string; readonly errorClass?: string };

/** Conflicts and changed metadata are settled by sending the same INSERT again later (SQLSTATE 2D521, 40000). */
const isConflict = (problem: SqlFailure): boolean =>
  problem.sqlState === '2D521' ||
  problem.sqlState === '40000' ||
  /^DELTA_(?:CONCURRENT|METADATA_CHANGED|PROTOCOL_CHANGED|MAX_COMMIT_RETRIES)/.test(problem.errorClass ?? '');

/** A failure of the warehouse as one of the share, with the warehouse's words. */
export const shareFailureOf = (problem: DatabricksFailure): ShareFailure => {
  const tag: ShareTag = isConflict(problem) ? 'ShareBusy' : tags[problem.tag];
  return {
    tag,
    what: problem.what,
    safe: 'Everything you write is saved on this device.',
    advice: problem.advice,
    ...(problem.code === undefined ? {} : { code: problem.code }),
    ...(problem.retryAfterMs === undefined ? {} : { retryAfterMs: problem.retryAfterMs }),
    ...(problem.tag === 'ReplyLost' ? { lost: true } : {}),
  };
};

/** Table, schema or catalog does not exist. */
export const isMissingTable = (problem: SqlFailure): boolean =>
  problem.sqlState === '42P01' ||
  ['TABLE_OR_VIEW_NOT_FOUND', 'SCHEMA_NOT_FOUND', 'NO_SUCH_CATALOG_EXCEPTION', 'CATALOG_NOT_FOUND', 'DELTA_TABLE_NOT_FOUND'].includes(
    problem.errorClass ?? '',
  ); // prettier-ignore

/** The table has no row tracking: `_metadata.row_commit_version` is no field of it. */
export const isMissingColumn = (problem: SqlFailure): boolean =>
  /^(?:FIELD_NOT_FOUND|UNRESOLVED_COLUMN|NO_SUCH_STRUCT_FIELD)/.test(problem.errorClass ?? '') ||
  problem.sqlState === '42703';

/**
 * The change feed does not reach back so far: log or files were removed, they are older than deleted files are kept (0AKDC, seen on
 * Delta 4.4: whoever was away for longer than that is refused although nothing was removed), it was off, or the version is unknown.
 * Some servers say it without a Delta class (spark.md 7), so SQLSTATEs count too.
 */
export const isMissingVersion = (problem: SqlFailure): boolean =>
  ['22003', '42K03', 'KD001', 'KD002', 'KD00C', '42816', '0AKDC'].includes(problem.sqlState ?? '') ||
  /^(?:DELTA_MISSING_CHANGE_DATA|DELTA_VERSION|DELTA_LOG_FILE_NOT_FOUND|DELTA_CDC_|DELTA_INVALID_CDC|FAILED_READ_FILE)/.test(
    problem.errorClass ?? '',
  );
