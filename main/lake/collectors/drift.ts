import { ok, type Result } from '../../../shared/base/result.ts';
import type { Instant } from '../../../shared/base/time.ts';
import { fullName } from '../../databricks/identifiers.ts';
import type { DatabricksFailure, TextRow } from '../../databricks/port.ts';
import { column, dbx, statementKind } from '../../databricks/statements.ts';
import { columnAsset, factId, tableAsset } from '../assets.ts';
import type { CollectContext, CollectedFact, Collector, Estimate } from '../collector.ts';
import { cursorTexts } from '../cursor.ts';
import { countFacts } from '../../store/lake.ts';
import type { LakeFact } from '../port.ts';
import { countRows, pull, progress, without, type Pull } from '../pull.ts';
import { instantOf, later, minus, numberOf, textOf, timestampParameter } from '../rows.ts';
import { asText, fieldMicros, fieldText } from '../select.ts';
import { lastName, someOf, unfinished } from '../turns.ts';
import { windowLength } from '../window-length.ts';
import { findMonitors, monitorTurn, lackingMonitors, type Monitor } from './monitors.ts';

const rowsKind = statementKind('lake.drift-metrics', 'read', 'how far columns have drifted, per window');
const countKind = statementKind('lake.drift-metrics.count', 'read', 'how many results of drift there are');
const source = 'drift_metrics';
export const driftSource = source;
/** Below this a window says "no significant change" (facts 1.2) and is not stored. */
const worthKeeping = 0.1;
/** Each refresh of a profile may compute older windows again (facts 1.2). */
const recomputed = 24 * 3_600_000;

const wants = [
  fieldMicros('window', 'start', { as: 'window_start', required: true }),
  fieldMicros('window', 'end', { as: 'window_end', required: true }),
  fieldMicros('window_cmp', 'start', { as: 'compared_start' }),
  asText('granularity', { as: 'grain' }),
  asText('monitor_version', { as: 'monitor' }),
  asText('slice_key', { as: 'slice' }),
  asText('column_name', { as: 'col', required: true }),
  asText('drift_type', { as: 'drift' }),
  asText('population_stability_index', { as: 'psi' }),
  asText('js_distance', { as: 'js' }),
  asText('wasserstein_distance', { as: 'wasserstein' }),
  asText('tv_distance', { as: 'tv' }),
  asText('l_infinity_distance', { as: 'l_infinity' }),
  fieldText('chi_squared_test', 'statistic', { as: 'chi_squared' }),
  fieldText('ks_test', 'statistic', { as: 'ks' }),
  asText('percent_null_delta', { as: 'nulls' }),
  asText('percent_zeros_delta', { as: 'zeros' }),
  asText('avg_delta', { as: 'average' }),
];

/** A bin that was empty makes a distance infinite: the most that it can be, and nothing that JSON knows as a number. */
const distanceOf = (row: TextRow, name: string): number | 'Infinity' | null =>
  /^\+?inf(?:inity)?$/i.test(textOf(row, name) ?? '') ? 'Infinity' : numberOf(row, name);
type Distance = ReturnType<typeof distanceOf>;
const words = (distance: Distance): string =>
  distance === null ? 'unknown' : distance === 'Infinity' ? 'infinite' : shown(distance);
const isMore = (distance: Distance): boolean => distance !== null && (distance === 'Infinity' || distance > 0);

/**
 * What a column is judged by where PSI does not apply to it: which statistic applies to which is not documented, so all may be NULL
 * (facts 1.2). Nor is from when on one of them says drift: what is stored then claims none, and is no signal.
 */
const others = [
  ['chiSquared', 'chi_squared', 'chi-squared statistic'], ['totalVariation', 'tv', 'total variation distance'],
  ['lInfinity', 'l_infinity', 'L-infinity distance'], ['js', 'js', 'JS distance'], ['ks', 'ks', 'KS statistic'],
  ['wasserstein', 'wasserstein', 'Wasserstein distance'],
] as const; // prettier-ignore
const shown = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2));

const driftFact = (row: TextRow, monitor: Monitor, context: CollectContext): CollectedFact | null => {
  const [start, end] = [instantOf(row, 'window_start'), instantOf(row, 'window_end')];
  const col = textOf(row, 'col');
  if (start === null || end === null || col === null) return null;
  const granularity = textOf(row, 'grain') ?? windowLength(start, end);
  const type = textOf(row, 'drift') ?? 'UNKNOWN';
  const compared = instantOf(row, 'compared_start');
  const psi = distanceOf(row, 'psi');
  const told = others.map(([key, as, label]) => ({ key, label, distance: distanceOf(row, as) }));
  // Where it does not apply it is NULL; a PSI that is no number says nothing of the others.
  const instead = textOf(row, 'psi') === null ? told.find(({ distance }) => isMore(distance)) : undefined;
  const name = fullName(monitor.watched);
  const against =
    type === 'BASELINE' ? 'the baseline' : type === 'UNKNOWN' ? 'what it is compared with' : 'the window before';
  const native = [name, start, granularity, col.toLowerCase(), type, compared ?? ''].join('/');
  const fact: LakeFact = {
    id: factId('drift', context.metastoreId, native),
    kind: 'drift',
    source,
    workspace: context.workspaceId,
    happenedAt: end,
    observedAt: context.observedAt,
    completeTo: null,
    assets: [tableAsset(context.metastoreId, name), columnAsset(context.metastoreId, name, col)],
    title:
      instead === undefined
        ? `${monitor.watched.table}.${col} has drifted from ${against}: PSI ${words(psi)}`
        : `${monitor.watched.table}.${col} compared with ${against}: ${instead.label} ${words(instead.distance)}`,
    data: {
      table: name, column: col, windowStart: start, windowEnd: end, granularity, type, comparedStart: compared, psi,
      ...Object.fromEntries(told.map(({ key, distance }) => [key, distance])), nullsDelta: numberOf(row, 'nulls'),
      zerosDelta: numberOf(row, 'zeros'), averageDelta: numberOf(row, 'average'), monitorVersion: numberOf(row, 'monitor') ?? 0,
    }, // prettier-ignore
  };
  const merge = (old: LakeFact, next: LakeFact): LakeFact =>
    Number(old.data['monitorVersion']) > Number(next.data['monitorVersion']) ? old : next;
  // A window that was high and is computed again as harmless has to be corrected, so known facts always take the newer value.
  const isWorth = psi === null ? instead !== undefined : psi === 'Infinity' || psi >= worthKeeping;
  return { fact, merge, ...(isWorth ? {} : { onlyIfKnown: true }) };
};

