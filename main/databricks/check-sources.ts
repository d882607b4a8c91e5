import { isJsonObject } from '../../shared/base/json.ts';
import { isNoEndpoint } from './failures.ts';
import { enableLine, grantText, selectPrivileges, distinct } from './grants.ts';
import type { TableName } from './identifiers.ts';
import type { ConnectionStep, DatabricksFailure, QueryOptions, RestRequest, Workspace } from './port.ts';
import { dbx, statementKind } from './statements.ts';
import { failed, skipped, works } from './check-step.ts';

/** A source of facts as the check sees it; every collector declares these (main/lake). */
export type CheckedSource = {
  readonly label: string;
  /** The table it reads, where it is one. */
  readonly table: TableName | null;
  /**
   * A read that costs nearly nothing, for sources behind REST. `ofNothing`: it asks about something that does not exist, and is
   * answered where it is told so.
   */
  readonly probe?: RestRequest & { readonly ofNothing?: true };
  readonly features: readonly string[];
  readonly needs: readonly (
    | { readonly kind: 'select'; readonly table: TableName }
    | { readonly kind: 'privilege'; readonly privilege: string; readonly on: string }
  )[];
  readonly preview: 'Public Preview' | 'Beta' | null;
  /** How late it tells and how long the workspace keeps it, in words. */
  readonly pace?: string;
  /** What still works without it, where another source stands in. */
  readonly otherwise?: string;
};

const sourceKindName = 'check.source';
const sourceKind = statementKind(sourceKindName, 'read', 'connection check: can a source be read, none of its rows');

/**
 * What is known of the system schemas: `visible` = those that `system.information_schema.schemata` shows this user (rows are
 * filtered by privilege); `states` = all of them with their state, which only administrators may read; null = not known.
 */
export type SystemSchemas = {
  readonly visible: ReadonlySet<string> | null;
  readonly states: ReadonlyMap<string, string> | null;
};

export type SourceContext = {
  readonly workspace: Workspace;
  readonly options: QueryOptions;
  readonly schemas: SystemSchemas;
  /** Whom to grant to. */
  readonly principal: string;
  readonly metastoreId: string | null;
};

const notFound = /^(?:TABLE_OR_VIEW_NOT_FOUND|SCHEMA_NOT_FOUND|NO_SUCH_CATALOG|CATALOG_NOT_FOUND|UNRESOLVED)/;
type Why = 'missing-grant' | 'not-here' | 'preview-off' | 'failed';

/** What REST's error codes say of an endpoint (docs: api/errors): FEATURE_DISABLED is switched off, whatever the label. */
const whyNotByRest = (source: CheckedSource, { tag, code = '' }: DatabricksFailure): Why => {
  if (/^HTTP 4\d\d FEATURE_DISABLED\b/.test(code)) return 'preview-off';
  if (isNoEndpoint({ code })) return source.preview === null ? 'not-here' : 'preview-off';
  return tag === 'NotConfigured' ? 'not-here' : 'failed';
};

/** The service answered, about the thing that does not exist: 404, or 400 as some of its calls say it (facts 3.0). */
const isAnswerOfNothing = ({ code = '' }: DatabricksFailure): boolean =>
  !isNoEndpoint({ code }) &&
  /^HTTP (?:404|400) (?:[A-Z_]*DOES_NOT_EXIST|[A-Z_]*NOT_FOUND|INVALID_PARAMETER_VALUE)\b/.test(code);

/**
 * Why a source cannot be read. Refused with 42501, INSUFFICIENT_PERMISSIONS or HTTP 403: a grant is missing. Not found is
 * looked at twice, since a schema that is not switched on, one that is not granted and a table that is not there can look alike:
 *
 * - An administrator's list of system schemas decides (docs: system-schemas): AVAILABLE, "" or being switched on or off =
 *   switched off; ENABLE_COMPLETED or MANAGED = on, so a grant is missing when the schema is not visible, else the table is
 *   not in this workspace; UNAVAILABLE, or not in the list = not in this workspace.
 * - Without that list: the schema is visible = the table is not in this workspace. It is not visible: a source that
 *   Databricks labels a preview counts as switched off, any other as not granted; the words name both possibilities.
 */
export const whyNot = (source: CheckedSource, failure: DatabricksFailure, schemas: SystemSchemas): Why => {
  if (failure.tag === 'Forbidden') return 'missing-grant';
  if (source.table === null) return whyNotByRest(source, failure);
  if (!notFound.test(failure.errorClass ?? '')) return 'failed';
  const { schema, catalog } = source.table;
  if (catalog !== 'system') return 'not-here';
  const visible = schemas.visible?.has(schema) === true;
  if (schemas.states !== null) {
    const state = schemas.states.get(schema);
    if (state === undefined || state === 'UNAVAILABLE') return 'not-here';
    if (state === 'ENABLE_COMPLETED' || state === 'MANAGED') return visible ? 'not-here' : 'missing-grant';
    return 'preview-off';
  }
  if (visible) return 'not-here';
  return source.preview === null ? 'missing-grant' : 'preview-off';
};

