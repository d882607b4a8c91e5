import type { AssetId } from '../../../shared/domain/ids.ts';
import type { TextRow } from '../../databricks/port.ts';
import { column, dbx, statementKind } from '../../databricks/statements.ts';
import { jobAsset, tableAsset, workspaceAsset } from '../assets.ts';
import type { Collector } from '../collector.ts';
import type { LakeEdge } from '../port.ts';
import { instantOf, numberOf, textOf } from '../rows.ts';
import { eitherOf, scoped } from '../scope-filter.ts';
import { withoutAll } from '../pull.ts';
import { asText, type Wanted } from '../select.ts';
import { tableCollector, type Lacks } from '../table-source.ts';
import { timeWindow } from '../window.ts';

const kind = statementKind('lake.table-lineage', 'read', 'which tables are made from which, and by which job');
const countKind = statementKind('lake.table-lineage.count', 'read', 'how many pairs of tables and movers there are');
const source = 'system.access.table_lineage';
const table = { catalog: 'system', schema: 'access', table: 'table_lineage' };

/** First or last sight of a group of rows, in microseconds. */
export const seen = (as: string, edge: 'min' | 'max'): Wanted => ({
  as,
  from: 'event_time',
  required: true,
  expression:
    edge === 'min'
      ? dbx`CAST(min(unix_micros(${column('event_time')})) AS STRING)`
      : dbx`CAST(max(unix_micros(${column('event_time')})) AS STRING)`,
});
/** How many rows of a group have a path where others have the name of a table. */
const byPath = (as: string, path: string): Wanted => ({
  as,
  from: path,
  required: false,
  expression: dbx`CAST(sum(CASE WHEN ${column(path)} IS NULL THEN 0 ELSE 1 END) AS STRING)`,
});
const keys = [
  asText('metastore_id', { as: 'ms' }),
  asText('workspace_id', { as: 'ws' }),
  asText('source_table_full_name', { as: 'source_name' }),
  asText('source_type', { as: 'source_kind' }),
  asText('target_table_full_name', { as: 'target_name' }),
  asText('target_type', { as: 'target_kind' }),
  asText('entity_type', { as: 'entity_kind' }),
  asText('entity_id', { as: 'entity' }),
];
const wants = [
  ...keys,
  seen('first_at', 'min'),
  seen('last_at', 'max'),
  byPath('source_paths', 'source_path'),
  byPath('target_paths', 'target_path'),
];

/** What moved or read the data: the documented types of an entity (facts 1.1). Others, and none, make no node. */
const entityAsset = (type: string | null, workspace: string, id: string): AssetId | null => {
  if (type === 'JOB') return jobAsset(workspace, id);
  if (type === 'NOTEBOOK') return workspaceAsset('notebook', workspace, id);
  if (type === 'PIPELINE') return workspaceAsset('pipeline', workspace, id);
  if (type === 'DASHBOARD_V3' || type === 'DBSQL_DASHBOARD') return workspaceAsset('dashboard', workspace, id);
  return type === 'DBSQL_QUERY' ? workspaceAsset('query', workspace, id) : null;
};

/**
 * Edges of one row: table to table, with what moved the data; and table to mover, mover to table, so that a failing job or a
 * dashboard that only reads has its place on the map. Reads by path have no name and make no edge: absence of an edge proves
 * nothing (facts 1.0).
 */
const edgesOf = (row: TextRow, metastoreId: string, workspaceId: string): readonly LakeEdge[] | null => {
  const [first, last] = [instantOf(row, 'first_at'), instantOf(row, 'last_at')];
  if (first === null || last === null) return null;
  const metastore = textOf(row, 'ms') ?? metastoreId;
  const asset = (name: string, type: string): AssetId | null => {
    const full = textOf(row, name);
    return full === null ? null : tableAsset(metastore, full, textOf(row, type));
  };
  const [from, to] = [asset('source_name', 'source_kind'), asset('target_name', 'target_kind')];
  const entity = textOf(row, 'entity');
  const via =
    entity === null ? null : entityAsset(textOf(row, 'entity_kind'), textOf(row, 'ws') ?? workspaceId, entity);
  const edge = (a: AssetId | null, b: AssetId | null, by: AssetId | null): readonly LakeEdge[] =>
    a === null || b === null || a === b ? [] : [{ from: a, to: b, source, via: by, firstSeen: first, lastSeen: last }];
  return [...edge(from, to, via), ...edge(from, via, null), ...edge(via, to, null)];
};

/** In words: what was read or written by path, and therefore has no edge. */
const pathNote = (rows: readonly TextRow[], lacks: Lacks): string | null => {
  // Where names are not told, whether a row had one is not either.
  const byPath = (row: TextRow, end: 'source' | 'target'): number =>
    lacks(`${end}_table_full_name`) || textOf(row, `${end}_name`) !== null ? 0 : (numberOf(row, `${end}_paths`) ?? 0);
  const sum = rows.reduce((all, row) => all + byPath(row, 'source') + byPath(row, 'target'), 0);
  return sum === 0 ? null : `${sum} reads and writes went by path, without the name of a table: they make no edge.`;
};

/** Lineage of the metastore as this user may see it, one row per pair and mover. */
export const lineageCollector: Collector = tableCollector({
  source,
  label: 'Lineage of tables',
  table,
  kind,
  countKind,
  wants,
  order: 'last_at',
  groupBy: keys.map((key) => key.as),
  cannot: withoutAll(['source_table_full_name', 'target_table_full_name'], 'lineage names no table'),
  lost: {
    source_table_full_name: 'only what was written is known, not what it was made from',
    target_table_full_name: 'only what was read is known, not what was made from it',
  },
  meta: {
    covers: 'region',
    when: 'watch',
    features: ['the lineage map', 'grouping signals along lineage', 'reading around a room'],
    needs: [{ kind: 'select', table }],
    preview: null,
    latenessMs: null,
    retentionDays: 365,
  },
  ask: (context) => {
    const tables = scoped(context, 'table', 'view');
    if (context.lane === 'pack' && tables.length === 0) return null;
    const time = timeWindow(context, 'event_time', 'event_date');
    const ends =
      context.lane === 'pack' ? eitherOf('source_table_full_name', 'target_table_full_name', 'tables', tables) : null;
    return {
      where: [...time.where, ...(ends === null ? [] : [ends.where])],
      parameters: { ...time.parameters, ...ends?.parameters },
    };
  },
  read: (row, context) => {
    const edges = edgesOf(row, context.metastoreId, context.workspaceId);
    return edges === null ? null : { edges };
  },
  note: pathNote,
});
