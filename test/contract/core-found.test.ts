// Connections that the machine knows: offered without their tokens, used for their own host only.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Core, CoreDeps } from '../../main/core/create-core.ts';
import { connectionSources } from '../../main/core/connection-sources.ts';
import { nodeCoreDeps } from '../../main/core/entry-deps.ts';
import { err } from '../../shared/base/result.ts';
import { failure } from '../../shared/base/failure.ts';
import { coreEnvironment, workspaceVariables } from '../../main/shell/core-env.ts';
import type { Connection } from '../../main/databricks/port.ts';
import { openCore, scratch, value } from '../support/core.ts';

const canary = 'dapiCANARYfound';
const host = 'dbc-found.cloud.databricks.com';
const httpPath = '/sql/1.0/warehouses/abc';

type Scene = {
  readonly core: Core;
  readonly home: string;
  readonly said: string[];
  readonly checked: Connection[];
  readonly opened: Connection[];
  readonly call: Core['call'];
};
/** A core on a home with a configuration file; everything that it answers or logs is kept in `said`. */
const scene = async (
  file = `[DEFAULT]\nhost = ${host}\ntoken = ${canary}\n`,
  changes: Partial<CoreDeps> = {},
): Promise<Scene> => {
  const home = scratch();
  writeFileSync(join(home, '.databrickscfg'), file);
  const [said, checked, opened]: [string[], Connection[], Connection[]] = [[], [], []];
  const note = (message: string, fields: object = {}): void => void said.push(message + JSON.stringify(fields));
  const core = await openCore(home, {
    logger: { info: note, warn: note, error: note },
    connectionSources: () => connectionSources({}, home),
    checkConnection: (given) => {
      checked.push(given);
      return Promise.resolve([{ step: 'name of the host', state: 'works', detail: given.host }]);
    },
    openWorkspace: (connection) => {
      opened.push(connection);
      return err(failure('Offline', `cannot reach ${connection.host}`, 's', 't'));
    },
    ...changes,
  });
  const call: Core['call'] = async (name, input) => {
    const answer = await core.call(name, input);
    said.push(JSON.stringify(answer));
    return answer;
  };
  return { core, home, said, checked, opened, call };
};
const from = 'databrickscfg:DEFAULT';

