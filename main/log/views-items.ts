import { isInstant, type Instant } from '../../shared/base/time.ts';
import type { DecodedEvent } from '../../shared/domain/event.ts';
import { isBlobField } from '../../shared/domain/fields.ts';
import type { ActorId, LogId } from '../../shared/domain/ids.ts';
import type { HandoffSubject } from '../../shared/domain/vocabulary.ts';
import { eventByRid } from '../store/events.ts';
import type { ReadableDb } from '../store/port.ts';
import { allWitnesses, listedEntries } from '../store/projections.ts';
import { decoded, fieldText, headEvents, openView, settled, type LogView } from './settled.ts';
import type {
  AttachmentView, BlobRef, CitationView, DecisionView, HandoffView, TaskView,
} from './views-port.ts'; // prettier-ignore
import { witnessViews } from './views-entries.ts';

/** What rooms list apart from the timeline: tasks, decisions, hand-offs, attachments, cited facts. Oldest first. */
type Item = { readonly view: LogView; readonly event: DecodedEvent; readonly effect: 'full' | 'none' };

const itemsOf = (db: ReadableDb, log: LogId, type: string): readonly Item[] => {
  const view = openView(db, log);
  if (!view) return [];
  return listedEntries(db, view.row.rid, type).flatMap(({ event_rid, reason }) => {
    const row = eventByRid(db, event_rid);
    return row ? [{ view, event: decoded(row), effect: reason === null ? ('full' as const) : ('none' as const) }] : [];
  });
};

const instantOf = (event: DecodedEvent, name: string): Instant | null => {
  const text = fieldText(event, name);
  return text !== null && isInstant(text) ? text : null;
};

const idsOf = (event: DecodedEvent, name: string): readonly string[] => {
  const ids = event.fields[name];
  return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
};

const common = ({ view, event, effect }: Item) => ({ id: event.hash, by: view.author(event), at: event.at, effect });

export const tasks = (db: ReadableDb, log: LogId): readonly TaskView[] =>
  itemsOf(db, log, 'task.added').map((item) => ({
    ...common(item),
    text: fieldText(item.event, 'text'),
    state: settled<'open' | 'done'>(item.view, item.event.hash, 'task'),
    assignee: settled<ActorId>(item.view, item.event.hash, 'assignee'),
    dueAt: instantOf(item.event, 'due_at'),
  }));

export const decisions = (db: ReadableDb, log: LogId): readonly DecisionView[] =>
  itemsOf(db, log, 'decision.recorded').map((item) => {
    const { view, event } = item;
    const state = settled<'in-force' | 'withdrawn'>(view, event.hash, 'decision');
    const expiry = settled<Instant>(view, event.hash, 'expiry');
    return {
      ...common(item),
      title: fieldText(event, 'title'),
      options: event.fields['options'] ?? null,
      choice: fieldText(event, 'choice'),
      reason: fieldText(event, 'reason'),
      dissent: fieldText(event, 'dissent'),
      evidence: idsOf(event, 'evidence'),
      state,
      expiry,
      contested: state.conflict.length > 0 || expiry.conflict.length > 0,
    };
  });

export const handoffs = (db: ReadableDb, log: LogId): readonly HandoffView[] =>
  itemsOf(db, log, 'handoff.offered').map((item) => {
    const { view, event } = item;
    const [shown] = headEvents(view, event.hash, 'handoff');
    return {
      ...common(item),
      subject: fieldText(event, 'subject') as HandoffSubject,
      text: fieldText(event, 'text'),
      from: fieldText(event, 'from') as ActorId,
      to: fieldText(event, 'to'),
      reason: fieldText(event, 'reason'),
      state: settled<'offered' | 'accepted' | 'refused'>(view, event.hash, 'handoff'),
      answer: shown && shown.hash !== event.hash ? fieldText(shown, 'reason') : null,
    };
  });

const blobOf = (event: DecodedEvent): BlobRef | null => {
  const blob = event.fields['blob'];
  return isBlobField(blob) ? { sha256: blob.sha256, size: blob.size, media: blob.media } : null;
};

export const attachments = (db: ReadableDb, log: LogId, here: (sha256: string) => boolean): readonly AttachmentView[] =>
  itemsOf(db, log, 'attachment.added').map((item) => {
    const blob = blobOf(item.event);
    return {
      ...common(item),
      name: fieldText(item.event, 'name'),
      note: fieldText(item.event, 'note'),
      blob,
      here: blob !== null && here(blob.sha256),
    };
  });

export const citations = (db: ReadableDb, log: LogId): readonly CitationView[] => {
  const view = openView(db, log);
  if (!view) return [];
  const rows = allWitnesses(db, view.row.rid);
  const firstOfEach = rows.filter((row, index) => rows[index - 1]?.fact !== row.fact);
  return firstOfEach.flatMap(({ fact, event_rid }) => {
    const row = eventByRid(db, event_rid);
    if (!row) return [];
    const event = decoded(row);
    return [
      {
        factId: fact,
        kind: fieldText(event, 'kind') ?? '',
        source: fieldText(event, 'source') ?? '',
        signalId: fieldText(event, 'signal_id'),
        happenedAt: instantOf(event, 'happened_at') ?? event.at,
        assets: idsOf(event, 'assets'),
        witnesses: witnessViews(view, fact),
      },
    ];
  });
};
