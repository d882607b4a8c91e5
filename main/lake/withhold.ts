import { ok } from '../../shared/base/result.ts';
import type { DatabricksFailure } from '../databricks/port.ts';
import { putSource, sourceRow } from '../store/lake.ts';
import { forgetPlace, withholdSources } from '../store/places.ts';
import type { WritableDb } from '../store/port.ts';
import type { Collector } from './collector.ts';
import { words, type Ids, type RefreshDeps } from './refresh.ts';

/** A workspace of which nothing may lie here, and why. `metastore` null = not known, or another workspace may name the same. */
export type WithheldPlace = {
  readonly workspace: string;
  readonly metastore: string | null;
  readonly region: string | null;
  readonly refused: DatabricksFailure;
};

/**
 * Nothing of these places may lie on this device from now on: whatever is stored of them goes, found by what stands beside it, and
 * nothing is asked over the network. `also` is written along with it. False: the disk refused, and all is as it was.
 */
export const withholdPlaces = (
  { store }: Pick<RefreshDeps, 'store'>,
  places: readonly WithheldPlace[],
  also: (db: WritableDb) => void,
): boolean =>
  store.transaction<null>((db) => {
    for (const place of places) {
      forgetPlace(db, place);
      withholdSources(db, place.workspace, words(place.refused));
    }
    also(db);
    return ok(null);
  }).ok;

/**
 * The same for a workspace that has just said which it is: what was cached of it goes, and each of its sources, also one that was
 * never read, says why nothing is read. Everything comes again when the rule is lifted. True when something was changed.
 */
export const withholdPlace = (
  deps: RefreshDeps,
  collectors: readonly Collector[],
  ids: Ids,
  refused: DatabricksFailure,
): boolean => {
  const note = words(refused);
  const said = collectors.every((one) => {
    const row = sourceRow(deps.store.read, one.source, ids.workspaceId);
    return row?.state === 'denied' && row.note === note;
  });
  if (said) return false;
  const place = { workspace: ids.workspaceId, metastore: ids.metastoreId, region: ids.region, refused };
  return withholdPlaces(deps, [place], (db) => {
    for (const { source } of collectors)
      putSource(db, {
        source, workspace: ids.workspaceId, region: ids.region, cursor: null, complete_to: null, observed: null, state: 'denied', missing: '[]', note,
      }); // prettier-ignore
  });
};
