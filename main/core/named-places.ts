import { type Failure, failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { WatchKind } from '../../shared/contract/watch.ts';
import { assetId, assetParts, type AssetId } from '../../shared/domain/ids.ts';
import { jobAsset, modelAsset, tableAsset, workspaceAsset } from '../lake/assets.ts';
import type { ConnectionPart } from './connection.ts';
import { lineOf, type Named, readLine, unknownName } from './named-assets.ts';
import { primaryId } from './saved-connections.ts';

/** A workspace in which names have a meaning: tables and models belong to its metastore, the rest to itself. */
export type Place = {
  readonly name: string;
  readonly workspaceId: string;
  readonly metastoreId: string;
  /** Where a name lies that nothing speaks of. */
  readonly primary: boolean;
  /** False: it was removed, and what was read of it stays. */
  readonly present: boolean;
};

/** Workspaces that said which they are, the primary one first; removed ones last. */
export const placesOf = (connection: Pick<ConnectionPart, 'slots' | 'known'>): readonly Place[] => {
  const known = connection.known();
  const present = connection.slots().flatMap((slot): Place[] => {
    const about = known.findLast(({ id }) => id === slot.id);
    if (about === undefined) return [];
    const { workspaceId, metastoreId } = about;
    return [{ name: slot.state().name, workspaceId, metastoreId, primary: slot.id === primaryId, present: true }];
  });
  const isPresent = (id: string): boolean => present.some(({ workspaceId }) => workspaceId === id);
  const former = known.flatMap(({ name, workspaceId, metastoreId }): Place[] =>
    isPresent(workspaceId) ? [] : [{ name, workspaceId, metastoreId, primary: false, present: false }],
  );
  return [...present, ...former];
};

/** What is named, in one place. */
const assetIn = ({ kind, name }: Named, place: Place): AssetId => {
  switch (kind) {
    case 'table':
      return tableAsset(place.metastoreId, name);
    case 'model':
      return modelAsset(place.metastoreId, name);
    case 'job':
      return jobAsset(place.workspaceId, name);
    case 'endpoint':
    case 'pipeline':
      return workspaceAsset(kind, place.workspaceId, name);
  }
};

/** How kinds of asset ids are called where people name them: a view is read like a table. */
const spellings: Readonly<Partial<Record<WatchKind, readonly string[]>>> = {
  table: ['table', 'view', 'feature-table'],
};

/** A name found in a place; `known`: something cached speaks of it. */
type Located = { readonly asset: AssetId; readonly place: Place; readonly known: boolean };

/** Names → ids, over all workspaces of the profile. */
export type Naming = {
  readonly places: () => readonly Place[];
  /** Every asset that a name can mean, one for each metastore or workspace, known ones first; empty = no workspace was read yet. */
  readonly located: (named: Named) => readonly Located[];
  /**
   * The one that is meant when nobody says where: the only one that is known, else that of the primary workspace. Fails where
   * several are known (Ambiguous), and with NotConfigured while the primary workspace was never read.
   */
  readonly meant: (named: Named) => Result<Located, Failure>;
  /**
   * Lines as people write them → ids: `catalog.schema.table` (parts in backticks or not) is a table, digits are a job, anything else
   * says its kind before its name ("endpoint prices"); "in WORKSPACE" after it says where. Who may read little can name what no
   * list shows. Fails as `meant`, and on a line that is none of these.
   */
  readonly assets: (lines: readonly string[]) => Result<readonly AssetId[], Failure>;
  /** The line that `assets` reads back as this very asset. */
  readonly line: (named: Named, asset: AssetId | null) => string;
  /** In which workspace an asset lies, by name, where the profile has several; null = there is one, or none is known for it. */
  readonly placeName: (asset: AssetId | null) => string | null;
};

/** No name of a table or job holds a space, so that what follows the first " in " is a workspace. */
const whereSaid = /^(.*?\S)\s+in\s+(\S.*)$/is;

export const namingOf = (places: () => readonly Place[], isKnown: (asset: AssetId) => boolean): Naming => {
  const inPlace = (named: Named, place: Place): Located => {
    const plain = assetIn(named, place);
    const { scope, native } = assetParts(plain);
    const ids = (spellings[named.kind] ?? [named.kind]).map((kind) => assetId(kind, scope, native));
    const known = ids.find(isKnown);
    return { asset: known ?? plain, place, known: known !== undefined };
  };
  const distinct = (all: readonly Located[]): readonly Located[] =>
    all.filter(({ asset }, at) => all.findIndex((one) => one.asset === asset) === at);
  const located = (named: Named): readonly Located[] => {
    const all = distinct(places().map((place) => inPlace(named, place)));
    return [...all.filter(({ known }) => known), ...all.filter(({ known }) => !known)];
  };
  const onlyOne = (named: Named, found: readonly Located[]): Result<Located, Failure> | null => {
    const [first, ...others] = found;
    return first === undefined ? null : others.length === 0 ? ok(first) : err(ambiguous(named, found, callOf));
  };
  const meant = (named: Named): Result<Located, Failure> => {
    const all = located(named);
    const known = all.filter((one) => one.known);
    const home = all.find(({ place }) => place.primary);
    return (
      onlyOne(named, known.filter(({ place }) => place.present)) ??
      onlyOne(named, known) ??
      (home !== undefined ? ok(home) : err(all[0] === undefined ? notYet : primaryNotYet(named, callOf(all[0].place))))
    ); // prettier-ignore
  };
  const called = (name: string, all: readonly Place[]): readonly Place[] => {
    const byName = all.filter((one) => one.name.toLowerCase() === name.toLowerCase());
    const found = byName.length > 0 ? byName : all.filter(({ workspaceId }) => workspaceId === name);
    return found.some(({ present }) => present) ? found.filter(({ present }) => present) : found;
  };
  /** What to write after "in": the name, and the id where several are called so. */
  const callOf = (place: Place): string =>
    called(place.name, places()).every(({ workspaceId }) => workspaceId === place.workspaceId)
      ? place.name
      : place.workspaceId;
  const ofLine = (line: string): Result<Located, Failure> => {
    const [, said, where = ''] = whereSaid.exec(line.trim()) ?? [];
    const named = readLine(said ?? line);
    if (named === null) return err(unknownName(line));
    if (places().length === 0) return err(notYet);
    if (said === undefined) return meant(named);
    const found = called(where.trim(), places());
    const one = onlyOne(named, distinct(found.map((place) => inPlace(named, place))));
    return one ?? err(noSuchPlace(where.trim(), places()));
  };
  const placesAt = (asset: AssetId | null): readonly Place[] => {
    const every = asset === null ? [] : places();
    if (asset === null || every.length < 2) return [];
    const { scope } = assetParts(asset);
    const all = every.filter((one) => one.workspaceId === scope || one.metastoreId.toLowerCase() === scope);
    return all.some(({ present }) => present) ? all.filter(({ present }) => present) : all;
  };

  return {
    places,
    located,
    meant,
    assets: (lines) => {
      const assets: AssetId[] = [];
      for (const line of lines) {
        const found = ofLine(line);
        if (!found.ok) return found;
        assets.push(found.value.asset);
      }
      return ok([...new Set(assets)]);
    },
    line: (named, asset) => {
      const [place] = placesAt(asset);
      return place === undefined ? lineOf(named) : `${lineOf(named)} in ${callOf(place)}`;
    },
    placeName: (asset) => {
      const names = [...new Set(placesAt(asset).map(({ name }) => name))];
      return names.length === 0 ? null : names.join(', ');
    },
  };
};

const notYet: Failure = failure(
  'NotConfigured',
  'No workspace has been read yet, so it is not known where these tables and jobs are.',
  'Nothing was written.',
  'Open the room without them, or connect a workspace first.',
);
const primaryNotYet = (named: Named, other: string): Failure =>
  failure(
    'NotConfigured',
    `Nothing that was read so far speaks of ${named.name.slice(0, 100)}, and the primary workspace has not been read yet.`,
    'Nothing was written.',
    `Write after the name in which workspace it lies: ${lineOf(named).slice(0, 100)} in ${other}.`,
  );
const ambiguous = (named: Named, found: readonly Located[], callOf: (place: Place) => string): Failure =>
  failure(
    'Ambiguous',
    `${named.name.slice(0, 100)} is known in ${found.length} places: ${found.map(({ place }) => callOf(place)).join('; ')}.`,
    'Nothing was written.',
    `Write after the name which one is meant: ${lineOf(named).slice(0, 100)} in ${found.map(({ place }) => callOf(place))[0] ?? ''}. Write a line for each if both are.`,
  );
const noSuchPlace = (name: string, places: readonly Place[]): Failure =>
  failure(
    'NoSuchWorkspace',
    `No workspace of this profile is called "${name.slice(0, 100)}".`,
    'Nothing was written.',
    `Write one of these after "in": ${places.map((one) => one.name).join('; ')}.`,
  );
