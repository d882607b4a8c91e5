import { thrownText } from '../../shared/base/failure.ts';
import type { DatabricksDeps } from './deps.ts';
import { databricksFailure } from './failures.ts';
import { networkFailure } from './network.ts';
import type { Connection, DatabricksFailure } from './port.ts';
import { agentFor, send } from './transport.ts';
import { bounded } from './waits.ts';

/**
 * TCP and TLS to the workspace through the proxy of the connection, without a token; whatever the workspace answers is enough.
 * Null when it works; the failure tells a refusal of the proxy from a certificate that is not trusted.
 */
export const proxyProblem = async (connection: Connection, deps: DatabricksDeps): Promise<DatabricksFailure | null> => {
  const agent = agentFor(connection);
  if (!agent.ok) return agent.error;
  const { host, port } = connection;
  const waited = await bounded(send({ agent: agent.value, host, port, method: 'HEAD', path: '/' }, undefined), {
    ms: 15_000,
    scheduler: deps.scheduler,
  });
  agent.value.destroy();
  if ('value' in waited) return null;
  if ('stopped' in waited) return databricksFailure('TimedOut', { detail: 'The proxy does not answer.' });
  return (
    networkFailure(waited.thrown, 'read') ??
    databricksFailure('Offline', { detail: thrownText(waited.thrown).slice(0, 200) })
  );
};
