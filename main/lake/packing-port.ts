import type { Result } from '../../shared/base/result.ts';
import type { Failure } from '../../shared/base/failure.ts';
import type { Instant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { DatabricksFailure, Workspace } from '../databricks/port.ts';
import type { ReadableDb, Store } from '../store/port.ts';
import type { Clock } from '../../shared/base/time.ts';
import type { Collector } from './collector.ts';
import type { PackEstimate } from './pack-estimate.ts';

/** What a room is packed for: everything within `hops` of its assets that happened in [from, to); `to` null = until now. */
export type PackRequest = {
  readonly room: string;
  readonly hops: number;
  readonly from: Instant;
  readonly to: Instant | null;
  /** A person asked for it now: the limit of a day does not hold it. */
  readonly byHand?: boolean;
};

/** What one room may take on this device. */
export type PackLimits = { readonly rows: number; readonly bytes: number };

/**
 * `packing`: under way, or about to be. `waiting`: the connection is gone; it goes on by itself. `held`: it began by itself and the
 * limit of the day is reached; it goes on the next day, or when a person says so. `done`: read to the end, which does
 * not say that nothing was refused. `released`: the room was closed and let go.
 */
export const packStates = ['packing', 'waiting', 'held', 'paused', 'cancelled', 'done', 'released'] as const;
export type PackState = (typeof packStates)[number];
/** What is to go on as soon as it can. */
export const goingStates = ['packing', 'waiting', 'held'] as const satisfies readonly PackState[];

/** `left-out`: a limit of the room or of this program left something out, as the note says. `missing`: not in this workspace. */
/** `refused`: the workspace did not allow it, and a right would help. `withheld`: a rule of residency forbids to keep it here. */
export const packSourceStates = [
  'due', 'reading', 'done', 'refused', 'withheld', 'missing', 'failed', 'left-out',
] as const; // prettier-ignore
export type PackSourceState = (typeof packSourceStates)[number];

export type PackedSource = {
  readonly source: string;
  readonly workspace: string;
  readonly state: PackSourceState;
  readonly completeTo: Instant | null;
  readonly observedAt: Instant | null;
  readonly missingColumns: readonly string[];
  readonly note: string | null;
  /** What the last packing asked for and got; `bytes` is what lies here now. */
  readonly rows: number;
  readonly bytes: number;
  readonly statements: number;
  readonly pages: number;
  readonly calls: number;
  /** Rows, or calls of a source that is asked by REST, that were expected this time; null = it could not be known. */
  readonly expected: number | null;
  /** What the room holds of it now; null = not measured yet, as while it is packed for the first time. */
  readonly facts: number | null;
  readonly links: number | null;
};

export type Pack = {
  readonly room: string;
  readonly state: PackState;
  readonly hops: number;
  /** Hops that fitted into the limits of the room. */
  readonly reach: number;
  readonly from: Instant;
  readonly to: Instant | null;
  readonly startedAt: Instant;
  /** When it was last complete; null = never yet. */
  readonly finishedAt: Instant | null;
  readonly assets: number;
  /** Assets within `hops` that the limits left out. */
  readonly leftOut: number;
  /** Sources that were not in it when it was last complete. */
  readonly missing: readonly string[];
  readonly estimate: PackEstimate | null;
  /** What was removed when the room was closed, and what of it stays because it is cited. */
  readonly released: { readonly at: Instant; readonly removed: number; readonly cited: number } | null;
  readonly note: string | null;
  readonly sources: readonly PackedSource[];
};

export type PackingDeps = {
  /** Workspaces that can be read now; empty = none is connected. */
  readonly workspaces: () => readonly Workspace[];
  /** Why facts of a region may not be stored here; null = they may. Asked before anything is read of a workspace there. */
  readonly refuses?: (region: string | null) => DatabricksFailure | null;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  readonly breathe: () => Promise<void>;
  /** The affected assets of a room, asked anew whenever it is read. */
  readonly assetsOf: (room: string) => readonly AssetId[];
  readonly limits: (room: string) => PackLimits;
  /** How long facts are kept that no packed room holds, in ms; absent = as long as the lake keeps them anyway. */
  readonly keptMs?: () => number;
  /** Something changed that screens show. */
  readonly changed: () => void;
  readonly collectors?: readonly Collector[];
};

/** An estimate with what fits: hops, and assets that lie farther out. */
export type PackCounted = PackEstimate & {
  readonly reach: number;
  readonly leftOut: number;
  /** When it was counted, and what the counting itself took. */
  readonly at: Instant;
  readonly spent: { readonly statements: number; readonly calls: number };
};

export type Packing = {
  /**
   * What it would bring and cost, without fetching it. Goes out to count. `byItself`: nobody asked, so what was counted for the same
   * in the last half an hour will do; at the limit of the day, and where it is packed as asked (NotByItself), nothing goes out.
   */
  readonly estimate: (
    request: PackRequest & { readonly byItself?: boolean },
    signal?: AbortSignal,
  ) => Promise<Result<PackCounted, Failure>>;
  /** Pack, or pack again what is new since. Returns at once; the rest goes on by itself. */
  readonly start: (request: PackRequest) => Result<null, Failure>;
  readonly pause: (room: string) => Result<null, Failure>;
  /** Go on where it stopped. */
  readonly resume: (room: string) => Result<null, Failure>;
  /** Stop for good; what has come stays. */
  readonly cancel: (room: string) => Result<null, Failure>;
  /** The room was closed: let go of what only it needed, except what is `cited`. */
  readonly release: (room: string, cited: readonly string[]) => Result<null, Failure>;
  /** Go on with whatever waits: the connection works. */
  readonly nudge: () => void;
  readonly pack: (db: ReadableDb, room: string) => Pack | null;
  /** Every affected asset of the room was in scope when it was last packed. */
  readonly covers: (db: ReadableDb, room: string) => boolean;
  /** Resolves when nothing is under way; for tools and tests. */
  readonly settled: () => Promise<void>;
  readonly stop: () => Promise<void>;
};
