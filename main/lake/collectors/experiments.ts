import { isJsonObject, type JsonValue } from '../../../shared/base/json.ts';
import type { TextRow } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { modelAsset, workspaceAsset } from '../assets.ts';
import type { CollectContext, Collector } from '../collector.ts';
import { makeFact } from '../make-fact.ts';
import { experimentRuns, runsLeftOut } from '../model-runs.ts';
import type { LakeFact } from '../port.ts';
import { instantOf, normaliseResult, objectOf, shortOf, textOf } from '../rows.ts';
import { oneOf } from '../scope-filter.ts';
import { asMicros, asShort, asText, computedOf } from '../select.ts';
import { tableCollector } from '../table-source.ts';
import { resultWords } from '../titles.ts';
import { said } from '../values.ts';

const kind = statementKind('lake.experiment-runs', 'read', 'runs of experiments that made the models in scope');
const countKind = statementKind('lake.experiment-runs.count', 'read', 'how many runs of experiments there are');
const source = 'system.mlflow.runs_latest';
const table = { catalog: 'system', schema: 'mlflow', table: 'runs_latest' };
const metricLimit = 40;
const wants = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('run_id', { as: 'run', required: true }),
  asText('experiment_id', { as: 'experiment' }),
  asShort('run_name', 200, { as: 'label' }),
  asText('created_by', { as: 'who' }),
  asText('status', { as: 'status' }),
  asMicros('start_time', { as: 'started' }),
  asMicros('end_time', { as: 'ended' }),
  asMicros('update_time', { as: 'updated', required: true }),
  asMicros('delete_time', { as: 'deleted' }),
  computedOf(
    'aggregated_metrics',
    'metrics',
    ['metric_name', 'min_value', 'max_value', 'latest_value'].map((name) => [name]),
    () => dbx`to_json(named_struct('all', aggregated_metrics))`,
  ),
];

const finite = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;

/**
 * Least, most and latest value of each metric, in the order of their names: the source promises none. NaN and infinities are no numbers to
 * compare: null.
 */
const metricsOf = (row: TextRow): { readonly [name: string]: JsonValue } => {
  const all = objectOf(row, 'metrics')['all'];
  const rows = Array.isArray(all) ? all.map((one: JsonValue) => one) : [];
  const named = rows.flatMap((one: JsonValue): [string, JsonValue][] => {
    if (!isJsonObject(one) || typeof one['metric_name'] !== 'string') return [];
    const { min_value: least, max_value: most, latest_value: latest } = one;
    return [[one['metric_name'], { min: finite(least), max: finite(most), latest: finite(latest) }]];
  });
  return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, metricLimit));
};
const hasMoreMetrics = (row: TextRow): boolean => {
  const all = objectOf(row, 'metrics')['all'];
  return Array.isArray(all) && all.length > metricLimit;
};
const moreMetrics = `Not complete: of some runs only the first ${metricLimit} metrics are kept, by name.`;

const runFact = (row: TextRow, context: CollectContext): LakeFact | null => {
  const [ws, run, experiment, updated] = [
    textOf(row, 'ws'), textOf(row, 'run'), textOf(row, 'experiment'), instantOf(row, 'updated'),
  ]; // prettier-ignore
  if (ws === null || run === null || updated === null) return null;
  const raw = textOf(row, 'status');
  const [started, ended] = [instantOf(row, 'started'), instantOf(row, 'ended')];
  const result = normaliseResult(raw);
  const models = experimentRuns(context).get(run) ?? [];
  const name = shortOf(row, 'label', 200);
  const deleted = instantOf(row, 'deleted') !== null;
  return makeFact(context, {
    source,
    kind: 'experiment-run',
    scope: ws,
    workspace: ws,
    native: run,
    at: ended ?? started ?? updated,
    assets: [
      ...(experiment === null ? [] : [workspaceAsset('experiment', ws, experiment)]),
      ...new Set(models.map((one) => modelAsset(context.metastoreId, one.model))),
    ],
    title: `Experiment run ${name ?? run.slice(0, 8)} ${deleted ? 'was deleted' : resultWords(result)}${models[0] === undefined ? '' : `; it made version ${said(models[0].version)} of ${models[0].model.split('.').at(-1) ?? ''}`}`,
    data: {
      run, experiment, name, by: textOf(row, 'who'), startedAt: started, endedAt: ended, result, deleted,
      metrics: metricsOf(row), models: models.map((one) => `${one.model}/${said(one.version)}`), raw: { status: raw },
    }, // prettier-ignore
  });
};

/**
 * Runs of experiments that made versions of the models in scope (facts 1.1 `mlflow.runs_latest`; since 2025-09-02, kept 180 days),
 * with each metric's least, most and latest value. Parameters and tags may hold anything and are not asked for. Public Preview.
 */
export const experimentRunsCollector: Collector = tableCollector({
  source,
  label: 'Runs of experiments',
  table,
  kind,
  countKind,
  wants,
  order: 'updated',
  meta: {
    when: 'room',
    features: ['experiment runs behind model versions'],
    needs: [{ kind: 'select', table }],
    preview: 'Public Preview',
    latenessMs: null,
    retentionDays: 180,
  },
  bound: (context) => [...experimentRuns(context).keys()],
  ask: (context) => {
    // A version is older than the window as a rule, and its run older still: by id, whenever it was.
    const of = oneOf('run_id', 'runs', [...experimentRuns(context).keys()]);
    return { where: [of.where], parameters: of.parameters };
  },
  leftOut: (rows, context) => {
    const left = [runsLeftOut(context), rows.some(hasMoreMetrics) ? moreMetrics : null].filter((one) => one !== null);
    return left.length === 0 ? null : left.join(' ');
  },
  read: (row, context) => {
    const fact = runFact(row, context);
    return fact === null ? null : { facts: [{ fact }] };
  },
});
