import * as v from 'valibot';
import { type Failure, failure } from '../../shared/base/failure.ts';
import { err, mapOk, ok, type Result } from '../../shared/base/result.ts';
import { watchNamed, type WatchNamed } from '../../shared/contract/watch.ts';
import { assetParts, type AssetId } from '../../shared/domain/ids.ts';
import type { Store } from '../store/port.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import { readNamed, readStored, unknownName } from './named-assets.ts';
import type { Naming } from './named-places.ts';

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
  /** The same name in two metastores is two things, which can both be watched. Fails on no name, too many, and as `Naming.meant`. */
  readonly add: (named: WatchNamed) => Result<null, Failure>;
  /** Without `asset`: whatever has this name. */
  readonly remove: (named: WatchNamed) => Result<null, Failure>;
};

export const watchList = (store: Store, naming: Naming): WatchList => {
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
    const named = { kind, name };
    const meant = naming.meant(named);
    if (meant.ok) return meant.value.asset;
    // It became known elsewhere since: what was on the list without a place stays that of the primary workspace.
    const places = naming.located(named);
    return (places.find(({ place }) => place.primary) ?? places[0])?.asset ?? null;
  };
  const isNamedSo = (a: WatchNamed, b: WatchNamed): boolean => a.kind === b.kind && a.name === b.name;
  return {
    all,
    assetOf,
    assets: () => all().flatMap((one) => assetOf(one) ?? []),
    add: ({ kind, name, asset }) => {
      // What was found is named as it is stored.
      const isFound = asset !== undefined && assetParts(asset as AssetId).native === name;
      const named = isFound ? readStored(kind, name) : readNamed(kind, name);
      if (named === null) return err(unknownName(name));
      const meant = asset === undefined ? naming.meant(named) : null;
      if (meant?.ok === false && meant.error.tag === 'Ambiguous') return meant;
      // What is known stays that one, also when the name becomes known elsewhere.
      const found = asset ?? (meant?.ok === true && meant.value.known ? meant.value.asset : undefined);
      const added: WatchNamed = found === undefined ? named : { ...named, asset: found };
      const list = all();
      if (list.some((one) => isNamedSo(one, added) && assetOf(one) === assetOf(added))) return ok(null);
      if (list.length >= mostWatched) return err(tooMany);
      return save([...list, added]);
    },
    remove: (named) =>
      save(
        all().filter((one) => !isNamedSo(one, named) || (named.asset !== undefined && assetOf(one) !== named.asset)),
      ),
  };
};

const tooMany: Failure = failure(
  'TooMany',
  `${mostWatched} assets are watched already.`,
  'The list is as it was.',
  'Take one off the list, or open a room: what a room is about is read as well.',
);
