import { ok } from '../../../shared/base/result.ts';
import type { Instant } from '../../../shared/base/time.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { assetParts, type AssetId } from '../../../shared/domain/ids.ts';
import { factsPage } from '../../store/lake.ts';
import { carrier, factId } from '../assets.ts';
import { callsOnly, type CollectContext, type CollectedFact, type Collector } from '../collector.ts';
import { cursorTexts, withSeen } from '../cursor.ts';
import { factOf } from '../fact-rows.ts';
import { labelOf } from '../labels.ts';
import type { LakeFact } from '../port.ts';
import { idText, instant, object, objects, text, wholeRun } from '../rest-read.ts';
import { isBadResult, later, normaliseResult } from '../rows.ts';
import { nextTurn } from '../turns.ts';
import { said } from '../values.ts';
import { outcomeOf } from './rest-run.ts';

const source = 'rest.jobs.runs/get';
/** Runs asked per pull, newest first; more of them take turns. */
const maxRuns = 40;
const maxKnown = 1_000;
const pageRows = 500;

const words: Readonly<Record<string, string>> = {
  succeeded: 'and succeeded', failed: 'and failed again', 'timed-out': 'and timed out', cancelled: 'and was cancelled', running: 'and is running',
}; // prettier-ignore

/** The newest runs of these jobs; all of them when a room is packed. */
const runsOf = (jobs: readonly AssetId[], context: CollectContext): readonly LakeFact[] => {
  const facts: LakeFact[] = [];
  for (let before: { readonly happened: string; readonly id: string } | null = null; ;) {
    const page: readonly LakeFact[] = factsPage(context.db, {
      assets: jobs, kinds: ['run'], from: context.horizon, to: context.until, before, limit: pageRows,
    }).map(factOf); // prettier-ignore
    facts.push(...page);
    const last: LakeFact | undefined = page.at(-1);
    if (context.lane === 'watch' || page.length < pageRows || last === undefined) return facts;
    before = { happened: last.happenedAt, id: last.id };
  }
};

/**
 * Runs that may have been repaired: those that ended badly, and those in which a task did although the run as a whole went
 * well. Looked at again when their result is newer than at the last look.
 */
const candidates = (context: CollectContext, known: Readonly<Record<string, string>>): readonly LakeFact[] => {
  const jobs = [...new Set([...context.scope.keys()].map(carrier))].filter((asset) => assetParts(asset).kind === 'job');
  if (jobs.length === 0) return [];
  const facts = runsOf(jobs, context);
  const failing = new Set(
    facts.filter((fact) => isBadResult(said(fact.data['result']))).map((fact) => said(fact.data['run'])),
  );
  return facts.filter((fact) => {
    const run = said(fact.data['run']);
    return typeof fact.data['task'] !== 'string' && failing.has(run) && known[run] !== said(fact.data['resultAt']);
  });
};

const repairsOf = (
  run: LakeFact,
  body: ReturnType<typeof object>,
  context: CollectContext,
): readonly CollectedFact[] => {
  const asset: AssetId | undefined = run.assets[0];
  if (asset === undefined) return [];
  return objects(body['repair_history']).flatMap((one): CollectedFact[] => {
    const [id, at] = [idText(one['id']), instant(one['start_time'])];
    if (id === null || at === null || text(one['type']) !== 'REPAIR') return [];
    // `state` is on its way out in favour of `status` (docs: jobs/runs/get): whichever tells.
    const told = outcomeOf(one);
    const raw = text(object(one['state'])['result_state']) ?? told.raw;
    const result = raw === null ? told.result : normaliseResult(raw);
    const endedAt: Instant | null = instant(one['end_time']);
    return [
      {
        fact: {
          id: factId('repair', run.workspace, `${said(run.data['run'])}/${id}`),
          kind: 'repair',
          source,
          workspace: run.workspace,
          happenedAt: at,
          observedAt: context.observedAt,
          completeTo: null,
          assets: [asset],
          title:
            `Run ${said(run.data['run'])} of ${labelOf(context.db, asset).name} was repaired ${words[result] ?? ''}`.trim(),
          data: {
            run: said(run.data['run']), job: said(run.data['job']), repair: id, startedAt: at, endedAt, result,
            tasks: Array.isArray(one['task_run_ids']) ? one['task_run_ids'].length : null, raw: { result_state: raw },
          }, // prettier-ignore
        },
      },
    ];
  });
};

/** Repairs of failed runs of jobs in scope: system tables show only that a run has several results (facts 1.0). */
export const repairsCollector: Collector = {
  source,
  label: 'Repairs of runs',
  table: null,
  meta: {
    when: 'room',
    features: ['whether a failed run was repaired'],
    needs: [{ kind: 'privilege', privilege: 'CAN VIEW', on: 'the jobs in scope' }],
    probe: { method: 'GET', path: '/api/2.2/jobs/list', query: { limit: '1' } },
    preview: null,
    latenessMs: 0,
    retentionDays: 60,
  },
  estimate: (context) => {
    const runs = candidates(context, cursorTexts(context.cursor)).length;
    return Promise.resolve(ok(callsOnly(runs)));
  },
  collect: async (context) => {
    const known = cursorTexts(context.cursor);
    const seen: Record<string, string> = {};
    const facts: CollectedFact[] = [];
    let completeTo = context.completeTo;
    let failure: DatabricksFailure | undefined;
    const runs = candidates(context, known);
    const how = new Map<string, string>();
    const turn = nextTurn(context, runs, {
      key: ({ data }) => said(data['run']),
      limit: maxRuns,
      plural: 'failed runs',
    });
    for (const run of turn.each) {
      const id = said(run.data['run']);
      const found = await wholeRun(context, id, { include_history: 'true' });
      if (turn.lost(run, found)) continue;
      if (!found.ok) {
        how.set(id, 'refused');
        failure = found.error.tag === 'Forbidden' ? found.error : failure;
        continue;
      }
      how.set(id, 'read');
      seen[id] = said(run.data['resultAt']);
      for (const one of repairsOf(run, found.value, context)) {
        facts.push(one);
        completeTo = later(completeTo, one.fact.happenedAt);
      }
    }
    const { went, left, step, whole } = turn.ended(how, { cursor: withSeen(context.cursor, seen, maxKnown), failure });
    const refused = went('refused').length;
    const notes = [...(refused === 0 ? [] : [`${refused} runs could not be read.`]), ...(left === null ? [] : [left])];
    return ok({
      facts,
      ...step,
      completeTo: whole ? completeTo : context.completeTo,
      missingColumns: [],
      note: notes.length === 0 ? null : notes.join(' '),
    });
  },
};
