import { isJsonObject, parseJson, type JsonObject } from '../../../shared/base/json.ts';
import { ok } from '../../../shared/base/result.ts';
import type { AssetId } from '../../../shared/domain/ids.ts';
import type { TextRow } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { factId, jobAsset, modelAsset, tableAsset } from '../assets.ts';
import type { Collector, CollectContext } from '../collector.ts';
import type { LakeFact } from '../port.ts';
import { progress, pull } from '../pull.ts';
import { instantOf, textOf, timestampParameter } from '../rows.ts';
import { asJson, asMicros, asText, fieldText } from '../select.ts';
import { startOf } from '../window.ts';

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
  'table_full_name', 'model_name', 'jobId', 'job_id', 'runId', 'changes',
] as const; // prettier-ignore

const parameters = (row: TextRow): JsonObject => {
  const raw = textOf(row, 'params');
  const value = raw === null ? null : parseJson(raw);
  if (value === null || !value.ok || !isJsonObject(value.value)) return {};
  const all = value.value;
  return Object.fromEntries(
    keptKeys.flatMap((key) => {
      const found = all[key];
      return typeof found === 'string'
        ? [[key, found.slice(0, 300)]]
        : typeof found === 'number'
          ? [[key, String(found)]]
          : [];
    }),
  );
};

const string = (all: JsonObject, ...keys: readonly string[]): string | null => {
  for (const key of keys) {
    const value = all[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
};

const assetOf = (
  action: string,
  service: string,
  params: JsonObject,
  context: CollectContext,
  workspace: string,
): AssetId | null => {
  if (service === 'jobs') {
    const job = string(params, 'job_id', 'jobId');
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
  const params = parameters(row);
  const ws = textOf(row, 'ws') ?? context.workspaceId;
  const asset = assetOf(action, service, params, context, ws);
  const name = string(params, 'full_name_arg', 'full_name', 'securable_full_name', 'name', 'jobId', 'job_id') ?? '';
  const short = name.split('.').at(-1) ?? name;
  const isMove = action === 'setRegisteredModelAlias';
  const [alias, to] = [string(params, 'alias'), string(params, 'version_num', 'version')];
  const title =
    isMove && alias !== null
      ? `Alias ${alias} of model ${short} moved to version ${to ?? 'unknown'}`
      : `${(actions[action] ?? action).replace(/^./, (first) => first.toUpperCase())}${short === '' ? '' : `: ${short}`}`;
  const status = textOf(row, 'status');
  return {
    id: factId(isMove ? 'alias-move' : 'audit', ws, event),
    kind: isMove ? 'alias-move' : 'audit',
    source,
    workspace: ws,
    happenedAt: at,
    observedAt: context.observedAt,
    completeTo: null,
    assets: asset === null ? [] : [asset],
    title: status !== null && status !== '200' ? `${title} (refused)` : title,
    data: {
      service, action, by: textOf(row, 'who'), status, parameters: params,
      ...(isMove ? { model: name.toLowerCase(), alias, to, from: null } : {}),
    }, // prettier-ignore
  };
};

/** Changes in the audit log: of models always, of other assets where they are in scope (all of them in the background watch's absence). */
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
    const since = startOf(context);
    const found = await pull(context, {
      kind,
      table,
      wants,
      where: [
        { needs: 'event_time', piece: dbx`event_time >= :since` },
        { needs: 'event_date', piece: dbx`event_date >= CAST(:day AS DATE)` },
        { needs: 'service_name', piece: dbx`service_name IN ('unityCatalog', 'jobs')` },
        // One parameter, so that the list is data and the statement stays the same.
        { needs: 'action_name', piece: dbx`array_contains(split(:actions, ','), action_name)` },
      ],
      parameters: {
        since: timestampParameter(since),
        day: since.slice(0, 10),
        actions: Object.keys(actions).join(','),
      },
      order: 'at',
    });
    if (!found.ok) return found;
    const facts = found.value.rows.map((row) => auditFact(row, context));
    const readable = facts.filter((fact) => fact !== null);
    return ok({
      ...progress(context, found.value, 'at', facts.length - readable.length),
      facts: readable.filter((fact) => fact.assets.length > 0).map((fact) => ({ fact })),
    });
  },
};
