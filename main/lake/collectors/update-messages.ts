import type { JsonObject } from '../../../shared/base/json.ts';
import { ok } from '../../../shared/base/result.ts';
import { factsPage } from '../../store/lake.ts';
import { callsOnly, type CollectContext, type Collector } from '../collector.ts';
import { factOf } from '../fact-rows.ts';
import type { LakeFact } from '../port.ts';
import { isBadResult } from '../rows.ts';
import { said } from '../values.ts';
import { isGone, object, objects } from '../rest-read.ts';
import { collectedMessages, shortMessage } from './messages.ts';

/** Pipelines asked about per refresh, those with the newest failures first; the rest follows with the next one. */
const perRefresh = 15;
const eventsPerPipeline = '100';
const lookedAt = 2_000;

/** What an error event says: its exception where it names one, else its message. */
const messageOf = (event: JsonObject): string | null => {
  const exception = objects(object(event['error'])['exceptions'])[0]?.['message'];
  const text = typeof exception === 'string' && exception !== '' ? exception : event['message'];
  return typeof text === 'string' && text !== '' ? shortMessage(text) : null;
};

/** Failed updates of which nobody said why. */
const unexplained = (context: CollectContext): readonly LakeFact[] =>
  factsPage(context.db, {
    assets: null, kinds: ['pipeline-update'], from: context.horizon, to: context.until, before: null, limit: lookedAt,
  })
    .map(factOf)
    .filter((fact) => fact.workspace === context.workspaceId && isBadResult(said(fact.data['result'])) && fact.data['message'] === null); // prettier-ignore
const pipelinesOf = (failed: readonly LakeFact[]): readonly string[] =>
  [...new Set(failed.map((fact) => said(fact.data['pipeline'])))].slice(0, perRefresh);

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
  estimate: (context) => Promise.resolve(ok(callsOnly(pipelinesOf(unexplained(context)).length))),
  collect: async (context) => {
    const failed = unexplained(context);
    const pipelines = pipelinesOf(failed);
    const facts: LakeFact[] = [];
    let [unknown, hidden] = [0, 0];
    for (const pipeline of pipelines) {
      const found = await context.workspace.rest.call(
        {
          method: 'GET',
          path: `/api/2.0/pipelines/${encodeURIComponent(pipeline)}/events`,
          query: { filter: "level='ERROR'", order_by: 'timestamp desc', max_results: eventsPerPipeline },
        },
        context.options,
      );
      if (!found.ok) {
        // 403 and 404 cost this pipeline only; anything else stops here and is told.
        if (found.error.tag === 'Forbidden') hidden += 1;
        else if (isGone(found.error)) unknown += 1;
        else return found;
        continue;
      }
      const events = objects(object(found.value)['events']);
      for (const fact of failed.filter((one) => one.data['pipeline'] === pipeline)) {
        const own = events.filter((one) => said(object(one['origin'])['update_id']) === said(fact.data['update']));
        const message = own.map(messageOf).find((one) => one !== null) ?? '';
        facts.push({ ...fact, data: { ...fact.data, message } });
      }
    }
    const notes = [
      ...(unknown > 0 ? [`${unknown} pipelines with failed updates are no longer there.`] : []),
      ...(hidden > 0 ? [`${hidden} pipelines with failed updates are not visible to this user.`] : []),
    ];
    return ok(collectedMessages(context, facts, notes.length === 0 ? null : notes.join(' ')));
  },
};
