import { ok } from '../../shared/base/result.ts';
import { toInstant, type Clock, type Instant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { DatabricksFailure, Workspace } from '../databricks/port.ts';
import type { StoreFailure } from '../store/failures.ts';
import { addRate, packSource, putPackSource, type PackSourceRow } from '../store/packs.ts';
import type { Store, WritableDb } from '../store/port.ts';
import {
  batchRows,
  endsRefresh,
  type CollectContext,
  type Collected,
  type Collector,
  type CollectResult,
} from './collector.ts';
import { noTally, type Tally } from './counted-workspace.ts';
import { broke, regained, stateOf, words, type Ids } from './refresh.ts';
import { withSmallerPages } from './smaller-pages.ts';
import { storeBatch } from './store-batch.ts';
import { beyondRetention, lookBackOf, lostWords, upToNow } from './window.ts';

export type PackSourceDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** Why facts of a region may not be stored here; null = they may. Asked for every batch: a rule may come meanwhile. */
  readonly refuses?: (region: string | null) => DatabricksFailure | null;
  /** Lets other work of this process have its turn; awaited between batches. */
  readonly breathe: () => Promise<void>;
};

export type PackSourceWork = {
  readonly pack: number;
  /** Whose statements are counted. */
  readonly room: string;
  /** Nobody asked for this pack: the limit of a day ends it. */
  readonly byItself: boolean;
  readonly collector: Collector;
  /** Counted into `tally`, which this source has for itself. */
  readonly workspace: Workspace;
  readonly tally: Tally;
  readonly ids: Ids;
  readonly scope: ReadonlyMap<AssetId, number>;
  readonly from: Instant;
  readonly to: Instant | null;
  readonly expected: number | null;
  readonly signal: AbortSignal;
  /** True when the room has no room left: what came so far is kept and the source is named as left out. */
  readonly full: () => boolean;
  readonly progress: () => void;
};

/**
 * How a source ended: `stopped` by a person or by what `failure` says; `full`: at the limit of the room; `withheld`: a rule forbids
 * to keep it here, and nothing was written since.
 */
export type PackSourceEnd =
  | { readonly end: 'done'; readonly partly?: true }
  | { readonly end: 'full' }
  | { readonly end: 'stopped' }
  | { readonly end: 'withheld' }
  | { readonly end: 'failed'; readonly failure: DatabricksFailure }
  | { readonly end: 'disk'; readonly failure: StoreFailure };

type Position = { readonly cursor: string | null; readonly completeTo: Instant | null };
type Step = Position & { readonly collected: Collected; readonly bytes: number };
type Saving = {
  /** Store where a batch leads to, in the transaction that stores its facts. */
  readonly save: (db: WritableDb, step: Step) => void;
  /** That transaction was committed: only now does anything count as read. */
  readonly saved: () => void;
};

/** A large answer that came as one is stored in pieces; only the last carries the cursor. */
function* pieces(collected: Collected, from: Position): Generator<Collected> {
  const facts = collected.facts ?? [];
  const edges = collected.edges ?? [];
  const longest = Math.max(facts.length, edges.length, 1);
  for (let at = 0; at < longest; at += batchRows) {
    const last = at + batchRows >= longest;
    const { missingColumns, note } = collected;
    yield {
      ...(last ? collected : { missingColumns, note, cursor: from.cursor, completeTo: from.completeTo }),
      facts: facts.slice(at, at + batchRows),
      edges: edges.slice(at, at + batchRows),
      assets: last ? (collected.assets ?? []) : [],
    };
  }
}

async function* inPieces(collector: Collector, context: CollectContext): AsyncGenerator<CollectResult, void, void> {
  const all = await collector.collect(context);
  if (!all.ok) yield all;
  else for (const piece of pieces(all.value, context)) yield ok(piece);
}

const isWithheld = (deps: Pick<PackSourceDeps, 'refuses'>, { ids }: Pick<PackSourceWork, 'ids'>): boolean =>
  (deps.refuses?.(ids.region) ?? null) !== null;

/** Pulls of one source at most, each of at most `streamLimit` rows; the limit of the room ends it before. */
const mostPulls = 100;

/**
 * Read a source to its end, in batches. `save` stores a batch's cursor in the transaction that stores its facts. The cursor
 * starts over when columns have come back that were missing (`regained`).
 */
