import { isJsonObject } from '../../shared/base/json.ts';
import type { CheckedSource, SystemSchemas } from './check-sources.ts';
import { failed, skipped, works } from './check-step.ts';
import { databricksFailure } from './failures.ts';
import { distinct, enableLine, grantText, isPrincipal, selectPrivileges, type Privilege } from './grants.ts';
import { warehouseIdIn } from './hosts.ts';
import { quoteName } from './identifiers.ts';
import type { ConnectionStep, DatabricksFailure, QueryOptions, Workspace } from './port.ts';
import { canary, canaryValue } from './session.ts';
import { dbx, statementKind } from './statements.ts';

/** Steps of the connection check on the way to the sources: who one is, the SQL warehouse, and what the catalogs show. */

const catalogKind = statementKind('check.catalogs', 'read', 'connection check: which catalogs are visible');
const schemaKind = statementKind('check.schemas', 'read', 'connection check: which system schemas are visible');

/** What the steps learn on their way. `noStatements`: the warehouse takes none from this user. */
export type Learnt = {
  user: string | null;
  metastoreId: string | null;
  schemas: SystemSchemas;
  noStatements: boolean;
};
export type Step = {
  readonly step: string;
  readonly run: () => Promise<ConnectionStep>;
  /** `always`: what follows stands on it. `warehouse`: it needs a running warehouse. */
  readonly needed?: 'always';
  readonly needs?: 'warehouse';
};

const text = (body: unknown, key: string): string | null => {
  const value = isJsonObject(body) ? body[key] : null;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
};

export const signIn = async (workspace: Workspace, learnt: Learnt, options: QueryOptions): Promise<ConnectionStep> => {
  const step = 'sign-in';
  const me = await workspace.rest.call({ method: 'GET', path: '/api/2.0/preview/scim/v2/Me' }, options);
  if (me.ok) {
    learnt.user = text(me.value, 'userName');
    return works(step, learnt.user === null ? 'The token is accepted.' : `As ${learnt.user}.`);
  }
  // A token for SQL alone may not read the directory: then the warehouse tells whether it is accepted.
  return me.error.tag === 'Forbidden' || me.error.tag === 'NotConfigured'
    ? skipped(step, 'The directory does not answer this token; the warehouse will tell.')
    : failed(step, me.error);
};

/** The state of the warehouse as REST tells it (facts 3.5), which starts nothing; null = it cannot be known. */
export const warehouseState = async (
  workspace: Workspace,
  options: QueryOptions,
): Promise<{ readonly result: ConnectionStep; readonly state: string | null }> => {
  const step = 'SQL warehouse';
  const id = warehouseIdIn(workspace.connection.httpPath);
  if (id === null)
    return { result: skipped(step, 'The HTTP path names no SQL warehouse; its state is not known.'), state: null };
  const found = await workspace.rest.call({ method: 'GET', path: `/api/2.0/sql/warehouses/${id}` }, options);
  if (!found.ok) {
    if (found.error.tag === 'Forbidden')
      return {
        result: {
          step,
          state: 'missing-grant',
          detail: 'Its state is not shown to you.',
          ask: 'CAN USE on the SQL warehouse',
          features: ['everything that is read by SQL'],
          otherwise: 'Runs and models come through REST.',
        },
        state: null,
      };
    if (found.error.tag === 'NotConfigured')
      return {
        result: {
          step,
          state: 'not-here',
          detail: 'No such SQL warehouse, or it is not visible to you.',
          ask: 'CAN USE on the SQL warehouse, or the HTTP path of another one',
          features: ['everything that is read by SQL'],
        },
        state: 'UNKNOWN',
      };
    return { result: failed(step, found.error), state: null };
  }
  const [state, name] = [text(found.value, 'state'), text(found.value, 'name')];
  const called = name === null ? 'It' : name;
  if (state === 'DELETED' || state === 'DELETING')
    return {
      result: failed(step, databricksFailure('NotConfigured', { detail: `${called} is ${state.toLowerCase()}.`, advice: 'Name another SQL warehouse in the connection.', code: state })),
      state,
    }; // prettier-ignore
  return { result: works(step, `${called} is ${(state ?? 'in an unknown state').toLowerCase()}.`), state };
};

