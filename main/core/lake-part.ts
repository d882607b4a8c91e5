import type { Failure } from '../../shared/base/failure.ts';
import type { Result } from '../../shared/base/result.ts';
import type { Instant } from '../../shared/base/time.ts';
import type { Inbox } from '../../shared/contract/inbox.ts';
import type { Lineage } from '../../shared/contract/room.ts';
import type { Workspace } from '../databricks/port.ts';
import type { Proposal } from '../detect/port.ts';
import type { SourceState } from '../lake/port.ts';
import type { FactSource } from './facts.ts';

/** What the core asks of the cached lake and of detection. Reads answer from this device; only `refresh` goes out. */
export type LakePart = {
  readonly facts: FactSource;
  readonly sources: () => readonly SourceState[];
  readonly proposals: () => readonly Proposal[];
  readonly watched: () => Inbox['watched'];
  readonly detectedAt: () => Instant | null;
  /** The assets and what lies within so many hops of them, nearest first; at most a page. */
  readonly around: (assets: readonly string[], hops: number) => readonly string[];
  readonly lineage: (assets: readonly string[], hops: number) => Lineage;
  /** Read the sources, then look for signals. */
  readonly refresh: (workspace: Workspace, signal: AbortSignal) => Promise<Result<unknown, Failure>>;
};
