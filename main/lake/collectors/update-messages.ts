import type { JsonObject } from '../../../shared/base/json.ts';
import { ok } from '../../../shared/base/result.ts';
import type { Collector } from '../collector.ts';
import { listPages, object, objects } from '../rest-read.ts';
import { minus } from '../rows.ts';
import { said } from '../values.ts';
import { longestUpdateMs } from './expectations.ts';
import { shortMessage } from './messages.ts';
import { explaining } from './unexplained.ts';

/** Error events looked through for what a pipeline's failed updates said: so many pages. */
const eventPages = 10;
const eventsOnPage = '100';

/** What an error event says: its exception where it names one, else its message. */
const messageOf = (event: JsonObject): string | null => {
  const exception = objects(object(event['error'])['exceptions'])[0]?.['message'];
  const text = typeof exception === 'string' && exception !== '' ? exception : event['message'];
  return typeof text === 'string' && text !== '' ? shortMessage(text) : null;
};

const updateOf = (event: JsonObject): string => said(object(event['origin'])['update_id']);

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
    ask: async (context, pipeline, failed) => {
      const waiting = new Set(failed.map(({ data }) => said(data['update'])));
      // An update says something only after it began.
      const since = failed.map(({ data, happenedAt }) => said(data['startedAt']) || minus(happenedAt, longestUpdateMs)).toSorted()[0]; // prettier-ignore
      const found = await listPages(context, `/api/2.0/pipelines/${encodeURIComponent(pipeline)}/events`, 'events', {
        query: {
          filter: `level='ERROR'${since === undefined ? '' : ` AND timestamp>='${since}'`}`,
          order_by: 'timestamp desc',
          max_results: eventsOnPage,
        },
        // The token replaces every other field but the size (facts 3.2).
        after: { max_results: eventsOnPage },
        most: eventPages,
        enough: (page) => {
          for (const event of page) if (messageOf(event) !== null) waiting.delete(updateOf(event));
          return waiting.size === 0;
        },
      });
      return found.ok ? ok({ events: found.value.all, isShort: !found.value.whole }) : found;
    },
    said: (answer, { data }) => {
      const own = objects(answer['events']).filter((one) => updateOf(one) === said(data['update']));
      return own.map(messageOf).find((one) => one !== null) ?? null;
    },
    words: {
      plural: 'pipelines with failed updates',
      facts: 'updates',
      short: `said nothing in the newest ${eventPages * Number(eventsOnPage)} error events of their pipeline; older ones were not looked through`,
      gone: 'are no longer there',
      refused: 'are not visible to this user',
    },
  }),
};
