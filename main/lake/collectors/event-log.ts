import { ok, type Result } from '../../../shared/base/result.ts';
import { storedTableName } from '../../databricks/identifiers.ts';
import type { DatabricksFailure, TextRow } from '../../databricks/port.ts';
import { column, dbx, statementKind, uuidLiteral, type Piece } from '../../databricks/statements.ts';
import { factsPage, sourceRow } from '../../store/lake.ts';
import { workspaceAsset } from '../assets.ts';
import { boundTo } from '../bound.ts';
import type { CollectContext, CollectedFact, Collector } from '../collector.ts';
import { factOf } from '../fact-rows.ts';
import { labelOf } from '../labels.ts';
import type { LakeFact } from '../port.ts';
import { endsRound, getOne, object, text } from '../rest-read.ts';
import { isBadResult, minus, textOf, timestampParameter } from '../rows.ts';
import { scoped } from '../scope-filter.ts';
import { readNow, resting, rests } from '../throttle.ts';
import { nextTurn } from '../turns.ts';
import { said } from '../values.ts';
import { expectationFact, expectationsSource, longestUpdateMs } from './expectations.ts';
import { messageOnly, shortMessage } from './messages.ts';

const resultsKind = statementKind('lake.event-log.expectations', 'read', 'how many records passed and failed the expectations of one pipeline'); // prettier-ignore
const messagesKind = statementKind('lake.event-log.messages', 'read', 'what failed updates of one pipeline said');
const source = 'pipelines.event-log';

const everyMs = 15 * 60_000;
/** Pipelines asked per pull, nearest first: each costs a statement or two; more of them take turns. */
const pipelineLimit = 10;
const rowLimit = 5_000;
const messageLimit = 200;

/**
 * A field of a column that holds JSON. `origin` and `error` are JSON text by the documents of the function and structs by its
 * examples (facts 1.3): wrapped, both read the same.
 */
const inner = (name: 'origin' | 'error', path: Piece): Piece =>
  dbx`get_json_object(get_json_object(to_json(named_struct('v', ${column(name)})), '$.v'), ${path})`;
const updateId = inner('origin', dbx`'$.update_id'`);

const tableIn = (...parts: readonly (string | null)[]): Piece | null => {
  if (parts.includes(null)) return null;
  const table = storedTableName(parts.join('.'));
  return table === null ? null : dbx`${table}`;
};

/**
 * Where the events of a pipeline may be, to be asked in this order: its published event log; else the function, which takes its id,
 * and the hidden table of a pipeline with a schema of its own. Of these two the documents do not agree: "directly query the event log
 * table" where a pipeline is not in legacy publishing mode (functions/event_log), and "only the function" (monitor-event-logs).
 */
const logsOf = async (
  context: CollectContext,
  pipeline: string,
): Promise<Result<readonly Piece[], DatabricksFailure>> => {
  const found = await getOne(context, `/api/2.0/pipelines/${encodeURIComponent(pipeline)}`);
  if (!found.ok && endsRound(found.error)) return found;
  const spec = found.ok ? object(found.value['spec']) : {};
  const log = object(spec['event_log']);
  const [catalog, schema] = [text(spec['catalog']), text(spec['schema'])];
  const published = tableIn(
    text(log['catalog']) ?? catalog,
    text(log['schema']) ?? schema ?? text(spec['target']),
    text(log['name']),
  );
  if (published !== null) return ok([published]);
  // Whether the function takes a parameter is not documented: only an id that is a UUID goes into its text.
  const id = uuidLiteral(pipeline);
  if (id === null) return ok([]);
  const hidden = tableIn(catalog, schema, `event_log_${pipeline.replaceAll('-', '_')}`);
  return ok([dbx`event_log(${id})`, ...(hidden === null ? [] : [hidden])]);
};

const window = (context: CollectContext, back: number) => ({
  where: context.until === null ? dbx`` : dbx` AND ${column('timestamp')} < :until`,
  parameters: {
    since: timestampParameter(minus(context.horizon, back)),
    ...(context.until === null ? {} : { until: timestampParameter(context.until) }),
  },
});

