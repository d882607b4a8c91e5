import { err, ok, type Result } from '../../shared/base/result.ts';
import type { DatabricksDeps } from './deps.ts';
import { databricksFailure } from './failures.ts';
import { checkHost } from './hosts.ts';
import { askIdentity } from './identity.ts';
import type { Connection, DatabricksFailure, Workspace } from './port.ts';
import { makeRedactor } from './redact.ts';
import { makeRest } from './rest.ts';
import { makeSessions } from './session.ts';
import { makeWarehouse } from './warehouse.ts';

/**
 * Open a workspace: nothing is sent until the first call. The host is checked again here, since a stored connection may be
 * older than the rules. Errors come from the calls, as `DatabricksFailure`.
 */
export const openWorkspace = (connection: Connection, deps: DatabricksDeps): Result<Workspace, DatabricksFailure> => {
  const host = checkHost(connection.host.includes(':') ? `[${connection.host}]` : connection.host, connection.kind);
  if (!host.ok) return host;
  if (connection.kind === 'workspace' && connection.port !== 443)
    return err(databricksFailure('NotConfigured', { detail: 'Only port 443 is used for a workspace.', code: 'PORT' }));
  const redact = makeRedactor(connection.auth.secrets);
  const warehouse = makeWarehouse({ deps, redact, sessions: makeSessions(connection, deps, redact) });
  const rest = makeRest(connection, deps, redact);
  return ok({
    connection,
    warehouse,
    rest,
    identity: (options, by = warehouse) => askIdentity({ connection, warehouse: by }, rest, options),
    close: async () => {
      rest.close();
      await warehouse.close();
    },
  });
};
