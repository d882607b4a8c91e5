import type { Instant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { sampleFacts } from '../store/lake.ts';
import { packSource, rateRows, type RateRow } from '../store/packs.ts';
import type { ReadableDb } from '../store/port.ts';
import type { DatabricksFailure, Workspace } from '../databricks/port.ts';
import type { Clock } from '../../shared/base/time.ts';
import { noTally, type Tally } from './counted-workspace.ts';
import type { Collector } from './collector.ts';
import type { Ids } from './refresh.ts';
import { lookBackOf } from './window.ts';

/** What packing would bring and cost. `uncounted`: sources that cannot know it beforehand, by source. */
export type PackEstimate = {
  readonly rows: number;
  readonly bytes: number;
  readonly statements: number;
  readonly ms: number;
  readonly uncounted: readonly string[];
  readonly sources: Readonly<Record<string, number>>;
};

/** A stored row of a source that nothing is known of yet: a fact of a run with its indexes. */
const defaultRowBytes = 900;
/** Time to read, judge and store a row where nothing was measured yet. */
const defaultRowMs = 0.08;
/** Below this many rows an average says little. */
const enoughRows = 20;

const rowBytes = (db: ReadableDb, source: string, rate: RateRow | undefined): number => {
  if (rate !== undefined && rate.rows >= enoughRows) return rate.bytes / rate.rows;
  const sample = sampleFacts(db, source);
  return sample.rows >= enoughRows ? sample.bytes / sample.rows : defaultRowBytes;
};

type EstimateWork = {
  readonly pack: number | null;
  readonly room: string;
  readonly byItself: boolean;
  readonly collectors: readonly Collector[];
  /** Counted into the tally that `tallied` names. */
  readonly workspace: Workspace;
  readonly tallied: (tally: Tally) => void;
  readonly ids: Ids;
  readonly scope: ReadonlyMap<AssetId, number>;
  readonly from: Instant;
  readonly to: Instant | null;
  readonly signal: AbortSignal;
};

/** Ask every source how much there is. A source that fails is not counted; what ends the connection ends the estimate. */
export const estimatePack = async (
  deps: { readonly db: ReadableDb; readonly clock: Clock; readonly ends: (failure: DatabricksFailure) => boolean },
  work: EstimateWork,
): Promise<PackEstimate | DatabricksFailure> => {
  const { db, clock } = deps;
  const rates = new Map(rateRows(db).map((row) => [row.source, row]));
  const tally = noTally();
  work.tallied(tally);
  const uncounted: string[] = [];
  const sources: Record<string, number> = {};
  let rows = 0;
  let bytes = 0;
  let statements = 0;
  const perSource: { readonly source: string; readonly rows: number; readonly statements: number }[] = [];
  for (const collector of work.collectors) {
    const known = work.pack === null ? undefined : packSource(db, work.pack, collector.source, work.ids.workspaceId);
    const isWider = known?.since !== null && known?.since !== undefined && work.from < known.since;
    const found = await collector.estimate?.({
      workspace: work.workspace,
      ...work.ids,
      db,
      clock,
      options: { signal: work.signal, rooms: [work.room], byItself: work.byItself },
      lane: 'pack',
      horizon: work.from,
      until: work.to,
      cursor: isWider ? null : (known?.cursor ?? null),
      completeTo: known?.complete_to ?? null,
      lookBackMs: lookBackOf(collector.meta, 'pack', null, clock.now()),
      resumed: known?.state === 'reading',
      scope: work.scope,
      observedAt: '',
    });
    if (found !== undefined && !found.ok && deps.ends(found.error)) return found.error;
    if (found === undefined || !found.ok) {
      uncounted.push(collector.source);
      continue;
    }
    if (!found.value.counted) uncounted.push(collector.source);
    sources[collector.source] = found.value.rows;
    rows += found.value.rows;
    bytes += found.value.rows * rowBytes(db, collector.source, rates.get(collector.source));
    statements += found.value.statements;
    perSource.push({ source: collector.source, ...found.value });
  }
  const latency = tally.statements === 0 ? 0 : tally.ms / tally.statements;
  const ms = perSource.reduce((sum, one) => sum + timeOf(one, rates.get(one.source), latency), 0);
  return { rows, bytes: Math.round(bytes), statements, ms: Math.round(ms), uncounted, sources };
};

/** Statements cost what this connection's statements cost just now; rows what earlier pulls took beyond that. */
const timeOf = (
  one: { readonly rows: number; readonly statements: number },
  rate: RateRow | undefined,
  latency: number,
): number => {
  const learned =
    rate !== undefined && rate.rows >= enoughRows
      ? Math.max(0, rate.ms - rate.statements * latency) / rate.rows
      : defaultRowMs;
  return one.statements * latency + one.rows * learned;
};
