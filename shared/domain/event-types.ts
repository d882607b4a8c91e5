import type { Capability } from './policy.ts';
import {
  factKinds, handoffSubjects, harmStates, incidentClasses, keyProtections, phases, severities, verdicts,
} from './vocabulary.ts'; // prettier-ignore
import { roles } from './policy.ts';

/**
 * The type registry of event format 1: for each type its fields, which of them are clear, how concurrent events merge and
 * who may write it. What is not marked clear becomes a salted disclosure. A type that is not here is unknown: kept,
 * counted, forwarded, replayed after an upgrade.
 */
export type FieldKind = 'text' | 'enum' | 'id' | 'ids' | 'hash' | 'time' | 'integer' | 'json' | 'blob' | 'map';
export type FieldSpec = {
  readonly kind: FieldKind;
  readonly clear: boolean;
  readonly optional: boolean;
  readonly values?: readonly string[];
};

/**
 * A register holds one value per entity: its heads are the events that no other effective event of the same register
 * names in `over`; shown = max (hlc, dev, seq) among heads; heads with different values = conflict.
 * `entity`: 'log' (one per log), 'self' (the event creates the entity; id = its hash), or the name of the clear field
 * that holds the entity's id. `value`: the field whose value it takes, or a constant `{ is }`.
 */
export type RegisterSpec = {
  readonly name: string;
  readonly entity: string;
  readonly value: string | { readonly is: string };
};

export type EventTypeSpec = {
  readonly scope: 'room' | 'org' | 'any';
  readonly v: number;
  readonly fields: Readonly<Record<string, FieldSpec>>;
  readonly registers: readonly RegisterSpec[];
  /** 'add': a set that only grows; 'witness': one entry per `fact_id`, several witnesses; 'control': no entry of its own. */
  readonly entry: 'add' | 'witness' | 'control';
  /** The capability that its author needs for it to have effect; null = none (a device speaks about itself). */
  readonly needs: Capability | null;
};

const clear = (kind: FieldKind, values?: readonly string[]): FieldSpec =>
  values ? { kind, clear: true, optional: false, values } : { kind, clear: true, optional: false };
const told = (kind: FieldKind): FieldSpec => ({ kind, clear: false, optional: false });
const maybe = (spec: FieldSpec): FieldSpec => ({ ...spec, optional: true });
const register = (name: string, entity: string, value: RegisterSpec['value']): RegisterSpec => ({
  name,
  entity,
  value,
});

type Options = { scope?: EventTypeSpec['scope']; entry?: EventTypeSpec['entry']; registers?: readonly RegisterSpec[] };
const type = (
  needs: Capability | null,
  fields: Readonly<Record<string, FieldSpec>>,
  { scope = 'room', entry = 'add', registers = [] }: Options = {},
): EventTypeSpec => ({ scope, v: 1, fields, registers, entry, needs });

const control = { scope: 'org', entry: 'control' } as const;

