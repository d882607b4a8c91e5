import type { JsonObject } from '../../../shared/base/json.ts';
import { statementKind } from '../../databricks/statements.ts';
import type { TextRow } from '../../databricks/port.ts';
import { textOf } from '../rows.ts';
import { asText } from '../select.ts';
import { stateCollector } from '../state-source.ts';

const wants = [
  asText('grantee', { as: 'who', required: true }),
  asText('privilege_type', { as: 'privilege', required: true }),
  asText('inherited_from', { as: 'via' }),
  asText('grantor', { as: 'granted_by' }),
];
const item = (row: TextRow): JsonObject | null => {
  const [who, privilege] = [textOf(row, 'who'), textOf(row, 'privilege')];
  return who === null || privilege === null
    ? null
    : { who, privilege, inheritedFrom: textOf(row, 'via'), by: textOf(row, 'granted_by') };
};
const title =
  (on: string) =>
  (name: string, rows: number): string =>
    rows === 0 ? `No rights on ${on} ${name} can be seen` : `${rows} rights on ${on} ${name}`;

/**
 * Who may do what with the tables in scope, on all three levels: a right on a schema or catalog reaches its tables. Rows are
 * those that this user may see, and GRANT policies (ABAC) are not among them (facts 2.3): a missing right proves nothing.
 */
export const tableAccessCollector = stateCollector({
  source: 'system.information_schema.table_privileges',
  label: 'Rights on tables',
  table: { catalog: 'system', schema: 'information_schema', table: 'table_privileges' },
  kind: statementKind('lake.table-rights', 'read', 'who has rights on the tables in scope'),
  countKind: statementKind('lake.table-rights.count', 'read', 'how many rights there are on the tables in scope'),
  features: ['who can read the tables around a room'],
  names: ['table_catalog', 'table_schema', 'table_name'],
  wants,
  fact: { kind: 'access', what: 'table', title: title('the table'), item },
});

export const schemaAccessCollector = stateCollector({
  source: 'system.information_schema.schema_privileges',
  label: 'Rights on schemas',
  table: { catalog: 'system', schema: 'information_schema', table: 'schema_privileges' },
  kind: statementKind('lake.schema-rights', 'read', 'who has rights on the schemas of the tables in scope'),
  countKind: statementKind('lake.schema-rights.count', 'read', 'how many rights there are on the schemas in scope'),
  features: ['who can read tables by a right on their schema'],
  names: ['catalog_name', 'schema_name'],
  wants,
  fact: { kind: 'access', what: 'schema', title: title('the schema of'), item },
});

export const catalogAccessCollector = stateCollector({
  source: 'system.information_schema.catalog_privileges',
  label: 'Rights on catalogs',
  table: { catalog: 'system', schema: 'information_schema', table: 'catalog_privileges' },
  kind: statementKind('lake.catalog-rights', 'read', 'who has rights on the catalogs of the tables in scope'),
  countKind: statementKind('lake.catalog-rights.count', 'read', 'how many rights there are on the catalogs in scope'),
  features: ['who can read tables by a right on their catalog'],
  names: ['catalog_name'],
  wants,
  fact: { kind: 'access', what: 'catalog', title: title('the catalog of'), item },
});
