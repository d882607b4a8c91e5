import { type Failure, failure } from '../../../shared/base/failure.ts';
import { err, ok, type Result } from '../../../shared/base/result.ts';
import { toInstant } from '../../../shared/base/time.ts';
import type { LogId } from '../../../shared/domain/ids.ts';
import { allows } from '../../../shared/domain/policy.ts';
import type { IncidentClass, Severity } from '../../../shared/domain/vocabulary.ts';
import { handOpenedLog, incidentLogFromSignal } from '../../log/ids.ts';
import type { EventDraft } from '../../log/port.ts';
import type { ReadableDb, WritableDb } from '../../store/port.ts';
import { citationOf, isCitedBy } from '../cite.ts';
import type { HandlersOf } from '../handlers.ts';
import type { LakePart } from '../lake-part.ts';
import type { Parts } from '../parts.ts';
import type { Naming } from '../named-places.ts';
import { namesOf } from '../people.ts';
import { inboxView, type OpenProposal, openProposals, signalSnapshot, type TriageSources } from '../proposals.ts';
import { append, noSuchEntry, write, writeInRoom } from '../write.ts';

type TriageCalls = 'inbox.list' | 'signal.judge' | 'room.open' | 'fact.pin';

/** From signals to rooms: judge, open (from a proposal or by hand), pin a fact. */
export const triageCalls = (
  parts: Parts,
  lake: LakePart,
  opened: () => void,
  naming: Naming,
): HandlersOf<TriageCalls> => {
  const sources = (db: ReadableDb): TriageSources => {
    const { org, person } = parts.who();
    const names = namesOf(db, parts.views, org, person);
    return { db, views: parts.views, org, names, lake, signalsOf: parts.signalsOf, now: toInstant(parts.clock.now()) };
  };

  const openByHand = (
    title: string,
    incidentClass: IncidentClass,
    severity: Severity,
    affected: readonly string[],
  ): Result<{ log: LogId }, Failure> => {
    const assets = naming.assets(affected);
    if (!assets.ok) return assets;
    const log = handOpenedLog(parts.clock.now(), parts.random);
    const opened: EventDraft = {
      type: 'incident.opened',
      fields: { title, class: incidentClass, severity, how: 'hand', signals: [] },
    };
    // A note that names them: the room's timeline, lineage and background reading go by what its entries name.
    const named: readonly EventDraft[] =
      assets.value.length === 0
        ? []
        : [{ type: 'note.added', fields: { text: `Affected: ${affected.join(', ')}`, assets: [...assets.value] } }];
    const done = write(parts, log, () => ok([opened, ...takeCommand(), ...named]));
    return done.ok ? ok({ log }) : done;
  };

  /** Whoever opens a room and may command it does, until somebody else takes over. */
  const takeCommand = (): readonly EventDraft[] => {
    const { person, roles } = parts.who();
    return allows(roles, 'incident.steer') ? [{ type: 'commander.set', fields: { person } }] : [];
  };

  const openProposal = (id: string): Result<{ log: LogId }, Failure> =>
    parts.profile.store.transaction<{ log: LogId }, Failure>((db) => {
      const found = openProposals(sources(db)).find(({ proposal }) => proposal.id === id);
      if (found === undefined) return err(noSuchProposal(id));
      // Two devices that open the same proposal while apart meet in one log: its id is made from the earliest signal.
      const log = found.room ?? incidentLogFromSignal(found.proposal.id);
      const isNew = parts.views.roomHeader(db, log)?.openedAt == null;
      const room = append(parts, db, log, [
        ...(isNew ? [openingOf(found), ...takeCommand()] : []),
        ...citationsFor(db, log, found),
      ]);
      if (!room.ok) return room;
      const judged = acceptSignals(db, found);
      return judged.ok ? ok({ log }) : judged;
    });

  const citationsFor = (db: ReadableDb, log: LogId, { proposal }: OpenProposal): readonly EventDraft[] => {
    const cited = parts.views.citations(db, log);
    const seen = new Set<string>();
    return proposal.signals.flatMap((signal) =>
      signal.facts.flatMap((factId) => {
        const fact = seen.has(factId) ? null : lake.facts.byId(factId);
        seen.add(factId);
        return fact === null || isCitedBy(cited, fact, parts.who().person) ? [] : [citationOf(fact, signal.id)];
      }),
    );
  };

  const acceptSignals = (db: WritableDb, { proposal }: OpenProposal): Result<unknown, Failure> => {
    const { org } = parts.who();
    const verdicts = new Map(parts.views.verdicts(db, org).map((one) => [one.signalId, one.verdict.value]));
    const drafts = proposal.signals
      .filter(({ id }) => verdicts.get(id) !== 'accepted')
      .map((signal): EventDraft => ({
        type: 'signal.judged',
        fields: { signal_id: signal.id, verdict: 'accepted', snapshot: signalSnapshot(signal) },
      }));
    return append(parts, db, org, drafts);
  };

  return {
    'inbox.list': () => ok(inboxView(sources(parts.profile.store.read))),
    'signal.judge': ({ signals, verdict, reason }) => {
      const missing = signals.find((id) => lake.signal(id) === null);
      if (missing !== undefined) return err(noSuchEntry('signal', missing));
      const drafts = signals.flatMap((id): EventDraft[] => {
        const signal = lake.signal(id);
        if (signal === null) return [];
        const said = reason === undefined ? {} : { reason };
        return [
          { type: 'signal.judged', fields: { signal_id: id, verdict, ...said, snapshot: signalSnapshot(signal) } },
        ];
      });
      return write(parts, parts.who().org, () => ok(drafts));
    },
    'room.open': (asked) => {
      const room =
        asked.from === 'hand'
          ? openByHand(asked.title, asked.class, asked.severity, asked.affected ?? [])
          : openProposal(asked.proposal);
      if (room.ok) opened();
      return room;
    },
    'fact.pin': ({ log, fact: id }) =>
      writeInRoom(parts, log, (db, room) => {
        const fact = lake.facts.byId(id);
        if (fact === null) return err(noSuchEntry('fact', id));
        const cited = isCitedBy(parts.views.citations(db, room.log), fact, parts.who().person);
        return ok(cited ? [] : [citationOf(fact)]);
      }),
  };
};

const openingOf = ({ proposal }: OpenProposal): EventDraft => ({
  type: 'incident.opened',
  fields: {
    title: proposal.title,
    class: proposal.class,
    severity: proposal.severity,
    how: 'proposal',
    signals: proposal.signals.map(({ id }) => id),
    started_at: proposal.startedAt,
    detected_at: proposal.detectedAt,
  },
});

const noSuchProposal = (id: string): Failure =>
  failure(
    'NoSuchProposal',
    'This proposal is not in the inbox any more: its signals were declined, or newer facts grouped them differently.',
    'Nothing was changed.',
    'Look at the inbox again.',
    id,
  );
