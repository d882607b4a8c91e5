import type { JsonValue } from '../../shared/base/json.ts';
import type { Instant } from '../../shared/base/time.ts';
import type { AssetId, FactId, SignalId } from '../../shared/domain/ids.ts';
import type { IncidentClass, Severity } from '../../shared/domain/vocabulary.ts';

/** One observation by a detector. Id as event-format section 4; a device's cache until somebody judges or cites it. */
export type Signal = {
  readonly id: SignalId;
  readonly monitor: string;
  readonly asset: AssetId;
  readonly windowKey: string;
  readonly title: string;
  readonly why: string;
  readonly startedAt: Instant;
  readonly observedAt: Instant;
  readonly completeTo: Instant | null;
  readonly facts: readonly FactId[];
  readonly data: { readonly [key: string]: JsonValue };
};

/** Signals that one incident would explain: same lineage, near in time. Id = earliest signal's id. */
export type Proposal = {
  readonly id: SignalId;
  readonly title: string;
  readonly class: IncidentClass;
  readonly severity: Severity;
  readonly startedAt: Instant;
  readonly detectedAt: Instant;
  readonly signals: readonly Signal[];
  readonly assets: readonly AssetId[];
  /** Why these were grouped, in words with the path. */
  readonly why: string;
};
