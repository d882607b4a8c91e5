import type { JsonValue } from '../../../shared/base/json.ts';
import { ok, type Result } from '../../../shared/base/result.ts';
import type { Instant } from '../../../shared/base/time.ts';
import type { DatabricksFailure, TextRow } from '../../databricks/port.ts';
import { statementKind } from '../../databricks/statements.ts';
import { modelAsset, workspaceAsset } from '../assets.ts';
import { boundTo } from '../bound.ts';
import type { CollectContext, CollectedFact, Collector, Estimate } from '../collector.ts';
import { makeFact } from '../make-fact.ts';
import { experimentRuns, runsLeftOut } from '../model-runs.ts';
import { countRows, halfOfSums, pull, type Pull, without } from '../pull.ts';
import { countOf, instantOf, later, latest, newestOf, textOf } from '../rows.ts';
import { oneOf } from '../scope-filter.ts';
import { asMicros, asText } from '../select.ts';

const kind = statementKind('lake.metric-history', 'read', 'how metrics went during runs of experiments');
const countKind = statementKind('lake.metric-history.count', 'read', 'how many values of metrics there are');
const source = 'system.mlflow.run_metrics_history';
const table = { catalog: 'system', schema: 'mlflow', table: 'run_metrics_history' };
/** Points of one series at most; its least, most and last are always among them. */
export const seriesLimit = 60;
const wants = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('run_id', { as: 'run', required: true }),
  asText('experiment_id', { as: 'experiment' }),
  asText('metric_name', { as: 'metric', required: true }),
  asMicros('metric_time', { as: 'at', required: true }),
  asText('metric_step', { as: 'step' }),
  asText('metric_value', { as: 'value' }),
];

const spec = (context: CollectContext): Pull => {
  const of = oneOf('run_id', 'runs', [...experimentRuns(context).keys()]);
  const cannot = without(['metric_value'], 'nothing tells how metrics went');
  return { kind, table, wants, where: [of.where], parameters: of.parameters, order: 'at', cannot };
};

type Point = { readonly at: Instant; readonly step: number | string | null; readonly value: number };

/** A series in at most `limit` points: evenly spread, with its least, its most, its first and its last value. */
export const thinned = (points: readonly Point[], limit: number): readonly Point[] => {
  if (points.length <= limit) return points;
  const at = (value: number): number => points.findIndex((one) => one.value === value);
  const values = points.map((one) => one.value);
  const kept = new Set([
    0,
    points.length - 1,
    at(values.reduce((a, b) => Math.min(a, b))),
    at(values.reduce((a, b) => Math.max(a, b))),
  ]);
  const spread = limit - kept.size;
  for (let index = 0; index < spread; index += 1) kept.add(Math.floor((index * points.length) / spread));
  return [...kept].sort((a, b) => a - b).map((index) => points[index]).filter((one) => one !== undefined); // prettier-ignore
};

/** How servers write what is no number. */
const isNone = /^[+-]?(?:nan|inf(?:inity)?)$/i;

