import databricks from '@databricks/sql';
import type { Practice } from './practice.ts';

/** The unmodified driver on a practice lakehouse. Values come as the driver gives them. */
export type DriverSession = {
  readonly query: (
    sql: string,
    params?: Readonly<Record<string, unknown>>,
    maxRows?: number,
  ) => Promise<Record<string, unknown>[]>;
  readonly raw: Awaited<ReturnType<InstanceType<typeof databricks.DBSQLClient>['openSession']>>;
  readonly close: () => Promise<void>;
};

process.env['DATABRICKS_TELEMETRY_DISABLED'] = '1';

type Options = { readonly catalog?: string; readonly token?: string; readonly ca?: string };

/** Connect and open a session; rejects as the driver does. */
export const connectDriver = async (
  practice: Pick<Practice, 'host' | 'port' | 'httpPath' | 'token' | 'ca'>,
  options: Options = {},
): Promise<DriverSession> => {
  const client = new databricks.DBSQLClient({ logger: { log: () => undefined } });
  // Accepted by the driver, absent from its declared options.
  const quiet = { useCloudFetch: false, useLZ4Compression: false };
  await client.connect({
    host: practice.host,
    port: practice.port,
    path: practice.httpPath,
    token: options.token ?? practice.token,
    customCaCert: options.ca ?? practice.ca,
    telemetryEnabled: false,
    ...quiet,
  });
  const session = await client.openSession({ initialCatalog: options.catalog ?? 'main' });
  return {
    raw: session,
    query: async (sql, params, maxRows) => {
      const operation = await session.executeStatement(sql, {
        ...(params === undefined ? {} : { namedParameters: params as Record<string, string> }),
        ...(maxRows === undefined ? {} : { maxRows }),
      });
      try {
        return (await operation.fetchAll(maxRows === undefined ? undefined : { maxRows })) as Record<string, unknown>[];
      } finally {
        await operation.close();
      }
    },
    close: async () => {
      await session.close().catch(() => undefined);
      await client.close();
    },
  };
};

/** What a failed statement says: class in the message, SQLSTATE where the driver shows it. */
export const failureOf = async (
  work: Promise<unknown>,
): Promise<{ readonly name: string; readonly message: string; readonly sqlState: string | undefined }> => {
  try {
    await work;
  } catch (thrown) {
    const seen = thrown as { name?: string; message?: string; response?: { sqlState?: string } };
    return { name: String(seen.name), message: String(seen.message), sqlState: seen.response?.sqlState };
  }
  throw new Error('the statement was expected to fail');
};
