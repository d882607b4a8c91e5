import type { Check } from '../check.ts';
import { ask, prepare, rowsOf, see, seenOf, type Stage } from '../stage.ts';

const named = (stage: Stage, table: string): string => `${stage.catalog}.${stage.schema}.${table}`;
const tracked = "TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true', 'delta.enableRowTracking' = 'true')";
const historyOf = (stage: Stage, table: string, limit = 100): ReturnType<typeof rowsOf> =>
  rowsOf(stage, `DESCRIBE HISTORY ${named(stage, table)} LIMIT ${limit}`);

/** A table of one INT column with a commit for each value, made once per check. */
const table = async (
  stage: Stage,
  name: string,
  values: readonly number[] = [],
  properties = tracked,
): Promise<string> => {
  const full = named(stage, name);
  await prepare(
    stage,
    `CREATE TABLE ${full} (a INT) USING DELTA ${properties}`,
    ...values.map((value) => `INSERT INTO ${full} VALUES (${value})`),
  );
  return full;
};

const sessions = 4;
const each = 5;

const blindInserts = async (stage: Stage): Promise<unknown> => {
  const full = await table(stage, 'blind');
  const answers = await Promise.all(
    Array.from({ length: sessions }, async (_, writer) => {
      const workspace = stage.another();
      const out = [];
      for (let n = 0; n < each; n += 1)
        out.push(seenOf(await ask(workspace, `INSERT INTO ${full} SELECT ${writer * 100 + n}`)));
      return out;
    }),
  );
  const history = await historyOf(stage, 'blind');
  const writes = history.filter((row) => row['operation'] === 'WRITE');
  const rows = await rowsOf(
    stage,
    `SELECT count(DISTINCT a) AS n, count(DISTINCT _metadata.row_commit_version) AS v FROM ${full}`,
  );
  return {
    refused: answers.flat().filter((one) => !('rows' in one)),
    versions: writes.map((row) => Number(row['version'])),
    blind: [...new Set(writes.map((row) => row['isBlindAppend']))],
    rows: rows[0],
  };
};

const versionsOfRows = (full: string): string =>
  `SELECT a, CAST(_metadata.row_commit_version AS STRING) AS cv FROM ${full} ORDER BY cv, a`;

const commitVersions = async (stage: Stage): Promise<unknown> => {
  const full = await table(stage, 'versions', [1, 2, 3]);
  const before = await see(stage, versionsOfRows(full));
  await prepare(stage, `OPTIMIZE ${full}`);
  const optimised = await see(stage, versionsOfRows(full));
  const later = await see(stage, `SELECT a FROM ${full} WHERE _metadata.row_commit_version > :after ORDER BY a`, {
    after: { type: 'BIGINT', value: '1' },
  });
  return { before, optimised, later };
};

const afterRestore = async (stage: Stage): Promise<unknown> => {
  const full = await table(stage, 'restored', [1, 2, 3]);
  const answer = await ask(stage.workspace, `RESTORE TABLE ${full} TO VERSION AS OF 1`);
  const gone = await see(stage, versionsOfRows(full));
  await prepare(stage, `RESTORE TABLE ${full} TO VERSION AS OF 3`, `INSERT INTO ${full} VALUES (4)`);
  const back = await see(stage, versionsOfRows(full));
  const changes = await see(
    stage,
    `SELECT _change_type, a, CAST(_commit_version AS STRING) AS v FROM table_changes('${full}', 4, 5) ORDER BY v, a`,
  );
  const [, , newest] = await historyOf(stage, 'restored');
  return {
    columns: answer.ok ? answer.value.columns : seenOf(answer),
    gone,
    back,
    changes,
    operation: newest?.['operation'],
  };
};

const changes = async (stage: Stage): Promise<unknown> => {
  const full = await table(stage, 'changes', [1, 2]);
  await prepare(stage, `UPDATE ${full} SET a = 20 WHERE a = 2`, `DELETE FROM ${full} WHERE a = 1`);
  const range = (from: number, to: number): Promise<unknown> =>
    see(
      stage,
      `SELECT _change_type, a, CAST(_commit_version AS STRING) AS v FROM table_changes('${full}', ${from}, ${to}) ORDER BY v, _change_type, a`,
    );
  return { all: await range(0, 4), both: await range(2, 2), beyond: await range(4, 400) };
};

