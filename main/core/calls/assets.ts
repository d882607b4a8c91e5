import { mapOk } from '../../../shared/base/result.ts';
import { declaredIn } from '../declared.ts';
import type { HandlersOf } from '../handlers.ts';
import type { LakePart } from '../lake-part.ts';
import type { Parts } from '../parts.ts';
import { namesFor } from '../room-view.ts';
import { roomOf } from '../write.ts';

/** What is cached about one asset, for people of a room: answers from this device and takes no network. */
export const assetCalls = (parts: Parts, lake: LakePart): HandlersOf<'asset.get' | 'asset.compare'> => {
  const db = parts.profile.store.read;
  return {
    'asset.get': ({ log, asset }) =>
      mapOk(roomOf(parts, db, log), (header) => {
        const { org, person } = parts.who();
        const names = namesFor({ db, views: parts.views, org, me: person }, header.org);
        const label = (id: string): string => lake.label(id).name;
        const declared = declaredIn({ db, views: parts.views, names, label }, header.log);
        const [sheet, section] = [lake.sheet(asset), declared.section(asset)];
        return {
          ...sheet,
          ...declared.names.get(asset),
          sections: section === null ? sheet.sections : [section, ...sheet.sections],
        };
      }),
    'asset.compare': ({ log, asset, from, to }) => mapOk(roomOf(parts, db, log), () => lake.compare(asset, from, to)),
  };
};
