import { isJsonObject, type JsonObject } from '../../../shared/base/json.ts';
import { anyAnswer, notObserved, told } from '../answered.ts';
import { onlyOn, type Check } from '../check.ts';
import { ask, rowsOf, seenOf, type Stage } from '../stage.ts';

/** When the newest row of a system table is from: the column that says it. */
const newest = {
  'system.access.table_lineage': 'event_time',
  'system.access.column_lineage': 'event_time',
  'system.access.audit': 'event_time',
  'system.lakeflow.job_run_timeline': 'period_end_time',
  'system.query.history': 'update_time',
  'system.compute.node_timeline': 'end_time',
  'system.serving.served_entities': 'change_time',
  'system.serving.endpoint_usage': 'request_time',
  'system.mlflow.runs_latest': 'update_time',
  'system.billing.usage': 'usage_end_time',
} as const;

/** How late each system table is at most now: the age of its newest row of three days, in minutes. */
const lateness = async (stage: Stage): Promise<unknown> => {
  const minutes: Record<string, unknown> = {};
  for (const [table, column] of Object.entries(newest)) {
    const answer = await ask(
      stage.workspace,
      `SELECT CAST((unix_micros(current_timestamp()) - unix_micros(max(${column}))) / 60000000 AS BIGINT) AS minutes FROM ${table} WHERE ${column} >= current_timestamp() - INTERVAL 3 DAYS`,
    );
    minutes[table] = answer.ok ? (answer.value.rows[0]?.['minutes'] ?? 'no row in three days') : seenOf(answer);
  }
  return told({ minutes });
};

const listOf = async (stage: Stage, path: string, key: string): Promise<readonly JsonObject[] | string> => {
  const answer = await stage.workspace.rest.call({ method: 'GET', path, query: { max_results: '25' } });
  if (!answer.ok) return `${path} is not readable: ${answer.error.tag}`;
  const list = isJsonObject(answer.value) ? answer.value[key] : undefined;
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
};

/** Whether `event_log` takes a bound parameter; with a pipeline that is there, or with one that is not, whose refusal tells. */
const eventLog = async (stage: Stage): Promise<unknown> => {
  const found = await listOf(stage, '/api/2.0/pipelines', 'statuses');
  if (typeof found === 'string') return notObserved(found);
  const id = found.map((one) => one['pipeline_id']).find((one) => typeof one === 'string');
  const value = typeof id === 'string' ? id : '00000000-0000-4000-8000-000000000000';
  const bound = seenOf(await ask(stage.workspace, 'SELECT count(*) AS n FROM event_log(:p)', { p: value }));
  const literal = seenOf(
    await ask(stage.workspace, `SELECT count(*) AS n FROM event_log('${value.replaceAll("'", '')}')`),
  );
  return told({
    pipeline: id === undefined ? 'none: an id that is not there' : 'one of the workspace',
    bound,
    literal,
  });
};

/** Which fields events of pipelines have in REST; whether `details` is among them. */
const pipelineEvents = async (stage: Stage): Promise<unknown> => {
  const found = await listOf(stage, '/api/2.0/pipelines', 'statuses');
  if (typeof found === 'string') return notObserved(found);
  const keys = new Set<string>();
  for (const one of found.slice(0, 5)) {
    const id = one['pipeline_id'];
    const events = typeof id === 'string' ? await listOf(stage, `/api/2.0/pipelines/${id}/events`, 'events') : [];
    if (typeof events !== 'string') for (const event of events) for (const key of Object.keys(event)) keys.add(key);
  }
  if (keys.size === 0) return notObserved('no pipeline of the workspace has events that we may read');
  return told({ fields: [...keys].sort() });
};

/** The public specification lacks this path; which fields it answers with, for a table with lineage. */
const restLineage = async (stage: Stage): Promise<unknown> => {
  const [row] = await rowsOf(
    stage,
    'SELECT target_table_full_name AS name FROM system.access.table_lineage WHERE target_table_full_name IS NOT NULL AND event_time >= current_timestamp() - INTERVAL 3 DAYS LIMIT 1',
  );
  if (row?.['name'] == null) return notObserved('no table of three days has lineage that we may read');
  const answer = await stage.workspace.rest.call({
    method: 'GET',
    path: '/api/2.0/lineage-tracking/table-lineage',
    query: { table_name: row['name'], include_entity_lineage: 'true' },
  });
  if (!answer.ok) return told({ refused: answer.error.tag, code: answer.error.code });
  const body = isJsonObject(answer.value) ? answer.value : {};
  const fields = Object.fromEntries(
    Object.entries(body).map(([key, value]) => [
      key,
      Array.isArray(value) && isJsonObject(value[0]) ? Object.keys(value[0]) : typeof value,
    ]),
  );
  return told({ fields });
};

/** Rows of a statement as the answer; not observed when it may not be read or nothing is there. */
const list =
  (text: string, nothing: string) =>
  async (stage: Stage): Promise<unknown> => {
    const answer = await ask(stage.workspace, text);
    if (!answer.ok) return notObserved(`${nothing} (${answer.error.errorClass ?? answer.error.tag})`);
    return answer.value.rows.length === 0 ? notObserved(nothing) : told(answer.value.rows);
  };

const metricColumns = "'confusion_matrix', 'precision', 'recall', 'f1_score', 'roc_auc_score'";

const asked: readonly (readonly [id: string, about: string, observe: Check['observe']])[] = [
  ['open.lateness', 'how late the system tables are, measured by their newest rows', lateness],
  ['open.event-log-parameter', 'whether event_log takes a bound parameter', eventLog],
  ['open.pipeline-events', 'the fields of pipeline events in REST', pipelineEvents],
  ['open.rest-lineage', 'the fields of the lineage that REST answers with', restLineage],
  [
    'open.trigger-types',
    'the kinds of triggers that occur in the timeline of runs',
    list(
      'SELECT DISTINCT trigger_type AS trigger FROM system.lakeflow.job_run_timeline WHERE period_start_time >= current_timestamp() - INTERVAL 30 DAYS ORDER BY trigger LIMIT 100',
      'no run of 30 days may be read',
    ),
  ],
  [
    'open.metric-layouts',
    'the layout of metrics of an inference profile, as information_schema tells it',
    list(
      `SELECT DISTINCT column_name AS name, full_data_type AS type FROM system.information_schema.columns WHERE table_name LIKE '%_profile_metrics' AND column_name IN (${metricColumns}) ORDER BY name, type LIMIT 100`,
      'no profile with such metrics may be read',
    ),
  ],
  [
    'open.price',
    'the list price of a DBU of SQL, for what keeping a warehouse awake costs',
    list(
      "SELECT sku_name, CAST(pricing.default AS STRING) AS price, currency_code FROM system.billing.list_prices WHERE price_end_time IS NULL AND sku_name LIKE '%SQL%' ORDER BY sku_name LIMIT 50",
      'no list prices may be read',
    ),
  ],
];

/** What neither documents nor the other engines answer: told, whatever it is. */
export const openQuestions: readonly Check[] = asked.map(([id, about, observe]) => ({
  id,
  about,
  lacking: onlyOn('workspace', 'only a real workspace can answer it'),
  observe,
  expected: anyAnswer,
})); // prettier-ignore
