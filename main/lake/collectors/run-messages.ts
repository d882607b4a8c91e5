import type { JsonObject } from '../../../shared/base/json.ts';
import { ok } from '../../../shared/base/result.ts';
import { factsPage } from '../../store/lake.ts';
import { callsOnly, type CollectContext, type Collector } from '../collector.ts';
import { factOf } from '../fact-rows.ts';
import type { LakeFact } from '../port.ts';
import { isBadResult } from '../rows.ts';
import { said } from '../values.ts';
import { isGone, object } from '../rest-read.ts';
import { collectedMessages, shortMessage } from './messages.ts';

/** Runs asked about per refresh: newest first, the rest follows with the next one. */
const perRefresh = 25;

const message = (run: JsonObject): string | null => {
  const details = object(object(run['status'])['termination_details']);
  const found = [object(run['state'])['state_message'], details['message']].find(
    (one) => typeof one === 'string' && one !== '',
  );
  return typeof found === 'string' ? shortMessage(found) : null;
};

/** Failed runs and their tasks of which nobody said why. */
const unexplained = (context: CollectContext): readonly LakeFact[] =>
  factsPage(context.db, {
    assets: null, kinds: ['run'], from: context.horizon, to: null, before: null, limit: 5_000,
  })
    .map(factOf)
    .filter((fact) => isBadResult(said(fact.data['result'])) && fact.data['message'] === null); // prettier-ignore
const runsOf = (failed: readonly LakeFact[]): readonly string[] =>
  [...new Set(failed.map((fact) => said(fact.data['run'])))].slice(0, perRefresh);

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
  estimate: (context) => Promise.resolve(ok(callsOnly(runsOf(unexplained(context)).length))),
  collect: async (context) => {
    const failed = unexplained(context);
    const runs = runsOf(failed);
    const facts: LakeFact[] = [];
    let unknown = 0;
    for (const run of runs) {
      const found = await context.workspace.rest.call(
        { method: 'GET', path: '/api/2.2/jobs/runs/get', query: { run_id: run } },
        context.options,
      );
      if (!found.ok) {
        // 400 and 404 mean that the run is gone (facts 3.0); anything else stops here and is told.
        if (!isGone(found.error)) return found;
        unknown += 1;
        continue;
      }
      const body = object(found.value);
      const tasks = Array.isArray(body['tasks']) ? body['tasks'].map(object) : [];
      for (const fact of failed.filter((one) => one.data['run'] === run)) {
        const task = tasks.find(
          (one) => said(one['run_id']) === fact.data['attempt'] || one['task_key'] === fact.data['task'],
        );
        const text = fact.data['task'] === null ? message(body) : task === undefined ? null : message(task);
        facts.push({ ...fact, data: { ...fact.data, message: text ?? '' } });
      }
    }
    const note = unknown > 0 ? `${unknown} failed runs are no longer kept there.` : null;
    return ok(collectedMessages(context, facts, note));
  },
};
