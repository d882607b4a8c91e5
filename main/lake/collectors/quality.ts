import { type JsonObject, type JsonValue } from '../../../shared/base/json.ts';
import type { TextRow } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { jobAsset, tableAsset } from '../assets.ts';
import type { CollectContext, Collector } from '../collector.ts';
import { makeFact } from '../make-fact.ts';
import type { LakeFact } from '../port.ts';
import { without } from '../pull.ts';
import { instantOf, minus, objectOf, textOf, timestampParameter } from '../rows.ts';
import { among, scoped } from '../scope-filter.ts';
import { asJson, asMicros, asText, before, computed } from '../select.ts';
import { tableCollector } from '../table-source.ts';
import { startOf, timeWindow } from '../window.ts';
import { object, objects } from '../rest-read.ts';

const kind = statementKind('lake.quality', 'read', 'data-quality results that are not healthy, or are so again');
const countKind = statementKind('lake.quality.count', 'read', 'how many data-quality results there are');
const source = 'system.data_quality_monitoring.table_results';
const table = { catalog: 'system', schema: 'data_quality_monitoring', table: 'table_results' };
/** A result is looked at beside the one before it: so far back that one may lie (tables are judged daily or more often). */
const between = 2 * 86_400_000;

const status = asText('status');
const wants = [
  asText('table_id', { as: 'id' }),
  asText('catalog_name', { as: 'cat', required: true }),
  asText('schema_name', { as: 'sch', required: true }),
  asText('table_name', { as: 'name', required: true }),
  asMicros('event_time', { as: 'at', required: true }),
  status,
  before(status, ['catalog_name', 'schema_name', 'table_name'], 'event_time'),
  computed('event_time', 'newest', dbx`unix_micros(max(event_time) OVER ())`),
  asJson('freshness', {
    fields: [['status'], ...['status', 'last_value', 'predicted_value'].map((name) => ['commit_freshness', name])],
  }),
  asJson('completeness', {
    fields: [
      ['status'],
      ...['total_row_count', 'daily_row_count'].flatMap((count) =>
        ['status', 'error_code', 'last_value', 'min_predicted_value', 'max_predicted_value'].map((name) => [
          count,
          name,
        ]),
      ),
    ],
  }),
  asJson('downstream_impact', {
    as: 'impact',
    fields: [['impact_level'], ['num_downstream_tables'], ['num_queries_on_affected_tables']],
  }),
  asJson('root_cause_analysis', {
    as: 'causes',
    fields: ['job_id', 'workspace_id', 'job_name', 'last_run_status'].map((name) => ['upstream_jobs', name]),
  }),
];

const known = (value: JsonValue | undefined): string | number | null =>
  typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value)) ? value : null;
/** A moment inside of JSON is text, and engines write it in different ways; what is no moment stays as it came. */
const momentIn = (value: JsonValue | undefined): string | number | null =>
  typeof value === 'string' ? (instantOf({ at: value }, 'at') ?? value) : known(value);
const word = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value.toLowerCase() : null;

/** What was found, in words: which of the checks is not healthy. */
const complaints = (fresh: JsonObject, complete: JsonObject): readonly string[] => {
  const rows = (name: string, words: string): readonly string[] => {
    const check = object(complete[name]);
    if (word(check['status']) !== 'unhealthy') return [];
    const [last, least, most] = [check['last_value'], check['min_predicted_value'], check['max_predicted_value']].map(
      known,
    );
    return [
      last === null || least === null || most === null
        ? `${words} is not as expected`
        : `${words} ${last}, expected ${least} to ${most}`,
    ];
  };
  const commits = object(fresh['commit_freshness']);
  const late = word(commits['status']) === 'unhealthy' || word(fresh['status']) === 'unhealthy';
  return [
    ...(late ? ['no fresh commit when one was expected'] : []),
    ...rows('daily_row_count', 'rows of the day'),
    ...rows('total_row_count', 'rows in all'),
  ];
};

const rowCount = (complete: JsonObject, name: string): JsonObject => {
  const check = object(complete[name]);
  return {
    status: word(check['status']), error: known(check['error_code']), last: known(check['last_value']),
    expectedFrom: known(check['min_predicted_value']), expectedTo: known(check['max_predicted_value']),
  }; // prettier-ignore
};

/** Jobs kept of one result at most. */
const mostJobs = 20;
/** Upstream jobs that the platform itself names as likely cause: ids and how they ended, no links. */
const upstreamJobs = (causes: JsonObject): readonly JsonObject[] =>
  objects(causes['upstream_jobs'])
    .slice(0, mostJobs)
    .map((job) => {
      return {
      job: known(job['job_id']), workspace: known(job['workspace_id']), name: known(job['job_name']),
      lastRun: known(job['last_run_status']),
    }; // prettier-ignore
    });