/** How many profiles a stored cursor knows: it has a moment for each, since profiles are refreshed at different times. */
export const profileCount = (cursor: string | null): number => Object.keys(cursorTexts(cursor)).length;

const rowsOf = (monitor: Monitor, context: CollectContext, from: Instant): Pull => ({
  kind: rowsKind,
  table: monitor.results,
  wants,
  where: [
    { needs: 'window', piece: dbx`${column('window')}.${column('end')} >= :since` },
    ...(context.until === null ? [] : [{ needs: 'window', piece: dbx`${column('window')}.${column('end')} < :until` }]),
    { needs: 'slice_key', piece: dbx`slice_key IS NULL` },
    { needs: 'column_name', piece: dbx`column_name <> ':table'` },
  ],
  parameters: {
    since: timestampParameter(from < context.horizon ? context.horizon : from),
    ...(context.until === null ? {} : { until: timestampParameter(context.until) }),
  },
  cannot: without(['slice_key'], 'results of the whole table cannot be told from those of its slices'),
  order: 'window_end',
});

/** Drift of whole tables (no slices) in every data profile that this user may read. */
export const driftCollector: Collector = {
  source,
  label: 'Drift of columns',
  meta: {
    when: 'watch',
    features: ['drifted columns as signals'],
    needs: [{ kind: 'privilege', privilege: 'SELECT', on: 'the drift tables of data profiles' }],
    preview: null,
    latenessMs: null,
    retentionDays: null,
  },
  table: null,
  collect: async (context) => {
    const monitors = await findMonitors(context, 'drift');
    if (!monitors.ok) return monitors;
    const cursors: Record<string, Instant> = { ...cursorTexts(context.cursor) };
    const facts: CollectedFact[] = [];
    const missing = new Set<string>();
    const how = new Map<string, string>();
    const turn = monitorTurn(context, monitors.value);
    const unasked = new Set<string>();
    let completeTo: Instant | null = null;
    let failure: DatabricksFailure | undefined;
    let more = false;
    for (const monitor of turn.each) {
      const name = fullName(monitor.results);
      const cursor = cursors[name] ?? null;
      const resumed = turn.goesOn(monitor);
      const from = cursor === null ? context.horizon : resumed ? cursor : minus(cursor, recomputed);
      const own = { ...context, cursor, completeTo: cursor, resumed };
      const found = await pull(own, rowsOf(monitor, context, from));
      if (turn.lost(monitor, found)) continue;
      if (!found.ok) {
        // One profile that is forbidden or odd costs its own facts only.
        how.set(name, 'refused');
        failure = found.error;
        continue;
      }
      const read = found.value.rows.map((row) => driftFact(row, monitor, context));
      const readable = read.filter((fact) => fact !== null);
      const step = progress(own, found.value, 'window_end', read.length - readable.length);
      facts.push(...readable);
      if (step.cursor !== null) cursors[name] = step.cursor;
      completeTo = later(completeTo, step.completeTo);
      for (const one of step.missingColumns) missing.add(one);
      if (typeof found.value.unasked === 'string') unasked.add(found.value.unasked);
      if (step.more === true) more = true;
      how.set(name, step.more === true ? unfinished : 'read');
      failure = step.failure ?? failure;
    }
    const { went, left, step, whole } = turn.ended(how, { cursor: JSON.stringify(cursors), failure });
    const refused = went('refused').map(lastName);
    const notes = [
      lackingMonitors(monitors.value),
      refused.length === 0 ? null : `Not readable: ${someOf(refused)}.`,
      left,
      ...unasked,
    ].filter((one) => one !== null);
    return ok({
      facts,
      ...step,
      completeTo: (whole ? completeTo : null) ?? context.completeTo,
      missingColumns: [...missing],
      note: notes.length === 0 ? null : notes.join(' '),
      more: step.more === true || (more && whole),
      partly: unasked.size > 0 || !monitors.value.whole,
    });
  },
  estimate: async (context): Promise<Result<Estimate, DatabricksFailure>> => {
    const monitors = await findMonitors(context, 'drift');
    if (!monitors.ok) return monitors;
    let rows = monitors.value.listed;
    for (const monitor of monitors.value.wanted) {
      const found = await countRows(context, { ...rowsOf(monitor, context, context.horizon), kind: countKind });
      if (found.ok) rows += found.value;
    }
    // Most windows did not drift and are not kept; how many did in the window is known from the watch.
    const watched = monitors.value.wanted.map((monitor) => tableAsset(context.metastoreId, fullName(monitor.watched)));
    const kept = countFacts(context.db, {
      assets: watched,
      kinds: ['drift'],
      from: context.horizon,
      to: context.until,
    });
    return ok({ rows, statements: monitors.value.wanted.length + 1, kept, counted: true });
  },
};
