import { ensure } from '../../shared/base/assert.ts';
import { isJsonObject, parseJson } from '../../shared/base/json.ts';
import type { Instant } from '../../shared/base/time.ts';
import type { Entry, TimelinePage } from '../../shared/contract/room.ts';
import type { LogId } from '../../shared/domain/ids.ts';
import type { EntriesPage, EntryOrder, EntryView, Views } from '../log/views-port.ts';
import type { ReadableDb } from '../store/port.ts';
import { describe, withoutEffect } from './describe.ts';
import { onMap } from './display.ts';
import { factEntry, type FactPosition, type FactSource, type FactWindow } from './facts.ts';
import type { Marks } from './marks.ts';
import { onOlderFacts, type OlderFacts } from './older-facts.ts';
import type { Names } from './people.ts';

/**
 * `room.timeline`: entries of the log and cached machine facts in one order, newest first, by keyset over both sources. A
 * cited fact stands for its cached copy. Facts of the cache have no recorded time: they take part only in the order of what
 * happened. A search looks at `scanLimit` entries a call; a page may be short and still have a next one.
 */
export type TimelineSources = {
  readonly db: ReadableDb;
  readonly views: Views;
  readonly names: Names;
  readonly marks: Marks;
  readonly facts: FactSource;
  readonly window: FactWindow;
  /** Cited facts of which something else is said now, in words. */
  readonly older: OlderFacts;
};
export type TimelineQuery = {
  readonly log: LogId;
  readonly order: EntryOrder;
  readonly machine: boolean;
  readonly search: string;
  readonly limit: number;
  readonly before: string | null;
};

export const scanLimit = 1_500;
const chunk = 500;

/** Where a reader stands in each source: `false` = its end was reached. */
type Cursor = { readonly log: string | null | false; readonly fact: FactPosition | null | false };

export const timelinePage = (from: TimelineSources, query: TimelineQuery): TimelinePage => {
  const cursor = decodeCursor(query.before);
  const wanted = wantedBy(query);
  const withFacts = query.machine && query.order === 'happened';
  const cited = new Set(from.views.citations(from.db, query.log).map(({ factId }) => factId));
  const log = logSource(from, query, cursor.log);
  const facts = factSource(from, cited, withFacts ? cursor.fact : false);

  const rows: Entry[] = [];
  let scanned = 0;
  while (rows.length < query.limit && scanned < scanLimit) {
    const entry = log.peek();
    const fact = facts.peek();
    if (entry === null && fact === null) break;
    scanned += 1;
    const takeFact = fact !== null && (entry === null || fact.happenedAt > entry.happenedAt);
    const row = takeFact ? factEntry(fact) : entryView(from, ensure(entry, 'one of the two sources has a row'));
    (takeFact ? facts : log).take();
    if (wanted(row)) rows.push(row);
  }
  const done = log.peek() === null && facts.peek() === null;
  const filtered = query.search !== '' || !query.machine;
  return {
    rows,
    next: done ? null : encodeCursor({ log: log.position(), fact: facts.position() }),
    total: filtered ? rows.length : log.total() + (withFacts ? from.facts.count(from.window) : 0),
  };
};

const wantedBy = ({ search, machine }: TimelineQuery): ((row: Entry) => boolean) => {
  const needle = search.trim().toLowerCase();
  return (row) =>
    (machine || row.kind !== 'fact') &&
    (needle === '' ||
      [row.title, row.body ?? '', row.by?.name ?? '', ...row.chips].some((text) =>
        text.toLowerCase().includes(needle),
      ));
};

