import type { Result } from '../../shared/base/result.ts';
import type { Clock, Instant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { TableName } from '../databricks/identifiers.ts';
import type { DatabricksFailure, QueryOptions, Workspace } from '../databricks/port.ts';
import type { ReadableDb } from '../store/port.ts';
import type { LakeEdge, LakeFact } from './port.ts';

/** What a collector works with. It reads the workspace, and the cache through `db`; the runner stores what it returns. */
export type CollectContext = {
  readonly workspace: Workspace;
  readonly workspaceId: string;
  readonly metastoreId: string;
  readonly db: ReadableDb;
  readonly clock: Clock;
  readonly options: QueryOptions;
  /** Nothing older is asked for on a first pull. */
  readonly horizon: Instant;
  readonly cursor: string | null;
  readonly completeTo: Instant | null;
  /** A further pull of the same refresh: it starts at the cursor itself and does not look back again. */
  readonly resumed: boolean;
  /** Assets in scope with their distance along lineage, nearest first; empty in the background watch. */
  readonly scope: ReadonlyMap<AssetId, number>;
  readonly observedAt: Instant;
};

/** A fact to store. `merge` makes the stored one from the old and the new, whatever their order of arrival. */
export type CollectedFact = {
  readonly fact: LakeFact;
  readonly merge?: (old: LakeFact, next: LakeFact) => LakeFact;
  /** Only corrects a fact that is stored already. */
  readonly onlyIfKnown?: boolean;
};

export type CollectedAsset = {
  readonly asset: AssetId;
  readonly name: string;
  readonly detail: string;
  readonly changedAt: Instant;
  readonly gone: boolean;
};

export type Collected = {
  readonly facts?: readonly CollectedFact[];
  readonly edges?: readonly LakeEdge[];
  readonly assets?: readonly CollectedAsset[];
  /** Where the next pull goes on; stored together with what is above. */
  readonly cursor: string | null;
  readonly completeTo: Instant | null;
  readonly missingColumns: readonly string[];
  readonly note: string | null;
  /** There is more behind the cursor: ask again now. */
  readonly more?: boolean;
  /** Something of this answer was cut off or failed: what came is right and stored, but the source is not complete. */
  readonly failure?: DatabricksFailure;
};

export type CollectResult = Result<Collected, DatabricksFailure>;

/** One source of facts. `source` is stored with every fact, `label` is for people. */
export type Collector = {
  readonly source: string;
  readonly label: string;
  /** The table it reads, where it is one: for the connection check. */
  readonly table: TableName | null;
  readonly collect: (context: CollectContext) => Promise<CollectResult>;
};

/** Rows of one statement at most; a source with more is read in several pulls. */
export const pullLimit = 20_000;
/** System tables arrive late and out of order (facts 1.0: about an hour): each pull reads this far back again. */
export const lateness = 3 * 3_600_000;
