import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { RandomBytes } from '../../shared/base/time.ts';
import type { LogId } from '../../shared/domain/ids.ts';
import {
  distinct,
  grantText,
  isPrincipal,
  quotePrincipal,
  selectPrivileges,
  type Privilege,
} from '../databricks/grants.ts';
import type { TableName } from '../databricks/identifiers.ts';
import { checkedSources } from '../lake/sources.ts';
import { shareSqlFor } from '../sync/delta.ts';
import type { ShareSql } from '../sync/delta-sql.ts';

/** What a source of facts needs, as every collector declares it. */
export type SetupSource = Pick<(typeof checkedSources)[number], 'source' | 'label' | 'table' | 'features' | 'needs' | 'preview'>; // prettier-ignore

/** Sources by the names that people give: `all`, the name of a source or of its table, its label; or the names that are none. */
export const namedSources = (
  names: readonly string[],
): { readonly sources: readonly SetupSource[] } | { readonly unknown: readonly string[] } => {
  if (names.length === 0 || names.includes('all')) return { sources: checkedSources };
  const fits = (name: string) => (one: SetupSource) =>
    [one.source, one.label, one.table === null ? '' : full(one.table)].some(
      (known) => known.toLowerCase() === name.toLowerCase(),
    );
  const unknown = names.filter((name) => !checkedSources.some(fits(name)));
  return unknown.length > 0 ? { unknown } : { sources: checkedSources.filter((one) => names.some((name) => fits(name)(one))) }; // prettier-ignore
};

export type SetupWanted = {
  readonly principal: string;
  readonly sources: readonly SetupSource[];
  readonly share: ShareSql | null;
  /** Null = the administrator puts it in. */
  readonly metastoreId: string | null;
};

const full = ({ catalog, schema, table }: TableName): string => `${catalog}.${schema}.${table}`;
const schemaOfViews: TableName = { catalog: 'system', schema: 'information_schema', table: 'tables' };
/** A text in a comment: one line, whatever a name holds. */
const note = (text: string): string => `-- ${text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')}`;
const noteLines = (texts: readonly string[]): readonly string[] => texts.map(note);
const revokeText = ({ privilege, kind, on }: Privilege, principal: string): string =>
  `REVOKE ${privilege} ON ${kind} ${on} FROM ${quotePrincipal(principal)};`;

/**
 * Tables that need a grant. Rows of information_schema are shown by privilege, and every user of an account may read its views unless
 * somebody took that away: said in words, since the documents also speak of an explicit right (docs: sql-ref-information-schema).
 */
const tablesOf = (source: SetupSource): readonly TableName[] =>
  source.needs.flatMap((need) =>
    need.kind === 'select' && need.table.schema !== 'information_schema' ? [need.table] : [],
  );

/**
 * What an administrator runs so that `principal` can use Breakwater: system schemas switched on (lines of the CLI and REST,
 * since SQL cannot), the right to use the warehouse in words, grants for each source with what it is for, the tables and
 * grants of a share, and the undo of it all in reverse, commented out. Each statement can be run again. Breakwater runs none.
 */
