// doctor on the saved workspaces of a profile: all of them, whatever protects their sign-ins, and nothing is changed.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { profileFindings } from '../../main/cli/doctor-profile.ts';
import { connectionFindings } from '../../main/cli/doctor-saved.ts';
import { standardNetwork } from '../../main/core/network-choice.ts';
import { savedConnections, type SavedConnection } from '../../main/core/saved-connections.ts';
import { openSecrets, type SecretStore } from '../../main/core/secrets.ts';
import { moveTokenFile } from '../../main/core/token-file.ts';
import { openProfile } from '../../main/store/profile.ts';
import { scratch, value } from '../support/core.ts';

const phrase = 'four words and a horse';
const secret = { kind: 'pat', token: 'dapiCANARYsaved' };
// A label of 64 letters is no name: nothing is sent anywhere; a step behind the settings shows that the sign-in was opened.
const hostOf = (letter: string): string => `${letter.repeat(64)}.cloud.databricks.com`;
const saved = (id: string, name: string, letter: string): SavedConnection => ({
  id, name, host: hostOf(letter), port: 443, httpPath: '/sql/1.0/warehouses/abc', auth: 'pat', network: standardNetwork,
}); // prettier-ignore
const primary = saved('primary', 'Pricing', 'x');
const further = saved('w0123abcd', 'Far away', 'y');

afterEach(() => {
  delete process.env['BREAKWATER_PASSPHRASE_FILE'];
});

/** A profile folder with these workspaces; `keyring` as the desktop window has one. */
const profileWith = async (
  workspaces: readonly SavedConnection[],
  { keyring = null, passphrase }: { readonly keyring?: Uint8Array | null; readonly passphrase?: string } = {},
): Promise<string> => {
  const folder = join(scratch(), 'p');
  const profile = value(openProfile(folder, { clock: { now: () => 0 }, log: () => undefined }));
  const secrets: SecretStore = openSecrets(folder, keyring);
  if (passphrase !== undefined) value(await secrets.protect(passphrase));
  const kept = savedConnections(profile, secrets);
  for (const one of workspaces) value(kept.put(one, secret));
  profile.close();
  return folder;
};
const bytesOf = (folder: string): readonly string[] =>
  readdirSync(join(folder, 'secrets')).map((name) => readFileSync(join(folder, 'secrets', name), 'utf8'));
const look = async (folder: string): Promise<readonly string[]> => {
  const before = bytesOf(folder);
  const findings = await connectionFindings(folder, profileFindings('p', folder).saved, null, false);
  expect(JSON.stringify(findings)).not.toContain('CANARY');
  expect(bytesOf(folder)).toEqual(before);
  for (const one of findings.filter(({ check }) => check !== undefined)) expect(one.workspace).toBeDefined();
  return findings.map((one) => `${one.state} ${one.name}: ${one.detail}`);
};
const passphraseFile = (text: string): void => {
  const file = join(scratch(), 'passphrase');
  writeFileSync(file, text);
  process.env['BREAKWATER_PASSPHRASE_FILE'] = file;
};

