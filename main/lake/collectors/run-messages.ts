import type { JsonObject } from '../../../shared/base/json.ts';
import type { Collector } from '../collector.ts';
import { object, objects, wholeRun } from '../rest-read.ts';
import { said } from '../values.ts';
import { shortMessage } from './messages.ts';
import { explaining } from './unexplained.ts';

const message = (run: JsonObject): string | null => {
  const details = object(object(run['status'])['termination_details']);
  const found = [object(run['state'])['state_message'], details['message']].find(
    (one) => typeof one === 'string' && one !== '',
  );
  return typeof found === 'string' ? shortMessage(found) : null;
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
  ...explaining({
    kind: 'run',
    carriers: 'job',
    of: 'run',
    limit: 25,
    ask: (context, run) => wholeRun(context, run),
    // The run's own fact, or that of one of its tasks.
    said: (run, { data }) => {
      if (data['task'] === null) return message(run);
      const task = objects(run['tasks']).find(
        (one) => said(one['run_id']) === data['attempt'] || one['task_key'] === data['task'],
      );
      return task === undefined ? null : message(task);
    },
    words: {
      plural: 'failed runs',
      facts: 'runs',
      gone: 'are no longer kept there',
      refused: 'could not be read',
    },
  }),
};
