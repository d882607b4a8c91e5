// What a person types that is secret, in Settings of a window: a token, a password of a proxy, a passphrase, right and wrong. Key by
// key, as a browser sees a person type; the same in the desktop window and in a browser.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { type EchoingWorkspace, startEchoingWorkspace } from '../../support/echoing-workspace.ts';
import { foundIn, type Left, leftIn, leftText } from '../../support/secret-search.ts';
import { byId, go, soonMs } from './screen.ts';

const word = (): string => randomBytes(12).toString('hex');
/** Random, so that nothing which compresses can write them as "as before". */
const typedSecrets = {
  token: `tok/${word()}`,
  proxy: `p%${word()}:/word`,
  passphrase: `four words ${word()}`,
  wrong: `other words ${word()}`,
};
const host = 'dbc-canary.cloud.databricks.com';
/** A passphrase is stretched for a moment, and a core may have to start before. */
const slowMs = 4 * soonMs;

export type SecretStory = {
  /** Test and save a workspace with the token, see where it lies, then choose a passphrase. The window shows its first screen. */
  readonly connect: (page: Page, home: string) => Promise<void>;
  /** After the core has started anew: a wrong passphrase, then the right one, which signs in. */
  readonly unlock: (page: Page) => Promise<void>;
  /** Where one of the secrets shows; empty = nowhere. */
  readonly shown: (left: readonly Left[]) => readonly string[];
  readonly close: () => Promise<void>;
};

/** With a workspace of its own, which refuses and repeats what it was sent, behind a proxy with a password. */
export const startSecretStory = async (): Promise<SecretStory> => {
  const given = mkdtempSync(join(tmpdir(), 'breakwater-given-'));
  const echo: EchoingWorkspace = await startEchoingWorkspace([host], given, `user:${typedSecrets.proxy}`);
  echo.answerWith(401);
  const shown = (left: readonly Left[]): readonly string[] => foundIn(left, Object.values(typedSecrets));
  const type = (page: Page, id: string, text: string): Promise<void> => byId(page, id).pressSequentially(text);
  /** What a page holds, its fields included; while secrets are being typed only what is beside the fields. */
  const pageHolds = async (page: Page, typing = false): Promise<readonly Left[]> => [
    leftText('page', (await page.content()).replaceAll(typing ? / value="[^"]*"/g : /$^/g, '')),
    leftText('storage', await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))),
  ];

  return {
    shown,
    connect: async (page, home) => {
      await go(page, 'settings');
      await byId(page, 'protection').getByText('plain files').waitFor();
      await byId(page, 'connection-host').fill(host);
      await byId(page, 'connection-path').fill('/sql/1.0/warehouses/abc');
      await type(page, 'connection-token', typedSecrets.token);
      await byId(page, 'connection-network').click();
      const { host: proxyHost } = new URL(echo.proxy.url);
      await type(page, 'connection-proxy', `http://user:${encodeURIComponent(typedSecrets.proxy)}@${proxyHost}`);
      await type(page, 'connection-ca', echo.caFile);
      await byId(page, 'connection-test').click();
      await byId(page, 'check-list').getByText('did not accept the token').first().waitFor({ timeout: slowMs });
      expect(echo.heard).toContain(`Bearer ${typedSecrets.token}`);
      expect(shown(await pageHolds(page, true))).toEqual([]);
      await byId(page, 'connection-accept').click();
      await byId(page, 'connection-save').click();
      await expect.poll(() => byId(page, 'connection-token').inputValue(), { timeout: slowMs }).toBe('');
      // Without a keyring and a passphrase it lies in this one file, which only its owner reads.
      const only = join(home, 'profiles', 'default', 'secrets', 'workspace.secret');
      const where = new Set(shown(leftIn(home)).map((one) => one.split(': ')[0]));
      expect([...where]).toEqual([only]);
      expect(statSync(only).mode & 0o777).toBe(0o600);

      await byId(page, 'protect').click();
      await type(page, 'protect-passphrase', typedSecrets.passphrase);
      await byId(page, 'protect-passphrase').press('Enter');
      await byId(page, 'protection').getByText('wrapped by your passphrase').waitFor({ timeout: slowMs });
      expect(shown([...leftIn(home), ...(await pageHolds(page))])).toEqual([]);
    },
    unlock: async (page) => {
      await go(page, 'settings');
      await byId(page, 'unlock').waitFor({ timeout: slowMs });
      const before = echo.heard.length;
      await type(page, 'unlock-passphrase', typedSecrets.wrong);
      await byId(page, 'unlock-passphrase').press('Enter');
      await page.getByText('not the passphrase of this profile').first().waitFor({ timeout: slowMs });
      await byId(page, 'unlock-passphrase').fill('');
      await type(page, 'unlock-passphrase', typedSecrets.passphrase);
      await byId(page, 'unlock-passphrase').press('Enter');
      await byId(page, 'unlock').waitFor({ state: 'detached', timeout: slowMs });
      await expect.poll(() => echo.heard.slice(before), { timeout: slowMs }).toContain(`Bearer ${typedSecrets.token}`);
      expect(shown(await pageHolds(page))).toEqual([]);
    },
    close: async () => {
      await echo.close();
      rmSync(given, { recursive: true, force: true });
    },
  };
};
