import * as v from 'valibot';
import { type Failure, failure } from '../../shared/base/failure.ts';
import { err, mapOk, ok, type Result } from '../../shared/base/result.ts';
import { watchNamed, type WatchNamed } from '../../shared/contract/watch.ts';
import { assetParts, type AssetId } from '../../shared/domain/ids.ts';
import type { Store } from '../store/port.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import { assetOfNamed, type HomeIds, readNamed, readStored, unknownName } from './named-assets.ts';

const settingKey = 'watch.list';
/** Each table in it is a statement or two at every reading. */
const mostWatched = 100;
const stored = v.array(watchNamed);

/** Assets that people named to be read although no room is about them: a setting of this device, kept under their names. */
export type WatchList = {
  readonly all: () => readonly WatchNamed[];
  /** Null = no workspace was read yet, so it is not known where it lies. */
  readonly assetOf: (named: WatchNamed) => AssetId | null;
  readonly assets: () => readonly AssetId[];
  readonly add: (named: WatchNamed) => Result<null, Failure>;
  readonly remove: (named: Pick<WatchNamed, 'kind' | 'name'>) => Result<null, Failure>;
};

const isSame = (a: Pick<WatchNamed, 'kind' | 'name'>, b: Pick<WatchNamed, 'kind' | 'name'>): boolean =>
  a.kind === b.kind && a.name === b.name;

export const watchList = (store: Store, home: () => HomeIds | null): WatchList => {
  const all = (): readonly WatchNamed[] => {
    const saved = v.safeParse(stored, getSetting(store.read, settingKey));
    return saved.success ? saved.output : [];
  };
  const save = (list: readonly WatchNamed[]): Result<null, Failure> =>
    mapOk(
      store.transaction<null>((db) => {
        setSetting(
          db,
          settingKey,
          list.map(({ kind, name, asset }) => (asset === undefined ? { kind, name } : { kind, name, asset })),
        );
        return ok(null);
      }),
      () => null,
    );
  const assetOf = ({ kind, name, asset }: WatchNamed): AssetId | null => {
    if (asset !== undefined) return asset as AssetId;
    const at = home();
    return at === null ? null : assetOfNamed({ kind, name }, at);
  };
  return {
    all,
    assetOf,
    assets: () => all().flatMap((one) => assetOf(one) ?? []),
    add: ({ kind, name, asset }) => {
      // What was found is named as it is stored.
      const isFound = asset !== undefined && assetParts(asset as AssetId).native === name;
      const named = isFound ? readStored(kind, name) : readNamed(kind, name);
      if (named === null) return err(unknownName(name));
      const list = all();
      if (list.some((one) => isSame(one, named))) return ok(null);
      if (list.length >= mostWatched) return err(tooMany);
      return save([...list, asset === undefined ? named : { ...named, asset }]);
    },
    remove: (named) => save(all().filter((one) => !isSame(one, named))),
  };
};

const tooMany: Failure = failure(
  'TooMany',
  `${mostWatched} assets are watched already.`,
  'The list is as it was.',
  'Take one off the list, or open a room: what a room is about is read as well.',
);
