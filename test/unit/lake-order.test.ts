// Where a room is full or the connection goes, what is worth least is what is missing: sources are read in the order of their worth.
import { describe, expect, it } from 'vitest';
import { collectors } from '../../main/lake/sources.ts';

/** The order of worth that a room is packed in; by the beginning of the names of sources. */
const worth: readonly (readonly string[])[] = [
  ['system.access.table_lineage', 'rest.lineage-tracking.table-lineage', 'system.access.column_lineage', 'rest.inference-tables'],
  ['system.lakeflow.jobs', 'system.lakeflow.job_', 'rest.jobs.'],
  ['delta.history', 'system.information_schema.'],
  ['rest.unity-catalog.models', 'rest.serving-endpoints', 'system.serving.'],
  ['system.access.audit', 'system.access.audit/refused', 'system.information_schema.column_tags/personal', 'system.access.column_lineage/personal'],
  ['drift_metrics', 'profile_metrics', 'system.data_quality_monitoring.', 'rest.data-quality.', 'inference_aggregates'],
  ['system.lakeflow.pipeline', 'rest.pipelines.', 'system.lakeflow_pipeline_events_preview.', 'pipelines.event-log'],
  ['system.billing.usage'],
  ['system.compute.', 'rest.compute-names', 'rest.clusters.'],
  ['system.query.history', 'rest.sql.history.', 'system.access.table_lineage/statements'],
  ['system.mlflow.', 'rest.mlflow.'],
  ['rest.names', 'system.billing.usage/notebooks'],
  ['rest.lineage-tracking.external-lineage'],
]; // prettier-ignore

/** Place of a source in that order: the longest beginning that fits says which. */
const placeOf = (source: string): number => {
  const fits = worth.flatMap((group, place) =>
    group.flatMap((start) => (source.startsWith(start) ? [{ place, length: start.length }] : [])),
  );
  return fits.toSorted((a, b) => b.length - a.length)[0]?.place ?? -1;
};

describe('the order in which sources are read', () => {
  it('is that of their worth, and every source has its place in it', () => {
    const places = collectors.map(({ source }) => placeOf(source));
    expect(collectors.filter(({ source }) => placeOf(source) === -1)).toEqual([]);
    expect(new Set(places).size).toBe(worth.length);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it.each([
    ['system.access.table_lineage', 'rest.lineage-tracking.table-lineage', 'REST stands in for the table'],
    ['system.lakeflow.jobs', 'system.lakeflow.job_run_timeline', 'titles of runs have names'],
    ['system.lakeflow.job_run_timeline', 'rest.jobs.runs/list', 'REST stands in for the table'],
    ['rest.jobs.runs/list', 'rest.jobs.runs', 'messages are asked of runs that failed'],
    ['rest.jobs.runs/list', 'rest.jobs.runs/get', 'repairs are asked of runs that are known'],
    ['delta.history', 'rest.data-quality.monitors', 'a monitor is stale when the data is newer'],
    ['rest.unity-catalog.models', 'system.access.audit', 'the log tells models from functions by what is known'],
    ['system.information_schema.column_tags/personal', 'system.access.audit', 'rights on personal data'],
    ['system.information_schema.column_tags/personal', 'system.access.column_lineage/personal', 'flows begin there'],
    ['system.lakeflow.pipelines', 'system.lakeflow.pipeline_update_timeline', 'titles of updates have names'],
    ['system.lakeflow.pipeline_update_timeline', 'rest.pipelines.updates', 'what is told in full is not asked for'],
    ['rest.pipelines.updates', 'rest.pipelines.events', 'messages are asked of updates that failed'],
    ['system.lakeflow_pipeline_events_preview.pipeline_events', 'pipelines.event-log', 'single logs stand in for it'],
    ['system.billing.usage', 'rest.compute-names', 'names of what is charged'],
    ['system.lakeflow.job_run_timeline', 'rest.clusters.events', 'clusters that runs ran on'],
    ['system.compute.warehouses', 'rest.clusters.events', 'an id that is a warehouse is no cluster'],
    ['system.query.history', 'rest.sql.history.queries', 'what is told in full is not asked for'],
    ['rest.sql.history.queries', 'system.access.table_lineage/statements', 'tables of statements that are known'],
    ['rest.unity-catalog.models', 'system.mlflow.runs_latest', 'runs that made versions'],
  ])('%s comes before %s: %s', (first, then) => {
    const at = (source: string): number => collectors.findIndex((one) => one.source === source);
    expect([at(first), at(then)]).not.toContain(-1);
    expect(at(first)).toBeLessThan(at(then));
  });
});
