import { mapOk } from '../../../shared/base/result.ts';
import type { HandlersOf } from '../handlers.ts';
import type { LakePart } from '../lake-part.ts';
import type { Parts } from '../parts.ts';
import { roomOf } from '../write.ts';

/** What is cached about one asset, for people of a room: answers from this device and takes no network. */
export const assetCalls = (parts: Parts, lake: LakePart): HandlersOf<'asset.get' | 'asset.compare'> => {
  const db = parts.profile.store.read;
  return {
    'asset.get': ({ log, asset }) => mapOk(roomOf(parts, db, log), () => lake.sheet(asset)),
    'asset.compare': ({ log, asset, from, to }) => mapOk(roomOf(parts, db, log), () => lake.compare(asset, from, to)),
  };
};
