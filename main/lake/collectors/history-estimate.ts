import { ok, type Result } from '../../../shared/base/result.ts';
import { fromInstant, type Instant } from '../../../shared/base/time.ts';
import type { AssetId } from '../../../shared/domain/ids.ts';
import { fullName, type TableName } from '../../databricks/identifiers.ts';
import type { DatabricksFailure, TextRow } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { tableAsset } from '../assets.ts';
import type { CollectContext, Estimate } from '../collector.ts';
import { newRound } from '../round.ts';
import { instantOf, textOf } from '../rows.ts';
import type { Columns } from './schema-changes.ts';

const headKind = statementKind('lake.table-history.head', 'read', 'the newest versions of some tables in scope');

/** Newest versions per table and refresh. */
export const versionLimit = 400;
/** Enough for a table that was read before; one that wrote more since is asked in full. */
export const usualVersions = 30;

/**
 * The newest version that was seen; -1 = none yet. `at`: when it was committed, since a table that is dropped and made anew counts from
 * 0 again (older cursors lack it). `short`: the oldest version of an answer that did not reach back to `version`.
 */
export type Seen = {
  readonly version: number;
  readonly at?: Instant;
  readonly columns: Columns | null;
  readonly short?: number;
};
export type Cursors = Readonly<Record<string, Seen>>;

/** Tables that are asked for their newest versions, spread over the scope: the others are taken to be like them. */
const sampled = 8;
/** Beside its history a table is asked for its columns at both ends of a stretch of versions. */
const statementsPerTable = 3;

type Sample = { readonly versions: number; readonly kept: number };

/**
 * Versions of one table: they count up by one, so the newest says how many there are; how many lie in the window is told by the
 * newest few, or by the pace at which these were written.
 */
const sampleOf = (rows: readonly TextRow[], horizon: Instant): Sample => {
  const head = Number(textOf(rows[0] ?? {}, 'version') ?? Number.NaN);
  if (!Number.isSafeInteger(head)) return { versions: 0, kept: 0 };
  const versions = Math.min(head + 1, versionLimit);
  const times = rows.flatMap((row) => instantOf(row, 'timestamp') ?? []).sort();
  const inWindow = times.filter((at) => at >= horizon).length;
  const [oldest, newest] = [times[0], times.at(-1)];
  if (oldest === undefined || newest === undefined || inWindow < times.length || times.length > head)
    return { versions, kept: Math.min(inWindow, versions) };
  const gap = (fromInstant(newest) - fromInstant(oldest)) / Math.max(1, times.length - 1);
  return {
    versions,
    kept: Math.min(versions, Math.round((fromInstant(newest) - fromInstant(horizon)) / Math.max(1, gap))),
  };
};

/**
 * How many versions the tables have. Of many tables some are asked, which is an extrapolation and says so (`counted` false).
 */
export const estimateHistory = async (
  context: CollectContext,
  wanted: readonly { readonly asset: AssetId; readonly table: TableName }[],
  cursors: Cursors,
): Promise<Result<Estimate, DatabricksFailure>> => {
  const isNew = ({ table }: { readonly table: TableName }): boolean =>
    cursors[tableAsset(context.metastoreId, fullName(table))] === undefined;
  const fresh = wanted.filter(isNew);
  const step = Math.max(1, Math.floor(fresh.length / sampled));
  const samples: Sample[] = [];
  const round = newRound();
  for (const { table } of fresh.filter((_, at) => at % step === 0).slice(0, sampled)) {
    const found = await context.workspace.warehouse.query(
      headKind(dbx`DESCRIBE HISTORY ${table} LIMIT ${usualVersions}`),
      context.options,
    );
    // A view, or a table that is forbidden or does not answer, brings nothing; a lost connection ends the estimate.
    if (round.judge(found) === 'stopped' && !found.ok) return found;
    samples.push(found.ok ? sampleOf(found.value.rows, context.horizon) : { versions: 0, kept: 0 });
  }
  const known = wanted.length - fresh.length;
  const each = (key: keyof Sample): number =>
    samples.length === 0 ? 0 : (samples.reduce((sum, one) => sum + one[key], 0) / samples.length) * fresh.length;
  return ok({
    rows: Math.round(each('versions')) + known * usualVersions,
    statements: fresh.length * statementsPerTable + known,
    // Of a table that was read before only what it wrote since is kept anew.
    kept: Math.round(each('kept')),
    counted: samples.length === fresh.length && known === 0,
  });
};
