import { ok, type Result } from '../../../shared/base/result.ts';
import type { TableName } from '../../databricks/identifiers.ts';
import type { DatabricksFailure, Statement, TextRow } from '../../databricks/port.ts';
import type { TableColumns } from '../../databricks/probe-columns.ts';
import { column, dbx, statementKind, type Piece } from '../../databricks/statements.ts';
import type { CollectContext, CollectedFact } from '../collector.ts';
import type { LakeFact } from '../port.ts';
import { columnsOf, isOfColumns } from '../pull.ts';
import { minus, textOf, timestampParameter } from '../rows.ts';
import { expectationFact, longestUpdateMs } from './expectations.ts';
import { messageOnly, shortMessage } from './messages.ts';

const resultsKind = statementKind('lake.event-log.expectations', 'read', 'how many records passed and failed the expectations of one pipeline'); // prettier-ignore
const messagesKind = statementKind('lake.event-log.messages', 'read', 'what failed updates of one pipeline said');
const rowLimit = 5_000;
const messageLimit = 200;

/** Where the events of one pipeline are read from; `table`: null where it is the function. */
export type Log = { readonly from: Piece; readonly table: TableName | null };
export const logIn = (table: TableName): Log => ({ from: dbx`${table}`, table });

/**
 * A field of a column that holds JSON. `origin` and `error` are JSON text by the documents of the function and structs by its
 * examples (facts 1.3): wrapped, both read the same.
 */
const inner = (name: 'origin' | 'error', path: Piece): Piece =>
  dbx`get_json_object(get_json_object(to_json(named_struct('v', ${column(name)})), '$.v'), ${path})`;
const updateId = inner('origin', dbx`'$.update_id'`);

const window = (context: CollectContext) => ({
  where: context.until === null ? dbx`` : dbx` AND ${column('timestamp')} < :until`,
  parameters: {
    since: timestampParameter(minus(context.horizon, longestUpdateMs)),
    ...(context.until === null ? {} : { until: timestampParameter(context.until) }),
  },
});

/** `missing`: columns that the log lacks, and `note` what is lost with them; null = nothing. */
export type Facts = Result<
  {
    readonly facts: readonly CollectedFact[];
    readonly unreadable: number;
    readonly missing: readonly string[];
    readonly note: string | null;
  },
  DatabricksFailure
>;

type Has = TableColumns['has'];
type Answer = { readonly rows: readonly TextRow[]; readonly missing: readonly string[] };

/**
 * Asked by all documented columns, as owners see them; a published log may be a view that shows fewer, which is looked up only where
 * one is not known. `statement`: null = without so many columns there is nothing to ask.
 */
const ask = async (
  context: CollectContext,
  log: Log,
  used: readonly string[],
  statement: (has: Has) => Statement | null,
): Promise<Result<Answer, DatabricksFailure>> => {
  const query = async (has: Has, missing: readonly string[]): Promise<Result<Answer, DatabricksFailure>> => {
    const made = statement(has);
    if (made === null) return ok({ rows: [], missing });
    const found = await context.workspace.warehouse.query(made, context.options);
    return found.ok ? ok({ rows: found.value.rows, missing }) : found;
  };
  const whole = await query(() => true, []);
  if (whole.ok || log.table === null || !isOfColumns(whole.error)) return whole;
  const columns = await columnsOf(context, log.table);
  if (!columns.ok) return columns;
  const { has } = columns.value;
  const missing = used.filter((name) => !has(name));
  return missing.length === 0 ? whole : query(has, missing);
};
const lostWith = (missing: readonly string[], what: string): string | null =>
  missing.length === 0 ? null : `Without ${missing.join(' and ')}, ${what}.`;
const keys = ['origin', 'timestamp'];

/** The same sums as from the table of all pipelines, under the same ids: whichever comes later says the same. */
export const resultsOf = async (
  context: CollectContext,
  pipeline: string,
  log: Log,
  source: string,
): Promise<Facts> => {
  const { where, parameters } = window(context);
  const needed = [...keys, 'details'];
  const found = await ask(context, log, [...needed, 'event_type'], (has) => {
    if (!needed.every((name) => has(name))) return null;
    // No other event has expectations in this place.
    const ofFlows = has('event_type') ? dbx`event_type = 'flow_progress' AND ` : dbx``;
    return resultsKind(
      dbx`SELECT id, x.dataset AS dataset, x.name AS name, CAST(sum(x.passed_records) AS STRING) AS passed,
          CAST(sum(x.failed_records) AS STRING) AS failed, CAST(unix_micros(max(at)) AS STRING) AS newest
        FROM (SELECT ${updateId} AS id, ${column('timestamp')} AS at, explode(from_json(
            get_json_object(details, '$.flow_progress.data_quality.expectations'),
            'array<struct<name:string,dataset:string,passed_records:bigint,failed_records:bigint>>')) AS x
          FROM ${log.from} WHERE ${ofFlows}${column('timestamp')} >= :since${where}) AS events
        GROUP BY id, x.dataset, x.name ORDER BY newest DESC LIMIT ${rowLimit}`,
      parameters,
    );
  });
  if (!found.ok) return found;
  const { rows, missing } = found.value;
  const reads = rows.map((row) => expectationFact({ ...row, pipeline }, context, source));
  return ok({
    facts: reads.flatMap((fact) => (fact === null || fact.happenedAt < context.horizon ? [] : [{ fact }])),
    unreadable: reads.filter((fact) => fact === null).length,
    missing,
    note: lostWith(
      missing.filter((name) => needed.includes(name)),
      'an event log does not tell how expectations went',
    ),
  });
};

const wordsOf = (row: TextRow): string | null => textOf(row, 'error') ?? textOf(row, 'message');

/** What failed updates said, where REST did not. One without an error event keeps an empty message, as there. */
export const messagesOf = async (context: CollectContext, log: Log, failed: readonly LakeFact[]): Promise<Facts> => {
  const { where, parameters } = window(context);
  const found = await ask(context, log, [...keys, 'level', 'error', 'message'], (has) => {
    if (!keys.every((name) => has(name)) || !(has('error') || (has('level') && has('message')))) return null;
    const error = has('error') ? inner('error', dbx`'$.exceptions[0].message'`) : dbx`CAST(NULL AS STRING)`;
    const message = has('message') ? dbx`message` : dbx`CAST(NULL AS STRING)`;
    const isError = has('level') ? dbx`level = 'ERROR'` : dbx`${error} IS NOT NULL`;
    return messagesKind(
      dbx`SELECT ${updateId} AS id, left(${message}, 500) AS message, left(${error}, 500) AS error
        FROM ${log.from} WHERE ${isError} AND ${column('timestamp')} >= :since${where}
        ORDER BY ${column('timestamp')} DESC LIMIT ${messageLimit}`,
      parameters,
    );
  });
  if (!found.ok) return found;
  const { rows, missing } = found.value;
  const facts = failed.flatMap((fact) => {
    const own = rows.filter((row) => textOf(row, 'id') === fact.data['update']);
    const message = own.map(wordsOf).find((one) => one !== null) ?? null;
    // That nothing was said is known only of a log that shows all of what may be said.
    if (message === null && missing.length > 0) return [];
    return [messageOnly({ ...fact, data: { ...fact.data, message: shortMessage(message ?? '') } })];
  });
  return ok({
    facts,
    unreadable: 0,
    missing,
    note: lostWith(missing, 'an event log does not tell all of why updates failed'),
  });
};
