import { zeroHash, type DeviceId, type EventHash, type LogId } from '../../shared/domain/ids.ts';
import { reducerVersion } from '../../shared/domain/reduce.ts';
import { eventTypes, specOf as registrySpecOf } from '../../shared/domain/event-types.ts';
import { waitingSeqs, waitingStreams } from '../store/apart.ts';
import { eventRange, type EventRow } from '../store/events.ts';
import { allLogs, logById, streamOf, streamsOf } from '../store/logs.ts';
import type { ReadableDb, WritableDb } from '../store/port.ts';
import { projectionLines } from '../store/projections.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import { isOrgLog } from '../../shared/domain/ids.ts';
import type { LogContext } from './context.ts';
import type { SpecOf } from './decode.ts';
import { sha256Hex } from './digest.ts';
import { parseStored } from './disclosures.ts';
import { intakeEvents } from './intake.ts';
import { rejudgeOrg } from './org-judge.ts';
import type { EventLog, Gap, StreamHead, WireEvent } from './port.ts';
import { rebuildLog } from './project.ts';
import { appendEvents } from './writer.ts';

const toWire = (row: EventRow, log: LogId, dev: DeviceId): WireEvent => {
  const wire = { line: row.line, d: parseStored(row.d), sig: row.sig };
  return row.sealed === 0 ? wire : { ...wire, copies: { log, dev, seq: row.seq, hash: row.hash } };
};

const headsOf = (db: ReadableDb, log: LogId): readonly StreamHead[] => {
  const row = logById(db, log);
  if (!row) return [];
  return streamsOf(db, row.rid)
    .filter(({ contig, head }) => contig > 0 && head !== zeroHash)
    .map(({ dev, contig, head }) => ({ dev: dev as DeviceId, seq: contig, hash: head as EventHash }));
};

/** Holes before what waits: from the first missing number to the one before the next that is here. */
const gapsOf = (db: ReadableDb, log?: LogId): readonly Gap[] =>
  waitingStreams(db, log ?? null).flatMap((stream) => {
    const row = logById(db, stream.log);
    const contig = (row && streamOf(db, row.rid, stream.dev)?.contig) ?? 0;
    const gaps: Gap[] = [];
    let expected = contig + 1;
    for (const seq of waitingSeqs(db, stream.log, stream.dev)) {
      if (seq > expected) {
        gaps.push({ log: stream.log as LogId, dev: stream.dev as DeviceId, from: expected, to: seq - 1 });
      }
      expected = Math.max(expected, seq + 1);
    }
    return gaps;
  });

const readStream = (db: ReadableDb, log: LogId, dev: DeviceId, from: number, to: number): readonly WireEvent[] => {
  const row = logById(db, log);
  const stream = row && streamOf(db, row.rid, dev);
  if (!stream) return [];
  return eventRange(db, stream.rid, from, Math.min(to, stream.contig)).map((event) => toWire(event, log, dev));
};

const rebuild = (db: WritableDb, specOf: SpecOf, log: LogId): void => {
  const row = logById(db, log);
  if (!row) return;
  if (isOrgLog(log)) rejudgeOrg(db, row, []);
  rebuildLog(db, row.rid, specOf);
};

const digestOf = (db: ReadableDb, log: LogId): string => {
  const row = logById(db, log);
  const heads = headsOf(db, log).map(({ dev, seq, hash }) => JSON.stringify(['stream', dev, seq, hash]));
  return sha256Hex([...heads, ...(row ? projectionLines(db, row.rid) : [])].join('\n'));
};

/** The event log over a context; `openEventLog` (open.ts) makes one for a profile. */
export const createEventLog = (context: LogContext): EventLog => ({
  get device() {
    return context.device();
  },
  append: (db, log, actor, drafts) => appendEvents(db, context, log, actor, drafts),
  intake: (db, events, from) => intakeEvents(db, context, events, from),
  heads: headsOf,
  gaps: gapsOf,
  logs: (db) => allLogs(db).map(({ id }) => id as LogId),
  read: readStream,
  rebuild: (db, log) => {
    rebuild(db, context.specOf, log);
  },
  projectionDigest: digestOf,
});

const versionKey = 'log.projections';

/** Changes when the registry or the reducers do: then projections are made again from the events. */
export const projectionVersion = (types: object = eventTypes): string => {
  const text = JSON.stringify(types);
  return `${reducerVersion}-${sha256Hex(text).slice(0, 16)}`;
};

/**
 * Make all projections again when this build judges or knows more than the one that made them ("replay after upgrade").
 * Returns how many logs were made again.
 */
export const reproject = (
  db: WritableDb,
  specOf: SpecOf = registrySpecOf,
  version: string = projectionVersion(),
): number => {
  if (getSetting(db, versionKey) === version) return 0;
  const logs = allLogs(db);
  const orgsFirst = logs.toSorted((a, b) => Number(isOrgLog(b.id as LogId)) - Number(isOrgLog(a.id as LogId)));
  for (const { id } of orgsFirst) rebuild(db, specOf, id as LogId);
  setSetting(db, versionKey, version);
  return logs.length;
};
