import { lookup } from 'node:dns/promises';
import { connect } from 'node:tls';
import { rootCertificates } from 'node:tls';
import { thrownText } from '../../shared/base/failure.ts';
import { limitsOf, type DatabricksDeps } from './deps.ts';
import { databricksFailure } from './failures.ts';
import type { TableName } from './identifiers.ts';
import { networkKind } from './network.ts';
import type { Connection, ConnectionStep, DatabricksFailure, QueryOptions, Workspace } from './port.ts';
import { probeColumns } from './probe-columns.ts';
import { proxyProblem } from './proxy-check.ts';
import { canary, canaryValue } from './session.ts';
import { dbx, statementKind } from './statements.ts';
import { extraTrust } from './transport.ts';
import { bounded } from './waits.ts';
import { openWorkspace } from './workspace.ts';

/** A source that this device reads: shown by the name people know. */
export type CheckedSource = { readonly label: string; readonly table: TableName };

const catalogKind = statementKind('check.catalogs', 'read', 'connection check: which catalogs are visible');

const works = (step: string, detail: string): ConnectionStep => ({ step, state: 'works', detail });
const failed = (step: string, failure: DatabricksFailure): ConnectionStep => ({
  step,
  state: 'failed',
  detail: `${failure.what} ${failure.advice}`,
  failure,
});
const skipped = (step: string): ConnectionStep => ({ step, state: 'skipped', detail: 'An earlier step failed.' });

const lookUp = async (connection: Connection, deps: DatabricksDeps): Promise<ConnectionStep> => {
  const step = 'name of the host';
  const proxy = connection.network?.proxy;
  if (proxy !== undefined) return works(step, `${connection.host} is looked up by the proxy ${proxy.url}.`);
  if (/^[\d.]+$/.test(connection.host) || connection.host.includes(':'))
    return works(step, `${connection.host} is an address.`);
  const found = await bounded(lookup(connection.host, { all: true }), { ms: 10_000, scheduler: deps.scheduler });
  if ('value' in found) return works(step, `${connection.host} → ${found.value.map((one) => one.address).join(', ')}`);
  return failed(
    step,
    databricksFailure('Offline', {
      detail: `The name ${connection.host} is not found.`,
      ...('thrown' in found ? { code: networkKind(found.thrown)?.code ?? 'DNS' } : { code: 'DNS' }),
    }),
  );
};

const handshake = async (connection: Connection, deps: DatabricksDeps): Promise<ConnectionStep> => {
  const step = 'TCP and TLS';
  const proxy = connection.network?.proxy;
  if (proxy !== undefined) {
    const problem = await proxyProblem(connection, deps);
    return problem === null
      ? works(step, `A tunnel through ${proxy.url} reaches the workspace.`)
      : failed(step, problem);
  }
  const ca = extraTrust(connection);
  if (!ca.ok) return failed(step, ca.error);
  const numeric = /^[\d.]+$/.test(connection.host) || connection.host.includes(':');
  const socket = connect({
    host: connection.host,
    port: connection.port,
    minVersion: 'TLSv1.2',
    ...(numeric ? {} : { servername: connection.host }),
    ...(ca.value === undefined ? {} : { ca: [...rootCertificates, ...ca.value] }),
  });
  const secured = new Promise<string>((resolve, reject) => {
    socket.once('secureConnect', () => {
      const { issuer } = socket.getPeerCertificate();
      resolve(`${socket.getProtocol() ?? 'TLS'}, certificate by ${String(issuer?.O ?? issuer?.CN ?? 'unknown')}`);
    });
    socket.once('error', reject);
  });
  const waited = await bounded(secured, { ms: 15_000, scheduler: deps.scheduler });
  socket.destroy();
  if ('value' in waited) return works(step, waited.value);
  if ('stopped' in waited)
    return failed(step, databricksFailure('TimedOut', { detail: `Port ${connection.port} does not answer.` }));
  const network = networkKind(waited.thrown);
  return failed(
    step,
    databricksFailure(network?.kind === 'certificate' ? 'BadCertificate' : 'Offline', {
      detail: thrownText(waited.thrown).slice(0, 200),
      ...(network === undefined ? {} : { code: network.code }),
    }),
  );
};

