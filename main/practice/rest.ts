import { fault, type RestAnswer, type RestApi, type RestDeps } from './rest/common.ts';
import { external, lineage, monitors, named, permissions } from './rest/catalog.ts';
import { clusters, pipelines, queryHistory } from './rest/compute.ts';
import { experiments } from './rest/experiments.ts';
import { functions } from './rest/functions.ts';
import { jobs } from './rest/jobs.ts';
import { models } from './rest/models.ts';
import { permitted, refusedWrite } from './rest/rights.ts';
import { serving } from './rest/serving.ts';
import { systemSchemas } from './rest/system-schemas.ts';
import { warehouses } from './rest/warehouses.ts';
import { savedThings, workspace } from './rest/workspace.ts';

/** One file an API; the first that knows a path answers. */
const apis: readonly RestApi[] = [
  workspace,
  systemSchemas,
  warehouses,
  jobs,
  models,
  pipelines,
  clusters,
  queryHistory,
  serving,
  functions,
  experiments,
  savedThings,
  permissions,
  lineage,
  external,
  monitors,
  named,
];

/** Answer one REST call, as far as the user's rights go. */
export const answerRest = async (deps: RestDeps, method: string, url: URL, body: string): Promise<RestAnswer> => {
  const call = { method, path: decodeURIComponent(url.pathname), query: url.searchParams, body };
  const refused = refusedWrite(deps, call);
  if (refused !== null) return refused;
  for (const api of apis) {
    const answer = await api(deps, call);
    if (answer !== null) return permitted(deps, call, answer);
  }
  return fault(404, 'ENDPOINT_NOT_FOUND', `No API found for '${method} ${call.path}'.`);
};
