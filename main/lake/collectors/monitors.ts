import { ok, type Result } from '../../../shared/base/result.ts';
import { checkObjectName, fullName, type TableName } from '../../databricks/identifiers.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { dbx, marker, statementKind, type Piece } from '../../databricks/statements.ts';
import { tableAsset } from '../assets.ts';
import type { CollectContext } from '../collector.ts';
import { textOf } from '../rows.ts';
import { scoped } from '../scope-filter.ts';
import { nextTurn, type Turn } from '../turns.ts';

const listKind = statementKind('lake.drift-tables', 'read', 'which tables hold the results of data profiles');
const tables = { catalog: 'system', schema: 'information_schema', table: 'tables' };
/** Profiles read per pull, those of tables in scope first; more of them take turns. */
const maxMonitors = 60;
/** Rows of the question which profiles there are: one for each, however many tables of its name the catalog has. */
const mostRows = 2_000;

export type Monitor = { readonly results: TableName; readonly watched: TableName };
/** `wanted`: nearest first. `listed`: how many were listed at all, for this user; `whole`: there are no more of them. */
export type Monitors = { readonly wanted: readonly Monitor[]; readonly listed: number; readonly whole: boolean };

const distanceOf = (context: CollectContext, { watched }: Monitor): number =>
  context.scope.get(tableAsset(context.metastoreId, fullName(watched))) ?? far;
const far = 99;

/** The profiles to read now. */
export const monitorTurn = (context: CollectContext, { wanted }: Monitors): Turn<Monitor> =>
  nextTurn(context, wanted, {
    key: ({ results }) => fullName(results),
    limit: maxMonitors,
    plural: 'data profiles',
    always: (monitor) => distanceOf(context, monitor) === 0,
  });

/** Why nothing was read, or not all, in words; null = there is something to read, and it is all. */
export const lackingMonitors = ({ wanted, listed, whole }: Monitors): string | null => {
  if (!whole) return `Not complete: there are more data profiles than one look goes through (${listed}).`;
  if (wanted.length > 0) return null;
  if (listed === 0) return 'No table that this user may see has a data profile.';
  return `None of the tables around this room has a data profile; ${listed === 1 ? 'one other table has' : `${listed} other tables have`} one.`;
};

/**
 * A profile's tables lie in the catalog of what it watches. Only plain equality is looked at before rows of information_schema are made
 * (named-in.ts): in a packing the catalogs of its tables bound the question, while the watch has to ask for all. How long that takes in a large metastore
 * is not known (check open.whole-metastore).
 */
const catalogsOf = (context: CollectContext): readonly string[] => {
  const all = context.lane === 'pack' ? scoped(context, 'table', 'view', 'feature-table') : [];
  const catalogs = [...new Set(all.map((name) => name.split('.')[0] ?? ''))];
  return catalogs.length > mostCatalogs ? [] : catalogs;
};
const mostCatalogs = 50;
const oneOfThem = (table: Piece, catalogs: readonly string[]): Piece =>
  catalogs.length === 0
    ? dbx`TRUE`
    : dbx`(${catalogs.map((_, at) => dbx`${table}.table_catalog = ${marker(`catalog${at}`)}`).reduce((a, b) => dbx`${a} OR ${b}`)})`;

/**
 * Profiles by the name of their result table (facts 1.2: `{table}_drift_metrics`, `{table}_profile_metrics`); the watched table may
 * live in another schema of the catalog: one in the profile's own schema is the likeliest, else the first by name. For a pack only
 * those of the tables in scope.
 */
export const findMonitors = async (
  context: CollectContext,
  results: 'drift' | 'profile',
): Promise<Result<Monitors, DatabricksFailure>> => {
  const suffix = `_${results}_metrics`;
  const cut = suffix.length;
  const catalogs = catalogsOf(context);
  const found = await context.workspace.warehouse.query(
    listKind(
      dbx`SELECT m.table_catalog AS catalog_name, m.table_schema AS schema_name, m.table_name AS name,
          coalesce(max(CASE WHEN t.table_schema = m.table_schema THEN t.table_schema END), min(t.table_schema)) AS watched_schema
        FROM ${tables} m LEFT JOIN ${tables} t ON t.table_catalog = m.table_catalog
          AND t.table_name = substring(m.table_name, 1, length(m.table_name) - ${cut}) AND ${oneOfThem(dbx`t`, catalogs)}
        WHERE right(m.table_name, ${cut}) = :suffix AND ${oneOfThem(dbx`m`, catalogs)}
        GROUP BY m.table_catalog, m.table_schema, m.table_name ORDER BY 1, 2, 3 LIMIT ${mostRows}`,
      { suffix, ...Object.fromEntries(catalogs.map((name, at) => [`catalog${at}`, name])) },
    ),
    context.options,
  );
  if (!found.ok) return found;
  const monitors = new Map<string, Monitor>();
  for (const row of found.value.rows) {
    const [catalog, schema, name] = [textOf(row, 'catalog_name'), textOf(row, 'schema_name'), textOf(row, 'name')];
    if (catalog === null || schema === null || name === null || !name.endsWith(suffix)) continue;
    if ([catalog, schema, name].some((part) => checkObjectName(part) !== null)) continue;
    const place = { catalog, schema, table: name };
    const watchedSchema = textOf(row, 'watched_schema') ?? schema;
    const watched = { catalog, schema: watchedSchema, table: name.slice(0, -suffix.length) };
    monitors.set(fullName(place), { results: place, watched });
  }
  const distance = (monitor: Monitor): number => distanceOf(context, monitor);
  const wanted = [...monitors.values()].filter((one) => context.lane !== 'pack' || distance(one) < far);
  return ok({
    wanted: wanted.sort((a, b) => distance(a) - distance(b)),
    listed: monitors.size,
    whole: found.value.rows.length < mostRows,
  });
};
