import type { JsonValue } from '../../shared/base/json.ts';
import { fromInstant, type Instant } from '../../shared/base/time.ts';
import { roomClocks } from '../../shared/domain/clocks.ts';
import type { EntryView, PersonView, SettledView } from '../log/views-port.ts';
import { jsonFile, type PackFile } from './pack-file.ts';
import { authorOf, type PackContext } from './pack-context.ts';

/** `data/10-incident/`: what the log says at the packed heads. Everything here can be made again from 20-timeline. */

export const settledJson = <T>(context: PackContext, settled: SettledView<T>): object => ({
  value: settled.value ?? null,
  by: authorOf(context, settled.head?.by ?? null),
  recorded_at: settled.head?.at ?? null,
  event: settled.head?.hash ?? null,
  // Heads with different values: nobody has settled them, so all are evidence.
  in_conflict: settled.conflict.map((head) => ({
    value: head.value ?? null,
    by: authorOf(context, head.by),
    recorded_at: head.at,
    event: head.hash,
  })),
});

const incident = (context: PackContext): object => {
  const { replay } = context;
  const header = replay.views.roomHeader(replay.db, replay.room);
  if (header === null) return { log: replay.room, organisation: replay.org, known: false };
  const settled = <T>(value: SettledView<T>): object => settledJson(context, value);
  return {
    log: replay.room,
    organisation: replay.org,
    exported: { at: context.at, by: authorOf(context, exportAuthor(context)), event: context.exported.hash },
    title: settled(header.title),
    class: settled(header.class),
    severity: settled(header.severity),
    phase: settled(header.phase),
    commander: {
      ...settled(header.commander),
      name: header.commander.value === null ? null : context.nameOf(header.commander.value),
    },
    harm: settled(header.harm),
    update_due: settled(header.updateDue),
    summary: settled(header.summary),
    merged_into: settled(header.merged),
    opened_at: header.openedAt,
    opened_by: authorOf(context, header.openedBy),
    started_at: header.startedAt,
    detected_at: header.detectedAt,
    signals: header.signals,
    counts: {
      events: header.counts.events,
      entries: header.counts.entries,
      without_effect: header.counts.withoutEffect,
      unknown_types: header.counts.unknown,
    },
  };
};

export const exportAuthor = (context: PackContext): EntryView['by'] => {
  const entry = context.replay.views.entryByHash(context.replay.db, context.exported.hash);
  return entry?.by ?? { actor: context.exported.actor, dev: context.exported.dev, attested: false };
};

const classified: ReadonlySet<string> = new Set([
  'incident.opened', 'severity.set', 'class.set', 'phase.set', 'harm.set', 'title.set', 'commander.set',
]); // prettier-ignore

/** Every classification as it was made, also those that had no effect; and how signals were judged. */
const classification = (context: PackContext): object => {
  const { replay } = context;
  const header = replay.views.roomHeader(replay.db, replay.room);
  const signals = new Set(header?.signals ?? []);
  const verdicts = replay.org === null ? [] : replay.views.verdicts(replay.db, replay.org);
  return {
    changes: replay
      .entries()
      .filter(({ type }) => classified.has(type))
      .map((entry) => ({
        type: entry.type,
        recorded_at: entry.recordedAt,
        by: authorOf(context, entry.by),
        fields: entry.fields,
        withheld: entry.withheld,
        effect: entry.effect,
        reason: entry.reason,
        event: entry.hash,
      })),
    signals: verdicts
      .filter(({ signalId }) => signals.has(signalId))
      .map(({ signalId, verdict, reason, snapshot }) => ({
        signal: signalId,
        verdict: settledJson(context, verdict),
        reason,
        snapshot,
      })),
  };
};

const span = (from: Instant | null, to: Instant | null): number | null =>
  from === null || to === null ? null : (fromInstant(to) - fromInstant(from)) / 1000;

const firstOf = (entries: readonly EntryView[], fits: (entry: EntryView) => boolean): Instant | null =>
  entries.find((entry) => entry.effect === 'full' && fits(entry))?.happenedAt ?? null;

const clocks = (context: PackContext): object => {
  const { replay, at } = context;
  const header = replay.views.roomHeader(replay.db, replay.room);
  const entries = replay.entries();
  const mitigated = firstOf(entries, ({ type, fields }) => type === 'harm.set' && fields['harm'] === 'contained');
  const resolved = firstOf(entries, ({ type, fields }) => type === 'phase.set' && fields['phase'] === 'learning');
  const started = header?.startedAt ?? null;
  return {
    stated_at: at,
    times: {
      started_at: started,
      detected_at: header?.detectedAt ?? null,
      acknowledged_at: header?.openedAt ?? null,
      mitigated_at: mitigated,
      resolved_at: resolved,
    },
    seconds: {
      to_detect: span(started, header?.detectedAt ?? null),
      to_acknowledge: span(started, header?.openedAt ?? null),
      to_mitigate: span(started, mitigated),
      to_resolve: span(started, resolved),
    },
    clocks: roomClocks({
      now: at,
      severity: header?.severity.value ?? null,
      phase: { value: header?.phase.value ?? null, at: header?.phase.head?.at ?? null },
      harm: {
        value: header?.harm.value ?? null,
        by: header?.harm.head ? context.nameOf(header.harm.head.by.actor) : null,
        at: header?.harm.head?.at ?? null,
      },
      startedAt: started,
      detectedAt: header?.detectedAt ?? null,
      openedAt: header?.openedAt ?? null,
      updateDue: header?.updateDue.value ?? null,
      summaryAt: header?.summary.head?.at ?? null,
    }),
    legal: 'No legal clock is kept by this version: when a duty to notify began is not recorded here.',
  };
};

/** People of this room. Names that are not disclosed are left out; devices tell attested from not attested. */
export const concernedPeople = (context: PackContext): readonly PersonView[] => {
  const authors = new Set(
    context.replay.views.authors(context.replay.db, context.replay.room).map(({ by }) => by.actor as string),
  );
  return context.people.filter(({ person, name }) => authors.has(person) || name.value !== null);
};

const people = (context: PackContext): JsonValue[] =>
  concernedPeople(context).map((person) => ({
    person: person.person,
    name: person.name.value,
    email: person.email,
    attested: person.attested,
    roles: person.roles.map(({ role, grant, expiresAt }) => ({ role, grant, expires_at: expiresAt })),
    devices: person.devices.map((device) => ({
      device: device.dev,
      label: device.label,
      state: device.state,
      how: device.how,
      confirmed_by: device.by?.actor ?? null,
      confirmation: device.confirmation,
      key_protection: device.keyProtection,
    })),
  }));

const authors = (context: PackContext): object[] =>
  context.replay.views
    .authors(context.replay.db, context.replay.room)
    .map(({ by, lastAt }) => ({ ...authorOf(context, by), last_recorded_at: lastAt }));

export const incidentFiles = (context: PackContext): readonly PackFile[] => [
  jsonFile('data/10-incident/incident.json', incident(context)),
  jsonFile('data/10-incident/classification.json', classification(context)),
  jsonFile('data/10-incident/clocks.json', clocks(context)),
  jsonFile('data/10-incident/people.json', { people: people(context), authors_in_this_room: authors(context) }),
];