const qualityFact = (row: TextRow, context: CollectContext): LakeFact | null => {
  const [cat, sch, name, at] = [textOf(row, 'cat'), textOf(row, 'sch'), textOf(row, 'name'), instantOf(row, 'at')];
  const raw = textOf(row, 'status');
  if (cat === null || sch === null || name === null || at === null || raw === null) return null;
  const [fresh, complete, impact, causes] = [
    objectOf(row, 'freshness'), objectOf(row, 'completeness'), objectOf(row, 'impact'), objectOf(row, 'causes'),
  ]; // prettier-ignore
  const state = raw.toLowerCase();
  const found = complaints(fresh, complete);
  const full = `${cat}.${sch}.${name}`;
  const jobs = upstreamJobs(causes);
  const words =
    state === 'unhealthy'
      ? `is unhealthy${found.length === 0 ? '' : `: ${found.join('; ')}`}`
      : state === 'healthy'
        ? 'is healthy again'
        : 'could not be judged';
  const commits = object(fresh['commit_freshness']);
  return makeFact(context, {
    source,
    kind: 'quality',
    scope: context.metastoreId,
    native: `${textOf(row, 'id') ?? full.toLowerCase()}/${at}`,
    at,
    assets: [
      tableAsset(context.metastoreId, full),
      ...jobs.flatMap((one) =>
        typeof one['job'] === 'string'
          ? [jobAsset(known(one['workspace'])?.toString() ?? context.workspaceId, one['job'])]
          : [],
      ),
    ],
    title: `${name} ${words}`,
    data: {
      table: full.toLowerCase(), status: state, before: textOf(row, 'before_status')?.toLowerCase() ?? null,
      found: [...found],
      freshness: word(fresh['status']), lastCommit: momentIn(commits['last_value']), commitExpected: momentIn(commits['predicted_value']),
      completeness: word(complete['status']), dailyRows: rowCount(complete, 'daily_row_count'), allRows: rowCount(complete, 'total_row_count'),
      impactLevel: known(impact['impact_level']), downstreamTables: known(impact['num_downstream_tables']),
      affectedQueries: known(impact['num_queries_on_affected_tables']), upstreamJobs: [...jobs],
      raw: { status: raw },
    }, // prettier-ignore
  });
};

/**
 * Results of the platform's own quality monitoring (facts 1.1 `data_quality_monitoring.table_results`): stored are results that
 * are not healthy and the first healthy one after them, so that a table that stays well leaves no trace. Statuses, counts and
 * expectations only; `_internal_debug_info` is never asked for. Public Preview, account administrators only by default.
 */
export const qualityCollector: Collector = tableCollector({
  source,
  label: 'Data quality results',
  table,
  kind,
  countKind,
  wants,
  order: 'at',
  cannot: without(['status'], 'nothing tells which tables are not healthy'),
  // The newest row comes along whatever it says: it tells how far the source is complete.
  keep: dbx`lower(status) <> 'healthy' OR lower(before_status) <> 'healthy' OR at = newest`,
  meta: {
    when: 'watch',
    features: ['unhealthy tables as signals', 'freshness and completeness of tables'],
    needs: [{ kind: 'select', table }],
    preview: 'Public Preview',
    latenessMs: null,
    retentionDays: 395,
  },
  bound: (context) => (context.lane === 'pack' ? tablesIn(context) : null),
  ask: (context) => {
    const time = timeWindow(context, 'event_time');
    const of = context.lane === 'pack' ? tablesOf(context) : null;
    return {
      where: [...time.where, ...(of === null ? [] : [of.where])],
      parameters: {
        ...time.parameters,
        // Further back than asked, so that each result has the one before it beside it.
        since: timestampParameter(minus(startOf(context), between)),
        ...of?.parameters,
      },
    };
  },
  read: (row, context) => {
    const fact = qualityFact(row, context);
    if (fact === null) return null;
    const { status: now, before: earlier } = fact.data;
    if (now === 'unhealthy' || (now === 'healthy' && earlier === 'unhealthy')) return { facts: [{ fact }] };
    return {};
  },
});

const tablesIn = (context: CollectContext): readonly string[] => scoped(context, 'table', 'view', 'feature-table');
const tablesOf = (context: CollectContext) =>
  among('table_name', dbx`concat(catalog_name, '.', schema_name, '.', table_name)`, 'names', tablesIn(context));