const changeErrors = async (stage: Stage): Promise<unknown> => {
  const full = await table(stage, 'change_errors', [1]);
  const without = await table(stage, 'no_feed', [1], '');
  const ranges = [`'${full}', 2`, `'${full}', 1, 0`, `'${without}', 0`];
  const seen = [];
  for (const range of ranges) seen.push(await see(stage, `SELECT count(*) AS n FROM table_changes(${range})`));
  return seen;
};

const travel = async (stage: Stage): Promise<unknown> => {
  const full = await table(stage, 'travel', [1, 2]);
  await prepare(stage, `ALTER TABLE ${full} ADD COLUMN b STRING`, `INSERT INTO ${full} VALUES (3, 'x')`);
  const [, , second] = await historyOf(stage, 'travel');
  const at = (clause: string): Promise<unknown> => see(stage, `SELECT * FROM ${full} ${clause} ORDER BY a`);
  const columns = async (clause: string): Promise<unknown> => {
    const answer = await ask(stage.workspace, `SELECT * FROM ${full} ${clause} LIMIT 0`);
    return answer.ok ? answer.value.columns : seenOf(answer);
  };
  return {
    old: await at('VERSION AS OF 1'),
    oldColumns: await columns('VERSION AS OF 2'),
    newColumns: await columns('VERSION AS OF 3'),
    byTime: await at(`TIMESTAMP AS OF '${second?.['timestamp'] ?? ''}'`),
    unknown: await at('VERSION AS OF 99'),
    early: await at("TIMESTAMP AS OF '2001-01-01 00:00:00'"),
    late: await at("TIMESTAMP AS OF '2101-01-01 00:00:00'"),
  };
};

/** Columns of DESCRIBE HISTORY that Breakwater reads, and the order of its rows. */
const history = async (stage: Stage): Promise<unknown> => {
  const full = await table(stage, 'told', [1, 2]);
  await prepare(
    stage,
    `ALTER TABLE ${full} ADD COLUMNS (b INT)`,
    `OPTIMIZE ${full}`,
    `DELETE FROM ${full} WHERE a = 1`,
  );
  const answer = await ask(stage.workspace, `DESCRIBE HISTORY ${full} LIMIT 4`);
  if (!answer.ok) return seenOf(answer);
  const read = ['version', 'timestamp', 'userName', 'operation', 'operationParameters', 'job', 'notebook', 'clusterId', 'isBlindAppend', 'operationMetrics', 'engineInfo']; // prettier-ignore
  return {
    missing: read.filter((name) => !answer.value.columns.includes(name)),
    commits: answer.value.rows.map((row) => [row['version'], row['operation']]),
    named: answer.value.rows.every((row) => (row['userName'] ?? '') !== ''),
  };
};

const identityOf = async (stage: Stage, name: string): Promise<string> =>
  (await rowsOf(stage, `DESCRIBE DETAIL ${named(stage, name)}`))[0]?.['id'] ?? '';

const replaced = async (stage: Stage): Promise<unknown> => {
  const full = await table(stage, 'replaced', [1]);
  const ids = [await identityOf(stage, 'replaced')];
  await prepare(stage, `DROP TABLE ${full}`, `CREATE TABLE ${full} (a INT) USING DELTA`);
  ids.push(await identityOf(stage, 'replaced'));
  const afterDrop = (await historyOf(stage, 'replaced')).map((row) => row['version']);
  await prepare(stage, `CREATE OR REPLACE TABLE ${full} (a INT) USING DELTA`);
  ids.push(await identityOf(stage, 'replaced'));
  return {
    ids: new Set(ids).size,
    afterDrop,
    afterReplace: (await historyOf(stage, 'replaced')).map((row) => row['version']),
  };
};

