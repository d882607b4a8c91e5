import type { TextRow } from '../../databricks/port.ts';
import { dbx, statementKind, type Piece } from '../../databricks/statements.ts';
import { workspaceAsset } from '../assets.ts';
import type { CollectContext, Collector } from '../collector.ts';
import { computeInScope } from '../compute-scope.ts';
import { labelOf } from '../labels.ts';
import { makeFact } from '../make-fact.ts';
import type { LakeFact } from '../port.ts';
import { countOf, instantOf, numberOf, textOf } from '../rows.ts';
import { oneOf } from '../scope-filter.ts';
import { asText, computed, computedOf, type Wanted } from '../select.ts';
import { tableCollector } from '../table-source.ts';
import { timeWindow } from '../window.ts';

const kind = statementKind('lake.node-hours', 'read', 'load of clusters, per hour');
const countKind = statementKind('lake.node-hours.count', 'read', 'how many hours of load of clusters there are');
const source = 'system.compute.node_timeline';
const table = { catalog: 'system', schema: 'compute', table: 'node_timeline' };
/** Of the processor, user and system together: one of them alone would look like less load than there was. */
const busy = (as: string, of: (sum: Piece) => Piece): Wanted => ({
  ...computedOf('cpu_user_percent', as, [], (has) =>
    has('cpu_system_percent') ? of(dbx`cpu_user_percent + cpu_system_percent`) : null,
  ),
  besides: ['cpu_system_percent'],
});
const wants = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('cluster_id', { as: 'cluster', required: true }),
  { ...computed('start_time', 'hour', dbx`unix_micros(date_trunc('HOUR', start_time))`), required: true },
  computed('instance_id', 'nodes', dbx`count(DISTINCT instance_id)`),
  busy('cpu_mean', (sum) => dbx`avg(${sum})`),
  busy('cpu_max', (sum) => dbx`max(${sum})`),
  computed('cpu_wait_percent', 'wait_mean', dbx`avg(cpu_wait_percent)`),
  computed('mem_used_percent', 'mem_mean', dbx`avg(mem_used_percent)`),
  computed('mem_used_percent', 'mem_max', dbx`max(mem_used_percent)`),
  computed('mem_swap_percent', 'swap_max', dbx`max(mem_swap_percent)`),
  computed('network_sent_bytes', 'sent', dbx`sum(network_sent_bytes)`),
  computed('network_received_bytes', 'received', dbx`sum(network_received_bytes)`),
];

const hourFact = (row: TextRow, context: CollectContext): LakeFact | null => {
  const [ws, cluster, at] = [textOf(row, 'ws'), textOf(row, 'cluster'), instantOf(row, 'hour')];
  if (ws === null || cluster === null || at === null) return null;
  const asset = workspaceAsset('cluster', ws, cluster);
  const number = (name: string): number | null => {
    const value = numberOf(row, name);
    return value === null ? null : Math.round(value * 100) / 100;
  };
  const [cpu, memory] = [number('cpu_max'), number('mem_max')];
  return makeFact(context, {
    source,
    kind: 'metric',
    scope: ws,
    workspace: ws,
    native: `cluster-load/${cluster}/${at}`,
    at,
    assets: [asset],
    title: `${labelOf(context.db, asset).name}, hour from ${at.slice(0, 16).replace('T', ' ')}: processor up to ${cpu ?? 'unknown'} %, memory up to ${memory ?? 'unknown'} %`,
    data: {
      metric: 'cluster load', cluster, hour: at, nodes: countOf(row, 'nodes'), cpuMeanPercent: number('cpu_mean'), cpuMaxPercent: cpu,
      cpuWaitPercent: number('wait_mean'), memoryMeanPercent: number('mem_mean'), memoryMaxPercent: memory, swapMaxPercent: number('swap_max'),
      sentBytes: countOf(row, 'sent'), receivedBytes: countOf(row, 'received'),
    }, // prettier-ignore
  });
};

/**
 * Load of clusters in scope, one fact an hour (facts 1.1 `compute.node_timeline`: a row a node and minute; nodes that lived under ten
 * minutes may be missing; kept 90 days). Summed on the warehouse; read when a room is packed.
 */
export const nodeHoursCollector: Collector = tableCollector({
  source,
  label: 'Load of clusters',
  table,
  kind,
  countKind,
  wants,
  order: 'hour',
  groupBy: ['ws', 'cluster', 'hour'],
  meta: {
    when: 'pack',
    features: ['load of clusters by the hour'],
    needs: [{ kind: 'select', table }],
    preview: null,
    latenessMs: null,
    retentionDays: 90,
  },
  bound: (context) => computeInScope(context, 'cluster'),
  ask: (context) => {
    const time = timeWindow(context, 'start_time');
    const of = oneOf('cluster_id', 'clusters', computeInScope(context, 'cluster'));
    return {
      where: [...time.where, { needs: 'workspace_id', piece: dbx`workspace_id = :workspace` }, of.where],
      parameters: { ...time.parameters, workspace: context.workspaceId, ...of.parameters },
    };
  },
  read: (row, context) => {
    const fact = hourFact(row, context);
    return fact === null ? null : { facts: [{ fact }] };
  },
});
