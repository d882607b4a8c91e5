import type { JsonValue } from '../../shared/base/json.ts';
import { type Clock, type Instant, toInstant } from '../../shared/base/time.ts';
import { pageLimit } from '../../shared/contract/common.ts';
import type { Room, RoomRow } from '../../shared/contract/room.ts';
import { roomClocks } from '../../shared/domain/clocks.ts';
import type { ActorId, LogId } from '../../shared/domain/ids.ts';
import { allows, type Role } from '../../shared/domain/policy.ts';
import { handoffSubjects } from '../../shared/domain/vocabulary.ts';
import type { RoomHeader, RoomListRow, SummaryValue, Views } from '../log/views-port.ts';
import type { ReadableDb } from '../store/port.ts';
import { displayName, roomNumber } from './display.ts';
import type { Marks } from './marks.ts';
import type { OlderFacts } from './older-facts.ts';
import { type Names, namesOf } from './people.ts';
import { settle, settleAs } from './settle.ts';

/** What the views of a room are made from, besides the log. */
export type RoomSources = {
  readonly db: ReadableDb;
  readonly views: Views;
  readonly clock: Clock;
  readonly me: ActorId;
  /** Organisation of the profile, for rooms whose own is not known yet. */
  readonly org: LogId | null;
  readonly roles: readonly Role[];
  readonly marks: Marks;
  readonly blobHere: (sha256: string) => boolean;
  /** Cited facts of which the platform says something else now, in words. */
  readonly older: OlderFacts;
  /** Assets of the room: what its signals, facts and entries name. */
  readonly assets: Room['assets'];
  readonly offline: Room['offline'];
  readonly cost: Room['cost'];
};

export const namesFor = (from: Pick<RoomSources, 'db' | 'views' | 'org' | 'me'>, roomOrg: LogId | null): Names =>
  namesOf(from.db, from.views, roomOrg ?? from.org, from.me);

/** `room.get`: everything about a room except its timeline and lineage. Lists are cut at a page, open and new things first. */
export const roomView = (from: RoomSources, header: RoomHeader): Room => {
  const { db, views, roles } = from;
  const { log } = header;
  const names = namesFor(from, header.org);
  const now = toInstant(from.clock.now());
  return {
    log,
    number: roomNumber(log),
    title: settle(header.title, names),
    class: settle(header.class, names),
    severity: settle(header.severity, names),
    phase: settle(header.phase, names),
    commander: settle(header.commander, names),
    commanderName: header.commander.value === null ? null : names.nameOf(header.commander.value),
    harm: settle(header.harm, names),
    summary: settleAs(header.summary, names, summaryParts),
    mergedInto: header.merged.value,
    startedAt: header.startedAt,
    detectedAt: header.detectedAt,
    openedAt: header.openedAt,
    clocks: clocksOf(header, names, now),
    tasks: firstPage(tasksOf(from, log, names)),
    decisions: firstPage(decisionsOf(from, log, names, now)),
    handoffs: firstPage(handoffsOf(from, log, names)),
    attachments: firstPage(attachmentsOf(from, log, names)),
    people: firstPage(views.authors(db, log).map(({ by, lastAt }) => ({ person: names.person(by), lastSeen: lastAt }))),
    signals: firstPage([...header.signals]),
    assets: firstPage(from.assets),
    entries: header.counts.entries,
    onlyHere: from.marks.onlyHere(log),
    offline: from.offline,
    cost: from.cost,
    withoutEffect: header.counts.withoutEffect,
    unknown: header.counts.unknown,
    can: {
      write: allows(roles, 'room.write'),
      steer: allows(roles, 'incident.steer'),
      decide: allows(roles, 'decision.record'),
      export: allows(roles, 'export'),
    },
  };
};

const firstPage = <T>(rows: readonly T[]): T[] => rows.slice(0, pageLimit);

const clocksOf = (header: RoomHeader, names: Names, now: Instant): Room['clocks'] => [
  ...roomClocks({
    now,
    severity: header.severity.value,
    phase: { value: header.phase.value, at: header.phase.head?.at ?? null },
    harm: {
      value: header.harm.value,
      // The opening itself sets harm to open: that is nobody's word about it.
      by:
        header.harm.head === null || header.harm.head.at === header.openedAt
          ? null
          : names.nameOf(header.harm.head.by.actor),
      at: header.harm.head?.at ?? null,
    },
    startedAt: header.startedAt,
    detectedAt: header.detectedAt,
    openedAt: header.openedAt,
    updateDue: header.updateDue.value,
    summaryAt: header.summary.head?.at ?? null,
  }),
];

