import type { Result } from '../../shared/base/result.ts';
import type { Clock, Instant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { TableName } from '../databricks/identifiers.ts';
import type { DatabricksFailure, QueryOptions, RestRequest, Workspace } from '../databricks/port.ts';
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
  /**
   * `watch`: the background, everything of this workspace since the cursor. `pack`: a room, only what touches `scope`, in
   * [horizon, until). Cursors of the two are kept apart, so that neither leaves a hole in the other.
   */
  readonly lane: 'watch' | 'pack';
  /** Nothing older is asked for on a first pull. */
  readonly horizon: Instant;
  /** Nothing newer is asked for; null = until now. */
  readonly until: Instant | null;
  readonly cursor: string | null;
  readonly completeTo: Instant | null;
  /** How far behind the cursor late rows are looked for, in ms (lookBackOf in window.ts). */
  readonly lookBackMs: number;
  /** A further pull of the same refresh: it starts at the cursor itself and does not look back again. */
  readonly resumed: boolean;
  /** Assets in scope with their distance along lineage, nearest first; empty in the background watch. */
  readonly scope: ReadonlyMap<AssetId, number>;
  readonly observedAt: Instant;
  /** Lets other work of this process have its turn; absent where nothing large is read. */
  readonly breathe?: () => Promise<void>;
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
  /** A limit of this program left something out for good, and `note` says what: the source is read to its end and not complete. */
  readonly partly?: boolean;
  /**
   * Something of this answer was cut off or failed: what came is right and stored, but the source is not complete. With `more`
   * a packing goes on all the same, with what does not hang on it.
   */
  readonly failure?: DatabricksFailure;
  /** The workspace was not asked, because what is known holds for a while yet: it is as old as it was. */
  readonly unread?: true;
};

export type CollectResult = Result<Collected, DatabricksFailure>;

/** A right that a source needs, for the connection check and the SQL that an administrator gets. */
export type Need =
  | { readonly kind: 'select'; readonly table: TableName }
  /** `on`: what the right is about, in words ("the tables in scope", "the job"). */
  | { readonly kind: 'privilege'; readonly privilege: string; readonly on: string };

/** What is known of a source before it is asked (facts/databricks.md 1.0); shown by checks, estimates and settings. */
export type SourceMeta = {
  /** `region`: one answer holds every workspace of the region, so one of them reads it. Absent = each workspace its own. */
  readonly covers?: 'region';
  /** When it is read: always in the background; around open rooms too; only when a room is packed. */
  readonly when: 'watch' | 'room' | 'pack';
  /** What a person loses without it, in words that follow "without it:". */
  readonly features: readonly string[];
  readonly needs: readonly Need[];
  /** Databricks' label of the source; null = generally available. */
  readonly preview: 'Public Preview' | 'Beta' | null;
  /**
   * A read that costs nearly nothing, for the connection check of a source behind REST. `ofNothing`: it asks about something that
   * does not exist, so being told that there is no such thing proves that the endpoint answers.
   */
  readonly probe?: RestRequest & { readonly ofNothing?: true };
  /** What stands in for it, for people who may not read it. */
  readonly otherwise?: string;
  /** How late a row may arrive by what is documented, in ms; null = not documented. */
  readonly latenessMs: number | null;
  /** How long the workspace keeps them, in days; null = not limited or not documented. */
  readonly retentionDays: number | null;
  /** How long it rests in the background after it was read, in ms: so much older it is not old yet. Absent = it does not. */
  readonly restsMs?: number;
};

/**
 * What packing would ask of a source. Rows are counted by the workspace, never guessed, unless `counted` says otherwise. `calls`: of
 * REST, from what is in scope; their answers have no rows. Absent = none.
 */
export type Estimate = {
  readonly rows: number;
  readonly statements: number;
  readonly calls?: number;
  /** Facts that are expected to stay of the rows, where most say nothing worth keeping; absent = nothing is known of that. */
  readonly kept?: number;
  readonly counted: boolean;
};
/** An estimate of a source that is asked by REST only. */
export const callsOnly = (calls: number): Estimate => ({ rows: 0, statements: 0, calls, counted: true });

/** One source of facts. `source` is stored with every fact, `label` is for people. */
export type Collector = {
  readonly source: string;
  readonly label: string;
  readonly meta: SourceMeta;
  /** Only for lane `pack`; absent = it can't be known beforehand. */
  readonly estimate?: (context: CollectContext) => Promise<Result<Estimate, DatabricksFailure>>;
  /** The table it reads, where it is one: for the connection check. */
  readonly table: TableName | null;
  readonly collect: (context: CollectContext) => Promise<CollectResult>;
  /**
   * Only for lane `pack`: the same answer in batches as they arrive, each with the cursor up to which everything is in it and
   * in those before. An Err ends it; so does a batch with a `failure`.
   */
  readonly stream?: (context: CollectContext) => AsyncIterable<CollectResult>;
};

/** REST says that there is no such thing, or no such endpoint in this workspace: it costs one source, not the others. */
export const isNotThere = ({ code }: DatabricksFailure): boolean => /^HTTP 404\b/.test(code ?? '');

/** Failures after which asking the next source would only repeat them. */
export const endsRefresh = (failure: DatabricksFailure | null): failure is DatabricksFailure =>
  failure !== null &&
  ['Offline', 'Unauthorized', 'Cancelled', 'BadCertificate', 'NotConfigured'].includes(failure.tag) &&
  !isNotThere(failure);

/** Rows of one statement at most; a source with more is read in several pulls. */
export const pullLimit = 20_000;
/** The same for an answer that is read as it arrives: below what the connection refuses (main/databricks/warehouse.ts). */
export const streamLimit = 500_000;
/** Rows that are read, stored and told together: bounds memory, how long the core is busy at once, and how late a cancel is seen. */
export const batchRows = 1_000;
/** Usual lateness of lakeflow's tables (facts 1.0). */
export const anHour = 3_600_000;
/** System tables arrive late and out of order (facts 1.0: mostly about an hour): each pull reads at least this far back again. */
export const lateness = 3 * anHour;
/** The longest lateness of a system table that is documented (facts 1.0: query.history with customer-managed keys). */
export const aDay = 24 * anHour;
