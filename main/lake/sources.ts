import type { Collector } from './collector.ts';
import { catalogAccessCollector, schemaAccessCollector, tableAccessCollector } from './collectors/access.ts';
import { auditCollector } from './collectors/audit.ts';
import {
  columnMasksCollector,
  columnsCollector,
  columnTagsCollector,
  rowFiltersCollector,
  tablesCollector,
  tableTagsCollector,
  viewsCollector,
} from './collectors/catalog.ts';
import { clusterEventsCollector } from './collectors/cluster-events.ts';
import { columnLineageCollector } from './collectors/column-lineage.ts';
import { computeNamesCollector } from './collectors/compute-names.ts';
import { costCollector } from './collectors/cost.ts';
import { driftCollector } from './collectors/drift.ts';
import { eventLogCollector } from './collectors/event-log.ts';
import { expectationsCollector } from './collectors/expectations.ts';
import { externalLineageCollector } from './collectors/external-lineage.ts';
import { historyCollector } from './collectors/history.ts';
import { inferenceTablesCollector } from './collectors/inference-tables.ts';
import { inferenceCollector } from './collectors/inference.ts';
import { profilesCollector } from './collectors/profiles.ts';
import { jobComputeCollector } from './collectors/job-compute.ts';
import { jobsCollector, jobTasksCollector } from './collectors/jobs.ts';
import { lineageCollector } from './collectors/lineage.ts';
import { modelsCollector } from './collectors/models.ts';
import { namesCollector } from './collectors/names.ts';
import { notebookNamesCollector } from './collectors/notebook-names.ts';
import { refusedAccessCollector } from './collectors/refused-access.ts';
import { repairsCollector } from './collectors/repairs.ts';
import { restLineageCollector } from './collectors/rest-lineage.ts';
import { restQueriesCollector } from './collectors/rest-queries.ts';
import { restRunsCollector } from './collectors/rest-runs.ts';
import { restUpdatesCollector } from './collectors/rest-updates.ts';
import { personalColumnsCollector } from './collectors/personal-columns.ts';
import { personalFlowsCollector } from './collectors/personal-flows.ts';
import { pipelinesCollector } from './collectors/pipelines.ts';
import { pipelineUpdatesCollector } from './collectors/pipeline-updates.ts';
import { updateMessagesCollector } from './collectors/update-messages.ts';
import { qualityMonitorsCollector } from './collectors/quality-monitors.ts';
import { qualityCollector } from './collectors/quality.ts';
import { runMessagesCollector } from './collectors/run-messages.ts';
import { queryTablesCollector } from './collectors/query-tables.ts';
import { queriesCollector } from './collectors/queries.ts';
import { warehouseEventsCollector } from './collectors/warehouse-events.ts';
import { clustersCollector, warehousesCollector } from './collectors/warehouses.ts';
import { nodeHoursCollector } from './collectors/node-hours.ts';
import { experimentRunsCollector } from './collectors/experiments.ts';
import { metricHistoryCollector } from './collectors/metric-history.ts';
import { runInputsCollector } from './collectors/run-inputs.ts';
import { runsCollector } from './collectors/runs.ts';
import { servedEntitiesCollector } from './collectors/served-entities.ts';
import { servingCollector } from './collectors/serving.ts';
import { slowTasksCollector } from './collectors/slow-tasks.ts';
import { taskRunsCollector } from './collectors/task-runs.ts';
import { paceWords } from './window.ts';

/**
 * All sources in the order in which they are read, which is that of their worth: where a room is full or the connection goes, what is
 * worth least is what is missing. Within that, and never against it: lineage comes before what is scoped by it; definitions before
 * what happened to them, for their names in titles; a system table before the REST calls that stand in for it or tell more of what
 * it told (runs, updates, statements, expectations); table histories before the monitors that are compared with them; models before the audit
 * log, which tells them from functions by what is known, and before runs of experiments that made them; columns with personal data
 * before flows and rights; usage before the names of compute that it speaks of; runs and updates before the events of the clusters
 * that they ran on; queries before their tables. Names by id come after all that brings ids: titles take up a name that came later.
 */
export const collectors: readonly Collector[] = [
  // Lineage of tables and columns, with what made it.
  lineageCollector,
  restLineageCollector,
  inferenceTablesCollector,
  columnLineageCollector,
  // Jobs, tasks, runs, task runs, repairs.
  jobsCollector,
  jobTasksCollector,
  runsCollector,
  taskRunsCollector,
  slowTasksCollector,
  restRunsCollector,
  runMessagesCollector,
  repairsCollector,
  jobComputeCollector,
  // Table histories, schemas, and what information_schema says of tables.
  historyCollector,
  columnsCollector,
  tablesCollector,
  viewsCollector,
  rowFiltersCollector,
  columnMasksCollector,
  tableTagsCollector,
  columnTagsCollector,
  tableAccessCollector,
  schemaAccessCollector,
  catalogAccessCollector,
  // Models, versions, aliases; endpoints and what they serve.
  modelsCollector,
  servingCollector,
  servedEntitiesCollector,
  // Changes of rights, personal data, the audit log.
  personalColumnsCollector,
  personalFlowsCollector,
  auditCollector,
  refusedAccessCollector,
  // Profiles and drift, data quality, predictions and labels.
  driftCollector,
  profilesCollector,
  qualityCollector,
  qualityMonitorsCollector,
  inferenceCollector,
  // Pipelines, updates, expectations.
  pipelinesCollector,
  pipelineUpdatesCollector,
  restUpdatesCollector,
  updateMessagesCollector,
  expectationsCollector,
  eventLogCollector,
  // Usage and prices.
  costCollector,
  // Clusters, warehouses and their events.
  computeNamesCollector,
  warehousesCollector,
  clustersCollector,
  warehouseEventsCollector,
  clusterEventsCollector,
  nodeHoursCollector,
  // Query history.
  queriesCollector,
  restQueriesCollector,
  queryTablesCollector,
  // Runs of experiments and their metrics.
  experimentRunsCollector,
  metricHistoryCollector,
  runInputsCollector,
  // Names by id.
  namesCollector,
  notebookNamesCollector,
  // What lies outside Databricks.
  externalLineageCollector,
];

/** Name of a source for people. */
export const sourceLabel = (source: string): string => collectors.find((one) => one.source === source)?.label ?? source;

/** Names of sources say what is asked: a table, a kind of table, or REST. */
export const isAskedByRest = (source: string): boolean => source.startsWith('rest.');

/** When a source is read; one that is not listed any more is read no more. */
export const sourceWhen = (source: string): Collector['meta']['when'] =>
  collectors.find((one) => one.source === source)?.meta.when ?? 'pack';

/** Whether a source rests between readings by itself, longer than others are read again (`restsMs`). */
export const sourceRests = (source: string): boolean =>
  (collectors.find((one) => one.source === source)?.meta.restsMs ?? 0) > 0;

/** What every source needs and gives, for the connection check and the SQL that an administrator gets. */
export const checkedSources = collectors.map(({ source, label, table, meta }) => ({
  source,
  label,
  table,
  features: meta.features,
  needs: meta.needs,
  preview: meta.preview,
  pace: paceWords(meta),
  ...(meta.probe === undefined ? {} : { probe: meta.probe }),
  ...(meta.otherwise === undefined ? {} : { otherwise: meta.otherwise }),
}));
