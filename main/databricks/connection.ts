import { parse } from 'ini';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { type ConnectionPlan, type Credential, credentialOf, hostAlone, otherSignInOf } from './credential.ts';
import { databricksFailure } from './failures.ts';
import { checkHost, checkHttpPath } from './hosts.ts';
import type { DatabricksFailure, Network } from './port.ts';

/** Values from which a connection is made. A later source never overrides an earlier one; each field may come from elsewhere. */
export type ConnectionValues = {
  readonly kind?: 'practice' | 'workspace';
  readonly name?: string;
  readonly host?: string;
  readonly httpPath?: string;
  readonly credential?: Credential;
  /** `auth_type` as it stands there, or what the rest tells of; without a credential it is a way to sign in that is not used here. */
  readonly authType?: string;
  readonly caFile?: string;
  readonly network?: Network;
  /** Section of `~/.databrickscfg`; default: DATABRICKS_CONFIG_PROFILE, the file's own default, DEFAULT. */
  readonly profile?: string;
};

export type ConnectionSources = {
  readonly explicit?: ConnectionValues;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of the configuration file (DATABRICKS_CONFIG_FILE or `~/.databrickscfg`); null when there is none. */
  readonly configFile: string | null;
};

const missing = (what: string, advice: string): Result<never, DatabricksFailure> =>
  err(databricksFailure('NotConfigured', { detail: `${what} is missing.`, advice, code: 'MISSING' }));

/** What is said where nothing signs in. `authType`: what the source names instead, which is not used here or is not complete. */
export const noCredential = (authType: string | undefined): Result<never, DatabricksFailure> =>
  authType === undefined
    ? missing('The token', 'Give a personal access token for this host, or sign in.')
    : err(
        databricksFailure('NotConfigured', {
          detail: `It names the sign-in "${authType.slice(0, 100)}", which Breakwater does not use, or of which a part is missing.`,
          advice: 'Sign in in the browser for this host under Settings, Connection, or give a personal access token.',
          code: 'OTHER_SIGN_IN',
        }),
      );

const text = (value: unknown): string | undefined => {
  const clean = typeof value === 'string' ? value.trim() : '';
  return clean === '' ? undefined : clean;
};

/**
 * The file as the `ini` library has to see it. It splits section names at dots, which names of profiles may have, and begins a
 * comment at every `#` and `;`, while Databricks' clients want white space before it (facts 4): a token may contain both.
 */
