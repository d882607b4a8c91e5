import type { Instant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';

/** An edge of lineage as this room needs it. */
export type Edge = {
  readonly from: AssetId;
  readonly to: AssetId;
  readonly source: string;
  readonly via: AssetId | null;
};

export type NodeState = 'failed' | 'changed' | 'doubtful' | 'stale' | 'healthy';

/** What is known about assets: the map's colours. An asset that is in none of these is healthy, as far as we see. */
export type Marks = {
  readonly failed: ReadonlySet<AssetId>;
  readonly changed: ReadonlySet<AssetId>;
  readonly doubtful: ReadonlySet<AssetId>;
  readonly stale: ReadonlySet<AssetId>;
};

export type LineageNode = {
  readonly id: AssetId;
  readonly kind: string;
  readonly name: string;
  readonly detail: string;
  readonly state: NodeState;
  /** Column from left to right: length of the longest way from a source; a cycle shares one. */
  readonly layer: number;
  /** Place within the layer, from 0. */
  readonly order: number;
  /** Neighbours that are not shown. */
  readonly hidden: { readonly up: number; readonly down: number };
};
export type LineageEdge = {
  readonly from: AssetId;
  readonly to: AssetId;
  /** On a way from a changed asset to a failing or doubtful one. */
  readonly damage: boolean;
  readonly source: string;
};

export type LineageView = {
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
  /** Assets of the cached lineage altogether, and how many of them are shown. */
  readonly total: number;
  readonly shown: number;
  /** "showing 13 of 1,460". */
  readonly text: string;
  readonly completeTo: Instant | null;
};

export type LineageInput = {
  readonly edges: readonly Edge[];
  /** Affected assets: always shown, in the middle of the map. */
  readonly focus: readonly AssetId[];
  readonly marks: Marks;
  readonly labelOf: (asset: AssetId) => { readonly name: string; readonly kind: string; readonly detail: string };
  readonly hops: number;
  /** At most this many nodes; default 300. */
  readonly cap?: number;
  /** Number of assets in the cached lineage, where `edges` holds a part of it; default: those of `edges`. */
  readonly total?: number;
  readonly completeTo: Instant | null;
};