const appendOnly = async (stage: Stage): Promise<unknown> => {
  const full = await table(stage, 'append_only', [1, 2], "TBLPROPERTIES ('delta.appendOnly' = 'true')");
  const texts = [`DELETE FROM ${full} WHERE a = 1`, `UPDATE ${full} SET a = 3`, `TRUNCATE TABLE ${full}`];
  const seen: unknown[] = [];
  for (const text of texts) seen.push(await see(stage, text));
  await prepare(stage, `OPTIMIZE ${full}`, `RESTORE TABLE ${full} TO VERSION AS OF 1`);
  return { refused: seen, afterRestore: await see(stage, `SELECT a FROM ${full}`) };
};

const counts = async (stage: Stage): Promise<unknown> => {
  const full = await table(stage, 'counts', []);
  return {
    insert: await see(stage, `INSERT INTO ${full} VALUES (1), (2)`),
    update: await see(stage, `UPDATE ${full} SET a = a + 10`),
    delete: await see(stage, `DELETE FROM ${full} WHERE a = 11`),
  };
};

/** Two MERGEs of one row at once, several times: whoever loses is told so by SQLSTATE 2D521 and nothing of his is kept. */
const mergeConflicts = async (stage: Stage): Promise<unknown> => {
  const full = await table(stage, 'merged', [1], '');
  const [one, other] = [stage.another(), stage.another()];
  const text = `MERGE INTO ${full} t USING (SELECT 1 AS k) s ON t.a % 1000 = s.k WHEN MATCHED THEN UPDATE SET a = t.a + 1000`;
  const seen = [];
  for (let n = 0; n < 3; n += 1)
    seen.push(...(await Promise.all([one, other].map(async (workspace) => seenOf(await ask(workspace, text))))));
  const kept = Number((await rowsOf(stage, `SELECT a FROM ${full}`))[0]?.['a'] ?? 0);
  const lost = seen.filter((one) => 'sqlState' in one);
  return {
    others: lost.filter((one) => 'sqlState' in one && one.sqlState !== '2D521'),
    kept: Math.floor(kept / 1000) === seen.length - lost.length,
  };
};

