// The practice lakehouse as a workspace of one's own: read, limited and counted like a real one.
import type { CoreDeps } from '../../main/core/create-core.ts';
import type { Workspace } from '../../main/databricks/port.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import { mapOk } from '../../shared/base/result.ts';
import { databricksDeps, practiceConnection } from './lakehouse.ts';
import type { Practice } from './practice.ts';

/** What a person saves to connect it. */
export const savedReal = {
  host: 'dbc-real.cloud.databricks.com',
  httpPath: '/sql/1.0/warehouses/abc',
  token: 'dapi-x',
  acceptUnencrypted: true,
};

/** Every statement is noted in `sent`, and in `byItself` those that nobody asked for, with such calls of REST. */
export const noted = (workspace: Workspace, sent: string[], byItself: string[] = []): Workspace => {
  const { warehouse, rest } = workspace;
  return {
    ...workspace,
    warehouse: {
      ...warehouse,
      query: (statement, options) => {
        sent.push(statement.name);
        if (options?.byItself === true) byItself.push(statement.name);
        return warehouse.query(statement, options);
      },
      pages: (statement, options) => {
        sent.push(statement.name);
        if (options?.byItself === true) byItself.push(statement.name);
        return warehouse.pages(statement, options);
      },
    },
    rest: {
      ...rest,
      call: (request, options) => {
        if (options?.byItself === true) byItself.push(request.path);
        return rest.call(request, options);
      },
    },
  };
};

/** Opens practice, noted as above, wherever a workspace is asked for. */
export const asReal =
  (practice: Practice, sent: string[], byItself: string[] = []): CoreDeps['openWorkspace'] =>
  () =>
    mapOk(openWorkspace(practiceConnection(practice), databricksDeps()), (one) => noted(one, sent, byItself));
