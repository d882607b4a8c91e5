import { quoteText } from './sql-types.ts';

type GovernanceView = {
  /** Space separated; all of them STRING. */
  readonly columns: string;
  /** A query over the bookkeeping tables that answers the columns in this order; `in(expression)` limits it to one catalog. */
  readonly sql: (limit: (catalog: string) => string) => string;
};

const part = (n: number): string => `split_part(object, '.', ${n})`;
const privileges = (kind: string, columns: string): GovernanceView => ({
  columns: `grantor grantee ${columns} privilege_type is_grantable inherited_from`,
  sql: (limit) =>
    `SELECT 'admins', principal, ${columns
      .split(' ')
      .map((_, i) => part(i + 1))
      .join(', ')}, privilege, 'NO', 'NONE' FROM bw.grants WHERE kind = '${kind}' AND ${limit(part(1))}`,
});
const governed = (kind: string, columns: string, values: string): GovernanceView => ({
  columns,
  sql: (limit) => `SELECT ${values} FROM bw.governance WHERE kind = '${kind}' AND ${limit('catalog')}`,
});
const functionParts = [1, 2, 3].map((n) => `split_part(a, '.', ${n})`).join(', ');
const inheritedBy = (kind: string, join: string): string =>
  `SELECT 'admins', g.principal, t.c, t.s, t.n, g.privilege, 'NO', '${kind}' FROM bw.grants g JOIN (SELECT document->>'$.catalog' AS c, document->>'$.schema' AS s, document->>'$.name' AS n FROM bw.tables) t ON g.object = ${join} WHERE g.kind = '${kind}'`;

/** What information_schema says about grants, tags, row filters and column masks; columns as documented (facts 1.1). */
export const governanceViews: Readonly<Record<string, GovernanceView>> = {
  catalog_privileges: privileges('CATALOG', 'catalog_name'),
  schema_privileges: privileges('SCHEMA', 'catalog_name schema_name'),
  table_privileges: {
    columns: 'grantor grantee table_catalog table_schema table_name privilege_type is_grantable inherited_from',
    sql: (limit) =>
      `${privileges('TABLE', 'table_catalog table_schema table_name').sql(limit)} UNION ALL ${inheritedBy('SCHEMA', "t.c || '.' || t.s")} AND ${limit('t.c')} UNION ALL ${inheritedBy('CATALOG', 't.c')} AND ${limit('t.c')}`,
  },
  table_tags: governed(
    'table-tag',
    'catalog_name schema_name table_name tag_name tag_value',
    'catalog, schema, name, a, b',
  ),
  column_tags: governed(
    'column-tag',
    'catalog_name schema_name table_name column_name tag_name tag_value',
    'catalog, schema, name, col, a, b',
  ),
  row_filters: governed(
    'filter',
    'catalog_name schema_name table_name filter_catalog filter_schema filter_name filter_col_usage',
    `catalog, schema, name, ${functionParts}, b`,
  ),
  column_masks: governed(
    'mask',
    'catalog_name schema_name table_name column_name mask_catalog mask_schema mask_name mask_col_usage',
    `catalog, schema, name, col, ${functionParts}, b`,
  ),
  views: governed(
    'view',
    'table_catalog table_schema table_name view_definition check_option is_updatable is_insertable_into sql_path is_materialized',
    "catalog, schema, name, a, 'NONE', 'NO', 'NO', NULL, b",
  ),
};

/** The subquery behind one of these views, limited to a catalog unless it is `system`. */
export const governanceSql = (view: GovernanceView, catalog: string): string =>
  `(SELECT * FROM (${view.sql((expression) => (catalog === 'system' ? 'TRUE' : `${expression} = ${quoteText(catalog)}`))}) AS v(${view.columns.replaceAll(' ', ', ')}))`;