export const summaryParts = (value: SummaryValue): { know: string; unknown: string; next: string } => {
  const part = (key: string): string => (typeof value[key] === 'string' ? value[key] : '');
  return { know: part('know'), unknown: part('unknown'), next: part('next') };
};

const tasksOf = ({ db, views, marks }: RoomSources, log: LogId, names: Names): Room['tasks'] =>
  views
    .tasks(db, log)
    .filter((task) => task.effect === 'full')
    .map((task) => ({
      id: task.id,
      text: task.text ?? 'withheld',
      state: settle(task.state, names),
      assignee: settle(task.assignee, names),
      assigneeName: task.assignee.value === null ? null : names.nameOf(task.assignee.value),
      dueAt: task.dueAt,
      by: names.person(task.by),
      at: task.at,
      ledger: marks.of(log, task.id),
    }))
    .sort((a, b) => Number(a.state.value === 'done') - Number(b.state.value === 'done') || dueFirst(a, b));

/** Late and due first, then newest. */
const dueFirst = (
  a: { readonly dueAt: Instant | null; readonly at: Instant },
  b: { readonly dueAt: Instant | null; readonly at: Instant },
): number => (a.dueAt ?? '9').localeCompare(b.dueAt ?? '9') || b.at.localeCompare(a.at);

const decisionsOf = (
  { db, views, marks, older }: RoomSources,
  log: LogId,
  names: Names,
  now: Instant,
): Room['decisions'] =>
  views
    .decisions(db, log)
    .filter((decision) => decision.effect === 'full')
    .map((decision) => ({
      id: decision.id,
      title: decision.title ?? 'withheld',
      options: texts(decision.options),
      choice: decision.choice ?? 'withheld',
      reason: decision.reason ?? 'withheld',
      dissent: decision.dissent,
      state: settle(decision.state, names),
      expiresAt: decision.expiry.value,
      expired: decision.expiry.value !== null && decision.expiry.value <= now,
      ...restsOn(decision.evidence, decision.at, older),
      by: names.person(decision.by),
      at: decision.at,
      ledger: marks.of(log, decision.id),
    }))
    .sort((a, b) => b.at.localeCompare(a.at));

const restsOn = (evidence: readonly string[], at: Instant, older: OlderFacts): { olderFacts?: string[] } => {
  const found = evidence.flatMap((id) => older(id, at) ?? []);
  return found.length === 0 ? {} : { olderFacts: found };
};

const texts = (value: JsonValue | null): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

const handoffsOf = ({ db, views, marks }: RoomSources, log: LogId, names: Names): Room['handoffs'] =>
  views
    .handoffs(db, log)
    .filter((handoff) => handoff.effect === 'full' && handoffSubjects.includes(handoff.subject))
    .map((handoff) => ({
      id: handoff.id,
      subject: handoff.subject,
      text: handoff.text ?? 'withheld',
      from: names.person({ ...handoff.by, actor: handoff.from }),
      to: handoff.to ?? 'withheld',
      reason: handoff.reason,
      state: settle(handoff.state, names),
      answer: handoff.answer,
      at: handoff.at,
      ledger: marks.of(log, handoff.id),
    }))
    .sort((a, b) => b.at.localeCompare(a.at));

const attachmentsOf = ({ db, views, blobHere }: RoomSources, log: LogId, names: Names): Room['attachments'] =>
  views
    .attachments(db, log, blobHere)
    .filter((attachment) => attachment.effect === 'full')
    .map((attachment) => ({
      id: attachment.id,
      name: attachment.name === null ? 'withheld' : displayName(attachment.name),
      size: attachment.blob?.size ?? 0,
      media: attachment.blob?.media ?? 'application/octet-stream',
      sha256: attachment.blob?.sha256 ?? '',
      here: attachment.here,
      by: names.person(attachment.by),
      at: attachment.at,
    }))
    .sort((a, b) => b.at.localeCompare(a.at));

/** One line of `rooms.list`. */
export const roomRowView = (row: RoomListRow, names: Names, marks: Marks, offline: RoomRow['offline']): RoomRow => ({
  log: row.log,
  title: row.title ?? 'Title not here yet',
  class: row.class,
  severity: row.severity,
  phase: row.phase,
  commander:
    row.commander === null
      ? null
      : {
          id: row.commander.actor,
          name: names.nameOf(row.commander.actor),
          attested: row.commander.attested,
          you: names.isMe(row.commander.actor),
        },
  openedAt: row.openedAt,
  lastEntryAt: row.lastEntryAt,
  conflicts: row.conflicts,
  onlyHere: marks.onlyHere(row.log),
  mergedInto: row.merged,
  offline,
});
