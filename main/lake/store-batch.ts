import { stateKinds } from '../../shared/domain/vocabulary.ts';
import {
  alreadyHeld,
  holdFacts,
  putFacts,
  storedFacts,
  type FactChange,
  type StoredFact,
} from '../store/fact-batch.ts';
import { putAsset, putEdge, type FactRow } from '../store/lake.ts';
import type { WritableDb } from '../store/port.ts';
import type { Collected, CollectedFact } from './collector.ts';
import { factOf, rowOf } from './fact-rows.ts';
import { isLong, shortened } from './shorten.ts';

/** What storing came to: facts that are new or say something else than before, and the bytes that it takes on this disk. */
export type StoredBatch = { readonly changed: number; readonly bytes: number };

/** Beside its text a row costs its places in indexes; measured on 100,000 facts of runs. */
export const rowOverhead = 220;
export const edgeBytes = 320;
const assetBytes = 160;

const bytesOf = (row: FactRow): number =>
  row.data.length + row.title.length + 2 * row.assets.length + 3 * row.id.length + rowOverhead;

const isState = new Set<string>(stateKinds);

/** A fact of a batch as it is to be stored. `old`: as it is stored now; the same object as `row` while nothing changed. */
type Pending = {
  row: FactRow;
  assets: readonly string[];
  readonly old: StoredFact | null;
  /** What it takes, as it came first. */
  readonly bytes: number;
};

/** The row that a fact makes of the one before it, and the assets that it names as a list. */
const rowAfter = (
  before: FactRow | undefined,
  { fact, merge }: CollectedFact,
  { completeTo }: Collected,
  region: string | null,
): Pick<Pending, 'row' | 'assets'> => {
  const whole = rowOf(fact, { completeTo, region });
  const long = isLong(whole);
  // The usual case by far: nothing is known of it, and its text is made once.
  if (!long && (before === undefined || merge === undefined)) return { row: whole, assets: fact.assets };
  const told = { ...fact, completeTo, region };
  const next = long ? shortened(told) : told;
  const merged = before === undefined || merge === undefined ? next : merge(factOf(before), next);
  // A merge may return the older of two: where it lies is what the metastore says now.
  return { row: rowOf({ ...merged, region: region ?? merged.region ?? null }), assets: merged.assets };
};

const isSame = (a: FactRow, b: FactRow): boolean =>
  a.data === b.data &&
  a.title === b.title &&
  a.happened === b.happened &&
  a.assets === b.assets &&
  a.region === b.region;

/** Facts in the order in which they came: one that comes twice in a batch meets its first coming. */
const storeFacts = (
  db: WritableDb,
  facts: readonly CollectedFact[],
  collected: Collected,
  region: string | null,
  pack: number | null,
): StoredBatch => {
  const known = storedFacts(db, [...new Set(facts.map(({ fact }) => fact.id.toWellFormed()))]);
  const pending = new Map<string, Pending>();
  let changed = 0;
  for (const one of facts) {
    const id = one.fact.id.toWellFormed();
    const here = pending.get(id);
    const old = known.get(id) ?? null;
    const before = here?.row ?? old ?? undefined;
    if (before === undefined && one.onlyIfKnown === true) continue;
    const { row, assets } = rowAfter(before, one, collected, region);
    const same = before !== undefined && isSame(before, row);
    if (!same) changed += 1;
    // How something is was seen once more: its age starts anew, and nobody is told of a change.
    const kept = before !== undefined && same && (before.observed === row.observed || !isState.has(row.kind));
    if (here === undefined) {
      pending.set(id, { row: kept ? before : row, assets, old, bytes: bytesOf(row) });
    } else if (!kept) {
      here.row = row;
      here.assets = assets;
    }
  }
  const all = [...pending.values()];
  const rids = putFacts(db, all.filter(({ row, old }) => row !== old) satisfies readonly FactChange[]);
  if (pack === null) return { changed, bytes: 0 };
  const held = alreadyHeld(
    db,
    pack,
    all.flatMap(({ old }) => (old === null ? [] : [old.rid])),
  );
  const fresh: number[] = [];
  let bytes = 0;
  for (const [id, one] of pending) {
    const rid = one.old?.rid ?? rids.get(id);
    if (rid === undefined || held.has(rid)) continue;
    fresh.push(rid);
    bytes += one.bytes;
  }
  holdFacts(
    db,
    pack,
    fresh.toSorted((a, b) => a - b),
  );
  return { changed, bytes };
};

/**
 * Store what a collector brought, within the caller's transaction; `region` is where its workspace lies. `pack` holds every fact
 * that is here now; `bytes` counts those that it did not hold before: a fact that comes again takes no more room.
 */
export const storeBatch = (
  db: WritableDb,
  collected: Collected,
  region: string | null,
  pack: number | null,
): StoredBatch => {
  const facts = collected.facts ?? [];
  const stored = facts.length === 0 ? { changed: 0, bytes: 0 } : storeFacts(db, facts, collected, region, pack);
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
  const besides = (collected.edges ?? []).length * edgeBytes + (collected.assets ?? []).length * assetBytes;
  return { changed: stored.changed, bytes: stored.bytes + besides };
};
