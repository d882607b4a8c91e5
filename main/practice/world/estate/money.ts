import { rows, told, type Source, type Telling } from './sql.ts';

/** List prices in EUR a DBU; made up, like all that costs here. */
const prices = rows(
  ['sku', 'price'],
  [
    ['PREMIUM_JOBS_COMPUTE', 0.15],
    ['PREMIUM_JOBS_SERVERLESS_COMPUTE', 0.35],
    ['PREMIUM_ALL_PURPOSE_COMPUTE', 0.55],
    ['PREMIUM_ALL_PURPOSE_SERVERLESS_COMPUTE', 0.95],
    ['PREMIUM_SERVERLESS_SQL_COMPUTE', 0.7],
    ['PREMIUM_SERVERLESS_REAL_TIME_INFERENCE', 0.07],
    ['PREMIUM_STORAGE', 0.023],
  ],
);
const usage = (ids: string, sku: string, product: string, from: string, to: string, dbus: string): string =>
  `${ids}, '${sku}' AS sku_name, 'AWS' AS cloud, ${from} AS usage_start_time, ${to} AS usage_end_time, CAST(${from} AS DATE) AS usage_date, 'DBU' AS usage_unit, CAST(${dbus} AS DECIMAL(38,18)) AS usage_quantity,
   'ORIGINAL' AS record_type, CAST(${to} AS DATE) AS ingestion_date, '${product}' AS billing_origin_product, 'COMPUTE_TIME' AS usage_type`;
const minutes = `(epoch(ended) - epoch(started)) / 60`;
const days = (t: { now: string }, from: number, to: number): string =>
  `(SELECT unnest(range(date_trunc('day', ${t.now}) - to_days(${from}), date_trunc('day', ${t.now}) - to_days(${to - 1}), INTERVAL 1 DAY)) AS d)`;
const scenarioCost = (id: string, at: string): string =>
  `coalesce((SELECT max(f.factor) FROM est.costs f WHERE f.id = ${id} AND ${at} >= f.onset), 1)`;

const clusterAt = (t: { ids: string }, at: string, workers: string, terminate: string): string =>
  `SELECT ${t.ids}, c.id AS cluster_id, c.name AS cluster_name, c.owner AS owned_by, ${at} AS change_time, CAST(${at} AS DATE) AS change_date, 'i3.xlarge' AS driver_node_type, 'i3.xlarge' AS worker_node_type,
     2 AS min_autoscale_workers, ${workers} AS max_autoscale_workers, ${terminate} AS auto_termination_minutes, TRUE AS enable_elastic_disk, MAP {'area': c.area} AS tags, 'UI' AS cluster_source,
     '17.3.x-scala2.13' AS dbr_version, 'USER_ISOLATION' AS data_security_mode, {'first_on_demand': 1, 'availability': 'SPOT_WITH_FALLBACK', 'zone_id': 'auto'} AS aws_attributes`;

/** Notebooks of analysts that read a gold table on serverless compute about once a week. */
export const notebooks = (t: Telling): string =>
  `(SELECT t.*, d, CAST(2000000 + hash("full") % 1000000 AS VARCHAR) AS notebook, d + INTERVAL 9 HOUR AS started, d + INTERVAL 10 HOUR AS ended
        FROM est.v_tables t, ${days(t, told, 0)} WHERE t.layer = 'gold' AND bw.dice("full" || 'n') < 0.3 AND isodow(d) = 1 + CAST(floor(5 * bw.dice("full")) AS INTEGER))`;

/** What dashboards ask of gold tables, and how long it takes: now and then very long. */
export const asked = (t: Telling): string =>
  `(SELECT t.*, d, '${t.plan.seed}' || t.full || d AS k, d + to_minutes(CAST(420 + 600 * bw.dice(t.full || d) AS INTEGER)) AS ts, (SELECT min(id) FROM est.v_warehouses) AS w
        FROM est.v_tables t, ${days(t, told, 0)} WHERE t.layer = 'gold' AND bw.dice(t.full || d || 'q') < 0.5)`;
const lasted = `CAST(400 + 9000 * bw.dice(k) + CASE WHEN bw.dice(k || 's') < 0.03 THEN 45000 ELSE 0 END AS BIGINT)`;

