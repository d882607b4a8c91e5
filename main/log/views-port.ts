/**
 * What others read from the log: rooms, entries, people. Functions of these signatures are exported by `views.ts`
 * (and `views-*.ts` behind it); all take a readable handle first, read only projections and stored lines, and never write.
 * A value is never cached here: projections point at events, so a redaction is gone from every view at once.
 */
import type { JsonValue } from '../../shared/base/json.ts';
import type { Instant } from '../../shared/base/time.ts';
import type { ActorId, DeviceId, EventHash, LogId } from '../../shared/domain/ids.ts';
import type { Role } from '../../shared/domain/policy.ts';
import type {
  HandoffSubject, HarmState, IncidentClass, KeyProtection, Phase, Severity, Verdict,
} from '../../shared/domain/vocabulary.ts'; // prettier-ignore
import type { ReadableDb } from '../store/port.ts';
import type { QuarantineTag } from './port.ts';

/** Who wrote something, from which device, and whether somebody else (or sign-on) bound that device to the person. */
export type Author = { readonly actor: ActorId; readonly dev: DeviceId; readonly attested: boolean };

/** One head of a register. `seenOthers`: its author had received every other head and set this value all the same. */
export type HeadView<T> = {
  readonly value: T | null;
  readonly hash: EventHash;
  readonly by: Author;
  readonly at: Instant;
  readonly seenOthers: boolean;
};
/**
 * A register as shown: `value` of the winning head (max hlc, dev, seq); `conflict` lists all heads, winner first, and is
 * empty unless there are heads with different values; `heads` are the hashes to name in `over` when it is set again.
 * `value` null with a `head` = its text is withheld or redacted; without a `head` = never set.
 */
export type SettledView<T> = {
  readonly value: T | null;
  readonly head: { readonly hash: EventHash; readonly by: Author; readonly at: Instant } | null;
  readonly conflict: readonly HeadView<T>[];
  readonly heads: readonly EventHash[];
};

export type SummaryValue = { readonly [key: string]: JsonValue };

export type RoomHeader = {
  readonly log: LogId;
  readonly org: LogId | null;
  readonly title: SettledView<string>;
  readonly class: SettledView<IncidentClass>;
  readonly severity: SettledView<Severity>;
  readonly phase: SettledView<Phase>;
  readonly commander: SettledView<ActorId>;
  readonly harm: SettledView<HarmState>;
  readonly updateDue: SettledView<Instant>;
  readonly summary: SettledView<SummaryValue>;
  readonly merged: SettledView<LogId>;
  /** Of the earliest effective incident.opened; null while it has not arrived. */
  readonly openedAt: Instant | null;
  readonly openedBy: Author | null;
  /** Earliest of all openers. */
  readonly startedAt: Instant | null;
  readonly detectedAt: Instant | null;
  /** Union over all openers and signal.linked, in order of appearance. */
  readonly signals: readonly string[];
  readonly counts: LogCounts;
};
export type RoomListRow = {
  readonly log: LogId;
  readonly org: LogId | null;
  readonly title: string | null;
  readonly class: IncidentClass | null;
  readonly severity: Severity | null;
  readonly phase: Phase | null;
  readonly commander: { readonly actor: ActorId; readonly attested: boolean } | null;
  readonly openedAt: Instant | null;
  readonly lastEntryAt: Instant | null;
  /** Registers of the room whose heads differ. */
  readonly conflicts: number;
  readonly merged: LogId | null;
};

export type LogCounts = {
  readonly events: number;
  readonly entries: number;
  /** Kept without effect, unknown types not counted. */
  readonly withoutEffect: number;
  readonly unknown: number;
  /** Lines that this device holds encrypted and cannot read. */
  readonly sealed: number;
  readonly waiting: number;
  readonly quarantined: number;
};

/** Why an event is kept without effect. */
export type NoEffectReason =
  | 'unknown-type' | 'bad-fields' | 'wrong-scope' | 'no-org' | 'no-grant' | 'grant-unknown' | 'grant-not-effective'
  | 'grant-of-other-person' | 'role-insufficient' | 'grant-expired' | 'grant-revoked' | 'not-attested' | 'device-revoked' | 'sealed'; // prettier-ignore

export type EntryVersion = {
  readonly hash: EventHash;
  readonly by: Author;
  readonly at: Instant;
  readonly text: string | null;
};
export type Witness = {
  readonly hash: EventHash;
  readonly by: Author;
  readonly observedAt: Instant | null;
  readonly recordedAt: Instant;
  readonly snapshot: JsonValue | null;
  readonly blob: BlobRef | null;
};

