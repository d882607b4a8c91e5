import type { Lake, Write } from '../../duck/lake.ts';
import { storageDdl } from '../../duck/lake.ts';
import type { Plan } from '../plan.ts';
import { driftColumns, profileColumns } from '../system-tables.ts';
import type { Incident } from './incident.ts';
import type { Estate } from './plan.ts';
import { day, fill, moment, type Telling } from './sql.ts';

/** Tables of the estate with a data profile: features, predictions and the inference log (by channel) of an area. */
const ends = ['features', 'predictions', 'inference_log'] as const;
type End = (typeof ends)[number];
const numbers: Readonly<Record<End, readonly string[]>> = {
  features: ['amount_7d', 'quantity_7d', 'active_share'],
  predictions: ['amount_7d', 'prediction'],
  inference_log: ['prediction', 'label'],
};
/** Areas that are monitored: the first two, and where scenarios happen. */
export const monitoredAreas = (estate: Estate, incidents: readonly Pick<Incident, 'area'>[]): readonly string[] => [
  ...new Set([...estate.models.slice(0, 2), ...incidents].map(({ area }) => area)),
];

/** Windows of an hour over two days for each column, for the whole table and, in the log, for each channel. */
const windows = (t: Telling, full: string, end: End): string =>
  `(SELECT h AS a, h + INTERVAL 1 HOUR AS b, c, s.slice, EXISTS (SELECT 1 FROM est.drifts x WHERE x.name = '${full}' AND x.col = c AND h >= x.onset) AS bad, EXISTS (SELECT 1 FROM est.drifts x WHERE x.name = '${full}' AND x.col = c AND h - INTERVAL 1 HOUR >= x.onset) AS was, '${full}' || c || coalesce(slice, '') || h AS k
    FROM (SELECT unnest(range(date_trunc('hour', ${t.now}) - INTERVAL 48 HOUR, ${t.now}, INTERVAL 1 HOUR)) AS h), (SELECT unnest(['${numbers[end].join("', '")}']) AS c),
      (SELECT unnest(CASE WHEN '${end}' = 'inference_log' THEN [NULL, 'web', 'app', 'shop'] ELSE [NULL] END) AS slice) s WHERE ${t.within('h + INTERVAL 1 HOUR')})`;

const drift = (t: Telling, full: string, end: End): string =>
  `SELECT {'start': a, 'end': b} AS "window", '1 hour' AS granularity, 0 AS monitor_version, CASE WHEN slice IS NOT NULL THEN 'channel' END AS slice_key, slice AS slice_value, c AS column_name, 'double' AS data_type,
     CASE WHEN kind = 'CONSECUTIVE' THEN {'start': a - INTERVAL 1 HOUR, 'end': a} END AS window_cmp, kind AS drift_type, 0 AS count_delta, CASE WHEN moved THEN 31.0 ELSE bw.dice(k) - 0.5 END AS avg_delta, 0.0 AS percent_null_delta, 0.0 AS percent_zeros_delta,
     0.0 AS percent_distinct_delta, d AS js_distance, {'statistic': d, 'pvalue': CASE WHEN moved THEN 0.0001 ELSE 0.4 END} AS ks_test, d * 10 AS wasserstein_distance, CASE WHEN moved THEN 0.3 + 0.5 * bw.dice(k || 'p') ELSE 0.01 + 0.05 * bw.dice(k || 'p') END AS population_stability_index
   FROM (SELECT w.*, kind, bad AND (kind = 'BASELINE' OR NOT was) AS moved, CASE WHEN bad AND (kind = 'BASELINE' OR NOT was) THEN 0.45 ELSE 0.03 END AS d FROM ${windows(t, full, end)} w, (SELECT unnest(['CONSECUTIVE', 'BASELINE']) AS kind)) q`;

const profile = (t: Telling, full: string, end: End): string =>
  `SELECT {'start': a, 'end': b} AS "window", 'INPUT' AS log_type, 0 AS logging_table_commit_version, 0 AS monitor_version, '1 hour' AS granularity, CASE WHEN slice IS NOT NULL THEN 'channel' END AS slice_key, slice AS slice_value, c AS column_name,
     CAST(180 + 80 * bw.dice(k) AS BIGINT) AS count, 'double' AS data_type, CASE WHEN c = 'label' AND b > ${t.now} - INTERVAL 30 HOUR THEN 150 ELSE 0 END AS num_nulls, m AS avg, m * 0.2 AS min, m * 3 AS max, m * 0.4 AS stddev, 0 AS num_zeros, m AS median, 120 AS distinct_count, 0.0 AS percent_null, 0.0 AS percent_zeros
   FROM (SELECT *, 18 + 4 * bw.dice(k || 'm') + CASE WHEN bad THEN 31 ELSE 0 END AS m FROM ${windows(t, full, end)} w) q`;

/** The output tables of the profiles, with the windows that ended in the span of `t`. Call it again to go on. */
export const tellMonitors = async (lake: Lake, write: Write, plan: Plan, estate: Estate, areas: readonly string[], t: Telling, known: boolean): Promise<void> => {
  for (const area of areas)
    for (const end of ends) {
      const of = estate.tables.find((x) => x.area === area && x.full.endsWith(`_${end}`));
      if (of === undefined) continue;
      for (const [kind, columns, sql] of [['drift', driftColumns, drift], ['profile', profileColumns, profile]] as const) {
        const [catalog = '', schema = '', base = ''] = of.full.split('.');
        const name = `${base}_${kind}_metrics`;
        const table = known ? lake.table([catalog, schema, name]) : lake.newTable({ catalog, schema, name, columns, owner: of.owner, createdAt: plan.now - 30 * day });
        if (!known) {
          await write.run(storageDdl(table));
          await write.run(`INSERT INTO bw.history VALUES (${table.key}, 0, ${moment(plan.now - 30 * day)}, 'System user', 'CREATE TABLE', MAP {}, MAP {}, FALSE)`);
        }
        const next = { ...table, version: table.version + 1 };
        if ((await fill(write, next, sql(t, of.full, end))) > 0) await write.commit(next, { user: of.owner, operation: 'WRITE', isBlindAppend: true });
        else if (!known) await write.save(table);
      }
    }
}; // prettier-ignore
