import type { Ledger } from '../../shared/contract/common.ts';
import type { LogId } from '../../shared/domain/ids.ts';

/**
 * Ledger marks: where an entry has got to. Never ✓ for what was only written here; without a share everything of this
 * device is only here, and what came from others was shared by its arrival.
 */
export type Marks = {
  readonly of: (log: LogId, hash: string) => Ledger;
  readonly onlyHere: (log?: LogId) => number;
};
