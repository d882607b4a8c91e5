import { unattendedConnection } from '../core/unattended.ts';
import { cliHere } from '../databricks/cli-token.ts';
import type { ConnectionSources } from '../databricks/connection.ts';
import { isUnattended } from '../databricks/credential.ts';
import { foundConnections } from '../databricks/found.ts';
import type { AuthKind } from '../databricks/port.ts';
import type { Finding } from './doctor-finding.ts';
import { stepFindings } from './doctor-steps.ts';
import { systemClock, thisMachine } from './machine.ts';

/**
 * A connection that this machine knows, step by step, without saving it. `wanted` is `environment` or a section of the
 * configuration file. A section seldom has a path: then DATABRICKS_HTTP_PATH counts, unless DATABRICKS_HOST is another host.
 */
export const foundFindings = async (
  wanted: string,
  sources: ConnectionSources,
  folder: string,
  startWarehouse = false,
): Promise<readonly Finding[]> => {
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
  const connection = unattendedConnection(source.id, sources, {
    clock: systemClock,
    cli: cliHere(thisMachine().home, sources.env),
  });
  const token =
    source.credential === null
      ? source.otherSignIn === null
        ? 'without a token'
        : `with the sign-in "${source.otherSignIn}", which Breakwater does not use or of which a part is missing`
      : `${authWords[source.credential.kind]}${isUnattended(source.credential) ? ', for unattended use: the audit log shows it and no person' : ''}`;
  const from: Finding = { name, state: 'fine', detail: `from ${source.label}: ${source.host}, ${token}` };
  return [from, ...(await stepFindings(connection, folder, startWarehouse))];
};

const authWords: Readonly<Record<AuthKind, string>> = {
  pat: 'with a token',
  'oauth-u2m': 'with a sign-in',
  'oauth-m2m': 'with a service principal',
  'databricks-cli': 'with the sign-in of the Databricks CLI',
  azure: 'with a service principal of Microsoft Entra',
};
