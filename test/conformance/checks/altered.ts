import { told } from '../answered.ts';
import type { Check } from '../check.ts';
import { ask, prepare, rowsOf, see, seenOf, type Stage } from '../stage.ts';
import { batchOf, eventsTable, oneTo, push, pushVia } from './events-table.ts';

const writers = 2;
const pushes = 2;

/** Pushes while somebody changes the table's properties: who loses is told so by one SQLSTATE, and pushes again. */
const duringAlter = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'altering');
  const lost: unknown[] = [];
  const done = new Set<number>();
  const write = async (writer: number): Promise<void> => {
    const workspace = stage.another();
    for (const n of oneTo(pushes))
      for (let tries = 0; ; tries += 1) {
        const pushed = await pushVia(workspace, place, batchOf([n], 'line', `d${writer}`));
        if (pushed.ok) break;
        lost.push(seenOf(pushed));
        if (tries > 20) throw new Error(`a push does not get through: ${pushed.error.what}`);
      }
    done.add(writer);
  };
  const alter = async (): Promise<void> => {
    for (let n = 0; done.size !== writers; n += 1) {
      const answer = await ask(
        stage.workspace,
        `ALTER TABLE ${place}.events SET TBLPROPERTIES ('breakwater.conformance' = '${n}')`,
      );
      if (!answer.ok) lost.push(seenOf(answer));
    }
  };
  await Promise.all([...oneTo(writers).map(write), alter()]);
  const [row] = await rowsOf(
    stage,
    `SELECT count(*) AS n, count(DISTINCT concat(device_id, ' ', CAST(seq AS STRING))) AS d FROM ${place}.events`,
  );
  const others = lost.filter((one) => !JSON.stringify(one).includes('"sqlState":"2D521"'));
  return told({ lost: [...new Set(lost.map((one) => JSON.stringify(one)))], times: lost.length }, { others, row });
};

/** A column more than our INSERT fills: whatever the answer, nothing is written half. */
const afterAlter = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'altered');
  await push(stage, place, [1]);
  await prepare(stage, `ALTER TABLE ${place}.events ADD COLUMN somebodys STRING`);
  const pushed = seenOf(await pushVia(stage.workspace, place, batchOf([2], 'line')));
  return {
    refused: 'rows' in pushed ? 'taken' : pushed,
    rows: await see(stage, `SELECT count(*) AS n FROM ${place}.events`),
  };
};

/** A redaction by UPDATE while a reader follows: it gets the changed row by its new version, and the pushes go on. */
const redaction = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'redacted');
  await push(stage, place, [1, 2]);
  const reader = stage.another();
  let mark = '0';
  const pull = async (): Promise<unknown> => {
    const answer = await ask(
      reader,
      `SELECT seq, disclosures, CAST(_metadata.row_commit_version AS STRING) AS cv FROM ${place}.events WHERE _metadata.row_commit_version > :mark ORDER BY _metadata.row_commit_version, seq`,
      { mark: { type: 'BIGINT', value: mark } },
    );
    if (!answer.ok) return seenOf(answer);
    mark = answer.value.rows.at(-1)?.['cv'] ?? mark;
    return answer.value.rows.map((row) => [row['seq'], row['disclosures']]);
  };
  const set = (value: string): Promise<void> =>
    prepare(stage, `ALTER TABLE ${place}.events SET TBLPROPERTIES ('delta.appendOnly' = '${value}')`);
  const first = await pull();
  const refused = await see(stage, `UPDATE ${place}.events SET disclosures = '[]' WHERE seq = 1`);
  await set('false');
  const between = await pull();
  const updated = await see(stage, `UPDATE ${place}.events SET disclosures = '[]' WHERE seq = 1`);
  await set('true');
  await push(stage, place, [3]);
  return { first, refused, between, updated, afterwards: await pull() };
};

/** What happens to a shared table behind the back of who writes to it. */
export const alteredChecks: readonly Check[] = [
  {
    id: 'live.during-alter',
    about: 'pushes while the table is altered: refused by SQLSTATE 2D521 only, and each is there once in the end',
    observe: duringAlter,
    expected: { others: [], row: { n: String(writers * pushes), d: String(writers * pushes) } },
  },
  {
    id: 'live.after-alter',
    about: 'a push to a table that got a column more is refused as a whole',
    observe: afterAlter,
    expected: {
      refused: { errorClass: 'DELTA_INSERT_COLUMN_ARITY_MISMATCH', sqlState: '42802' },
      rows: { rows: [['1']] },
    },
  },
  {
    id: 'live.redaction',
    about: 'UPDATE with appendOnly switched off for it: a reader gets the changed row, and pushes go on',
    observe: redaction,
    expected: {
      first: [
        ['1', null],
        ['2', null],
      ],
      refused: { errorClass: 'DELTA_CANNOT_MODIFY_APPEND_ONLY', sqlState: '42809' },
      between: [],
      updated: { rows: [['1']] },
      afterwards: [
        ['1', '[]'],
        ['3', null],
      ],
    },
  },
];
