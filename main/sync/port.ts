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
export type ShareFailure = Failure<ShareTag>;

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
  readonly full: boolean;
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
  readonly probe: () => Promise<
    Result<{ readonly backendId: string; readonly org: LogId; readonly incarnation: string }, ShareFailure>
  >;
  /** Blind append. Ok means "probably there"; only reading back acknowledges. */
  readonly push: (
    log: LogId,
    dev: DeviceId,
    fromSeq: number,
    events: readonly WireEvent[],
  ) => Promise<Result<void, ShareFailure>>;
  readonly pull: (log: LogId, cursor: Cursor | null) => Promise<Result<PullPage, ShareFailure>>;
  readonly heads: (log: LogId) => Promise<Result<readonly PlaceHead[], ShareFailure>>;
  readonly range: (
    log: LogId,
    dev: DeviceId,
    from: number,
    to: number,
  ) => Promise<Result<readonly SharedEvent[], ShareFailure>>;
  readonly close: () => Promise<void>;
};

/** Ledger mark of an entry: for the screen and the pack. */
export type LedgerState = 'only-here' | 'sent' | 'shared';
