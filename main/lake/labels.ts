import type { AssetId } from '../../shared/domain/ids.ts';
import { assetRow } from '../store/lake.ts';
import type { ReadableDb } from '../store/port.ts';
import { plainLabel } from './assets.ts';
import type { CollectContext } from './collector.ts';
import type { AssetLabel } from './port.ts';

/** The name of an asset: from the cache where it has an id instead of a name, else from the id itself. */
export const labelOf = (db: ReadableDb, asset: AssetId): AssetLabel => {
  const plain = plainLabel(asset);
  const known = plain.kind === 'table' || plain.kind === 'column' ? undefined : assetRow(db, asset);
  if (known === undefined) return plain;
  return { name: known.name, kind: plain.kind, detail: known.gone === 1 ? `${known.detail}, deleted` : known.detail };
};

const namesOf = new WeakMap<CollectContext, Map<AssetId, string>>();
const keptNames = 2_000;

/** The name of an asset as it was when a pull first asked for it: most rows of a pull are about the same few assets. */
export const nameIn = (context: CollectContext, asset: AssetId | undefined): string => {
  if (asset === undefined) return '';
  const names = namesOf.get(context) ?? new Map<AssetId, string>();
  namesOf.set(context, names);
  const known = names.get(asset);
  if (known !== undefined) return known;
  if (names.size >= keptNames) names.clear();
  const { name } = labelOf(context.db, asset);
  names.set(asset, name);
  return name;
};
