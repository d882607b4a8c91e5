import { isJsonObject } from '../../shared/base/json.ts';
import { handshake, lookUp } from './check-network.ts';
import { checkSource, type CheckedSource, type SystemSchemas } from './check-sources.ts';
import { failed, skipped, works } from './check-step.ts';
import { limitsOf, type DatabricksDeps } from './deps.ts';
import { databricksFailure } from './failures.ts';
import { isPrincipal } from './grants.ts';
import type { Connection, ConnectionStep, QueryOptions, Workspace } from './port.ts';
import { canary, canaryValue } from './session.ts';
import { dbx, statementKind } from './statements.ts';
import { openWorkspace } from './workspace.ts';

const catalogKind = statementKind('check.catalogs', 'read', 'connection check: which catalogs are visible');
const schemaKind = statementKind('check.schemas', 'read', 'connection check: which system schemas are visible');

export type CheckOptions = QueryOptions & {
  /** A person agreed: a warehouse that does not run may be started. Without it, the check stops before what would start it. */
  readonly startWarehouse?: boolean;
  /** Called whenever a step has ended, with all that have ended so far, in order, and how many there are in all. */
  readonly onStep?: (ended: readonly ConnectionStep[], total: number) => void;
};

/** Sources looked at at the same time, and the time that one of them gets, in ms. */
const together = 4;
const sourceMs = 30_000;