const readAll = async (
  deps: PackSourceDeps,
  work: PackSourceWork,
  start: Position & { readonly resumed: boolean; readonly missing: string },
  { save, saved }: Saving,
): Promise<PackSourceEnd> => {
  const collector = withSmallerPages(work.collector);
  let at: Position = start;
  let partly = false;
  const lacking = new Set<string>();
  for (let pull = 0; pull < mostPulls; pull += 1) {
    const observedAt = toInstant(deps.clock.now());
    const context: CollectContext = {
      workspace: work.workspace,
      ...work.ids,
      db: deps.store.read,
      clock: deps.clock,
      options: { signal: work.signal, rooms: [work.room], byItself: work.byItself },
      lane: 'pack',
      horizon: work.from,
      until: work.to,
      cursor: at.cursor,
      completeTo: at.completeTo,
      lookBackMs: lookBackOf(work.collector.meta, 'pack', null, deps.clock.now()),
      resumed: start.resumed || pull > 0,
      scope: work.scope,
      observedAt,
      breathe: deps.breathe,
    };
    let more = false;
    for await (const batch of collector.stream?.(context) ?? inPieces(collector, context)) {
      if (!batch.ok) return work.signal.aborted ? { end: 'stopped' } : { end: 'failed', failure: batch.error };
      if (isWithheld(deps, work)) return { end: 'withheld' };
      const collected = upToNow(batch.value, deps.clock);
      const again = pull === 0 && context.cursor !== null && regained(start.missing, collected);
      const reached: Position = again ? { cursor: null, completeTo: null } : collected;
      for (const name of collected.missingColumns) lacking.add(name);
      const told: Collected = { ...collected, missingColumns: [...lacking] };
      // Facts and cursor in one: what a loss of power takes of both is read again. The end of a source is flushed as all else.
      const stored = deps.store.transaction<null>((db) => {
        const { bytes } = storeBatch(db, collected, work.ids.region, work.pack);
        save(db, { cursor: reached.cursor, completeTo: reached.completeTo, collected: told, bytes });
        return ok(null);
      }, 'later');
      if (!stored.ok) return { end: 'disk', failure: stored.error };
      saved();
      at = reached;
      work.progress();
      if (work.signal.aborted) return { end: 'stopped' };
      if (collected.failure !== undefined && collected.more !== true)
        return { end: 'failed', failure: collected.failure };
      partly ||= collected.partly === true;
      more = again || collected.more === true;
      if (again) break;
      if (work.full()) return { end: 'full' };
      await deps.breathe();
    }
    if (!more) return { end: 'done', ...(partly ? { partly } : {}) };
  }
  return { end: 'full' };
};

const fresh = (work: Pick<PackSourceWork, 'pack' | 'collector' | 'ids'>): PackSourceRow => ({
  pack: work.pack,
  source: work.collector.source,
  workspace: work.ids.workspaceId,
  state: 'due',
  cursor: null,
  complete_to: null,
  observed: null,
  since: null,
  covered: '[]',
  missing: '[]',
  note: null,
  rows: 0,
  bytes: 0,
  statements: 0,
  pages: 0,
  expected: null,
  calls: 0,
  facts: null,
  links: null,
  lost_before: null,
});

const listed = (text: string): ReadonlySet<string> => new Set(JSON.parse(text) as string[]);

/** How a failed source is called on the card. */
const endState = (failure: DatabricksFailure): string => {
  const state = stateOf(failure, 'never');
  return state === 'denied' ? 'refused' : state === 'missing' ? 'missing' : 'failed';
};

/**
 * Read one source for a packed room. What was read before is not read again: a cursor goes on where it stopped, also after a
 * restart; assets that came into scope since are read from the beginning of the window, and only they.
 */
