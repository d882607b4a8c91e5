import type { JsonObject } from '../../../shared/base/json.ts';
import { err, ok } from '../../../shared/base/result.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { callsOnly, type CollectContext, type Collector } from '../collector.ts';
import type { LakeFact } from '../port.ts';
import { endsRound, isGone, object, objects, wholeRun } from '../rest-read.ts';
import { nextTurn } from '../turns.ts';
import { said } from '../values.ts';
import { messageOnly, shortMessage } from './messages.ts';
import { lookedAtWords, unexplained } from './unexplained.ts';

/** Runs asked about per pull, newest first; more of them take turns. */
const perPull = 25;

const message = (run: JsonObject): string | null => {
  const details = object(object(run['status'])['termination_details']);
  const found = [object(run['state'])['state_message'], details['message']].find(
    (one) => typeof one === 'string' && one !== '',
  );
  return typeof found === 'string' ? shortMessage(found) : null;
};

/** Failed runs of which nobody said why, with the facts of each: the run's own and those of its tasks. */
const failedRuns = (context: CollectContext) => {
  const { failed, cut } = unexplained(context, 'run', 'job');
  const runs = new Map<string, LakeFact[]>();
  for (const fact of failed) {
    const run = said(fact.data['run']);
    runs.set(run, [...(runs.get(run) ?? []), fact]);
  }
  return { runs: [...runs], cut };
};

/** Each fact of a run with what REST says of it; empty = it says nothing, and is not asked again. */
const told = (facts: readonly LakeFact[], body: JsonObject): readonly LakeFact[] => {
  const tasks = objects(body['tasks']);
  return facts.map((fact) => {
    const task = tasks.find(
      (one) => said(one['run_id']) === fact.data['attempt'] || one['task_key'] === fact.data['task'],
    );
    const text = fact.data['task'] === null ? message(body) : task === undefined ? null : message(task);
    return { ...fact, data: { ...fact.data, message: text ?? '' } };
  });
};

/** What failed runs said, from REST: system tables hold a code only. Runs are kept there for 60 days (facts 3.1). */
export const runMessagesCollector: Collector = {
  source: 'rest.jobs.runs',
  label: 'Messages of failed runs',
  meta: {
    when: 'watch',
    features: ['the error text of a failed run'],
    needs: [{ kind: 'privilege', privilege: 'CAN VIEW', on: 'the job' }],
    preview: null,
    probe: { method: 'GET', path: '/api/2.2/jobs/list', query: { limit: '1' } },
    latenessMs: null,
    retentionDays: 60,
  },
  table: null,
  estimate: (context) => Promise.resolve(ok(callsOnly(failedRuns(context).runs.length))),
  collect: async (context) => {
    const { runs, cut } = failedRuns(context);
    const turn = nextTurn(context, runs, { key: ([run]) => run, limit: perPull, plural: 'failed runs' });
    const how = new Map<string, string>();
    const facts: LakeFact[] = [];
    let failure: DatabricksFailure | undefined;
    for (const [run, own] of turn.items) {
      const found = await wholeRun(context, run);
      if (found.ok) {
        how.set(run, 'read');
        facts.push(...told(own, found.value));
        continue;
      }
      // 400 and 404 mean that the run is gone (facts 3.0); that and 403 cost this run only.
      if (endsRound(found.error)) return err(found.error);
      how.set(run, isGone(found.error) ? 'gone' : 'refused');
      if (!isGone(found.error)) failure = found.error;
    }
    const { went, left, step } = turn.ended(how, { cursor: null });
    const [read, gone, refused] = [went('read').length, went('gone').length, went('refused').length];
    const notes = [
      ...(gone > 0 ? [`${gone} failed runs are no longer kept there.`] : []),
      ...(refused > 0 ? [`${refused} failed runs could not be read.`] : []),
      ...(left === null ? [] : [left]),
      ...(cut ? [lookedAtWords('runs')] : []),
    ];
    return ok({
      facts: facts.map(messageOnly),
      ...step,
      completeTo: null,
      missingColumns: [],
      note: notes.length === 0 ? null : notes.join(' '),
      partly: refused > 0,
      // Where none could be read a right is missing, and the source as a whole.
      ...(failure !== undefined && read + gone === 0 ? { failure } : {}),
    });
  },
};