type Facts = Result<{ readonly facts: readonly CollectedFact[]; readonly unreadable: number }, DatabricksFailure>;

/** The same sums as from the table of all pipelines, under the same ids: whichever comes later says the same. */
const resultsOf = async (context: CollectContext, pipeline: string, log: Piece): Promise<Facts> => {
  const { where, parameters } = window(context, longestUpdateMs);
  const found = await context.workspace.warehouse.query(
    resultsKind(
      dbx`SELECT id, x.dataset AS dataset, x.name AS name, CAST(sum(x.passed_records) AS STRING) AS passed,
          CAST(sum(x.failed_records) AS STRING) AS failed, CAST(unix_micros(max(at)) AS STRING) AS newest
        FROM (SELECT ${updateId} AS id, ${column('timestamp')} AS at, explode(from_json(
            get_json_object(details, '$.flow_progress.data_quality.expectations'),
            'array<struct<name:string,dataset:string,passed_records:bigint,failed_records:bigint>>')) AS x
          FROM ${log} WHERE event_type = 'flow_progress' AND ${column('timestamp')} >= :since${where}) AS events
        GROUP BY id, x.dataset, x.name ORDER BY newest DESC LIMIT ${rowLimit}`,
      parameters,
    ),
    context.options,
  );
  if (!found.ok) return found;
  const reads = found.value.rows.map((row) => expectationFact({ ...row, pipeline }, context, source));
  return ok({
    facts: reads.flatMap((fact) => (fact === null || fact.happenedAt < context.horizon ? [] : [{ fact }])),
    unreadable: reads.filter((fact) => fact === null).length,
  });
};

const wordsOf = (row: TextRow): string | null => textOf(row, 'error') ?? textOf(row, 'message');

/** What failed updates said, where REST did not. One without an error event keeps an empty message, as there. */
const messagesOf = async (context: CollectContext, log: Piece, failed: readonly LakeFact[]): Promise<Facts> => {
  const { where, parameters } = window(context, longestUpdateMs);
  const found = await context.workspace.warehouse.query(
    messagesKind(
      dbx`SELECT ${updateId} AS id, left(message, 500) AS message, left(${inner('error', dbx`'$.exceptions[0].message'`)}, 500) AS error
        FROM ${log} WHERE level = 'ERROR' AND ${column('timestamp')} >= :since${where}
        ORDER BY ${column('timestamp')} DESC LIMIT ${messageLimit}`,
      parameters,
    ),
    context.options,
  );
  if (!found.ok) return found;
  const facts = failed.map((fact) => {
    const own = found.value.rows.filter((row) => textOf(row, 'id') === fact.data['update']);
    const message = own.map(wordsOf).find((one) => one !== null) ?? '';
    return messageOnly({ ...fact, data: { ...fact.data, message: shortMessage(message) } });
  });
  return ok({ facts, unreadable: 0 });
};

const isRefused = (context: CollectContext, of: string): boolean =>
  ['denied', 'missing'].includes(sourceRow(context.db, of, context.workspaceId)?.state ?? '');

/** Failed updates of a pipeline of which nobody said why. */
const unexplained = (context: CollectContext, pipeline: string): readonly LakeFact[] =>
  factsPage(context.db, {
    assets: [workspaceAsset('pipeline', context.workspaceId, pipeline)], kinds: ['pipeline-update'], from: context.horizon, to: context.until, before: null, limit: 200,
  })
    .map(factOf)
    .filter((fact) => isBadResult(said(fact.data['result'])) && fact.data['message'] === null); // prettier-ignore

type Wanted = { readonly id: string; readonly failed: readonly LakeFact[]; readonly results: boolean };
/** Pipelines whose log has something to say that no other source says, nearest first. */
const wantedIn = (context: CollectContext): readonly Wanted[] => {
  const results = isRefused(context, expectationsSource);
  return scoped(context, 'pipeline').flatMap((id) => {
    const failed = unexplained(context, id);
    return results || failed.length > 0 ? [{ id, failed, results }] : [];
  });
};

