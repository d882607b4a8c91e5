import { isJsonObject, parseJson } from '../../shared/base/json.ts';
import type { EventLine } from '../../shared/domain/event.ts';
import { isEventHash } from '../../shared/domain/ids.ts';
import { clearProblem } from '../../shared/domain/fields.ts';
import { effectsOf, happenedAt, inScope } from '../../shared/domain/reduce.ts';
import { addRedaction, apartOfLog, clearRedactions, setApartWire } from '../store/apart.ts';
import { eventByHash, eventsAfter, eventsOfLogWith, setDisclosures, type EventRow } from '../store/events.ts';
import { logByRid, type LogRow } from '../store/logs.ts';
import type { WritableDb } from '../store/port.ts';
import {
  addEntry, addHead, addOver, addWitness, clearProjections, dropEntry, isOver, noteAuth, noteAuthor, noteOrgSeen, witnessesOf,
  type AuthorRow,
} from '../store/projections.ts'; // prettier-ignore
import { judgeFor } from './authority.ts';
import { lineOf, type SpecOf } from './decode.ts';
import { sha256Url } from './digest.ts';
import { parseStored } from './disclosures.ts';
import { clearText } from './line.ts';
import type { NoEffectReason } from './views-port.ts';

/** Types that rooms list apart from the timeline. */
const listed: ReadonlySet<string> = new Set([
  'incident.opened', 'signal.linked', 'task.added', 'decision.recorded', 'handoff.offered', 'attachment.added', 'asset.declared', 'edge.declared',
  'room.announced', 'person.added', 'device.registered', 'stream.opened',
]); // prettier-ignore

export type Stored = {
  readonly rid: number;
  readonly hash: string;
  readonly streamRid: number;
  readonly line: EventLine;
};
export type Projector = {
  readonly project: (event: Stored) => void;
  /** Write what was gathered over the batch. */
  readonly finish: () => void;
};

/** Drop redacted disclosures from a stored event; true when one was there. */
const strip = (db: WritableDb, row: EventRow, digests: ReadonlySet<string>): void => {
  const stored = parseStored(row.d);
  const kept = stored.filter((text) => !digests.has(sha256Url(text)));
  if (kept.length < stored.length) setDisclosures(db, row.rid, JSON.stringify(kept));
};

/** Kept wire text without redacted disclosures; null when it holds none of them. */
const withoutDigests = (wire: string, digests: ReadonlySet<string>): string | null => {
  const parsed = parseJson(wire);
  if (!parsed.ok || !isJsonObject(parsed.value)) return null;
  const d = parsed.value['d'];
  if (!Array.isArray(d)) return null;
  const kept = d.filter((text) => typeof text !== 'string' || !digests.has(sha256Url(text)));
  return kept.length < d.length ? JSON.stringify({ ...parsed.value, d: kept }) : null;
};

/** Carry out an effective redaction: remember the digests for what arrives later, and take away what is here. */
const redact = (db: WritableDb, log: LogRow, event: Stored): void => {
  const said = event.line.c['digests'];
  const digests = new Set(Array.isArray(said) ? said.filter((digest) => typeof digest === 'string') : []);
  const open = new Set(digests);
  for (const digest of digests) addRedaction(db, log.rid, digest, event.hash);
  for (const hash of event.line.over) {
    const row = eventByHash(db, hash);
    if (row?.log_rid !== log.rid || row.sealed === 1) continue;
    strip(db, row, digests);
    for (const digest of lineOf(row)._sd) open.delete(digest);
  }
  // What waits or is kept apart holds copies too.
  for (const { table, rid, wire } of apartOfLog(db, log.id)) {
    const kept = withoutDigests(wire, digests);
    if (kept !== null) setApartWire(db, table, rid, kept);
  }
  // A digest that no event in `over` has: look for it in the whole log. Rare, and better than leaving it.
  for (const digest of open) for (const row of eventsOfLogWith(db, log.rid, digest)) strip(db, row, digests);
};

