import type { JsonObject } from '../../../shared/base/json.ts';
import { err, ok } from '../../../shared/base/result.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { callsOnly, type CollectContext, type Collector } from '../collector.ts';
import type { LakeFact } from '../port.ts';
import { endsRound, getOne, isGone, object, objects } from '../rest-read.ts';
import { nextTurn } from '../turns.ts';
import { said } from '../values.ts';
import { messageOnly, shortMessage } from './messages.ts';
import { lookedAtWords, unexplained } from './unexplained.ts';

/** Pipelines asked about per pull; more of them take turns. */
const perPull = 15;
const eventsPerPipeline = '100';

/** What an error event says: its exception where it names one, else its message. */
const messageOf = (event: JsonObject): string | null => {
  const exception = objects(object(event['error'])['exceptions'])[0]?.['message'];
  const text = typeof exception === 'string' && exception !== '' ? exception : event['message'];
  return typeof text === 'string' && text !== '' ? shortMessage(text) : null;
};

/** Failed updates of which nobody said why, by pipeline: those with the newest failures first. */
const failedPipelines = (context: CollectContext) => {
  const { failed, cut } = unexplained(context, 'pipeline-update', 'pipeline');
  const pipelines = new Map<string, LakeFact[]>();
  for (const fact of failed) {
    const pipeline = said(fact.data['pipeline']);
    pipelines.set(pipeline, [...(pipelines.get(pipeline) ?? []), fact]);
  }
  return { pipelines: [...pipelines], cut };
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
  estimate: (context) => Promise.resolve(ok(callsOnly(failedPipelines(context).pipelines.length))),
  collect: async (context) => {
    const { pipelines, cut } = failedPipelines(context);
    const turn = nextTurn(context, pipelines, { key: ([id]) => id, limit: perPull, plural: 'pipelines with failed updates' }); // prettier-ignore
    const how = new Map<string, string>();
    const facts: LakeFact[] = [];
    let failure: DatabricksFailure | undefined;
    for (const [pipeline, failed] of turn.items) {
      const found = await getOne(context, `/api/2.0/pipelines/${encodeURIComponent(pipeline)}/events`, {
        filter: "level='ERROR'",
        order_by: 'timestamp desc',
        max_results: eventsPerPipeline,
      });
      if (!found.ok) {
        // 403 and 404 cost this pipeline only; anything else stops here and is told.
        if (endsRound(found.error)) return err(found.error);
        how.set(pipeline, isGone(found.error) ? 'gone' : 'refused');
        if (!isGone(found.error)) failure = found.error;
        continue;
      }
      how.set(pipeline, 'read');
      const events = objects(found.value['events']);
      for (const fact of failed) {
        const own = events.filter((one) => said(object(one['origin'])['update_id']) === said(fact.data['update']));
        const message = own.map(messageOf).find((one) => one !== null) ?? '';
        facts.push({ ...fact, data: { ...fact.data, message } });
      }
    }
    const { went, left, step } = turn.ended(how, { cursor: null });
    const [read, gone, refused] = [went('read').length, went('gone').length, went('refused').length];
    const notes = [
      ...(gone > 0 ? [`${gone} pipelines with failed updates are no longer there.`] : []),
      ...(refused > 0 ? [`${refused} pipelines with failed updates are not visible to this user.`] : []),
      ...(left === null ? [] : [left]),
      ...(cut ? [lookedAtWords('updates')] : []),
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
