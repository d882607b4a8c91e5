import { isJsonObject, type JsonObject, type JsonValue } from '../../../shared/base/json.ts';
import type { Instant } from '../../../shared/base/time.ts';
import { assetParts, type AssetId } from '../../../shared/domain/ids.ts';
import { jobAsset, workspaceAsset } from '../assets.ts';
import type { CollectContext, CollectedFact } from '../collector.ts';
import { computeEdges } from '../compute-edges.ts';
import { nameIn } from '../labels.ts';
import { makeFact } from '../make-fact.ts';
import type { LakeEdge, LakeFact } from '../port.ts';
import type { RunResult } from '../rows.ts';
import { said } from '../values.ts';
import { keepTables } from './query-tables.ts';

/** Statements as REST tells them, at once; `query.history` tells the same about an hour later (facts 1.0). */
export const restQueriesSource = 'rest.sql.history.queries';

/** Of an hour and a place of work, so many of the slowest statements are kept; below this they are not slow. */
export const slowestPerHour = 5;
export const slowMs = 30_000;

/** One statement as either source tells it; null = not told. Never in here: its text, its parameters, what its error quotes. */
export type QueryTold = {
  readonly source: string;
  readonly id: string;
  readonly workspace: string;
  /** Absent while it goes on. */
  readonly endedAt: Instant | null;
  readonly startedAt: Instant | null;
  readonly result: RunResult;
  readonly type: string | null;
  /** The message of its error, or its class alone. */
  readonly error: string | null;
  readonly warehouse: string | null;
  /** `query_source`, of the same fields in both (facts 1.1; docs of the QueryInfo object). */
  readonly origin: JsonObject;
  readonly by: string | null;
  readonly client: string | null;
  readonly durationMs: number | null;
  /** What only one of the two tells, by the field's name. */
  readonly more: JsonObject;
};

export const inner = (value: JsonValue | undefined, ...names: readonly string[]): string | null => {
  const found = names.reduce<JsonValue | undefined>((one, name) => (isJsonObject(one) ? one[name] : undefined), value);
  return typeof found === 'string' && found !== '' ? found : null;
};

const assetsOf = ({ workspace: ws, warehouse, origin }: QueryTold): readonly AssetId[] => {
  const of = (
    kind: 'warehouse' | 'pipeline' | 'query' | 'dashboard' | 'notebook',
    id: string | null,
  ): readonly AssetId[] => (id === null ? [] : [workspaceAsset(kind, ws, id)]);
  const job = inner(origin, 'job_info', 'job_id');
  return [
    ...of('warehouse', warehouse),
    ...(job === null ? [] : [jobAsset(ws, job)]),
    ...of('pipeline', inner(origin, 'pipeline_info', 'pipeline_id')),
    ...of('query', inner(origin, 'sql_query_id')),
    ...of('dashboard', inner(origin, 'dashboard_id')),
    ...of('notebook', inner(origin, 'notebook_id')),
  ];
};

/** Only the class of an error, "[CLASS] …": its message may quote the statement. */
const errorClassOf = (error: string | null): string | null => {
  const plain = /^\[([^\]]{1,120})\]/.exec(error ?? '')?.[1] ?? error;
  return /^[A-Z][A-Z0-9_.]{2,100}$/.exec(plain ?? '')?.[0] ?? null;
};

const seconds = (ms: number | null): string => (ms === null ? 'an unknown time' : `${(ms / 1000).toFixed(1)} s`);

export const queryFact = (told: QueryTold, context: CollectContext): LakeFact => {
  const { result, type, workspace, durationMs } = told;
  const assets = assetsOf(told);
  const errorClass = errorClassOf(told.error);
  const [first] = assets;
  const where = first === undefined ? '' : ` on ${nameIn(context, first)}`;
  const what =
    result === 'failed'
      ? `failed${errorClass === null ? '' : ` with ${errorClass}`}`
      : result === 'cancelled'
        ? 'was cancelled'
        : result === 'running'
          ? 'is running'
          : `took ${seconds(durationMs)}`;
  return makeFact(context, {
    source: told.source,
    kind: 'query',
    scope: workspace,
    workspace,
    native: told.id,
    at: told.endedAt ?? told.startedAt ?? context.observedAt,
    assets,
    title: `${type ?? 'Statement'}${where} ${what}`,
    data: {
      statement: told.id, type, result, errorClass, by: told.by, client: told.client, startedAt: told.startedAt, durationMs,
      ...told.more,
    }, // prettier-ignore
  });
};

/** The warehouse on which a job or a pipeline had this statement run. */
export const warehouseEdges = (
  { warehouse, source }: QueryTold,
  { assets, workspace, happenedAt, data }: LakeFact,
): readonly LakeEdge[] => {
  const first = said(data['startedAt']) || happenedAt;
  return warehouse === null
    ? []
    : assets
        .filter((asset) => ['job', 'pipeline'].includes(assetParts(asset).kind))
        .flatMap((runner) =>
          computeEdges(runner, [{ kind: 'warehouse', id: warehouse }], { source, workspace, first, last: happenedAt }),
        );
};

/**
 * The same statement told again. A row of the table counts, since it comes when the statement is over, and names under `replaced`
 * what REST said before; of two answers of REST the one that knows the end. What lineage named stays.
 */
export const mergeQueries: NonNullable<CollectedFact['merge']> = (old, next) => {
  const byRest = (fact: LakeFact): boolean => fact.source === restQueriesSource;
  const isOldBetter = byRest(next) && (!byRest(old) || (old.data['result'] !== 'running' && next.data['result'] === 'running'));
  const [winner, loser] = isOldBetter ? [old, next] : [next, old];
  const replaced =
    byRest(old) && !byRest(next)
      ? { source: old.source, result: said(old.data['result']) }
      : (winner.data['replaced'] ?? loser.data['replaced']);
  const kept = replaced === undefined ? winner : { ...winner, data: { ...winner.data, replaced } };
  return keepTables(kept, loser);
}; // prettier-ignore
