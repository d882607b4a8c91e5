import { fromInstant } from '../../shared/base/time.ts';
import type { Entry } from '../../shared/contract/room.ts';

/** What a lane collects. Facts go by their kind; everything that a person wrote is in `people`. */
export const laneKinds = ['signals', 'runs', 'versions', 'schema', 'model', 'access', 'people'] as const;
export type LaneKind = (typeof laneKinds)[number];
export const laneLabels: Readonly<Record<LaneKind, string>> = {
  signals: 'Signals', runs: 'Runs', versions: 'Versions', schema: 'Schema', model: 'Model', access: 'Access', people: 'People',
}; // prettier-ignore

const byFact: Readonly<Record<string, LaneKind>> = {
  run: 'runs', repair: 'runs', 'pipeline-update': 'runs', 'compute-event': 'runs', query: 'runs', 'table-version': 'versions', 'schema-change': 'schema',
  drift: 'signals', quality: 'signals', expectation: 'signals', 'model-version': 'model', 'alias-move': 'model', 'served-version': 'model', 'experiment-run': 'model',
  audit: 'access', 'grant-change': 'access', 'definition-change': 'access',
}; // prettier-ignore

export const laneOf = (entry: Pick<Entry, 'kind' | 'factKind'>): LaneKind => {
  if (entry.factKind !== null) return byFact[entry.factKind] ?? 'access';
  return entry.kind === 'signal' ? 'signals' : 'people';
};

/**
 * Which lanes a source of facts feeds, from its name. Lineage has its own "facts to …"; lists of jobs, of failed or slow tasks
 * and details of single runs say nothing about how far runs are known; neither does what holds some rows of a table only (it has a "/"
 * in its name: refused reads, personal data), what monitors say of themselves, and served versions. Schema changes are read from
 * the history of tables.
 */