/** What the steps learn on their way. */
type Learnt = { user: string | null; metastoreId: string | null; schemas: SystemSchemas };
type Step = {
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

const signIn = async (workspace: Workspace, learnt: Learnt, options: QueryOptions): Promise<ConnectionStep> => {
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

const warehouseId = (httpPath: string): string | null =>
  /\/(?:warehouses|endpoints)\/([A-Za-z0-9_-]+)/.exec(httpPath)?.[1] ?? null;

/** The state of the warehouse as REST tells it (facts 3.5), which starts nothing; null = it cannot be known. */
const warehouseState = async (
  workspace: Workspace,
  options: QueryOptions,
): Promise<{ readonly result: ConnectionStep; readonly state: string | null }> => {
  const step = 'SQL warehouse';
  const id = warehouseId(workspace.connection.httpPath);
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

const wouldStart = (step: string): ConnectionStep => ({
  ...skipped(step, 'Would start the SQL warehouse, which may cost money: go on if that is wanted.'),
  asks: 'start-warehouse',
});

const byWarehouse = (workspace: Workspace, learnt: Learnt, options: QueryOptions): readonly Step[] => [
  {
    step: 'session and parameters',
    needed: 'always',
    needs: 'warehouse',
    run: async () => {
      const step = 'session and parameters';
      const found = await workspace.warehouse.query(canary, options);
      if (!found.ok)
        return found.error.tag === 'Forbidden'
          ? { ...failed(step, found.error), ask: 'CAN USE on the SQL warehouse' }
          : failed(step, found.error);
      return found.value.rows[0]?.['p'] === canaryValue
        ? works(step, 'A session opened, and a named parameter came back unchanged.')
        : failed(step, databricksFailure('BadAnswer', { detail: 'A parameter came back changed.' }));
    },
  },
  {
    step: 'who and where',
    needs: 'warehouse',
    run: async () => {
      const found = await workspace.identity(options);
      if (!found.ok) return failed('who and where', found.error);
      learnt.user = found.value.user;
      learnt.metastoreId = found.value.metastoreId;
      return works(
        'who and where',
        `${found.value.user}, workspace ${found.value.workspaceId}, metastore ${found.value.metastoreId}`,
      );
    },
  },
  {
    step: 'catalogs',
    needs: 'warehouse',
    run: async () => {
      const view = { catalog: 'system', schema: 'information_schema', table: 'catalogs' };
      const found = await workspace.warehouse.query(
        catalogKind(dbx`SELECT catalog_name FROM ${view} ORDER BY catalog_name LIMIT 200`),
        options,
      );
      if (!found.ok) return failed('catalogs', found.error);
      return works('catalogs', `${found.value.rows.length} are visible.`);
    },
  },
  {
    step: 'system schemas',
    needs: 'warehouse',
    run: () => systemSchemas(workspace, learnt, options),
  },
];

const systemSchemas = async (workspace: Workspace, learnt: Learnt, options: QueryOptions): Promise<ConnectionStep> => {
  const step = 'system schemas';
  const view = { catalog: 'system', schema: 'information_schema', table: 'schemata' };
  const found = await workspace.warehouse.query(
    schemaKind(dbx`SELECT schema_name FROM ${view} WHERE catalog_name = 'system' ORDER BY schema_name LIMIT 200`),
    options,
  );
  const visible = found.ok ? found.value.rows.flatMap((row) => row['schema_name'] ?? []) : null;
  const states = learnt.metastoreId === null ? null : await schemaStates(workspace, learnt.metastoreId, options);
  learnt.schemas = { visible: visible === null ? null : new Set(visible), states };
  if (!found.ok) return failed(step, found.error);
  const shown = (visible ?? []).filter((name) => name !== 'information_schema');
  const off = [...(states ?? [])].filter(([, state]) => state === 'AVAILABLE' || state === '').map(([name]) => name);
  return works(
    step,
    `${shown.length === 0 ? 'None is visible to you' : `Visible: ${shown.join(', ')}`}.${off.length === 0 ? '' : ` Switched off: ${off.join(', ')}.`}`,
  );
};

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

/**
 * Check a connection from name look-up to each source, each step with the reason of a failure, the grant to ask for and what
 * it costs. A step that the others stand on ends the check: what follows is `skipped`. A warehouse that does not run is
 * started only with `startWarehouse`. Never throws; every step has a limit; an aborted `signal` skips what is left.
 */
export const checkConnection = async (
  connection: Connection,
  sources: readonly CheckedSource[],
  deps: DatabricksDeps,
  { startWarehouse = false, onStep, ...options }: CheckOptions = {},
): Promise<readonly ConnectionStep[]> => {
  const opened = openWorkspace(connection, deps);
  const bounds: QueryOptions = { timeoutMs: Math.min(limitsOf(deps).statementMs, 240_000), ...options };
  const learnt: Learnt = { user: null, metastoreId: null, schemas: { visible: null, states: null } };
  let isAsleep = false;
  const settings = (): ConnectionStep =>
    opened.ok ? works('settings', `${connection.host}${connection.httpPath}`) : failed('settings', opened.error);
  const steps: readonly Step[] = [
    { step: 'settings', needed: 'always', run: () => Promise.resolve(settings()) },
    { step: 'DNS', needed: 'always', run: () => lookUp(connection, deps) },
    { step: 'TLS', needed: 'always', run: () => handshake(connection, deps) },
    ...(opened.ok
      ? [
          { step: 'sign-in', needed: 'always', run: () => signIn(opened.value, learnt, bounds) } as const,
          {
            step: 'SQL warehouse',
            needed: 'always',
            run: async () => {
              const { result, state } = await warehouseState(opened.value, bounds);
              isAsleep = !startWarehouse && state !== 'RUNNING' && state !== 'STARTING';
              return result;
            },
          } as const,
          ...byWarehouse(opened.value, learnt, bounds),
        ]
      : []),
  ];
  const total = steps.length + (opened.ok ? sources.length : 0);
  const out: ConnectionStep[] = [];
  const ended = (result: ConnectionStep): void => {
    out.push(result);
    onStep?.(out, total);
  };
  let going = true;
  const stopped = (): boolean => options.signal?.aborted === true;
  for (const { step, run, needed, needs } of steps) {
    if (stopped()) ended(skipped(step, 'Stopped.'));
    else if (!going) ended(skipped(step));
    else if (needs === 'warehouse' && isAsleep) ended(wouldStart(step));
    else {
      const result = await run();
      ended(result);
      if (needed === 'always' && result.state === 'failed') going = false;
    }
  }
  if (!opened.ok) return out;
  const context = {
    workspace: opened.value,
    options: { ...bounds, timeoutMs: Math.min(bounds.timeoutMs ?? sourceMs, sourceMs) },
    schemas: learnt.schemas,
    principal: learnt.user !== null && isPrincipal(learnt.user) ? learnt.user : 'YOUR USER OR GROUP',
    metastoreId: learnt.metastoreId,
  };
  const results: (ConnectionStep | undefined)[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < sources.length; at = next++) {
      const source = sources[at];
      if (source === undefined) continue;
      if (stopped()) results[at] = { ...skipped(source.label, 'Stopped.'), group: 'source' };
      else if (!going) results[at] = { ...skipped(source.label), group: 'source' };
      else if (source.table !== null && isAsleep) results[at] = { ...wouldStart(source.label), group: 'source' };
      else results[at] = await checkSource(source, context);
      onStep?.([...out, ...results.filter((one) => one !== undefined)], total);
    }
  };
  await Promise.all(Array.from({ length: together }, worker));
  await opened.value.close();
  return [...out, ...results.filter((one) => one !== undefined)];
};