export const setupSql = ({ principal, sources, share, metastoreId }: SetupWanted): string => {
  const metastore = metastoreId ?? 'METASTORE_ID';
  const schemas = [...new Set(sources.flatMap(tablesOf).flatMap((table) => (table.catalog === 'system' ? [table.schema] : [])))]; // prettier-ignore
  const previews = (schema: string): string => {
    const labels = [...new Set(sources.flatMap((one) => (one.preview !== null && tablesOf(one).some((table) => table.schema === schema) ? [one.preview] : [])))]; // prettier-ignore
    return labels.length === 0 ? '' : `  (holds tables in ${labels.join(' and ')})`;
  };
  const byTable = sources.filter((one) => tablesOf(one).length > 0);
  const privileges = distinct(byTable.flatMap((one) => tablesOf(one).flatMap((table) => selectPrivileges(table))));
  const printed = new Set<Privilege>();
  const ofSource = (source: SetupSource): readonly string[] => {
    const wanted = tablesOf(source).flatMap((table) => selectPrivileges(table));
    const fresh = privileges.filter((one) => !printed.has(one) && wanted.some((same) => same.on === one.on && same.privilege === one.privilege)); // prettier-ignore
    for (const one of fresh) printed.add(one);
    return [note(`${source.label}: ${source.features.join(', ')}.`), ...fresh.map((one) => grantText(one, principal))];
  };
  const inWords = sources.flatMap((source) =>
    source.needs.flatMap((need) => (need.kind === 'privilege' ? [`${need.privilege} on ${need.on}: ${source.label} (${source.features.join(', ')})`] : [])),
  ); // prettier-ignore
  const enable = schemas.map((schema) => `databricks system-schemas enable ${metastore} ${schema}${previews(schema)}`);
  const undo = [
    ...(share === null ? [] : ['The share: removes the shared copy for everybody; every device keeps its own.', ...share.undo]),
    ...(privileges.length === 0 ? [] : ['The grants.', ...[...privileges].reverse().map((one) => revokeText(one, principal))]),
    'The right to use the SQL warehouse and what was given by hand: take it back where it was given.',
    ...(schemas.length === 0
      ? []
      : [
          'The system schemas, only where nobody else uses them:',
          ...[...schemas].reverse().map((schema) => `databricks system-schemas disable ${metastore} ${schema}`),
        ]),
  ]; // prettier-ignore
  return [
    note(`Breakwater: what an administrator runs so that ${quotePrincipal(principal)} can use it.`),
    '-- Each SQL statement can be run again. The undo of all of it is at the end. Leave out what you do not want: the',
    '-- features named beside it stay away, and everything else works.',
    '',
    ...(enable.length === 0
      ? []
      : [
          '-- 1. Switch system schemas on, as account or metastore admin. SQL cannot: run these with the Databricks CLI, or',
          note(`   PUT /api/2.1/unity-catalog/metastores/${metastore}/systemschemas/SCHEMA for each.`),
          ...(metastoreId === null ? ['--    METASTORE_ID is the last part of what SELECT current_metastore() answers.'] : []),
          '--    One that is on already answers "already exists", one that is always on "can only be enabled by Databricks": go on.',
          ...noteLines(enable.map((line) => `   ${line}`)),
          '',
        ]),
    note(`2. SQL warehouse: give ${quotePrincipal(principal)} "CAN USE" on its page, under Permissions.`),
    '',
    ...(byTable.length === 0 ? [] : ['-- 3. Sources of facts: reading only.', ...byTable.flatMap(ofSource), '']),
    ...(sources.some((one) => one.table?.schema === 'information_schema')
      ? [
          '-- Columns, tags, rights and rules come from system.information_schema, which every user may read as a rule. Where not:',
          ...noteLines(selectPrivileges(schemaOfViews).slice(0, 2).map((one) => `   ${grantText(one, principal)}`)),
          note(`   GRANT SELECT ON SCHEMA \`system\`.\`information_schema\` TO ${quotePrincipal(principal)};`),
          '',
        ]
      : []),
    ...(inWords.length === 0 ? [] : ['-- 4. Given outside of this file, where wanted:', ...noteLines(inWords.map((line) => `   ${line}`)), '']),
    ...(share === null ? ['-- No share: nothing is written to Databricks.', ''] : ['-- 5. The share: the only place that is written to. Run from one session, in this order.', ...share.make, ...share.grants, '']),
    '-- Undo, in reverse. Commented out, so that running this file does not take back what it gave.',
    '-- A right that the principal had before this file was run is taken back as well: leave such a line out.',
    ...noteLines(undo),
    '',
  ].join('\n'); // prettier-ignore
};

/** The same for the window, with every source; a share belongs to this organisation. */
export const setupFor = (
  { principal, share }: { readonly principal: string; readonly share?: string | undefined },
  org: LogId,
  random: RandomBytes,
): Result<{ sql: string }, Failure> => {
  if (!isPrincipal(principal))
    return err(
      failure(
        'WrongShape', 'The name of the group or user cannot be used.', 'Nothing was sent or written.',
        'Give a name of at most 255 characters without line breaks.',
      ),
    ); // prettier-ignore
  const parts = share === undefined ? ok(null) : shareSqlFor(share, org, random, principal);
  if (!parts.ok) return parts;
  return ok({ sql: setupSql({ principal, sources: checkedSources, share: parts.value, metastoreId: null }) });
};
