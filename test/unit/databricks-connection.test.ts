import { describe, expect, it } from 'vitest';
import { connectionFrom, type ConnectionSources, profileOf } from '../../main/databricks/connection.ts';
import { checkHost, checkHttpPath } from '../../main/databricks/hosts.ts';
import { staticToken } from '../../main/databricks/token-source.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';

const path = '/sql/1.0/warehouses/0123456789abcdef';

const pat = (token: string) => ({ kind: 'pat', token }) as const;

describe('hosts that may get a token', () => {
  it.each([
    ['adb-1234.5.azuredatabricks.net', 'adb-1234.5.azuredatabricks.net'],
    ['https://dbc-1.cloud.databricks.com/', 'dbc-1.cloud.databricks.com'],
    ['HTTPS://1.2.GCP.databricks.com', '1.2.gcp.databricks.com'],
    ['x.cloud.databricks.us', 'x.cloud.databricks.us'],
    ['x.cloud.databricks.mil', 'x.cloud.databricks.mil'],
    ['adb-1.2.databricks.azure.cn', 'adb-1.2.databricks.azure.cn'],
  ])('%s is allowed', (given, host) => {
    expect(checkHost(given, 'workspace')).toEqual({ ok: true, value: { host, port: 443 } });
  });

  it.each([
    '', 'http://adb-1.2.azuredatabricks.net', 'https://adb-1.azuredatabricks.net.evil.test', 'https://user@adb-1.2.azuredatabricks.net',
    'https://adb-1.2.azuredatabricks.net@evil.test', 'evil.test\\adb-1.2.azuredatabricks.net', 'https://evil.test/.azuredatabricks.net',
    'https://evil.test?.azuredatabricks.net', 'https://evil.test#.azuredatabricks.net', '169.254.169.254', '127.0.0.1', 'localhost',
    '[::1]', '0x7f.1', '2130706433', 'adb-1.2.azuredatabricks.net.', 'adb-1.2.azuredatabricks.net:8443', '.azuredatabricks.net',
    'azuredatabricks.net', 'xazuredatabricks.net', 'adb-1.2.azuredatabrícks.net', 'adb-1.2.azuredatabricks.net\u200b', 'ftp://x.cloud.databricks.com',
    'accounts.cloud.databricks.com.evil.test', 'x.cloud.databricks.com evil.test', 'x。cloud.databricks.com.evil。test',
  ])('%j is refused', (given) => {
    expect(checkHost(given, 'workspace').ok).toBe(false);
  }); // prettier-ignore

  it('practice lives on this machine only', () => {
    expect(checkHost('127.0.0.1', 'practice').ok).toBe(true);
    expect(checkHost('[::1]', 'practice')).toEqual({ ok: true, value: { host: '::1', port: 443 } });
    expect(checkHost('adb-1.2.azuredatabricks.net', 'practice').ok).toBe(false);
    expect(checkHost('10.0.0.1', 'practice').ok).toBe(false);
  });

  it('a stored connection is checked again when it is opened', () => {
    const deps = {
      clock: { now: () => 0 },
      scheduler: { after: () => () => undefined },
      random: (n: number) => new Uint8Array(n),
    };
    const connection = {
      kind: 'workspace',
      name: 'x',
      host: 'evil.test',
      port: 443,
      httpPath: path,
      auth: staticToken('t'.repeat(20)),
    } as const;
    expect(openWorkspace(connection, deps)).toMatchObject({ ok: false, error: { tag: 'NotConfigured' } });
    expect(openWorkspace({ ...connection, host: 'x.cloud.databricks.com', port: 8443 }, deps)).toMatchObject({
      ok: false,
    });
  });

  it.each([[path, true], ['sql/1.0/warehouses/abc', true], [`${path}?o=123`, true], ['/sql/protocolv1/o/123/0123-abc', true], ['/api/2.0/x', false], [`${path}/../../api`, false], ['', false], [`${path}\r\nx: y`, false]])(
    'HTTP path %j → %s',
    (given, allowed) => {
      expect(checkHttpPath(given).ok).toBe(allowed);
    },
  ); // prettier-ignore
});

