import { isJsonObject, type JsonValue } from '../../../shared/base/json.ts';
import { assetParts, type AssetId } from '../../../shared/domain/ids.ts';
import type { TextRow } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { jobAsset, workspaceAsset } from '../assets.ts';
import { aDay, type CollectContext, type Collector } from '../collector.ts';
import { computeEdges } from '../compute-edges.ts';
import { computeInScope } from '../compute-scope.ts';
import { nameIn } from '../labels.ts';
import { makeFact } from '../make-fact.ts';
import type { LakeEdge, LakeFact } from '../port.ts';
import { countOf, instantOf, normaliseResult, numberOf, objectOf, shortOf, textOf } from '../rows.ts';
import { anyField, scoped } from '../scope-filter.ts';
import { asJson, asMicros, asShort, asText, computed, computedOf, fieldOf, type Path } from '../select.ts';
import { tableCollector } from '../table-source.ts';
import { said } from '../values.ts';
import { timeWindow } from '../window.ts';
import { keepTables } from './query-tables.ts';

const kind = statementKind('lake.queries', 'read', 'statements that failed or took longest, without their text');
const countKind = statementKind('lake.queries.count', 'read', 'how many statements failed or took longest');
const source = 'system.query.history';
const table = { catalog: 'system', schema: 'query', table: 'history' };
/** Of an hour and a place of work, so many of the slowest statements are kept; below this they are not slow. */
const slowestPerHour = 5;
const slowMs = 30_000;

const warehouseId: Path = ['warehouse_id'];
const jobId: Path = ['job_info', 'job_id'];
const pipelineId: Path = ['pipeline_info', 'pipeline_id'];
const hour = dbx`date_trunc('HOUR', end_time)`;
/** A statement's place among the slowest of its hour and warehouse; of its hour alone where warehouses are not told. */
const slowest = computedOf('total_duration_ms', 'place', [], (has) => {
  const place = has('compute', warehouseId) ? [fieldOf('compute', warehouseId), hour] : [hour];
  return dbx`row_number() OVER (PARTITION BY ${place} ORDER BY total_duration_ms DESC)`;
});
/** Never among these: `statement_text`, `query_parameters`. */
const wants = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('statement_id', { as: 'id', required: true }),
  asMicros('end_time', { as: 'ended', required: true }),
  asMicros('start_time', { as: 'started' }),
  asText('execution_status', { as: 'status', required: true }),
  asText('statement_type', { as: 'type' }),
  asText('executed_by', { as: 'who' }),
  asShort('client_application', 100, { as: 'client' }),
  // Only the class of an error, "[CLASS] …": its message may quote the statement.
  computed(
    'error_message',
    'error_class',
    dbx`substring_index(substring_index(left(error_message, 120), ']', 1), '[', -1)`,
  ),
  asJson('compute', { as: 'compute', fields: [warehouseId] }),
  asJson('query_source', {
    as: 'origin',
    fields: [jobId, pipelineId, ['sql_query_id'], ['dashboard_id'], ['notebook_id']],
  }),
  ...['total_duration_ms', 'waiting_for_compute_duration_ms', 'waiting_at_capacity_duration_ms', 'execution_duration_ms', 'read_rows',
    'produced_rows', 'read_bytes', 'spilled_local_bytes', 'written_rows'].map((name) => asText(name)), // prettier-ignore
  slowest,
];

const inner = (value: JsonValue | undefined, ...names: readonly string[]): string | null => {
  const found = names.reduce<JsonValue | undefined>((one, name) => (isJsonObject(one) ? one[name] : undefined), value);
  return typeof found === 'string' && found !== '' ? found : null;
};

const assetsOf = (row: TextRow, ws: string): readonly AssetId[] => {
  const [compute, origin] = [objectOf(row, 'compute'), objectOf(row, 'origin')];
  const of = (
    kind: 'warehouse' | 'pipeline' | 'query' | 'dashboard' | 'notebook',
    id: string | null,
  ): readonly AssetId[] => (id === null ? [] : [workspaceAsset(kind, ws, id)]);
  const job = inner(origin, 'job_info', 'job_id');
  return [
    ...of('warehouse', inner(compute, 'warehouse_id')),
    ...(job === null ? [] : [jobAsset(ws, job)]),
    ...of('pipeline', inner(origin, 'pipeline_info', 'pipeline_id')),
    ...of('query', inner(origin, 'sql_query_id')),
    ...of('dashboard', inner(origin, 'dashboard_id')),
    ...of('notebook', inner(origin, 'notebook_id')),
  ];
};

const seconds = (ms: number | null): string => (ms === null ? 'an unknown time' : `${(ms / 1000).toFixed(1)} s`);

