import type { Workspace } from '../databricks/port.ts';

/** The same workspace, telling of every statement that came back: a connection that answers is online, whoever asked. */
export const notedWorkspace = (workspace: Workspace, answered: () => void): Workspace => ({
  ...workspace,
  warehouse: {
    ...workspace.warehouse,
    query: async (statement, options) => {
      const answer = await workspace.warehouse.query(statement, options);
      if (answer.ok) answered();
      return answer;
    },
    pages: async function* (statement, options) {
      for await (const page of workspace.warehouse.pages(statement, options)) {
        if (page.ok) answered();
        yield page;
      }
    },
  },
});
