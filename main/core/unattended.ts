import { type Failure, failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { connectionFrom, type ConnectionSources } from '../databricks/connection.ts';
import { type AuthSeams, openPlan } from '../databricks/credential.ts';
import { foundConnections } from '../databricks/found.ts';
import type { Connection } from '../databricks/port.ts';
import { reachOf, standardNetwork } from './network-choice.ts';

/**
 * The connection that BREAKWATER_CONNECTION names, for commands that nobody sits in front of: `environment`, or a section of the
 * configuration file. Service principals are for this. A path comes from the source itself, else from the environment unless
 * that is about another host. Read anew each time; nothing of it is stored.
 */
export const unattendedConnection = (
  named: string,
  sources: ConnectionSources,
  seams: AuthSeams,
): Result<Connection, Failure> => {
  const { env } = sources;
  const found = foundConnections(sources);
  const source = found.find(({ id }) => id === named) ?? found.find(({ id }) => id === `databrickscfg:${named}`);
  if (source === undefined) return err(nothingThere(named));
  const { DATABRICKS_HOST, DATABRICKS_HTTP_PATH, DATABRICKS_WAREHOUSE_ID, DATABRICKS_CA_FILE } = env;
  const plan = connectionFrom({
    explicit: {
      kind: 'workspace',
      host: source.host,
      ...(source.httpPath === null ? {} : { httpPath: source.httpPath }),
      ...(source.credential === null ? {} : { credential: source.credential }),
    },
    env: { DATABRICKS_HOST, DATABRICKS_HTTP_PATH, DATABRICKS_WAREHOUSE_ID, DATABRICKS_CA_FILE },
    configFile: null,
  });
  if (!plan.ok) return plan;
  const reach = reachOf(standardNetwork, undefined, env, plan.value.host);
  return reach.ok ? ok(openPlan({ ...plan.value, ...reach.value }, seams, null)) : reach;
};

const nothingThere = (named: string): Failure<'NotConfigured'> =>
  failure(
    'NotConfigured',
    `BREAKWATER_CONNECTION names "${named.slice(0, 100)}", where nothing usable is.`,
    'Nothing was sent.',
    'Set it to environment, or to a section of ~/.databrickscfg that has a host.',
  );