export const lanesOfSource = (source: string): readonly LaneKind[] => {
  const name = source.toLowerCase();
  if (/lineage|job_task_run|^system\..*\//.test(name) || name.startsWith('rest.jobs')) return [];
  if (/mlflow|query\.history|pipeline_events|profile_metrics|served_entities/.test(name)) return [];
  if (/table_results/.test(name)) return ['signals'];
  if (/drift|metric/.test(name)) return ['signals'];
  if (/run/.test(name)) return ['runs'];
  if (/audit|grant/.test(name)) return ['access'];
  if (/model|serving|alias|registr/.test(name)) return ['model'];
  if (/schema|column/.test(name)) return ['schema'];
  if (/histor|version/.test(name)) return ['versions', 'schema'];
  return [];
};

export type LaneMark = {
  readonly ids: readonly string[];
  readonly x: number;
  readonly tone: Entry['tone'];
  readonly title: string;
};
export type Lane = {
  readonly key: string;
  readonly label: string;
  readonly marks: readonly LaneMark[];
  /** Pixels between which nothing is known any more; null when it is known to now or was never said. */
  readonly hatch: { readonly from: number; readonly to: number } | null;
};
export type Range = { readonly from: number; readonly to: number };

const hour = 3_600_000;

/** The stretch of time on screen: `near` begins some hours before the onset, `all` with the first row. Always a little past now. */
export const rangeOf = (rows: readonly Entry[], onset: number | null, now: number, reach: 'near' | 'all'): Range => {
  const moments = rows.map((row) => fromInstant(row.happenedAt)).filter((ms) => !Number.isNaN(ms));
  const first = moments.length === 0 ? now - 6 * hour : Math.min(...moments);
  const before = onset === null ? first : Math.max(first, onset - 6 * hour);
  const from = Math.min(
    reach === 'all' ? Math.min(first, onset ?? first) : Math.min(before, onset ?? before),
    now - hour,
  );
  const last = Math.max(now, ...moments.slice(0, 1), from + hour);
  return { from: from - (last - from) * 0.02, to: last + (last - from) * 0.05 };
};

export const xOf = (at: number, range: Range, width: number): number =>
  ((at - range.from) / (range.to - range.from)) * width;

const rank: Readonly<Record<Entry['tone'], number>> = { bad: 4, change: 3, warn: 2, ok: 1, plain: 0 };
/** Marks that would touch become one; the most serious tone wins. Rows in any order. */
const gather = (rows: readonly Entry[], range: Range, width: number, reach: number): readonly LaneMark[] => {
  const marks: LaneMark[] = [];
  const sorted = rows.toSorted((a, b) => fromInstant(a.happenedAt) - fromInstant(b.happenedAt));
  for (const row of sorted) {
    const x = xOf(fromInstant(row.happenedAt), range, width);
    if (Number.isNaN(x) || x < 0 || x > width) continue;
    const last = marks.at(-1);
    if (last !== undefined && x - last.x < reach && last.tone === row.tone)
      marks[marks.length - 1] = {
        ...last,
        ids: [...last.ids, row.id],
        title: `${last.ids.length + 1} facts, first: ${last.title.replace(/^\d+ facts, first: /, '')}`,
      };
    else if (last !== undefined && x - last.x < 2 && rank[row.tone] > rank[last.tone])
      marks[marks.length - 1] = { ...last, ids: [row.id, ...last.ids], tone: row.tone, title: row.title };
    else marks.push({ ids: [row.id], x, tone: row.tone, title: row.title });
  }
  return marks;
};

export type LaneInput = {
  readonly rows: readonly Entry[];
  readonly range: Range;
  readonly width: number;
  readonly now: number;
  readonly group: 'kind' | 'asset';
  /** Lane → up to when its sources are complete, epoch ms; null = nothing was ever read. */
  readonly completeTo: Readonly<Partial<Record<LaneKind, number | null>>>;
  readonly assetName: (id: string) => string;
};

const assetLanes = 8;
const markReach = 7;

/** Rows → lanes with pixels. Kind lanes are always all there: an empty lane is a statement, too. */
export const layoutLanes = (input: LaneInput): readonly Lane[] => {
  const { rows, range, width, now, group, completeTo } = input;
  const lane = (key: string, label: string, own: readonly Entry[], known: number | null | undefined): Lane => {
    const from = known === undefined ? null : Math.max(0, known === null ? 0 : xOf(known, range, width));
    const to = Math.min(width, xOf(now, range, width));
    return {
      key,
      label,
      marks: gather(own, range, width, markReach),
      hatch: from !== null && from < to - 1 ? { from, to } : null,
    };
  };
  if (group === 'kind')
    return laneKinds.map((kind) =>
      lane(
        kind,
        laneLabels[kind],
        rows.filter((row) => laneOf(row) === kind),
        kind === 'people' ? undefined : completeTo[kind],
      ),
    );
  const byAsset = new Map<string, Entry[]>();
  for (const row of rows) for (const asset of row.assets) byAsset.set(asset, [...(byAsset.get(asset) ?? []), row]);
  return [...byAsset]
    .sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))
    .slice(0, assetLanes)
    .map(([asset, own]) => lane(asset, input.assetName(asset), own, undefined));
};

const minute = 60_000;
const steps = [
  5 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  3 * hour,
  6 * hour,
  12 * hour,
  24 * hour,
  48 * hour,
  168 * hour,
] as const;

/** Moments of the axis, on round times of the zone. `wallAhead`: ms that the zone is ahead of UTC. */
export const ticksOf = (range: Range, width: number, wallAhead: number): readonly number[] => {
  const most = Math.max(2, Math.floor(width / 74));
  const step = steps.find((one) => (range.to - range.from) / one <= most) ?? (range.to - range.from) / most;
  const first = Math.ceil((range.from + wallAhead) / step) * step - wallAhead;
  const ticks: number[] = [];
  for (let at = first; at < range.to; at += step) ticks.push(at);
  return ticks;
};
