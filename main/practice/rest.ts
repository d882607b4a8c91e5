import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
import type { Clock } from '../../shared/base/time.ts';
import type { Lake } from './duck/lake.ts';
import type { World } from './world/world.ts';

export type RestDeps = { readonly lake: Lake; readonly world: World; readonly user: string; readonly clock: Clock };
export type RestAnswer = { readonly status: number; readonly body: JsonValue };

/** An id or a name of a document as text. */
const idOf = (value: JsonValue | undefined): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

const good = (body: JsonValue): RestAnswer => ({ status: 200, body });
const fault = (status: number, error_code: string, message: string): RestAnswer => ({
  status,
  body: { error_code, message },
});

const documents = async (
  lake: Lake,
  kind: string,
  where = 'TRUE',
  values: Record<string, string> = {},
): Promise<JsonObject[]> => {
  const connection = await lake.connect();
  try {
    const found = await connection.runAndReadAll(
      `SELECT body FROM bw.documents WHERE kind = $kind AND ${where} ORDER BY made_at DESC, id`,
      { kind, ...values },
    );
    return found.getRows().map(([body]) => JSON.parse(String(body)) as JsonObject);
  } finally {
    connection.closeSync();
  }
};

/** One page by `limit` (or `max_results`) and `page_token` (an offset). */
const page = (
  all: readonly JsonObject[],
  url: URL,
  standard: number,
  most: number,
): { readonly items: JsonObject[]; readonly next: string | null } => {
  const asked = Number(url.searchParams.get('limit') ?? url.searchParams.get('max_results') ?? standard);
  const size = Math.min(Math.max(1, Number.isFinite(asked) ? asked : standard), most);
  const from = Number(url.searchParams.get('page_token') ?? 0) || 0;
  return { items: all.slice(from, from + size), next: from + size < all.length ? String(from + size) : null };
};

const person = (user: string): JsonObject => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  id: String(Buffer.from(user).reduce((sum, byte) => (sum * 31 + byte) % 1e15, 7)),
  userName: user,
  displayName: user.split('@')[0] ?? user,
  active: true,
  emails: [{ value: user, primary: true, type: 'work' }],
  groups: [
    { display: 'users', value: '1' },
    { display: 'analysts', value: '2' },
  ],
  entitlements: [{ value: 'databricks-sql-access' }],
});

const jobs = async (deps: RestDeps, path: string, url: URL): Promise<RestAnswer | null> => {
  const id = url.searchParams.get('job_id') ?? '';
  if (path === 'list') {
    const name = url.searchParams.get('name');
    const all = (await documents(deps.lake, 'job')).filter(
      (j) => name === null || (isJsonObject(j['settings']) && j['settings']['name'] === name),
    );
    const { items, next } = page(all, url, 20, 100);
    const expand = url.searchParams.get('expand_tasks') === 'true';
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
    const run = url.searchParams.get('run_id') ?? '';
    const [found] = await documents(deps.lake, 'run', 'id = $id', { id: run });
    return found === undefined ? fault(400, 'INVALID_PARAMETER_VALUE', `Run ${run} does not exist.`) : good(found);
  }
  if (path === 'runs/list') {
    const from = Number(url.searchParams.get('start_time_from') ?? 0);
    const to = Number(url.searchParams.get('start_time_to') ?? Number.MAX_SAFE_INTEGER);
    const all = (await documents(deps.lake, 'run')).filter(
      (r) =>
        (id === '' || idOf(r['job_id']) === id) &&
        Number(r['start_time']) >= from &&
        Number(r['start_time']) <= to &&
        url.searchParams.get('active_only') !== 'true',
    );
    const { items, next } = page(all, url, 20, 26);
    const expand = url.searchParams.get('expand_tasks') === 'true';
    return good({
      runs: expand ? items : items.map((r) => Object.fromEntries(Object.entries(r).filter(([k]) => k !== 'tasks'))),
      has_more: next !== null,
      ...(next === null ? {} : { next_page_token: next }),
    });
  }
  return null;
};

const isList = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);
const aliasesOf = (model: JsonObject, version?: number): JsonValue[] => {
  const aliases: readonly JsonValue[] = isList(model['aliases']) ? model['aliases'] : [];
  return aliases.filter((a) => version === undefined || (isJsonObject(a) && a['version_num'] === version));
};
const without = (document: JsonObject, key: string): JsonObject =>
  Object.fromEntries(Object.entries(document).filter(([k]) => k !== key));

const setAliases = (deps: RestDeps, model: JsonObject, aliases: readonly JsonValue[]): Promise<void> =>
  deps.lake.write(async (write) => {
    const body = JSON.stringify({ ...model, aliases, updated_at: deps.clock.now(), updated_by: deps.user });
    await write.run(`UPDATE bw.documents SET body = $body WHERE kind = 'model' AND id = $id`, {
      body,
      id: idOf(model['full_name']),
    });
  });

