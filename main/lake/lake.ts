import { parseJson } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { fromInstant, type Clock } from '../../shared/base/time.ts';
import { assetParts, type AssetId, type FactId } from '../../shared/domain/ids.ts';
import { databricksFailure } from '../databricks/failures.ts';
import type { DatabricksFailure, Workspace } from '../databricks/port.ts';
import {
  allEdges,
  columnEdges,
  countAssets,
  countFacts,
  countNamed,
  factById,
  factsPage,
  sourceRow,
  sourceRows,
} from '../store/lake.ts';
import type { ReadableDb, Store, WritableDb } from '../store/port.ts';
import { endsRefresh, type Collector } from './collector.ts';
import { driftSource, profileCount } from './collectors/drift.ts';
import { personalColumnsSource, personalTables } from './collectors/personal-columns.ts';
import { edgeOf, factOf } from './fact-rows.ts';
import { labelOf } from './labels.ts';
import { withNames } from './late-names.ts';
import type { AssetLabel, FactsPage, FactsQuery, LakeEdge, LakeFact, LakeScope, SourceState } from './port.ts';
import { forgetOld, runCollector, type Ids, type SourceResult } from './refresh.ts';
import { ownAssets, regionalReader } from './regional.ts';
import { around, nearestFirst } from './scope.ts';
import { withholdPlace, withholdPlaces, type WithheldPlace } from './withhold.ts';
import { collectors as allCollectors } from './sources.ts';

export type LakeDeps = {
  /** The workspaces that are open now, the primary one first. Reading the cache never needs one. */
  readonly workspaces: () => readonly Workspace[];
  /** A workspace said which it is: for whoever keeps names beside ids. */
  readonly identified?: (workspace: Workspace, ids: Ids) => void;
  /** Why facts of a region may not be stored here; null = they may. */
  readonly refuses?: (region: string | null) => DatabricksFailure | null;
  readonly store: Store;
  readonly clock: Clock;
  /** One line for the diagnostic log. */
  readonly log: (line: string) => void;
  readonly collectors?: readonly Collector[];
  /** How long facts are kept that no packed room holds, in ms; absent = 45 days. */
  readonly keptMs?: () => number;
};

export type RefreshReport = Ids & {
  readonly user: string;
  readonly sources: readonly SourceResult[];
  /** Facts that are new or say something else than before. */
  readonly changed: number;
};

export type Lake = {
  /**
   * Read once every source of one workspace (default: the first) that is due for this scope. Fails only when the workspace as
   * a whole cannot be read; a source that fails is reported in its state and does not stop the others. One refresh of a
   * workspace at a time: a second call waits for the first; workspaces do not wait for each other.
   */
  readonly refresh: (
    scope: LakeScope,
    signal?: AbortSignal,
    workspace?: Workspace,
  ) => Promise<Result<RefreshReport, DatabricksFailure>>;
  /**
   * Forget all that is stored of these places, at once and without any network; `also` is written in the same transaction. False:
   * the disk refused, and nothing was changed.
   */
  readonly withhold: (places: readonly WithheldPlace[], also: (db: WritableDb) => void) => boolean;
  /** Facts newest first, at most `limit` (1 to 500). */
  readonly facts: (db: ReadableDb, query: FactsQuery) => FactsPage;
  /** How many facts a query without `before` and `limit` finds. */
  readonly count: (db: ReadableDb, query: Omit<FactsQuery, 'before' | 'limit'>) => number;
  readonly fact: (db: ReadableDb, id: FactId) => LakeFact | null;
  /** Edges within `hops` (default 3) around assets, in both directions. */
  readonly edges: (db: ReadableDb, assets: readonly AssetId[], hops?: number) => readonly LakeEdge[];
  /** Lineage of the columns of a table or view: what they are made from, and what is made from them. */
  readonly columnEdges: (
    db: ReadableDb,
    table: AssetId,
  ) => { readonly into: readonly LakeEdge[]; readonly out: readonly LakeEdge[] };
  /** These assets and what lies within `hops` of them, nearest first. */
  readonly around: (db: ReadableDb, assets: readonly AssetId[], hops: number) => readonly AssetId[];
  /** Jobs, pipelines and data profiles that are being read: what stands behind an empty inbox. */
  readonly watched: (db: ReadableDb) => {
    readonly jobs: number;
    readonly pipelines: number;
    readonly profiles: number;
    /** Tables with columns that are tagged as personal data. */
    readonly personal: number;
  };
  /** All cached edges, for graphs of the whole lake; bounded. */
  readonly allEdges: (db: ReadableDb) => readonly LakeEdge[];
  readonly assetCount: (db: ReadableDb) => number;
  /** Every source that exists, also those never read. */
  readonly sourceStates: (db: ReadableDb) => readonly SourceState[];
  readonly assetLabel: (db: ReadableDb, asset: AssetId) => AssetLabel;
};