describe('connections found on this machine', () => {
  it('are offered without a token', async () => {
    const { call, said } = await scene();
    const { found } = value(await call('connection.found', {}));
    expect(found).toEqual([
      {
        id: from,
        source: 'databrickscfg',
        label: '~/.databrickscfg [DEFAULT]',
        host,
        httpPath: null,
        hasToken: true,
        auth: 'pat',
        unattended: false,
        otherSignIn: null,
      },
    ]);
    expect(said.join()).not.toContain('CANARY');
  });

  it('are tested and saved with the token that stays in the core, and it shows nowhere else', async () => {
    const { call, core, home, said, checked, opened } = await scene(undefined, { background: true });
    value(await call('connection.found', {}));
    value(await call('connection.test', { host, httpPath, from }));
    expect(checked).toMatchObject([{ host, httpPath }]);
    expect(checked[0]?.auth.secrets()).toEqual([canary]);
    expect(await call('connection.save', { host, httpPath, from, acceptUnencrypted: false })).toMatchObject({
      error: { tag: 'ConsentMissing' },
    });
    const folder = join(home, 'profiles', 'default');
    expect(readdirSync(folder)).not.toContain('secrets');
    value(await call('connection.save', { host, httpPath, from, acceptUnencrypted: true }));
    await expect.poll(() => opened.length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(opened.at(-1)).toMatchObject({ host, httpPath });
    expect(opened.at(-1)?.auth.secrets()).toEqual([canary]);
    const secret = join(folder, 'secrets', 'workspace.secret');
    expect(readFileSync(secret, 'utf8')).toContain(canary);
    expect(statSync(secret).mode & 0o777).toBe(0o600);
    value(await call('app.status', {}));
    expect(said.length).toBeGreaterThan(4);
    expect(said.join()).not.toContain('CANARY');
    await core.close();
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    expect(files.map((one) => one.name)).toContain('breakwater.db');
    for (const file of files.filter((one) => one.name !== 'workspace.secret'))
      expect(readFileSync(join(file.parentPath, file.name)).includes('CANARY'), file.name).toBe(false);
  });

  it('never give their token to another host, and write nothing then', async () => {
    const { call, home, checked, said } = await scene();
    const other = { host: 'dbc-other.cloud.databricks.com', httpPath, from };
    expect(await call('connection.test', other)).toMatchObject({ error: { code: 'OTHER_HOST' } });
    expect(await call('connection.save', { ...other, acceptUnencrypted: true })).toMatchObject({
      error: { tag: 'NotConfigured', code: 'OTHER_HOST' },
    });
    expect(checked).toEqual([]);
    expect(readdirSync(join(home, 'profiles', 'default'))).not.toContain('secrets');
    expect(said.join()).not.toContain('CANARY');
  });

  it('are looked up anew: a source whose host changed meanwhile is refused', async () => {
    const { call, home } = await scene();
    value(await call('connection.found', {}));
    writeFileSync(join(home, '.databrickscfg'), `[DEFAULT]\nhost = dbc-new.cloud.databricks.com\ntoken = ${canary}\n`);
    expect(await call('connection.test', { host, httpPath, from })).toMatchObject({ error: { code: 'OTHER_HOST' } });
  });

  it('need one token: not none, not two, and not one that no header can carry', async () => {
    const { call } = await scene();
    expect(await call('connection.test', { host, httpPath })).toMatchObject({ error: { tag: 'WrongShape' } });
    expect(await call('connection.test', { host, httpPath, token: 'x', from })).toMatchObject({
      error: { tag: 'WrongShape' },
    });
    for (const token of ['', ' ', 'dapi x'])
      expect(
        await call('connection.save', { host, httpPath, token, acceptUnencrypted: true }),
        JSON.stringify(token),
      ).toMatchObject({ error: { tag: 'NotConfigured' } });
  });
});

describe('sign-ins that are not taken from the machine', () => {
  it.each(['azure-cli', 'external-browser', 'oauth-m2m'])('%s is named, with the way that is open', async (type) => {
    const { call } = await scene(`[DEFAULT]\nhost = ${host}\nauth_type = ${type}\n`);
    expect(value(await call('connection.found', {})).found).toMatchObject([{ hasToken: false, otherSignIn: type }]);
    const refused = await call('connection.save', { host, httpPath, from, acceptUnencrypted: true });
    expect(refused).toMatchObject({ error: { tag: 'NotConfigured', code: 'OTHER_SIGN_IN' } });
    expect(JSON.stringify(refused)).toContain(type);
    expect(JSON.stringify(refused)).toContain('in the browser');
  });
});

describe('what an entry reads', () => {
  const sourcesOf = (env: Record<string, string>, variables: Record<string, string> = {}) =>
    nodeCoreDeps(
      {
        profile: 'default',
        host: 'browser',
        version: '0',
        practice: { nodePath: process.execPath, entry: 'none', seed: 1, fault: 'none' },
      },
      { ...env, BREAKWATER_PRACTICE: 'off' },
      null,
      variables,
    ).connectionSources();

  it('the environment of its process, which on the desktop has no token: it is told in the first message', () => {
    const folder = scratch();
    mkdirSync(join(folder, 'none'));
    const env = { DATABRICKS_HOST: host, DATABRICKS_TOKEN: canary, DATABRICKS_CONFIG_FILE: join(folder, 'none') };
    expect(sourcesOf(env)).toMatchObject({
      env: { DATABRICKS_HOST: host, DATABRICKS_TOKEN: canary },
      configFile: null,
    });
    expect(Object.keys(coreEnvironment(env)).filter((name) => name.startsWith('DATABRICKS'))).toEqual([]);
    expect(workspaceVariables({ ...env, AWS_SECRET_ACCESS_KEY: 'x', DATABRICKS_UNKNOWN: 'x' })).toEqual(env);
    // What only tells of another way to sign in is passed on as that; it may be a secret.
    expect(workspaceVariables({ DATABRICKS_PASSWORD: 'p', GOOGLE_CREDENTIALS: '{}', DATABRICKS_CLI_PATH: '/cli' })).toEqual(
      { DATABRICKS_PASSWORD: 'set', GOOGLE_CREDENTIALS: 'set', DATABRICKS_CLI_PATH: '/cli' },
    ); // prettier-ignore
    expect(sourcesOf(coreEnvironment(env), workspaceVariables(env))).toMatchObject({
      env: { DATABRICKS_HOST: host, DATABRICKS_TOKEN: canary },
      configFile: null,
    });
  });
});
