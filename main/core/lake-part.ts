import type { Result } from '../../shared/base/result.ts';
import type { Instant } from '../../shared/base/time.ts';
import type { AssetComparison, AssetSheet } from '../../shared/contract/asset.ts';
import type { Inbox } from '../../shared/contract/inbox.ts';
import type { Lineage } from '../../shared/contract/room.ts';
import type { SignalId } from '../../shared/domain/ids.ts';
import type { DatabricksFailure, Workspace } from '../databricks/port.ts';
import type { Proposal, Signal } from '../detect/port.ts';
import type { Collector } from '../lake/collector.ts';
import type { Lake } from '../lake/lake.ts';
import type { LakeEdge, LakeScope, SourceState } from '../lake/port.ts';
import type { Declared } from './declared.ts';
import type { FactSource } from './facts.ts';

/** What the core asks of the cached lake and of detection. Reads answer from this device; only `refresh` goes out. */
export type LakePart = {
  readonly facts: FactSource;
  /** How far the background has read each source. */
  readonly sources: () => readonly SourceState[];
  /** The same with what packings read of it for single rooms: how old each is on this device. */
  readonly ages: () => readonly SourceState[];
  readonly sourceLabel: (source: string) => string;
  readonly sourceWhen: (source: string) => Collector['meta']['when'];
  readonly sourceRests: (source: string) => boolean;
  /** The name that people know of a workspace id. */
  readonly workspaceName: (workspaceId: string) => string;
  /** What the signals propose when those that were declined are left out. */
  readonly proposals: (declined: ReadonlySet<SignalId>) => readonly Proposal[];
  readonly signal: (id: string) => Signal | null;
  readonly watched: () => Inbox['watched'];
  readonly detectedAt: () => Instant | null;
  readonly label: (asset: string) => { readonly name: string; readonly kind: string };
  /** Every cached asset of these kinds with its name, and whether anything cached speaks of one. */
  readonly named: (kinds: readonly string[]) => readonly { readonly asset: string; readonly name: string }[];
  readonly isKnown: (asset: string) => boolean;
  /** The assets and what lies within so many hops of them, nearest first. */
  readonly around: (assets: readonly string[], hops: number) => readonly string[];
  readonly edges: (assets: readonly string[], hops: number) => readonly LakeEdge[];
  readonly lineage: (assets: readonly string[], hops: number, since: Instant, declared: Declared) => Lineage;
  /** What is cached about one asset, and its columns at two versions. */
  readonly sheet: (asset: string) => AssetSheet;
  readonly compare: (asset: string, from: number, to: number) => AssetComparison;
  /** Forget what is stored of these places, and what was made of it (lake.ts). */
  readonly withhold: Lake['withhold'];
  /** Read a workspace's sources for this scope, then look for signals. Fails when it cannot be read as a whole. */
  readonly refresh: (
    workspace: Workspace,
    scope: LakeScope,
    signal: AbortSignal,
  ) => Promise<Result<unknown, DatabricksFailure>>;
};