const models = async (
  deps: RestDeps,
  method: string,
  rest: readonly string[],
  url: URL,
  body: string,
): Promise<RestAnswer | null> => {
  const withAliases = url.searchParams.get('include_aliases') === 'true';
  if (rest.length === 0) {
    const [catalog, schema] = [url.searchParams.get('catalog_name'), url.searchParams.get('schema_name')];
    const all = (await documents(deps.lake, 'model')).filter(
      (m) => (catalog === null || m['catalog_name'] === catalog) && (schema === null || m['schema_name'] === schema),
    );
    const { items, next } = page(all, url, 100, 1_000);
    return good({
      registered_models: items.map((m) => without(m, 'aliases')),
      ...(next === null ? {} : { next_page_token: next }),
    });
  }
  const full = rest[0] ?? '';
  const [model] = await documents(deps.lake, 'model', 'id = $id', { id: full });
  if (model === undefined) return fault(404, 'RESOURCE_DOES_NOT_EXIST', `Registered model '${full}' does not exist.`);
  const versionOf = async (n: string): Promise<JsonObject | undefined> =>
    (await documents(deps.lake, 'version', 'id = $id', { id: `${full}/${n}` }))[0];
  if (rest.length === 1) return good(withAliases ? model : without(model, 'aliases'));
  if (rest[1] === 'versions' && rest.length === 2) {
    // Lists carry no aliases, in no promised order (facts 3.3).
    const { items, next } = page(
      await documents(deps.lake, 'version', `starts_with(id, $id || '/')`, { id: full }),
      url,
      100,
      1_000,
    );
    return good({ model_versions: items, ...(next === null ? {} : { next_page_token: next }) });
  }
  if (rest[1] === 'versions') {
    const version = await versionOf(rest[2] ?? '');
    if (version === undefined)
      return fault(404, 'RESOURCE_DOES_NOT_EXIST', `Model version '${full}/${rest[2] ?? ''}' does not exist.`);
    return good(withAliases ? { ...version, aliases: aliasesOf(model, Number(rest[2])) } : version);
  }
  if (rest[1] !== 'aliases' || rest[2] === undefined) return null;
  const alias = rest[2];
  const others = aliasesOf(model).filter((a) => !(isJsonObject(a) && a['alias_name'] === alias));
  if (method === 'PUT') {
    const parsed = parseJson(body);
    const number = parsed.ok && isJsonObject(parsed.value) ? parsed.value['version_num'] : undefined;
    if (typeof number !== 'number' || (await versionOf(String(number))) === undefined)
      return fault(404, 'RESOURCE_DOES_NOT_EXIST', `Model version '${full}/${idOf(number)}' does not exist.`);
    await setAliases(deps, model, [...others, { alias_name: alias, version_num: number }]);
    return good({ alias_name: alias, version_num: number });
  }
  if (method === 'DELETE') {
    await setAliases(deps, model, others);
    return good({});
  }
  const found = aliasesOf(model).find((a) => isJsonObject(a) && a['alias_name'] === alias);
  const version = isJsonObject(found) ? await versionOf(idOf(found['version_num'])) : undefined;
  return version === undefined
    ? fault(404, 'RESOURCE_DOES_NOT_EXIST', `Alias '${alias}' does not exist.`)
    : good(version);
};

/** Answer one REST call. Paths of `jobs` are served as 2.0, 2.1 and 2.2 alike. */
export const answerRest = async (deps: RestDeps, method: string, url: URL, body: string): Promise<RestAnswer> => {
  const path = decodeURIComponent(url.pathname);
  const { world } = deps;
  if (path === '/api/2.0/preview/scim/v2/Me') return good(person(deps.user));
  if (path === '/api/2.1/unity-catalog/current-metastore-assignment')
    return good({
      metastore_id: world.metastoreId,
      workspace_id: Number(world.workspaceId),
      default_catalog_name: world.catalog,
    });
  if (path === '/api/2.1/unity-catalog/metastore_summary')
    return good({
      metastore_id: world.metastoreId,
      name: 'practice',
      cloud: 'practice',
      region: 'local',
      global_metastore_id: `practice:local:${world.metastoreId}`,
    });
  const job = /^\/api\/2\.[012]\/jobs\/(.+)$/.exec(path)?.[1];
  const models21 = '/api/2.1/unity-catalog/models';
  const model = path === models21 || path.startsWith(`${models21}/`) ? path.slice(models21.length) : null;
  const answer =
    job !== undefined && method === 'GET'
      ? await jobs(deps, job, url)
      : model !== null
        ? await models(
            deps,
            method,
            model.split('/').filter((p) => p !== ''),
            url,
            body,
          )
        : null;
  return answer ?? fault(404, 'ENDPOINT_NOT_FOUND', `No API found for '${method} ${path}'.`);
};
