import type { JsonValue } from '../../shared/base/json.ts';
import type { Instant } from '../../shared/base/time.ts';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import type { FactKind } from '../../shared/domain/vocabulary.ts';

/** One cached fact about the lake. A device's cache, not the log: it becomes evidence by citation. */
export type LakeFact = {
  readonly id: FactId;
  readonly kind: FactKind;
  readonly source: string;
  readonly workspace: string;
  /** Cloud region of the metastore that said so; set when the fact is stored, null where it is not known. */
  readonly region?: string | null;
  readonly happenedAt: Instant;
  readonly observedAt: Instant;
  /** Up to which moment the source was complete when this was read, from data; null = not known. */
  readonly completeTo: Instant | null;
  readonly assets: readonly AssetId[];
  /** One line for people, e.g. "Run 88213 of daily_features failed". */
  readonly title: string;
  /** What the source said, normalised; raw spellings kept under `raw`. */
  readonly data: { readonly [key: string]: JsonValue };
};

/** Asset to asset, with the source that says so and when it was first and last seen. */
export type LakeEdge = {
  readonly from: AssetId;
  readonly to: AssetId;
  readonly source: string;
  readonly via: AssetId | null;
  readonly firstSeen: Instant;
  readonly lastSeen: Instant;
};

/** How fresh one source is and what is missing of it. */
export type SourceState = {
  readonly source: string;
  readonly workspace: string;
  /** Region of the workspace that reads it; null where it is not known. */
  readonly region: string | null;
  readonly completeTo: Instant | null;
  readonly observedAt: Instant | null;
  readonly state: 'never' | 'fresh' | 'stale' | 'denied' | 'failed' | 'missing';
  readonly missingColumns: readonly string[];
  readonly note: string | null;
};

/** What a refresh is about: affected assets, and how far along lineage their surroundings count. Empty = the background watch. */
export type LakeScope = {
  readonly assets: readonly AssetId[];
  readonly hops?: number;
  /** Rooms that the assets are of: what is read around them is counted for them. */
  readonly rooms?: readonly string[];
  /** Nobody asked for it now: the limit of a day ends it. */
  readonly byItself?: boolean;
};

/** A half-open window of time, [from, to); `to` null = until now. */
export type LakeWindow = { readonly from: Instant; readonly to: Instant | null };

/** Facts newest first. `assets` absent = of all assets; `before` is `next` of the page before, or its last
 * row's moment and id. Times are inclusive. */
export type FactsQuery = {
  readonly assets?: readonly AssetId[];
  readonly kinds?: readonly FactKind[];
  readonly from?: Instant;
  readonly to?: Instant;
  readonly before?: string | { readonly at: Instant; readonly id: string } | null;
  readonly limit: number;
};
export type FactsPage = { readonly rows: readonly LakeFact[]; readonly next: string | null };

/** The name people know of an asset, and one line about it. */
export type AssetLabel = { readonly name: string; readonly kind: string; readonly detail: string };
