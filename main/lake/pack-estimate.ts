import { toInstant, type Clock, type Instant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { sampleFacts } from '../store/lake.ts';
import { packSource, rateRows, type RateRow } from '../store/packs.ts';
import type { ReadableDb } from '../store/port.ts';
import type { DatabricksFailure, Workspace } from '../databricks/port.ts';
import type { Tally } from './counted-workspace.ts';
import type { Collector, Estimate } from './collector.ts';
import type { Ids } from './refresh.ts';
import { lookBackOf } from './window.ts';

/** What packing would bring and cost. `uncounted`: sources that cannot know it beforehand, by source. */
export type PackEstimate = {
  readonly rows: number;
  readonly bytes: number;
  readonly statements: number;
  readonly calls: number;
  readonly ms: number;
  readonly uncounted: readonly string[];
  /** Rows of each source that was counted; calls, where it is asked by REST only. */
  readonly sources: Readonly<Record<string, number>>;
};

/** A stored row of a source that nothing is known of yet: a fact of a run with its indexes. */
const defaultRowBytes = 900;
/** Time to read, judge and store a row where nothing was measured yet. */
const defaultRowMs = 0.08;
/** Below this many rows an average says little. */
const enoughRows = 20;

/** Bytes on this disk: by what earlier packings of the source came to, else by the facts of it that are here. */
const bytesOf = (db: ReadableDb, one: Part, rate: RateRow | undefined): number => {
  const all = one.rows + one.calls;
  if (rate !== undefined && rate.rows >= enoughRows) return all * (rate.bytes / rate.rows);
  const sample = sampleFacts(db, one.source);
  return (one.kept ?? all) * (sample.rows >= enoughRows ? sample.bytes / sample.rows : defaultRowBytes);
};

type EstimateWork = {
  readonly pack: number | null;
  readonly room: string;
  readonly byItself: boolean;
  readonly collectors: readonly Collector[];
  /** Counted into `tally`. */
  readonly workspace: Workspace;
  readonly tally: Tally;
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
  const { tally } = work;
  const uncounted: string[] = [];
  const sources: Record<string, number> = {};
  let rows = 0;
  let bytes = 0;
  let [statements, calls] = [0, 0];
  const perSource: Part[] = [];
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
      observedAt: toInstant(clock.now()),
    });
    if (found !== undefined && !found.ok && deps.ends(found.error)) return found.error;
    if (found === undefined || !found.ok) {
      uncounted.push(collector.source);
      continue;
    }
    if (!found.value.counted) uncounted.push(collector.source);
    const part = { calls: 0, ...found.value, source: collector.source };
    sources[collector.source] = part.rows === 0 && part.statements === 0 ? part.calls : part.rows;
    rows += part.rows;
    bytes += bytesOf(db, part, rates.get(collector.source));
    statements += part.statements;
    calls += part.calls;
    perSource.push(part);
  }
  if (calls > 0 && tally.calls === 0) await oneCall(work, perSource);
  const wait = waitsOf(tally);
  const ms = perSource.reduce((sum, one) => sum + timeOf(one, rates.get(one.source), wait), 0);
  return { rows, bytes: Math.round(bytes), statements, calls, ms: Math.round(ms), uncounted, sources };
};

type Part = Estimate & { readonly source: string; readonly calls: number };
/** How long an answer of REST takes is known only when one came; a call costs nothing on a warehouse. */
const oneCall = async (
  { collectors, workspace, room, byItself, signal }: EstimateWork,
  parts: readonly Part[],
): Promise<void> => {
  const asked = parts.filter((one) => one.calls > 0).map((one) => one.source);
  const probe = collectors.find(({ source, meta }) => asked.includes(source) && meta.probe !== undefined)?.meta.probe;
  // What it answers does not matter here: packing finds out, and says so.
  if (probe !== undefined) await workspace.rest.call(probe, { signal, rooms: [room], byItself });
};

/** How long one statement, and one call of REST, is waited for on this connection now, in ms. */
type Waits = { readonly statement: number; readonly call: number };
const waitsOf = (tally: Tally): Waits => {
  const statement = tally.statements === 0 ? null : tally.ms / tally.statements;
  const call = tally.calls === 0 ? null : tally.callMs / tally.calls;
  return { statement: statement ?? call ?? 0, call: call ?? statement ?? 0 };
};

/** Statements and calls cost what this connection's cost just now; rows what earlier pulls took beyond that. */
const timeOf = (one: Part, rate: RateRow | undefined, wait: Waits): number => {
  const learned =
    rate !== undefined && rate.rows >= enoughRows
      ? Math.max(0, rate.ms - rate.statements * wait.statement) / rate.rows
      : defaultRowMs;
  return one.statements * wait.statement + one.calls * wait.call + (one.rows + one.calls) * learned;
};
