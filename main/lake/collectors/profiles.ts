import { ok, type Result } from '../../../shared/base/result.ts';
import type { Instant } from '../../../shared/base/time.ts';
import { fullName } from '../../databricks/identifiers.ts';
import type { DatabricksFailure, TextRow } from '../../databricks/port.ts';
import { column, dbx, statementKind } from '../../databricks/statements.ts';
import { columnAsset, tableAsset } from '../assets.ts';
import { boundTo } from '../bound.ts';
import type { CollectContext, CollectedFact, Collector, Estimate } from '../collector.ts';
import { makeFact } from '../make-fact.ts';
import type { LakeFact } from '../port.ts';
import { countRows, pull, without, type Pull, type Pulled } from '../pull.ts';
import { countOf, instantOf, later, newestOf, numberOf, textOf, timestampParameter } from '../rows.ts';
import { scoped } from '../scope-filter.ts';
import { asText, fieldMicros } from '../select.ts';
import { lastName, someOf } from '../turns.ts';
import { windowLength } from '../window-length.ts';
import { findMonitors, monitorTurn, lackingMonitors, type Monitor } from './monitors.ts';

const kind = statementKind('lake.profile-metrics', 'read', 'statistics of columns, per window');
const countKind = statementKind('lake.profile-metrics.count', 'read', 'how many statistics of columns there are');
const source = 'profile_metrics';

/** Statistics only: `frequent_items` and `quantiles` may repeat values of single rows and are never asked for. */
const numbers = [
  ['avg', 'mean'], ['stddev', 'standardDeviation'], ['median', 'median'], ['percent_null', 'nullPercent'],
  ['percent_zeros', 'zeroPercent'], ['percent_distinct', 'distinctPercent'],
] as const; // prettier-ignore
const counts = [['count', 'rows'], ['num_nulls', 'nulls'], ['num_zeros', 'zeros'], ['num_nan', 'notANumber'], ['distinct_count', 'distinct']] as const; // prettier-ignore
const wants = [
  fieldMicros('window', 'start', { as: 'window_start', required: true }),
  fieldMicros('window', 'end', { as: 'window_end', required: true }),
  asText('granularity', { as: 'grain' }),
  asText('monitor_version', { as: 'monitor' }),
  asText('column_name', { as: 'col', required: true }),
  ...[...numbers, ...counts].map(([name]) => asText(name, { as: `n_${name}` })),
];

const rowsOf = ({ results }: Monitor, context: CollectContext, from: Instant = context.horizon): Pull => ({
  kind,
  table: results,
  wants,
  where: [
    { needs: 'window', piece: dbx`${column('window')}.${column('end')} >= :since` },
    ...(context.until === null ? [] : [{ needs: 'window', piece: dbx`${column('window')}.${column('end')} < :until` }]),
    { needs: 'slice_key', piece: dbx`slice_key IS NULL` },
    { needs: 'log_type', piece: dbx`log_type = 'INPUT'` },
    { needs: 'column_name', piece: dbx`column_name <> ':table'` },
  ],
  parameters: {
    since: timestampParameter(from),
    ...(context.until === null ? {} : { until: timestampParameter(context.until) }),
  },
  cannot: without(['slice_key', 'log_type'], 'statistics of the whole table cannot be told from others'),
  order: 'window_end',
});

const profileFact = (row: TextRow, { watched }: Monitor, context: CollectContext): LakeFact | null => {
  const [start, end] = [instantOf(row, 'window_start'), instantOf(row, 'window_end')];
  const col = textOf(row, 'col');
  if (start === null || end === null || col === null) return null;
  const granularity = textOf(row, 'grain') ?? windowLength(start, end);
  const full = fullName(watched);
  const mean = numberOf(row, 'n_avg');
  const rows = countOf(row, 'n_count');
  return makeFact(context, {
    source,
    kind: 'profile',
    scope: context.metastoreId,
    native: [full, start, granularity, col.toLowerCase()].join('/'),
    at: end,
    assets: [tableAsset(context.metastoreId, full), columnAsset(context.metastoreId, full, col)],
    title: `${watched.table}.${col} in ${granularity} to ${end.slice(0, 16).replace('T', ' ')}: ${rows ?? 'unknown'} rows${mean === null ? '' : `, mean ${Number(mean.toPrecision(4))}`}`,
    data: {
      table: full, column: col, windowStart: start, windowEnd: end, granularity,
      ...Object.fromEntries(counts.map(([name, as]) => [as, countOf(row, `n_${name}`)])),
      ...Object.fromEntries(numbers.map(([name, as]) => [as, numberOf(row, `n_${name}`)])),
      monitorVersion: numberOf(row, 'monitor') ?? 0,
    }, // prettier-ignore
  });
};

