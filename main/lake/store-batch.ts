import { stateKinds } from '../../shared/domain/vocabulary.ts';
import { factById, putAsset, putEdge, putFact } from '../store/lake.ts';
import type { WritableDb } from '../store/port.ts';
import type { Collected, CollectedFact } from './collector.ts';
import { factOf, rowOf } from './fact-rows.ts';
import type { LakeFact } from './port.ts';
import { shortened } from './shorten.ts';

/** What storing came to: facts that are new or say something else than before, and the bytes that it takes on this disk. */
export type StoredBatch = { readonly changed: number; readonly bytes: number };

/** Beside its text a row costs its places in three indexes; measured on 100,000 facts of runs. */
export const rowOverhead = 220;
export const edgeBytes = 320;
const assetBytes = 160;

const storeFact = (
  db: WritableDb,
  collected: CollectedFact,
  { completeTo }: Collected,
  region: string | null,
): StoredBatch | null => {
  const fact: LakeFact = shortened({ ...collected.fact, completeTo, region });
  const row = factById(db, fact.id);
  if (row === undefined && collected.onlyIfKnown === true) return null;
  const old = row === undefined ? undefined : factOf(row);
  const merged = old === undefined ? fact : collected.merge === undefined ? fact : collected.merge(old, fact);
  // A merge may return the older of two: where it lies is what the metastore says now.
  const next = rowOf({ ...merged, region: region ?? merged.region ?? null });
  const bytes = next.data.length + next.title.length + 2 * next.assets.length + 3 * next.id.length + rowOverhead;
  const same =
    row !== undefined &&
    row.data === next.data &&
    row.title === next.title &&
    row.happened === next.happened &&
    row.assets === next.assets &&
    row.region === next.region;
  // How something is was seen once more: its age starts anew, and nobody is told of a change.
  if (!same || (row.observed !== next.observed && stateKinds.some((kind) => kind === next.kind)))
    putFact(db, next, merged.assets, row ?? null);
  return { changed: same ? 0 : 1, bytes };
};

/**
 * Store what a collector brought, within the caller's transaction; `region` is where its workspace lies. `hold` is told the id of every fact that is here now and
 * answers whether it was not held before: a fact that comes again takes no more room. */
export const storeBatch = (
  db: WritableDb,
  collected: Collected,
  region: string | null,
  hold: (fact: string) => boolean,
): StoredBatch => {
  let changed = 0;
  let bytes = 0;
  for (const one of collected.facts ?? []) {
    const stored = storeFact(db, one, collected, region);
    if (stored === null) continue;
    changed += stored.changed;
    if (hold(one.fact.id)) bytes += stored.bytes;
  }
  for (const edge of collected.edges ?? [])
    putEdge(db, {
      from_asset: edge.from, to_asset: edge.to, source: edge.source, via: edge.via ?? '', first_seen: edge.firstSeen, last_seen: edge.lastSeen,
    }); // prettier-ignore
  for (const one of collected.assets ?? [])
    putAsset(db, {
      asset: one.asset,
      name: one.name,
      detail: one.detail,
      changed: one.changedAt,
      gone: one.gone ? 1 : 0,
    });
  bytes += (collected.edges ?? []).length * edgeBytes + (collected.assets ?? []).length * assetBytes;
  return { changed, bytes };
};
