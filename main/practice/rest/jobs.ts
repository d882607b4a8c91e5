import { isJsonObject } from '../../../shared/base/json.ts';
import { documents, fault, good, idOf, page, type RestApi } from './common.ts';

/** Jobs and runs; 2.0, 2.1 and 2.2 alike. */
export const jobs: RestApi = async (deps, { method, path: full, query }) => {
  const path = /^\/api\/2\.[012]\/jobs\/(.+)$/.exec(full)?.[1];
  if (path === undefined || method !== 'GET') return null;
  const id = query.get('job_id') ?? '';
  if (path === 'list') {
    const name = query.get('name');
    const all = (await documents(deps.lake, 'job')).filter(
      (j) => name === null || (isJsonObject(j['settings']) && j['settings']['name'] === name),
    );
    const { items, next } = page(all, query, 20, 100);
    const expand = query.get('expand_tasks') === 'true';
    const shown = items.map((j) =>
      expand || !isJsonObject(j['settings'])
        ? j
        : { ...j, settings: Object.fromEntries(Object.entries(j['settings']).filter(([k]) => k !== 'tasks')) },
    );
    return good({ jobs: shown, has_more: next !== null, ...(next === null ? {} : { next_page_token: next }) });
  }
  if (path === 'get') {
    const [job] = await documents(deps.lake, 'job', 'id = $id', { id });
    // 400, not 404: as the service answers (facts 3.0).
    return job === undefined ? fault(400, 'INVALID_PARAMETER_VALUE', `Job ${id} does not exist.`) : good(job);
  }
  if (path === 'runs/get') {
    const run = query.get('run_id') ?? '';
    const [found] = await documents(deps.lake, 'run', 'id = $id', { id: run });
    return found === undefined ? fault(400, 'INVALID_PARAMETER_VALUE', `Run ${run} does not exist.`) : good(found);
  }
  if (path === 'runs/list') {
    const from = Number(query.get('start_time_from') ?? 0);
    const to = Number(query.get('start_time_to') ?? Number.MAX_SAFE_INTEGER);
    const all = (await documents(deps.lake, 'run')).filter(
      (r) =>
        (id === '' || idOf(r['job_id']) === id) &&
        Number(r['start_time']) >= from &&
        Number(r['start_time']) <= to &&
        query.get('active_only') !== 'true',
    );
    const { items, next } = page(all, query, 20, 26);
    const expand = query.get('expand_tasks') === 'true';
    return good({
      runs: expand ? items : items.map((r) => Object.fromEntries(Object.entries(r).filter(([k]) => k !== 'tasks'))),
      has_more: next !== null,
      ...(next === null ? {} : { next_page_token: next }),
    });
  }
  return null;
};
