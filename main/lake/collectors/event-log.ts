import { ok, type Result } from '../../../shared/base/result.ts';
import { storedTableName, type TableName } from '../../databricks/identifiers.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { dbx, uuidLiteral } from '../../databricks/statements.ts';
import { factsPage, sourceRow } from '../../store/lake.ts';
import { workspaceAsset } from '../assets.ts';
import { boundTo } from '../bound.ts';
import type { CollectContext, CollectedFact, Collector } from '../collector.ts';
import { factOf } from '../fact-rows.ts';
import { labelOf } from '../labels.ts';
import type { LakeFact } from '../port.ts';
import { endsRound, getOne, object, text } from '../rest-read.ts';
import { isBadResult } from '../rows.ts';
import { scoped } from '../scope-filter.ts';
import { readNow, resting, restsUntil } from '../throttle.ts';
import { nextTurn } from '../turns.ts';
import { said } from '../values.ts';
import { logIn, messagesOf, resultsOf, type Facts, type Log } from './event-log-read.ts';
import { expectationsSource } from './expectations.ts';

const source = 'pipelines.event-log';

const everyMs = 15 * 60_000;
/** Pipelines asked per pull, nearest first: each costs a statement or two; more of them take turns. */
const pipelineLimit = 10;

const tableIn = (...parts: readonly (string | null)[]): TableName | null => {
  if (parts.includes(null)) return null;
  return storedTableName(parts.join('.'));
};

/**
 * Where the events of a pipeline may be, to be asked in this order: its published event log; else the function, which takes its id,
 * and the hidden table of a pipeline with a schema of its own. Of these two the documents do not agree: "directly query the event log
 * table" where a pipeline is not in legacy publishing mode (functions/event_log), and "only the function" (monitor-event-logs).
 */
const logsOf = async (
  context: CollectContext,
  pipeline: string,
): Promise<Result<readonly Log[], DatabricksFailure>> => {
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
  if (published !== null) return ok([logIn(published)]);
  // Whether the function takes a parameter is not documented: only an id that is a UUID goes into its text.
  const id = uuidLiteral(pipeline);
  if (id === null) return ok([]);
  const hidden = tableIn(catalog, schema, `event_log_${pipeline.replaceAll('-', '_')}`);
  return ok([{ from: dbx`event_log(${id})`, table: null }, ...(hidden === null ? [] : [logIn(hidden)])]);
};

/** The table of all pipelines cannot be read, or tells nothing of expectations. */
const tellsNothing = (context: CollectContext): boolean => {
  const row = sourceRow(context.db, expectationsSource, context.workspaceId);
  return ['denied', 'missing'].includes(row?.state ?? '') || row?.missing.includes('"details"') === true;
};

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
  const results = tellsNothing(context);
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
      restsMs: everyMs,
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
      const until = restsUntil(context, everyMs);
      if (until !== null) return ok(resting(context, source, until));
      const pipelines = scoped(context, 'pipeline');
      const facts: CollectedFact[] = [];
      const [missing, lost] = [new Set<string>(), new Set<string>()];
      const nameOf = (id: string): string => labelOf(context.db, workspaceAsset('pipeline', context.workspaceId, id)).name; // prettier-ignore
      let [unreadable, asked, answered] = [0, 0, true];
      const wanted = wantedIn(context);
      const how = new Map<string, string>();
      const turn = nextTurn(context, wanted, { key: ({ id }) => id, limit: pipelineLimit, plural: 'pipelines' });
      for (const pipeline of turn.each) {
        const { id, failed, results } = pipeline;
        const logs = await logsOf(context, id);
        if (turn.lost(pipeline, logs) || !logs.ok) {
          answered = false;
          continue;
        }
        let reads: readonly Facts[] = [];
        for (const log of logs.value) {
          reads = [
            ...(results ? [await resultsOf(context, id, log, source)] : []),
            ...(failed.length > 0 ? [await messagesOf(context, log, failed)] : []),
          ];
          asked += reads.length;
          if (reads.some((read) => read.ok || endsRound(read.error))) break;
        }
        for (const read of reads) {
          if (read.ok) {
            for (const name of read.value.missing) missing.add(name);
            if (read.value.note !== null) lost.add(read.value.note);
            facts.push(...read.value.facts);
            unreadable += read.value.unreadable;
          }
        }
        const silent = reads.find((read) => !read.ok && endsRound(read.error));
        if (reads.length > 0 && turn.lost(pipeline, silent ?? ok(null), 'warehouse')) {
          answered = false;
          continue;
        }
        how.set(id, reads.some((read) => read.ok) ? 'read' : 'closed');
      }
      const {
        how: told,
        went,
        left,
        step,
      } = turn.ended(how, {
        // Rests only after it asked: what makes it ask is looked up for nothing.
        cursor: answered && asked > 0 ? readNow(context, true) : null,
      });
      const closed = went('closed').map(nameOf);
      const notes = [
        ...(told.size === 0 && pipelines.length > 0 ? ['Not asked: the table of all pipelines can be read.'] : []),
        ...(closed.length === 0 ? [] : [`No event log that this user may read: ${closed.join(', ')}.`]),
        ...(left === null ? [] : [left]),
        ...lost,
        ...(unreadable === 0 ? [] : [`${unreadable} results could not be read.`]),
      ]; // prettier-ignore
      return ok({
        ...rest,
        facts,
        missingColumns: [...missing],
        ...step,
        note: notes.length === 0 ? null : notes.join(' '),
      });
    },
  },
  (context) => scoped(context, 'pipeline'),
);
