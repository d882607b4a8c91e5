import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectionSources } from '../../main/core/connection-sources.ts';
import { foundConnections, credentialFound } from '../../main/databricks/found.ts';

const path = '/sql/1.0/warehouses/0123456789abcdef';
const configFile = `
[DEFAULT]
host = https://dbc-one.cloud.databricks.com/
token = dapi-one
[team.two]
host = dbc-two.cloud.databricks.com
warehouse_id = abc
[sign-on]
host = dbc-three.cloud.databricks.com
auth_type = databricks-cli
[elsewhere]
host = evil.test
token = dapi-evil
[no-host-here]
[unreadable]
host = dbc-four.cloud.databricks.com
token = da pi
[__settings__]
default_profile = team.two
`;
const env = {
  DATABRICKS_HOST: 'dbc-env.cloud.databricks.com',
  DATABRICKS_HTTP_PATH: path,
  DATABRICKS_TOKEN: 'dapi-env',
};

describe('what this machine knows of workspaces', () => {
  it('is listed in order, with the path where there is one, and only for hosts that may get a token', () => {
    const found = foundConnections({ env, configFile });
    expect(
      found.map(({ id, host, httpPath, credential }) => [
        id,
        host,
        httpPath,
        credential?.kind === 'pat' ? credential.token : (credential?.kind ?? null),
      ]),
    ).toEqual([
      ['environment', 'dbc-env.cloud.databricks.com', path, 'dapi-env'],
      ['databrickscfg:DEFAULT', 'dbc-one.cloud.databricks.com', null, 'dapi-one'],
      ['databrickscfg:no-host-here', 'dbc-one.cloud.databricks.com', null, 'dapi-one'],
      ['databrickscfg:sign-on', 'dbc-three.cloud.databricks.com', null, 'databricks-cli'],
      ['databrickscfg:team.two', 'dbc-two.cloud.databricks.com', '/sql/1.0/warehouses/abc', 'databricks-cli'],
      ['databrickscfg:unreadable', 'dbc-four.cloud.databricks.com', null, null],
    ]);
  });

  it('is nothing without a host, whatever token lies there', () => {
    expect(foundConnections({ env: { DATABRICKS_TOKEN: 'dapi-env' }, configFile: null })).toEqual([]);
    expect(foundConnections({ env: {}, configFile: '[DEFAULT]\ntoken = dapi-one\n' })).toEqual([]);
  });

  it('is never more than a bounded list, and no section is a trick of the language', () => {
    const many = Array.from({ length: 300 }, (_, at) => `[p${at}]\nhost = x${at}.cloud.databricks.com`).join('\n');
    expect(foundConnections({ env: {}, configFile: many })).toHaveLength(100);
    expect(foundConnections({ env: {}, configFile: '[__proto__]\nhost = x.cloud.databricks.com' })).toEqual([]);
  });
});

describe('in any file', () => {
  const hosts = ['a', 'b', 'c'].map((name) => `${name}.cloud.databricks.com`);
  const section = fc.record({ host: fc.option(fc.constantFrom(...hosts)), token: fc.boolean() });

  it('a token stays with the host beside which it stands', () => {
    fc.assert(
      fc.property(section, fc.array(section, { maxLength: 4 }), (first, others) => {
        const written = [first, ...others].map(({ host, token }, at) => {
          const owner = host ?? first.host ?? 'nobody';
          return `[${at === 0 ? 'DEFAULT' : `s.${at}`}]\n${host === null ? '' : `host = ${host}\n`}${token ? `token = tok-${owner}\n` : ''}`;
        });
        for (const one of foundConnections({ env: {}, configFile: written.join('') }))
          expect([null, `tok-${one.host}`]).toContain(one.credential?.kind === 'pat' ? one.credential.token : null);
      }),
    );
  });
});

describe('a token that was found', () => {
  const found = foundConnections({ env, configFile });

  it('is given for the host of its source, however that is written', () => {
    expect(credentialFound(found, 'databrickscfg:DEFAULT', 'HTTPS://DBC-one.cloud.databricks.com/')).toEqual({
      ok: true,
      value: { kind: 'pat', token: 'dapi-one' },
    });
  });

  it.each([
    ['databrickscfg:DEFAULT', 'dbc-two.cloud.databricks.com', 'OTHER_HOST'],
    ['environment', 'dbc-one.cloud.databricks.com', 'OTHER_HOST'],
    ['databrickscfg:DEFAULT', 'dbc-one.cloud.databricks.com.evil.test', 'HOST'],
    ['databrickscfg:unreadable', 'dbc-four.cloud.databricks.com', 'MISSING'],
    ['databrickscfg:elsewhere', 'evil.test', 'GONE'],
    ['nowhere', 'dbc-one.cloud.databricks.com', 'GONE'],
  ])('%s is not given for %s', (id, host, code) => {
    const answer = credentialFound(found, id, host);
    expect(answer).toMatchObject({ ok: false, error: { tag: 'NotConfigured', code } });
    expect(JSON.stringify(answer)).not.toContain('dapi');
  });
});

describe('where the sources are read', () => {
  const home = (): string => {
    const dir = mkdtempSync(join(tmpdir(), 'bw-home-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    return dir;
  };

  it('~/.databrickscfg, or the file that DATABRICKS_CONFIG_FILE names', () => {
    const dir = home();
    expect(connectionSources({}, dir).configFile).toBeNull();
    writeFileSync(join(dir, '.databrickscfg'), 'one');
    writeFileSync(join(dir, 'other'), 'two');
    expect(connectionSources({}, dir).configFile).toBe('one');
    expect(connectionSources({ DATABRICKS_CONFIG_FILE: join(dir, 'other') }, dir).configFile).toBe('two');
    expect(connectionSources({ DATABRICKS_CONFIG_FILE: '~/other' }, dir).configFile).toBe('two');
  });

  it('what is no plain file, or far too large, counts as none', () => {
    const dir = home();
    mkdirSync(join(dir, '.databrickscfg'));
    expect(connectionSources({}, dir).configFile).toBeNull();
    writeFileSync(join(dir, 'large'), 'x'.repeat(300_000));
    expect(connectionSources({ DATABRICKS_CONFIG_FILE: join(dir, 'large') }, dir).configFile).toBeNull();
  });
});
