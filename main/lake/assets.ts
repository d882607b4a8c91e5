import { assetId, assetParts, type AssetId, type FactId } from '../../shared/domain/ids.ts';
import type { AssetKind, FactKind } from '../../shared/domain/vocabulary.ts';
import { parseTableName, storedTableName, type TableName } from '../databricks/identifiers.ts';

/** Ids of assets as event-format section 4 says: Unity Catalog objects by metastore and lower-case name, the rest by workspace. */
export const tableAsset = (metastoreId: string, fullName: string, type: string | null = null): AssetId =>
  assetId(
    type === 'VIEW' || type === 'METRIC_VIEW' ? 'view' : 'table',
    metastoreId.toLowerCase(),
    fullName.toLowerCase(),
  );
export const columnAsset = (metastoreId: string, fullName: string, name: string): AssetId =>
  assetId('column', metastoreId.toLowerCase(), `${fullName}.${name}`.toLowerCase());
export const jobAsset = (workspaceId: string, jobId: string): AssetId => assetId('job', workspaceId, jobId);
export const taskAsset = (workspaceId: string, jobId: string, taskKey: string): AssetId =>
  assetId('task', workspaceId, `${jobId}/${taskKey}`);
export const modelAsset = (metastoreId: string, fullName: string): AssetId =>
  assetId('model', metastoreId.toLowerCase(), fullName.toLowerCase());
/** A version of a registered model; on the map it stands for its model. */
export const modelVersionAsset = (metastoreId: string, fullName: string, version: string): AssetId =>
  assetId('model-version', metastoreId.toLowerCase(), `${fullName.toLowerCase()}/${version}`);
/** An object that belongs to a workspace and has an id there (event-format section 4). */
export const workspaceAsset = (
  kind: 'pipeline' | 'notebook' | 'query' | 'dashboard' | 'endpoint' | 'experiment' | 'cluster' | 'warehouse',
  workspaceId: string,
  id: string,
): AssetId => assetId(kind, workspaceId, id);
/** Something outside Databricks: named by external metadata, or declared by a person. */
export const externalAsset = (id: string): AssetId => assetId('external', 'external', id);

export const factId = (kind: FactKind, scope: string, native: string): FactId => `${kind}|${scope}|${native}` as FactId;

/** The table behind a table or view asset; null for other kinds and names that SQL could not carry. */
export const tableOfAsset = (asset: AssetId): TableName | null => {
  const { kind, native } = assetParts(asset);
  if (kind !== 'table' && kind !== 'view' && kind !== 'feature-table') return null;
  // Ids hold names as they are stored: a backtick in one is a character of it. Only what people type is in backticks.
  const stored = storedTableName(native);
  if (stored !== null) return stored;
  const parsed = parseTableName(native);
  return parsed.ok ? parsed.value : null;
};

const kinds: ReadonlySet<string> = new Set<AssetKind>([
  'table', 'view', 'column', 'volume', 'job', 'task', 'pipeline', 'notebook', 'query', 'dashboard', 'feature-table', 'model',
  'model-version', 'endpoint', 'experiment', 'cluster', 'warehouse', 'external',
]); // prettier-ignore

/** The asset that an asset belongs to on the lineage map: a column's table, a task's job, a version's model; else itself. */
export const carrier = (asset: AssetId): AssetId => {
  const { kind, scope, native } = assetParts(asset);
  if (kind === 'column') return assetId('table', scope, native.split('.').slice(0, 3).join('.'));
  if (kind === 'task') return assetId('job', scope, native.split('/')[0] ?? native);
  if (kind === 'model-version') return assetId('model', scope, native.split('/')[0] ?? native);
  return asset;
};

/**
 * A dashboard from before AI/BI: its id is a UUID with dashes, where an AI/BI dashboard has 32 characters without (docs: dashboard-crud-api).
 * Support of this kind ended in April 2025, and the API that told its name is deprecated (docs: sql/user/dashboards): the name cannot be known.
 */
export const isLegacyDashboard = (asset: AssetId): boolean => {
  const { kind, native } = assetParts(asset);
  return kind === 'dashboard' && /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(native);
};

/** Name for people where the cache has none: the last parts of the native id. */
export const plainLabel = (
  asset: AssetId,
): { readonly name: string; readonly kind: string; readonly detail: string } => {
  const { kind, native } = assetParts(asset);
  const shown = kinds.has(kind) ? kind.replace('-', ' ') : 'asset';
  if (kind === 'table' || kind === 'view' || kind === 'model' || kind === 'feature-table') {
    const parts = native.split('.');
    return { name: parts.at(-1) ?? native, kind, detail: parts.slice(0, -1).join('.') || shown };
  }
  if (kind === 'column') {
    const parts = native.split('.');
    return { name: parts.slice(2).join('.'), kind, detail: parts.slice(0, 2).join('.') };
  }
  const detail = isLegacyDashboard(asset)
    ? 'of the older kind, whose name no supported API of Databricks tells'
    : shown;
  return { name: `${shown} ${native}`, kind, detail };
};
