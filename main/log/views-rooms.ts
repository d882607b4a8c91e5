import type { JsonValue } from '../../shared/base/json.ts';
import { isInstant, type Instant } from '../../shared/base/time.ts';
import type { DecodedEvent } from '../../shared/domain/event.ts';
import { isOrgLog, type ActorId, type EventHash, type LogId } from '../../shared/domain/ids.ts';
import type { HarmState, IncidentClass, Phase, Severity } from '../../shared/domain/vocabulary.ts';
import { countQuarantine, countWaiting, quarantined } from '../store/apart.ts';
import { countEvents, eventByRid } from '../store/events.ts';
import { allLogs } from '../store/logs.ts';
import type { ReadableDb } from '../store/port.ts';
import {
  authorsOf, contestedOf, contestedRegisters, countEntries, entriesByRecorded, listedEntries,
} from '../store/projections.ts'; // prettier-ignore
import { governingOrg } from './authority.ts';
import type { QuarantineTag } from './port.ts';
import { attestedIn, decoded, fieldText, headEvents, openView, settled, viewOf, type LogView } from './settled.ts';
import type {
  Author, ConflictView, LogCounts, QuarantineRow, RoomHeader, RoomListRow, SummaryValue,
} from './views-port.ts'; // prettier-ignore

const noCounts: LogCounts = {
  events: 0,
  entries: 0,
  withoutEffect: 0,
  unknown: 0,
  sealed: 0,
  waiting: 0,
  quarantined: 0,
};

export const counts = (db: ReadableDb, log: LogId): LogCounts => {
  const view = openView(db, log);
  if (!view) return { ...noCounts, waiting: countWaiting(db, log), quarantined: countQuarantine(db, log) };
  return {
    ...countEvents(db, view.row.rid),
    ...countEntries(db, view.row.rid),
    waiting: countWaiting(db, log),
    quarantined: countQuarantine(db, log),
  };
};

const effective = (view: LogView, type: string): readonly DecodedEvent[] =>
  listedEntries(view.db, view.row.rid, type).flatMap(({ event_rid, reason }) => {
    const row = reason === null ? eventByRid(view.db, event_rid) : undefined;
    return row ? [decoded(row)] : [];
  });

const earliest = (events: readonly DecodedEvent[], field: string): Instant | null => {
  const times = events.map((event) => fieldText(event, field)).filter((time) => time !== null && isInstant(time));
  return times.sort()[0] ?? null;
};

const signalsOf = (view: LogView, openers: readonly DecodedEvent[]): readonly string[] => {
  const signals = new Set<string>();
  for (const opener of openers) {
    const named = opener.fields['signals'];
    if (Array.isArray(named)) for (const signal of named) if (typeof signal === 'string') signals.add(signal);
  }
  for (const linked of effective(view, 'signal.linked')) {
    const signal = fieldText(linked, 'signal_id');
    if (signal !== null) signals.add(signal);
  }
  return [...signals];
};

/** Everything of a room's head; null when nothing of the log is here. */
export const roomHeader = (db: ReadableDb, log: LogId): RoomHeader | null => {
  const view = openView(db, log);
  if (!view) return null;
  const openers = effective(view, 'incident.opened');
  const [opener] = openers;
  return {
    log,
    org: governingOrg(view.row) as LogId | null,
    title: settled<string>(view, log, 'title'),
    class: settled<IncidentClass>(view, log, 'class'),
    severity: settled<Severity>(view, log, 'severity'),
    phase: settled<Phase>(view, log, 'phase'),
    commander: settled<ActorId>(view, log, 'commander'),
    harm: settled<HarmState>(view, log, 'harm'),
    updateDue: settled<Instant>(view, log, 'update-due'),
    summary: settled<SummaryValue>(view, log, 'summary'),
    merged: settled<LogId>(view, log, 'merged'),
    openedAt: opener?.at ?? null,
    openedBy: opener ? view.author(opener) : null,
    startedAt: earliest(openers, 'started_at'),
    detectedAt: earliest(openers, 'detected_at'),
    signals: signalsOf(view, openers),
    counts: counts(db, log),
  };
};

/** Registers among these whose heads hold different values. */
const differing = (
  view: LogView,
  registers: readonly { readonly entity: string; readonly register: string }[],
): readonly ConflictView[] =>
  registers.flatMap(({ entity, register }) => {
    const value = settled<JsonValue>(view, entity, register);
    return value.conflict.length > 0 ? [{ entity, register, settled: value }] : [];
  });

export const conflicts = (db: ReadableDb, log: LogId): readonly ConflictView[] => {
  const view = openView(db, log);
  return view ? differing(view, contestedRegisters(db, view.row.rid)) : [];
};

const listRow = (view: LogView): RoomListRow => {
  const { db, row } = view;
  const log = row.id as LogId;
  const shown = <T extends JsonValue>(register: string): T | null => settled<T>(view, log, register).value;
  const commander = settled<ActorId>(view, log, 'commander');
  const [newest] = entriesByRecorded(db, row.rid, null, 1);
  const newestRow = newest && eventByRid(db, newest.event_rid);
  return {
    log,
    org: governingOrg(row) as LogId | null,
    title: shown<string>('title'),
    class: shown<IncidentClass>('class'),
    severity: shown<Severity>('severity'),
    phase: shown<Phase>('phase'),
    commander:
      commander.value === null ? null : { actor: commander.value, attested: commander.head?.by.attested ?? false },
    openedAt: effective(view, 'incident.opened')[0]?.at ?? null,
    lastEntryAt: newestRow ? decoded(newestRow).at : null,
    conflicts: differing(view, contestedOf(db, row.rid, log)).length,
    merged: shown<LogId>('merged'),
  };
};

export const roomList = (db: ReadableDb): readonly RoomListRow[] => {
  const attested = new Map<string | null, ReadonlySet<string>>();
  const rows = allLogs(db)
    .filter(({ id }) => !isOrgLog(id as LogId))
    .map((row) => {
      const org = governingOrg(row);
      const bound = attested.get(org) ?? attestedIn(db, org);
      attested.set(org, bound);
      return listRow(viewOf(db, row, bound));
    });
  return rows.sort((a, b) => ((a.lastEntryAt ?? '') < (b.lastEntryAt ?? '') ? 1 : -1));
};

export const registerHeads = (db: ReadableDb, log: LogId, entity: string, register: string): readonly EventHash[] => {
  const view = openView(db, log);
  return view ? headEvents(view, entity, register).map(({ hash }) => hash) : [];
};

export const authors = (db: ReadableDb, log: LogId): readonly { readonly by: Author; readonly lastAt: Instant }[] => {
  const view = openView(db, log);
  if (!view) return [];
  return authorsOf(db, view.row.rid).map((row) => ({ by: view.author(row), lastAt: row.last_at }));
};

export const quarantineList = (db: ReadableDb, limit: number): readonly QuarantineRow[] =>
  quarantined(db, Math.min(500, Math.max(1, limit))).map(({ rid, tag, reason, log, dev, seq, hash, source, at }) => ({
    id: rid,
    tag: tag as QuarantineTag,
    reason,
    log,
    dev,
    seq,
    hash,
    from: source,
    at,
  }));
