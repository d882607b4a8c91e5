/** The only variables that a core process gets: where things are, language, proxies, and our own. */
const passed = [
  'PATH', 'HOME', 'USER', 'LOGNAME', 'USERPROFILE', 'LOCALAPPDATA', 'APPDATA', 'SYSTEMROOT', 'WINDIR', 'COMSPEC',
  'XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR', 'TMPDIR', 'TEMP', 'TMP', 'LANG', 'LC_ALL', 'LC_TIME', 'TZ',
  'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'https_proxy', 'http_proxy', 'no_proxy', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE',
] as const; // prettier-ignore

/** Of Breakwater's own variables these stay with the shell. */
const shellOnly: readonly string[] = ['BREAKWATER_ELECTRON', 'BREAKWATER_NO_SANDBOX'];

/**
 * A minimal environment for the core: an allow-list plus `BREAKWATER_*`. A token or `NODE_OPTIONS` of the user's session never
 * reaches it, so neither a crash dump nor a child of it can carry one. Windows names are compared without case.
 */
export const coreEnvironment = (env: Readonly<Record<string, string | undefined>>): Record<string, string> => {
  const wanted = new Set(passed.map((name) => name.toUpperCase()));
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || shellOnly.includes(name)) continue;
    if (wanted.has(name.toUpperCase()) || name.startsWith('BREAKWATER_')) kept[name] = value;
  }
  return kept;
};

/** What says where a workspace is and who signs in (unified authentication, facts 4), as far as `main/databricks` reads it. */
const ofWorkspace = [
  'DATABRICKS_HOST', 'DATABRICKS_HTTP_PATH', 'DATABRICKS_WAREHOUSE_ID', 'DATABRICKS_AUTH_TYPE', 'DATABRICKS_TOKEN', 'DATABRICKS_CLIENT_ID',
  'DATABRICKS_CLIENT_SECRET', 'DATABRICKS_CLI_PATH', 'DATABRICKS_CONFIG_FILE', 'DATABRICKS_CONFIG_PROFILE', 'DATABRICKS_CA_FILE', 'DATABRICKS_AZURE_RESOURCE_ID',
  'ARM_TENANT_ID', 'ARM_CLIENT_ID', 'ARM_CLIENT_SECRET', 'ARM_USE_MSI',
] as const; // prettier-ignore
/** These only tell of a way to sign in that is not used here: that they are set is passed on, and not what they say. */
const tellOfOthers = [
  'DATABRICKS_USERNAME', 'DATABRICKS_PASSWORD', 'DATABRICKS_METADATA_SERVICE_URL', 'DATABRICKS_OIDC_TOKEN_ENV',
  'DATABRICKS_OIDC_TOKEN_FILEPATH', 'GOOGLE_CREDENTIALS', 'DATABRICKS_GOOGLE_SERVICE_ACCOUNT',
] as const; // prettier-ignore

/** Those of the user's session that are set. They go to the core in its first message, in memory: they may be secret. */
export const workspaceVariables = (
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries([
    ...ofWorkspace.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
    ...tellOfOthers.flatMap((name) => (env[name] ? [[name, 'set'] as const] : [])),
  ]);
