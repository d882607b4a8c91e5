import { ok, type Result } from '../../shared/base/result.ts';
import type { StoreFailure } from '../store/failures.ts';
import { edgesAt, heldFacts, packSources, putPackSource, type HeldRow } from '../store/packs.ts';
import type { Store } from '../store/port.ts';
import { edgeBytes, rowOverhead } from './store-batch.ts';

/** Facts looked at in one step: bounds how long the core is busy at once. */
const stepFacts = 10_000;

/**
 * Write down what each source of a packed room holds and takes now. While a source is read its batches are added up, and what
 * comes again on every further packing (edges, and facts that say more than before) would be counted each time. `scope`: assets of the room, JSON.
 */
export const measurePack = async (
  deps: { readonly store: Store; readonly breathe: () => Promise<void> },
  pack: number,
  scope: string,
): Promise<Result<null, StoreFailure>> => {
  const { store } = deps;
  const held: HeldRow[] = [];
  for (let after = 0; ;) {
    const step = heldFacts(store.read, pack, after, stepFacts);
    if (step.length === 0) break;
    held.push(...step);
    after = Math.max(...step.map(({ last }) => last));
    await deps.breathe();
  }
  const edges = edgesAt(store.read, scope);
  return store.transaction<null>((db) => {
    const rows = packSources(db, pack);
    const counted = new Set<string>();
    for (const row of rows) {
      const isFirst = !counted.has(row.source);
      counted.add(row.source);
      // What one workspace read for a region's others has their names on it.
      const mine = held.filter(
        ({ source, workspace }) =>
          source === row.source &&
          (workspace === row.workspace ||
            (isFirst && !rows.some((one) => one.source === source && one.workspace === workspace))),
      );
      const size = mine.reduce((sum, one) => sum + one.bytes + one.facts * rowOverhead, 0);
      const links = isFirst ? (edges.get(row.source) ?? 0) : 0;
      const kept = { facts: mine.reduce((sum, one) => sum + one.facts, 0), links };
      putPackSource(db, { ...row, bytes: size + links * edgeBytes, ...kept });
    }
    return ok(null);
    // The end of the packing is flushed after it, and this with it.
  }, 'later');
};
