import { isJsonObject, parseJson, type JsonObject } from '../../../shared/base/json.ts';
import { quoteText } from '../duck/sql-types.ts';
import { onTheirWay } from '../world/estate/tell.ts';
import { below, fault, found, good, idOf, listed, stored, type RestApi } from './common.ts';

const ms = (column: string): string => `epoch_ms(${column})`;

/** Pipelines, their updates and events (facts 3.2). Events carry no details here: those are in the event log. */
export const pipelines: RestApi = async ({ lake, world, clock, may }, { method, path, query }) => {
  const rest = below(path, '/api/2.0/pipelines');
  if (rest === null || method !== 'GET') return null;
  const all = world.estate?.pipelines ?? [];
  const [id, part, update] = rest;
  const shown = (p: (typeof all)[number]): JsonObject => ({
    pipeline_id: p.id,
    name: p.name,
    state: 'IDLE',
    health: 'HEALTHY',
    creator_user_name: p.owner,
    run_as_user_name: p.owner,
  });
  if (id === undefined) return listed('statuses', all.filter((p) => may('pipelines', p.id)).map(shown), query);
  const pipeline = all.find((p) => p.id === id);
  if (pipeline === undefined)
    return fault(404, 'RESOURCE_DOES_NOT_EXIST', `The specified pipeline ${id} was not found.`);
  const runs = await found(
    lake,
    `SELECT run, ${ms('started')} AS s, ${ms('ended')} AS e, state, message FROM est.runs WHERE kind = 'PIPELINE' AND job = '${pipeline.id}' ORDER BY started DESC LIMIT 100`,
  );
  const stateOf = (r: JsonObject): string =>
    Number(r['e']) > clock.now() ? 'RUNNING' : r['state'] === 'SUCCEEDED' ? 'COMPLETED' : 'FAILED';
  const updates = runs.map((r): JsonObject => ({
    update_id: r['run'] ?? '',
    state: stateOf(r),
    cause: 'JOB_TASK',
    full_refresh: false,
    creation_time: r['s'] ?? 0,
  }));
  if (part === undefined)
    return good({ ...shown(pipeline), spec: { id: pipeline.id, name: pipeline.name, catalog: world.catalog, serverless: true, edition: 'ADVANCED' }, latest_updates: updates.slice(0, 5).map((u) => ({ update_id: u['update_id'] ?? '', state: u['state'] ?? '', creation_time: new Date(Number(u['creation_time'])).toISOString() })) }); // prettier-ignore
  if (part === 'updates' && update === undefined) return listed('updates', updates, query);
  if (part === 'updates') {
    const one = updates.find((u) => u['update_id'] === update);
    return one === undefined
      ? fault(404, 'RESOURCE_DOES_NOT_EXIST', `The specified update ${update ?? ''} was not found.`)
      : good({ update: { ...one, pipeline_id: pipeline.id } });
  }
  if (part !== 'events') return null;
  const level = /level\s*=\s*'(\w+)'/.exec(query.get('filter') ?? '')?.[1];
  const since = Date.parse(/timestamp\s*>=?\s*'([^']+)'/.exec(query.get('filter') ?? '')?.[1] ?? '');
  const events = runs
    .filter((r) => Number(r['e']) <= clock.now() && !(Number(r['e']) <= since))
    .map((r): JsonObject => {
      const update = idOf(r['run']);
      const failed = typeof r['message'] === 'string' ? r['message'] : null;
      return {
        id: `${update}-end`,
        origin: { pipeline_id: pipeline.id, pipeline_name: pipeline.name, update_id: update },
        timestamp: new Date(Number(r['e'])).toISOString(),
        message: `Update ${update.slice(0, 6)} is ${stateOf(r)}.`,
        level: failed === null ? 'INFO' : 'ERROR',
        event_type: 'update_progress',
        maturity_level: 'STABLE',
        ...(failed === null
          ? {}
          : { error: { fatal: true, exceptions: [{ class_name: 'com.databricks.pipelines.UnexpectedFlowFailure', message: failed, stack: [] }] } }),
      };
    }); // prettier-ignore
  return listed(
    'events',
    events.filter((e) => level === undefined || e['level'] === level),
    query,
    25,
    250,
  );
};