/** Whom to grant to. */
export const granteeOf = ({ user }: Learnt): string =>
  user !== null && isPrincipal(user) ? user : 'YOUR USER OR GROUP';

const asSql = (privileges: readonly Privilege[], learnt: Learnt): readonly string[] =>
  distinct(privileges).map((one) => grantText(one, granteeOf(learnt)));

const view = (table: string) => ({ catalog: 'system', schema: 'information_schema', table });
const eachAlone = 'Each source is still looked at by itself.';

/** A step that was refused is a missing grant with what to ask for and what it costs; anything else does not work. */
const refusedOr = (
  step: string,
  failure: DatabricksFailure,
  missing: Pick<ConnectionStep, 'grants' | 'ask' | 'features' | 'otherwise'>,
): ConnectionStep =>
  failure.tag === 'Forbidden'
    ? { step, state: 'missing-grant', detail: failure.what, ...missing }
    : failed(step, failure);

const openSession = async (workspace: Workspace, learnt: Learnt, options: QueryOptions): Promise<ConnectionStep> => {
  const step = 'session and parameters';
  const found = await workspace.warehouse.query(canary, options);
  if (!found.ok) {
    learnt.noStatements = found.error.tag === 'Forbidden';
    return refusedOr(step, found.error, {
      ask: 'CAN USE on the SQL warehouse',
      features: ['everything that is read by SQL', 'sharing rooms through Delta tables'],
      otherwise: 'What comes through REST is still looked at.',
    });
  }
  return found.value.rows[0]?.['p'] === canaryValue
    ? works(step, 'A session opened, and a named parameter came back unchanged.')
    : failed(step, databricksFailure('BadAnswer', { detail: 'A parameter came back changed.' }));
};

const whoAndWhere = async (workspace: Workspace, learnt: Learnt, options: QueryOptions): Promise<ConnectionStep> => {
  const step = 'who and where';
  const found = await workspace.identity(options);
  if (!found.ok)
    return refusedOr(step, found.error, {
      ask: 'access to this workspace for your user, with a token that may ask REST who you are (scim/v2/Me) and for the metastore (unity-catalog/current-metastore-assignment)',
      features: ['reading any source: facts are kept under the ids of workspace and metastore'],
      otherwise: 'Rooms and what was read before stay usable.',
    });
  const { user, workspaceId, metastoreId } = found.value;
  learnt.user = user;
  learnt.metastoreId = metastoreId;
  return works(step, `${user}, workspace ${workspaceId}, metastore ${metastoreId}`);
};

/** Catalogs listed at most. */
const mostCatalogs = 200;

const catalogs = async (workspace: Workspace, learnt: Learnt, options: QueryOptions): Promise<ConnectionStep> => {
  const step = 'catalogs';
  const found = await workspace.warehouse.query(
    catalogKind(
      dbx`SELECT catalog_name FROM ${view('catalogs')} WHERE catalog_name <> 'system' ORDER BY catalog_name LIMIT ${mostCatalogs}`,
    ),
    options,
  );
  if (!found.ok)
    return refusedOr(step, found.error, {
      grants: asSql(selectPrivileges(view('catalogs')), learnt),
      features: ['telling here which catalogs you can see'],
      otherwise: eachAlone,
    });
  const seen = found.value.rows.length;
  if (seen > 0) return works(step, `Visible besides system: ${seen < mostCatalogs ? '' : 'at least '}${seen}.`);
  // Rows are filtered by privilege (facts 1.0): no row is no right on any catalog with tables of one's own.
  return {
    step,
    state: 'missing-grant',
    detail: 'None besides system is visible to you.',
    ask: 'USE CATALOG and USE SCHEMA on the catalogs of your tables, with SELECT on the tables or BROWSE on the catalogs',
    features: ['columns, owners, tags and rights of your tables', 'their versions', 'comparing them with their past'],
    otherwise: eachAlone,
  };
};

/** The system schemas that sources read, each through one of its tables. */
const schemasRead = (sources: readonly CheckedSource[]): readonly Privilege[] =>
  distinct(
    sources
      .flatMap(({ needs }) => needs.flatMap((need) => (need.kind === 'select' ? [need.table] : [])))
      .filter(({ catalog, schema }) => catalog === 'system' && schema !== 'information_schema')
      .flatMap((table) => selectPrivileges(table).filter(({ kind }) => kind !== 'TABLE')),
  );

