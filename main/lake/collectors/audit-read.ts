import { isJsonObject, parseJson, type JsonObject } from '../../../shared/base/json.ts';
import type { AssetId } from '../../../shared/domain/ids.ts';
import type { TextRow } from '../../databricks/port.ts';
import { factById } from '../../store/lake.ts';
import { factId, jobAsset, modelAsset, tableAsset } from '../assets.ts';
import type { CollectContext } from '../collector.ts';
import { textOf } from '../rows.ts';

/** Reading rows of the audit log: what one row is about. */

/** Keys of request_params that may be cached: names, ids and numbers. Everything else may hold text, secrets or statements. */
const keptKeys = [
  'full_name_arg', 'full_name', 'name', 'catalog_name', 'schema_name', 'alias', 'version', 'version_num', 'securable_type', 'securable_full_name',
  'table_full_name', 'model_name', 'jobId', 'job_id', 'runId', 'operation', 'resourceId', 'aclPermissionSet', 'targetUserId',
] as const; // prettier-ignore

type Params = { readonly kept: JsonObject; readonly changes: string | null };

export const parameters = (row: TextRow): Params => {
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

export const string = (all: JsonObject, ...keys: readonly string[]): string | null => {
  for (const key of keys) {
    const value = all[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
};

/**
 * The full name of what a row is about. Changes and deletions name it in one; creations of tables and models in parts, and only the
 * last of them as `name` or `model_name` (docs: audit with Unity Catalog, sample queries; rows of a live log, file index 58931014482; check open.audit-keys).
 */
const fullNameIn = (params: JsonObject): string | null => {
  const full = string(params, 'full_name_arg', 'securable_full_name', 'table_full_name', 'full_name');
  if (full !== null) return full;
  const parts = [string(params, 'catalog_name'), string(params, 'schema_name'), string(params, 'model_name', 'name')];
  return parts.includes(null) ? null : parts.join('.');
};

/** Rights on a registered model are given on a `function` (facts 3.6): it is a model where the cache knows one of that name. */
const isKnownModel = (name: string, context: CollectContext): boolean =>
  factById(context.db, factId('settings', context.metastoreId, `${name.toLowerCase()}/aliases`)) !== undefined;

export const assetOf = (
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
  const name = fullNameIn(params);
  if (name === null || name.split('.').length !== 3) return null;
  const type = (string(params, 'securable_type') ?? '').toLowerCase();
  const isModel =
    /model|alias/i.test(action) || type.includes('model') || (type === 'function' && isKnownModel(name, context));
  // A volume, a function and others are no tables, though their names look alike.
  if (!isModel && type !== '' && !/table|view/.test(type)) return null;
  return isModel ? modelAsset(context.metastoreId, name) : tableAsset(context.metastoreId, name);
};

/** How a request ended, by its HTTP status; a status that is not told counts as done. */
export const outcomeOf = (row: TextRow): 'done' | 'refused' | 'failed' => {
  const status = textOf(row, 'status');
  if (status === '401' || status === '403') return 'refused';
  return status === null || /^[123]\d\d$/.test(status) ? 'done' : 'failed';
};
