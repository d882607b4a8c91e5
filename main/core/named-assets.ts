import { type Failure, failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { type WatchKind, watchKinds } from '../../shared/contract/watch.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { fullName, parseTableName, storedTableName } from '../databricks/identifiers.ts';
import { jobAsset, modelAsset, tableAsset, workspaceAsset } from '../lake/assets.ts';
import type { ConnectionPart } from './connection.ts';
import { primaryId } from './saved-connections.ts';

/** Where what people name lies: ids of the primary workspace, known since it was first read; null = not yet. */
export type HomeIds = { readonly workspaceId: string; readonly metastoreId: string };
export const homeIds = (connection: Pick<ConnectionPart, 'known'>): HomeIds | null =>
  connection.known().findLast(({ id }) => id === primaryId) ?? null;

/** A thing as a person names it, in the one spelling that its id is made of. */
export type Named = { readonly kind: WatchKind; readonly name: string };

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const idOf: Readonly<Record<'job' | 'endpoint' | 'pipeline', RegExp>> = {
  job: /^\d{1,20}$/,
  endpoint: /^[\w-]{1,100}$/,
  pipeline: /^[0-9a-z-]{1,100}$/i,
};

/** What is named, read as this kind; null = such a thing cannot have this name. */
export const readNamed = (kind: WatchKind, text: string): Named | null => {
  const name = text.trim();
  if (kind !== 'table' && kind !== 'model') return idOf[kind].test(name) ? { kind, name } : null;
  const parsed = parseTableName(name);
  return parsed.ok ? { kind, name: fullName(parsed.value) } : null;
};

/** The same for a name as it is stored, which nobody typed: a backtick in it is a character like any other. */
export const readStored = (kind: WatchKind, native: string): Named | null => {
  const table = kind === 'table' || kind === 'model' ? storedTableName(native) : null;
  return table === null ? readNamed(kind, native) : { kind, name: fullName(table) };
};

const prefix = new RegExp(`^(${watchKinds.join('|')})\\s+(.+)$`, 'is');

/** Everything that a few words could name, the likeliest first: `a.b.c`, digits, the id of a pipeline, a plain name. */
export const guessNamed = (text: string): readonly Named[] => {
  const said = prefix.exec(text.trim());
  const kind = watchKinds.find((one) => one === said?.[1]?.toLowerCase());
  if (kind !== undefined) return [readNamed(kind, said?.[2] ?? '')].filter((one) => one !== null);
  const name = text.trim();
  const likely: readonly WatchKind[] = idOf.job.test(name) ? ['job'] : uuid.test(name) ? ['pipeline'] : ['table', 'model', 'endpoint']; // prettier-ignore
  return likely.flatMap((one) => readNamed(one, name) ?? []);
};

/** The id of what is named, in the primary workspace and its metastore. */
export const assetOfNamed = ({ kind, name }: Named, home: HomeIds): AssetId => {
  switch (kind) {
    case 'table':
      return tableAsset(home.metastoreId, name);
    case 'model':
      return modelAsset(home.metastoreId, name);
    case 'job':
      return jobAsset(home.workspaceId, name);
    case 'endpoint':
    case 'pipeline':
      return workspaceAsset(kind, home.workspaceId, name);
  }
};

/**
 * What a person names → ids of assets: `catalog.schema.table` (parts in backticks or not) is a table, digits are a job, anything
 * else says its kind before its name ("endpoint prices"). Nothing is looked up: who may read little can name what no list shows.
 * Fails on a name that is none of these, and while no workspace was ever read.
 */
export const assetsNamed = (names: readonly string[], home: HomeIds | null): Result<readonly AssetId[], Failure> => {
  const assets: AssetId[] = [];
  if (names.length > 0 && home === null) return err(notYet);
  for (const name of home === null ? [] : names) {
    const [named] = guessNamed(name);
    const isPlain = !prefix.test(name.trim()) && named?.kind !== 'table' && named?.kind !== 'job';
    if (named === undefined || isPlain || home === null) return err(unknownName(name));
    assets.push(assetOfNamed(named, home));
  }
  return ok([...new Set(assets)]);
};

const notYet: Failure = failure(
  'NotConfigured',
  'No workspace has been read yet, so it is not known where these tables and jobs are.',
  'Nothing was written.',
  'Open the room without them, or connect a workspace first.',
);
export const unknownName = (name: string): Failure =>
  failure(
    'WrongShape',
    `"${name.slice(0, 100)}" is neither a table nor a job.`,
    'Nothing was written.',
    'Write a table as catalog.schema.table, a job as its number, and anything else with its kind before its name: endpoint prices.',
  );
