import { eventLogCollector } from '../../../main/lake/collectors/event-log.ts';
import { expectationsSource } from '../../../main/lake/collectors/expectations.ts';
import { putSource } from '../../../main/store/lake.ts';
import { putFact } from '../../support/facts.ts';
import { ok } from '../../../shared/base/result.ts';
import { toInstant } from '../../../shared/base/time.ts';
import { collectContext } from '../../support/collect.ts';
import { temporaryStore } from '../../support/lakehouse.ts';
import type { Check } from '../check.ts';
import { publishedLog } from '../own-tables.ts';
import type { Stage } from '../stage.ts';

const pipeline = '0f2c5c1e-7a52-4a6e-9d58-2f0c6a1b9e11';
/** What the collector makes of a log, for somebody who may not read the table of all pipelines. */
const read = async (stage: Stage, table: string): Promise<unknown> => {
  const now = stage.deps.clock.now();
  const { store, close } = temporaryStore();
  try {
    store.transaction<null>((db) => {
      putSource(db, { source: expectationsSource, workspace: '7', region: null, cursor: null, complete_to: null, observed: null, state: 'denied', missing: '[]', note: null }); // prettier-ignore
      putFact(db, { id: 'pipeline-update|7|u2', kind: 'pipeline-update', source: 's', workspace: '7', region: null, happened: toInstant(now - 3_600_000), observed: toInstant(now),
        complete_to: null, assets: `["pipeline|7|${pipeline}"]`, title: '', data: '{"result":"failed","message":null,"update":"u2"}' }, [`pipeline|7|${pipeline}`]); // prettier-ignore
      return ok(null);
    });
    const event_log = { catalog: stage.catalog, schema: stage.schema, name: table };
    const rest = { call: () => Promise.resolve(ok({ spec: { event_log } })) };
    const context = collectContext({ ...stage.workspace, rest }, store.read, [`pipeline|7|${pipeline}`], {
      clock: stage.deps.clock, horizon: toInstant(now - 14 * 86_400_000), observedAt: toInstant(now),
    }); // prettier-ignore
    const found = await eventLogCollector.collect(context);
    if (!found.ok) return found.error.tag;
    return [found.value.note, ...(found.value.facts ?? []).map(({ fact }) => fact.data['message'] ?? fact.title)];
  } finally {
    close();
  }
};

export const eventLogChecks: readonly Check[] = [
  {
    id: 'event-log.published',
    about: 'the published event log of a pipeline, with origin and error as JSON text and as structs',
    observe: async (stage) => {
      await publishedLog(stage, 'event_log_text', false);
      await publishedLog(stage, 'event_log_struct', true);
      return [await read(stage, 'event_log_text'), await read(stage, 'event_log_struct')];
    },
    expected: Array.from({ length: 2 }, () => [
      null,
      'Expectation valid id on sales failed for 5 of 100 records (5.00 %)',
      'column qty is gone',
    ]),
  },
  {
    id: 'event-log.refused',
    about: 'an event log that is not there, or of somebody else, is named and costs nothing else',
    observe: (stage) => read(stage, 'event_log_of_nobody'),
    expected: [`No event log that this user may read: pipeline ${pipeline}.`],
  },
];