/** A source not read for so long is stale, whatever it said then; one that rests by itself is so much later. */
export const staleAfterMs = 2 * 3_600_000;
const edgeLimit = 100_000;
const columnEdgeLimit = 500;
/** In the background only what is cheap; around affected assets what rooms need too; what only packing needs never here. */
const isDue = (collector: Collector, scope: LakeScope): boolean =>
  collector.meta.when === 'watch' || (collector.meta.when === 'room' && scope.assets.length > 0);
const separator = '\n';

const readCursor = (before: FactsQuery['before']): { readonly happened: string; readonly id: string } | null => {
  if (typeof before === 'object' && before !== null) return { happened: before.at, id: before.id };
  const [happened, id] = before?.split(separator) ?? [];
  return happened === undefined || id === undefined ? null : { happened, id };
};

const stringsOf = (text: string): readonly string[] => {
  const value = parseJson(text);
  return value.ok && Array.isArray(value.value) ? value.value.filter((one) => typeof one === 'string') : [];
};
const states = ['never', 'fresh', 'stale', 'denied', 'failed', 'missing'] as const;

/** Somebody's stop is no loss: the workspace may well answer. */
const isLost = (failure: DatabricksFailure): boolean => endsRefresh(failure) && failure.tag !== 'Cancelled';