export type EntryView = {
  readonly hash: EventHash;
  readonly log: LogId;
  readonly dev: DeviceId;
  readonly seq: number;
  readonly type: string;
  readonly v: number;
  /** False: this build does not know the type; `fields` then holds what is readable. */
  readonly known: boolean;
  readonly by: Author;
  readonly happenedAt: Instant;
  readonly observedAt: Instant | null;
  readonly recordedAt: Instant;
  readonly hlc: string;
  /** Clear and disclosed fields that are here. An edited note shows its newest text under `text`. */
  readonly fields: Readonly<Record<string, JsonValue>>;
  /** Names of fields of the type that are withheld or redacted, as far as the registry tells. */
  readonly withheld: readonly string[];
  readonly withheldCount: number;
  /** Texts of an edited note, newest first, the original last; empty when never edited. */
  readonly versions: readonly EntryVersion[];
  /** For notes: heads of the text register; more than one with other texts = edited on two sides. */
  readonly text: SettledView<string> | null;
  /** For cited facts: everyone who cited it, in order of citation; different snapshots are versions. */
  readonly witnesses: readonly Witness[];
  readonly assets: readonly string[];
  readonly effect: 'full' | 'none';
  readonly reason: NoEffectReason | null;
};
export type EntryOrder = 'happened' | 'recorded';
export type EntriesQuery = {
  readonly log: LogId;
  readonly order: EntryOrder;
  /** Opaque cursor of an earlier page; rows run from newest to oldest. */
  readonly before?: string;
  /** 1..500. */
  readonly limit: number;
};
export type EntriesPage = { readonly rows: readonly EntryView[]; readonly next: string | null; readonly total: number };

export type TaskView = {
  readonly id: EventHash;
  readonly text: string | null;
  readonly state: SettledView<'open' | 'done'>;
  readonly assignee: SettledView<ActorId>;
  readonly dueAt: Instant | null;
  readonly by: Author;
  readonly at: Instant;
  readonly effect: 'full' | 'none';
};
export type DecisionView = {
  readonly id: EventHash;
  readonly title: string | null;
  readonly options: JsonValue | null;
  readonly choice: string | null;
  readonly reason: string | null;
  readonly dissent: string | null;
  readonly evidence: readonly string[];
  readonly state: SettledView<'in-force' | 'withdrawn'>;
  readonly expiry: SettledView<Instant>;
  /** True when withdrawn and renewed (or two renewals) stand side by side. */
  readonly contested: boolean;
  readonly by: Author;
  readonly at: Instant;
  readonly effect: 'full' | 'none';
};
/** A thing outside, or a way of data, that somebody declared by hand. */
export type DeclarationView = {
  readonly id: EventHash;
  readonly by: Author;
  readonly at: Instant;
  readonly effect: 'full' | 'none';
  readonly state: SettledView<'standing' | 'withdrawn'>;
  readonly note: string | null;
} & (
  | {
      readonly what: 'asset';
      readonly name: string | null;
      readonly owner: string | null;
      readonly contact: string | null;
    }
  | { readonly what: 'edge'; readonly from: string; readonly to: string }
);
export type HandoffView = {
  readonly id: EventHash;
  readonly subject: HandoffSubject;
  readonly text: string | null;
  readonly from: ActorId;
  readonly to: string | null;
  readonly reason: string | null;
  readonly state: SettledView<'offered' | 'accepted' | 'refused'>;
  /** Reason given by whoever answered (of the shown head). */
  readonly answer: string | null;
  readonly by: Author;
  readonly at: Instant;
  readonly effect: 'full' | 'none';
};
export type BlobRef = { readonly sha256: string; readonly size: number; readonly media: string };
export type AttachmentView = {
  readonly id: EventHash;
  readonly name: string | null;
  readonly note: string | null;
  readonly blob: BlobRef | null;
  /** False: the file itself is only on another device ("not yet here"). */
  readonly here: boolean;
  readonly by: Author;
  readonly at: Instant;
  readonly effect: 'full' | 'none';
};
export type CitationView = {
  readonly factId: string;
  readonly kind: string;
  readonly source: string;
  readonly signalId: string | null;
  readonly happenedAt: Instant;
  readonly assets: readonly string[];
  readonly witnesses: readonly Witness[];
};
/** A register whose heads differ. */
export type ConflictView = {
  readonly entity: string;
  readonly register: string;
  readonly settled: SettledView<JsonValue>;
};

