import { asked, notebooks } from './money.ts';
import { told, type Source } from './sql.ts';

/** Slices of a stretch at clock hours, as facts 1.0 say: `r` with started and ended. */
const slices = (of: string): string =>
  `(SELECT r.*, greatest(h, started) AS a, least(h + INTERVAL 1 HOUR, ended) AS b FROM ${of} r, LATERAL (SELECT unnest(range(date_trunc('hour', started), ended, INTERVAL 1 HOUR)) AS h))`;
const last = (value: string): string => `CASE WHEN b = ended THEN ${value} END`;
const code = `CASE state WHEN 'SUCCEEDED' THEN 'SUCCESS' WHEN 'SKIPPED' THEN 'SKIPPED' WHEN 'CANCELLED' THEN 'USER_CANCELED' ELSE 'RUN_EXECUTION_ERROR' END`;
const type = `CASE state WHEN 'SUCCEEDED' THEN 'SUCCESS' WHEN 'FAILED' THEN 'CLIENT_ERROR' END`;
/** Tasks of runs: equal parts; where the run failed its middle task did, and those after it were skipped. */
export const tasksSql = `(SELECT x.run, x.job, x.name, x.owner, x.cluster, x.key, x.n, x.message, CAST(CAST(x.run AS BIGINT) + x.n AS VARCHAR) AS task_run,
    x.started + (x.ended - x.started) * (x.n - 1) / x.parts AS started, x.started + (x.ended - x.started) * x.n / x.parts AS ended,
    CASE WHEN x.state != 'FAILED' OR x.n < x.bad THEN CASE WHEN x.state = 'FAILED' THEN 'SUCCEEDED' ELSE x.state END WHEN x.n = x.bad THEN 'FAILED' ELSE 'SKIPPED' END AS state
  FROM (SELECT r.run, r.job, r.started, r.ended, r.state, r.message, j.name, j.owner, j.cluster, len(j.tasks) AS parts, (len(j.tasks) + 2) // 2 AS bad, unnest(j.tasks) AS key, generate_subscripts(j.tasks, 1) AS n
    FROM est.runs r JOIN est.v_jobs j ON j.id = r.job WHERE r.kind = 'JOB') x)`;
const onCluster = `[{'type': 'CLASSIC', 'cluster_id': cluster, 'warehouse_id': CAST(NULL AS VARCHAR)}]`;
/** A repaired run has a result for each attempt: the first one failed on the way. */
const repairedAt = 'started + to_milliseconds((epoch_ms(ended) - epoch_ms(started)) * 2 // 5)';
const seconds = (from: string, to: string): string => `CAST(epoch(${to}) - epoch(${from}) AS BIGINT)`;
const created = (t: { now: string }): string => `${t.now} - INTERVAL 190 DAY`;
const cron = `'0 ' || (minute % 60) || ' ' || (minute // 60) || ' * * ?'`;

/** A lineage event for each table that ran, by source (or by path where it has none). */
const events = `(SELECT r.kind, r.job, r.run, t.full AS target, t.layer, t.owner, unnest(CASE WHEN len(t.sources) = 0 THEN [NULL] ELSE t.sources END) AS source,
    r.started + to_milliseconds(CAST(epoch_ms(r.ended) - epoch_ms(r.started) AS BIGINT) * CAST(10 + 80 * bw.dice(r.run || t.full) AS BIGINT) // 100) AS ts
  FROM est.runs r JOIN est.v_tables t ON t.job = r.job OR t.pipeline = r.job WHERE r.state = 'SUCCEEDED' AND r.started > (SELECT max(started) FROM est.runs) - INTERVAL 30 DAY)`;
const ends = (end: string): string =>
  `${end} AS ${end}_table_full_name, split_part(${end}, '.', 1) AS ${end}_table_catalog, split_part(${end}, '.', 2) AS ${end}_table_schema, split_part(${end}, '.', 3) AS ${end}_table_name`;
const mover = (
  ids: string,
  metastore: string,
): string => `${ids}, '${metastore}' AS metastore_id, kind AS entity_type, job AS entity_id, run AS entity_run_id, owner AS created_by, ts AS event_time, CAST(ts AS DATE) AS event_date,
  {'job_info': CASE WHEN kind = 'JOB' THEN {'job_id': job, 'job_run_id': run} END, 'dlt_pipeline_info': CASE WHEN kind = 'PIPELINE' THEN {'dlt_pipeline_id': job, 'dlt_update_id': run} END} AS entity_metadata, TRUE AS direct_access`;

