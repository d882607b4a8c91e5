import type { DatabricksFailure } from '../databricks/port.ts';
import type { WithheldPlace } from '../lake/withhold.ts';
import { storedPlaces, type StoredPlace } from '../store/places.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import type { ConnectionPart } from './connection.ts';
import type { LakePart } from './lake-part.ts';
import type { Parts } from './parts.ts';
import type { ResidencyPart } from './residency.ts';
import type { KnownWorkspace } from './saved-connections.ts';

const doneKey = 'residency.withheld';

/**
 * What a rule of residency forbids leaves this device as soon as the rule is known, wherever it was made: in the commit that brings it,
 * and at the start for one that came before. Nothing is asked over the network, and the workspace need not be connected
 * any more. Call what is returned after every commit: it costs two small reads while nothing has changed.
 */
export const withholdingOf = (
  { profile, logger }: Pick<Parts, 'profile' | 'logger'>,
  connection: Pick<ConnectionPart, 'known'>,
  residency: Pick<ResidencyPart, 'forbidden' | 'refuses'>,
  lake: Pick<LakePart, 'withhold'>,
): (() => void) => {
  const db = profile.store.read;
  let done = getSetting(db, doneKey) ?? '';
  // What is written here is a commit itself.
  let busy = false;

  const look = (): void => {
    const regions = residency.forbidden();
    const known = regions.length === 0 ? [] : connection.known();
    const now = regions.length === 0 ? '' : JSON.stringify([regions, known.map(({ workspaceId, metastoreId, region }) => [workspaceId, metastoreId, region])]); // prettier-ignore
    if (now === done) return;
    const places = regions.length === 0 ? [] : forbiddenPlaces(storedPlaces(db), known, residency.refuses);
    if (!lake.withhold(places, (writable) => setSetting(writable, doneKey, now))) {
      logger.error(
        'cached facts that a rule of residency forbids could not be removed; tried again at the next change',
      );
      return;
    }
    done = now;
    if (places.length > 0) logger.info('cached facts removed: residency', { places: places.length });
  };
  return () => {
    if (busy) return;
    busy = true;
    try {
      look();
    } finally {
      busy = false;
    }
  };
};

/** Places that may not lie here, by the regions that are written beside what is stored and by what workspaces said of themselves. */
const forbiddenPlaces = (
  stored: readonly StoredPlace[],
  known: readonly KnownWorkspace[],
  refuses: (region: string | null) => DatabricksFailure | null,
): readonly WithheldPlace[] => {
  const all: readonly StoredPlace[] = [...stored, ...known.map(({ workspaceId: workspace, region }) => ({ workspace, region }))]; // prettier-ignore
  const allowed = new Set(known.flatMap(({ region, metastoreId }) => (region !== null && refuses(region) === null ? [metastoreId] : []))); // prettier-ignore
  return [...new Set(all.map(({ workspace }) => workspace))].flatMap((workspace): readonly WithheldPlace[] => {
    const regions = all.flatMap((one) => (one.workspace === workspace && one.region !== null ? [one.region] : []));
    // Whoever never said where it lies is judged as that; one that moved, by each region that is written beside its facts.
    const region = regions.find((one) => refuses(one) !== null) ?? null;
    const refused = region === null && regions.length > 0 ? null : refuses(region);
    if (refused === null) return [];
    const metastore = known.find(({ workspaceId }) => workspaceId === workspace)?.metastoreId ?? null;
    return [{ workspace, region, refused, metastore: metastore !== null && allowed.has(metastore) ? null : metastore }];
  });
};