/**
 * The event log of single pipelines in scope (facts 1.3), for people who may not read the table of all pipelines: a published log
 * needs SELECT; `event_log()` answers the owner only, and only for pipelines in the older publishing mode. One that refuses
 * costs itself only.
 */
export const eventLogCollector: Collector = boundTo(
  {
    source,
    label: 'Event logs of pipelines',
    table: null,
    meta: {
      when: 'room',
      features: ['expectations and error texts of single pipelines, where the table of all pipelines cannot be read'],
      needs: [{ kind: 'privilege', privilege: 'SELECT', on: 'the published event log of the pipeline (else: be its owner)' }],
      preview: null,
      latenessMs: null,
      retentionDays: null,
    }, // prettier-ignore
    // Whose log may be read, and how much it holds, is known only when it is asked.
    estimate: (context) => {
      const work = wantedIn(context);
      const statements = work.map(({ results, failed }) => (results ? 1 : 0) + (failed.length > 0 ? 1 : 0));
      const all = statements.reduce((sum, one) => sum + one, 0);
      return Promise.resolve(ok({ rows: 0, statements: all, calls: work.length, counted: work.length === 0 }));
    },
    collect: async (context) => {
      const rest = { completeTo: null, missingColumns: [] } as const;
      if (rests(context, everyMs)) return ok(resting(context, source));
      const pipelines = scoped(context, 'pipeline');
      const facts: CollectedFact[] = [];
      const nameOf = (id: string): string => labelOf(context.db, workspaceAsset('pipeline', context.workspaceId, id)).name; // prettier-ignore
      let [unreadable, asked] = [0, 0];
      let failure: DatabricksFailure | null = null;
      const wanted = wantedIn(context);
      const how = new Map<string, string>();
      const turn = nextTurn(context, wanted, { key: ({ id }) => id, limit: pipelineLimit, plural: 'pipelines' });
      for (const { id, failed, results } of turn.items) {
        const logs = await logsOf(context, id);
        if (!logs.ok) {
          failure = logs.error;
          break;
        }
        let reads: readonly Facts[] = [];
        for (const log of logs.value) {
          reads = [
            ...(results ? [await resultsOf(context, id, log)] : []),
            ...(failed.length > 0 ? [await messagesOf(context, log, failed)] : []),
          ];
          asked += reads.length;
          if (reads.some((read) => read.ok || endsRound(read.error))) break;
        }
        for (const read of reads) {
          if (read.ok) {
            facts.push(...read.value.facts);
            unreadable += read.value.unreadable;
          } else if (endsRound(read.error)) failure = read.error;
        }
        if (failure !== null) break;
        how.set(id, reads.some((read) => read.ok) ? 'read' : 'closed');
      }
      const {
        how: told,
        went,
        left,
        step,
      } = turn.ended(how, {
        // Rests only after it asked: what makes it ask is looked up for nothing.
        cursor: failure === null && asked > 0 ? readNow(context, true) : null,
      });
      const closed = went('closed').map(nameOf);
      const notes = [
        ...(told.size === 0 && pipelines.length > 0 ? ['Not asked: the table of all pipelines can be read.'] : []),
        ...(closed.length === 0 ? [] : [`No event log that this user may read: ${closed.join(', ')}.`]),
        ...(left === null ? [] : [left]),
        ...(unreadable === 0 ? [] : [`${unreadable} results could not be read.`]),
      ]; // prettier-ignore
      return ok({
        ...rest,
        facts,
        cursor: step.cursor,
        more: failure === null && step.more === true,
        note: notes.length === 0 ? null : notes.join(' '),
        ...(failure === null ? {} : { failure }),
      });
    },
  },
  (context) => scoped(context, 'pipeline'),
);
