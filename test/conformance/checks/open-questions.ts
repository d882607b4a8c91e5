import { quoteTable, parseTableName } from '../../../main/databricks/identifiers.ts';
import { isJsonObject, parseJson, type JsonObject } from '../../../shared/base/json.ts';
import { anyAnswer, notObserved, told } from '../answered.ts';
import { onlyOn, type Check } from '../check.ts';
import { ask, seenOf, type Seen, type Stage } from '../stage.ts';

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
  let measured = 0;
  for (const [table, column] of Object.entries(newest)) {
    const answer = await ask(
      stage.workspace,
      `SELECT CAST((unix_micros(current_timestamp()) - unix_micros(max(${column}))) / 60000000 AS BIGINT) AS minutes FROM ${table} WHERE ${column} >= current_timestamp() - INTERVAL 3 DAYS`,
    );
    const age = answer.ok ? answer.value.rows[0]?.['minutes'] : undefined;
    if (age != null) measured += 1;
    minutes[table] = age ?? (answer.ok ? 'no row in three days' : seenOf(answer));
  }
  return measured === 0
    ? notObserved(`no system table has a row that we may read: ${shown(minutes)}`)
    : told({ minutes });
};

const shown = (value: unknown): string => JSON.stringify(value) ?? '';

/** Whether what came says something of what was asked: rows, or an error class that is not about rights. No way through says nothing. */
const tells = (seen: Seen): boolean =>
  'rows' in seen ||
  ('errorClass' in seen &&
    seen.sqlState !== '42501' &&
    !/^(?:INSUFFICIENT_PERMISSIONS|PERMISSION_DENIED|UNAUTHORIZED_ACCESS)/.test(seen.errorClass));

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
  if (!tells(bound) && !tells(literal))
    return notObserved(`event_log is refused either way: ${shown({ bound, literal })}`);
  const detail = await stage.workspace.rest.call({
    method: 'GET',
    path: `/api/2.0/pipelines/${encodeURIComponent(value)}`,
  });
  const spec =
    detail.ok && isJsonObject(detail.value) && isJsonObject(detail.value['spec']) ? detail.value['spec'] : {};
  const hidden = parseTableName(
    `${String(spec['catalog'])}.${String(spec['schema'])}.event_log_${value.replaceAll('-', '_')}`,
  );
  const byTable =
    typeof spec['schema'] === 'string' && hidden.ok
      ? seenOf(await ask(stage.workspace, `SELECT count(*) AS n FROM ${quoteTable(hidden.value)}`))
      : 'it has no schema of its own';
  return told({
    pipeline: id === undefined ? 'none: an id that is not there' : 'one of the workspace',
    bound,
    literal,
    hidden: byTable,
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

/** By which fields the query history of REST tells our own statements from others: those of this run, found by the name of its schema. */
const ownStatements = async (stage: Stage): Promise<unknown> => {
  await ask(stage.workspace, `SHOW TABLES IN ${stage.schema}`);
  const answer = await stage.workspace.rest.call({
    method: 'GET',
    path: '/api/2.0/sql/history/queries',
    query: { max_results: '100' },
  });
  if (!answer.ok) return notObserved(`the query history is not readable: ${answer.error.tag}`);
  const list = isJsonObject(answer.value) ? answer.value['res'] : [];
  const ours = (Array.isArray(list) ? list.filter(isJsonObject) : []).filter((one) =>
    String(one['query_text']).includes(stage.schema),
  );
  if (ours.length === 0) return notObserved('none of the statements of this run is told there yet');
  return told({
    fields: [...new Set(ours.flatMap((one) => Object.keys(one)))].toSorted(),
    byClient: ours.filter((one) => /breakwater/i.test(JSON.stringify(one['client_application'] ?? ''))).length,
    byTag: ours.filter((one) => /breakwater/i.test(JSON.stringify(one['query_tags'] ?? ''))).length,
    of: ours.length,
  });
};

/** The public specification lacks this path; which fields it answers with, for a table with lineage. */
const restLineage = async (stage: Stage): Promise<unknown> => {
  const named = await ask(
    stage.workspace,
    'SELECT target_table_full_name AS name FROM system.access.table_lineage WHERE target_table_full_name IS NOT NULL AND event_time >= current_timestamp() - INTERVAL 3 DAYS LIMIT 1',
  );
  const row = named.ok ? named.value.rows[0] : undefined;
  if (row?.['name'] == null) return notObserved('no table of three days has lineage that we may read');
  const answer = await stage.workspace.rest.call({
    method: 'GET',
    path: '/api/2.0/lineage-tracking/table-lineage',
    query: { table_name: row['name'], include_entity_lineage: 'true' },
  });
  if (!answer.ok) return notObserved(`the lineage is refused: ${answer.error.tag} ${answer.error.code ?? ''}`);
  const body = isJsonObject(answer.value) ? answer.value : {};
  const fields = Object.fromEntries(
    Object.entries(body).map(([key, value]) => [
      key,
      Array.isArray(value) && isJsonObject(value[0]) ? Object.keys(value[0]) : typeof value,
    ]),
  );
  return told({ fields });
};

/**
 * Whether maps and structs that no SELECT can turn into text (DESCRIBE HISTORY) arrive as JSON: the driver makes an empty object of
 * what is none, and what an operation changed would be lost without a word.
 */
const historyParameters = async (stage: Stage): Promise<unknown> => {
  const tables = await ask(
    stage.workspace,
    "SELECT target_table_full_name AS name FROM system.access.table_lineage WHERE target_type = 'TABLE' AND event_date >= current_date() - INTERVAL 3 DAYS GROUP BY target_table_full_name LIMIT 5",
  );
  const operations: Record<string, unknown> = {};
  for (const { name } of tables.ok ? tables.value.rows : []) {
    const table = parseTableName(name ?? '');
    if (!table.ok) continue;
    const answer = await ask(stage.workspace, `DESCRIBE HISTORY ${quoteTable(table.value)} LIMIT 50`);
    for (const row of answer.ok ? answer.value.rows : [])
      operations[row['operation'] ?? ''] = { parameters: kindOf(row['operationParameters']), job: kindOf(row['job']) };
  }
  if (Object.keys(operations).length === 0) return notObserved('no history of a table may be read');
  return told({ operations });
};
/** What a cell is, without its values: names of the fields of an object. */
const kindOf = (cell: string | null | undefined): unknown => {
  const value = cell == null ? null : parseJson(cell);
  if (value === null) return 'nothing';
  return value.ok && isJsonObject(value.value) ? Object.keys(value.value) : 'no object';
};

/** What a session has of the settings that it was opened with: a workspace that does not know one opens it without. */
const sessionSettings = async (stage: Stage): Promise<unknown> => {
  const settings: Record<string, unknown> = {};
  let answered = false;
  for (const name of ['TIMEZONE', 'STATEMENT_TIMEOUT', 'QUERY_TAGS']) {
    const answer = await ask(stage.workspace, `SET ${name}`);
    settings[name] = answer.ok ? answer.value.rows : seenOf(answer);
    answered ||= answer.ok;
  }
  return answered ? told({ settings }) : notObserved(`no setting is told: ${shown(settings)}`);
};

/**
 * How long questions to the whole metastore take, which no catalog bounds: information_schema warns of timeouts without such a filter, and
 * the watch has to ask so for profiles, tags of personal data and where they flow.
 */
const wholeMetastore = async (stage: Stage): Promise<unknown> => {
  const asked = {
    profiles:
      "SELECT count(*) AS n FROM system.information_schema.tables WHERE right(table_name, 14) = '_drift_metrics'",
    tags: "SELECT count(*) AS n FROM system.information_schema.column_tags WHERE lower(tag_name) LIKE 'class.%'",
    flows:
      'SELECT count(*) AS n FROM system.access.column_lineage WHERE event_date >= current_date() - INTERVAL 45 DAYS',
  };
  const took: Record<string, unknown> = {};
  let answered = false;
  for (const [name, text] of Object.entries(asked)) {
    const started = performance.now();
    const answer = await ask(stage.workspace, text);
    took[name] = { ms: Math.round(performance.now() - started), answer: seenOf(answer) };
    answered ||= answer.ok;
  }
  return answered ? told({ took }) : notObserved(`none of them is answered: ${shown(took)}`);
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
  ['open.own-statements', 'by what the query history of REST tells our own statements from others', ownStatements],
  ['open.whole-metastore', 'how long questions take that no catalog bounds', wholeMetastore],
  ['open.history-parameters', 'whether maps and structs of DESCRIBE HISTORY arrive as JSON', historyParameters],
  [
    'open.session-settings',
    'the settings that a session has: a workspace without query tags or timeouts opens it without them',
    sessionSettings,
  ],
  [
    'open.audit-keys',
    'which keys request_params has for each action that is read, of which level and workspace; never their values',
    list(
      `SELECT action_name AS action, audit_level AS level, CAST(workspace_id = '0' AS STRING) AS no_workspace, concat_ws(',', array_sort(collect_set(key))) AS keys FROM (SELECT action_name, audit_level, workspace_id, explode(map_keys(request_params)) AS key FROM system.access.audit WHERE event_date >= current_date() - INTERVAL 7 DAYS AND service_name IN ('unityCatalog', 'jobs') AND action_name IN ('createTable', 'updateTables', 'deleteTable', 'updatePermissions', 'createModelVersion', 'setRegisteredModelAlias', 'getTable', 'generateTemporaryTableCredential', 'changeJobAcl', 'update', 'runNow')) AS keys GROUP BY action_name, audit_level, workspace_id = '0' ORDER BY action, level LIMIT 100`,
      'the audit log may not be read',
    ),
  ],
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
