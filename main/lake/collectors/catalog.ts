import { column, dbx, statementKind } from '../../databricks/statements.ts';
import { instantOf, numberOf, textOf } from '../rows.ts';
import { asMicros, asText, type Wanted } from '../select.ts';
import { stateCollector } from '../state-source.ts';
import { tablesKind, tablesView } from '../visible-tables.ts';

const view = (table: string) => ({ catalog: 'system', schema: 'information_schema', table });
const ofTable = ['table_catalog', 'table_schema', 'table_name'] as const;
/** Comments of tables and columns are cut: they are for reading, and can be documents of their own. */
const short = (text: string | null): string | null => (text === null ? null : text.slice(0, 300));

/** Columns as they are now, with the types as they were declared. */
export const columnsCollector = stateCollector({
  source: 'system.information_schema.columns',
  label: 'Columns of tables',
  table: view('columns'),
  kind: statementKind('lake.columns', 'read', 'columns of the tables in scope, with type and comment'),
  countKind: statementKind('lake.columns.count', 'read', 'how many columns the tables in scope have'),
  features: ['columns and types of the tables around a room'],
  names: ofTable,
  wants: [
    asText('column_name', { as: 'col', required: true }),
    asText('ordinal_position', { as: 'place' }),
    asText('full_data_type', { as: 'full_type' }),
    asText('is_nullable', { as: 'nullable' }),
    asText('partition_index', { as: 'part' }),
    asText('comment', { as: 'remark' }),
  ],
  fact: {
    kind: 'schema',
    what: 'columns',
    title: (name, rows) => (rows === 0 ? `No column of ${name} can be seen` : `${name} has ${rows} columns`),
    item: (row) => {
      const name = textOf(row, 'col');
      return name === null
        ? null
        : {
            name: name.toLowerCase(), place: numberOf(row, 'place'), type: textOf(row, 'full_type'),
            nullable: textOf(row, 'nullable') === null ? null : textOf(row, 'nullable') === 'YES',
            partition: numberOf(row, 'part'), comment: short(textOf(row, 'remark')),
          }; // prettier-ignore
    },
  },
});

/** What a table is: kind, owner, and when its definition was altered last (which says nothing about its data, facts 1.1). */
export const tablesCollector = stateCollector({
  source: 'system.information_schema.tables',
  label: 'Tables and their owners',
  table: tablesView,
  kind: tablesKind,
  countKind: statementKind('lake.tables.count', 'read', 'how many of the tables in scope can be seen'),
  features: ['owners of tables, and when they were altered'],
  names: ofTable,
  wants: [
    asText('table_type', { as: 'type_of_table' }),
    asText('table_owner', { as: 'owned_by' }),
    asText('comment', { as: 'remark' }),
    asMicros('created', { as: 'created_at' }),
    asText('created_by', { as: 'created_who' }),
    asMicros('last_altered', { as: 'altered_at' }),
    asText('last_altered_by', { as: 'altered_who' }),
    asText('data_source_format', { as: 'format' }),
  ],
  fact: {
    kind: 'settings',
    what: 'table',
    title: (name, rows) => (rows === 0 ? `${name} is not visible` : `What ${name} is`),
    item: (row) => ({
      type: textOf(row, 'type_of_table'), owner: textOf(row, 'owned_by'), comment: short(textOf(row, 'remark')),
      createdAt: instantOf(row, 'created_at'), createdBy: textOf(row, 'created_who'),
      alteredAt: instantOf(row, 'altered_at'), alteredBy: textOf(row, 'altered_who'), format: textOf(row, 'format'),
    }), // prettier-ignore
  },
});

/** Digest and length of a text that itself never leaves the workspace: enough to see that it changed. */
const digest = (from: string, as: string): Wanted => ({
  as,
  from,
  required: false,
  expression: dbx`sha2(${column(from)}, 256)`,
});
const length = (from: string, as: string): Wanted => ({
  as,
  from,
  required: false,
  expression: dbx`CAST(length(${column(from)}) AS STRING)`,
});

export const viewsCollector = stateCollector({
  source: 'system.information_schema.views',
  label: 'Definitions of views',
  table: view('views'),
  kind: statementKind('lake.views', 'read', 'digest and length of the definitions of views in scope, never their text'),
  countKind: statementKind('lake.views.count', 'read', 'how many views are in scope'),
  features: ['whether the definition of a view has changed'],
  names: ofTable,
  wants: [
    digest('view_definition', 'digest'),
    length('view_definition', 'characters'),
    asText('is_materialized', { as: 'stored' }),
  ],
  fact: {
    kind: 'settings',
    what: 'view',
    title: (name, rows) => (rows === 0 ? `${name} is no view` : `Definition of the view ${name}`),
    item: (row) => ({
      definitionSha256: textOf(row, 'digest'), definitionLength: numberOf(row, 'characters'), materialized: textOf(row, 'stored'),
    }), // prettier-ignore
  },
});

