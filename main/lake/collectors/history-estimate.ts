import { ok, type Result } from '../../../shared/base/result.ts';
import type { AssetId } from '../../../shared/domain/ids.ts';
import { fullName, type TableName } from '../../databricks/identifiers.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { tableAsset } from '../assets.ts';
import type { CollectContext, Estimate } from '../collector.ts';
import { textOf } from '../rows.ts';
import type { Columns } from './schema-changes.ts';

const headKind = statementKind('lake.table-history.head', 'read', 'the newest version of some tables in scope');

/** Newest versions per table and refresh. */
export const versionLimit = 400;
/** Enough for a table that was read before; one that wrote more since is asked in full. */
export const usualVersions = 30;

/** `short`: the oldest version of an answer that did not reach back to `version`; -1 = no version was seen yet. */
export type Seen = { readonly version: number; readonly columns: Columns | null; readonly short?: number };
export type Cursors = Readonly<Record<string, Seen>>;

/** Tables that are asked for their newest version, spread over the scope: the others are taken to be like them. */
const sampled = 8;
/** Beside its history a table is asked for its columns now and for the ends of a stretch of versions. */
const statementsPerTable = 3;

/**
 * How many versions the tables have. Versions count up by one, so the newest says how many there are; of many tables some are
 * asked, which is an extrapolation and says so (`counted` false).
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
  let versions = 0;
  let asked = 0;
  for (const { table } of fresh.filter((_, at) => at % step === 0).slice(0, sampled)) {
    const found = await context.workspace.warehouse.query(
      headKind(dbx`DESCRIBE HISTORY ${table} LIMIT 1`),
      context.options,
    );
    if (!found.ok) {
      // A view or a table that is forbidden brings nothing; a lost connection ends the estimate.
      if (!['Forbidden', 'StatementFailed', 'BadAnswer'].includes(found.error.tag)) return found;
      asked += 1;
      continue;
    }
    const head = Number(textOf(found.value.rows[0] ?? {}, 'version') ?? Number.NaN);
    asked += 1;
    if (Number.isSafeInteger(head)) versions += Math.min(head + 1, versionLimit);
  }
  const known = wanted.length - fresh.length;
  const perTable = asked === 0 ? 0 : versions / asked;
  return ok({
    rows: Math.round(perTable * fresh.length) + known * usualVersions,
    statements: fresh.length * statementsPerTable + known,
    counted: asked === fresh.length && known === 0,
  });
};
