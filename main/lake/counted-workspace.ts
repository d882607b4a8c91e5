import type { Clock } from '../../shared/base/time.ts';
import type { Statement, Workspace } from '../databricks/port.ts';

/** What a piece of work asked of a workspace: statements and calls, pages and rows that came, time in ms until they came. */
export type Tally = { rows: number; statements: number; pages: number; ms: number };
export const noTally = (): Tally => ({ rows: 0, statements: 0, pages: 0, ms: 0 });

/** Rows that say which columns a table has are no rows of a source. */
const isProbe = (statement: Statement): boolean => statement.name.startsWith('probe.');

/**
 * The same workspace, with everything that goes through it added to `tally()`. One per workspace and not one per source: what is
 * known of a table's columns hangs on its warehouse.
 */
export const countedWorkspace = (workspace: Workspace, clock: Clock, tally: () => Tally): Workspace => ({
  ...workspace,
  warehouse: {
    ...workspace.warehouse,
    query: async (statement, options) => {
      const into = tally();
      into.statements += 1;
      const began = clock.now();
      const answer = await workspace.warehouse.query(statement, options);
      into.ms += clock.now() - began;
      if (answer.ok) {
        into.pages += 1;
        if (!isProbe(statement)) into.rows += answer.value.rows.length;
      }
      return answer;
    },
    pages: async function* (statement, options) {
      const into = tally();
      into.statements += 1;
      let began = clock.now();
      for await (const page of workspace.warehouse.pages(statement, options)) {
        into.ms += clock.now() - began;
        if (page.ok) {
          into.pages += 1;
          if (!isProbe(statement)) into.rows += page.value.rows.length;
        }
        yield page;
        began = clock.now();
      }
    },
  },
  rest: {
    ...workspace.rest,
    call: async (request, options) => {
      const into = tally();
      into.statements += 1;
      const began = clock.now();
      const answer = await workspace.rest.call(request, options);
      into.ms += clock.now() - began;
      if (answer.ok) {
        into.pages += 1;
        into.rows += 1;
      }
      return answer;
    },
  },
});
