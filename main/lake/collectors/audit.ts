import { isJsonObject, parseJson, type JsonObject } from '../../../shared/base/json.ts';
import { ok } from '../../../shared/base/result.ts';
import type { AssetId } from '../../../shared/domain/ids.ts';
import type { TextRow } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { carrier, factId, jobAsset, modelAsset, tableAsset } from '../assets.ts';
import type { Collector, CollectContext } from '../collector.ts';
import { labelOf } from '../labels.ts';
import type { LakeFact } from '../port.ts';
import { progress, pull } from '../pull.ts';
import { instantOf, textOf } from '../rows.ts';
import { asJson, asMicros, asText, fieldText } from '../select.ts';
import { timeWindow } from '../window.ts';
import { grantActions, grantChanges, grantTitle } from './audit-grants.ts';

const kind = statementKind('lake.audit', 'read', 'changes to tables, models and jobs, with who made them');
const source = 'system.access.audit';
const table = { catalog: 'system', schema: 'access', table: 'audit' };
const wants = [
  asText('event_id', { as: 'event', required: true }),
  asText('workspace_id', { as: 'ws' }),
  asMicros('event_time', { as: 'at', required: true }),
  asText('service_name', { as: 'service', required: true }),
  asText('action_name', { as: 'action', required: true }),
  asJson('request_params', { as: 'params' }),
  fieldText('user_identity', 'email', { as: 'who' }),
  fieldText('response', 'status_code', { as: 'status' }),
];

/** Changes only; reads, logins and runs are not asked for. Words for people by action. */
const actions: Readonly<Record<string, string>> = {
  setRegisteredModelAlias: 'alias set', deleteRegisteredModelAlias: 'alias deleted', deleteModelVersion: 'model version deleted',
  deleteRegisteredModel: 'model deleted', createTable: 'table created', updateTables: 'table changed', updateTable: 'table changed',
  deleteTable: 'table deleted', updatePermissions: 'permissions changed', create: 'job created', update: 'job changed',
  reset: 'job settings replaced', delete: 'job deleted', changeJobAcl: 'permissions of the job changed', cancelAllRuns: 'all runs cancelled',
}; // prettier-ignore

/** Keys of request_params that may be cached: names, ids and numbers. Everything else may hold text, secrets or statements. */
const keptKeys = [
  'full_name_arg', 'full_name', 'name', 'alias', 'version', 'version_num', 'securable_type', 'securable_full_name',
  'table_full_name', 'model_name', 'jobId', 'job_id', 'runId', 'resourceId', 'aclPermissionSet', 'targetUserId',
] as const; // prettier-ignore

type Params = { readonly kept: JsonObject; readonly changes: string | null };

const parameters = (row: TextRow): Params => {
  const raw = textOf(row, 'params');
  const value = raw === null ? null : parseJson(raw);
  if (value === null || !value.ok || !isJsonObject(value.value)) return { kept: {}, changes: null };
  const all = value.value;
  const kept = Object.fromEntries(
    keptKeys.flatMap((key) => {
      const found = all[key];
      return typeof found === 'string'
        ? [[key, found.slice(0, 300)]]
        : typeof found === 'number'
          ? [[key, String(found)]]
          : [];
    }),
  );
  const { changes } = all;
  return { kept, changes: typeof changes === 'string' ? changes : null };
};

