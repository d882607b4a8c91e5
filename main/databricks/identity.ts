import { err, ok } from '../../shared/base/result.ts';
import { databricksFailure } from './failures.ts';
import type { Connection, DatabricksFailure, QueryOptions, Workspace } from './port.ts';
import type { RestClient } from './rest.ts';
import { dbx, statementKind } from './statements.ts';

const whoKind = statementKind('workspace.identity', 'read', 'asks under which user name statements run');
const metastoreKind = statementKind('workspace.metastore', 'read', 'asks which metastore holds the tables');

const field = (body: unknown, name: string): string | undefined => {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined;
  const value = (body as Record<string, unknown>)[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
};

/** The workspace's id where host or path carry it: Azure's `adb-<id>.<n>.` and the path's `?o=<id>` or `/o/<id>/`. */
const idInAddress = (connection: Connection): string | undefined =>
  /^adb-(\d+)\./.exec(connection.host)?.[1] ?? /(?:\?o=|\/o\/)(\d+)/.exec(connection.httpPath)?.[1];

/** `<cloud>:<region>:<uuid>`, as `current_metastore()` and the metastore's summary write it → `<cloud>:<region>`. */
const regionIn = (globalId: string | undefined): string | null =>
  /^([a-z0-9-]+:[a-z0-9-]+):[0-9a-f-]{36}$/.exec(globalId?.toLowerCase() ?? '')?.[1] ?? null;
const regionNamed = (summary: unknown): string | null => {
  const [cloud, region] = [field(summary, 'cloud'), field(summary, 'region')];
  return cloud === undefined || region === undefined ? null : `${cloud}:${region}`.toLowerCase();
};

type Identity = Awaited<ReturnType<Workspace['identity']>>;

/** The workspace may well say it the next time: it gave no answer, and refused nothing. */
const isOfTheMoment = (failure: DatabricksFailure): boolean =>
  ['Offline', 'RateLimited', 'Unavailable', 'Starting', 'Cancelled', 'TimedOut', 'ReplyLost'].includes(failure.tag);

/**
 * Ids that scope asset and signal ids, so every device must find the same: the header `x-databricks-org-id` or the metastore
 * assignment names the workspace, the assignment or `current_metastore()` the metastore; the summary or `current_metastore()` the
 * region. Statements are sent only for what REST does not say.
 */
export const askIdentity = async (
  { connection, warehouse }: Pick<Workspace, 'connection' | 'warehouse'>,
  rest: Pick<RestClient, 'answer'>,
  options?: QueryOptions,
): Promise<Identity> => {
  const assigned = await rest.answer(
    { method: 'GET', path: '/api/2.1/unity-catalog/current-metastore-assignment' },
    options,
  );
  if (!assigned.ok && ['Offline', 'Unauthorized', 'BadCertificate', 'Cancelled'].includes(assigned.error.tag))
    return assigned;
  const me = await rest.answer({ method: 'GET', path: '/api/2.0/preview/scim/v2/Me' }, options);
  const org = [me, assigned].flatMap((one) => (one.ok ? [one.value.headers['x-databricks-org-id']] : []))[0];
  // The header first: it is text, and JSON numbers of this size may have been rounded on their way.
  const workspaceId =
    (typeof org === 'string' && /^\d+$/.test(org) ? org : undefined) ??
    (assigned.ok ? field(assigned.value.body, 'workspace_id') : undefined) ??
    idInAddress(connection);
  const summary = await rest.answer({ method: 'GET', path: '/api/2.1/unity-catalog/metastore_summary' }, options);
  const global = summary.ok ? field(summary.value.body, 'global_metastore_id') : undefined;
  let region = regionIn(global) ?? (summary.ok ? regionNamed(summary.value.body) : null);
  let metastoreId =
    (assigned.ok ? field(assigned.value.body, 'metastore_id') : undefined) ??
    (summary.ok ? field(summary.value.body, 'metastore_id') : undefined);
  // Whoever may not read the summary is not told the region, and a rule about any region then keeps all of the workspace away.
  if (metastoreId === undefined || region === null) {
    // `<cloud>:<region>:<uuid>`; system tables hold the uuid alone.
    const found = await warehouse.query(metastoreKind(dbx`SELECT current_metastore() AS metastore`), options);
    const full = found.ok ? (found.value.rows[0]?.['metastore'] ?? undefined) : undefined;
    metastoreId ??= full?.split(':').at(-1);
    region ??= regionIn(full);
    // Both ways to the region have to have answered before it counts as one that nobody is told: whoever asks keeps the answer for as long
    // as the connection lives, and with a rule about any region all of the workspace would go from this disk.
    const silent = [summary, found].flatMap((one) => (!one.ok && isOfTheMoment(one.error) ? [one.error] : []))[0];
    if (region === null && silent !== undefined) return err(silent);
  }
  let user = me.ok ? field(me.value.body, 'userName') : undefined;
  if (user === undefined) {
    const found = await warehouse.query(whoKind(dbx`SELECT session_user() AS user_name`), options);
    if (!found.ok) return found;
    user = found.value.rows[0]?.['user_name'] ?? undefined;
  }
  const refused = [assigned, me].flatMap((one) => (!one.ok && one.error.tag !== 'NotConfigured' ? [one.error] : []))[0];
  if ((workspaceId === undefined || metastoreId === undefined) && refused !== undefined) return err(refused);
  if (workspaceId === undefined || metastoreId === undefined)
    return err(
      databricksFailure('BadAnswer', {
        detail: `It does not say which ${workspaceId === undefined ? 'workspace' : 'metastore'} it is.`,
        advice: 'Add ?o=<workspace id> to the HTTP path, and use a workspace with Unity Catalog.',
        code: 'IDENTITY',
      }),
    );
  return ok({ workspaceId, metastoreId: metastoreId.toLowerCase(), user: user ?? 'unknown', region });
};
