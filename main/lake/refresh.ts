import { thrownText } from '../../shared/base/failure.ts';
import { parseJson } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { fromInstant, toInstant, type Clock, type Instant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { FactKind } from '../../shared/domain/vocabulary.ts';
import type { DatabricksFailure, QueryOptions, Workspace } from '../databricks/port.ts';
import { forgetBefore, newestMoment, putSource, sourceRow } from '../store/lake.ts';
import type { StoreFailure } from '../store/failures.ts';
import type { ReadableDb, Store } from '../store/port.ts';
import { isNotThere, type Collected, type Collector } from './collector.ts';
import { countedWorkspace, noTally } from './counted-workspace.ts';
import type { SourceState } from './port.ts';
import { withEmptyWords } from './empty-words.ts';
import { endsRound } from './rest-read.ts';
import { withSmallerPages } from './smaller-pages.ts';
import { storeBatch } from './store-batch.ts';
import { lookBackOf, upToNow } from './window.ts';

export type RefreshDeps = {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** Why facts of a region may not be stored here; null = they may. */
  readonly refuses?: (region: string | null) => DatabricksFailure | null;
  /** How long facts are kept, in ms; absent = 45 days. */
  readonly keptMs?: () => number;
};
export type Ids = { readonly workspaceId: string; readonly metastoreId: string; readonly region: string | null };
export type SourceResult = {
  readonly source: string;
  readonly facts: number;
  readonly failure: DatabricksFailure | null;
};

/** How far back a first pull goes, and how long facts are kept. */
export const windowMs = 14 * 86_400_000;
export const keptMs = 45 * 86_400_000;
/** Pulls of one source per refresh: bounds what a large workspace can send at once; the rest follows next time. */
const maxPulls = 10;

/** State of a source from how it failed. Being offline leaves what is known; it only gets older. */
export const stateOf = (failure: DatabricksFailure, before: string): SourceState['state'] => {
  if (failure.tag === 'Forbidden') return 'denied';
  if (failure.code === 'MISSING_COLUMNS' || isNotThere(failure)) return 'missing';
  if (
    /^(?:TABLE_OR_VIEW_NOT_FOUND|SCHEMA_NOT_FOUND|NO_SUCH_CATALOG|CATALOG_NOT_FOUND|UNRESOLVED)/.test(
      failure.errorClass ?? '',
    )
  )
    return 'missing';
  if (
    ['Offline', 'Cancelled', 'Starting', 'RateLimited', 'TimedOut', 'Unavailable', 'Unauthorized'].includes(failure.tag)
  )
    return before === 'never' ? 'never' : 'stale';
  return 'failed';
};

export const words = (failure: DatabricksFailure): string => `${failure.what} ${failure.advice}`;

const columnsIn = (missing: string | undefined): readonly string[] => {
  const known = missing === undefined ? null : parseJson(missing);
  return known !== null && known.ok && Array.isArray(known.value)
    ? known.value.filter((name): name is string => typeof name === 'string')
    : [];
};
/** Of some things no answer came, so that nobody looked whether they have the columns that were missing. */
const isUnsure = ({ failure }: Collected): boolean => failure !== undefined && endsRound(failure);

/**
 * A column that was missing is there now: what was stored without it is read again from the beginning of the window. Masks
 * do not count, because a pull without rows shows none.
 */
export const regained = (before: string | undefined, collected: Collected): boolean =>
  !isUnsure(collected) &&
  columnsIn(before).some(
    (name) => !name.endsWith('(masked)') && !collected.missingColumns.some((one) => one.startsWith(name)),
  );

const isEmpty = ({ facts = [], edges = [], assets = [] }: Collected): boolean =>
  facts.length + edges.length + assets.length === 0;

const isLook = (collected: Collected): boolean =>
  collected.unread !== true && (collected.failure === undefined || !isEmpty(collected));

/** Facts, edges, names and the cursor of one pull in one transaction: the cursor never runs ahead of what is stored. */
const storePull = (
  deps: RefreshDeps,
  collector: Collector,
  ids: Ids,
  collected: Collected,
  observedAt: Instant,
): Result<number, StoreFailure> =>
  deps.store.transaction<number>((db) => {
    const { changed } = storeBatch(db, collected, ids.region, null);
    const before = sourceRow(db, collector.source, ids.workspaceId);
    const { failure } = collected;
    putSource(db, {
      source: collector.source,
      workspace: ids.workspaceId,
      region: ids.region,
      cursor: regained(before?.missing, collected) ? null : collected.cursor,
      complete_to: collected.completeTo,
      // A pull of which only the failure came is no look at the source, and neither is a rest: what is held is as old as it was.
      observed: isLook(collected) ? observedAt : (before?.observed ?? null),
      state:
        failure === undefined ? 'fresh' : stateOf(failure, isLook(collected) ? 'stale' : (before?.state ?? 'never')),
      missing: JSON.stringify(
        isUnsure(collected)
          ? [...new Set([...columnsIn(before?.missing), ...collected.missingColumns])]
          : collected.missingColumns,
      ),
      note:
        failure === undefined
          ? collected.note
          : [collected.note, words(failure)].filter((one) => one !== null).join(' '),
    });
    return ok(changed);
  });

/** What came could not be kept; the cursor stays where it was, so that it comes again. */
const notStored = ({ what, advice }: StoreFailure): DatabricksFailure => ({
  tag: 'BadAnswer',
  what,
  safe: 'What was stored before stays right; what came now is read again at the next refresh.',
  advice,
  code: 'NOT_STORED',
});

const storeFailure = (deps: RefreshDeps, collector: Collector, ids: Ids, failure: DatabricksFailure): void => {
  deps.store.transaction<null>((db) => {
    const before = sourceRow(db, collector.source, ids.workspaceId);
    putSource(db, {
      source: collector.source,
      workspace: ids.workspaceId,
      region: ids.region,
      cursor: before?.cursor ?? null,
      complete_to: before?.complete_to ?? null,
      // When it was last read, not when it was last tried.
      observed: before?.observed ?? null,
      state: stateOf(failure, before?.state ?? 'never'),
      missing: before?.missing ?? '[]',
      note: words(failure),
    });
    return ok(null);
  });
};

/** A bug in one collector must not cost the others their facts; it is reported as what it is. */
export const broke = (deps: Pick<RefreshDeps, 'log'>, collector: Collector, thrown: unknown): DatabricksFailure => {
  deps.log(`lake: ${collector.source} broke: ${thrownText(thrown)}`);
  return {
    tag: 'BadAnswer',
    what: `Reading ${collector.label.toLowerCase()} ended in an error of this program.`,
    safe: 'What was stored before stays right; the other sources are not affected.',
    advice: 'Report it with the diagnostic log.',
    code: 'INTERNAL',
  };
};

/** Run one collector until it has no more, storing after each pull. Its failure is recorded and returned, never thrown. */
export const runCollector = async (
  deps: RefreshDeps,
  collector: Collector,
  work: {
    readonly workspace: Workspace;
    readonly ids: Ids;
    readonly scope: ReadonlyMap<AssetId, number>;
    readonly options: QueryOptions;
  },
): Promise<SourceResult> => {
  const { ids } = work;
  let facts = 0;
  const readAt = sourceRow(deps.store.read, collector.source, ids.workspaceId)?.observed ?? null;
  const tally = noTally();
  const workspace = countedWorkspace(work.workspace, deps.clock, () => tally);
  for (let count = 0; count < maxPulls; count += 1) {
    const now = deps.clock.now();
    const before = sourceRow(deps.store.read, collector.source, ids.workspaceId);
    let result: Result<Collected, DatabricksFailure>;
    try {
      const answer = await withSmallerPages(collector).collect({
        workspace,
        ...ids,
        db: deps.store.read,
        clock: deps.clock,
        options: work.options,
        lane: 'watch',
        horizon: toInstant(now - windowMs),
        until: null,
        cursor: before?.cursor ?? null,
        completeTo: before?.complete_to ?? null,
        lookBackMs: lookBackOf(collector.meta, 'watch', readAt, now),
        resumed: count > 0,
        scope: work.scope,
        observedAt: toInstant(now),
      });
      const isAsked = tally.statements + tally.calls > 0;
      // A rule may have come while the answer was under way.
      const refused = deps.refuses?.(ids.region) ?? null;
      const collected =
        refused !== null
          ? err(refused)
          : answer.ok
            ? ok(withEmptyWords(upToNow(answer.value, deps.clock), isAsked, before))
            : answer;
      const stored = collected.ok ? storePull(deps, collector, ids, collected.value, toInstant(now)) : null;
      if (stored?.ok === true) facts += stored.value;
      result = stored?.ok === false ? err(notStored(stored.error)) : collected;
    } catch (thrown) {
      result = err(broke(deps, collector, thrown));
    }
    if (!result.ok) {
      deps.log(`lake: ${collector.source}: ${result.error.tag} ${result.error.code ?? ''}`);
      storeFailure(deps, collector, ids, result.error);
      return { source: collector.source, facts, failure: result.error };
    }
    if (result.value.failure !== undefined) return { source: collector.source, facts, failure: result.value.failure };
    if (result.value.more !== true) break;
  }
  return { source: collector.source, facts, failure: null };
};

/** Kinds of facts whose moment always stands in the data; others take the time of this device where a source names none. */
const datedKinds: readonly FactKind[] = ['run', 'table-version', 'audit', 'pipeline-update', 'query', 'drift'];

/**
 * How late it is at least, in epoch ms: the newest moment that a fact or a source tells of, unless the clock says less. A clock that
 * is ahead of all data by a year makes nothing a year old; what is thrown away for its age may never come again.
 */
export const knownNow = (db: ReadableDb, clock: Clock): number => {
  const now = clock.now();
  const newest = newestMoment(db, toInstant(now), datedKinds);
  return newest === null ? now : Math.min(now, fromInstant(newest));
};

/** Throw away what is too old to matter; true when something went. */
export const forgetOld = (deps: RefreshDeps): boolean => {
  const gone = deps.store.transaction<number>((db) =>
    ok(forgetBefore(db, toInstant(knownNow(db, deps.clock) - (deps.keptMs?.() ?? keptMs)))),
  );
  return gone.ok && gone.value > 0;
};
