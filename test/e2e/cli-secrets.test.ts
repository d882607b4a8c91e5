// No command prints or leaves a secret: right and wrong sign-ins, a workspace that repeats them in its words, and their files searched.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { standardNetwork } from '../../main/core/network-choice.ts';
import { savedConnections } from '../../main/core/saved-connections.ts';
import { openSecrets } from '../../main/core/secrets.ts';
import { openProfile } from '../../main/store/profile.ts';
import { buildOnce, type Ran, runCli } from '../support/cli.ts';
import { value } from '../support/core.ts';
import { type EchoingWorkspace, startEchoingWorkspace } from '../support/echoing-workspace.ts';
import { foundIn, leftIn, leftText } from '../support/secret-search.ts';

const secrets = {
  pat: 'dapiCANARYpat0123456789abcdef',
  // A token of another form than Databricks' own: only its value tells it.
  plain: 'CANARYplain/token+with=signs0123456789',
  clientSecret: 'CANARYsecret:/+=0123456789%41',
  azureSecret: 'CANARYazure~Q0123456789/+=',
  proxy: 'p%CANARY:proxy/word',
  passphrase: 'CANARY four words and a horse',
  wrongPassphrase: 'CANARY four words and a house',
};
const host = 'dbc-canary.cloud.databricks.com';
// Sections inherit from DEFAULT when they are about the same host.
const others = { bot: 'dbc-robot.cloud.databricks.com', azure: 'adb-1.2.azuredatabricks.net' };
const httpPath = '/sql/1.0/warehouses/abc';

const top = mkdtempSync(join(tmpdir(), 'bw-cli-secrets-'));
const home = join(top, 'home');
const given = join(top, 'given');
const said: string[] = [];
let echo: EchoingWorkspace;