/** The check asks the same of every source; that the statement has a name of ours helps nobody here. */
const asTheServerSaid = (what: string): string => what.replace(` "${sourceKindName}"`, ' it');

const words = (why: Why, source: CheckedSource, failure: DatabricksFailure, schemas: SystemSchemas): string => {
  const unsure = schemas.states === null && source.table?.catalog === 'system' && failure.tag !== 'Forbidden';
  switch (why) {
    case 'missing-grant':
      return unsure
        ? 'It is not visible to you: a grant is missing, or an administrator has not switched its schema on.'
        : asTheServerSaid(failure.what);
    case 'preview-off':
      if (source.table === null)
        return /FEATURE_DISABLED/.test(failure.code ?? '')
          ? 'The workspace says that this feature is switched off.'
          : `It is labelled ${source.preview ?? 'a preview'} and its endpoint is not there: switched off, or not in this workspace.`;
      return unsure
        ? `It is labelled ${source.preview ?? 'a preview'} and its schema is not visible: switched off, or not granted to you.`
        : 'Its schema is not switched on in this metastore.';
    case 'not-here':
      return 'This workspace does not have it.';
    case 'failed':
      return `${failure.what} ${failure.advice}`;
  }
};

/** What to ask an administrator for, as SQL, as command lines, and in words. */
const remedy = (
  why: Why,
  source: CheckedSource,
  context: SourceContext,
): Pick<ConnectionStep, 'grants' | 'commands' | 'ask'> => {
  if (why !== 'missing-grant' && why !== 'preview-off') return {};
  const named = source.needs.flatMap((need) =>
    need.kind === 'select' && need.table.schema !== 'information_schema' ? [need.table] : [],
  );
  // Views of information_schema need no grant as a rule; one that refuses all the same needs it (docs: sql-ref-information-schema).
  const isView = named.length === 0 && source.table?.schema === 'information_schema';
  const tables = isView && why === 'missing-grant' && source.table !== null ? [source.table] : named;
  const asked = privilegesOf(source);
  const off = why === 'preview-off' ? [...new Set(tables.map(({ schema }) => schema))] : [];
  return {
    grants: distinct(tables.flatMap((table) => selectPrivileges(table))).map((one) =>
      grantText(one, context.principal),
    ),
    commands: off.map((schema) => enableLine(context.metastoreId ?? 'METASTORE_ID', schema)),
    ...(asked.length === 0 ? {} : { ask: asked.join(', ') }),
  };
};

/** Lists leave out what one may not see, so an empty one cannot tell whether there is none or none for this user. */
const listsNothing = (probe: CheckedSource['probe'], answer: unknown): boolean =>
  probe?.ofNothing !== true &&
  isJsonObject(answer) &&
  Object.values(answer).every((value) => !Array.isArray(value) || value.length === 0);

const privilegesOf = ({ needs }: CheckedSource): readonly string[] =>
  needs.flatMap((need) => (need.kind === 'privilege' ? [`${need.privilege} on ${need.on}`] : []));

const everything = 'Everything else works; this source is shown as not visible.';

/** Look at one source with one statement that reads no rows, or one REST call. Never throws. */
export const checkSource = async (source: CheckedSource, context: SourceContext): Promise<ConnectionStep> => {
  const { workspace, options } = context;
  const step = source.label;
  const about = {
    group: 'source',
    features: source.features,
    ...(source.pace === undefined ? {} : { pace: source.pace }),
  } as const;
  if (source.table === null && source.probe === undefined) {
    const needs = privilegesOf(source);
    return {
      ...skipped(
        step,
        needs.length === 0
          ? 'Looked at when a room is read.'
          : `Needs ${needs.join(', ')}: looked at when a room is read.`,
      ),
      ...about,
    };
  }
  const found =
    source.table === null
      ? await workspace.rest.call(source.probe ?? { method: 'GET', path: '/' }, options)
      : await workspace.warehouse.query(sourceKind(dbx`SELECT * FROM ${source.table} LIMIT 0`), options);
  if (!found.ok && source.table === null && source.probe?.ofNothing === true && isAnswerOfNothing(found.error))
    return { ...works(step, 'It answers.'), ...about };
  if (found.ok && source.table === null && listsNothing(source.probe, found.value)) {
    const detail = 'It answers and lists nothing: there is none, or none that you may see.';
    return { ...works(step, detail), ...about, ask: privilegesOf(source).join(', ') };
  }
  if (found.ok) {
    const columns = source.table === null ? null : (found.value as { readonly columns: readonly string[] }).columns;
    return { ...works(step, columns === null ? 'It answers.' : `${columns.length} columns can be read.`), ...about };
  }
  const why = whyNot(source, found.error, context.schemas);
  if (why === 'failed') return { ...failed(step, found.error), ...about };
  return {
    step,
    state: why,
    detail: words(why, source, found.error, context.schemas),
    ...about,
    ...remedy(why, source, context),
    otherwise: source.otherwise ?? everything,
  };
};
