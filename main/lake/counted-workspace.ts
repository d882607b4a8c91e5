import type { Clock } from '../../shared/base/time.ts';
import type { Statement, Warehouse, Workspace } from '../databricks/port.ts';

/**
 * What a piece of work asked of a workspace: statements with the pages and rows that came, calls of REST, and for both the time in
 * ms until they were answered. An answer of REST has no rows: how much of it is kept is not known before it was judged.
 */
export type Tally = { rows: number; statements: number; pages: number; ms: number; calls: number; callMs: number };
export const noTally = (): Tally => ({ rows: 0, statements: 0, pages: 0, ms: 0, calls: 0, callMs: 0 });

/** Rows that say which columns a table has are no rows of a source. */
const isProbe = (statement: Statement): boolean => statement.name.startsWith('probe.');

/** What a counted warehouse counts for: what is known of its tables is known of both. */
const counts = new WeakMap<Warehouse, Warehouse>();
export const beneath = (warehouse: Warehouse): Warehouse => counts.get(warehouse) ?? warehouse;

/** The same workspace, with everything that goes through it added to `tally()`. */
export const countedWorkspace = (workspace: Workspace, clock: Clock, tally: () => Tally): Workspace => {
  const warehouse: Warehouse = {
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
  };
  counts.set(warehouse, workspace.warehouse);
  const rest: Workspace['rest'] = {
    ...workspace.rest,
    call: async (request, options) => {
      const into = tally();
      into.calls += 1;
      const began = clock.now();
      const answer = await workspace.rest.call(request, options);
      into.callMs += clock.now() - began;
      return answer;
    },
  };
  return { ...workspace, warehouse, rest, identity: (options, by = warehouse) => workspace.identity(options, by) };
};
