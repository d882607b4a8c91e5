import { assert } from '../../shared/base/assert.ts';
import { quoteName, quoteTable, type TableName } from './identifiers.ts';

/**
 * Texts of GRANT and REVOKE for whoever administers a workspace; Breakwater never runs them. Names are delimited, so that any
 * name that exists can be printed (facts/security.md 3.2). Granting what is granted, and revoking what is not, changes nothing.
 */
export type Privilege = {
  readonly privilege: 'USE CATALOG' | 'USE SCHEMA' | 'SELECT' | 'MODIFY';
  readonly kind: 'CATALOG' | 'SCHEMA' | 'TABLE';
  /** Delimited. */
  readonly on: string;
};

const control = (name: string): boolean => Array.from(name, (char) => char.codePointAt(0) ?? 0).some((code) => code <= 0x1f || code === 0x7f); // prettier-ignore

/** Whether a principal (user name, group, application id) can be printed: not empty, well formed, no control characters. */
export const isPrincipal = (name: string): boolean =>
  name !== '' && name.length <= 255 && name.isWellFormed() && !control(name);

/** A principal as a delimited identifier. Throws on one that `isPrincipal` refuses. */
export const quotePrincipal = (name: string): string => {
  assert(isPrincipal(name), 'principals are checked where they enter');
  return `\`${name.replaceAll('`', '``')}\``;
};

/** What SELECT on a table takes: the way to it, and the table (facts 1.0: USE CATALOG, USE SCHEMA, SELECT). */
export const selectPrivileges = (table: TableName): readonly Privilege[] => [
  { privilege: 'USE CATALOG', kind: 'CATALOG', on: quoteName(table.catalog) },
  { privilege: 'USE SCHEMA', kind: 'SCHEMA', on: `${quoteName(table.catalog)}.${quoteName(table.schema)}` },
  { privilege: 'SELECT', kind: 'TABLE', on: quoteTable(table) },
];

export const grantText = ({ privilege, kind, on }: Privilege, principal: string): string =>
  `GRANT ${privilege} ON ${kind} ${on} TO ${quotePrincipal(principal)};`;

/** Each privilege once, in the order of first sight. */
export const distinct = (all: readonly Privilege[]): readonly Privilege[] => [
  ...new Map(all.map((one) => [`${one.privilege} ${one.kind} ${one.on}`, one])).values(),
];

/** A line of the Databricks CLI that switches a system schema on; SQL cannot (docs: system-schemas commands). */
export const enableLine = (metastoreId: string, schema: string): string =>
  `databricks system-schemas enable ${metastoreId} ${schema}`;
