import { checkConnection } from '../../../main/databricks/connection-check.ts';
import { probeColumns } from '../../../main/databricks/probe-columns.ts';
import { probeShown } from '../../../main/databricks/probe-shown.ts';
import { canary, canaryValue } from '../../../main/databricks/session.ts';
import type { Warehouse } from '../../../main/databricks/port.ts';
import { dbx, statementKinds } from '../../../main/databricks/statements.ts';
import { openWorkspace } from '../../../main/databricks/workspace.ts';
import { checkedSources } from '../../../main/lake/sources.ts';
import { ok } from '../../../shared/base/result.ts';
import { notObserved } from '../answered.ts';
import { onlyOn, type Check } from '../check.ts';
import { prepare, type Stage } from '../stage.ts';

/** Who we are is asked by SQL where REST does not say it: refused, as a proxy in between would. */
const identityBySql = async (stage: Stage): Promise<unknown> => {
  await stage.practice?.control({ status: { code: 403, on: 'rest', count: null, retryAfter: null } });
  const found = await stage.another().identity();
  await stage.practice?.control({ status: null });
  return found.ok ? 'known' : found.error.tag;
};

/** Where the path names the workspace, SQL alone says the rest: the same user and metastore as REST does. */
const identityInWhole = async (stage: Stage): Promise<unknown> => {
  const byRest = await stage.workspace.identity();
  const path = `${stage.connection.httpPath}?o=7`;
  const opened = openWorkspace({ ...stage.connection, httpPath: path }, stage.deps);
  if (!opened.ok || !byRest.ok) throw new Error('no workspace');
  await stage.practice?.control({ status: { code: 403, on: 'rest', count: null, retryAfter: null } });
  try {
    const bySql = await opened.value.identity();
    return bySql.ok
      ? {
          ...bySql.value,
          metastoreId: bySql.value.metastoreId === byRest.value.metastoreId,
          user: bySql.value.user === byRest.value.user,
        }
      : bySql.error.tag;
  } finally {
    await stage.practice?.control({ status: null });
    await opened.value.close();
  }
};

export const statementChecks: readonly Check[] = [
  {
    id: 'session.canary',
    about: 'the statement that opens every session comes back unchanged',
    observe: async (stage) => {
      const answer = await stage.workspace.warehouse.query(canary);
      return answer.ok && answer.value.rows[0]?.['p'] === canaryValue;
    },
    expected: true,
  },
  {
    id: 'probe.missing',
    about: 'columns of a table that is not there: the probe says so',
    observe: async (stage) => {
      const { catalog, schema } = stage;
      const found = await probeColumns(stage.workspace.warehouse, { catalog, schema, table: 'nowhere' });
      return found.ok ? [...found.value.names] : [found.error.errorClass ?? '', found.error.sqlState ?? ''];
    },
    expected: ['TABLE_OR_VIEW_NOT_FOUND', '42P01'],
  },
  {
    id: 'probe.table-itself',
    about: 'columns of a table of which information_schema tells nothing: the table shows them itself',
    observe: async (stage) => {
      const { catalog, schema } = stage;
      const table = { catalog, schema, table: 'probed' };
      await prepare(stage, dbx`CREATE TABLE IF NOT EXISTS ${table} (a INT, B STRING) USING DELTA`.text);
      const { warehouse } = stage.workspace;
      const silent: Warehouse = {
        ...warehouse,
        query: (one, options) =>
          one.name === 'probe.columns' ? Promise.resolve(ok({ columns: [], rows: [] })) : warehouse.query(one, options),
      };
      const found = await probeColumns(silent, table);
      return found.ok ? [...found.value.names] : found.error.code;
    },
    expected: ['a', 'b'],
  },
  {
    id: 'probe.shown',
    about: 'the beginning of values that a table shows, whatever their types',
    observe: async (stage) => {
      const { catalog, schema } = stage;
      const table = { catalog, schema, table: 'shown' };
      await prepare(stage, dbx`CREATE OR REPLACE TABLE ${table} (a INT, B STRING, at TIMESTAMP) USING DELTA`.text);
      await prepare(stage, dbx`INSERT INTO ${table} VALUES (NULL, repeat('x', 50), NULL)`.text);
      const found = await probeShown(stage.workspace.warehouse, table, ['a', 'B', 'at']);
      return found.ok ? found.value : found.error.code;
    },
    expected: [{ a: null, B: 'x'.repeat(20), at: null }],
  },
  {
    id: 'connection.check',
    about: 'the connection check walks every step, and none of them fails',
    observe: async (stage) =>
      (await checkConnection(stage.connection, checkedSources, stage.deps))
        .filter((one) => !['works', 'skipped', 'not-here', 'preview-off'].includes(one.state))
        .map((one) => `${one.step}: ${one.detail}`),
    expected: [],
  },
  {
    id: 'identity.by-sql',
    about: 'metastore and user are asked by SQL where REST does not answer; without a workspace id nothing is guessed',
    observe: identityBySql,
    expected: 'Forbidden',
  },
  {
    id: 'identity.whole-by-sql',
    about: 'metastore, its region and user are what REST says, where only SQL answers and the path names the workspace',
    lacking: onlyOn('practice', 'has no metastore of Unity Catalog, or nobody holds REST back there'),
    observe: identityInWhole,
    expected: { workspaceId: '7', metastoreId: true, user: true, region: 'practice:local' },
  },
];

/** Last of all: whatever is registered was answered in this run, at least once; one that is only ever refused was not exercised. */
export const everyStatement: Check = {
  id: 'statements.registered',
  about: 'every statement that Breakwater has registered was answered by this engine, not only sent to it',
  observe: (stage) => {
    const silent = statementKinds()
      .map((one) => one.name)
      .filter((name) => !stage.answered.has(name));
    const refused = silent.filter((name) => stage.sent.has(name));
    // What a real workspace does not let its user ask, or does not have, is no fault; it was not seen to work either.
    return Promise.resolve(
      stage.engine === 'workspace' && refused.length > 0
        ? notObserved(`only refused there: ${refused.join(', ')}; not answered in all: ${silent.join(', ')}`)
        : silent,
    );
  },
  expected: [],
};