/** A profile computes older windows again with its newest configuration (facts 1.2): the highest version counts. */
const merge = (old: LakeFact, next: LakeFact): LakeFact =>
  Number(old.data['monitorVersion']) > Number(next.data['monitorVersion']) ? old : next;

/** Statistics of the columns of tables in scope, whole tables only (facts 1.2 `_profile_metrics`). Read when a room is packed. */
export const profilesCollector: Collector = boundTo(
  {
    source,
    label: 'Statistics of columns',
    table: null,
    meta: {
      when: 'pack',
      features: ['statistics of columns over time'],
      needs: [{ kind: 'privilege', privilege: 'SELECT', on: 'the profile tables of data profiles' }],
      preview: null,
      latenessMs: null,
      retentionDays: null,
    },
    collect: async (context) => {
      const monitors = await findMonitors(context, 'profile');
      if (!monitors.ok) return monitors;
      const facts: CollectedFact[] = [];
      const missing = new Set<string>();
      const how = new Map<string, string>();
      const turn = monitorTurn(context, monitors.value);
      const unasked = new Set<string>();
      let completeTo: Instant | null = null;
      let failure: DatabricksFailure | undefined;
      for (const monitor of turn.each) {
        const name = fullName(monitor.results);
        how.set(name, 'read');
        // A page that is full is followed by the next one, from the last window in it.
        for (let from: Instant | null = context.horizon; from !== null;) {
          const found: Result<Pulled, DatabricksFailure> = await pull(context, rowsOf(monitor, context, from));
          if (turn.lost(monitor, found)) break;
          if (!found.ok) {
            how.set(name, 'refused');
            failure = found.error;
            break;
          }
          const read = found.value.rows.map((row) => profileFact(row, monitor, context));
          facts.push(...read.flatMap((fact) => (fact === null ? [] : [{ fact, merge }])));
          const newest: Instant | null = newestOf(found.value.rows, 'window_end');
          completeTo = later(completeTo, newest);
          for (const one of found.value.missingColumns) missing.add(one);
          if (typeof found.value.unasked === 'string') unasked.add(found.value.unasked);
          failure = found.value.cutOff ?? failure;
          const goesOn: boolean = found.value.full && found.value.cutOff === null;
          if (goesOn && newest === from) how.set(name, 'read full');
          from = goesOn && newest !== from ? newest : null;
        }
      }
      const { went, left, step, whole } = turn.ended(how, { cursor: null, failure });
      const [refused, full] = [went('refused').map(lastName), went('full').map(lastName)];
      const notes = [
        lackingMonitors(monitors.value),
        refused.length === 0 ? null : `Not readable: ${someOf(refused)}.`,
        full.length === 0
          ? null
          : `More rows carry one window than a pull can hold; some are left out: ${someOf(full)}.`,
        left,
        ...unasked,
      ].filter((one) => one !== null);
      return ok({
        facts,
        ...step,
        completeTo: whole && failure === undefined ? later(completeTo, context.completeTo) : context.completeTo,
        missingColumns: [...missing],
        note: notes.length === 0 ? null : notes.join(' '),
        partly: full.length > 0 || unasked.size > 0 || !monitors.value.whole,
      });
    },
    estimate: async (context): Promise<Result<Estimate, DatabricksFailure>> => {
      const monitors = await findMonitors(context, 'profile');
      if (!monitors.ok) return monitors;
      let rows = monitors.value.listed;
      for (const monitor of monitors.value.wanted) {
        const found = await countRows(context, { ...rowsOf(monitor, context), kind: countKind });
        if (found.ok) rows += found.value;
      }
      return ok({ rows, statements: monitors.value.wanted.length + 1, counted: true });
    },
  },
  (context) => scoped(context, 'table', 'view', 'feature-table'),
);