const string = (all: JsonObject, ...keys: readonly string[]): string | null => {
  for (const key of keys) {
    const value = all[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
};

/** A right on a schema or catalog reaches the tables in scope that lie in it; bounded, nearest first. */
const reached = (name: string, context: CollectContext): readonly AssetId[] =>
  [...context.scope.keys()]
    .map(carrier)
    .filter((asset) => asset.startsWith(`table|${context.metastoreId.toLowerCase()}|${name.toLowerCase()}.`))
    .slice(0, 100);

const assetOf = (
  action: string,
  service: string,
  params: JsonObject,
  context: CollectContext,
  workspace: string,
): AssetId | null => {
  if (service === 'jobs') {
    // A change of rights names the job by the path of its access list.
    const job = string(params, 'job_id', 'jobId') ?? /(\d+)$/.exec(string(params, 'resourceId') ?? '')?.[1] ?? null;
    return job === null ? null : jobAsset(workspace, job);
  }
  const name = string(params, 'full_name_arg', 'securable_full_name', 'table_full_name', 'full_name');
  if (name === null || name.split('.').length !== 3) return null;
  const isModel = /model|alias/i.test(action) || /model/i.test(string(params, 'securable_type') ?? '');
  return isModel ? modelAsset(context.metastoreId, name) : tableAsset(context.metastoreId, name);
};

const auditFact = (row: TextRow, context: CollectContext): LakeFact | null => {
  const [event, at, service, action] = [
    textOf(row, 'event'),
    instantOf(row, 'at'),
    textOf(row, 'service'),
    textOf(row, 'action'),
  ];
  if (event === null || at === null || service === null || action === null) return null;
  const { kept: params, changes } = parameters(row);
  const ws = textOf(row, 'ws') ?? context.workspaceId;
  const asset = assetOf(action, service, params, context, ws);
  const name = string(params, 'full_name_arg', 'full_name', 'securable_full_name', 'name', 'jobId', 'job_id') ?? '';
  const short = name.split('.').at(-1) ?? name;
  const isMove = action === 'setRegisteredModelAlias';
  const isGrant = grantActions.has(action);
  const grants = isGrant ? grantChanges({ ...params, changes }) : [];
  const all = asset !== null ? [asset] : isGrant && name !== '' ? reached(name, context) : [];
  const [alias, to] = [string(params, 'alias'), string(params, 'version_num', 'version')];
  const title =
    isMove && alias !== null
      ? `Alias ${alias} of model ${short} moved to version ${to ?? 'unknown'}`
      : isGrant
        ? grantTitle(grants, asset === null ? short || 'something' : labelOf(context.db, asset).name)
        : `${(actions[action] ?? action).replace(/^./, (first) => first.toUpperCase())}${short === '' ? '' : `: ${short}`}`;
  const status = textOf(row, 'status');
  return {
    id: factId(isMove ? 'alias-move' : isGrant ? 'grant-change' : 'audit', ws, event),
    kind: isMove ? 'alias-move' : isGrant ? 'grant-change' : 'audit',
    source,
    workspace: ws,
    happenedAt: at,
    observedAt: context.observedAt,
    completeTo: null,
    assets: all,
    title: status !== null && status !== '200' ? `${title} (refused)` : title,
    data: {
      service, action, by: textOf(row, 'who'), status, parameters: params,
      ...(isGrant ? { grants: grants.map((one) => ({ ...one, add: [...one.add], remove: [...one.remove] })) } : {}),
      ...(isMove ? { model: name.toLowerCase(), alias, to, from: null } : {}),
    }, // prettier-ignore
  };
};

/** Facts about nothing that we know are left out; so is, around a room, what touches none of its assets. Models always count. */
const belongs = (fact: LakeFact, context: CollectContext): boolean =>
  fact.assets.some(
    (asset) => context.lane === 'watch' || context.scope.has(carrier(asset)) || asset.startsWith('model|'),
  );

/** Changes in the audit log, with who made them: the log names no run and no reason. */
export const auditCollector: Collector = {
  source,
  label: 'Audit log',
  meta: {
    covers: 'region',
    when: 'watch',
    features: ['who changed tables, models, jobs and rights'],
    needs: [{ kind: 'select', table }],
    preview: 'Public Preview',
    latenessMs: null,
    retentionDays: 365,
  },
  table,
  collect: async (context) => {
    const time = timeWindow(context, 'event_time', 'event_date');
    const found = await pull(context, {
      kind,
      table,
      wants,
      where: [
        ...time.where,
        { needs: 'service_name', piece: dbx`service_name IN ('unityCatalog', 'jobs')` },
        // One parameter, so that the list is data and the statement stays the same.
        { needs: 'action_name', piece: dbx`array_contains(split(:actions, ','), action_name)` },
      ],
      parameters: {
        ...time.parameters,
        actions: Object.keys(actions).join(','),
      },
      order: 'at',
    });
    if (!found.ok) return found;
    const facts = found.value.rows.map((row) => auditFact(row, context));
    const readable = facts.filter((fact) => fact !== null);
    return ok({
      ...progress(context, found.value, 'at', facts.length - readable.length),
      facts: readable.filter((fact) => belongs(fact, context)).map((fact) => ({ fact })),
    });
  },
};
