import { type Failure, failure } from '../../../shared/base/failure.ts';
import { err, ok, type Result } from '../../../shared/base/result.ts';
import { toInstant } from '../../../shared/base/time.ts';
import type { EventHash, LogId } from '../../../shared/domain/ids.ts';
import type { EventDraft } from '../../log/port.ts';
import type { ReadableDb } from '../../store/port.ts';
import type { HandlersOf } from '../handlers.ts';
import type { LakePart } from '../lake-part.ts';
import type { Parts } from '../parts.ts';
import { citationOf, isCitedBy } from '../cite.ts';
import { given, noSuchEntry, writeInRoom, type Written } from '../write.ts';

type EntryCalls =
  | 'note.add' | 'note.edit' | 'decision.record' | 'decision.withdraw' | 'decision.renew'
  | 'task.add' | 'task.assign' | 'task.done' | 'task.reopen' | 'handoff.offer' | 'handoff.accept' | 'handoff.refuse'; // prettier-ignore

/** What people write into a room. Each answers to something that must be there, and supersedes the heads it found. */
export const entryCalls = (parts: Parts, lake: LakePart): HandlersOf<EntryCalls> => {
  const { views } = parts;

  const add = (log: string, draft: EventDraft): Result<Written, Failure> => writeInRoom(parts, log, () => ok([draft]));

  /** An event about an entity of this room, found by `find`. The log names the heads that it supersedes. */
  const answer = (
    log: string,
    what: string,
    entity: string,
    find: (db: ReadableDb, log: LogId) => readonly { readonly id: EventHash }[],
    draft: EventDraft,
  ): Result<Written, Failure> =>
    writeInRoom(parts, log, (db, room) => {
      if (!find(db, room.log).some(({ id }) => id === entity)) return err(noSuchEntry(what, entity));
      return ok([draft]);
    });

  const ofTask = (log: string, task: string, draft: EventDraft): Result<Written, Failure> =>
    answer(log, 'task', task, views.tasks, draft);
  const ofHandoff = (log: string, handoff: string, draft: EventDraft): Result<Written, Failure> =>
    answer(log, 'handover', handoff, views.handoffs, draft);

  return {
    'note.add': ({ log, text, happenedAt, assets }) =>
      add(log, { type: 'note.added', fields: given({ text, happened_at: happenedAt, assets }) }),
    'note.edit': ({ log, note, text }) =>
      writeInRoom(parts, log, (db, room) => {
        const entry = views.entryByHash(db, note as EventHash);
        if (entry === null || entry.log !== room.log || entry.type !== 'note.added')
          return err(noSuchEntry('note', note));
        return ok([{ type: 'note.edited', fields: { note, text } }]);
      }),
    'decision.record': ({ log, title, options, choice, reason, dissent, expiresAt, evidence }) => {
      if (!options.includes(choice)) return err(choiceIsNoOption(choice));
      if (expiresAt !== undefined && expiresAt <= toInstant(parts.clock.now())) return err(expiresInThePast);
      const fields = given({ title, options, choice, reason, dissent, expires_at: expiresAt, evidence });
      return writeInRoom(parts, log, (db, room) => {
        // What a decision stands on becomes evidence with it: cached facts are cited in the same act.
        const cited = views.citations(db, room.log);
        const facts = (evidence ?? []).flatMap((id) => {
          const fact = lake.facts.byId(id);
          return fact === null || isCitedBy(cited, fact, parts.who().person) ? [] : [citationOf(fact)];
        });
        return ok([{ type: 'decision.recorded', fields }, ...facts]);
      });
    },
    'decision.withdraw': ({ log, decision, reason }) =>
      answer(log, 'decision', decision, views.decisions, {
        type: 'decision.withdrawn',
        fields: { decision, reason },
      }),
    'decision.renew': ({ log, decision, expiresAt, reason }) =>
      expiresAt <= toInstant(parts.clock.now())
        ? err(expiresInThePast)
        : answer(log, 'decision', decision, views.decisions, {
            type: 'decision.renewed',
            fields: given({ decision, expires_at: expiresAt, reason }),
          }),
    'task.add': ({ log, text, assignee, dueAt }) =>
      add(log, { type: 'task.added', fields: given({ text, assignee, due_at: dueAt }) }),
    'task.assign': ({ log, task, assignee }) =>
      ofTask(log, task, { type: 'task.assigned', fields: { task, assignee } }),
    'task.done': ({ log, task, outcome }) => ofTask(log, task, { type: 'task.done', fields: given({ task, outcome }) }),
    'task.reopen': ({ log, task, reason }) =>
      ofTask(log, task, { type: 'task.reopened', fields: given({ task, reason }) }),
    'handoff.offer': ({ log, subject, text, to, reason }) =>
      add(log, {
        type: 'handoff.offered',
        fields: given({ subject, text, from: parts.who().person, to, reason }),
      }),
    'handoff.accept': ({ log, handoff, reason }) =>
      ofHandoff(log, handoff, { type: 'handoff.accepted', fields: given({ handoff, reason }) }),
    'handoff.refuse': ({ log, handoff, reason }) =>
      ofHandoff(log, handoff, { type: 'handoff.refused', fields: { handoff, reason } }),
  };
};

const choiceIsNoOption = (choice: string): Failure =>
  failure(
    'ChoiceIsNoOption',
    'The choice is not one of the options.',
    'The decision was not recorded; its text is still in the form.',
    'Choose one of the options, or add it to them.',
    choice.slice(0, 100),
  );

const expiresInThePast: Failure = failure(
  'ExpiresInThePast',
  'The decision would expire before now.',
  'It was not recorded; its text is still in the form.',
  'Choose a later time, or leave it without an expiry.',
);
