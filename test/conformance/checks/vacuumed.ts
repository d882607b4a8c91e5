import type { Check } from '../check.ts';
import { prepare, see, type Stage } from '../stage.ts';

const keep = (full: string, how: string): string =>
  `ALTER TABLE ${full} SET TBLPROPERTIES ('delta.deletedFileRetentionDuration' = '${how}')`;

/**
 * Old files go at once: by the statement; a practice lakehouse has a button instead. What they may be kept is set back afterwards:
 * otherwise the past is refused for being older than that, whether its files are there or not.
 */
const vacuum = async (stage: Stage, full: string): Promise<void> => {
  if (stage.engine === 'practice') await stage.practice?.control({ vacuum: full });
  else
    await prepare(
      stage,
      keep(full, 'interval 0 hours'),
      `VACUUM ${full} RETAIN 0 HOURS`,
      keep(full, 'interval 7 days'),
    );
};

/** The past of a table whose old files are gone: what is refused, by which class, and what still answers. */
const vacuumed = async (stage: Stage): Promise<unknown> => {
  const full = `${stage.catalog}.${stage.schema}.vacuumed`;
  await prepare(
    stage,
    `CREATE TABLE ${full} (a INT) USING DELTA TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true', 'delta.enableRowTracking' = 'true')`,
    `INSERT INTO ${full} VALUES (1), (2)`,
    `UPDATE ${full} SET a = 20 WHERE a = 2`,
    `INSERT INTO ${full} VALUES (3)`,
  );
  await vacuum(stage, full);
  const changes = (from: number): Promise<unknown> =>
    see(stage, `SELECT _change_type, a FROM table_changes('${full}', ${from}, 3) ORDER BY _change_type, a`);
  return {
    newest: await see(stage, `SELECT a FROM ${full} ORDER BY a`),
    old: await see(stage, `SELECT a FROM ${full} VERSION AS OF 1 ORDER BY a`),
    changes: await changes(1),
    laterChanges: await changes(3),
    watermark: await see(stage, `SELECT a FROM ${full} WHERE _metadata.row_commit_version > 2 ORDER BY a`),
  };
};

const gone = { errorClass: 'FAILED_READ_FILE.FILE_NOT_EXIST', sqlState: 'KD001' };

const tooOld = {
  errorClass: 'DELTA_UNSUPPORTED_TIME_TRAVEL_BEYOND_DELETED_FILE_RETENTION_DURATION',
  sqlState: '0AKDC',
};

/** A past that is older than deleted files are kept: refused although nothing was removed. */
const pastRetention = async (stage: Stage): Promise<unknown> => {
  const full = `${stage.catalog}.${stage.schema}.past_retention`;
  await prepare(
    stage,
    `CREATE TABLE ${full} (a INT) USING DELTA TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true', 'delta.deletedFileRetentionDuration' = 'interval 0 hours')`,
    `INSERT INTO ${full} VALUES (1)`,
    `INSERT INTO ${full} VALUES (2)`,
  );
  return [
    await see(stage, `SELECT a FROM ${full} VERSION AS OF 1`),
    await see(stage, `SELECT a FROM table_changes('${full}', 1)`),
  ];
};

export const vacuumChecks: readonly Check[] = [
  {
    id: 'delta.past-retention',
    about: 'versions and changes older than deleted files are kept are refused, although nothing was removed',
    lacking: { practice: 'keeps every version until its button for VACUUM is pressed' },
    observe: pastRetention,
    expected: [tooOld, tooOld],
  },
  {
    id: 'delta.vacuumed',
    about: 'after VACUUM: the newest version and later changes answer; older ones are refused, and nothing is made up',
    observe: vacuumed,
    expected: {
      newest: { rows: [['1'], ['3'], ['20']] },
      old: gone,
      changes: gone,
      laterChanges: { rows: [['insert', '3']] },
      watermark: { rows: [['3']] },
    },
  },
];