export const readPackSource = async (deps: PackSourceDeps, work: PackSourceWork): Promise<PackSourceEnd> => {
  const { store } = deps;
  const before = packSource(store.read, work.pack, work.collector.source, work.ids.workspaceId) ?? fresh(work);
  const isWider = before.since !== null && work.from < before.since;
  let row: PackSourceRow = {
    ...before,
    ...(isWider ? { cursor: null, complete_to: null, covered: '[]' } : {}),
    expected: before.state === 'reading' ? before.expected : work.expected,
  };
  let counted: Tally = noTally();
  let bytes = 0;
  /** Written and not yet committed: a transaction that fails must not leave a cursor behind that goes ahead of what is stored. */
  let next = { row, counted, bytes };
  const began = deps.clock.now();
  /** Adds what went over the line since the last time. */
  const advance = (db: WritableDb, change: Partial<PackSourceRow>, more = 0): void => {
    next = {
      row: {
        ...row,
        ...change,
        rows: row.rows + work.tally.rows - counted.rows,
        statements: row.statements + work.tally.statements - counted.statements,
        pages: row.pages + work.tally.pages - counted.pages,
        calls: row.calls + work.tally.calls - counted.calls,
        bytes: row.bytes + more,
      },
      counted: { ...work.tally },
      bytes: bytes + more,
    };
    putPackSource(db, next.row);
  };
  const saved = (): void => {
    ({ row, counted, bytes } = next);
  };
  const put = (
    change: Partial<PackSourceRow>,
    flush: 'at-once' | 'later' = 'at-once',
    besides: (db: WritableDb) => void = () => undefined,
  ): StoreFailure | null => {
    const stored = store.transaction<null>((db) => {
      advance(db, change);
      besides(db);
      return ok(null);
    }, flush);
    if (!stored.ok) return stored.error;
    saved();
    return null;
  };
  const resumed = before.state === 'reading' && !isWider;
  const assets = [...work.scope.keys()];
  const covered = listed(row.covered);
  const added = row.cursor === null ? [] : assets.filter((asset) => !covered.has(asset));
  // Read once, it stays here however old it gets: only what was not read to its end before can be too old already.
  const begins = isWider || before.since === null || before.observed === null || added.length > 0;
  const lostBefore = begins ? beyondRetention(work.collector.meta, work.from, began) : before.lost_before;
  // A window that begins later than that misses nothing; a wider one would again.
  const lost = lostBefore === null || lostBefore <= work.from ? null : lostWords(work.collector.meta, lostBefore);
  let end: PackSourceEnd = { end: 'done' };
  if (added.length > 0) {
    const scope = new Map([...work.scope].filter(([asset]) => !covered.has(asset)));
    const nowhere = { cursor: null, completeTo: null, resumed: false, missing: '[]' };
    end = await readAll(deps, { ...work, scope }, nowhere, {
      save: (db, step) => advance(db, {}, step.bytes),
      saved,
    });
  }
  if (end.end === 'done') {
    // Nothing was read of it yet: a loss of power takes the mark with the batches that follow it, or leaves it before them.
    const full = put(
      {
        state: 'reading',
        since: isWider || row.since === null ? work.from : row.since,
        covered: JSON.stringify([...new Set([...covered, ...assets])]),
      },
      'later',
    );
    if (full !== null) return { end: 'disk', failure: full };
    const start = { cursor: row.cursor, completeTo: row.complete_to, resumed, missing: row.missing };
    const save = (db: WritableDb, step: Step): void => {
      const missing = JSON.stringify(step.collected.missingColumns);
      const isSaid = work.tally.statements + work.tally.pages > 0 || lostBefore === before.lost_before;
      const told = isSaid
        ? { note: lost === null ? step.collected.note : sentences(step.collected.note, lost), lost_before: lostBefore }
        : { note: step.collected.note };
      advance(db, { cursor: step.cursor, complete_to: step.completeTo, missing, ...told }, step.bytes);
    };
    end = await readAll(deps, work, start, { save, saved });
  }
  if (end.end === 'done' && lost !== null && row.lost_before === lostBefore) end = { end: 'done', partly: true };
  // What says how far it was read may not come back either.
  if (end.end === 'withheld' || isWithheld(deps, work)) return { end: 'withheld' };
  // An answer of REST counts as a row here: the rate says what one of either takes.
  const { rows, statements, calls } = work.tally;
  const ended = put(endOf(end, toInstant(deps.clock.now()), row.note), 'at-once', (db) => {
    if (end.end !== 'done' || rows + calls === 0) return;
    const ms = deps.clock.now() - began;
    addRate(db, { source: work.collector.source, rows: rows + calls, bytes, statements: statements + calls, ms });
  });
  return ended === null ? end : { end: 'disk', failure: ended };
};

const sentences = (...all: readonly (string | null)[]): string => all.filter((one) => one !== null).join(' ');

const endOf = (
  end: Exclude<PackSourceEnd, { readonly end: 'withheld' }>,
  now: Instant,
  note: string | null,
): Partial<PackSourceRow> => {
  switch (end.end) {
    case 'done':
      // What is not in it is said by its note.
      return { state: end.partly === true ? 'left-out' : 'done', observed: now };
    case 'full':
      return {
        state: 'left-out',
        observed: now,
        note: sentences(note, 'The limit of this room was reached; the rest was left out.'),
      };
    case 'failed':
      // The connection went: it goes on from where it is.
      if (endsRefresh(end.failure)) return {};
      return {
        state: endState(end.failure),
        note: sentences(note, words(end.failure)),
      };
    // The cursor stays where it is: it goes on from there.
    case 'stopped':
    case 'disk':
      return {};
  }
};

/** Facts of this place may not lie on this device: each source is withheld, and the card says why. Nothing is asked. */
export const refuseSources = (
  deps: Pick<PackSourceDeps, 'store'>,
  work: Pick<PackSourceWork, 'pack' | 'ids'> & { readonly collectors: readonly Collector[] },
  refused: DatabricksFailure,
): void => {
  deps.store.transaction<null>((db) => {
    for (const collector of work.collectors) {
      const before = packSource(db, work.pack, collector.source, work.ids.workspaceId) ?? fresh({ ...work, collector });
      putPackSource(db, {
        ...before,
        state: 'withheld',
        cursor: null,
        complete_to: null,
        covered: '[]',
        missing: '[]',
        note: words(refused),
        since: null,
        lost_before: null,
        rows: 0,
        bytes: 0,
        expected: null,
        facts: 0,
        links: 0,
      });
    }
    return ok(null);
  });
};

/** Runs a source and keeps a bug of its own to itself. */
export const readPackSourceSafely = async (deps: PackSourceDeps, work: PackSourceWork): Promise<PackSourceEnd> => {
  try {
    return await readPackSource(deps, work);
  } catch (thrown) {
    return { end: 'failed', failure: broke(deps, work.collector, thrown) };
  }
};