export const eventTypes = {
  // Devices and people. `org` (clear, optional, on every type) is added by the writer: see event-envelope below.
  'stream.opened': type(
    null,
    {
      pub: clear('id'),
      kx: clear('id'),
      app: clear('id'),
      key_protection: clear('enum', keyProtections),
      binding: maybe(told('json')),
    },
    { scope: 'any', entry: 'control' },
  ),
  'person.added': type(
    null,
    { person: clear('id'), name: told('text'), email: maybe(told('text')) },
    {
      ...control,
      registers: [register('name', 'person', 'name')],
    },
  ),
  // `succeeds` + `proof`: a profile that had to take a new key shows that its former key vouches for it (see event-1.md).
  'device.registered': type(
    null,
    { person: clear('id'), label: maybe(told('text')), succeeds: maybe(clear('id')), proof: maybe(clear('id')) },
    control,
  ),
  'device.confirmed': type(
    'device.admit',
    {
      dev: clear('id'),
      person: clear('id'),
      how: clear('enum', ['founder', 'person', 'sign-on']),
      databricks_user: maybe(told('text')),
    },
    { ...control, registers: [register('device', 'dev', { is: 'confirmed' })] },
  ),
  'device.revoked': type(
    'device.admit',
    { dev: clear('id'), heads: clear('map'), reason: maybe(told('text')) },
    {
      ...control,
      registers: [register('device', 'dev', { is: 'revoked' })],
    },
  ),
  'role.granted': type(
    'role.grant',
    { person: clear('id'), role: clear('enum', roles), expires_at: maybe(clear('time')) },
    {
      ...control,
      registers: [register('grant', 'self', { is: 'granted' })],
    },
  ),
  'role.revoked': type(
    'role.grant',
    { grant: clear('hash'), reason: maybe(told('text')) },
    {
      ...control,
      registers: [register('grant', 'grant', { is: 'revoked' })],
    },
  ),
  'room.announced': type('room.open', { log: clear('id'), title: maybe(told('text')) }, control),
  'signal.judged': type(
    'signal.judge',
    { signal_id: clear('id'), verdict: clear('enum', verdicts), reason: maybe(told('text')), snapshot: told('json') },
    { ...control, registers: [register('verdict', 'signal_id', 'verdict')] },
  ),

  // Documents of the organisation: where facts may lie, what reading may cost, and what a device has used of it.
  'residency.set': type(
    'residency.set',
    { region: clear('id'), allowed: clear('enum', ['yes', 'no']), reason: maybe(told('text')) },
    { ...control, registers: [register('residency', 'region', 'allowed')] },
  ),
  'budget.set': type(
    'budget.set',
    { statements_per_day: clear('integer'), minutes_per_day: clear('integer') },
    // Two numbers that belong together: the register says which event stands, its fields are read from there.
    { ...control, registers: [register('budget', 'log', { is: 'set' })] },
  ),
  // Totals of the device that writes it, for one UTC day; names its own earlier report of that day in `over`.
  'usage.reported': type(
    'share.sync',
    { day: clear('id'), statements: clear('integer'), seconds: clear('integer') },
    { ...control, registers: [register('usage', 'day', { is: 'reported' })] },
  ),

  // The incident.
  'incident.opened': type(
    'room.open',
    {
      title: told('text'), class: clear('enum', incidentClasses), severity: clear('enum', severities),
      how: clear('enum', ['proposal', 'hand']), signals: clear('ids'),
      started_at: maybe(clear('time')), detected_at: maybe(clear('time')),
    }, // prettier-ignore
    {
      registers: [
        register('title', 'log', 'title'), register('class', 'log', 'class'), register('severity', 'log', 'severity'),
        register('phase', 'log', { is: 'triage' }), register('harm', 'log', { is: 'open' }),
      ], // prettier-ignore
    },
  ),
  'title.set': type('incident.steer', { title: told('text') }, { registers: [register('title', 'log', 'title')] }),
  'severity.set': type(
    'incident.steer',
    { severity: clear('enum', severities), reason: maybe(told('text')) },
    {
      registers: [register('severity', 'log', 'severity')],
    },
  ),
  'class.set': type(
    'incident.steer',
    { class: clear('enum', incidentClasses), reason: maybe(told('text')) },
    {
      registers: [register('class', 'log', 'class')],
    },
  ),
  'phase.set': type(
    'incident.steer',
    { phase: clear('enum', phases), reason: maybe(told('text')) },
    {
      registers: [register('phase', 'log', 'phase')],
    },
  ),
  'commander.set': type(
    'incident.steer',
    { person: clear('id') },
    { registers: [register('commander', 'log', 'person')] },
  ),
  'harm.set': type(
    'incident.steer',
    { harm: clear('enum', harmStates), reason: maybe(told('text')) },
    {
      registers: [register('harm', 'log', 'harm')],
    },
  ),
  'update.scheduled': type(
    'incident.steer',
    { due_at: clear('time'), audience: maybe(told('text')) },
    {
      registers: [register('update-due', 'log', 'due_at')],
    },
  ),
  'summary.set': type('room.write', { summary: told('json') }, { registers: [register('summary', 'log', 'summary')] }),
  'incident.merged': type('incident.steer', { into: clear('id') }, { registers: [register('merged', 'log', 'into')] }),
  'signal.linked': type('room.write', { signal_id: clear('id') }),

  // What people write.
  'note.added': type(
    'room.write',
    { text: told('text'), happened_at: maybe(clear('time')), assets: maybe(clear('ids')) },
    {
      registers: [register('text', 'self', 'text')],
    },
  ),
  'note.edited': type(
    'room.write',
    { note: clear('hash'), text: told('text') },
    {
      entry: 'control',
      registers: [register('text', 'note', 'text')],
    },
  ),
  'decision.recorded': type(
    'decision.record',
    {
      title: told('text'), options: told('json'), choice: told('text'), reason: told('text'),
      dissent: maybe(told('text')), expires_at: maybe(clear('time')), evidence: maybe(clear('ids')), happened_at: maybe(clear('time')),
    }, // prettier-ignore
    { registers: [register('decision', 'self', { is: 'in-force' }), register('expiry', 'self', 'expires_at')] },
  ),
  'decision.renewed': type(
    'decision.record',
    { decision: clear('hash'), expires_at: clear('time'), reason: maybe(told('text')) },
    {
      registers: [register('decision', 'decision', { is: 'in-force' }), register('expiry', 'decision', 'expires_at')],
    },
  ),
  'decision.withdrawn': type(
    'decision.record',
    { decision: clear('hash'), reason: told('text') },
    {
      registers: [register('decision', 'decision', { is: 'withdrawn' })],
    },
  ),
  'task.added': type(
    'room.write',
    { text: told('text'), assignee: maybe(clear('id')), due_at: maybe(clear('time')) },
    {
      registers: [register('task', 'self', { is: 'open' }), register('assignee', 'self', 'assignee')],
    },
  ),
  'task.assigned': type(
    'room.write',
    { task: clear('hash'), assignee: clear('id') },
    {
      registers: [register('assignee', 'task', 'assignee')],
    },
  ),
  'task.done': type(
    'room.write',
    { task: clear('hash'), outcome: maybe(told('text')) },
    {
      registers: [register('task', 'task', { is: 'done' })],
    },
  ),
  'task.reopened': type(
    'room.write',
    { task: clear('hash'), reason: maybe(told('text')) },
    {
      registers: [register('task', 'task', { is: 'open' })],
    },
  ),
  'handoff.offered': type(
    'room.write',
    {
      subject: clear('enum', handoffSubjects),
      text: told('text'),
      from: clear('id'),
      to: told('text'),
      reason: maybe(told('text')),
    },
    { registers: [register('handoff', 'self', { is: 'offered' })] },
  ),
  'handoff.accepted': type(
    'room.write',
    { handoff: clear('hash'), reason: maybe(told('text')) },
    {
      registers: [register('handoff', 'handoff', { is: 'accepted' })],
    },
  ),
  'handoff.refused': type(
    'room.write',
    { handoff: clear('hash'), reason: told('text') },
    {
      registers: [register('handoff', 'handoff', { is: 'refused' })],
    },
  ),
  'attachment.added': type('room.write', { name: told('text'), blob: told('blob'), note: maybe(told('text')) }),

  // What no source of lineage knows: things outside, and ways that data takes. Names, owner and contact are disclosures.
  'asset.declared': type(
    'room.write',
    { name: told('text'), owner: maybe(told('text')), contact: maybe(told('text')), note: maybe(told('text')) },
    { registers: [register('declaration', 'self', { is: 'standing' })] },
  ),
  'edge.declared': type(
    'room.write',
    { from: clear('id'), to: clear('id'), note: maybe(told('text')) },
    { registers: [register('declaration', 'self', { is: 'standing' })] },
  ),
  'declaration.withdrawn': type(
    'room.write',
    { declaration: clear('hash'), reason: maybe(told('text')) },
    { registers: [register('declaration', 'declaration', { is: 'withdrawn' })] },
  ),

  // Evidence.
  'fact.cited': type(
    'room.write',
    {
      fact_id: clear('id'), kind: clear('enum', factKinds), source: clear('id'), happened_at: clear('time'),
      observed_at: clear('time'), complete_to: maybe(clear('time')), assets: clear('ids'),
      signal_id: maybe(clear('id')), snapshot: maybe(told('json')), blob: maybe(told('blob')),
    }, // prettier-ignore
    { entry: 'witness' },
  ),
  'pack.exported': type('export', { heads: clear('map'), purpose: maybe(told('text')) }),
  redacted: type('redact', { digests: clear('ids'), basis: told('text') }, { scope: 'any' }),
} as const satisfies Readonly<Record<string, EventTypeSpec>>;

export type EventType = keyof typeof eventTypes;

/** The spec of a type and version, or null when this build does not know it. */
export const specOf = (name: string, v: number): EventTypeSpec | null => {
  const spec: EventTypeSpec | undefined = Object.hasOwn(eventTypes, name) ? eventTypes[name as EventType] : undefined;
  return spec !== undefined && spec.v === v ? spec : null;
};

/**
 * Two clear fields that the writer adds to any room event (event-format section 3): `auth` = hash of the role.granted in
 * the org log under which the author acts; `org` = hashes of the org log's stream heads that the author knew, written at
 * seq 1 and whenever they changed. They put roles and revocations into an event's causal past.
 */
export const envelopeFields = ['auth', 'org'] as const;
