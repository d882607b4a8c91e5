import { fromInstant, type Instant, toInstant } from '../base/time.ts';
import type { HarmState, Phase, Severity } from './vocabulary.ts';

/**
 * The clock bar of a room (design.md section 2, look.md "The room"): pure, from what the log says. A clock that runs carries
 * its moments and lets the screen count; one that does not run says why in words. An open question is never shown as quiet.
 */
export type RoomClock = {
  readonly id: string;
  readonly label: string;
  readonly kind: 'state' | 'elapsed' | 'countdown' | 'instant';
  readonly value: string | null;
  readonly startsAt: Instant | null;
  readonly endsAt: Instant | null;
  /** Where the value comes from, in words. */
  readonly rule: string;
  readonly tone: 'plain' | 'bad' | 'warn' | 'ok';
  readonly stopped: string | null;
};

export type ClockFacts = {
  readonly now: Instant;
  readonly severity: Severity | null;
  readonly phase: { readonly value: Phase | null; readonly at: Instant | null };
  readonly harm: { readonly value: HarmState | null; readonly by: string | null; readonly at: Instant | null };
  readonly startedAt: Instant | null;
  readonly detectedAt: Instant | null;
  readonly openedAt: Instant | null;
  /** Next update as somebody scheduled it. */
  readonly updateDue: Instant | null;
  /** When Know / Don't / Next was last written: that is the update. */
  readonly summaryAt: Instant | null;
};

const minute = 60_000;
/** Time from one update to the next when nobody scheduled one. SEV4 and SEV5 have no rhythm. */
export const updateCadenceMs: Readonly<Partial<Record<Severity, number>>> = {
  SEV1: 30 * minute,
  SEV2: 60 * minute,
  SEV3: 240 * minute,
};
/** An update is due soon when less than this is left. */
export const dueSoonMs = 10 * minute;

/** All clocks of a room, most pressing first. */
export const roomClocks = (facts: ClockFacts): readonly RoomClock[] => [
  harmClock(facts),
  elapsedClock(facts),
  updateClock(facts),
  still('rto', 'RTO', 'no workload linked: RTO unknown', 'time to recover that a workload promises'),
  still('recovery-point', 'Recovery point', 'no workload linked: RPO unknown', 'newest data known to be good'),
  still(
    'restorable',
    'Restorable until',
    'retention of the affected tables has not been read',
    'retention of the tables',
  ),
  {
    ...still(
      'legal',
      'Legal',
      'personal data not ruled out: nobody has said',
      'runs from when a breach of personal data is known',
    ),
    kind: 'state',
    value: 'open',
    tone: 'warn',
  },
  spanClock('detect', 'Time to detect', facts.startedAt, facts.detectedAt, 'detected − started'),
  spanClock('acknowledge', 'Time to acknowledge', facts.startedAt, facts.openedAt, 'room opened − started'),
];

const harmWords: Readonly<Record<HarmState, readonly [string, RoomClock['tone']]>> = {
  open: ['not contained', 'bad'],
  'partly-contained': ['partly contained', 'warn'],
  contained: ['contained', 'ok'],
};

const harmClock = ({ harm }: ClockFacts): RoomClock => {
  const [value, tone] = harmWords[harm.value ?? 'open'];
  const said = harm.by !== null && harm.value !== null;
  return {
    id: 'harm',
    label: 'Harm',
    kind: 'state',
    value,
    startsAt: harm.at,
    endsAt: null,
    rule: said ? `said by ${harm.by}` : 'nobody has said that it is contained',
    tone,
    stopped: null,
  };
};

const elapsedClock = ({ startedAt, openedAt, phase }: ClockFacts): RoomClock => {
  const from = startedAt ?? openedAt;
  if (from === null)
    return still('elapsed', 'Open since', 'the opening of this room has not arrived yet', 'since it started');
  const ended = phase.value === 'learning' ? phase.at : null;
  const since = startedAt === null ? 'since the room was opened; when it started is unknown' : 'since it started';
  return {
    id: 'elapsed',
    label: ended === null ? 'Open since' : 'Was open',
    kind: 'elapsed',
    value: null,
    startsAt: from,
    endsAt: ended,
    rule: ended === null ? since : `${since}, until it moved to learning`,
    tone: 'plain',
    stopped: null,
  };
};

const updateClock = (facts: ClockFacts): RoomClock => {
  const { severity, phase, updateDue, summaryAt, openedAt } = facts;
  const rule = 'from the severity, or as scheduled';
  if (phase.value === 'learning') return still('update', 'Next update', 'in learning no updates are due', rule);
  const scheduled = updateDue !== null && (summaryAt === null || summaryAt < updateDue);
  if (scheduled) return updateAt(facts.now, summaryAt ?? openedAt, updateDue, 'as scheduled');

  const cadence = severity === null ? undefined : updateCadenceMs[severity];
  const from = summaryAt ?? openedAt;
  if (severity === null || from === null)
    return still('update', 'Next update', 'no severity yet: no rhythm of updates', rule);
  if (cadence === undefined)
    return still('update', 'Next update', `${severity} has no rhythm of updates: schedule one`, rule);
  const after = summaryAt === null ? 'the room was opened' : 'the last Know / Don’t / Next';
  return updateAt(
    facts.now,
    from,
    toInstant(fromInstant(from) + cadence),
    `${severity}: ${cadenceWords(cadence)} after ${after}`,
  );
};

const cadenceWords = (ms: number): string => (ms < 120 * minute ? `${ms / minute} min` : `${ms / (60 * minute)} h`);

const updateAt = (now: Instant, startsAt: Instant | null, endsAt: Instant, rule: string): RoomClock => {
  const left = fromInstant(endsAt) - fromInstant(now);
  const tone = left < 0 ? 'bad' : left < dueSoonMs ? 'warn' : 'plain';
  return {
    id: 'update',
    label: 'Next update',
    kind: 'countdown',
    value: null,
    startsAt,
    endsAt,
    rule,
    tone,
    stopped: null,
  };
};

const spanClock = (id: string, label: string, from: Instant | null, to: Instant | null, rule: string): RoomClock => {
  if (from === null) return still(id, label, 'when it started is unknown', rule);
  if (to === null) return still(id, label, 'no time recorded yet', rule);
  return { id, label, kind: 'elapsed', value: null, startsAt: from, endsAt: to, rule, tone: 'plain', stopped: null };
};

const still = (id: string, label: string, stopped: string, rule: string): RoomClock => ({
  id,
  label,
  kind: 'instant',
  value: null,
  startsAt: null,
  endsAt: null,
  rule,
  tone: 'plain',
  stopped,
});
