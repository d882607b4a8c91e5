import type { JsonObject } from '../../../shared/base/json.ts';
import type { Collector } from '../collector.ts';
import { getOne, object, objects } from '../rest-read.ts';
import { said } from '../values.ts';
import { shortMessage } from './messages.ts';
import { explaining } from './unexplained.ts';

const eventsPerPipeline = '100';

/** What an error event says: its exception where it names one, else its message. */
const messageOf = (event: JsonObject): string | null => {
  const exception = objects(object(event['error'])['exceptions'])[0]?.['message'];
  const text = typeof exception === 'string' && exception !== '' ? exception : event['message'];
  return typeof text === 'string' && text !== '' ? shortMessage(text) : null;
};

/**
 * What failed updates of pipelines said, from their events in REST (facts 3.2; the filter knows level, id and timestamp only).
 * An update without an error event keeps an empty message, so that it is not asked about again.
 */
export const updateMessagesCollector: Collector = {
  source: 'rest.pipelines.events',
  label: 'Messages of failed pipeline updates',
  meta: {
    when: 'watch',
    features: ['the error text of a failed pipeline update'],
    needs: [{ kind: 'privilege', privilege: 'CAN VIEW', on: 'the pipeline' }],
    probe: { method: 'GET', path: '/api/2.0/pipelines', query: { max_results: '1' } },
    preview: null,
    latenessMs: null,
    retentionDays: null,
  },
  table: null,
  ...explaining({
    kind: 'pipeline-update',
    carriers: 'pipeline',
    of: 'pipeline',
    limit: 15,
    ask: (context, pipeline) =>
      getOne(context, `/api/2.0/pipelines/${encodeURIComponent(pipeline)}/events`, {
        filter: "level='ERROR'",
        order_by: 'timestamp desc',
        max_results: eventsPerPipeline,
      }),
    said: (answer, { data }) => {
      const own = objects(answer['events']).filter(
        (one) => said(object(one['origin'])['update_id']) === said(data['update']),
      );
      return own.map(messageOf).find((one) => one !== null) ?? null;
    },
    words: {
      plural: 'pipelines with failed updates',
      facts: 'updates',
      gone: 'are no longer there',
      refused: 'are not visible to this user',
    },
  }),
};