describe('how sign-ins are kept', () => {
  const found = (folder: string) =>
    profileFindings('p', folder).findings.find(({ name }) => name === 'sign-ins') ?? { detail: 'no such finding' };

  it('without keyring and passphrase doctor warns of plain files, which only this user can open', async () => {
    const folder = await profileWith([primary, further]);
    expect(found(folder)).toMatchObject({
      state: 'note',
      detail: '2 of 2 in plain files with mode 0600, not encrypted: whoever can read your files can act as you in the workspace', // prettier-ignore
      advice: 'Choose a passphrase under Settings, Connection.',
    });
    const dir = join(folder, 'secrets');
    const files = readdirSync(dir).filter((name) => name.endsWith('.secret'));
    expect(files.map((name) => statSync(join(dir, name)).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(bytesOf(folder).join()).toContain('CANARY');
  });

  it('wrapped ones are no warning, but for the plain file of an earlier version that waits for the passphrase', async () => {
    const ring = await profileWith([primary], { keyring: randomBytes(32) });
    expect(found(ring)).toMatchObject({ state: 'fine', detail: 'wrapped by the system keyring' });
    const folder = await profileWith([primary], { passphrase: phrase });
    expect(found(folder)).toMatchObject({ state: 'fine', detail: 'wrapped by a passphrase' });
    expect(bytesOf(folder).join()).not.toContain('CANARY');
    writeFileSync(join(folder, 'token'), 'dapiCANARYold', { mode: 0o600 });
    // A start that gets no passphrase leaves it where it is.
    value(moveTokenFile(folder, openSecrets(folder, null), 'workspace'));
    expect(found(folder)).toMatchObject({
      state: 'note',
      detail: expect.stringMatching(/^1 of 2 in plain files/) as string,
      advice: 'Open the app and give your passphrase under Settings, Connection: they are wrapped then.',
    });
  });
});

describe('doctor on saved workspaces', () => {
  it('goes through the steps of every workspace of the profile', async () => {
    const lines = await look(await profileWith([primary, further]));
    expect(lines.filter((line) => /connection: |settings|DNS/.test(line))).toEqual([
      `fine connection: Pricing, ${primary.host}, the primary workspace of the profile`,
      `fine · settings: ${primary.host}${primary.httpPath}`,
      expect.stringMatching(/^wrong · DNS: /),
      `fine connection: Far away, ${further.host}, a further workspace of the profile`,
      `fine · settings: ${further.host}${further.httpPath}`,
      expect.stringMatching(/^wrong · DNS: /),
    ]);
  });

  it('beside the practice lakehouse, further workspaces are tried as well', async () => {
    const lines = await look(await profileWith([further]));
    expect(lines[0]).toBe('note connection: the practice lakehouse, which is not running: not checked');
    expect(lines).toContain(`fine · settings: ${further.host}${further.httpPath}`);
  });

  it('opens sign-ins under a passphrase with the first line of the file that is named', async () => {
    const folder = await profileWith([primary, further], { passphrase: phrase });
    passphraseFile(`${phrase}\nanother line\n`);
    const lines = await look(folder);
    expect(lines.filter((line) => line.includes('· settings'))).toHaveLength(2);
    expect(lines.join()).not.toContain('not checked');
  });

  it('a wrong passphrase, and a file that is not there, need a person', async () => {
    const folder = await profileWith([primary], { passphrase: phrase });
    passphraseFile('four words and a house\n');
    expect((await look(folder))[0]).toBe('wrong passphrase: That is not the passphrase of this profile.');
    process.env['BREAKWATER_PASSPHRASE_FILE'] = join(folder, 'nothing-here');
    expect((await look(folder))[0]).toMatch(
      /^wrong passphrase: The file of BREAKWATER_PASSPHRASE_FILE .* cannot be read/,
    );
  });

  it('without a passphrase it is said that nothing was tried; nothing is wrong', async () => {
    expect(await look(await profileWith([primary], { passphrase: phrase }))).toEqual([
      `note connection: Pricing, ${primary.host}: not checked, its sign-in is protected by your passphrase and stayed locked`,
    ]);
  });

  it('what the keyring wraps only the desktop window can open: a note, and the others are tried', async () => {
    const folder = await profileWith([primary], { keyring: randomBytes(32) });
    expect(await look(folder)).toEqual([
      `note connection: Pricing, ${primary.host}: not checked, its sign-in is wrapped by the system keyring, which only the desktop window can open`,
    ]);
    const profile = value(openProfile(folder, { clock: { now: () => 0 }, log: () => undefined }));
    value(savedConnections(profile, openSecrets(folder, null)).put(further, secret));
    profile.close();
    const lines = await look(folder);
    expect(lines[0]).toMatch(/^note connection: Pricing/);
    expect(lines).toContain(`fine · settings: ${further.host}${further.httpPath}`);
  });
});