export type PersonView = {
  readonly person: ActorId;
  readonly name: SettledView<string>;
  readonly email: string | null;
  /** A device of this person is attested. */
  readonly attested: boolean;
  readonly devices: readonly DeviceView[];
  readonly roles: readonly RoleView[];
};
export type RoleView = { readonly role: Role; readonly grant: EventHash; readonly expiresAt: Instant | null };
export type DeviceView = {
  readonly dev: DeviceId;
  readonly person: ActorId | null;
  readonly label: string | null;
  readonly keyProtection: KeyProtection | null;
  readonly state: 'pending' | 'attested' | 'revoked';
  /** How it was attested and by whom; null while pending. `succession`: vouched for by the person's former device key. */
  readonly how: 'founder' | 'person' | 'sign-on' | 'succession' | null;
  readonly by: Author | null;
  readonly confirmation: EventHash | null;
  readonly registeredAt: Instant | null;
};
export type VerdictView = {
  readonly signalId: string;
  readonly verdict: SettledView<Verdict>;
  readonly reason: string | null;
  readonly snapshot: JsonValue | null;
};
export type ResidencyView = {
  readonly region: string;
  readonly allowed: SettledView<'yes' | 'no'>;
  /** Null = none given, or withheld. */
  readonly reason: string | null;
};
/** Numbers that stand for a day's limit: several where people set it while apart. Empty = nobody set it. */
export type BudgetView = {
  readonly statements: readonly number[];
  readonly minutes: readonly number[];
  readonly by: Author | null;
  readonly at: Instant | null;
};
/** What devices reported for one UTC day, one row each. */
export type UsageView = { readonly dev: DeviceId; readonly statements: number; readonly seconds: number };
export type AnnouncedRoom = {
  readonly log: LogId;
  readonly title: string | null;
  readonly by: Author;
  readonly at: Instant;
};
export type QuarantineRow = {
  readonly id: number;
  readonly tag: QuarantineTag;
  readonly reason: string;
  readonly log: string | null;
  readonly dev: string | null;
  readonly seq: number | null;
  readonly hash: string | null;
  readonly from: string;
  readonly at: Instant;
};

export type Views = {
  /** Rooms (inc: logs) with anything stored, newest activity first. */
  readonly roomList: (db: ReadableDb) => readonly RoomListRow[];
  readonly roomHeader: (db: ReadableDb, log: LogId) => RoomHeader | null;
  readonly entriesPage: (db: ReadableDb, query: EntriesQuery) => EntriesPage;
  readonly entryByHash: (db: ReadableDb, hash: EventHash) => EntryView | null;
  readonly tasks: (db: ReadableDb, log: LogId) => readonly TaskView[];
  readonly decisions: (db: ReadableDb, log: LogId) => readonly DecisionView[];
  readonly handoffs: (db: ReadableDb, log: LogId) => readonly HandoffView[];
  /** `here` answers whether the blob is on this device (blobs.ts `has`). */
  readonly declarations: (db: ReadableDb, log: LogId) => readonly DeclarationView[];
  readonly attachments: (db: ReadableDb, log: LogId, here: (sha256: string) => boolean) => readonly AttachmentView[];
  readonly citations: (db: ReadableDb, log: LogId) => readonly CitationView[];
  readonly conflicts: (db: ReadableDb, log: LogId) => readonly ConflictView[];
  /** Hashes of the present heads of a register, winner first: what `over` has to name. Entity: the log id, a hash, an id. */
  readonly registerHeads: (db: ReadableDb, log: LogId, entity: string, register: string) => readonly EventHash[];
  /** People who wrote in a log, with the time of their newest event. */
  readonly authors: (db: ReadableDb, log: LogId) => readonly { readonly by: Author; readonly lastAt: Instant }[];
  readonly counts: (db: ReadableDb, log: LogId) => LogCounts;
  readonly people: (db: ReadableDb, org: LogId) => readonly PersonView[];
  /** Effective, not revoked grants of a person at `at` (RFC 3339; default: expiry is not looked at). */
  readonly rolesOf: (db: ReadableDb, org: LogId, person: ActorId, at?: Instant) => readonly RoleView[];
  readonly devices: (db: ReadableDb, org: LogId) => readonly DeviceView[];
  /** Devices that registered themselves and wait for someone to confirm them. */
  readonly pendingJoins: (db: ReadableDb, org: LogId) => readonly DeviceView[];
  readonly verdicts: (db: ReadableDb, org: LogId) => readonly VerdictView[];
  readonly residency: (db: ReadableDb, org: LogId) => readonly ResidencyView[];
  readonly budget: (db: ReadableDb, org: LogId) => BudgetView;
  /** `day` = `YYYY-MM-DD` in UTC. */
  readonly usage: (db: ReadableDb, org: LogId, day: string) => readonly UsageView[];
  readonly usageHeads: (db: ReadableDb, org: LogId, day: string, dev: DeviceId) => readonly EventHash[];
  readonly announcedRooms: (db: ReadableDb, org: LogId) => readonly AnnouncedRoom[];
  readonly quarantineList: (db: ReadableDb, limit: number) => readonly QuarantineRow[];
};
