import { fault, type RestAnswer, type RestApi, type RestDeps } from './rest/common.ts';
import { jobs } from './rest/jobs.ts';
import { models } from './rest/models.ts';
import { workspace } from './rest/workspace.ts';

/** One file an API; the first that knows a path answers. */
const apis: readonly RestApi[] = [workspace, jobs, models];

/** Answer one REST call. */
export const answerRest = async (deps: RestDeps, method: string, url: URL, body: string): Promise<RestAnswer> => {
  const call = { method, path: decodeURIComponent(url.pathname), query: url.searchParams, body };
  for (const api of apis) {
    const answer = await api(deps, call);
    if (answer !== null) return answer;
  }
  return fault(404, 'ENDPOINT_NOT_FOUND', `No API found for '${method} ${call.path}'.`);
};