export const moneySources: readonly Source[] = [
  {
    table: 'billing.usage',
    lateMinutes: 150,
    sql: (t) =>
      // Jobs run on a shared cluster here: its usage names no job (facts 1.1: null for all-purpose compute). Some have serverless steps.
      // Before the days that are told one by one, each cluster had job compute of one job.
      `SELECT ${usage(t.ids, 'PREMIUM_ALL_PURPOSE_COMPUTE', 'ALL_PURPOSE', 'started', 'ended', `${minutes} * 0.21 * ${scenarioCost('j.cluster', 'started')}`)}, bw.uuid(run || 'u') AS record_id, MAP {'area': j.area} AS custom_tags,
        {'cluster_id': j.cluster, 'node_type': 'i3.xlarge'} AS usage_metadata, {'run_as': j.owner} AS identity_metadata, {'is_serverless': FALSE, 'is_photon': TRUE} AS product_features
      FROM est.runs r JOIN est.v_jobs j ON j.id = r.job WHERE ${t.within('ended')}
      UNION ALL BY NAME SELECT ${usage(t.ids, 'PREMIUM_JOBS_SERVERLESS_COMPUTE', 'JOBS', 'started', 'ended', `${minutes} * 0.08`)}, bw.uuid(run || 's') AS record_id, MAP {'area': j.area} AS custom_tags,
        {'job_id': j.id, 'job_run_id': run, 'job_name': j.name} AS usage_metadata, {'run_as': j.owner} AS identity_metadata, {'jobs_tier': 'CLASSIC', 'is_serverless': TRUE} AS product_features
      FROM est.runs r JOIN est.v_jobs j ON j.id = r.job WHERE bw.dice(j.id || 'serverless') < 0.3 AND ${t.within('ended')}
      UNION ALL BY NAME SELECT ${usage(t.ids, 'PREMIUM_JOBS_SERVERLESS_COMPUTE', 'DLT', 'started', 'ended', `${minutes} * 0.3`)}, bw.uuid(run || 'u') AS record_id, MAP {'area': p.area} AS custom_tags,
        {'dlt_pipeline_id': job, 'dlt_update_id': run} AS usage_metadata, {'run_as': p.owner} AS identity_metadata, {'dlt_tier': 'ADVANCED', 'is_serverless': TRUE} AS product_features
      FROM est.runs r JOIN est.v_pipelines p ON p.id = r.job WHERE ${t.within('ended')}
      UNION ALL BY NAME SELECT ${usage(t.ids, 'PREMIUM_SERVERLESS_SQL_COMPUTE', 'SQL', 'd + INTERVAL 7 HOUR', 'd + INTERVAL 19 HOUR', '38 * bw.busy(CAST(d AS DATE)) * (0.8 + 0.4 * bw.dice(w.id || d))')}, bw.uuid(w.id || d) AS record_id,
        {'warehouse_id': w.id} AS usage_metadata, {'run_as': w.owner} AS identity_metadata, {'sql_tier': 'PRO', 'is_serverless': TRUE} AS product_features FROM est.v_warehouses w, ${days(t, 364, 0)} WHERE ${t.within('d + INTERVAL 19 HOUR')}
      UNION ALL BY NAME SELECT ${usage(t.ids, 'PREMIUM_SERVERLESS_REAL_TIME_INFERENCE', 'MODEL_SERVING', 'd', 'd + INTERVAL 23 HOUR', `96 * bw.busy(CAST(d AS DATE)) * ${scenarioCost('m.full', 'd')}`)}, bw.uuid(m.full || d) AS record_id,
        {'endpoint_name': m.endpoint.name, 'endpoint_id': m.endpoint.id} AS usage_metadata, {'run_as': m.owner} AS identity_metadata, {'is_serverless': TRUE, 'serving_type': 'MODEL'} AS product_features
      FROM est.v_models m, ${days(t, 364, 0)} WHERE m.endpoint IS NOT NULL AND ${t.within('d + INTERVAL 23 HOUR')}
      UNION ALL BY NAME SELECT ${usage(t.ids, 'PREMIUM_ALL_PURPOSE_SERVERLESS_COMPUTE', 'INTERACTIVE', 'started', 'ended', '0.8')}, bw.uuid(notebook || d || 'u') AS record_id,
        {'notebook_id': notebook, 'notebook_path': '/Users/' || owner || '/' || split_part("full", '.', 3)} AS usage_metadata, {'run_as': owner} AS identity_metadata, {'is_serverless': TRUE} AS product_features FROM ${notebooks(t)} n WHERE ${t.within('ended')}
      UNION ALL BY NAME SELECT ${usage(t.ids, 'PREMIUM_JOBS_COMPUTE', 'JOBS', 'd', 'd + INTERVAL 23 HOUR', '46 * bw.busy(CAST(d AS DATE)) * (0.8 + 0.4 * bw.dice(c.id || d))')}, bw.uuid(c.id || d) AS record_id, MAP {'area': c.area} AS custom_tags,
        {'cluster_id': c.id, 'job_id': (SELECT min(j.id) FROM est.v_jobs j WHERE j.cluster = c.id), 'node_type': 'i3.xlarge'} AS usage_metadata, {'run_as': c.owner} AS identity_metadata, {'jobs_tier': 'CLASSIC', 'is_serverless': FALSE, 'is_photon': TRUE} AS product_features
      FROM est.v_clusters c, ${days(t, 364, told + 1)} WHERE ${t.within('d + INTERVAL 23 HOUR')}`,
  },
  {
    table: 'billing.list_prices',
    lateMinutes: 0,
    sql: (t) =>
      `SELECT '${t.plan.accountId}' AS account_id, ${t.now} - INTERVAL 364 DAY AS price_start_time, sku AS sku_name, 'AWS' AS cloud, 'EUR' AS currency_code, 'DBU' AS usage_unit,
        {'default': price, 'effective_list': {'default': price}} AS pricing FROM ${prices} WHERE ${t.within(`${t.now} - INTERVAL 364 DAY`)}`,
  },
  {
    table: 'compute.clusters',
    lateMinutes: 5,
    sql: (t) => {
      const edit = `${t.now} - to_days(CAST(4 + 50 * bw.dice(c.id) AS INTEGER))`;
      return `${clusterAt(t, `${t.now} - INTERVAL 200 DAY`, '8', '45')} FROM est.v_clusters c WHERE ${t.within(`${t.now} - INTERVAL 200 DAY`)}
        UNION ALL BY NAME ${clusterAt(t, edit, '10', '60')} FROM est.v_clusters c WHERE bw.dice(c.id) < 0.5 AND ${t.within(edit)}`;
    },
  },
  {
    table: 'compute.node_timeline',
    lateMinutes: 20,
    sql: (t) =>
      `SELECT ${t.ids}, c.id AS cluster_id, 'i-' || bw.hexid(c.id || n)[1:17] AS instance_id, m AS start_time, m + INTERVAL 1 MINUTE AS end_time, n = 0 AS driver, 20 + 60 * bw.dice(c.id || n || m) AS cpu_user_percent, 4.0 AS cpu_system_percent, 2.0 AS cpu_wait_percent,
        30 + 40 * bw.dice(c.id || n) AS mem_used_percent, 0.0 AS mem_swap_percent, 'i3.xlarge' AS node_type, '10.30.' || n || '.7' AS private_ip
      FROM (SELECT * FROM est.v_clusters ORDER BY id LIMIT 3) c, (SELECT unnest([0, 1, 2]) AS n), (SELECT unnest(range(${t.now} - INTERVAL 2 HOUR, ${t.now}, INTERVAL 1 MINUTE)) AS m) WHERE ${t.within('m + INTERVAL 1 MINUTE')}`,
  },
  {
    table: 'compute.warehouses',
    lateMinutes: 30,
    sql: (t) =>
      `SELECT ${t.ids}, id AS warehouse_id, name AS warehouse_name, 'SERVERLESS' AS warehouse_type, 'CHANNEL_NAME_CURRENT' AS warehouse_channel, 'SMALL' AS warehouse_size, 1 AS min_clusters, 3 AS max_clusters, 15 AS auto_stop_minutes,
        owner AS created_by, ${t.now} - INTERVAL 300 DAY AS change_time FROM est.v_warehouses WHERE ${t.within(`${t.now} - INTERVAL 300 DAY`)}`,
  },
  {
    table: 'compute.warehouse_events',
    lateMinutes: 30,
    sql: (t) =>
      `SELECT ${t.ids}, id AS warehouse_id, e AS event_type, n AS cluster_count, d + to_minutes(m) AS event_time FROM est.v_warehouses, ${days(t, told, 0)},
        ${rows(['e', 'n', 'm'], [['STARTING', 0, 418], ['RUNNING', 1, 419], ['SCALED_UP', 2, 600], ['SCALED_DOWN', 1, 900], ['STOPPING', 1, 1140], ['STOPPED', 0, 1141]])} WHERE isodow(d) < 6 AND ${t.within('d + to_minutes(m)')}`,
  }, // prettier-ignore
  {
    table: 'query.history',
    lateMinutes: 60,
    sql: (t) =>
      `SELECT ${t.ids}, bw.uuid(k) AS statement_id, owner AS executed_by, owner AS executed_as, bw.uuid(owner || d) AS session_id, CASE WHEN bw.dice(k || 'f') < 0.02 THEN 'CANCELED' ELSE 'FINISHED' END AS execution_status,
        {'type': 'WAREHOUSE', 'warehouse_id': w} AS compute, 'SELECT country, sum(amount) FROM ' || x."full" || ' GROUP BY country' AS statement_text, 'SELECT' AS statement_type, 'Databricks SQL Dashboard' AS client_application,
        ${lasted} AS total_duration_ms, CAST(300 + 8000 * bw.dice(k) AS BIGINT) AS execution_duration_ms, 80 AS compilation_duration_ms, ts AS start_time, ts + to_milliseconds(${lasted}) AS end_time,
        ts AS update_time, CAST(volume * bw.dice(k || 'r') AS BIGINT) AS read_rows, 12 AS produced_rows, CAST(volume * 90 AS BIGINT) AS read_bytes, bw.dice(k || 'c') < 0.3 AS from_result_cache, {'dashboard_id': bw.hexid(area)} AS query_source
      FROM ${asked(t)} x WHERE ${t.within('ts')}`,
  },
];
