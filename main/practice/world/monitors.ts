import { stamp, type Row } from './bulk.ts';
import { bent } from './rows.ts';
import { hour, tableOf, type DomainPlan, type Plan, type PlannedTable } from './plan.ts';
import type { Random } from './random.ts';

/** Windows are one hour wide; the last ended before this much. */
export const monitoredHours = 48;
const lagMs = 0.4 * hour;

/** The two tables of a domain that carry a data profile. */
export const monitored = (domain: DomainPlan): readonly PlannedTable[] => [
  tableOf(domain, domain.template.weak.feature),
  tableOf(domain, domain.template.scores),
];

const numeric = (table: PlannedTable): readonly string[] =>
  table.columns.filter((c) => c.type === 'double').map((c) => c.name);

/** End of the newest window at a time. */
export const lastWindowEnd = (now: number): number => Math.floor((now - lagMs) / hour) * hour;

const drifts = (domain: DomainPlan, column: string, windowStart: number): boolean =>
  domain.fault !== null &&
  windowStart >= domain.fault.onset &&
  (column === domain.template.weak.featureColumn || column === 'prediction');

/**
 * Drift rows of the windows that end in (from, to]. Against the baseline the drift stays from the onset on; against the window
 * before it shows once, where the change came in.
 */
export const driftRows = (
  domain: DomainPlan,
  table: PlannedTable,
  from: number,
  to: number,
  random: Random,
): readonly Row[] => {
  const rows: Row[] = [];
  for (let end = from + hour; end <= to; end += hour)
    for (const column of numeric(table))
      for (const type of ['CONSECUTIVE', 'BASELINE'] as const) {
        const bad =
          drifts(domain, column, end - hour) && (type === 'BASELINE' || !drifts(domain, column, end - 2 * hour));
        const psi = bad ? random.between(0.27, 0.85) : random.between(0.004, 0.07);
        const distance = bad ? random.between(0.3, 0.7) : random.between(0.01, 0.08);
        rows.push({
          window: { start: stamp(end - hour), end: stamp(end) },
          granularity: '1 hour',
          monitor_version: 0,
          slice_key: null,
          slice_value: null,
          column_name: column,
          data_type: 'double',
          window_cmp: type === 'CONSECUTIVE' ? { start: stamp(end - 2 * hour), end: stamp(end - hour) } : null,
          drift_type: type,
          count_delta: random.integer(-20, 20),
          avg_delta: bad ? bent(domain, 20, column) - 20 : random.between(-0.6, 0.6),
          percent_null_delta: 0,
          percent_zeros_delta: bad && domain.fault?.cause !== 'units changed' ? 0.97 : 0,
          percent_distinct_delta: random.between(-0.02, 0.02),
          non_null_columns_delta: null,
          js_distance: distance,
          ks_test: { statistic: distance, pvalue: bad ? 0.0001 : random.between(0.2, 0.9) },
          wasserstein_distance: distance * 10,
          population_stability_index: Math.round(psi * 10_000) / 10_000,
          chi_squared_test: null,
          tv_distance: null,
          l_infinity_distance: null,
        });
      }
  return rows;
};

export const profileRows = (
  domain: DomainPlan,
  table: PlannedTable,
  from: number,
  to: number,
  random: Random,
): readonly Row[] => {
  const rows: Row[] = [];
  for (let end = from + hour; end <= to; end += hour)
    for (const column of numeric(table)) {
      const mean = random.between(18, 22);
      const bad = drifts(domain, column, end - hour);
      const avg = bad ? bent(domain, mean, column) : mean;
      rows.push({
        window: { start: stamp(end - hour), end: stamp(end) },
        log_type: 'INPUT',
        logging_table_commit_version: 0,
        monitor_version: 0,
        granularity: '1 hour',
        slice_key: null,
        slice_value: null,
        column_name: column,
        count: random.integer(180, 260),
        data_type: 'double',
        num_nulls: 0,
        avg,
        min: avg * 0.2,
        max: avg * 3,
        stddev: avg * 0.4,
        num_zeros: bad && avg === 0 ? 200 : 0,
        median: avg,
        distinct_count: random.integer(90, 160),
        percent_nan: 0,
        percent_null: 0,
        percent_zeros: bad && avg === 0 ? 0.97 : 0,
        percent_distinct: 0.6,
        num_nan: 0,
      });
    }
  return rows;
};

export const monitorName = (table: PlannedTable, kind: 'drift' | 'profile'): readonly [string, string, string] => [
  table.parts[0],
  table.parts[1],
  `${table.parts[2]}_${kind}_metrics`,
];

/** Start of the windows at generation. */
export const firstWindow = (plan: Plan): number => lastWindowEnd(plan.now) - monitoredHours * hour;