/** What Delta does, as far as Breakwater relies on it. */
export const deltaChecks: readonly Check[] = [
  {
    id: 'delta.blind-insert',
    about: 'blind INSERTs of four sessions at once never conflict; each is one version',
    observe: blindInserts,
    expected: {
      refused: [],
      versions: Array.from({ length: sessions * each }, (_, i) => sessions * each - i),
      blind: ['true'],
      rows: { n: String(sessions * each), v: String(sessions * each) },
    },
  },
  {
    id: 'delta.commit-versions',
    about: 'row_commit_version in SELECT and WHERE; OPTIMIZE leaves it alone',
    observe: commitVersions,
    expected: {
      before: {
        rows: [
          ['1', '1'],
          ['2', '2'],
          ['3', '3'],
        ],
      },
      optimised: {
        rows: [
          ['1', '1'],
          ['2', '2'],
          ['3', '3'],
        ],
      },
      later: { rows: [['2'], ['3']] },
    },
  },
  {
    id: 'delta.restore',
    about: 'after RESTORE rows come back with their old versions; the change feed tells both ways',
    observe: afterRestore,
    expected: {
      columns: [
        'table_size_after_restore',
        'num_of_files_after_restore',
        'num_removed_files',
        'num_restored_files',
        'removed_files_size',
        'restored_files_size',
      ],
      gone: { rows: [['1', '1']] },
      back: {
        rows: [
          ['1', '1'],
          ['2', '2'],
          ['3', '3'],
          ['4', '6'],
        ],
      },
      changes: {
        rows: [
          ['delete', '2', '4'],
          ['delete', '3', '4'],
          ['insert', '2', '5'],
          ['insert', '3', '5'],
        ],
      },
      operation: 'RESTORE',
    },
  },
  {
    id: 'delta.table-changes',
    about: 'table_changes includes both ends, and an end past the newest is allowed',
    observe: changes,
    expected: {
      all: {
        rows: [
          ['insert', '1', '1'],
          ['insert', '2', '2'],
          ['update_postimage', '20', '3'],
          ['update_preimage', '2', '3'],
          ['delete', '1', '4'],
        ],
      },
      both: { rows: [['insert', '2', '2']] },
      beyond: { rows: [['delete', '1', '4']] },
    },
  },
  {
    id: 'delta.table-changes-errors',
    about: 'table_changes: start past the newest, end before start, feed never on',
    observe: changeErrors,
    expected: [
      { errorClass: 'DELTA_CDC_START_VERSION_AFTER_LATEST', sqlState: '22003' },
      { errorClass: 'DELTA_INVALID_CDC_RANGE', sqlState: '22003' },
      { errorClass: 'DELTA_MISSING_CHANGE_DATA', sqlState: 'KD002' },
    ],
  },
  {
    id: 'delta.time-travel',
    about: 'rows and columns at a version and at a time; what is refused',
    observe: travel,
    expected: {
      old: { rows: [['1']] },
      oldColumns: ['a'],
      newColumns: ['a', 'b'],
      byTime: { rows: [['1'], ['2']] },
      unknown: { errorClass: 'DELTA_VERSION_NOT_FOUND', sqlState: '22003' },
      early: { errorClass: 'DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION', sqlState: '42816' },
      late: { errorClass: 'DELTA_TIMESTAMP_GREATER_THAN_COMMIT', sqlState: '42816' },
    },
  },
  {
    id: 'delta.history',
    about: 'DESCRIBE HISTORY: newest first, limited, with the columns that are read and the names of operations',
    observe: history,
    expected: {
      missing: [],
      commits: [
        ['5', 'DELETE'],
        ['4', 'OPTIMIZE'],
        ['3', 'ADD COLUMNS'],
        ['2', 'WRITE'],
      ],
      named: true,
    },
  },
  {
    id: 'delta.replaced',
    about: 'DROP + CREATE and CREATE OR REPLACE give a table another id; only the first starts its history again',
    observe: replaced,
    expected: { ids: 3, afterDrop: ['0'], afterReplace: ['1', '0'] },
  },
  {
    id: 'delta.append-only',
    about: 'appendOnly refuses changes, and allows OPTIMIZE and RESTORE',
    observe: appendOnly,
    expected: {
      refused: [1, 2, 3].map(() => ({ errorClass: 'DELTA_CANNOT_MODIFY_APPEND_ONLY', sqlState: '42809' })),
      afterRestore: { rows: [['1']] },
    },
  },
  {
    id: 'delta.counts',
    about: 'writes answer how many rows they changed',
    observe: counts,
    expected: { insert: { rows: [['2', '2']] }, update: { rows: [['2']] }, delete: { rows: [['1']] } },
  },
  {
    id: 'delta.merge-conflicts',
    about: 'MERGEs of one row at once: the loser gets SQLSTATE 2D521, and nothing of his stays',
    observe: mergeConflicts,
    expected: { others: [], kept: true },
  },
  {
    id: 'delta.not-null',
    about: 'NOT NULL is kept',
    observe: async (stage) => {
      const full = named(stage, 'not_null');
      await prepare(stage, `CREATE TABLE ${full} (a INT NOT NULL) USING DELTA`);
      return see(stage, `INSERT INTO ${full} SELECT CAST(NULL AS INT)`);
    },
    expected: { errorClass: 'DELTA_NOT_NULL_CONSTRAINT_VIOLATED', sqlState: '23502' },
  },
  {
    id: 'delta.no-row-tracking',
    about: 'a table without row tracking has no row_commit_version',
    observe: async (stage) => {
      const full = await table(stage, 'untracked', [1], '');
      return see(stage, `SELECT _metadata.row_commit_version AS cv FROM ${full}`);
    },
    expected: { errorClass: 'FIELD_NOT_FOUND', sqlState: '42704' },
  },
  {
    id: 'delta.restore-unknown',
    about: 'RESTORE to a version that never was',
    observe: async (stage) => see(stage, `RESTORE TABLE ${await table(stage, 'restore_unknown')} TO VERSION AS OF 9`),
    expected: { errorClass: 'DELTA_CANNOT_RESTORE_TABLE_VERSION', sqlState: '22003' },
  },
];
