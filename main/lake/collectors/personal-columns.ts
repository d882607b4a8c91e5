import { ok } from '../../../shared/base/result.ts';
import type { TextRow } from '../../databricks/port.ts';
import { column, dbx, statementKind, type Piece } from '../../databricks/statements.ts';
import type { CollectContext, Collector } from '../collector.ts';
import { cursorObject } from '../cursor.ts';
import { isPersonalTag, personalColumns, personalColumnsId, personalWords, type PersonalColumn } from '../personal.ts';
import { pull } from '../pull.ts';
import { textOf } from '../rows.ts';
import { asText } from '../select.ts';
import { keepState } from '../state-source.ts';
import { readNow, resting, restsUntil } from '../throttle.ts';
import { visibleTables } from '../visible-tables.ts';
import { reachedSince } from './grant-reach.ts';

/** Why a packing asks nothing: what it needs of this source is read anyway. */
export const readBehind = 'Read in the background for the whole metastore, not for one room.';
export const noneTagged = 'No column that this user can see is tagged as personal data.';
const kind = statementKind('lake.personal-columns', 'read', 'columns that are tagged as personal data');
export const personalColumnsSource = 'system.information_schema.column_tags/personal';
const table = { catalog: 'system', schema: 'information_schema', table: 'column_tags' };
const everyMs = 3_600_000;
/** Columns that are kept: bounds the fact, and the question about where they flow. */
const mostColumns = 2_000;
const names = ['catalog_name', 'schema_name', 'table_name', 'column_name', 'tag_name'] as const;
const isWord = (name: string): Piece => dbx`array_contains(split(:words, ','), lower(trim(${column(name)})))`;

const columnOf = (row: TextRow): PersonalColumn | null => {
  const [catalog, schema, name, col, tag] = names.map((one) => textOf(row, one));
  const value = textOf(row, 'tag_value');
  return !catalog || !schema || !name || !col || !tag || !isPersonalTag(tag, value)
    ? null
    : { table: `${catalog}.${schema}.${name}`.toLowerCase(), column: col.toLowerCase(), tag, value };
};

/** How many tables have such columns, from the cursor: what the rules about personal data watch. */
export const personalTables = (cursor: string | null): number => {
  const { tables } = cursorObject(cursor);
  return typeof tables === 'number' ? tables : 0;
};

/** Read in full it rests for a while; else only how much was found is kept. */
const cursorOf = (context: CollectContext, tables: number, whole: boolean): string =>
  JSON.stringify({ ...cursorObject(readNow(context, whole)), tables });

/**
 * Columns that carry a tag for personal data (facts 1.1 `information_schema.column_tags`: live, and filtered by what this user
 * may see), as one fact of the metastore. The background needs them to judge rights and flows; tags of the tables of a room are
 * packed with it. At most 2,000 columns. No catalog bounds the question: how long it takes is not known (check open.whole-metastore).
 */
export const personalColumnsCollector: Collector = {
  source: personalColumnsSource,
  label: 'Columns with personal data',
  table,
  meta: {
    covers: 'region',
    when: 'watch',
    features: ['signals about rights on personal data, and where it flows'],
    needs: [],
    preview: null,
    latenessMs: 0,
    retentionDays: null,
    restsMs: everyMs,
  },
  // A packing asks nothing, as below.
  estimate: () => Promise.resolve(ok({ rows: 0, statements: 0, counted: true })),
  collect: async (context) => {
    const same = { cursor: context.cursor, completeTo: null, missingColumns: [], note: null };
    if (context.lane === 'pack') return ok({ ...same, note: readBehind });
    const until = restsUntil(context, everyMs);
    if (until !== null)
      return ok(resting(context, personalColumnsSource, until, 'Read once an hour: tags change rarely.'));
    const found = await pull(context, {
      kind,
      table,
      wants: [...names.map((one) => asText(one, { required: true })), asText('tag_value')],
      where: [
        {
          needs: 'tag_name',
          piece: dbx`(lower(tag_name) LIKE 'class.%' OR ${isWord('tag_name')} OR ${isWord('tag_value')})`,
          build: (has) =>
            has('tag_value')
              ? dbx`(lower(tag_name) LIKE 'class.%' OR ${isWord('tag_name')} OR ${isWord('tag_value')})`
              : dbx`(lower(tag_name) LIKE 'class.%' OR ${isWord('tag_name')})`,
        },
      ],
      parameters: { words: personalWords.join(',') },
      order: 'table_name',
    });
    if (!found.ok) return found;
    if (found.value.cutOff !== null) return ok({ ...same, failure: found.value.cutOff });
    const { rows, missingColumns, full } = found.value;
    const read = new Map(
      rows.flatMap((row) => {
        const one = columnOf(row);
        return one === null ? [] : [[`${one.table}.${one.column}`, one] as const];
      }),
    );
    // Only such tags were asked for: a row with another one is not what it should be.
    const unreadable = rows.filter((row) => columnOf(row) === null).length;
    // Half an answer would look like tags that were taken away, and so would tables that this user may not see any more.
    if (unreadable > 0)
      return ok({ ...same, missingColumns, note: `${unreadable} rows could not be read: what was known stays.` });
    const known = personalColumns(context);
    const told = new Set([...read.values()].map((one) => one.table));
    const gone = [...new Set(known.map((one) => one.table))].filter((one) => !told.has(one));
    const visible = await visibleTables(context, gone);
    if (!visible.ok) return visible;
    const hidden = known.filter((one) => !told.has(one.table) && !visible.value.has(one.table));
    for (const one of hidden) read.set(`${one.table}.${one.column}`, one);
    const all = [...read].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
    const columns = all.slice(0, mostColumns);
    const tables = new Set(columns.map((one) => one.table)).size;
    return ok({
      facts: [
        {
          fact: {
            id: personalColumnsId(context.metastoreId),
            kind: 'settings',
            source: personalColumnsSource,
            workspace: context.workspaceId,
            happenedAt: context.observedAt,
            observedAt: context.observedAt,
            completeTo: null,
            assets: [],
            title: `${columns.length} columns of ${tables} tables are tagged as personal data`,
            data: { what: 'personal-columns', items: columns.map((one) => ({ ...one })) },
          },
          merge: keepState,
        },
        ...reachedSince(context, columns),
      ],
      // An answer without rows may be one of a user without rights: it is asked for again.
      cursor: cursorOf(context, tables, missingColumns.length === 0 && hidden.length === 0 && all.length > 0),
      completeTo: null,
      missingColumns,
      note:
        all.length > columns.length || full
          ? `Only ${mostColumns} columns are kept.`
          : hidden.length > 0
            ? `${hidden.length} columns are in tables that cannot be seen any more; what was known of them stays.`
            : all.length === 0
              ? noneTagged
              : null,
    });
  },
};
