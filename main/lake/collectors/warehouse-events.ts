import type { TextRow } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { workspaceAsset } from '../assets.ts';
import { anHour, type CollectContext, type Collector } from '../collector.ts';
import { computeInScope } from '../compute-scope.ts';
import { labelOf } from '../labels.ts';
import { makeFact } from '../make-fact.ts';
import type { LakeFact } from '../port.ts';
import { without } from '../pull.ts';
import { instantOf, numberOf, textOf } from '../rows.ts';
import { oneOf } from '../scope-filter.ts';
import { asMicros, asText } from '../select.ts';
import { tableCollector } from '../table-source.ts';
import { timeWindow } from '../window.ts';

const kind = statementKind('lake.warehouse-events', 'read', 'when warehouses started, stopped and scaled');
const countKind = statementKind('lake.warehouse-events.count', 'read', 'how many events of warehouses there are');
const source = 'system.compute.warehouse_events';
const table = { catalog: 'system', schema: 'compute', table: 'warehouse_events' };
const wants = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('warehouse_id', { as: 'warehouse', required: true }),
  asText('event_type', { as: 'what' }),
  asMicros('event_time', { as: 'at', required: true }),
  asText('cluster_count', { as: 'clusters' }),
];
const words: Readonly<Record<string, string>> = {
  SCALED_UP: 'scaled up', SCALED_DOWN: 'scaled down', STOPPING: 'is stopping', RUNNING: 'is running', STARTING: 'is starting', STOPPED: 'stopped',
}; // prettier-ignore

const eventFact = (row: TextRow, context: CollectContext): LakeFact | null => {
  const [ws, warehouse, what, at] = [
    textOf(row, 'ws'),
    textOf(row, 'warehouse'),
    textOf(row, 'what'),
    instantOf(row, 'at'),
  ];
  if (ws === null || warehouse === null || what === null || at === null) return null;
  const asset = workspaceAsset('warehouse', ws, warehouse);
  const clusters = numberOf(row, 'clusters');
  const scaled = what.startsWith('SCALED') && clusters !== null;
  return makeFact(context, {
    source,
    kind: 'compute-event',
    scope: ws,
    workspace: ws,
    native: `${warehouse}/${at}/${what}`,
    at,
    assets: [asset],
    title: `Warehouse ${labelOf(context.db, asset).name.replace(/^warehouse /, '')} ${words[what] ?? what.toLowerCase().replaceAll('_', ' ')}${scaled ? ` to ${clusters} ${clusters === 1 ? 'cluster' : 'clusters'}` : ''}`,
    data: { warehouse, event: what, clusters },
  });
};

/** What happened to warehouses in scope (facts 1.1 `compute.warehouse_events`). Public Preview. */
export const warehouseEventsCollector: Collector = tableCollector({
  source,
  label: 'Events of warehouses',
  table,
  kind,
  countKind,
  wants,
  order: 'at',
  cannot: without(['event_type'], 'nothing tells what happened to a warehouse'),
  meta: {
    when: 'room',
    features: ['starts, stops and scaling of warehouses'],
    needs: [{ kind: 'select', table }],
    preview: 'Public Preview',
    latenessMs: anHour,
    retentionDays: 365,
  },
  bound: (context) => computeInScope(context, 'warehouse'),
  ask: (context) => {
    const time = timeWindow(context, 'event_time');
    const of = oneOf('warehouse_id', 'warehouses', computeInScope(context, 'warehouse'));
    return {
      where: [...time.where, { needs: 'workspace_id', piece: dbx`workspace_id = :workspace` }, of.where],
      parameters: { ...time.parameters, workspace: context.workspaceId, ...of.parameters },
    };
  },
  read: (row, context) => {
    const fact = eventFact(row, context);
    return fact === null ? null : { facts: [{ fact }] };
  },
});