const systemSchemas = async (
  workspace: Workspace,
  learnt: Learnt,
  sources: readonly CheckedSource[],
  options: QueryOptions,
): Promise<ConnectionStep> => {
  const step = 'system schemas';
  const found = await workspace.warehouse.query(
    schemaKind(
      dbx`SELECT schema_name FROM ${view('schemata')} WHERE catalog_name = 'system' ORDER BY schema_name LIMIT 200`,
    ),
    options,
  );
  const visible = found.ok ? found.value.rows.flatMap((row) => row['schema_name'] ?? []) : null;
  const states = learnt.metastoreId === null ? null : await schemaStates(workspace, learnt.metastoreId, options);
  learnt.schemas = { visible: visible === null ? null : new Set(visible), states };
  if (!found.ok)
    return refusedOr(step, found.error, {
      grants: asSql(selectPrivileges(view('schemata')), learnt),
      features: ['telling a table that is not there from one that is not granted to you'],
      otherwise: eachAlone,
    });
  const shown = (visible ?? []).filter((name) => name !== 'information_schema');
  const off = [...(states ?? [])].filter(([, state]) => state === 'AVAILABLE' || state === '').map(([name]) => name);
  const switchedOff = off.length === 0 ? '' : ` Switched off: ${off.join(', ')}.`;
  if (shown.length > 0) return works(step, `Visible: ${shown.join(', ')}.${switchedOff}`);
  const read = schemasRead(sources);
  const isAllOff = off.length > 0 && off.length === states?.size;
  return {
    step,
    state: isAllOff ? 'preview-off' : 'missing-grant',
    detail: `None is visible to you${isAllOff ? '' : ': not granted, or not switched on'}.${switchedOff}`,
    ask: 'USE CATALOG on system, and USE SCHEMA on its schemas that are read',
    grants: asSql(read, learnt),
    commands: off
      .filter((schema) => read.some(({ on }) => on === `\`system\`.${quoteName(schema)}`))
      .map((schema) => enableLine(learnt.metastoreId ?? 'METASTORE_ID', schema)),
    features: ['everything that is read from system tables'],
    otherwise: eachAlone,
  };
};

/** The steps that send statements; they need a warehouse that runs and takes them. */
export const byWarehouse = (
  workspace: Workspace,
  learnt: Learnt,
  sources: readonly CheckedSource[],
  options: QueryOptions,
): readonly Step[] => [
  {
    step: 'session and parameters',
    needed: 'always',
    needs: 'warehouse',
    run: () => openSession(workspace, learnt, options),
  },
  { step: 'who and where', needs: 'warehouse', run: () => whoAndWhere(workspace, learnt, options) },
  { step: 'catalogs', needs: 'warehouse', run: () => catalogs(workspace, learnt, options) },
  { step: 'system schemas', needs: 'warehouse', run: () => systemSchemas(workspace, learnt, sources, options) },
];

/** Pages of the list of system schemas at most. */
const mostPages = 20;

/** All system schemas with their state, which account and metastore admins may read; null for everybody else. */
const schemaStates = async (
  workspace: Workspace,
  metastoreId: string,
  options: QueryOptions,
): Promise<ReadonlyMap<string, string> | null> => {
  const states = new Map<string, string>();
  let token: string | null = null;
  for (let page = 0; page < mostPages; page += 1) {
    const found = await workspace.rest.call(
      {
        method: 'GET',
        path: `/api/2.1/unity-catalog/metastores/${encodeURIComponent(metastoreId)}/systemschemas`,
        query: { max_results: '0', ...(token === null ? {} : { page_token: token }) },
      },
      options,
    );
    if (!found.ok) return null;
    const schemas: unknown = isJsonObject(found.value) ? found.value['schemas'] : [];
    for (const one of Array.isArray(schemas) ? schemas : []) {
      const name = text(one, 'schema');
      if (name !== null) states.set(name, text(one, 'state') ?? '');
    }
    token = text(found.value, 'next_page_token');
    if (token === null || token === '') return states;
  }
  return states;
};