const prepared = (configFile: string): string =>
  configFile
    .split(/\r?\n/)
    .map((line) => {
      if (/^\s*[#;]/.test(line)) return '';
      if (/^\s*\[/.test(line)) return line.replaceAll('.', '\\.');
      return line.replace(/\s[#;].*$/, '').replace(/[#;]/g, '\\$&');
    })
    .join('\n');

type ConfigFile = Readonly<Record<string, unknown>>;
/** The file by sections; whatever stands outside of one is no table. */
export const parseConfigFile = (configFile: string): ConfigFile => parse(prepared(configFile));

/**
 * One profile of the configuration file, over its DEFAULT section; undefined when the section does not exist. A profile
 * with another host than DEFAULT's inherits nothing from it: that token belongs to that host.
 */
export const profileOf = (configFile: string, wanted: string | undefined): ConnectionValues | undefined =>
  profileIn(parseConfigFile(configFile), wanted);

/** The same on a file that is parsed already. */
export const profileIn = (file: ConfigFile, wanted: string | undefined): ConnectionValues | undefined => {
  const section = (name: string): Readonly<Record<string, unknown>> | undefined => {
    const found = Object.hasOwn(file, name) ? file[name] : undefined;
    return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : undefined;
  };
  const name = wanted ?? text(section('__settings__')?.['default_profile']) ?? 'DEFAULT';
  const chosen = section(name);
  if (chosen === undefined) return undefined;
  const [own, shared] = [chosen, section('DEFAULT') ?? {}].map((one) => text(one['host']));
  const defaults = own === undefined || sameWorkspace(own, shared) ? (section('DEFAULT') ?? {}) : {};
  const field = (key: string): string | undefined => text(chosen[key]) ?? text(defaults[key]);
  const [host, httpPath] = [field('host'), field('http_path')];
  const { credential, authType } = signInOf(field);
  const warehouse = field('warehouse_id');
  const path = httpPath ?? (warehouse === undefined ? undefined : `/sql/1.0/warehouses/${warehouse}`);
  return {
    name,
    ...(host === undefined ? {} : { host }),
    ...(credential === undefined ? {} : { credential }),
    ...(authType === undefined ? {} : { authType }),
    ...(path === undefined ? {} : { httpPath: path }),
  };
};

const signInOf = (field: (name: string) => string | undefined): Pick<ConnectionValues, 'credential' | 'authType'> => {
  const credential = credentialOf(field);
  const authType = field('auth_type') ?? (credential === undefined ? otherSignInOf(field) : undefined);
  return { ...(credential === undefined ? {} : { credential }), ...(authType === undefined ? {} : { authType }) };
};

const sameWorkspace = (one: string, other: string | undefined): boolean => {
  const [first, second] = [checkHost(one, 'workspace'), checkHost(other ?? '', 'workspace')];
  return first.ok && second.ok && first.value.host === second.value.host;
};

/** Unified variables that have names of their own (facts 4). */
const ownNames: Readonly<Record<string, string>> = {
  azure_use_msi: 'ARM_USE_MSI',
  google_credentials: 'GOOGLE_CREDENTIALS',
  azure_tenant_id: 'ARM_TENANT_ID',
  azure_client_id: 'ARM_CLIENT_ID',
  azure_client_secret: 'ARM_CLIENT_SECRET',
  azure_workspace_resource_id: 'DATABRICKS_AZURE_RESOURCE_ID',
};

/** What DATABRICKS_* says; fields that are not set are left out. */
export const valuesOfEnvironment = (env: ConnectionSources['env']): ConnectionValues => {
  const warehouse = text(env['DATABRICKS_WAREHOUSE_ID']);
  return Object.fromEntries(
    Object.entries({
      host: text(env['DATABRICKS_HOST']),
      ...signInOf((name) => text(env[ownNames[name] ?? `DATABRICKS_${name.toUpperCase()}`])),
      httpPath:
        text(env['DATABRICKS_HTTP_PATH']) ?? (warehouse === undefined ? undefined : `/sql/1.0/warehouses/${warehouse}`),
      caFile: text(env['DATABRICKS_CA_FILE']),
    }).filter(([, value]) => value !== undefined),
  );
};

/** Names of sections that are shown: one line each, and not too many of them. */
export const profileNames = (file: ConfigFile): readonly string[] =>
  Object.entries(file)
    .filter(([name, value]) => typeof value === 'object' && value !== null && name !== '__settings__')
    .map(([name]) => name)
    .filter((name) => name.length <= longestName && !/\p{C}/u.test(name))
    .sort((a, b) => Number(b === 'DEFAULT') - Number(a === 'DEFAULT') || (a < b ? -1 : 1));
/** Longer names of sections, or of ways to sign in, are not shown. */
export const longestName = 100;
const mostNamed = 20;

const profilesIn = (configFile: string | null): string => {
  const names = profileNames(parseConfigFile(configFile ?? ''));
  if (names.length === 0) return '~/.databrickscfg, or the file that DATABRICKS_CONFIG_FILE names, has no profile.';
  const more = names.length > mostNamed ? `, and ${names.length - mostNamed} more` : '';
  return `Name one of those that are there: ${names.slice(0, mostNamed).join(', ')}${more}.`;
};

/** Visible ASCII only; anything else would break the header that carries it. */
export const isReadableToken = (token: string): boolean => /^[\x21-\x7e]+$/.test(token);

/**
 * A connection from explicit values, then DATABRICKS_HOST, _HTTP_PATH (or _WAREHOUSE_ID), _TOKEN, then the configuration
 * file. A token is used only for the host of its own source: one from elsewhere could be sent to the wrong workspace.
 */
export const connectionFrom = (sources: ConnectionSources): Result<ConnectionPlan, DatabricksFailure> => {
  const { explicit = {}, env } = sources;
  const fromEnv = valuesOfEnvironment(env);
  const profile = explicit.profile ?? text(env['DATABRICKS_CONFIG_PROFILE']);
  const fromFile = sources.configFile === null ? undefined : profileOf(sources.configFile, profile);
  if (explicit.profile !== undefined && fromFile === undefined)
    return missing(`Profile "${explicit.profile}"`, profilesIn(sources.configFile));
  const ordered =
    explicit.profile === undefined ? [explicit, fromEnv, fromFile ?? {}] : [explicit, fromFile ?? {}, fromEnv];
  const kind = explicit.kind ?? 'workspace';
  const owner = ordered.find((source) => source.host !== undefined);
  if (owner?.host === undefined && profile !== undefined && fromFile === undefined)
    return missing(`Profile "${profile.slice(0, 100)}", which DATABRICKS_CONFIG_PROFILE names,`, profilesIn(sources.configFile)); // prettier-ignore
  if (owner?.host === undefined)
    return missing(
      'The host',
      'Give host, HTTP path and token, set DATABRICKS_HOST, or name a profile of ~/.databrickscfg.',
    );
  const host = checkHost(owner.host, kind);
  if (!host.ok) return host;
  const sameHost = (source: ConnectionValues): boolean => {
    if (source === owner || source === explicit || source.host === undefined) return true;
    const other = checkHost(source.host, kind);
    return other.ok && other.value.host === host.value.host;
  };
  const usable = ordered.filter((source) => sameHost(source));
  const otherWay = usable.find((source) => source.authType !== undefined)?.authType;
  const isAlone = otherWay === undefined && owner !== explicit;
  const credential =
    usable.find((source) => source.credential !== undefined)?.credential ?? (isAlone ? hostAlone : undefined);
  if (credential === undefined) return noCredential(otherWay);
  if (credential.kind === 'pat' && !isReadableToken(credential.token))
    return missing('A readable token', 'The token has spaces or characters that no token has.');
  const givenPath = usable.find((source) => source.httpPath !== undefined)?.httpPath;
  if (givenPath === undefined)
    return missing(
      'The HTTP path',
      'Copy it from the SQL warehouse\'s page, "Connection details", or set DATABRICKS_HTTP_PATH.',
    );
  const httpPath = checkHttpPath(givenPath);
  if (!httpPath.ok) return httpPath;
  const caFile = explicit.caFile ?? fromEnv.caFile;
  return ok({
    kind,
    name: explicit.name ?? owner.name ?? host.value.host,
    host: host.value.host,
    port: host.value.port,
    httpPath: httpPath.value,
    credential,
    ...(caFile === undefined ? {} : { caFile }),
    ...(explicit.network === undefined ? {} : { network: explicit.network }),
  });
};
