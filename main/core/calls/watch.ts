import { mapOk, ok } from '../../../shared/base/result.ts';
import { type WatchFound, type WatchKind, watchKinds } from '../../../shared/contract/watch.ts';
import { assetParts, type AssetId } from '../../../shared/domain/ids.ts';
import { displayName } from '../display.ts';
import type { HandlersOf } from '../handlers.ts';
import type { LakePart } from '../lake-part.ts';
import { guessNamed, type Named, readStored } from '../named-assets.ts';
import type { Naming } from '../named-places.ts';
import type { WatchList } from '../watch-list.ts';

/** Found assets that a search shows; a longer list asks for more letters. */
const foundLimit = 12;
const always = '0000-01-01T00:00:00.000Z';

/** How kinds of asset ids are called here: a view is read like a table. */
const kindOf = (kind: string): WatchKind | null =>
  kind === 'view' || kind === 'feature-table' ? 'table' : (watchKinds.find((one) => one === kind) ?? null);

type Found = Omit<WatchFound, 'asset' | 'workspace' | 'watched'> & { readonly asset: AssetId | null };
const isSame = (a: Named, b: Named): boolean => a.kind === b.kind && a.name === b.name;

/** What is read without a room: the list, searching for what could be on it, adding and removing. Answers from this device. */
export const watchCalls = (
  lake: LakePart,
  watched: WatchList,
  naming: Naming,
  /** Somebody wants to know of something now. */
  refresh: () => void,
): HandlersOf<'watch.list' | 'watch.find' | 'watch.add' | 'watch.remove'> => {
  /** The kind stands beside it: where only its id is known, the id alone is its name. */
  const labelOf = ({ kind, name }: Named, asset: AssetId | null) => {
    const parts = kind === 'table' || kind === 'model' ? name.split('.') : [name];
    const known = asset === null ? null : lake.label(asset).name;
    const label = known === null || known === `${kind} ${name}` ? displayName(parts.at(-1) ?? name) : known;
    const detail = displayName(parts.length > 1 ? parts.slice(0, -1).join('.') : name);
    return { label, detail: detail === label ? '' : detail };
  };
  const factsOf = (asset: AssetId | null): number =>
    asset === null ? 0 : lake.facts.count({ assets: [asset], from: always });
  const found = (named: Named, asset: AssetId | null, seen: boolean): Found => ({
    ...named,
    ...labelOf(named, asset),
    asset,
    seen,
  });
  const isWatched = (one: Found): boolean => {
    const asset = one.asset ?? watched.assetOf({ kind: one.kind, name: one.name });
    return watched.all().some((other) => isSame(other, one) && watched.assetOf(other) === asset);
  };
  /** Only for what is shown: a search finds thousands. */
  const shown = (one: Found): WatchFound => ({
    ...one,
    workspace: naming.placeName(one.asset),
    watched: isWatched(one),
  });
  /** What nothing speaks of may be in any workspace: a line for each, where there are several. */
  const unseenOf = (named: Named, but: readonly Found[]): readonly Found[] => {
    const open = naming.located(named).filter(({ place }) => place.present);
    if (open.length < 2) return but.some((one) => isSame(one, named)) ? [] : [found(named, null, false)];
    return open.flatMap(({ asset }) => (but.some((one) => one.asset === asset) ? [] : [found(named, asset, false)]));
  };
  /** With few rights nothing may stand beside it on the map, and yet there is what happened to it. */
  const isSeen = (asset: AssetId | null): boolean => asset !== null && (lake.isKnown(asset) || factsOf(asset) > 0);
  const onTheList = (words: readonly string[], but: readonly Found[]): readonly Found[] =>
    watched.all().flatMap((one) => {
      const asset = watched.assetOf(one);
      const { kind, name } = one;
      const isNew = !but.some((other) => other.asset === asset);
      return isNew && isSeen(asset) && words.every((word) => name.toLowerCase().includes(word))
        ? [found({ kind, name }, asset, true)]
        : [];
    });
  const onTheMap = (words: readonly string[], guessed: readonly Named[]): readonly Found[] =>
    lake.named(['table', 'view', 'feature-table', 'job', 'model', 'endpoint', 'pipeline']).flatMap((one) => {
      const { kind: idKind, native } = assetParts(one.asset as AssetId);
      const text = `${one.name} ${native}`.toLowerCase();
      const kind = kindOf(idKind);
      // Parts in backticks are another spelling of the name that is stored.
      const isMeant = guessed.some((one) => one.kind === kind && one.name === native);
      if (kind === null || !(isMeant || words.every((word) => text.includes(word)))) return [];
      const named = readStored(kind, native);
      return named === null ? [] : [found(named, one.asset as AssetId, true)];
    });
  const rank = ({ label, name }: Found, text: string): number =>
    name === text ? 0 : label.toLowerCase().startsWith(text) ? 1 : label.toLowerCase().includes(text) ? 2 : 3;

  return {
    'watch.list': () =>
      ok({
        rows: watched.all().map((one) => {
          const asset = watched.assetOf(one);
          const window = { assets: asset === null ? [] : [asset], from: always };
          const [latest] = lake.facts.page(window, null, 1);
          return {
            kind: one.kind,
            name: one.name,
            ...labelOf(one, asset),
            asset,
            workspace: naming.placeName(asset),
            line: naming.line(one, asset),
            seen: isSeen(asset),
            facts: factsOf(asset),
            latest: latest === undefined ? null : { title: displayName(latest.title), at: latest.happenedAt },
          };
        }),
      }),
    'watch.find': ({ text }) => {
      const wanted = text.trim().toLowerCase();
      if (wanted === '') return ok({ rows: [], more: 0 });
      const words = wanted.split(/\s+/);
      const guessed = guessNamed(text);
      const map = onTheMap(words, guessed);
      const all = [...map, ...onTheList(words, map)].toSorted(
        (a, b) => rank(a, wanted) - rank(b, wanted) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
      );
      const unseen = guessed.flatMap((named) => unseenOf(named, all));
      return ok({
        rows: [...all.slice(0, foundLimit), ...unseen.slice(0, foundLimit)].map(shown),
        more: Math.max(0, all.length - foundLimit) + Math.max(0, unseen.length - foundLimit),
      });
    },
    'watch.add': (named) =>
      mapOk(watched.add(named), () => {
        refresh();
        return {};
      }),
    'watch.remove': (named) => mapOk(watched.remove(named), () => ({})),
  };
};