type Step = { readonly step: string; readonly run: () => Promise<ConnectionStep>; readonly needed: boolean };

const workspaceSteps = (
  workspace: Workspace,
  sources: readonly CheckedSource[],
  options: QueryOptions,
): readonly Step[] => {
  const { warehouse } = workspace;
  const steps: Step[] = [
    {
      step: 'sign-in',
      needed: true,
      run: async () => {
        const me = await workspace.rest.call({ method: 'GET', path: '/api/2.0/preview/scim/v2/Me' }, options);
        if (me.ok) return works('sign-in', 'The token is accepted.');
        // A warehouse-only token may not read the directory: then the next step tells whether it is accepted.
        return me.error.tag === 'Forbidden' || me.error.tag === 'NotConfigured'
          ? {
              step: 'sign-in',
              state: 'skipped',
              detail: 'The directory does not answer this token; the warehouse will tell.',
            }
          : failed('sign-in', me.error);
      },
    },
    {
      step: 'SQL warehouse and parameters',
      needed: true,
      run: async () => {
        const found = await warehouse.query(canary, options);
        if (!found.ok) return failed('SQL warehouse and parameters', found.error);
        return found.value.rows[0]?.['p'] === canaryValue
          ? works('SQL warehouse and parameters', 'A session opened, and a named parameter came back unchanged.')
          : failed(
              'SQL warehouse and parameters',
              databricksFailure('BadAnswer', { detail: 'A parameter came back changed.' }),
            );
      },
    },
    {
      step: 'who we are',
      needed: false,
      run: async () => {
        const found = await workspace.identity(options);
        return found.ok
          ? works(
              'who we are',
              `${found.value.user}, workspace ${found.value.workspaceId}, metastore ${found.value.metastoreId}`,
            )
          : failed('who we are', found.error);
      },
    },
    {
      step: 'Unity Catalog',
      needed: false,
      run: async () => {
        const view = { catalog: 'system', schema: 'information_schema', table: 'catalogs' };
        const found = await warehouse.query(
          catalogKind(dbx`SELECT catalog_name FROM ${view} ORDER BY catalog_name LIMIT 200`),
          options,
        );
        if (!found.ok) return failed('Unity Catalog', found.error);
        return works('Unity Catalog', `${found.value.rows.length} catalogs are visible.`);
      },
    },
  ];
  return [
    ...steps,
    ...sources.map((source) => ({
      step: source.label,
      needed: false,
      run: async () => {
        const columns = await probeColumns(warehouse, source.table, options);
        return columns.ok
          ? works(source.label, `${columns.value.size} columns can be read.`)
          : failed(source.label, columns.error);
      },
    })),
  ];
};

/**
 * Check a connection from name look-up to each source, each step with the reason of a failure. A step that the others stand
 * on ends the check: what follows is `skipped`. Never throws; takes at most the given limits for every step.
 */
export const checkConnection = async (
  connection: Connection,
  sources: readonly CheckedSource[],
  deps: DatabricksDeps,
  options: QueryOptions = {},
): Promise<readonly ConnectionStep[]> => {
  const out: ConnectionStep[] = [];
  const opened = openWorkspace(connection, deps);
  const limits = limitsOf(deps);
  const bounds: QueryOptions = { timeoutMs: Math.min(limits.statementMs, 120_000), ...options };
  const rest = opened.ok ? workspaceSteps(opened.value, sources, bounds) : [];
  const steps: readonly Step[] = [
    {
      step: 'settings',
      needed: true,
      run: () =>
        Promise.resolve(
          opened.ok ? works('settings', `${connection.host}${connection.httpPath}`) : failed('settings', opened.error),
        ),
    },
    { step: 'name of the host', needed: true, run: () => lookUp(connection, deps) },
    { step: 'TCP and TLS', needed: true, run: () => handshake(connection, deps) },
    ...rest,
  ];
  let going = true;
  for (const { step, run, needed } of steps) {
    const result = going ? await run() : skipped(step);
    out.push(result);
    if (needed && result.state === 'failed') going = false;
  }
  if (opened.ok) await opened.value.close();
  return out;
};
