import { failure, type Failure } from '../../shared/base/failure.ts';
import type { JsonObject, JsonValue } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { toInstant } from '../../shared/base/time.ts';
import type { EventLine } from '../../shared/domain/event.ts';
import { eventTypes, type EventTypeSpec } from '../../shared/domain/event-types.ts';
import { hlcTick } from '../../shared/domain/hlc.ts';
import {
  isActorId,
  isEventHash,
  isLogId,
  isOrgLog,
  zeroHash,
  type ActorId,
  type EventHash,
  type LogId,
} from '../../shared/domain/ids.ts';
import { allows, type Capability, type Role } from '../../shared/domain/policy.ts';
import { authorityTypes } from '../../shared/domain/reduce-org.ts';
import { addEvent, eventByHash } from '../store/events.ts';
import { readEpoch, readHlc, writeEpoch, writeHlc } from '../store/clock.ts';
import {
  addStream, logById, markOrgSeen, markSeen, moveHead, streamOf, unseenHeads, unseenOrgHeads, type LogRow, type StreamRow,
} from '../store/logs.ts'; // prettier-ignore
import { bindingsOf, standingGrants } from '../store/orgs.ts';
import type { WritableDb } from '../store/port.ts';
import { headsOf } from '../store/projections.ts';
import { governingOrg } from './authority.ts';
import { ensureLog, type LogContext } from './context.ts';
import { toBase64Url } from './digest.ts';
import { parseStored } from './disclosures.ts';
import { largestPart, splitFields } from './draft.ts';
import { lineHash, lineLimit, printLine } from './line.ts';
import type { EventDraft } from './port.ts';
import { applyNew } from './apply.ts';
import type { Stored } from './project.ts';
import { signedText } from './signature.ts';

/** Heads named in one event; what is left is named by the next. Keeps `seen` and `c.org` well inside the line's limit. */
const headsPerEvent = 100;
/** A binding is a comfort for packs; a person with an enormous name does not get to block a stream. */
const bindingLimit = 100 * 1024;

export type Written = { readonly hash: EventHash; readonly seq: number };

/** The grant to act under: of those that allow it and have not run out, one without an end first, then the newest. */
const grantFor = (
  db: WritableDb,
  org: string | null,
  actor: string,
  needs: Capability | null,
  at: string,
): string | null => {
  if (org === null || needs === null) return null;
  const able = standingGrants(db, org, actor).filter(
    (grant) => allows([grant.role as Role], needs) && (grant.expires_at === null || grant.expires_at >= at),
  );
  return (able.find(({ expires_at }) => expires_at === null) ?? able[0])?.hash ?? null;
};

/** What binds this device to the actor, so that a pack of this stream verifies alone. */
const bindingFor = (db: WritableDb, org: string | null, dev: string, actor: string): JsonValue | undefined => {
  const found = org === null ? undefined : bindingsOf(db, org).find((row) => row.dev === dev && row.person === actor);
  const row = found && eventByHash(db, found.hash);
  if (!row) return undefined;
  const binding = { line: row.line, sig: row.sig, d: parseStored(row.d) };
  return JSON.stringify(binding).length > bindingLimit ? { ...binding, d: [] } : binding;
};

/** Heads that the new event replaces when its author named none: all that this device shows for its registers. */
const presentHeads = (db: WritableDb, log: LogRow, spec: EventTypeSpec, c: JsonObject): readonly string[] => {
  const heads = new Set<string>();
  for (const { name, entity } of spec.registers) {
    const id = entity === 'log' ? log.id : entity === 'self' ? null : c[entity];
    if (typeof id === 'string') for (const { hash } of headsOf(db, log.rid, id, name)) heads.add(hash);
  }
  return [...heads];
};

type Stream = { row: StreamRow; hlc: string };