const queryFact = (row: TextRow, context: CollectContext): LakeFact | null => {
  const [ws, id, at, raw] = [textOf(row, 'ws'), textOf(row, 'id'), instantOf(row, 'ended'), textOf(row, 'status')];
  if (ws === null || id === null || at === null || raw === null) return null;
  const result = normaliseResult(raw);
  const assets = assetsOf(row, ws);
  const type = textOf(row, 'type');
  const errorClass = /^[A-Z][A-Z0-9_.]{2,100}$/.exec(textOf(row, 'error_class') ?? '')?.[0] ?? null;
  const [first] = assets;
  const where = first === undefined ? '' : ` on ${nameIn(context, first)}`;
  const duration = numberOf(row, 'total_duration_ms');
  const what =
    result === 'failed'
      ? `failed${errorClass === null ? '' : ` with ${errorClass}`}`
      : result === 'cancelled'
        ? 'was cancelled'
        : `took ${seconds(duration)}`;
  return makeFact(context, {
    source,
    kind: 'query',
    scope: ws,
    workspace: ws,
    native: id,
    at,
    assets,
    title: `${type ?? 'Statement'}${where} ${what}`,
    data: {
      statement: id, type, result, errorClass, by: textOf(row, 'who'), client: shortOf(row, 'client', 100), startedAt: instantOf(row, 'started'),
      durationMs: duration, waitedForComputeMs: numberOf(row, 'waiting_for_compute_duration_ms'),
      waitedAtCapacityMs: numberOf(row, 'waiting_at_capacity_duration_ms'), executionMs: numberOf(row, 'execution_duration_ms'),
      rowsRead: countOf(row, 'read_rows'), rowsProduced: countOf(row, 'produced_rows'), rowsWritten: countOf(row, 'written_rows'),
      bytesRead: countOf(row, 'read_bytes'), bytesSpilled: countOf(row, 'spilled_local_bytes'),
      raw: { execution_status: raw },
    }, // prettier-ignore
  });
};

/** The warehouse on which a job or a pipeline had this statement run. */
const warehouseEdges = (row: TextRow, { assets, workspace, happenedAt, data }: LakeFact): readonly LakeEdge[] => {
  const id = inner(objectOf(row, 'compute'), 'warehouse_id');
  const first = said(data['startedAt']) || happenedAt;
  return id === null
    ? []
    : assets
        .filter((asset) => ['job', 'pipeline'].includes(assetParts(asset).kind))
        .flatMap((runner) =>
          computeEdges(runner, [{ kind: 'warehouse', id }], { source, workspace, first, last: happenedAt }),
        );
};

/** What bounds the question: warehouses, jobs and pipelines in scope, by `kind|id`. */
const placesIn = (context: CollectContext): readonly string[] => [
  ...computeInScope(context, 'warehouse').map((id) => `warehouse|${id}`),
  ...scoped(context, 'job').map((id) => `job|${id}`),
  ...scoped(context, 'pipeline').map((id) => `pipeline|${id}`),
];

/**
 * Statements that failed, and the slowest of each hour, of warehouses, jobs and pipelines in scope (facts 1.1 `query.history`).
 * Never asked for: `statement_text`, `query_parameters`. Never kept: our own statements, known by our name as client or by
 * the tag that our sessions carry.
 */
export const queriesCollector: Collector = tableCollector({
  source,
  label: 'Failed and slow statements',
  table,
  kind,
  countKind,
  wants,
  order: 'ended',
  keep: dbx`status <> 'FINISHED' OR (CAST(place AS INT) <= ${slowestPerHour} AND CAST(total_duration_ms AS BIGINT) >= ${slowMs})`,
  meta: {
    when: 'room',
    features: ['failed and slow statements'],
    needs: [{ kind: 'select', table }],
    preview: null,
    // About an hour, with customer-managed keys up to a day (facts 1.0).
    latenessMs: aDay,
    retentionDays: 365,
  },
  bound: placesIn,
  ask: (context) => {
    const places = placesIn(context);
    const time = timeWindow(context, 'end_time');
    const ids = (prefix: string): readonly string[] =>
      places.flatMap((one) => (one.startsWith(`${prefix}|`) ? [one.slice(prefix.length + 1)] : []));
    const of = anyField('workspace_id', [
      { column: 'compute', path: warehouseId, parameter: 'warehouses', ids: ids('warehouse') },
      { column: 'query_source', path: jobId, parameter: 'jobs', ids: ids('job') },
      { column: 'query_source', path: pipelineId, parameter: 'pipelines', ids: ids('pipeline') },
    ]);
    return {
      where: [
        ...time.where,
        { needs: 'workspace_id', piece: dbx`workspace_id = :workspace` },
        of.where,
        { needs: 'client_application', piece: dbx`coalesce(lower(client_application), '') NOT LIKE '%breakwater%'` },
        { needs: 'query_tags', piece: dbx`coalesce(lower(to_json(query_tags)), '') NOT LIKE '%breakwater%'` },
      ],
      parameters: {
        ...time.parameters,
        workspace: context.workspaceId,
        ...of.parameters,
      },
    };
  },
  read: (row, context) => {
    const fact = queryFact(row, context);
    return fact === null
      ? null
      : { facts: [{ fact, merge: (old, next) => keepTables(next, old) }], edges: warehouseEdges(row, fact) };
  },
});
