import type { Failure } from '../../shared/base/failure.ts';
import type { Result } from '../../shared/base/result.ts';
import type { DeviceId, EventHash, LogId } from '../../shared/domain/ids.ts';
import type { WireEvent } from '../log/port.ts';

export type ShareKind = 'delta' | 'folder';
/** A place where logs meet. `place`: `catalog.schema` for delta, an absolute folder path for folder. */
export type Share = {
  readonly id: string;
  readonly kind: ShareKind;
  readonly place: string;
  readonly org: LogId;
  readonly backendId: string;
};

export type ShareTag = 'ShareOffline' | 'ShareNotSetUp' | 'ShareDenied' | 'ShareReplaced' | 'ShareBroken' | 'ShareBusy';
/** `retryAfterMs`: the place said when to come back. `lost`: a write's reply was lost, it may or may not be there. */
export type ShareFailure = Failure<ShareTag> & { readonly retryAfterMs?: number; readonly lost?: boolean };

/** Something in a place that is no event: kept apart, named, never a reason to stop. */
export type PlaceProblem = { readonly name: string; readonly tag: PlaceProblemTag; readonly reason: string };
export type PlaceProblemTag =
  | 'half-written' | 'forged' | 'replayed' | 'renamed' | 'too-large' | 'not-a-file' | 'not-a-segment' | 'unreadable' | 'fork'; // prettier-ignore

/** Every call that waits can be given up. Giving up a push is a lost reply. */
export type CallOptions = { readonly signal?: AbortSignal };

/** One transport event with the copies that the place keeps beside the line; a mismatch is quarantined on intake. */
export type SharedEvent = WireEvent & {
  readonly copies?: { readonly log: string; readonly dev: string; readonly seq: number; readonly hash: string };
};

/** Where a reader stands; opaque text to everyone but its transport. Stored in the transaction that stores the rows. */
export type Cursor = string;
export type PullPage = {
  readonly events: readonly SharedEvent[];
  readonly cursor: Cursor;
  readonly more: boolean;
  /** First page of a pull from the beginning: what was known about the place before is void. */
  readonly full: boolean;
  readonly problems?: readonly PlaceProblem[];
  /** Names that were problems before and may be none any more: they were read well this time. */
  readonly settled?: readonly string[];
};
export type PlaceHead = {
  readonly dev: DeviceId;
  readonly seq: number;
  readonly count: number;
  readonly hash: EventHash;
};

/** What a place must be able to do. Implementations: delta.ts, folder.ts. None of them touches the log. */
export type Transport = {
  readonly kind: ShareKind;
  readonly init: (org: LogId) => Promise<Result<{ readonly backendId: string; readonly org: LogId }, ShareFailure>>;
  readonly probe: (
    options?: CallOptions,
  ) => Promise<Result<{ readonly backendId: string; readonly org: LogId; readonly incarnation: string }, ShareFailure>>;
  /** Blind append. Ok means "probably there"; only reading back acknowledges. `copies` only where the line is sealed. */
  readonly push: (
    log: LogId,
    dev: DeviceId,
    fromSeq: number,
    events: readonly SharedEvent[],
    options?: CallOptions,
  ) => Promise<Result<void, ShareFailure>>;
  readonly pull: (log: LogId, cursor: Cursor | null, options?: CallOptions) => Promise<Result<PullPage, ShareFailure>>;
  readonly heads: (log: LogId, options?: CallOptions) => Promise<Result<readonly PlaceHead[], ShareFailure>>;
  readonly range: (
    log: LogId,
    dev: DeviceId,
    from: number,
    to: number,
    options?: CallOptions,
  ) => Promise<Result<readonly SharedEvent[], ShareFailure>>;
  readonly close: () => Promise<void>;
};

/** Ledger mark of an entry: for the screen and the pack. */
export type LedgerState = 'only-here' | 'sent' | 'shared';
