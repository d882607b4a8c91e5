import type { Source } from './sql.ts';

const versions = `(SELECT m.*, unnest(versions) AS v FROM est.v_models m)`;
const trained = (t: { now: string }): string => `${t.now} - to_days(v.daysAgo)`;

export const learningSources: readonly Source[] = [
  {
    table: 'mlflow.experiments_latest',
    lateMinutes: 30,
    sql: (t) =>
      `SELECT ${t.ids}, ${t.now} - INTERVAL 150 DAY AS update_time, ${t.now} - INTERVAL 150 DAY AS create_time, experiment AS experiment_id, '/Shared/' || split_part("full", '.', 3) AS name
      FROM est.v_models WHERE ${t.within(`${t.now} - INTERVAL 150 DAY`)}`,
  },
  {
    table: 'mlflow.runs_latest',
    lateMinutes: 30,
    sql: (t) =>
      `SELECT ${t.ids}, ${trained(t)} AS update_time, v.run AS run_id, experiment AS experiment_id, owner AS created_by, ${trained(t)} - INTERVAL 47 MINUTE AS start_time, ${trained(t)} AS end_time, 'train-' || v.version AS run_name, 'FINISHED' AS status,
        MAP {'max_depth': CAST(5 + v.version AS VARCHAR), 'learning_rate': '0.05'} AS params, MAP {'mlflow.source.type': 'JOB'} AS tags,
        [{'metric_name': 'rmse', 'min_value': 12 - v.version, 'max_value': 40.0, 'latest_value': 12 - v.version + bw.dice(v.run)}, {'metric_name': 'auc', 'min_value': 0.5, 'max_value': 0.8 + 0.02 * v.version, 'latest_value': 0.8 + 0.02 * v.version}] AS aggregated_metrics
      FROM ${versions} WHERE ${t.within(trained(t))}`,
  },
  {
    table: 'mlflow.run_metrics_history',
    lateMinutes: 30,
    sql: (t) =>
      `SELECT ${t.ids}, ${trained(t)} AS insert_time, bw.uuid(v.run || n) AS record_id, experiment AS experiment_id, v.run AS run_id, 'rmse' AS metric_name, ${trained(t)} - to_minutes(20 - n) AS metric_time, n AS metric_step,
        12 - v.version + 28 / (1.0 + n) AS metric_value FROM ${versions}, (SELECT unnest(range(0, 20))::INTEGER AS n) WHERE ${t.within(`${trained(t)} - to_minutes(20 - n)`)}`,
  },
  {
    table: 'serving.served_entities',
    lateMinutes: 60,
    sql: (t) =>
      `SELECT ${t.ids}, endpoint.entity AS served_entity_id, owner AS created_by, endpoint.name AS endpoint_name, endpoint.id AS endpoint_id, split_part("full", '.', 3) || '-' || endpoint.version AS served_entity_name, 'CUSTOM_MODEL' AS entity_type,
        "full" AS entity_name, CAST(endpoint.version AS VARCHAR) AS entity_version, endpoint.version AS endpoint_config_version, {'min_concurrency': 0, 'max_concurrency': 4, 'compute_type': 'CPU'} AS custom_model_config, ${trained(t)} + INTERVAL 1 DAY AS change_time
      FROM ${versions} WHERE v.version = endpoint.version AND ${t.within(`${trained(t)} + INTERVAL 1 DAY`)}`,
  },
  {
    table: 'serving.endpoint_usage',
    lateMinutes: 60,
    sql: (t) =>
      `SELECT ${t.ids}, bw.uuid(endpoint.id || ts) AS databricks_request_id, owner AS requester, CASE WHEN bw.dice(endpoint.id || ts) < 0.004 THEN 500 ELSE 200 END AS status_code, ts AS request_time, FALSE AS request_streaming, endpoint.entity AS served_entity_id
      FROM est.v_models, (SELECT unnest(range(date_trunc('hour', ${t.now}) - INTERVAL 14 DAY, ${t.now}, INTERVAL 20 MINUTE)) AS ts) WHERE endpoint IS NOT NULL AND ${t.within('ts')}`,
  },
  {
    table: 'data_quality_monitoring.table_results',
    lateMinutes: 90,
    sql: (t) =>
      `SELECT ts AS event_time, split_part("full", '.', 1) AS catalog_name, split_part("full", '.', 2) AS schema_name, split_part("full", '.', 3) AS table_name, bw.uuid("full") AS table_id, 'Healthy' AS status,
        {'status': 'Healthy', 'commit_freshness': {'status': 'Healthy', 'last_value': ts - INTERVAL 2 HOUR, 'predicted_value': ts + INTERVAL 22 HOUR}} AS freshness,
        {'status': 'Healthy', 'daily_row_count': {'status': 'Healthy', 'last_value': n, 'min_predicted_value': n * 8 // 10, 'max_predicted_value': n * 13 // 10}} AS completeness,
        {'impact_level': CASE WHEN layer = 'gold' THEN 1 ELSE 2 END, 'num_downstream_tables': 2, 'num_queries_on_affected_tables': 14} AS downstream_impact
      FROM (SELECT *, CAST(volume * bw.busy(CAST(d AS DATE)) AS BIGINT) AS n, d + to_minutes(480 + CAST(bw.dice("full") * 60 AS INTEGER)) AS ts FROM est.v_tables, (SELECT unnest(range(date_trunc('day', ${t.now}) - INTERVAL 30 DAY, ${t.now}, INTERVAL 1 DAY)) AS d)
        WHERE layer IN ('silver', 'gold') AND bw.dice("full") < 0.4) x WHERE ${t.within('ts')}`,
  },
];
