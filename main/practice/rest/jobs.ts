import { isJsonObject, type JsonObject } from '../../../shared/base/json.ts';
import { documents, fault, good, idOf, page, type RestApi, type RestDeps } from './common.ts';
import { estateJob, estateRuns } from './estate-runs.ts';

const day = 86_400_000;
const without = (one: JsonObject, ...keys: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(one).filter(([k]) => !keys.includes(k)));

const allJobs = async ({ lake, world }: RestDeps): Promise<readonly JsonObject[]> => [
  ...(await documents(lake, 'job')),
  ...(world.estate?.jobs ?? []).map((job) => estateJob(job, world.plan.now - 190 * day)),
];

/** A run that was never repaired has its first attempt as its history. */
const withHistory = (run: JsonObject): JsonObject => ({
  ...run,
  repair_history: run['repair_history'] ?? [
    {
      type: 'ORIGINAL',
      start_time: run['start_time'] ?? 0,
      end_time: run['end_time'] ?? 0,
      state: run['state'] ?? {},
      status: run['status'] ?? {},
      task_run_ids: (Array.isArray(run['tasks']) ? run['tasks'] : []).flatMap((t) =>
        isJsonObject(t) ? [t['run_id'] ?? 0] : [],
      ),
    },
  ],
});

const isActive = (run: JsonObject): boolean => run['end_time'] === undefined;

const listRuns = async (deps: RestDeps, query: URLSearchParams): Promise<readonly JsonObject[]> => {
  const id = query.get('job_id') ?? '';
  const from = Number(query.get('start_time_from') ?? 0);
  const to = Number(query.get('start_time_to') ?? Number.MAX_SAFE_INTEGER);
  // As many as a reader can page to from here, and one more to know whether there are further ones.
  const most = (Number(query.get('page_token') ?? 0) || 0) + 30;
  const active = query.get('active_only') === 'true';
  const now = deps.clock.now();
  const where = `started >= make_timestamp(${Math.min(Math.max(from, 0), 4e12) * 1000}::BIGINT) AND started <= make_timestamp(${Math.min(to, 4e12) * 1000}::BIGINT)${
    /^\d+$/.test(id) ? ` AND job = '${id}'` : ''
  }${active ? ` AND ended > make_timestamp(${now * 1000}::BIGINT)` : query.get('completed_only') === 'true' ? ` AND ended <= make_timestamp(${now * 1000}::BIGINT)` : ''}`;
  const told = (await documents(deps.lake, 'run')).filter(
    (r) =>
      (id === '' || idOf(r['job_id']) === id) &&
      Number(r['start_time']) >= from &&
      Number(r['start_time']) <= to &&
      deps.may('jobs', idOf(r['job_id'])) &&
      !active,
  );
  const seen = (deps.world.estate?.jobs ?? []).flatMap((job) => (deps.may('jobs', job.id) ? [`'${job.id}'`] : []));
  const visible = ` AND job IN (${[...seen, 'NULL'].join(', ')})`;
  return [...told, ...(await estateRuns(deps, `${where}${visible}`, most))].sort(
    (a, b) => Number(b['start_time']) - Number(a['start_time']),
  );
};

/** Jobs and runs; 2.0, 2.1 and 2.2 alike. Unknown ids answer 400, not 404: as the service does (facts 3.0). */
export const jobs: RestApi = async (deps, { method, path: full, query }) => {
  const path = /^\/api\/2\.[012]\/jobs\/(.+)$/.exec(full)?.[1];
  if (path === undefined || method !== 'GET') return null;
  const id = query.get('job_id') ?? '';
  const expand = query.get('expand_tasks') === 'true';
  switch (path) {
    case 'list': {
      const name = query.get('name');
      const all = (await allJobs(deps)).filter(
        (j) =>
          deps.may('jobs', idOf(j['job_id'])) &&
          (name === null || (isJsonObject(j['settings']) && j['settings']['name'] === name)),
      );
      const { items, next } = page(all, query, 20, 100);
      const shown = items.map((j) =>
        expand || !isJsonObject(j['settings']) ? j : { ...j, settings: without(j['settings'], 'tasks') },
      );
      return good({ jobs: shown, has_more: next !== null, ...(next === null ? {} : { next_page_token: next }) });
    }
    case 'get': {
      const job = (await allJobs(deps)).find((j) => idOf(j['job_id']) === id);
      return job === undefined ? fault(400, 'INVALID_PARAMETER_VALUE', `Job ${id} does not exist.`) : good(job);
    }
    case 'runs/get': {
      const run = query.get('run_id') ?? '';
      const [told] = await documents(deps.lake, 'run', 'id = $id', { id: run });
      const one = told ?? (/^\d+$/.test(run) ? (await estateRuns(deps, `run = '${run}'`, 1))[0] : undefined);
      if (one === undefined) return fault(400, 'INVALID_PARAMETER_VALUE', `Run ${run} does not exist.`);
      return good(query.get('include_history') === 'true' ? withHistory(one) : without(one, 'repair_history'));
    }
    case 'runs/list': {
      const all = (await listRuns(deps, query)).filter((r) => query.get('completed_only') !== 'true' || !isActive(r));
      const { items, next } = page(all, query, 20, 26);
      return good({
        runs: items.map((r) => (expand ? without(r, 'repair_history') : without(r, 'tasks', 'repair_history'))),
        has_more: next !== null,
        ...(next === null ? {} : { next_page_token: next }),
      });
    }
    default:
      return null;
  }
};
