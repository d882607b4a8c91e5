import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDeltaTransport } from '../../../main/sync/delta.ts';
import { notObserved } from '../answered.ts';
import { onlyOn, type Check } from '../check.ts';
import { ask, prepare, rowsOf, see, seenOf, type Stage } from '../stage.ts';
import { eventsTable, oneTo, push } from './events-table.ts';

/** Waits for the query history, which is told late, to know a statement of this run; then looks for the value of its parameter. */
const parameterInHistory = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'private');
  const secret = randomBytes(12).toString('hex');
  await push(stage, place, [1], secret);
  const until = stage.deps.clock.now() + stage.wishes.patienceMs;
  for (;;) {
    const history = await stage.workspace.rest.call({
      method: 'GET',
      path: '/api/2.0/sql/history/queries',
      query: { max_results: '100', include_metrics: 'false' },
    });
    if (!history.ok) return notObserved(`the query history is not readable: ${history.error.tag}`);
    const text = JSON.stringify(history.value);
    if (text.includes(`${stage.schema}_private`) && /INSERT/.test(text))
      return text.includes(secret) ? 'shown' : 'not shown';
    if (stage.deps.clock.now() > until) break;
    await sleep(5_000);
  }
  return notObserved('the statement did not appear in the query history in time');
};

const versions = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'versions');
  await push(stage, place, [1]);
  await push(stage, place, [2, 3]);
  const list = `SELECT seq, CAST(_metadata.row_commit_version AS STRING) AS cv FROM ${place}.events WHERE _metadata.row_commit_version > 0 ORDER BY cv, seq`;
  const before = await see(stage, list);
  await prepare(stage, `OPTIMIZE ${place}.events`);
  return { before, after: await see(stage, list) };
};

const freshness = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'cache');
  const count = `SELECT count(*) AS n FROM ${place}.events`;
  const before = await see(stage, count);
  const other = createDeltaTransport(place, stage.another().warehouse, randomBytes);
  await push(stage, place, [1]);
  await other.close();
  return { before, after: seenOf(await ask(stage.another(), count)), again: await see(stage, count) };
};

const pushedBy = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'who');
  const identity = await stage.workspace.identity();
  await push(stage, place, [1]);
  const [row] = await rowsOf(
    stage,
    `SELECT pushed_by, abs(unix_micros(pushed_at) - unix_micros(current_timestamp())) < 600000000 AS recent FROM ${place}.events`,
  );
  return { user: identity.ok && row?.['pushed_by'] === identity.value.user, recent: row?.['recent'] };
};

const blindAppend = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'append');
  await push(stage, place, oneTo(1_000), 'x'.repeat(600));
  const [newest] = await rowsOf(stage, `DESCRIBE HISTORY ${place}.events LIMIT 1`);
  const [count] = await rowsOf(stage, `SELECT count(*) AS n FROM ${place}.events`);
  return [newest?.['operation'], newest?.['isBlindAppend'], count?.['n']];
};

const retention = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'kept');
  const found = await rowsOf(stage, `SHOW TBLPROPERTIES ${place}.events`);
  const of = (key: string): string | null | undefined => found.find((row) => row['key'] === key)?.['value'];
  return [of('delta.logRetentionDuration'), of('delta.deletedFileRetentionDuration'), of('delta.appendOnly')];
};

/** The digest that peers compare: by device, how many, up to where, with which hash. */
const digest = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'digest');
  await push(stage, place, [1, 2, 3]);
  await push(stage, place, [3, 5]);
  return see(
    stage,
    `SELECT device_id, count(DISTINCT seq) AS n, max(seq) AS m, max_by(hash, seq) AS h FROM ${place}.events WHERE log_id = 'inc:1' GROUP BY device_id`,
  );
};

/** Only a workspace can say these: they are about what Databricks keeps and switches off. */
const onlyThere: Readonly<Record<string, string>> = {
  'live.parameter-in-history': 'keeps no history of queries that are sent to it',
  'live.idempotent-writes': 'takes SET of any name: no statement of Breakwater sets one',
};

/** What the facts leave open without a workspace: each is one check, and its report says what was seen. */
export const liveChecks: readonly Check[] = (
  [
    [
      'live.parameter-in-history',
      'the value of our INSERT does not stand in the query history',
      parameterInHistory,
      'not shown',
    ],
    [
      'live.row-versions',
      'row_commit_version with clustering, deletion vectors and appendOnly together; the same after OPTIMIZE',
      versions,
      {
        before: {
          rows: [
            ['1', '1'],
            ['2', '2'],
            ['3', '2'],
          ],
        },
        after: {
          rows: [
            ['1', '1'],
            ['2', '2'],
            ['3', '2'],
          ],
        },
      },
    ],
    [
      'live.result-cache',
      'a count right after somebody else’s commit sees it',
      freshness,
      { before: { rows: [['0']] }, after: { rows: [['1']] }, again: { rows: [['1']] } },
    ],
    [
      'live.pushed-by',
      'session_user() and current_timestamp() are those of the server',
      pushedBy,
      { user: true, recent: 'true' },
    ],
    ['live.blind-append', 'a push of 1,000 events is one blind append', blindAppend, ['WRITE', 'true', '1000']],
    [
      'live.retention',
      'retention as the share asks for it',
      retention,
      ['interval 365 days', 'interval 60 days', 'true'],
    ],
    [
      'live.digest',
      'count, max and max_by of a log by device, with one event pushed twice',
      digest,
      { rows: [['d', '4', '5', 'h5']] },
    ],
    [
      'live.idempotent-writes',
      'the settings for idempotent writes are not there in a warehouse',
      async (stage: Stage) => 'rows' in (await see(stage, 'SET spark.databricks.delta.write.txnAppId = breakwater')),
      false,
    ],
    [
      'live.history-as-table',
      'DESCRIBE HISTORY stands for no table in FROM',
      async (stage: Stage) => {
        const place = await eventsTable(stage, 'told');
        return 'rows' in (await see(stage, `SELECT count(*) AS n FROM (DESCRIBE HISTORY ${place}.events)`));
      },
      false,
    ],
  ] as const
).map(([id, about, observe, expected]) => ({
  id,
  about,
  ...(onlyThere[id] === undefined ? {} : { lacking: onlyOn('workspace', onlyThere[id]) }),
  observe,
  expected: expected as Check['expected'],
}));