describe('where a connection comes from', () => {
  const file = `
[DEFAULT]
host = https://dbc-default.cloud.databricks.com
token = dapi-default
[team.one]
host  = https://dbc-team.cloud.databricks.com   # ours
token = dapi#team
http_path = ${path}
[__settings__]
default_profile = team.one
`;

  const tokenOf = (sources: ConnectionSources): readonly string[] => {
    const found = connectionFrom(sources);
    return found.ok && found.value.credential.kind === 'pat' ? [found.value.credential.token] : [];
  };

  it('explicit values win, then the environment, then the file', () => {
    const explicit = { host: 'dbc-mine.cloud.databricks.com', httpPath: path, credential: pat('dapi-mine') };
    const env = {
      DATABRICKS_HOST: 'dbc-env.cloud.databricks.com',
      DATABRICKS_TOKEN: 'dapi-env',
      DATABRICKS_HTTP_PATH: path,
    };
    expect(connectionFrom({ explicit, env, configFile: file })).toMatchObject({
      value: { host: explicit.host },
    });
    expect(tokenOf({ explicit, env, configFile: file })).toEqual(['dapi-mine']);
    expect(connectionFrom({ env, configFile: file })).toMatchObject({
      value: { host: env.DATABRICKS_HOST },
    });
    expect(tokenOf({ env, configFile: file })).toEqual(['dapi-env']);
    expect(connectionFrom({ env: {}, configFile: file })).toMatchObject({
      value: { name: 'team.one', host: 'dbc-team.cloud.databricks.com' },
    });
    expect(tokenOf({ env: {}, configFile: file })).toEqual(['dapi#team']);
  });

  it('a token never goes to the host of another source', () => {
    const found = connectionFrom({
      env: { DATABRICKS_HOST: 'dbc-other.cloud.databricks.com', DATABRICKS_HTTP_PATH: path },
      configFile: file,
    });
    // No token of the file: the CLI is asked, for this host alone.
    expect(found).toMatchObject({ value: { host: 'dbc-other.cloud.databricks.com', credential: { kind: 'databricks-cli' } } }); // prettier-ignore
    expect(JSON.stringify(found)).not.toContain('dapi');
  });

  const host = { DATABRICKS_HOST: 'dbc-other.cloud.databricks.com', DATABRICKS_HTTP_PATH: path };
  it.each([
    ['basic', { DATABRICKS_USERNAME: 'u', DATABRICKS_PASSWORD: 'p' }],
    ['metadata-service', { DATABRICKS_METADATA_SERVICE_URL: 'http://localhost:1' }],
    ['env-oidc', { DATABRICKS_CLIENT_ID: 'x', DATABRICKS_OIDC_TOKEN_ENV: 'X' }],
    ['file-oidc', { DATABRICKS_CLIENT_ID: 'x', DATABRICKS_OIDC_TOKEN_FILEPATH: '/x' }],
    ['azure-msi', { ARM_USE_MSI: 'true', ARM_CLIENT_ID: 'x' }],
    ['google-credentials', { GOOGLE_CREDENTIALS: '{}' }],
    ['google-id', { DATABRICKS_GOOGLE_SERVICE_ACCOUNT: 'x@y' }],
    ['oauth-m2m', { DATABRICKS_CLIENT_ID: 'x' }],
    ['azure-cli', { DATABRICKS_AUTH_TYPE: 'azure-cli', DATABRICKS_USERNAME: 'u' }],
  ])('names the sign-in %s, which is not used here', (name, variables) => {
    const found = connectionFrom({ env: { ...host, ...variables }, configFile: null });
    expect(found).toMatchObject({ ok: false, error: { code: 'OTHER_SIGN_IN' } });
    expect(!found.ok && found.error.what).toContain(`"${name}"`);
    // What signs in stands before what only tells of another way.
    const complete = connectionFrom({ env: { ...host, ...variables, DATABRICKS_AUTH_TYPE: 'pat', DATABRICKS_TOKEN: 'dapi-x' }, configFile: null }); // prettier-ignore
    expect(complete).toMatchObject({ value: { credential: pat('dapi-x') } });
  });

  it('a host alone goes on to the Databricks CLI, from variables and from a section, but never where somebody typed it', () => {
    const cli = { value: { credential: { kind: 'databricks-cli' } } };
    expect(connectionFrom({ env: { ...host, ARM_USE_MSI: 'false' }, configFile: null })).toMatchObject(cli);
    const section = `[alone]\nhost = dbc-1.cloud.databricks.com\nhttp_path = ${path}\n`;
    expect(connectionFrom({ explicit: { profile: 'alone' }, env: {}, configFile: section })).toMatchObject(cli);
    const basic = `${section}username = u\n`;
    expect(connectionFrom({ explicit: { profile: 'alone' }, env: {}, configFile: basic })).toMatchObject({ error: { code: 'OTHER_SIGN_IN' } }); // prettier-ignore
    // A token of the file for the very host comes before it.
    const known = { DATABRICKS_HOST: 'dbc-default.cloud.databricks.com', DATABRICKS_HTTP_PATH: path, DATABRICKS_CONFIG_PROFILE: 'DEFAULT' }; // prettier-ignore
    expect(tokenOf({ env: known, configFile: file })).toEqual(['dapi-default']);
  });

  it('a profile that is not there is named, with those that are; not where a host needs none', () => {
    const env = { DATABRICKS_CONFIG_PROFILE: 'nope' };
    const found = connectionFrom({ env, configFile: file });
    expect(!found.ok && found.error.what).toContain(
      'Profile "nope", which DATABRICKS_CONFIG_PROFILE names, is missing.',
    );
    expect(!found.ok && found.error.advice).toContain('DEFAULT, team.one.');
    const nothing = connectionFrom({ env, configFile: null });
    expect(!nothing.ok && nothing.error.advice).toContain('has no profile');
    expect(connectionFrom({ env: { ...env, ...host }, configFile: file }).ok).toBe(true);
  });

  it('a profile with another host inherits nothing from DEFAULT, least of all its token', () => {
    const text = `
[DEFAULT]
host = dbc-one.cloud.databricks.com
token = dapi-one
http_path = ${path}
[other]
host = dbc-two.cloud.databricks.com
[same]
host = https://dbc-one.cloud.databricks.com/
`;
    expect(profileOf(text, 'other')).toEqual({ name: 'other', host: 'dbc-two.cloud.databricks.com' });
    expect(profileOf(text, 'same')).toMatchObject({ credential: pat('dapi-one'), httpPath: path });
  });

  it('a named profile, its DEFAULT values, and one that is not there', () => {
    expect(profileOf(file, 'DEFAULT')).toMatchObject({
      host: 'https://dbc-default.cloud.databricks.com',
      credential: pat('dapi-default'),
    });
    expect(profileOf(file, 'nope')).toBeUndefined();
    expect(profileOf(file, '__proto__')).toBeUndefined();
    expect(connectionFrom({ explicit: { profile: 'nope' }, env: {}, configFile: file }).ok).toBe(false);
  });

  it.each([
    [{}, 'host'],
    [{ host: 'dbc-1.cloud.databricks.com' }, 'token'],
    [{ host: 'dbc-1.cloud.databricks.com', credential: pat('dapi-x') }, 'HTTP path'],
    [{ host: 'dbc-1.cloud.databricks.com', credential: pat('dapi x'), httpPath: path }, 'readable token'],
  ])('says what is missing: %j', (explicit, word) => {
    const found = connectionFrom({ explicit, env: {}, configFile: null });
    expect(!found.ok && found.error.what).toContain(word);
  });
});
