import { isJsonObject, parseJson, type JsonObject } from '../../../shared/base/json.ts';
import type { Securable } from '../rights.ts';
import { fullName } from '../duck/table.ts';
import { idOfName, schemasOf } from './catalog.ts';
import { fault, idOf, type RestAnswer, type RestCall, type RestDeps } from './common.ts';

type Rule = readonly [
  path: RegExp,
  kind: Securable,
  right: string,
  /** Where the id stands when it is no part of the path. */
  id?: (call: RestCall, answer: JsonObject, deps: RestDeps, inPath: string) => string,
];
const asked =
  (name: string) =>
  ({ query, body }: RestCall): string => {
    const parsed = parseJson(body);
    return query.get(name) ?? (parsed.ok && isJsonObject(parsed.value) ? idOf(parsed.value[name]) : '');
  };
const within = (value: unknown, ...keys: readonly string[]): string => {
  const found = keys.reduce<unknown>((at, key) => (isJsonObject(at) ? at[key] : undefined), value);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
};

/**
 * The right that each path about one thing needs. By the reference of the endpoint: tables and schemas, monitors, models and functions
 * (both named in one list here), external metadata. By the names of rights on the page on access control lists: jobs, pipelines, endpoints, dashboards, experiments; that
 * the REST call takes the same right as the page in the workspace is the cautious reading. Undocumented, and read cautiously: what
 * events of a cluster take, whether relations to external metadata are refused with the table, and lineage of tables, which by
 * facts 3.7 goes by whether the table is visible. A refusal is 403 PERMISSION_DENIED everywhere (facts 3.0).
 */
const rules: readonly Rule[] = [
  [/^\/api\/2\.[012]\/jobs\/(?:get|runs\/list)$/, 'jobs', 'CAN VIEW', asked('job_id')],
  [/^\/api\/2\.[012]\/jobs\/runs\/get$/, 'jobs', 'CAN VIEW', (_, run) => within(run, 'job_id')],
  [/^\/api\/2\.0\/pipelines\/([^/]+)/, 'pipelines', 'CAN VIEW'],
  [/^\/api\/2\.0\/serving-endpoints\/([^/]+)/, 'endpoints', 'CAN VIEW'],
  [/^\/api\/2\.[01]\/clusters\/(?:get|events)$/, 'clusters', 'CAN ATTACH TO', asked('cluster_id')],
  [/^\/api\/2\.0\/mlflow\/runs\/get$/, 'experiments', 'CAN READ', (_, answer) => within(answer, 'run', 'info', 'experiment_id')],
  [/^\/api\/2\.0\/lakeview\/dashboards\/([^/]+)/, 'dashboards', 'CAN VIEW'],
  [/^\/api\/2\.1\/unity-catalog\/models\/([^/]+)/, 'models', 'EXECUTE'],
  [/^\/api\/2\.1\/unity-catalog\/functions\/([^/]+)/, 'models', 'EXECUTE'],
  [/^\/api\/2\.1\/unity-catalog\/tables\/([^/]+)/, 'tables', 'SELECT'],
  [/^\/api\/2\.1\/unity-catalog\/schemas\/([^/]+)/, 'schemas', 'USE SCHEMA'],
  [/^\/api\/2\.1\/unity-catalog\/permissions\/[^/]+\/([^/]+)/, 'permissions', 'MANAGE'],
  [/^\/api\/data-quality\/v1\/monitors\/table\/([^/]+)/, 'tables', 'SELECT', (_, _answer, { lake }, id) => lake.tables().filter((t) => t.id === id).map(fullName)[0] ?? ''],
  [/^\/api\/data-quality\/v1\/monitors\/schema\/([^/]+)/, 'schemas', 'USE SCHEMA', (_, _answer, { lake }, id) => schemasOf(lake).find((full) => idOfName(full) === id) ?? ''],
  [/^\/api\/2\.0\/lineage-tracking\/(?:table|column)-lineage$/, 'tables', 'SELECT', asked('table_name')],
  [/^\/api\/2\.0\/lineage-tracking\/external-lineage$/, 'tables', 'BROWSE', asked('object_info.table.name')],
  [/^\/api\/2\.0\/lineage-tracking\/external-metadata\/([^/]+)/, 'external', 'BROWSE'],
]; // prettier-ignore

const refused = (user: string, right: string, kind: string, id: string): RestAnswer =>
  fault(403, 'PERMISSION_DENIED', `User ${user} does not have ${right} on ${kind} '${id}'.`);

/** A call that changes something is refused before it is made, whoever may not write. */
export const refusedWrite = ({ rights, user }: RestDeps, { method, path }: RestCall): RestAnswer | null =>
  rights?.everything === false && method !== 'GET' && !path.endsWith('/clusters/events')
    ? refused(user, 'MANAGE', 'path', path)
    : null;

/** The answer as the user may have it: 403 about a thing that is there and not theirs to see; one that is not there stays unknown. */
export const permitted = (deps: RestDeps, call: RestCall, answer: RestAnswer): RestAnswer => {
  if (deps.rights === null) return answer;
  for (const [path, kind, right, idIn] of rules) {
    const match = path.exec(call.path);
    if (match === null) continue;
    const body = isJsonObject(answer.body) ? answer.body : {};
    const id = idIn === undefined ? (match[1] ?? '') : idIn(call, body, deps, match[1] ?? '');
    const exists = kind === 'tables' ? deps.lake.find(id.split('.')) !== undefined : answer.status === 200;
    // A list that names no thing of its own (runs of all jobs) was cut down where it was made.
    const listsAll = call.path.endsWith('/runs/list') && id === '';
    return exists && !listsAll && !deps.may(kind, id) ? refused(deps.user, right, kind, id) : answer;
  }
  return answer;
};
