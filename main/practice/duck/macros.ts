/**
 * Functions of Databricks SQL that the translator leaves alone, as DuckDB macros. One line each: `name(arguments) AS expression`.
 * Times are naive UTC (see sql-types.ts).
 */
export const macros: readonly string[] = [
  'get_json_object(j, p) AS json_extract_string(CASE WHEN json_valid(CAST(j AS VARCHAR)) THEN CAST(j AS JSON) END, p)',
  'unix_micros(t) AS epoch_us(CAST(t AS TIMESTAMP))',
  'unix_millis(t) AS epoch_ms(CAST(t AS TIMESTAMP))',
  'unix_seconds(t) AS CAST(floor(epoch_us(CAST(t AS TIMESTAMP)) / 1000000) AS BIGINT)',
  'timestamp_micros(n) AS make_timestamp(CAST(n AS BIGINT))',
  'timestamp_millis(n) AS make_timestamp(CAST(n AS BIGINT) * 1000)',
  'timestamp_seconds(n) AS make_timestamp(CAST(n AS BIGINT) * 1000000)',
  "from_unixtime(n) AS strftime(make_timestamp(CAST(n AS BIGINT) * 1000000), '%Y-%m-%d %H:%M:%S')",
  'count_if(c) AS count(*) FILTER (WHERE c)',
  'array_size(a) AS len(a)',
  'sequence(a, b) AS generate_series(a, b)',
  'size(a) AS CASE WHEN a IS NULL THEN -1 ELSE len(a) END',
  'bw_concat(a, b) AS CAST(a AS VARCHAR) || CAST(b AS VARCHAR)',
  'bw_div(a, b) AS CAST(a // b AS BIGINT)',
  'nvl(a, b) AS coalesce(a, b)',
  'sha2(t, n) AS CASE WHEN n IN (0, 256) THEN sha256(CAST(t AS VARCHAR)) END',
  'try_divide(a, b) AS CASE WHEN b = 0 THEN NULL ELSE a / b END',
  // Databricks spells numbers that are none its own way; text that happens to read so stays as it is.
  "bw_text(a) AS CASE WHEN typeof(a) IN ('DOUBLE', 'FLOAT') THEN replace(replace(CAST(a AS VARCHAR), 'nan', 'NaN'), 'inf', 'Infinity') ELSE CAST(a AS VARCHAR) END",
  // Null fields are left out, as to_json of Databricks does; a merge with nothing drops them.
  "bw_to_json(a) AS CAST(json_merge_patch('{}', to_json(a)) AS VARCHAR)",
  'substring_index(s, d, n) AS CASE WHEN n >= 0 THEN array_to_string(list_slice(str_split(s, d), 1, n), d) ELSE array_to_string(list_slice(str_split(s, d), n, -1), d) END',
  'int(a) AS CAST(a AS INTEGER)',
  'bigint(a) AS CAST(a AS BIGINT)',
  'string(a) AS CAST(a AS VARCHAR)',
  'date(a) AS CAST(a AS DATE)',
];
