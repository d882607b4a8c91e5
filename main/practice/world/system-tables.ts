import { columnsOf } from './domains.ts';
import type { NewColumn } from '../duck/table.ts';

const lineageMetadata =
  'struct<job_info:struct<job_id:string,job_run_id:string>,dashboard_id:string,legacy_dashboard_id:string,notebook_id:string,sql_query_id:string,dlt_pipeline_info:struct<dlt_pipeline_id:string,dlt_update_id:string>>';

/** System tables with the documented columns (facts 1.1); `schema.table` → columns. */
export const systemTables: Readonly<Record<string, readonly NewColumn[]>> = {
  'access.table_lineage': [
    ...columnsOf(
      'account_id string, metastore_id string, workspace_id string, entity_type string, entity_id string, entity_run_id string, source_table_full_name string, source_table_catalog string, source_table_schema string, source_table_name string, source_path string, source_type string, target_table_full_name string, target_table_catalog string, target_table_schema string, target_table_name string, target_path string, target_type string, created_by string, event_time timestamp, event_date date, record_id string, event_id string, statement_id string',
    ),
    { name: 'entity_metadata', type: lineageMetadata },
    { name: 'direct_access', type: 'boolean' },
  ],
  'access.audit': columnsOf(
    'account_id string, workspace_id string, version string, event_time timestamp, event_date date, source_ip_address string, user_agent string, session_id string, user_identity struct<email:string,subject_name:string>, service_name string, action_name string, request_id string, request_params map<string,string>, response struct<status_code:int,error_message:string,result:string>, audit_level string, event_id string, identity_metadata struct<run_by:string,run_as:string,acting_resource:string>',
  ),
  'lakeflow.jobs': columnsOf(
    'account_id string, workspace_id string, job_id string, name string, creator_id string, tags map<string,string>, run_as string, change_time timestamp, delete_time timestamp, description string, trigger_type string, run_as_user_name string, creator_user_name string, paused boolean, timeout_seconds bigint, create_time timestamp',
  ),
  'lakeflow.job_tasks': columnsOf(
    'account_id string, workspace_id string, job_id string, task_key string, depends_on_keys array<string>, change_time timestamp, delete_time timestamp, timeout_seconds bigint',
  ),
  'lakeflow.job_run_timeline': columnsOf(
    'account_id string, workspace_id string, job_id string, run_id string, period_start_time timestamp, period_end_time timestamp, trigger_type string, result_state string, run_type string, run_name string, compute_ids array<string>, termination_code string, job_parameters map<string,map<string,string>>, termination_type string',
  ),
  'lakeflow.job_task_run_timeline': columnsOf(
    'account_id string, workspace_id string, job_id string, run_id string, period_start_time timestamp, period_end_time timestamp, task_key string, compute_ids array<string>, result_state string, job_run_id string, parent_run_id string, termination_code string, termination_type string',
  ),
};

/** Output tables of a data profile (facts 1.2). */
export const driftColumns: readonly NewColumn[] = columnsOf(
  'window struct<start:timestamp,end:timestamp>, granularity string, monitor_version bigint, slice_key string, slice_value string, column_name string, data_type string, window_cmp struct<start:timestamp,end:timestamp>, drift_type string, count_delta bigint, avg_delta double, percent_null_delta double, percent_zeros_delta double, percent_distinct_delta double, non_null_columns_delta struct<added:int,missing:int>, js_distance double, ks_test struct<statistic:double,pvalue:double>, wasserstein_distance double, population_stability_index double, chi_squared_test struct<statistic:double,pvalue:double>, tv_distance double, l_infinity_distance double',
);

export const profileColumns: readonly NewColumn[] = columnsOf(
  'window struct<start:timestamp,end:timestamp>, log_type string, logging_table_commit_version int, monitor_version bigint, granularity string, slice_key string, slice_value string, column_name string, count bigint, data_type string, num_nulls bigint, avg double, quantiles array<double>, min double, max double, stddev double, num_zeros bigint, num_nan bigint, min_length double, max_length double, avg_length double, non_null_columns array<string>, frequent_items array<struct<item:string,count:bigint>>, median double, distinct_count bigint, percent_nan double, percent_null double, percent_zeros double, percent_distinct double',
);
