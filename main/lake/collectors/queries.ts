import type { TextRow, Warehouse } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { aDay, type CollectContext, type Collector } from '../collector.ts';
import { computeInScope } from '../compute-scope.ts';
import type { Cannot } from '../pull.ts';
import { countOf, instantOf, isMasked, normaliseResult, numberOf, objectOf, shortOf, textOf } from '../rows.ts';
import { anyField, scoped } from '../scope-filter.ts';
import { asJson, asMicros, asShort, asText, computed, computedOf, fieldOf, type Path } from '../select.ts';
import { tableCollector, type Lacks } from '../table-source.ts';
import { timeWindow } from '../window.ts';
import {
  inner,
  mergeQueries,
  queryFact,
  slowestPerHour,
  slowMs,
  warehouseEdges,
  type QueryTold,
} from './query-fact.ts';

const kind = statementKind('lake.queries', 'read', 'statements that failed or took longest, without their text');
const countKind = statementKind('lake.queries.count', 'read', 'how many statements failed or took longest');
const source = 'system.query.history';
const table = { catalog: 'system', schema: 'query', table: 'history' };

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
  asText('execution_status', { as: 'status' }),
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
  // Only whether there is something: tags of others may say anything.
  computed('query_tags', 'tags', dbx`left(to_json(query_tags), 20)`),
];

const toldOf = (row: TextRow): QueryTold | null => {
  const [ws, id, at, raw] = [textOf(row, 'ws'), textOf(row, 'id'), instantOf(row, 'ended'), textOf(row, 'status')];
  if (ws === null || id === null || at === null) return null;
  return {
    source, id, workspace: ws, endedAt: at, startedAt: instantOf(row, 'started'),
    // A statement is in this table when it has ended: one whose status is not told ended in a way that is not known.
    result: raw === null ? 'unknown' : normaliseResult(raw),
    type: textOf(row, 'type'), error: textOf(row, 'error_class'), warehouse: inner(objectOf(row, 'compute'), 'warehouse_id'),
    origin: objectOf(row, 'origin'), by: textOf(row, 'who'), client: shortOf(row, 'client', 100), durationMs: numberOf(row, 'total_duration_ms'),
    more: {
      waitedForComputeMs: numberOf(row, 'waiting_for_compute_duration_ms'),
      waitedAtCapacityMs: numberOf(row, 'waiting_at_capacity_duration_ms'), executionMs: numberOf(row, 'execution_duration_ms'),
      rowsRead: countOf(row, 'read_rows'), rowsProduced: countOf(row, 'produced_rows'), rowsWritten: countOf(row, 'written_rows'),
      bytesRead: countOf(row, 'read_bytes'), bytesSpilled: countOf(row, 'spilled_local_bytes'),
      raw: { execution_status: raw },
    },
  };
}; // prettier-ignore

/** Of the slowest of its hour and place; null = it does not say how long it took. */
const isSlow = (row: TextRow): boolean =>
  (numberOf(row, 'place') ?? slowestPerHour + 1) <= slowestPerHour &&
  (numberOf(row, 'total_duration_ms') ?? 0) >= slowMs;

/**
 * Our own statements are known by our name as client, or by the tag of our sessions, which not every workspace knows: without either
 * nothing is asked, since what we ask would be kept as somebody else's.
 */
const oursUntold =
  ({ workspace: { warehouse } }: CollectContext): Cannot =>
  (has) => {
    if (has('client_application')) return null;
    const ours = 'our own statements cannot be told from others';
    if (!has('query_tags')) return `Without client_application and query_tags, ${ours}.`;
    return isTagged(warehouse) ? null : `Without client_application, ${ours}: this workspace knows no query tags.`;
  };
const isTagged = (warehouse: Warehouse): boolean => warehouse.carriesTag?.() ?? true;

/** The same of one row, where its client is masked. */
const mayBeOurs = (row: TextRow, { workspace: { warehouse } }: CollectContext, lacks: Lacks): boolean =>
  isMasked(row['client']) &&
  (lacks('query_tags') || isMasked(row['tags']?.replaceAll('"', '')) || !isTagged(warehouse));

const onlyOfJobs = 'nothing tells on which warehouse a statement ran: only those of jobs and pipelines are found';

/** What bounds the question: warehouses, jobs and pipelines in scope, by `kind|id`. */
const placesIn = (context: CollectContext): readonly string[] => [
  ...computeInScope(context, 'warehouse').map((id) => `warehouse|${id}`),
  ...scoped(context, 'job').map((id) => `job|${id}`),
  ...scoped(context, 'pipeline').map((id) => `pipeline|${id}`),
];

/**
 * Statements that failed, and the slowest of each hour, of warehouses, jobs and pipelines in scope (facts 1.1 `query.history`).
 * Never asked for: `statement_text`, `query_parameters`. Never kept: our own statements, known by our name as client or by
 * the tag that our sessions carry; where neither can be read, nothing is asked.
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
  lost: {
    execution_status: 'nothing tells which statements failed: only slow ones are kept',
    compute: onlyOfJobs,
    'compute.warehouse_id': onlyOfJobs,
    query_source: 'nothing tells which job or pipeline ran a statement: only those of warehouses are found',
    total_duration_ms: 'nothing tells which statements were slow: only those that did not finish are kept',
  },
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
      cannot: oursUntold(context),
      parameters: {
        ...time.parameters,
        workspace: context.workspaceId,
        ...of.parameters,
      },
    };
  },
  leftOut: (rows, context, lacks) => {
    const left = rows.filter((row) => mayBeOurs(row, context, lacks)).length;
    return left === 0 ? null : `${left} statements are not kept: their client is masked, and they may be our own.`;
  },
  read: (row, context, lacks) => {
    // The server's filter lets through what is masked.
    if (mayBeOurs(row, context, lacks) || (textOf(row, 'status') === null && !isSlow(row))) return {};
    const told = toldOf(row);
    if (told === null) return null;
    const fact = queryFact(told, context);
    return { facts: [{ fact, merge: mergeQueries }], edges: warehouseEdges(told, fact) };
  },
});
