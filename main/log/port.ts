import type { Failure } from '../../shared/base/failure.ts';
import type { JsonValue } from '../../shared/base/json.ts';
import type { Result } from '../../shared/base/result.ts';
import type { EventType } from '../../shared/domain/event-types.ts';
import type { ActorId, DeviceId, EventHash, LogId } from '../../shared/domain/ids.ts';
import type { KeyProtection } from '../../shared/domain/vocabulary.ts';
import type { ReadableDb, WritableDb } from '../store/port.ts';

/** What a caller wants to say. The log adds everything else of the line. Fields follow the registry. */
export type EventDraft = {
  readonly type: EventType;
  readonly fields: Readonly<Record<string, JsonValue>>;
  /** Hashes of the events this one supersedes, edits, answers or redacts: the heads that its author saw. */
  readonly over?: readonly EventHash[];
};

/** The unit of every transport: exact bytes of the line (no line feed), its disclosures that are here, its signature. */
export type WireEvent = {
  readonly line: string;
  readonly d: readonly string[];
  readonly sig: string;
  /** What a place keeps beside the line. Checked on intake (mismatch = quarantine); a sealed line cannot come without. */
  readonly copies?: { readonly log: string; readonly dev: string; readonly seq: number; readonly hash: string };
};

/** Position of a stream: sequence number and hash of its newest event. */
export type StreamHead = { readonly dev: DeviceId; readonly seq: number; readonly hash: EventHash };

export type Device = {
  readonly id: DeviceId;
  /** Raw 32-byte Ed25519 public key, base64url. */
  readonly pub: string;
  readonly kx: string;
  readonly keyProtection: KeyProtection;
  /** Ed25519 over text (as UTF-8) or bytes; packs are signed with it too. */
  readonly sign: (message: string | Uint8Array) => Uint8Array;
};

/** What happened to a batch from outside. Nothing is dropped: what is not applied is kept and named. */
export type IntakeReport = {
  readonly applied: number;
  readonly duplicates: number;
  /** Kept until the hole before them is filled. */
  readonly waiting: number;
  /** Kept apart with the reason: bad hash, bad signature, fork, replay under another stream, malformed. */
  readonly quarantined: readonly {
    readonly reason: string;
    readonly tag: QuarantineTag;
    readonly log?: string;
    readonly dev?: string;
    readonly seq?: number;
  }[];
  readonly logs: readonly LogId[];
};
export type QuarantineTag =
  | 'malformed' | 'too-large' | 'bad-hash' | 'bad-signature' | 'bad-device' | 'broken-chain' | 'fork' | 'bad-disclosure' | 'copy-mismatch'; // prettier-ignore

export type Gap = { readonly log: LogId; readonly dev: DeviceId; readonly from: number; readonly to: number };

/** The event log of one profile. All functions are synchronous; writers run inside the caller's transaction. */
export type EventLog = {
  readonly device: Device;
  /** Append events of the local device and project them; opens the stream (seq 1) by itself. One call = one user act. */
  readonly append: (
    db: WritableDb,
    log: LogId,
    actor: ActorId,
    drafts: readonly EventDraft[],
  ) => Result<readonly { readonly hash: EventHash; readonly seq: number }[], Failure>;
  /** Verify and store events from a transport or file, in any order, with duplicates; project what became contiguous. */
  readonly intake: (db: WritableDb, events: readonly WireEvent[], from: string) => IntakeReport;
  readonly heads: (db: ReadableDb, log: LogId) => readonly StreamHead[];
  readonly gaps: (db: ReadableDb, log?: LogId) => readonly Gap[];
  readonly logs: (db: ReadableDb) => readonly LogId[];
  /** Contiguous events of one stream, `from`..`to` inclusive, ascending, exactly as stored. */
  readonly read: (db: ReadableDb, log: LogId, dev: DeviceId, from: number, to: number) => readonly WireEvent[];
  /** Throw projections of a log away and make them again from its events; equal to the incremental result. */
  readonly rebuild: (db: WritableDb, log: LogId) => void;
  /** Digest of a log's projections (canonical text, sha256 hex): equal on converged devices. */
  readonly projectionDigest: (db: ReadableDb, log: LogId) => string;
};