/** One line of the timeline from one entry of the log. */
export const entryView = (
  { names, marks, older }: Pick<TimelineSources, 'names' | 'marks' | 'older'>,
  entry: EntryView,
): Entry => {
  const { kind, title, body, tone, chips } = describe(entry, names);
  const factId = entry.type === 'fact.cited' ? entry.fields['fact_id'] : undefined;
  const factKind = entry.type === 'fact.cited' ? entry.fields['kind'] : undefined;
  return {
    // A cited fact keeps the id of its cached copy, so that a selection and a link survive the citation.
    id: typeof factId === 'string' ? factId : entry.hash,
    kind,
    factKind: typeof factKind === 'string' ? factKind : null,
    title,
    body,
    by: names.person(entry.by),
    happenedAt: entry.happenedAt,
    observedAt: entry.observedAt,
    recordedAt: entry.recordedAt,
    tone,
    assets: onMap(entry.assets),
    chips: [...chips, ...olderChips(entry, older)],
    versions: entry.versions.map(({ text, by, at }) => ({ text: text ?? 'withheld', by: names.person(by), at })),
    witnesses: entry.witnesses.length,
    withheld: entry.withheldCount,
    withoutEffect: withoutEffect(entry),
    ledger: marks.at(entry.log, entry.dev, entry.seq),
  };
};

/** A cited fact says what it is now; what was concluded on it says that. */
const olderChips = ({ type, fields, recordedAt }: EntryView, older: OlderFacts): readonly string[] => {
  const id = type === 'fact.cited' ? fields['fact_id'] : null;
  const words = typeof id === 'string' ? older(id, null) : null;
  if (words !== null) return [words];
  const evidence = Array.isArray(fields['evidence']) ? fields['evidence'] : [];
  return evidence.some((one) => typeof one === 'string' && older(one, recordedAt) !== null) ? [onOlderFacts] : [];
};

type Source<T> = {
  readonly peek: () => T | null;
  readonly take: () => void;
};

const logSource = (
  { db, views }: TimelineSources,
  { log, order, limit, search, machine }: TimelineQuery,
  start: string | null | false,
): Source<EntryView> & { readonly position: () => string | null | false; readonly total: () => number } => {
  const size = search === '' && machine ? limit : chunk;
  const read = (before: string | null, count: number): EntriesPage =>
    views.entriesPage(db, { log, order, limit: count, ...(before === null ? {} : { before }) });
  let before: string | null = start === false ? null : start;
  let page = start === false ? { ...read(null, 1), rows: [], next: null } : read(before, size);
  let at = 0;

  const peek = (): EntryView | null => {
    if (at >= page.rows.length && page.next !== null) {
      before = page.next;
      page = read(before, size);
      at = 0;
    }
    return page.rows[at] ?? null;
  };
  return {
    peek,
    take: () => void (at += 1),
    // Inside a page the cursor of the last row taken is asked for: rows that arrive late must not shift it.
    position: () => (peek() === null ? false : at === 0 ? before : read(before, at).next),
    total: () => page.total,
  };
};

const factSource = (
  { facts, window }: TimelineSources,
  cited: ReadonlySet<string>,
  start: FactPosition | null | false,
): Source<ReturnType<FactSource['page']>[number]> & { readonly position: () => FactPosition | null | false } => {
  const size = 200;
  let last: FactPosition | null = start === false ? null : start;
  let rows = start === false ? [] : facts.page(window, last, size);
  let more = rows.length === size;
  let at = 0;

  const skip = (): void => {
    const row = rows[at];
    if (row === undefined) return;
    last = { at: row.happenedAt, id: row.id };
    at += 1;
  };
  const peek = (): (typeof rows)[number] | null => {
    for (;;) {
      const row = rows[at];
      if (row !== undefined && !cited.has(row.id)) return row;
      if (row !== undefined) skip();
      else if (more) {
        rows = facts.page(window, last, size);
        more = rows.length === size;
        at = 0;
      } else return null;
    }
  };
  return { peek, take: skip, position: () => (peek() === null ? false : last) };
};

const encodeCursor = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');

/** A cursor that is none (another version, a typing error) starts at the newest entry: nothing can be lost by that. */
const decodeCursor = (text: string | null): Cursor => {
  const beginning: Cursor = { log: null, fact: null };
  if (text === null) return beginning;
  const parsed = parseJson(Buffer.from(text, 'base64url').toString('utf8'));
  if (!parsed.ok || !isJsonObject(parsed.value)) return beginning;
  const { log, fact } = parsed.value;
  const position = isJsonObject(fact) && typeof fact['at'] === 'string' && typeof fact['id'] === 'string';
  return {
    log: typeof log === 'string' || log === false ? log : null,
    fact: fact === false ? false : position ? { at: fact['at'] as Instant, id: fact['id'] as string } : null,
  };
};
