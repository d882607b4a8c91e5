import type { AssetId } from '../../shared/domain/ids.ts';
import { assetRow } from '../store/lake.ts';
import type { ReadableDb } from '../store/port.ts';
import { plainLabel } from './assets.ts';
import type { AssetLabel } from './port.ts';

/** The name that something with an id has been given, as far as it is known; null = only its id is. */
export const nameOf = (db: ReadableDb, asset: AssetId): string | null => assetRow(db, asset)?.name ?? null;

/** The name of an asset: from the cache where it has an id instead of a name, else from the id itself. */
export const labelOf = (db: ReadableDb, asset: AssetId): AssetLabel => {
  const plain = plainLabel(asset);
  const known = plain.kind === 'table' || plain.kind === 'column' ? undefined : assetRow(db, asset);
  if (known === undefined) return plain;
  return { name: known.name, kind: plain.kind, detail: known.gone === 1 ? `${known.detail}, deleted` : known.detail };
};
