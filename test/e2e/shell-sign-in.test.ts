// Signing in from Settings of the desktop window: what a person sees of the system's browser is opened here, the rest is real.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openChromium, until } from '../support/browser.ts';
import { type Display, openDisplay } from '../support/display.ts';
import { type ElectronApp, launchElectronApp } from '../support/electron-app.ts';
import { endPractice } from './support/practice.ts';
import { byId, connectionIs, go, roundMs } from './support/screen.ts';

const home = mkdtempSync(join(tmpdir(), 'breakwater-shell-sign-in-'));
let display: Display;
let desktop: ElectronApp;
let browser: Browser;

beforeAll(async () => {
  display = await openDisplay();
  desktop = await launchElectronApp({ home, display });
  browser = await openChromium();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await desktop?.close();
  await endPractice(home);
  display?.close();
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}, 60_000);

/** In place of the person who answers the dialog, and of the system's browser: what was asked, and what would be opened. */
const standIn = async (answer: 'Open' | 'Cancel'): Promise<void> => {
  await desktop.app.evaluate(({ dialog, shell }, press) => {
    const seen: { asked: string[]; opened: string[] } = { asked: [], opened: [] };
    Object.assign(globalThis, { seen });
    const box = (...given: readonly unknown[]) => {
      const { message, buttons } = given.at(-1) as { readonly message: string; readonly buttons: readonly string[] };
      seen.asked.push(message);
      return Promise.resolve({ response: buttons.indexOf(press), checkboxChecked: false });
    };
    Object.assign(dialog, { showMessageBox: box });
    Object.assign(shell, {
      openExternal: (address: string) => {
        seen.opened.push(address);
        return Promise.resolve();
      },
    });
  }, answer);
};
const seen = (): Promise<{ readonly asked: readonly string[]; readonly opened: readonly string[] }> =>
  desktop.app.evaluate(() => (globalThis as unknown as { seen: { asked: string[]; opened: string[] } }).seen);

it('asks before it opens the page, and a person signs in there', { timeout: 240_000 }, async () => {
  const { page } = desktop;
  await connectionIs(page, 'online', 2 * roundMs);
  await go(page, 'settings');
  await byId(page, 'sign-in-again').click();
  await byId(page, 'sign-in-waits').waitFor();

  // Whoever says no stays here.
  await standIn('Cancel');
  await byId(page, 'sign-in-open').click();
  await until('the question', async () => (await seen()).asked.length > 0 || null);
  expect((await seen()).opened).toEqual([]);

  await standIn('Open');
  await byId(page, 'sign-in-open').click();
  const address = await until('the address', async () => (await seen()).opened[0] ?? null);
  expect((await seen()).asked[0]).toContain(new URL(address).host);
  expect(page.url()).toBe('breakwater://app/');

  // The practice lakehouse signs its own certificate; a person accepts it once.
  const tab = await browser.newPage({ ignoreHTTPSErrors: true });
  await tab.goto(address);
  await tab.locator('#allow').click();
  await tab.getByText('Go back to Breakwater').waitFor();
  await page.locator('[data-testid="sign-in"][data-auth="oauth-u2m"]').waitFor();
  await byId(page, 'sign-in').getByText(/^As /).waitFor();
  await connectionIs(page, 'online', roundMs);

  // Nobody waits any more: the same page is nowhere to go to now.
  await standIn('Open');
  await page.evaluate((to) => void window.open(to), address);
  await page.waitForTimeout(1_000);
  expect(await seen()).toEqual({ asked: [], opened: [] });
  expect(desktop.complaints).toEqual([]);
  expect(desktop.coreLog()).not.toMatch(/code=|access_token|refresh_token/);
});