/** Rows of one metric of one run. NaN and infinities cannot be drawn or compared: they are counted, not kept. */
const seriesFact = (rows: readonly [TextRow, ...TextRow[]], context: CollectContext): CollectedFact | null => {
  const [first] = rows;
  const [ws, run, metric] = [textOf(first, 'ws'), textOf(first, 'run'), textOf(first, 'metric')];
  if (ws === null || run === null || metric === null) return null;
  const all = rows.flatMap((row): (Omit<Point, 'value'> & { readonly value: number })[] => {
    const at = instantOf(row, 'at');
    const value = Number(textOf(row, 'value') ?? Number.NaN);
    return at === null ? [] : [{ at, step: countOf(row, 'step'), value }];
  });
  // A warehouse that answers in another order must not change which value was the last.
  const order = ({ at, step }: Point): readonly [string, number] => [at, Number(step ?? 0)];
  const points = all
    .filter((one) => Number.isFinite(one.value))
    .sort((a, b) => {
      const [[one, first], [other, second]] = [order(a), order(b)];
      return one < other ? -1 : one > other ? 1 : first - second || a.value - b.value;
    });
  const last = points.at(-1);
  const ended = latest(all.map((one) => one.at));
  // Values that are hidden, masked or unreadable are unknown, which is something else than none.
  if (ended === null || (last === undefined && !rows.some((row) => isNone.test(textOf(row, 'value') ?? ''))))
    return null;
  const experiment = textOf(first, 'experiment');
  const made = experimentRuns(context).get(run) ?? [];
  const values = points.map((one) => one.value);
  const kept = thinned(points, seriesLimit);
  return {
    fact: makeFact(context, {
      source,
      kind: 'metric',
      scope: ws,
      workspace: ws,
      native: `${run}/${metric}`,
      at: last?.at ?? ended,
      assets: [
        ...(experiment === null ? [] : [workspaceAsset('experiment', ws, experiment)]),
        ...new Set(made.map((one) => modelAsset(context.metastoreId, one.model))),
      ],
      title: `Metric ${metric} of experiment run ${run.slice(0, 8)} ${last === undefined ? 'was never a number' : `ended at ${Number(last.value.toPrecision(5))}`}`,
      data: {
        metric, run, values: points.length, notNumbers: all.length - points.length, last: last?.value ?? null,
        min: last === undefined ? null : values.reduce((a, b) => Math.min(a, b)), max: last === undefined ? null : values.reduce((a, b) => Math.max(a, b)),
        points: kept.map((one): JsonValue => [one.at, one.step, one.value]),
      }, // prettier-ignore
    }),
  };
};

/** Metrics over the course of the runs that made the models in scope (facts 1.1 `mlflow.run_metrics_history`). For a pack. */
export const metricHistoryCollector: Collector = boundTo(
  {
    source,
    label: 'Metrics of experiments',
    table,
    meta: {
      when: 'pack',
      features: ['metrics over the course of a training run'],
      needs: [{ kind: 'select', table }],
      preview: 'Public Preview',
      latenessMs: null,
      retentionDays: 180,
    },
    collect: async (context) => {
      const found = await pull(context, spec(context));
      if (!found.ok) return found;
      const series = new Map<string, [TextRow, ...TextRow[]]>();
      for (const row of found.value.rows) {
        const key = `${textOf(row, 'run') ?? ''}\n${textOf(row, 'metric') ?? ''}`;
        const known = series.get(key);
        if (known === undefined) series.set(key, [row]);
        else known.push(row);
      }
      const facts = [...series.values()].flatMap((rows) => seriesFact(rows, context) ?? []);
      const unreadable = series.size - facts.length;
      const newest = newestOf(found.value.rows, 'at');
      const left = [
        found.value.full ? 'More values of metrics than one pull can hold; the newest are left out.' : null,
        runsLeftOut(context),
        found.value.unasked ?? null,
        unreadable > 0 ? `${unreadable} series of metrics could not be read.` : null,
      ].filter((one) => one !== null);
      return ok({
        facts: found.value.cutOff === null ? facts : [],
        // By run, not by time: a pull reads its runs in full.
        cursor: null,
        completeTo:
          found.value.cutOff === null && facts.length > 0 ? later(context.completeTo, newest) : context.completeTo,
        missingColumns: found.value.missingColumns,
        note: left.length === 0 ? null : left.join(' '),
        partly: left.length > 0,
        ...(found.value.cutOff === null ? {} : { failure: halfOfSums(found.value.cutOff) }),
      });
    },
    estimate: async (context): Promise<Result<Estimate, DatabricksFailure>> => {
      const rows = await countRows(context, { ...spec(context), kind: countKind });
      return rows.ok ? ok({ rows: rows.value, statements: 1, counted: true }) : rows;
    },
  },
  (context) => [...experimentRuns(context).keys()],
);