/** Project events of one log, in stream order, each once. What it writes depends on the set of events alone. */
export const projectorOf = (db: WritableDb, log: LogRow, specOf: SpecOf): Projector => {
  const judged = judgeFor(db, log);
  const authors = new Map<string, AuthorRow>();
  const auths = new Set<string>();

  const reasonFor = (event: Stored): NoEffectReason | null => {
    const { line, hash, streamRid } = event;
    const spec = specOf(line.type, line.v);
    if (!spec) return 'unknown-type';
    if (!inScope(spec, line.log)) return 'wrong-scope';
    return clearProblem(spec, line.c) === null ? judged(line, hash, streamRid, spec) : 'bad-fields';
  };

  const noteEnvelope = ({ line, streamRid }: Stored): void => {
    const { actor, dev, hlc, at } = line;
    const key = `${actor} ${dev}`;
    if ((authors.get(key)?.last_hlc ?? '') < hlc) authors.set(key, { actor, dev, last_hlc: hlc, last_at: at });
    const auth = clearText(line.c, 'auth');
    if (auth !== null && !auths.has(auth)) {
      auths.add(auth);
      noteAuth(db, log.rid, auth);
    }
    const org = Object.hasOwn(line.c, 'org') ? line.c['org'] : undefined;
    if (Array.isArray(org)) {
      for (const hash of org) if (isEventHash(hash)) noteOrgSeen(db, log.rid, streamRid, line.seq, hash);
    }
  };

  /** One entry for a fact, standing at its first witness, whichever witness arrives first. */
  const witness = ({ rid, hash, line }: Stored, fact: string): void => {
    addWitness(db, log.rid, { fact, hlc: line.hlc, hash, event_rid: rid });
    const [first, second] = witnessesOf(db, log.rid, fact);
    if (first?.event_rid !== rid) return;
    if (second) dropEntry(db, second.event_rid);
    const row = {
      event_rid: rid,
      hash,
      type: line.type,
      happened: happenedAt(line),
      hlc: line.hlc,
      reason: null,
      fact,
    };
    addEntry(db, log.rid, row, false);
  };

  const project = (event: Stored): void => {
    const { rid, hash, line } = event;
    noteEnvelope(event);
    const reason = reasonFor(event);
    const spec = specOf(line.type, line.v);
    const entry = {
      event_rid: rid,
      hash,
      type: line.type,
      happened: happenedAt(line),
      hlc: line.hlc,
      reason,
      fact: null,
    };
    if (reason !== null || !spec) {
      addEntry(db, log.rid, entry, listed.has(line.type));
      return;
    }
    const effects = effectsOf(line, hash, spec);
    for (const { register, entity } of effects.registers) {
      for (const over of line.over) addOver(db, log.rid, entity, register, over);
      if (!isOver(db, log.rid, entity, register, hash)) addHead(db, log.rid, entity, register, hash, rid);
    }
    if (effects.fact !== null) witness(event, effects.fact);
    else if (effects.entry) addEntry(db, log.rid, entry, listed.has(line.type));
    if (line.type === 'redacted') redact(db, log, event);
  };

  const finish = (): void => {
    for (const author of authors.values()) noteAuthor(db, log.rid, author);
    authors.clear();
  };
  return { project, finish };
};

/** Make a log's projections again from its stored events. Redacted disclosures stay gone. */
export const rebuildLog = (db: WritableDb, logRid: number, specOf: SpecOf): void => {
  const log = logByRid(db, logRid);
  if (!log) return;
  clearProjections(db, logRid);
  clearRedactions(db, logRid);
  // Knowledge first: whether an event had effect can depend on what its author had seen earlier in the stream.
  const projector = projectorOf(db, log, specOf);
  for (let after = 0; ;) {
    const rows = eventsAfter(db, logRid, after, 2000);
    for (const row of rows) {
      if (row.sealed === 0)
        projector.project({ rid: row.rid, hash: row.hash, streamRid: row.stream_rid, line: lineOf(row) });
    }
    const last = rows.at(-1);
    if (!last) break;
    after = last.rid;
  }
  projector.finish();
};
