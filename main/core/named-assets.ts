import { type Failure, failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { fullName, parseTableName } from '../databricks/identifiers.ts';
import { jobAsset, tableAsset } from '../lake/assets.ts';
import type { ConnectionPart } from './connection.ts';
import { primaryId } from './saved-connections.ts';

/** Where what people name lies: ids of the primary workspace, known since it was first read; null = not yet. */
export type HomeIds = { readonly workspaceId: string; readonly metastoreId: string };
export const homeIds = (connection: Pick<ConnectionPart, 'known'>): HomeIds | null =>
  connection.known().findLast(({ id }) => id === primaryId) ?? null;

/**
 * What a person names → ids of assets: `catalog.schema.table` (parts in backticks or not) is a table; digits, alone or after
 * "job", are a job of the primary workspace. Nothing is looked up: who may read little can name what no list shows. Fails on
 * a name that is neither, and while no workspace was ever read.
 */
export const assetsNamed = (names: readonly string[], home: HomeIds | null): Result<readonly AssetId[], Failure> => {
  const assets: AssetId[] = [];
  if (names.length > 0 && home === null) return err(notYet);
  for (const name of home === null ? [] : names) {
    const bare = name
      .trim()
      .replace(/^job\s/i, '')
      .trim();
    const isJob = /^\d{1,20}$/.test(bare);
    const table = isJob ? null : parseTableName(name.trim());
    if (isJob) assets.push(jobAsset(home?.workspaceId ?? '', bare));
    else if (table?.ok === true) assets.push(tableAsset(home?.metastoreId ?? '', fullName(table.value)));
    else return err(unknown(name));
  }
  return ok([...new Set(assets)]);
};

const notYet: Failure = failure(
  'NotConfigured',
  'No workspace has been read yet, so it is not known where these tables and jobs are.',
  'Nothing was written.',
  'Open the room without them, or connect a workspace first.',
);
const unknown = (name: string): Failure =>
  failure(
    'WrongShape',
    `"${name.slice(0, 100)}" is neither a table nor a job.`,
    'Nothing was written.',
    'Write a table as catalog.schema.table, and a job as its number.',
  );
