import type { TextRow } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { columnAsset } from '../assets.ts';
import type { Collector } from '../collector.ts';
import type { LakeEdge } from '../port.ts';
import { instantOf, textOf } from '../rows.ts';
import { without, type Cannot } from '../pull.ts';
import { eitherOf, scoped } from '../scope-filter.ts';
import { asText } from '../select.ts';
import { tableCollector } from '../table-source.ts';
import { timeWindow } from '../window.ts';
import { seen } from './lineage.ts';

const kind = statementKind('lake.column-lineage', 'read', 'which columns of tables in scope are made from which');
const countKind = statementKind('lake.column-lineage.count', 'read', 'how many pairs of columns there are');
const source = 'system.access.column_lineage';
const table = { catalog: 'system', schema: 'access', table: 'column_lineage' };

/** The two ends of lineage, each a table and a column: without all four, no row says anything. */
export const columnEnds = [
  asText('source_table_full_name', { as: 'source_name' }),
  asText('source_column_name', { as: 'source_col' }),
  asText('target_table_full_name', { as: 'target_name' }),
  asText('target_column_name', { as: 'target_col' }),
];
export const withoutEnds = (what: string): Cannot =>
  without(
    columnEnds.map(({ from }) => from),
    what,
  );
const keys = [asText('metastore_id', { as: 'ms' }), ...columnEnds];
const wants = [...keys, seen('first_at', 'min'), seen('last_at', 'max')];

/** One edge, none (an end that is a path, or a column made from itself), or null where the row cannot be read. */
const edgesOf = (row: TextRow, metastoreId: string): readonly LakeEdge[] | null => {
  const [first, last] = [instantOf(row, 'first_at'), instantOf(row, 'last_at')];
  if (first === null || last === null) return null;
  const end = (name: string, column: string) => {
    const [full, part] = [textOf(row, name), textOf(row, column)];
    return full === null || part === null ? null : columnAsset(textOf(row, 'ms') ?? metastoreId, full, part);
  };
  const [from, to] = [end('source_name', 'source_col'), end('target_name', 'target_col')];
  return from === null || to === null || from === to
    ? []
    : [{ from, to, source, via: null, firstSeen: first, lastSeen: last }];
};

/**
 * Lineage of columns around the tables in scope. Never read for the whole metastore: it has many times the rows of table
 * lineage, and only a room asks which columns a change reaches. Literals that are inserted leave no row (facts 1.1).
 */
export const columnLineageCollector: Collector = tableCollector({
  source,
  label: 'Lineage of columns',
  table,
  kind,
  countKind,
  wants,
  order: 'last_at',
  groupBy: keys.map((key) => key.as),
  cannot: withoutEnds('nothing says which column is made from which'),
  meta: {
    when: 'pack',
    features: ['which columns a changed column reaches'],
    needs: [{ kind: 'select', table }],
    preview: null,
    latenessMs: null,
    retentionDays: 365,
  },
  ask: (context) => {
    const tables = scoped(context, 'table', 'view');
    if (context.lane !== 'pack' || tables.length === 0) return null;
    const time = timeWindow(context, 'event_time', 'event_date');
    const ends = eitherOf('source_table_full_name', 'target_table_full_name', 'tables', tables);
    return {
      where: [
        ...time.where,
        ends.where,
        { needs: 'source_table_full_name', piece: dbx`source_table_full_name IS NOT NULL` },
        { needs: 'target_table_full_name', piece: dbx`target_table_full_name IS NOT NULL` },
      ],
      parameters: { ...time.parameters, ...ends.parameters },
    };
  },
  read: (row, context) => {
    const edges = edgesOf(row, context.metastoreId);
    return edges === null ? null : { edges };
  },
});