/** Clusters: get, list and events (facts 3.5). An unknown one answers 400. */
export const clusters: RestApi = async ({ lake, world, clock, may }, { method, path, query, body }) => {
  const call = /^\/api\/2\.[01]\/clusters\/(get|list|events)$/.exec(path)?.[1];
  if (call === undefined) return null;
  const table = world.estate === null ? undefined : stored(lake, 'compute', 'clusters');
  if (table === undefined) return call === 'list' ? good({ clusters: [] }) : null;
  const { col } = table;
  const edits = await found(
    lake,
    `SELECT ${[
      'cluster_id',
      'cluster_name',
      'owned_by',
      'min_autoscale_workers',
      'max_autoscale_workers',
      'auto_termination_minutes',
      'worker_node_type',
      'driver_node_type',
      'dbr_version',
      'data_security_mode',
    ]
      .map((c) => `${col(c)} AS ${c}`)
      .join(', ')}, ${ms(col('change_time'))} AS ts FROM ${table.from} WHERE __removed IS NULL ORDER BY ts DESC`,
  );
  const latest = edits.filter((e, i) => edits.findIndex((o) => o['cluster_id'] === e['cluster_id']) === i);
  const shown = (c: JsonObject): JsonObject => ({
    cluster_id: c['cluster_id'] ?? '',
    cluster_name: c['cluster_name'] ?? '',
    creator_user_name: c['owned_by'] ?? '',
    spark_version: c['dbr_version'] ?? '',
    node_type_id: c['worker_node_type'] ?? '',
    driver_node_type_id: c['driver_node_type'] ?? '',
    autoscale: { min_workers: c['min_autoscale_workers'] ?? 0, max_workers: c['max_autoscale_workers'] ?? 0 },
    autotermination_minutes: c['auto_termination_minutes'] ?? 0,
    data_security_mode: c['data_security_mode'] ?? '',
    cluster_source: 'UI',
    state: 'RUNNING',
  });
  if (call === 'list') return listed('clusters', latest.filter((c) => may('clusters', idOf(c['cluster_id']))).map(shown), query);
  const asked = method === 'POST' ? parseJson(body) : null;
  const request = asked?.ok === true && isJsonObject(asked.value) ? asked.value : {};
  const id = query.get('cluster_id') ?? (typeof request['cluster_id'] === 'string' ? request['cluster_id'] : '');
  const one = latest.find((c) => c['cluster_id'] === id);
  if (one === undefined) return fault(400, 'INVALID_PARAMETER_VALUE', `Cluster ${id} does not exist`);
  if (call === 'get') return good(shown(one));
  const asks = (name: string, otherwise: number): number => Number(request[name] ?? otherwise) || otherwise;
  const [start, end] = [asks('start_time', 0), Math.min(asks('end_time', clock.now()), clock.now())];
  const own = edits.filter((e) => e['cluster_id'] === id);
  const lost = await found(
    lake,
    `SELECT CAST(epoch_ms(r.started) + (epoch_ms(r.ended) - epoch_ms(r.started)) * 2 // 5 AS BIGINT) AS ts FROM est.runs r JOIN est.v_jobs j ON j.id = r.job WHERE r.repaired AND j.cluster = '${idOf(one['cluster_id'])}'`,
  );
  const events = [
    ...own.map((e, i): JsonObject => ({ cluster_id: id, timestamp: e['ts'] ?? 0, type: i === own.length - 1 ? 'CREATING' : 'EDITED', details: { user: e['owned_by'] ?? '' } })),
    // The hosts that the repaired runs of its jobs lost (estate-runs.ts says so of those runs).
    ...lost.map((e): JsonObject => ({ cluster_id: id, timestamp: e['ts'] ?? 0, type: 'NODES_LOST', details: { current_num_workers: 1, target_num_workers: 2, reason: { code: 'SPOT_INSTANCE_TERMINATION', type: 'CLOUD_FAILURE' } } })),
  ]
    .filter((e) => Number(e['timestamp']) >= start && Number(e['timestamp']) <= end)
    .sort((a, b) => (Number(a['timestamp']) - Number(b['timestamp'])) * (request['order'] === 'ASC' ? 1 : -1));
  const from = asks('page_token', 0);
  const size = Math.min(asks('page_size', 50), 500);
  return good({ events: events.slice(from, from + size), ...(from + size < events.length ? { next_page_token: String(from + size) } : {}) });
}; // prettier-ignore

