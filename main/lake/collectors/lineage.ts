import { ok } from '../../../shared/base/result.ts';
import type { AssetId } from '../../../shared/domain/ids.ts';
import type { TextRow } from '../../databricks/port.ts';
import { column, dbx, statementKind } from '../../databricks/statements.ts';
import { jobAsset, tableAsset } from '../assets.ts';
import type { Collector } from '../collector.ts';
import type { LakeEdge } from '../port.ts';
import { progress, pull } from '../pull.ts';
import { instantOf, textOf, timestampParameter } from '../rows.ts';
import { asText, type Wanted } from '../select.ts';
import { startOf } from '../window.ts';

const kind = statementKind('lake.table-lineage', 'read', 'which tables are made from which, and by which job');
const source = 'system.access.table_lineage';
const table = { catalog: 'system', schema: 'access', table: 'table_lineage' };
const seen = (as: string, edge: 'min' | 'max'): Wanted => ({
  as,
  from: 'event_time',
  required: true,
  expression:
    edge === 'min'
      ? dbx`CAST(min(unix_micros(${column('event_time')})) AS STRING)`
      : dbx`CAST(max(unix_micros(${column('event_time')})) AS STRING)`,
});
const keys = [
  asText('metastore_id', { as: 'ms' }),
  asText('workspace_id', { as: 'ws' }),
  asText('source_table_full_name', { as: 'source_name', required: true }),
  asText('source_type', { as: 'source_kind' }),
  asText('target_table_full_name', { as: 'target_name', required: true }),
  asText('target_type', { as: 'target_kind' }),
  asText('entity_type', { as: 'entity_kind' }),
  asText('entity_id', { as: 'entity' }),
];
const wants = [...keys, seen('first_at', 'min'), seen('last_at', 'max')];

/**
 * Edges of one row: table to table, with the job that moved the data; and table to job, job to table, so that a failing job has
 * its place on the map. Reads by path have no name and make no edge: absence of an edge proves nothing (facts 1.0).
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
    entity !== null && textOf(row, 'entity_kind') === 'JOB' ? jobAsset(textOf(row, 'ws') ?? workspaceId, entity) : null;
  const edge = (a: AssetId | null, b: AssetId | null, by: AssetId | null): readonly LakeEdge[] =>
    a === null || b === null || a === b ? [] : [{ from: a, to: b, source, via: by, firstSeen: first, lastSeen: last }];
  return [...edge(from, to, via), ...edge(from, via, null), ...edge(via, to, null)];
};

/** Lineage of the metastore as this user may see it, one row per pair and job. */
export const lineageCollector: Collector = {
  source,
  label: 'Lineage of tables',
  meta: {
    when: 'watch',
    features: ['the lineage map', 'grouping signals along lineage', 'reading around a room'],
    needs: [{ kind: 'select', table }],
    preview: null,
    latenessMs: null,
    retentionDays: 365,
  },
  table,
  collect: async (context) => {
    const since = startOf(context);
    const found = await pull(context, {
      kind,
      table,
      wants,
      groupBy: keys.map((key) => key.as),
      where: [
        { needs: 'event_time', piece: dbx`event_time >= :since` },
        // The partition column: without it the table is read in full (facts 1.0).
        { needs: 'event_date', piece: dbx`event_date >= CAST(:day AS DATE)` },
      ],
      parameters: { since: timestampParameter(since), day: since.slice(0, 10) },
      order: 'last_at',
    });
    if (!found.ok) return found;
    const edges = found.value.rows.map((row) => edgesOf(row, context.metastoreId, context.workspaceId));
    const readable = edges.filter((one) => one !== null);
    return ok({ ...progress(context, found.value, 'last_at', edges.length - readable.length), edges: readable.flat() });
  },
};