beforeAll(async () => {
  buildOnce();
  for (const folder of [home, given]) mkdirSync(folder);
  echo = await startEchoingWorkspace(
    [host, ...Object.values(others), 'login.microsoftonline.com'],
    given,
    `user:${secrets.proxy}`,
  );
  writeFileSync(
    join(given, 'databrickscfg'),
    `[DEFAULT]\nhost = ${host}\ntoken = ${secrets.pat}\n[plain]\nhost = ${host}\ntoken = ${secrets.plain}\n` +
      `[bot]\nhost = ${others.bot}\nclient_id = robot\nclient_secret = ${secrets.clientSecret}\n` +
      `[azure]\nhost = ${others.azure}\nazure_tenant_id = contoso.com\nazure_client_id = robot\nazure_client_secret = ${secrets.azureSecret}\n`,
  );
  for (const which of ['passphrase', 'wrongPassphrase'] as const)
    writeFileSync(join(given, which), `${secrets[which]}\n`);
}, 120_000);
afterAll(async () => {
  await echo.close();
  rmSync(top, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

const cli = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> => {
  const ran = await runCli(args, {
    home,
    env: {
      HOME: home,
      BREAKWATER_PRACTICE: 'off',
      DATABRICKS_CONFIG_FILE: join(given, 'databrickscfg'),
      DATABRICKS_HTTP_PATH: httpPath,
      DATABRICKS_CA_FILE: echo.caFile,
      HTTPS_PROXY: echo.proxy.url.replace('//', `//user:${encodeURIComponent(secrets.proxy)}@`),
      NO_PROXY: '',
      ...env,
    },
  });
  said.push(`${args.join(' ')}\n${ran.out}\n${ran.err}`);
  return ran;
};
const inEnvironment = { DATABRICKS_HOST: host, DATABRICKS_TOKEN: secrets.pat };
/** Where a secret shows in what was printed so far and in what lies at home now. */
const shown = (): readonly string[] =>
  foundIn([leftText('what was said', said.join('\n')), ...leftIn(home)], Object.values(secrets));

it('of sign-ins that were found, and a workspace that refuses in every way', { timeout: 180_000 }, async () => {
  for (const status of [401, 403, 400, 500]) {
    echo.answerWith(status);
    const { out, code } = await cli(['doctor', '--connection', 'environment', '--start-warehouse'], inEnvironment);
    // A missing right is no fault of the set-up: doctor says what to ask for.
    expect([status, code]).toEqual([status, status === 403 ? 0 : 1]);
    expect(out).toContain(`from the environment: ${host}, with a token`);
    // The words of the workspace are shown, without what it repeated.
    expect(out).toMatch(/It said: ".*<redacted>/);
    const sections = ['plain', 'bot', 'azure'];
    const looked = await Promise.all(sections.map((section) => cli(['doctor', '--connection', section, '--json'])));
    for (const one of looked) expect(one.out).toMatch(/^\{"ok":(?:true|false),.*"step":"sign-in"/);
  }
  const heard = echo.heard.join('\n');
  expect(heard).toContain(`Bearer ${secrets.pat}`);
  expect(heard).toContain(`Bearer ${secrets.plain}`);
  expect(heard).toContain(`client_secret=${encodeURIComponent(secrets.azureSecret).replaceAll('~', '%7E')}`);
  expect(echo.heard.filter((one) => one.startsWith('Basic ')).length).toBeGreaterThan(0);
  expect(echo.proxy.asked.every(({ credentials }) => credentials === `user:${secrets.proxy}`)).toBe(true);
  expect(shown()).toEqual([]);
});

it(
  'of a share, an exchange, a proxy that refuses, and words that are not understood',
  { timeout: 120_000 },
  async () => {
    echo.answerWith(403);
    const unattended = { BREAKWATER_CONNECTION: 'environment', ...inEnvironment, DATABRICKS_TOKEN: secrets.plain };
    for (const json of [[], ['--json']]) {
      const made = await cli(['share', 'init', '--kind', 'delta', '--place', 'main.war_room', ...json], unattended);
      expect([made.code === 0, made.out + made.err]).toEqual([false, expect.stringMatching(/./)]);
      await cli(['share', 'status', ...json], unattended);
      await cli(['sync', ...json], unattended);
      await cli(['setup', '--print-sql', ...json], unattended);
    }
    echo.proxy.refuse(407);
    const refused = await cli(['doctor', '--connection', 'DEFAULT']);
    expect(refused.out).toContain('password of the proxy');
    await cli(['sync'], unattended);
    echo.proxy.refuse(null);
    const odd = await cli(['doctor', '--connection', 'environment'], { HTTPS_PROXY: `socks5://user:${encodeURIComponent(secrets.proxy)}@127.0.0.1:1`, ...inEnvironment }); // prettier-ignore
    expect(odd.out).toContain('proxy');
    const spaced = await cli(['doctor', '--connection', 'environment'], { ...inEnvironment, DATABRICKS_TOKEN: `${secrets.plain} x` }); // prettier-ignore
    expect(spaced.out).toContain('The token is missing');
    expect(shown()).toEqual([]);
  },
);

it('of a profile whose sign-ins a passphrase protects, right and wrong', { timeout: 120_000 }, async () => {
  echo.answerWith(401);
  const folder = join(home, 'profiles', 'default');
  const profile = value(openProfile(folder, { clock: { now: () => Date.now() }, log: (...line) => said.push(line.join(' ')) })); // prettier-ignore
  const store = openSecrets(folder, null);
  const kept = savedConnections(profile, store);
  const primary = { id: 'primary', name: 'Pricing', host, port: 443, httpPath, auth: 'pat' } as const;
  const network = { ...standardNetwork, caFile: echo.caFile, proxy: echo.proxy.url };
  const proxy = { username: 'user', password: secrets.proxy };
  value(kept.put({ ...primary, network }, { kind: 'pat', token: secrets.plain, proxy }));
  // Closed before its file is read here, which would drop this process's locks on it.
  profile.close();
  // Where a person has chosen nothing it lies in this one file, and nowhere else.
  const plainly = foundIn(leftIn(home), [secrets.plain]);
  expect(plainly.map((one) => one.split(': ')[0])).toContain(join(folder, 'secrets', 'workspace.secret'));
  expect(shown().filter((one) => !one.includes('workspace.secret'))).toEqual([]);
  value(await store.protect(secrets.passphrase));

  const before = echo.heard.length;
  for (const [file, words] of [
    ['passphrase', /did not accept the token/],
    ['wrongPassphrase', /not the passphrase of this profile/],
  ] as const) {
    const env = { BREAKWATER_PASSPHRASE_FILE: join(given, file) };
    const looked = await Promise.all([[], ['--json']].map((json) => cli(['doctor', ...json], env)));
    for (const { out } of looked) expect(out).toMatch(words);
    await cli(['share', 'init', '--kind', 'delta', '--place', 'main.war_room', '--json'], env);
    await cli(['sync'], env);
  }
  // With the right one the sign-in was opened and sent.
  expect(echo.heard.slice(before)).toContain(`Bearer ${secrets.plain}`);
  expect(shown()).toEqual([]);
});
