import { checkConnection } from '../../../main/databricks/connection-check.ts';
import { probeColumns } from '../../../main/databricks/probe-columns.ts';
import { canary, canaryValue } from '../../../main/databricks/session.ts';
import { statementKinds } from '../../../main/databricks/statements.ts';
import { checkedSources } from '../../../main/lake/sources.ts';
import type { Check } from '../check.ts';
import type { Stage } from '../stage.ts';

/** Who we are is asked by SQL where REST does not say it: refused, as a proxy in between would. */
const identityBySql = async (stage: Stage): Promise<unknown> => {
  await stage.practice?.control({ status: { code: 403, on: 'rest', count: null, retryAfter: null } });
  const found = await stage.another().identity();
  await stage.practice?.control({ status: null });
  return found.ok ? 'known' : found.error.tag;
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
];

/** Last of all: whatever is registered went through the driver in this run. */
export const everyStatement: Check = {
  id: 'statements.registered',
  about: 'every statement that Breakwater has registered was sent to this engine',
  observe: (stage) =>
    Promise.resolve(
      statementKinds()
        .map((one) => one.name)
        .filter((name) => !stage.sent.has(name)),
    ),
  expected: [],
};
