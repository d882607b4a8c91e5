import * as v from 'valibot';
import { handoffSubjects, harmStates, incidentClasses, phases, severities } from '../domain/vocabulary.ts';
import { count, hash, id, instant, ledger, logId, person, settled } from './common.ts';
import { offlineBadge } from './offline.ts';

export const roomRow = v.object({
  log: logId,
  title: v.string(),
  class: v.nullable(v.picklist(incidentClasses)),
  severity: v.nullable(v.picklist(severities)),
  phase: v.nullable(v.picklist(phases)),
  commander: v.nullable(person),
  openedAt: v.nullable(instant),
  lastEntryAt: v.nullable(instant),
  conflicts: count,
  onlyHere: count,
  mergedInto: v.nullable(logId),
  offline: offlineBadge,
});
export type RoomRow = v.InferOutput<typeof roomRow>;

/** One clock of the bar. `startsAt`/`endsAt` let the screen count by itself; one that does not run says why. */
export const clock = v.object({
  id,
  label: v.string(),
  kind: v.picklist(['state', 'elapsed', 'countdown', 'instant']),
  /** For kind `state`: the word. */
  value: v.nullable(v.string()),
  startsAt: v.nullable(instant),
  endsAt: v.nullable(instant),
  rule: v.string(),
  tone: v.picklist(['plain', 'bad', 'warn', 'ok']),
  /** Why it does not run; null when it runs. */
  stopped: v.nullable(v.string()),
});
export type Clock = v.InferOutput<typeof clock>;

export const task = v.object({
  id: hash,
  text: v.string(),
  state: settled(v.picklist(['open', 'done'])),
  assignee: settled(id),
  assigneeName: v.nullable(v.string()),
  dueAt: v.nullable(instant),
  by: person,
  at: instant,
  ledger,
});
export const decision = v.object({
  id: hash,
  title: v.string(),
  options: v.array(v.string()),
  choice: v.string(),
  reason: v.string(),
  dissent: v.nullable(v.string()),
  state: settled(v.picklist(['in-force', 'withdrawn'])),
  expiresAt: v.nullable(instant),
  expired: v.boolean(),
  /** What the platform says now of facts that it rests on, where that is something else; absent = nothing. */
  olderFacts: v.optional(v.array(v.string())),
  by: person,
  at: instant,
  ledger,
});
export const handoff = v.object({
  id: hash,
  subject: v.picklist(handoffSubjects),
  text: v.string(),
  from: person,
  to: v.string(),
  reason: v.nullable(v.string()),
  state: settled(v.picklist(['offered', 'accepted', 'refused'])),
  answer: v.nullable(v.string()),
  at: instant,
  ledger,
});
export const attachment = v.object({
  id: hash,
  name: v.string(),
  size: count,
  media: v.string(),
  sha256: v.string(),
  /** False: the file itself is on another device only ("not yet here"). */
  here: v.boolean(),
  by: person,
  at: instant,
});

export const summaryText = v.object({ know: v.string(), unknown: v.string(), next: v.string() });

export const room = v.object({
  log: logId,
  number: v.string(),
  title: settled(v.string()),
  class: settled(v.picklist(incidentClasses)),
  severity: settled(v.picklist(severities)),
  phase: settled(v.picklist(phases)),
  commander: settled(id),
  commanderName: v.nullable(v.string()),
  harm: settled(v.picklist(harmStates)),
  summary: settled(summaryText),
  mergedInto: v.nullable(logId),
  startedAt: v.nullable(instant),
  detectedAt: v.nullable(instant),
  openedAt: v.nullable(instant),
  clocks: v.array(clock),
  tasks: v.array(task),
  decisions: v.array(decision),
  handoffs: v.array(handoff),
  attachments: v.array(attachment),
  people: v.array(v.object({ person, lastSeen: v.nullable(instant) })),
  signals: v.array(id),
  assets: v.array(v.object({ id, name: v.string(), kind: v.string() })),
  entries: count,
  onlyHere: count,
  offline: offlineBadge,
  /** What reading for it asked of warehouses; null = nothing yet. No price: DBU of a size are in no source that is read. */
  cost: v.nullable(
    v.object({
      statements: count,
      seconds: count,
      rows: count,
      warehouses: v.array(v.object({ workspace: v.string(), size: v.string() })),
    }),
  ),
  /** Events kept without effect (author not authorised or not attested) and events of types this build does not know. */
  withoutEffect: count,
  unknown: count,
  can: v.object({ write: v.boolean(), steer: v.boolean(), decide: v.boolean(), export: v.boolean() }),
});
export type Room = v.InferOutput<typeof room>;

export const entryKinds = [
  'opened', 'note', 'decision', 'task', 'handoff', 'attachment', 'severity', 'phase', 'class', 'title', 'commander', 'harm',
  'update', 'summary', 'fact', 'export', 'redaction', 'merge', 'signal', 'declared', 'unknown',
] as const; // prettier-ignore

/** One line of the timeline: what a person wrote, or a machine fact (cited in the log, or only in this device's cache). */
export const entry = v.object({
  id,
  kind: v.picklist(entryKinds),
  /** For facts: run, table-version, schema-change, drift, model-version, alias-move, audit. */
  factKind: v.nullable(v.string()),
  title: v.string(),
  body: v.nullable(v.string()),
  by: v.nullable(person),
  happenedAt: instant,
  observedAt: v.nullable(instant),
  recordedAt: v.nullable(instant),
  tone: v.picklist(['plain', 'bad', 'warn', 'change', 'ok']),
  assets: v.array(id),
  chips: v.array(v.string()),
  /** Earlier texts of an edited note, newest first. */
  versions: v.array(v.object({ text: v.string(), by: person, at: instant })),
  witnesses: count,
  withheld: count,
  /** Of a fact that a later row replaced: who told it before. */
  replaces: v.optional(v.string()),
  /** Null = it counts; otherwise why it has no effect, for people. */
  withoutEffect: v.nullable(v.string()),
  ledger,
});
export type Entry = v.InferOutput<typeof entry>;

export const timelinePage = v.object({
  rows: v.array(entry),
  /** Opaque; null at the end. Rows run from newest to oldest. */
  next: v.nullable(v.string()),
  total: count,
});
export type TimelinePage = v.InferOutput<typeof timelinePage>;

export const lineageNode = v.object({
  id,
  kind: v.string(),
  name: v.string(),
  detail: v.string(),
  state: v.picklist(['failed', 'changed', 'doubtful', 'stale', 'hidden', 'healthy']),
  layer: count,
  order: count,
  more: v.object({ up: count, down: count }),
});
export const lineage = v.object({
  nodes: v.array(lineageNode),
  edges: v.array(v.object({ id, from: id, to: id, damage: v.boolean(), source: v.string() })),
  total: count,
  completeTo: v.nullable(instant),
  note: v.nullable(v.string()),
  /** What people of the room declared by hand and did not take back; absent = nothing. */
  declared: v.optional(v.array(v.object({ id: hash, words: v.string(), by: person, at: instant }))),
});
export type Lineage = v.InferOutput<typeof lineage>;
