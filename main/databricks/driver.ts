import { createRequire } from 'node:module';
import type { DBSQLClient as Client, DBSQLParameter as DriverParameter, DBSQLSession } from '@databricks/sql';
import { assert } from '../../shared/base/assert.ts';
import { limitsOf, type DatabricksDeps } from './deps.ts';
import type { Connection, Parameter } from './port.ts';
import type { Redactor } from './redact.ts';
import type { DriverAuth } from './token-source.ts';
import { agentFor } from './transport.ts';

type Driver = typeof import('@databricks/sql');
export type Session = Awaited<ReturnType<Client['openSession']>>;
export type Operation = Awaited<ReturnType<DBSQLSession['executeStatement']>>;

/** Rows per page: bounds memory, how late a cancel is seen while rows arrive, and how long nothing can be stored yet. */
const pageRows = 5_000;
let loaded: Driver | undefined;

/**
 * The unmodified driver, loaded when first needed: it costs 340 ms and 89 MB (facts 5.1). Its telemetry is switched off for
 * the whole process before it is loaded, since its own default is on and would call home at `connect`.
 */
export const loadDriver = (): Driver => {
  if (loaded === undefined) {
    process.env['DATABRICKS_TELEMETRY_DISABLED'] = '1';
    loaded = createRequire(import.meta.url)('@databricks/sql') as Driver;
  }
  return loaded;
};

/**
 * A client for a connection. `connect` of the driver makes no call (facts 5.3), so nothing fails here but the CA file.
 * Own logger: the default one installs an exception handler that ends the process (facts 5.8). Cloud fetch, LZ4 and Arrow
 * are off: results come as columns of text over this one connection.
 */
export const connectClient = async (
  connection: Connection,
  trust: readonly string[] | undefined,
  deps: DatabricksDeps,
  redact: Redactor,
  auth: DriverAuth,
): Promise<Client> => {
  const { DBSQLClient } = loadDriver();
  const limits = limitsOf(deps);
  const client = new DBSQLClient({ logger: { log: (level, line) => deps.log?.(level, redact(line)) } });
  Object.assign(client.getConfig(), {
    arrowEnabled: false,
    useCloudFetch: false,
    useLZ4Compression: false,
    directResultsDefaultMaxRows: pageRows,
    fetchChunkDefaultMaxRows: pageRows,
  });
  // Without a listener an 'error' event would be thrown; the failure itself reaches us through the call that made it.
  client.on('error', () => undefined);
  if (connection.network?.proxy !== undefined) giveTunnel(client, agentFor(connection));
  await client.connect({
    host: connection.host.includes(':') ? `[${connection.host}]` : connection.host,
    port: connection.port,
    path: connection.httpPath,
    // Asked before every request; `external-token` would keep a token without an expiry for ever (CachedTokenProvider).
    authType: 'custom',
    provider: auth,
    userAgentEntry: 'Breakwater',
    socketTimeout: limits.socketMs,
    telemetryEnabled: false,
    checkServerCertificate: true,
    // The driver itself repeats only polls and goodbyes; a few are enough, the rest is our own retry.
    retryMaxAttempts: 3,
    retriesTimeout: 20_000,
    retryDelayMin: 250,
    retryDelayMax: 2_000,
    ...(trust === undefined ? {} : { customCaCert: trust.join('\n') }),
  });
  return client;
};

/**
 * The driver's own proxy agent forgets the CA of the connection and hands refusals of the proxy on as answers of the workspace
 * (HttpConnection.createProxyAgent). So the connection that `connect` makes gets the agent that REST uses, in the place where
 * the driver keeps its own.
 */
const giveTunnel = (client: Client, agent: ReturnType<typeof agentFor>): void => {
  const make: unknown = Reflect.get(client, 'createConnectionProvider');
  assert(typeof make === 'function' && agent.ok, 'the driver makes its connections there, and the CA was read before');
  const { value } = agent;
  Reflect.set(client, 'createConnectionProvider', (...options: readonly unknown[]): unknown => {
    const connection: unknown = Reflect.apply(make, client, options);
    assert(typeof connection === 'object' && connection !== null, 'a connection is an object');
    Reflect.set(connection, 'agent', value);
    return connection;
  });
};

const driverType = (type: string): string => (type === 'INT' ? 'INTEGER' : type);

/** Our parameters as the driver's. Everything crosses as text with its SQL type; null is typeless. */
export const driverParameters = (
  parameters: Readonly<Record<string, Parameter>> | undefined,
): { readonly namedParameters?: Record<string, DriverParameter> } => {
  if (parameters === undefined || Object.keys(parameters).length === 0) return {};
  const { DBSQLParameter, DBSQLParameterType } = loadDriver();
  const types: Readonly<Record<string, (typeof DBSQLParameterType)[keyof typeof DBSQLParameterType]>> =
    DBSQLParameterType;
  const converted = Object.entries(parameters).map(([name, parameter]) => {
    const { type, value } =
      parameter === null || typeof parameter === 'string' ? { type: 'STRING', value: parameter } : parameter;
    return [name, new DBSQLParameter({ type: types[driverType(type)] ?? DBSQLParameterType.STRING, value })] as const;
  });
  return { namedParameters: Object.fromEntries(converted) };
};

export const rowsPerPage = pageRows;

/** Thrift's type id → its name in lower case without `_type`: `int`, `string`, `timestamp`; unknown ids → `unknown`. */
export const typeName = (id: number | null | undefined): string => {
  const ids: unknown = loadDriver().thrift.TCLIService_types.TTypeId;
  return id === null || id === undefined
    ? 'unknown'
    : (typeNames(ids as Readonly<Record<string, unknown>>)[id] ?? 'unknown');
};
let reversed: Readonly<Record<number, string>> | undefined;
/** The generated enum maps names to numbers only. */
const typeNames = (ids: Readonly<Record<string, unknown>>): Readonly<Record<number, string>> =>
  (reversed ??= Object.fromEntries(
    Object.entries(ids).map(([name, id]) => [Number(id), name.replace(/_TYPE$/, '').toLowerCase()]),
  ));
