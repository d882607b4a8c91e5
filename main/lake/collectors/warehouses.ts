import { statementKind } from '../../databricks/statements.ts';
import { anHour, type Collector } from '../collector.ts';
import { computeInScope } from '../compute-scope.ts';
import { definitionCollector } from '../definitions.ts';
import { asJson, asText } from '../select.ts';

const warehouseKind = statementKind('lake.warehouses', 'read', 'names of warehouses and how their settings changed');
const warehouseCount = statementKind('lake.warehouses.count', 'read', 'how many versions of warehouses there are');
const clusterKind = statementKind('lake.clusters', 'read', 'names of clusters and how their settings changed');
const clusterCount = statementKind('lake.clusters.count', 'read', 'how many versions of clusters there are');
const warehouses = { catalog: 'system', schema: 'compute', table: 'warehouses' };
const clusters = { catalog: 'system', schema: 'compute', table: 'clusters' };

/**
 * Warehouses in scope and each change of their settings (facts 1.1 `compute.warehouses`, SCD2). A channel may be spelt
 * `CURRENT` or `CHANNEL_NAME_CURRENT`; it is compared and shown as it is. Public Preview.
 */
export const warehousesCollector: Collector = definitionCollector({
  source: 'system.compute.warehouses',
  label: 'Warehouses',
  table: warehouses,
  kind: warehouseKind,
  countKind: warehouseCount,
  asset: 'warehouse',
  id: 'warehouse_id',
  name: 'warehouse_name',
  fields: [
    asText('warehouse_type', { as: 'type' }),
    asText('warehouse_channel', { as: 'channel' }),
    asText('warehouse_size', { as: 'size' }),
    asText('min_clusters', { as: 'minClusters' }),
    asText('max_clusters', { as: 'maxClusters' }),
    asText('auto_stop_minutes', { as: 'autoStopMinutes' }),
    asJson('tags'),
  ],
  ids: (context) => computeInScope(context, 'warehouse'),
  meta: {
    when: 'room',
    features: ['changed settings of warehouses'],
    needs: [{ kind: 'select', table: warehouses }],
    preview: 'Public Preview',
    latenessMs: anHour,
    retentionDays: 365,
  },
});

/**
 * Clusters in scope and each change of their settings (facts 1.1 `compute.clusters`, SCD2): classic compute only, neither
 * serverless nor warehouses. Init scripts are paths; attributes of a cloud are kept as they are.
 */
export const clustersCollector: Collector = definitionCollector({
  source: 'system.compute.clusters',
  label: 'Clusters',
  table: clusters,
  kind: clusterKind,
  countKind: clusterCount,
  asset: 'cluster',
  id: 'cluster_id',
  name: 'cluster_name',
  fields: [
    asText('owned_by', { as: 'owner' }),
    asText('driver_node_type', { as: 'driverNode' }),
    asText('worker_node_type', { as: 'workerNode' }),
    asText('worker_count', { as: 'workers' }),
    asText('min_autoscale_workers', { as: 'minWorkers' }),
    asText('max_autoscale_workers', { as: 'maxWorkers' }),
    asText('auto_termination_minutes', { as: 'autoTerminationMinutes' }),
    asText('dbr_version', { as: 'runtime' }),
    asText('data_security_mode', { as: 'accessMode' }),
    asText('policy_id', { as: 'policy' }),
    asText('cluster_source', { as: 'origin' }),
    asJson('init_scripts', { as: 'initScripts' }),
    asJson('azure_attributes', { as: 'azure' }),
    asJson('aws_attributes', { as: 'aws' }),
    asJson('gcp_attributes', { as: 'gcp' }),
    asJson('tags'),
  ],
  ids: (context) => computeInScope(context, 'cluster'),
  meta: {
    when: 'room',
    features: ['changed settings of clusters'],
    needs: [{ kind: 'select', table: clusters }],
    preview: null,
    latenessMs: null,
    retentionDays: 365,
  },
});