export const workSources: readonly Source[] = [
  {
    table: 'lakeflow.jobs',
    lateMinutes: 60,
    sql: (t) =>
      `SELECT ${t.ids}, id AS job_id, name, '7002' AS creator_id, MAP {'area': area} AS tags, '7002' AS run_as, ${created(t)} AS change_time, area || ': ' || kind AS description, 'SCHEDULE' AS trigger_type,
        {'schedule': {'quartz_cron_expression': ${cron}, 'timezone_id': 'UTC'}} AS "trigger", owner AS run_as_user_name, owner AS creator_user_name, FALSE AS paused, 0 AS timeout_seconds, ${created(t)} AS create_time
      FROM est.v_jobs WHERE ${t.within(created(t))}
      UNION ALL BY NAME SELECT ${t.ids}, id AS job_id, name, '7002' AS creator_id, MAP {'area': area} AS tags, ${t.now} - to_days(CAST(3 + bw.dice(id) * 200 AS INTEGER)) AS change_time, area || ': ' || kind AS description,
        'SCHEDULE' AS trigger_type, owner AS run_as_user_name, owner AS creator_user_name, FALSE AS paused, 7200 AS timeout_seconds, ${created(t)} AS create_time
      FROM est.v_jobs WHERE bw.dice(id) < 0.2 AND ${t.within(`${t.now} - to_days(CAST(3 + bw.dice(id) * 200 AS INTEGER))`)}`,
  },
  {
    table: 'lakeflow.job_tasks',
    lateMinutes: 60,
    sql: (t) =>
      `SELECT ${t.ids}, id AS job_id, unnest(tasks) AS task_key, unnest(list_transform(tasks, lambda x, i: CASE WHEN i = 1 THEN [] ELSE [tasks[i - 1]] END)) AS depends_on_keys, ${created(t)} AS change_time, 0 AS timeout_seconds
      FROM est.v_jobs WHERE ${t.within(created(t))}`,
  },
  {
    table: 'lakeflow.job_run_timeline',
    lateMinutes: 60,
    sql: (t) =>
      `SELECT ${t.ids}, job AS job_id, run AS run_id, a AS period_start_time, b AS period_end_time, 'CRON' AS trigger_type, 'JOB_RUN' AS run_type, j.name AS run_name, [j.cluster] AS compute_ids,
        [{'type': 'CLASSIC', 'cluster_id': j.cluster}] AS compute, ${last('state')} AS result_state, ${last(code)} AS termination_code, ${last(type)} AS termination_type
      FROM ${slices("(SELECT * FROM est.runs WHERE kind = 'JOB')")} s JOIN est.v_jobs j ON j.id = s.job WHERE ${t.within('b')}
      UNION ALL BY NAME SELECT ${t.ids}, job AS job_id, run AS run_id, started AS period_start_time, ${repairedAt} AS period_end_time, 'CRON' AS trigger_type, 'JOB_RUN' AS run_type, j.name AS run_name, [j.cluster] AS compute_ids,
        'FAILED' AS result_state, 'CLOUD_FAILURE' AS termination_code, 'CLOUD_FAILURE' AS termination_type FROM est.runs r JOIN est.v_jobs j ON j.id = r.job WHERE r.repaired AND ${t.within(repairedAt)}`,
  },
  {
    table: 'lakeflow.job_task_run_timeline',
    lateMinutes: 60,
    sql: (t) =>
      `SELECT ${t.ids}, job AS job_id, task_run AS run_id, a AS period_start_time, b AS period_end_time, key AS task_key, [cluster] AS compute_ids, ${onCluster} AS compute, run AS job_run_id, run AS parent_run_id,
        ${last('state')} AS result_state, ${last(code)} AS termination_code, ${last(type)} AS termination_type, ${last(seconds('started', 'ended'))} AS execution_duration_seconds
      FROM ${slices(tasksSql)} s WHERE ${t.within('b')}`,
  },
  {
    table: 'access.table_lineage',
    lateMinutes: 30,
    sql: (t) =>
      `SELECT ${mover(t.ids, t.plan.metastoreId)}, ${ends('source')}, ${ends('target')}, CASE WHEN source IS NULL THEN 'PATH' ELSE 'TABLE' END AS source_type,
        CASE WHEN source IS NULL THEN 's3://landing/' || split_part(target, '.', 3) || '/' END AS source_path, CASE WHEN kind = 'PIPELINE' THEN 'STREAMING_TABLE' ELSE 'TABLE' END AS target_type,
        bw.uuid(run || target || coalesce(source, '')) AS record_id, bw.uuid(run || target) AS event_id
      FROM ${events} e WHERE ${t.within('ts')}
      UNION ALL BY NAME SELECT ${t.ids}, '${t.plan.metastoreId}' AS metastore_id, owner AS created_by, ts AS event_time, CAST(ts AS DATE) AS event_date, bw.uuid(k) AS statement_id, bw.uuid(k || 'l') AS record_id, bw.uuid(k || 'e') AS event_id,
        ${ends('source')}, 'TABLE' AS source_type, TRUE AS direct_access FROM (SELECT q.*, "full" AS source FROM ${asked(t)} q) x WHERE ${t.within('ts')}
      UNION ALL BY NAME SELECT ${t.ids}, '${t.plan.metastoreId}' AS metastore_id, 'NOTEBOOK' AS entity_type, notebook AS entity_id, owner AS created_by, ended AS event_time, CAST(ended AS DATE) AS event_date, {'notebook_id': notebook} AS entity_metadata,
        bw.uuid(notebook || d) AS record_id, bw.uuid(notebook || d || 'e') AS event_id, ${ends('source')}, 'TABLE' AS source_type, TRUE AS direct_access FROM (SELECT n.*, "full" AS source FROM ${notebooks(t)} n) x WHERE ${t.within('ended')}`,
  },
  {
    table: 'access.column_lineage',
    lateMinutes: 30,
    sql: (t) =>
      `SELECT ${mover(t.ids, t.plan.metastoreId)}, ${ends('source')}, ${ends('target')}, 'TABLE' AS source_type, 'TABLE' AS target_type, s AS source_column_name, o AS target_column_name,
        bw.uuid(run || target || source || o) AS record_id, bw.uuid(run || target) AS event_id
      FROM (SELECT e.*, unnest(CASE WHEN layer = 'feature' THEN ['amount', 'quantity'] WHEN layer = 'silver' THEN ['amount', 'country', 'recorded_at'] ELSE ['amount'] END) AS s,
          unnest(CASE WHEN layer = 'feature' THEN ['amount_7d', 'quantity_7d'] WHEN layer = 'silver' THEN ['amount', 'country', 'recorded_at'] ELSE ['amount'] END) AS o
        FROM ${events} e WHERE source IS NOT NULL AND ts > ${t.now} - INTERVAL 14 DAY AND (layer IN ('silver', 'feature') OR ends_with(target, '_daily'))) x WHERE ${t.within('ts')}`,
  },
  {
    table: 'lakeflow.pipelines',
    lateMinutes: 60,
    sql: (t) =>
      `SELECT ${t.ids}, id AS pipeline_id, 'ETL_PIPELINE' AS pipeline_type, name, owner AS created_by, owner AS run_as, MAP {'area': area} AS tags, {'photon': TRUE, 'development': FALSE, 'continuous': FALSE, 'serverless': TRUE, 'edition': 'ADVANCED', 'channel': 'CURRENT'} AS settings,
        ${created(t)} AS change_time, ${created(t)} AS create_time FROM est.v_pipelines WHERE ${t.within(created(t))}`,
  },
  {
    table: 'lakeflow.pipeline_update_timeline',
    lateMinutes: 60,
    sql: (t) =>
      `SELECT ${t.ids}, job AS pipeline_id, run AS update_id, 'REFRESH' AS update_type, bw.uuid(run) AS request_id, p.owner AS run_as_user_name, 'JOB_TASK' AS trigger_type, a AS period_start_time, b AS period_end_time,
        {'type': 'SERVERLESS_COMPUTE', 'cluster_id': CAST(NULL AS VARCHAR)} AS compute, ${last("CASE state WHEN 'SUCCEEDED' THEN 'COMPLETED' ELSE state END")} AS result_state
      FROM ${slices("(SELECT * FROM est.runs WHERE kind = 'PIPELINE')")} s JOIN est.v_pipelines p ON p.id = s.job WHERE ${t.within('b')}`,
  },
  {
    table: 'lakeflow_pipeline_events_preview.pipeline_events',
    lateMinutes: 15,
    sql: (t) =>
      `SELECT ${t.ids}, job AS pipeline_id, run AS update_id, bw.uuid(run || d) AS pipeline_event_id, 'flow_progress' AS event_type, {'pipeline_id': job, 'pipeline_name': name, 'update_id': run, 'dataset_name': d, 'flow_name': d} AS origin,
        'Flow ' || d || ' has ' || CASE WHEN state = 'SUCCEEDED' THEN 'COMPLETED.' ELSE 'FAILED.' END AS message, CASE WHEN state = 'SUCCEEDED' THEN 'INFO' ELSE 'ERROR' END AS level, 'STABLE' AS maturity_level, ended AS event_time,
        CASE WHEN message IS NOT NULL THEN {'fatal': TRUE, 'exceptions': [{'class_name': 'com.databricks.pipelines.UnexpectedFlowFailure', 'message': message}]} END AS error,
        to_json({'flow_progress': {'status': CASE WHEN state = 'SUCCEEDED' THEN 'COMPLETED' ELSE 'FAILED' END, 'metrics': {'num_output_rows': n}, 'data_quality': {'dropped_records': n // 2000, 'expectations': [
          {'name': 'valid_country', 'dataset': d, 'passed_records': n - n // 2000, 'failed_records': n // 2000}, {'name': 'positive_amount', 'dataset': d, 'passed_records': n - n // 900, 'failed_records': n // 900}]}}}) AS details
      FROM (SELECT r.*, p.name, t.full AS d, CAST(t.volume * bw.busy(CAST(r.started AS DATE)) * (0.9 + 0.2 * bw.dice(r.run || t.full)) AS BIGINT) AS n
        FROM est.runs r JOIN est.v_pipelines p ON p.id = r.job JOIN est.v_tables t ON t.pipeline = r.job WHERE r.kind = 'PIPELINE' AND r.started > ${t.now} - INTERVAL ${told / 3} DAY) x WHERE ${t.within('ended')}`,
  },
];
