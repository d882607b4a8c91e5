import { grantText, selectPrivileges } from '../../../main/databricks/grants.ts';
import { parseTableName } from '../../../main/databricks/identifiers.ts';
import type { Workspace } from '../../../main/databricks/port.ts';
import { anyAnswer, notObserved, told } from '../answered.ts';
import { onlyOn, type Check } from '../check.ts';
import { ask, rowsOf, seenOf, type Stage } from '../stage.ts';
import { grantShare } from './grants.ts';
import { batchOf, eventsTable, push, pushVia } from './events-table.ts';

type Other = { readonly workspace: Workspace; readonly user: string };

/** A second user, or why there is none to look with. */
const otherOf = async (stage: Stage): Promise<Other | string> => {
  const workspace = stage.other();
  if (workspace === null) return 'no second principal: BREAKWATER_CONFORMANCE_OTHER_TOKEN names none';
  const [mine, theirs] = [await stage.workspace.identity(), await workspace.identity()];
  if (!mine.ok || !theirs.ok) return 'the second principal cannot sign in';
  if (mine.value.user === theirs.value.user) return 'no second principal: both tokens are those of one user';
  return { workspace, user: theirs.value.user };
};

/** SELECT on the events by the text that the product prints, without the right on the catalog: it holds more than the run. */
const grantSelect = async (stage: Stage, place: string, user: string): Promise<void> => {
  const table = parseTableName(`${place}.events`);
  if (!table.ok) throw new Error(place);
  for (const one of selectPrivileges(table.value).filter(({ kind }) => kind !== 'CATALOG'))
    await rowsOf(stage, grantText(one, user).replace(/;$/, ''));
};

/** Somebody who may not even read the table after its grant lacks something above it: what is refused then says nothing of tables. */
const blind = 'the second principal may not read a table on which SELECT was granted: USE CATALOG may be missing';
const reads = async (workspace: Workspace, place: string): Promise<boolean> =>
  (await ask(workspace, `SELECT count(*) AS n FROM ${place}.events`)).ok;

const can = async (workspace: Workspace, text: string): Promise<unknown> => {
  const seen = seenOf(await ask(workspace, text));
  return 'rows' in seen ? 'may' : seen;
};

/** With SELECT alone, then with MODIFY: who may append, and what else that lets somebody do to a shared table. */
const insert = async (stage: Stage): Promise<unknown> => {
  const other = await otherOf(stage);
  if (typeof other === 'string') return notObserved(other);
  const place = await eventsTable(stage, 'rights');
  await push(stage, place, [1]);
  const append = async (seq: number): Promise<unknown> => {
    const seen = seenOf(await pushVia(other.workspace, place, batchOf([seq], 'line', 'other')));
    return 'rows' in seen ? 'may' : seen;
  };
  await grantSelect(stage, place, other.user);
  if (!(await reads(other.workspace, place))) return notObserved(blind);
  const withSelect = { insert: await append(2) };
  await grantShare(stage, place, other.user);
  const withModify = {
    insert: await append(3),
    update: await can(other.workspace, `UPDATE ${place}.events SET line = 'changed'`),
    delete: await can(other.workspace, `DELETE FROM ${place}.events`),
    unsetAppendOnly: await can(
      other.workspace,
      `ALTER TABLE ${place}.events SET TBLPROPERTIES ('delta.appendOnly' = 'false')`,
    ),
    restore: await can(other.workspace, `RESTORE TABLE ${place}.events TO VERSION AS OF 0`),
  };
  return told({ withSelect, withModify });
};

/** What somebody may see of a table with SELECT alone. */
const describe = async (stage: Stage): Promise<unknown> => {
  const other = await otherOf(stage);
  if (typeof other === 'string') return notObserved(other);
  const place = await eventsTable(stage, 'described');
  await push(stage, place, [1]);
  await grantSelect(stage, place, other.user);
  if (!(await reads(other.workspace, place))) return notObserved(blind);
  const seen: Record<string, unknown> = { SELECT: 'may' };
  for (const what of ['DESCRIBE DETAIL', 'DESCRIBE HISTORY', 'SHOW TBLPROPERTIES', 'SHOW GRANTS ON TABLE'])
    seen[what] = await can(other.workspace, `${what} ${place}.events`);
  return told(seen);
};

/** The button of practice in place of a second user: SELECT on the table of events and nothing else, and what is refused then. */
const selectAlone = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'selectalone');
  await push(stage, place, [1]);
  await stage.practice?.control({ rights: { tables: [`${place}.events`] } });
  try {
    const workspace = stage.another();
    const inserted = seenOf(await pushVia(workspace, place, batchOf([2], 'line', 'other')));
    return {
      insert: 'rows' in inserted ? 'may' : inserted,
      select: await can(workspace, `SELECT count(*) AS n FROM ${place}.events`),
      history: await can(workspace, `DESCRIBE HISTORY ${place}.events`),
      detail: await can(workspace, `DESCRIBE DETAIL ${place}.events`),
      beside: await can(workspace, `SELECT count(*) AS n FROM ${place}.meta`),
    };
  } finally {
    await stage.practice?.control({ rights: null });
  }
};
const refused = { errorClass: 'INSUFFICIENT_PERMISSIONS', sqlState: '42501' };

const needsUsers = onlyOn(
  'workspace',
  'has no GRANT that counts for a second user; rights.select-alone asks what its button does',
);

export const rightChecks: readonly Check[] = [
  {
    id: 'rights.insert',
    about: 'least rights for INSERT; whether MODIFY also lets somebody update, delete, restore, or unset appendOnly',
    lacking: needsUsers,
    observe: insert,
    expected: anyAnswer,
  },
  {
    id: 'rights.describe',
    about: 'DESCRIBE DETAIL and HISTORY for somebody with SELECT alone',
    lacking: needsUsers,
    observe: describe,
    expected: anyAnswer,
  },
  {
    id: 'rights.select-alone',
    about:
      'somebody with SELECT on the table of events reads it and its history; an INSERT and the table beside it are refused',
    lacking: {
      spark: 'has no rights',
      workspace:
        'the rights of a user cannot be taken away from here: rights.insert and rights.describe ask a second one',
    },
    observe: selectAlone,
    expected: { insert: refused, select: 'may', history: 'may', detail: 'may', beside: refused },
  },
];
