import { fault, type RestAnswer, type RestApi, type RestDeps } from './rest/common.ts';
import { external, lineage, monitors, named, permissions } from './rest/catalog.ts';
import { clusters, pipelines, queryHistory } from './rest/compute.ts';
import { experiments } from './rest/experiments.ts';
import { jobs } from './rest/jobs.ts';
import { models } from './rest/models.ts';
import { serving } from './rest/serving.ts';
import { systemSchemas } from './rest/system-schemas.ts';
import { warehouses } from './rest/warehouses.ts';
import { savedThings, workspace } from './rest/workspace.ts';

/** What answers a user with few rights, too, with what that user may see. */
const forFewRights: readonly RestApi[] = [workspace, systemSchemas, warehouses, jobs, models];
/** One file an API; the first that knows a path answers. */
const apis: readonly RestApi[] = [
  ...forFewRights,
  pipelines,
  clusters,
  queryHistory,
  serving,
  experiments,
  savedThings,
  permissions,
  lineage,
  external,
  monitors,
  named,
];

/** Answer one REST call. */
export const answerRest = async (deps: RestDeps, method: string, url: URL, body: string): Promise<RestAnswer> => {
  const call = { method, path: decodeURIComponent(url.pathname), query: url.searchParams, body };
  for (const api of deps.rights === null ? apis : forFewRights) {
    const answer = await api(deps, call);
    if (answer !== null) return answer;
  }
  if (deps.rights !== null) return fault(403, 'PERMISSION_DENIED', `User ${deps.user} may not use ${call.path}.`);
  return fault(404, 'ENDPOINT_NOT_FOUND', `No API found for '${method} ${call.path}'.`);
};
