import { setTimeout as sleep } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../../shared/base/json.ts';
import { anyAnswer, notObserved, told } from '../answered.ts';
import { onlyOn, type Check } from '../check.ts';
import { rowsOf, type Stage } from '../stage.ts';
import { eventsTable, push } from './events-table.ts';

const pathOf = (stage: Stage): string => `/api/2.0/sql/warehouses/${stage.connection.httpPath.split('/').at(-1) ?? ''}`;

const warehouseOf = async (stage: Stage): Promise<JsonObject | null> => {
  const answer = await stage.workspace.rest.call({ method: 'GET', path: pathOf(stage) });
  return answer.ok && isJsonObject(answer.value) ? answer.value : null;
};

/** How long a stopped warehouse takes to answer: as it was found, or stopped for it where that was allowed. */
const coldStart = async (stage: Stage): Promise<unknown> => {
  const kind = await warehouseOf(stage);
  const about = {
    kind: kind?.['warehouse_type'] ?? null,
    serverless: kind?.['enable_serverless_compute'] ?? null,
    size: kind?.['cluster_size'] ?? null,
    autoStopMinutes: kind?.['auto_stop_mins'] ?? null,
  };
  const { opening } = stage;
  if (opening !== null && opening.state === 'STOPPED')
    return told({ ...about, found: 'stopped', firstAnswerMs: opening.ms });
  if (!stage.wishes.coldStart)
    return notObserved('the warehouse was running; BREAKWATER_CONFORMANCE_COLD_START=1 lets it be stopped for this');
  const stopped = await stage.workspace.rest.call({ method: 'POST', path: `${pathOf(stage)}/stop`, body: {} });
  if (!stopped.ok) return notObserved(`it could not be stopped: ${stopped.error.tag}`);
  for (let tries = 0; (await warehouseOf(stage))?.['state'] !== 'STOPPED'; tries += 1) {
    if (tries > 60) return notObserved('it did not stop within five minutes');
    await sleep(5_000);
  }
  const { now } = stage.deps.clock;
  const began = now();
  const fresh = stage.another();
  const answer = await fresh.warehouse.query({ name: 'conformance', text: 'SELECT 1 AS a', effect: 'read' });
  if (!answer.ok) throw new Error(answer.error.what);
  return told({ ...about, found: 'stopped for this', firstAnswerMs: now() - began });
};

const mark = '/* breakwater pruning';

/** What the query history counts of files, for a statement that is found by a comment in its text. */
const filesReadBy = async (stage: Stage, comment: string): Promise<JsonObject | null> => {
  const { now } = stage.deps.clock;
  const until = now() + stage.wishes.patienceMs;
  for (;;) {
    const answer = await stage.workspace.rest.call({
      method: 'GET',
      path: '/api/2.0/sql/history/queries',
      query: { max_results: '100', include_metrics: 'true' },
    });
    const list = answer.ok && isJsonObject(answer.value) ? answer.value['res'] : [];
    const one = (Array.isArray(list) ? list.filter(isJsonObject) : []).find((query) =>
      String(query['query_text']).includes(comment),
    );
    const metrics = one?.['metrics'];
    if (isJsonObject(metrics)) return Object.fromEntries(Object.entries(metrics).filter(([key]) => /file/.test(key)));
    if (now() > until) return null;
    await sleep(5_000);
  }
};

/** Eight commits, so eight files; a look behind the seventh. Whether all are read, or one. */
const pruning = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'pruned');
  for (const seq of [1, 2, 3, 4, 5, 6, 7, 8]) await push(stage, place, [seq]);
  const seen: Record<string, unknown> = {};
  for (const [name, where] of [
    ['behind a version', '_metadata.row_commit_version > 7'],
    ['everything', 'seq > 0'],
  ] as const) {
    const comment = `${mark} ${stage.schema} ${name} */`;
    const rows = await rowsOf(stage, `SELECT seq ${comment} FROM ${place}.events WHERE ${where} ORDER BY seq`);
    seen[name] = { rows: rows.length, files: await filesReadBy(stage, comment) };
  }
  return Object.values(seen).every((one) => isJsonObject(one) && one['files'] === null)
    ? notObserved('the query history told no metrics of the statement')
    : told(seen);
};

export const warehouseChecks: readonly Check[] = [
  {
    id: 'live.cold-start',
    about: 'how long a stopped warehouse takes to answer, and when it stops by itself',
    lacking: onlyOn('workspace', 'has no warehouse that stops'),
    observe: coldStart,
    expected: anyAnswer,
  },
  {
    id: 'live.pruning',
    about: 'how many files are read for rows behind a commit version, by the metrics of the query history',
    lacking: onlyOn('workspace', 'has no query history with metrics of files'),
    observe: pruning,
    expected: anyAnswer,
  },
];