const ofTagged = ['catalog_name', 'schema_name', 'table_name'] as const;

export const tableTagsCollector = stateCollector({
  source: 'system.information_schema.table_tags',
  label: 'Tags of tables',
  table: view('table_tags'),
  kind: statementKind('lake.table-tags', 'read', 'tags of the tables in scope'),
  countKind: statementKind('lake.table-tags.count', 'read', 'how many tags the tables in scope have'),
  features: ['tags of tables'],
  names: ofTagged,
  wants: [asText('tag_name', { as: 'tag', required: true }), asText('tag_value', { as: 'content' })],
  fact: {
    kind: 'settings',
    what: 'tags',
    title: (name, rows) => (rows === 0 ? `${name} has no tags` : `${rows} tags of ${name}`),
    item: (row) => {
      const tag = textOf(row, 'tag');
      return tag === null ? null : { tag, value: textOf(row, 'content') };
    },
  },
});

export const columnTagsCollector = stateCollector({
  source: 'system.information_schema.column_tags',
  label: 'Tags of columns',
  table: view('column_tags'),
  kind: statementKind('lake.column-tags', 'read', 'tags of the columns of tables in scope'),
  countKind: statementKind('lake.column-tags.count', 'read', 'how many tags the columns in scope have'),
  features: ['tags of columns, for instance of personal data'],
  names: ofTagged,
  wants: [
    asText('column_name', { as: 'col', required: true }),
    asText('tag_name', { as: 'tag', required: true }),
    asText('tag_value', { as: 'content' }),
  ],
  fact: {
    kind: 'settings',
    what: 'column-tags',
    title: (name, rows) => (rows === 0 ? `No column of ${name} has tags` : `${rows} tags of columns of ${name}`),
    item: (row) => {
      const [col, tag] = [textOf(row, 'col'), textOf(row, 'tag')];
      return col === null || tag === null ? null : { column: col.toLowerCase(), tag, value: textOf(row, 'content') };
    },
  },
});

/** A function by its three parts, where they can be read. */
const functionName = (...parts: readonly (string | null)[]): string | null => {
  const named = parts.filter((part) => part !== null);
  return named.length === 0 ? null : named.join('.');
};

/** Columns as in docs.databricks.com …/information-schema/row_filters: one filter a table. */
export const rowFiltersCollector = stateCollector({
  source: 'system.information_schema.row_filters',
  label: 'Row filters',
  table: view('row_filters'),
  kind: statementKind('lake.row-filters', 'read', 'which row filters lie on the tables in scope'),
  countKind: statementKind('lake.row-filters.count', 'read', 'how many row filters are in scope'),
  features: ['which rows of a table only some people see'],
  preview: 'Public Preview',
  names: ofTagged,
  wants: [
    asText('filter_catalog', { as: 'fn_catalog' }),
    asText('filter_schema', { as: 'fn_schema' }),
    asText('filter_name', { as: 'fn_name' }),
    asText('filter_col_usage', { as: 'using_cols' }),
  ],
  fact: {
    kind: 'settings',
    what: 'row-filter',
    title: (name, rows) => (rows === 0 ? `${name} has no row filter that can be seen` : `Row filter on ${name}`),
    item: (row) => ({
      filter: functionName(textOf(row, 'fn_catalog'), textOf(row, 'fn_schema'), textOf(row, 'fn_name')),
      columns: textOf(row, 'using_cols'),
    }),
  },
});

/** Columns as in docs.databricks.com …/information-schema/column_masks. */
export const columnMasksCollector = stateCollector({
  source: 'system.information_schema.column_masks',
  label: 'Column masks',
  table: view('column_masks'),
  kind: statementKind('lake.column-masks', 'read', 'which column masks lie on the tables in scope'),
  countKind: statementKind('lake.column-masks.count', 'read', 'how many column masks are in scope'),
  features: ['which columns only some people see unmasked'],
  preview: 'Public Preview',
  names: ofTagged,
  wants: [
    asText('column_name', { as: 'col', required: true }),
    asText('mask_catalog', { as: 'fn_catalog' }),
    asText('mask_schema', { as: 'fn_schema' }),
    asText('mask_name', { as: 'fn_name' }),
    asText('mask_col_usage', { as: 'using_cols' }),
  ],
  fact: {
    kind: 'settings',
    what: 'column-masks',
    title: (name, rows) =>
      rows === 0 ? `No column of ${name} has a mask that can be seen` : `${rows} column masks on ${name}`,
    item: (row) => {
      const col = textOf(row, 'col');
      return col === null
        ? null
        : {
            column: col.toLowerCase(),
            mask: functionName(textOf(row, 'fn_catalog'), textOf(row, 'fn_schema'), textOf(row, 'fn_name')),
            columns: textOf(row, 'using_cols'),
          };
    },
  },
});