/** Build, sign and store one event at the end of the device's stream. */
const write = (
  db: WritableDb,
  context: LogContext,
  log: LogRow,
  stream: Stream,
  actor: ActorId,
  draft: EventDraft,
): Result<Stored, Failure> => {
  const device = context.device();
  const spec = Object.hasOwn(eventTypes, draft.type) ? context.specOf(draft.type, eventTypes[draft.type].v) : null;
  if (!spec)
    return err(
      failure('UnknownType', `The event type ${draft.type} is not known.`, 'Nothing was saved.', 'Update Breakwater.'),
    );
  const split = splitFields(draft.type, spec, log.id as LogId, draft.fields, context.random);
  if (!split.ok) return split;
  const now = context.clock.now();
  const at = toInstant(now);
  const org = governingOrg(log);
  const auth = grantFor(db, org, actor, spec.needs, at);
  const { row } = stream;
  const orgRow = org === null || org === log.id ? undefined : logById(db, org);
  const orgHeads = orgRow ? unseenOrgHeads(db, orgRow.rid, row, headsPerEvent) : [];
  const others = unseenHeads(db, log.rid, row, headsPerEvent);
  const c: JsonObject = {
    ...split.value.c,
    ...(auth === null ? {} : { auth }),
    ...(orgHeads.length === 0 ? {} : { org: orgHeads.map(({ head }) => head) }),
  };
  const over = draft.over ?? presentHeads(db, log, spec, c);
  if (!over.every(isEventHash))
    return err(failure('BadFields', 'An event names what it replaces wrongly.', 'Nothing was saved.', 'Report this.'));
  const event: EventLine = {
    bw: 1,
    log: log.id as LogId,
    dev: device.id,
    seq: row.contig + 1,
    prev: row.head as EventHash,
    n: toBase64Url(context.random(16)),
    hlc: hlcTick(stream.hlc, now),
    at,
    actor,
    type: draft.type,
    v: spec.v,
    seen: Object.fromEntries(others.map(({ dev, seq, head }) => [dev, [seq, head as EventHash] as const])),
    over: [...new Set(over)] as EventHash[],
    c,
    _sd: split.value.told.map(({ digest }) => digest).sort(),
  };
  const line = printLine(event);
  const bytes = Buffer.byteLength(line);
  if (bytes > lineLimit) return err(largestPart(draft.type, { ...c, over: event.over }, bytes));
  const hash = lineHash(line);
  const sig = toBase64Url(device.sign(signedText(hash)));
  const d = JSON.stringify(split.value.told.map(({ text }) => text));
  const pub = row.pub ?? device.pub;
  const rid = addEvent(db, {
    log_rid: log.rid, stream_rid: row.rid, seq: event.seq, hash, type: event.type, line, d, sig, sealed: 0, source: 'own',
  }); // prettier-ignore
  moveHead(db, row.rid, event.seq, hash, pub);
  for (const { dev, seq } of others) markSeen(db, row.rid, dev, seq);
  for (const { dev, seq } of orgHeads) markOrgSeen(db, row.rid, dev, seq);
  stream.row = { ...row, contig: event.seq, head: hash, pub };
  stream.hlc = event.hlc;
  return ok({ rid, hash, streamRid: row.rid, line: event });
};

const opening = (db: WritableDb, context: LogContext, log: LogRow, actor: ActorId): EventDraft => {
  const { id, pub, kx, keyProtection } = context.device();
  const binding = bindingFor(db, governingOrg(log), id, actor);
  return {
    type: 'stream.opened',
    fields: { pub, kx, app: context.app, key_protection: keyProtection, ...(binding === undefined ? {} : { binding }) },
    over: [],
  };
};

/**
 * Append events of the local device: line, signature, stream head, clock, epoch and projections in the caller's
 * transaction. On a failure the caller's transaction must roll back (return the Err). Failures: BadFields, TooLarge, UnknownType.
 */
export const appendEvents = (
  db: WritableDb,
  context: LogContext,
  logId: LogId,
  actor: ActorId,
  drafts: readonly EventDraft[],
): Result<readonly Written[], Failure> => {
  if (!isLogId(logId) || !isActorId(actor)) {
    return err(
      failure('BadFields', 'An event names its log or its author wrongly.', 'Nothing was saved.', 'Report this.'),
    );
  }
  if (drafts.length === 0) return ok([]);
  const log = ensureLog(db, context, logId);
  const dev = context.device().id;
  const stream: Stream = { row: streamOf(db, log.rid, dev) ?? addStream(db, log.rid, dev, zeroHash), hlc: readHlc(db) };
  const first = stream.row.contig === 0 ? [opening(db, context, log, actor)] : [];
  const written: Written[] = [];
  for (const draft of [...first, ...drafts]) {
    const stored = write(db, context, log, stream, actor, draft);
    if (!stored.ok) return stored;
    // One by one, so that a later draft of the same act replaces the heads and uses the grants of an earlier one.
    applyNew(db, context.specOf, [{ logRid: log.rid, events: [stored.value] }], {
      authority: isOrgLog(logId) && authorityTypes.has(draft.type),
    });
    written.push({ hash: stored.value.hash as EventHash, seq: stored.value.line.seq });
  }
  writeHlc(db, stream.hlc);
  writeEpoch(db, readEpoch(db) + 1);
  return ok(written.slice(first.length));
};
