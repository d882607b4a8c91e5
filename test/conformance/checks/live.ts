import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDeltaTransport } from '../../../main/sync/delta.ts';
import { placeOf, pushBatch, tableDdl } from '../../../main/sync/delta-sql.ts';
import type { Check } from '../check.ts';
import { ask, prepare, rowsOf, see, seenOf, type Stage } from '../stage.ts';

/** The events table exactly as `share init` makes it, in a schema of its own. */
const eventsTable = async (stage: Stage, name: string): Promise<string> => {
  const place = `${stage.catalog}.${stage.schema}_${name}`;
  const at = placeOf(place);
  if (at === null) throw new Error(`${place} is no place`);
  await prepare(stage, `CREATE SCHEMA IF NOT EXISTS ${place}`, ...tableDdl(at).map((one) => one.text));
  return place;
};

const rowOf = (seq: number, line: string): Readonly<Record<string, unknown>> => ({
  log_id: 'inc:1', device_id: 'd', seq, hash: `h${seq}`, line, disclosures: null, sig: 's', batch_id: 'b',
}); // prettier-ignore

const push = async (stage: Stage, place: string, seqs: readonly number[], line = 'line'): Promise<void> => {
  const at = placeOf(place);
  if (at === null) throw new Error(`${place} is no place`);
  const pushed = await stage.workspace.warehouse.query(
    pushBatch(at, JSON.stringify(seqs.map((seq) => rowOf(seq, line)))),
  );
  if (!pushed.ok) throw new Error(pushed.error.what);
};

/** Waits for the query history, which is told late, to know a statement of this run; then looks for the value of its parameter. */
const parameterInHistory = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'private');
  const secret = randomBytes(12).toString('hex');
  await push(stage, place, [1], secret);
  for (let tries = 0; tries < 12; tries += 1) {
    const history = await stage.workspace.rest.call({
      method: 'GET',
      path: '/api/2.0/sql/history/queries',
      query: { max_results: '100', include_metrics: 'false' },
    });
    if (!history.ok) return `not readable: ${history.error.tag}`;
    const text = JSON.stringify(history.value);
    if (text.includes(`${stage.schema}_private`) && /INSERT/.test(text))
      return text.includes(secret) ? 'shown' : 'not shown';
    await sleep(5_000);
  }
  return 'the statement did not appear in a minute';
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
  const at = placeOf(place);
  if (at === null) return 'no place';
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
  await push(
    stage,
    place,
    Array.from({ length: 1_000 }, (_, i) => i + 1),
    'x'.repeat(600),
  );
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

const redaction = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'redacted');
  await push(stage, place, [1, 2]);
  const set = (value: string): string =>
    `ALTER TABLE ${place}.events SET TBLPROPERTIES ('delta.appendOnly' = '${value}')`;
  await prepare(stage, set('false'));
  const updated = await see(stage, `UPDATE ${place}.events SET disclosures = '[]' WHERE seq = 1`);
  await prepare(stage, set('true'));
  await push(stage, place, [3]);
  return { updated, rows: await see(stage, `SELECT seq FROM ${place}.events ORDER BY seq`) };
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
      'live.redaction',
      'UPDATE with appendOnly switched off for it, and pushes go on',
      redaction,
      { updated: { rows: [['1']] }, rows: { rows: [['1'], ['2'], ['3']] } },
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
  only: ['workspace'],
  observe,
  expected: expected as Check['expected'],
}));
