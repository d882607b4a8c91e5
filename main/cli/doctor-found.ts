import { connectionFrom, type ConnectionSources } from '../databricks/connection.ts';
import { foundConnections } from '../databricks/found.ts';
import { type Finding, stepFindings } from './doctor-checks.ts';

/**
 * A connection that this machine knows, step by step, without saving it. `wanted` is `environment` or a section of the
 * configuration file. A section seldom has a path: then DATABRICKS_HTTP_PATH counts, unless DATABRICKS_HOST is another host.
 */
export const foundFindings = async (wanted: string, sources: ConnectionSources): Promise<readonly Finding[]> => {
  const found = foundConnections(sources);
  const name = 'connection';
  const source = found.find((one) => one.id === wanted) ?? found.find((one) => one.id === `databrickscfg:${wanted}`);
  if (source === undefined) {
    const known = found.map((one) => one.label).join(', ') || 'none';
    return [
      {
        name,
        state: 'wrong',
        detail: `nothing usable under "${wanted.slice(0, 100)}"; found with the host of a workspace: ${known}`,
        advice: 'Set DATABRICKS_HOST, or name a section of ~/.databrickscfg that has a host.',
      },
    ];
  }
  const { DATABRICKS_HOST, DATABRICKS_HTTP_PATH, DATABRICKS_WAREHOUSE_ID } = sources.env;
  const connection = connectionFrom({
    explicit: {
      kind: 'workspace',
      host: source.host,
      ...(source.httpPath === null ? {} : { httpPath: source.httpPath }),
      ...(source.token === null ? {} : { token: source.token }),
    },
    // Without DATABRICKS_TOKEN: only the token of the source itself is used.
    env: { DATABRICKS_HOST, DATABRICKS_HTTP_PATH, DATABRICKS_WAREHOUSE_ID },
    configFile: null,
  });
  const token = source.token === null ? 'without a token' : 'with a token';
  const from: Finding = { name, state: 'fine', detail: `from ${source.label}: ${source.host}, ${token}` };
  return [from, ...(await stepFindings(connection))];
};
