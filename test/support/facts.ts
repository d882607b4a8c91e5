import { putFacts, storedFacts } from '../../main/store/fact-batch.ts';
import type { FactRow } from '../../main/store/lake.ts';
import type { WritableDb } from '../../main/store/port.ts';

/** Store one fact of a test, over what is stored of it. `assets` once more as a list. */
export const putFact = (db: WritableDb, row: FactRow, assets: readonly string[]): void => {
  putFacts(db, [{ row, assets, old: storedFacts(db, [row.id]).get(row.id) ?? null }]);
};
