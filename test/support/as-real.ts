// The practice lakehouse as a workspace of one's own: read, limited and counted like a real one.
import type { CoreDeps } from '../../main/core/create-core.ts';
import type { Workspace } from '../../main/databricks/port.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import { ok } from '../../shared/base/result.ts';
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
export const asReal =
  (practice: Practice, sent: string[], byItself: string[] = []): CoreDeps['openWorkspace'] =>
  () => {
    const opened = openWorkspace(practiceConnection(practice), databricksDeps());
    if (!opened.ok) return opened;
    const { warehouse, rest } = opened.value;
    const noted: Workspace = {
      ...opened.value,
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
    return ok(noted);
  };
