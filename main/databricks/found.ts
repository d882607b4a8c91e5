import { err, ok, type Result } from '../../shared/base/result.ts';
import {
  type ConnectionSources,
  isReadableToken,
  longestName,
  noCredential,
  parseConfigFile,
  profileIn,
  profileNames,
  valuesOfEnvironment,
} from './connection.ts';
import { type Credential, hostAlone } from './credential.ts';
import { databricksFailure } from './failures.ts';
import { checkHost } from './hosts.ts';
import type { DatabricksFailure } from './port.ts';

/** What this machine already knows of a workspace. Carries what signs in: stays inside the process, never in an answer. */
export type FoundConnection = {
  /** `environment`, or `databrickscfg:` and the name of the section. */
  readonly id: string;
  readonly source: 'environment' | 'databrickscfg';
  /** For people: `the environment`, or `~/.databrickscfg [DEFAULT]`. */
  readonly label: string;
  readonly host: string;
  readonly httpPath: string | null;
  readonly credential: Credential | null;
  /** The `auth_type` that stands there, where it gives no credential: `azure-cli`, `external-browser`, or one that lacks a part. */
  readonly otherSignIn: string | null;
};

/** More sections than this are not offered; nobody has them, and an answer is bounded. */
const mostFound = 100;

/**
 * Every source of a connection that names a host which may get a token: the environment first, then DEFAULT of
 * the file and its other sections by name. A source without a host is left out, because its token would be bound to nothing.
 */
export const foundConnections = ({ env, configFile }: ConnectionSources): readonly FoundConnection[] => {
  const environment = valuesOfEnvironment(env);
  const file = parseConfigFile(configFile ?? '');
  const all = [
    { id: 'environment', source: 'environment' as const, label: 'the environment', values: environment },
    ...profileNames(file).map((name) => ({
      id: `databrickscfg:${name}`,
      source: 'databrickscfg' as const,
      label: `~/.databrickscfg [${name}]`,
      values: profileIn(file, name) ?? {},
    })),
  ];
  return all
    .flatMap(({ id, source, label, values }) => {
      const host = checkHost(values.host ?? '', 'workspace');
      if (!host.ok) return [];
      const { credential: given, httpPath = null, authType = null } = values;
      const isBad = given?.kind === 'pat' && !isReadableToken(given.token);
      const credential = isBad ? null : (given ?? (authType === null ? hostAlone : null));
      // A person may have written anything there; it is shown on one line.
      const otherSignIn = credential === null && authType !== null ? authType.slice(0, longestName) : null;
      return [{ id, source, label, host: host.value.host, httpPath, credential, otherSignIn }];
    })
    .slice(0, mostFound);
};

/**
 * What signs in at a found source, for its own host only: whoever names another host gets a failure and never the token.
 * Failures: NotConfigured (the source is gone, has none, or belongs to another host).
 */
export const credentialFound = (
  found: readonly FoundConnection[],
  id: string,
  host: string,
): Result<Credential, DatabricksFailure> => {
  const source = found.find((one) => one.id === id);
  if (source === undefined)
    return refused(
      'What was found there is gone.',
      'Look again under Connection, or enter the token yourself.',
      'GONE',
    );
  const asked = checkHost(host, 'workspace');
  if (!asked.ok) return asked;
  if (asked.value.host !== source.host)
    return refused(
      `The token of ${source.label} belongs to ${source.host}; it is not sent to another host.`,
      'Use that host, or enter a token of this one.',
      'OTHER_HOST',
    );
  if (source.otherSignIn !== null) return noCredential(source.otherSignIn);
  if (source.credential === null)
    return refused(`There is no token in ${source.label}.`, 'Enter a personal access token for this host.', 'MISSING');
  return ok(source.credential);
};

const refused = (detail: string, advice: string, code: string): Result<never, DatabricksFailure> =>
  err(databricksFailure('NotConfigured', { detail, advice, code }));