/** A statement as QueryInfo tells it: `ended` after now is still running. Each side of the union names the same columns. */
const flat = (col: (name: string) => string): string =>
  `${col('statement_id')} AS id, ${col('execution_status')} AS status, ${col('executed_by')} AS who, ${col('statement_type')} AS type, ${col('client_application')} AS client, ${col('statement_text')} AS text,
   ${ms(col('start_time'))} AS started, ${ms(col('end_time'))} AS ended, ${col('total_duration_ms')} AS total, ${col('produced_rows')} AS produced, ${col('compute')}.warehouse_id AS warehouse, to_json(${col('query_source')}) AS origin`;

/** Statements that ran or run, newest first (facts 3.5; docs of the call): at once, where query.history lags. With few rights one's own only: the cautious reading. */
export const queryHistory: RestApi = async ({ lake, world, clock, rights, user }, { method, path, query }) => {
  if (path !== '/api/2.0/sql/history/queries' || method !== 'GET') return null;
  const table = stored(lake, 'query', 'history');
  if (table === undefined || world.estate === null) return good({ res: [], has_next_page: false });
  const now = clock.now();
  const own = (name: string): string => (rights?.everything === false ? `${name} = ${quoteText(user)}` : 'TRUE');
  const among = (name: string, key: string): string => {
    const wanted = query.getAll(`filter_by.${key}`);
    return wanted.length === 0 ? 'TRUE' : `${name} IN (${wanted.map(quoteText).join(', ')})`;
  };
  const time = (key: string, otherwise: number): number => Number(query.get(`filter_by.query_start_time_range.${key}_time_ms`) ?? otherwise) || otherwise;
  const size = Math.min(Number(query.get('max_results') ?? 100) || 100, 999);
  const from = Number(query.get('page_token') ?? 0) || 0;
  const rows = await found(
    lake,
    `SELECT * EXCLUDE (status), CASE WHEN ended > ${now} THEN 'RUNNING' ELSE status END AS state FROM (SELECT ${flat(table.col)}, ${table.col('error_message')} AS error, to_json(map_entries(${table.col('query_tags')})) AS tags FROM ${table.from} WHERE __removed IS NULL
       UNION ALL SELECT ${flat((name) => name)}, NULL, NULL FROM (${onTheirWay(lake, world.plan, world.estate, 'query.history')}))
     WHERE started BETWEEN ${time('start', 0)} AND ${Math.min(time('end', now), now)} AND ${own('who')} AND ${among('warehouse', 'warehouse_ids')} AND ${among('id', 'statement_ids')} AND ${among('state', 'statuses')} ORDER BY started DESC, id LIMIT ${size + 1} OFFSET ${from}`,
  );
  const more = rows.length > size;
  return good({
    res: rows.slice(0, size).map((r): JsonObject => ({
      query_id: r['id'] ?? '', status: r['state'] ?? '', query_text: r['text'] ?? '', query_start_time_ms: r['started'] ?? 0, user_name: r['who'] ?? '', statement_type: r['type'] ?? '',
      warehouse_id: r['warehouse'] ?? '', endpoint_id: r['warehouse'] ?? '', client_application: r['client'] ?? '', query_source: r['origin'] ?? {}, query_tags: r['tags'] ?? [], is_final: r['state'] !== 'RUNNING',
      ...(r['state'] === 'RUNNING' ? { duration: now - Number(r['started']) } : { duration: r['total'] ?? 0, execution_end_time_ms: r['ended'] ?? 0, query_end_time_ms: r['ended'] ?? 0, rows_produced: r['produced'] ?? 0 }),
      ...(r['error'] == null ? {} : { error_message: r['error'] }),
    })),
    has_next_page: more,
    ...(more ? { next_page_token: String(from + size) } : {}),
  });
}; // prettier-ignore