export const createLake = (deps: LakeDeps): Lake => {
  const collectors = deps.collectors ?? allCollectors;
  const rests = new Map(collectors.map((one) => [one.source, one.meta.restsMs ?? 0]));
  const staleAfter = (source: string): number => staleAfterMs + (rests.get(source) ?? 0);
  const known = new WeakMap<Workspace, Ids & { readonly user: string }>();
  const lost = new WeakSet<Workspace>();
  const running = new WeakMap<Workspace, Promise<unknown>>();

  const identify = async (
    workspace: Workspace,
    signal: AbortSignal | undefined,
  ): Promise<Result<Ids & { readonly user: string }, DatabricksFailure>> => {
    const cached = known.get(workspace);
    if (cached !== undefined) return ok(cached);
    const found = await workspace.identity(signal === undefined ? {} : { signal });
    if (!found.ok) return found;
    const ids = { ...found.value, region: found.value.region ?? null };
    known.set(workspace, ids);
    deps.identified?.(workspace, ids);
    return ok(ids);
  };

  /** Whether this workspace reads a source that others of its region could read as well. */
  const reads = (collector: Collector, ids: Ids): boolean => {
    if (collector.meta.covers !== 'region') return true;
    const candidates = deps.workspaces().flatMap((one) => {
      const of = known.get(one);
      if (of === undefined) return [];
      const state = sourceRow(deps.store.read, collector.source, of.workspaceId)?.state ?? null;
      return [{ ...of, reached: !lost.has(one), state }];
    });
    return regionalReader(candidates, ids) === ids.workspaceId;
  };

  const refreshNow = async (
    scope: LakeScope,
    signal: AbortSignal | undefined,
    workspace: Workspace,
  ): Promise<Result<RefreshReport, DatabricksFailure>> => {
    const ids = await identify(workspace, signal);
    if (!ids.ok) {
      if (isLost(ids.error)) lost.add(workspace);
      return ids;
    }
    const due = collectors.filter((one) => isDue(one, scope));
    const withheld = (): DatabricksFailure | null => {
      const refused = deps.refuses?.(ids.value.region) ?? null;
      if (refused !== null) withholdPlace(deps, due, ids.value, refused);
      return refused;
    };
    const refused = withheld();
    if (refused !== null) return err(refused);
    const sources: SourceResult[] = [];
    for (const collector of due.filter((one) => reads(one, ids.value))) {
      // Asked anew for each source: lineage that has just arrived widens the scope of those after it.
      const reach = ownAssets(nearestFirst(around(deps.store.read, scope.assets, scope.hops ?? 4).distance), ids.value);
      const result = await runCollector(deps, collector, {
        workspace,
        ids: { workspaceId: ids.value.workspaceId, metastoreId: ids.value.metastoreId, region: ids.value.region },
        scope: reach,
        options: {
          ...(signal === undefined ? {} : { signal }),
          ...(scope.byItself === true ? { byItself: true } : {}),
          ...(collector.meta.when === 'room' && scope.rooms !== undefined ? { rooms: scope.rooms } : {}),
        },
      });
      sources.push(result);
      const since = withheld();
      if (since !== null) return err(since);
      if (endsRefresh(result.failure)) {
        if (isLost(result.failure)) lost.add(workspace);
        return err(result.failure);
      }
    }
    lost.delete(workspace);
    forgetOld(deps);
    return ok({ ...ids.value, sources, changed: sources.reduce((sum, one) => sum + one.facts, 0) });
  };

  return {
    refresh: (scope, signal, given) => {
      const workspace = given ?? deps.workspaces()[0];
      if (workspace === undefined)
        return Promise.resolve(err(databricksFailure('NotConfigured', { detail: 'No workspace is connected.' })));
      const before = running.get(workspace) ?? Promise.resolve();
      const next = before.then(() => refreshNow(scope, signal, workspace));
      const settled = next.catch(() => undefined);
      running.set(workspace, settled);
      return next;
    },
    withhold: (places, also) => withholdPlaces(deps, places, also),
    facts: (db, query) => {
      const limit = Math.min(Math.max(1, query.limit), 500);
      const rows = factsPage(db, {
        assets: query.assets ?? null,
        kinds: query.kinds ?? null,
        from: query.from ?? null,
        to: query.to ?? null,
        before: readCursor(query.before),
        limit: limit + 1,
      });
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        rows: shown.map((row) => withNames(db, factOf(row))),
        next: rows.length > limit && last !== undefined ? `${last.happened}${separator}${last.id}` : null,
      };
    },
    count: (db, query) =>
      countFacts(db, {
        assets: query.assets ?? null,
        kinds: query.kinds ?? null,
        from: query.from ?? null,
        to: query.to ?? null,
      }),
    fact: (db, id) => {
      const row = factById(db, id);
      return row === undefined ? null : withNames(db, factOf(row));
    },
    edges: (db, assets, hops = 3) => around(db, assets, hops).edges,
    columnEdges: (db, table) => {
      const { scope, native } = assetParts(table);
      const found = columnEdges(db, scope, native, columnEdgeLimit);
      return { into: found.into.map((row) => edgeOf(row)), out: found.out.map((row) => edgeOf(row)) };
    },
    around: (db, assets, hops) => [...nearestFirst(around(db, assets, hops).distance).keys()],
    watched: (db) => ({
      jobs: countNamed(db, 'job|'),
      pipelines: countNamed(db, 'pipeline|'),
      profiles: sourceRows(db).reduce(
        (sum, row) => sum + (row.source === driftSource ? profileCount(row.cursor) : 0),
        0,
      ),
      personal: sourceRows(db).reduce(
        (most, row) => Math.max(most, row.source === personalColumnsSource ? personalTables(row.cursor) : 0),
        0,
      ),
    }),
    allEdges: (db) => allEdges(db, edgeLimit).map((row) => edgeOf(row)),
    assetCount: (db) => countAssets(db),
    sourceStates: (db) => {
      const rows = sourceRows(db);
      const now = deps.clock.now();
      const read = rows.map((row): SourceState => {
        const state = states.find((one) => one === row.state) ?? 'failed';
        // Read long ahead of the clock: it was set back, and how old the facts are nobody knows.
        const old = row.observed !== null && Math.abs(now - fromInstant(row.observed)) > staleAfter(row.source);
        return {
          source: row.source,
          workspace: row.workspace,
          region: row.region,
          completeTo: row.complete_to,
          observedAt: row.observed,
          state: state === 'fresh' && old ? 'stale' : state,
          missingColumns: stringsOf(row.missing),
          note: row.note,
        };
      });
      const never = collectors.filter((one) => !rows.some((row) => row.source === one.source));
      return [
        ...read,
        ...never.map((one): SourceState => ({
          source: one.source, workspace: '', region: null, completeTo: null, observedAt: null, state: 'never', missingColumns: [], note: null,
        })),
      ]; // prettier-ignore
    },
    assetLabel: (db, asset) => labelOf(db, asset),
  };
};
