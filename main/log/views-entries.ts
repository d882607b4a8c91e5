import { parseJson, type JsonValue } from '../../shared/base/json.ts';
import { isInstant, type Instant } from '../../shared/base/time.ts';
import type { DecodedEvent } from '../../shared/domain/event.ts';
import { specOf } from '../../shared/domain/event-types.ts';
import { isBlobField } from '../../shared/domain/fields.ts';
import { isEventHash, type EventHash, type LogId } from '../../shared/domain/ids.ts';
import { laterHead } from '../../shared/domain/reduce.ts';
import { eventByHash, eventByRid } from '../store/events.ts';
import { logByRid } from '../store/logs.ts';
import type { ReadableDb } from '../store/port.ts';
import {
  countEntries, entriesByHappened, entriesByRecorded, entryOf, witnessesOf, type EntryKey, type EntryRow,
} from '../store/projections.ts'; // prettier-ignore
import { withheldNames } from './decode.ts';
import { decoded, fieldText, headEvents, openView, settled, type LogView } from './settled.ts';
import type {
  EntriesPage, EntriesQuery, EntryVersion, EntryView, NoEffectReason, SettledView, Witness,
} from './views-port.ts'; // prettier-ignore

export const pageLimit = 500;

const printCursor = (row: EntryRow): string =>
  Buffer.from(JSON.stringify([row.happened, row.hlc, row.hash])).toString('base64url');

const parseCursor = (text: string | undefined): EntryKey | null => {
  if (text === undefined) return null;
  const parsed = parseJson(Buffer.from(text, 'base64url').toString('utf8'));
  if (!parsed.ok || !Array.isArray(parsed.value)) return null;
  const [at, hlc, hash] = parsed.value as readonly JsonValue[];
  return typeof at === 'string' && typeof hlc === 'string' && isEventHash(hash) ? { at, hlc, hash } : null;
};

/** One page from newest to oldest. A cursor that is none of ours starts at the newest. */
export const entriesPage = (db: ReadableDb, query: EntriesQuery): EntriesPage => {
  const view = openView(db, query.log);
  if (!view) return { rows: [], next: null, total: 0 };
  const limit = Math.min(pageLimit, Math.max(1, Math.trunc(query.limit)));
  const before = parseCursor(query.before);
  const read = query.order === 'happened' ? entriesByHappened : entriesByRecorded;
  const rows = read(db, view.row.rid, before, limit + 1);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    rows: shown.flatMap((row) => entryView(view, row) ?? []),
    next: rows.length > limit && last ? printCursor(last) : null,
    total: countEntries(db, view.row.rid).entries,
  };
};

/** The entry that an event has, also one without effect; null for events without an entry of their own. */
export const entryByHash = (db: ReadableDb, hash: EventHash): EntryView | null => {
  const event = eventByHash(db, hash);
  const log = event && logByRid(db, event.log_rid);
  const row = event && entryOf(db, event.rid);
  const view = log && openView(db, log.id as LogId);
  return row && view ? entryView(view, row) : null;
};

const assetsOf = (event: DecodedEvent): readonly string[] => {
  const assets = Object.hasOwn(event.fields, 'assets') ? event.fields['assets'] : undefined;
  return Array.isArray(assets) ? assets.filter((asset) => typeof asset === 'string') : [];
};

const observedOf = (event: DecodedEvent): Instant | null => {
  const observed = fieldText(event, 'observed_at');
  return observed !== null && isInstant(observed) ? observed : null;
};

/** All texts that a note has had: from its heads back over what each replaced. */
const versionsOf = (view: LogView, note: DecodedEvent): readonly EntryVersion[] => {
  const heads = headEvents(view, note.hash, 'text');
  if (heads.every(({ hash }) => hash === note.hash)) return [];
  const found = new Map<string, DecodedEvent>([[note.hash, note]]);
  const open = [...heads];
  for (let event = open.pop(); event; event = open.pop()) {
    if (event.hash !== note.hash && (event.type !== 'note.edited' || fieldText(event, 'note') !== note.hash)) continue;
    found.set(event.hash, event);
    for (const hash of event.over) {
      const row = found.has(hash) ? undefined : eventByHash(view.db, hash);
      if (row && row.log_rid === view.row.rid && row.sealed === 0) open.push(decoded(row));
    }
  }
  const edits = [...found.values()].filter(({ hash }) => hash !== note.hash).sort(laterHead);
  return [...edits, note].map((event) => ({
    hash: event.hash,
    by: view.author(event),
    at: event.at,
    text: fieldText(event, 'text'),
  }));
};

export const witnessViews = (view: LogView, fact: string): readonly Witness[] =>
  witnessesOf(view.db, view.row.rid, fact).flatMap(({ event_rid }) => {
    const row = eventByRid(view.db, event_rid);
    if (!row) return [];
    const event = decoded(row);
    const blob = event.fields['blob'];
    return [
      {
        hash: event.hash,
        by: view.author(event),
        observedAt: observedOf(event),
        recordedAt: event.at,
        snapshot: event.fields['snapshot'] ?? null,
        blob: isBlobField(blob) ? { sha256: blob.sha256, size: blob.size, media: blob.media } : null,
      },
    ];
  });

const fieldsOf = (event: DecodedEvent, text: SettledView<string> | null): EntryView['fields'] => {
  if (!text?.head || text.head.hash === event.hash) return event.fields;
  const { text: _original, ...rest } = event.fields;
  return text.value === null ? rest : { ...rest, text: text.value };
};

const entryView = (view: LogView, row: EntryRow): EntryView | null => {
  const stored = eventByRid(view.db, row.event_rid);
  if (!stored) return null;
  const event = decoded(stored);
  const spec = specOf(event.type, event.v);
  const isNote = event.type === 'note.added' && row.reason === null;
  const text = isNote ? settled<string>(view, event.hash, 'text') : null;
  return {
    hash: event.hash,
    log: event.log,
    dev: event.dev,
    seq: event.seq,
    type: event.type,
    v: event.v,
    known: spec !== null,
    by: view.author(event),
    happenedAt: row.happened,
    observedAt: observedOf(event),
    recordedAt: event.at,
    hlc: event.hlc,
    fields: fieldsOf(event, text),
    withheld: withheldNames(event, spec),
    withheldCount: event.withheld,
    versions: isNote ? versionsOf(view, event) : [],
    text,
    witnesses: row.fact === null ? [] : witnessViews(view, row.fact),
    assets: assetsOf(event),
    effect: row.reason === null ? 'full' : 'none',
    reason: row.reason as NoEffectReason | null,
  };
};
