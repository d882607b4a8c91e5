// Signing in to the practice lakehouse from Settings in a real browser: refuse, cancel, allow; then out again; a passphrase.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCore, type Core } from '../../main/core/create-core.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import { loadAssets } from '../../main/host/assets.ts';
import { type Host, openHost } from '../../main/host/host.ts';
import { ok } from '../../shared/base/result.ts';
import { openChromium } from '../support/browser.ts';
import { coreDeps, value } from '../support/core.ts';
import { databricksDeps, practiceConnection } from '../support/lakehouse.ts';
import { root } from '../support/places.ts';
import { type Practice, startPractice } from '../support/practice.ts';
import { go } from './support/screen.ts';

let practice: Practice;
let core: Core;
let host: Host;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const home = mkdtempSync(join(tmpdir(), 'breakwater-sign-in-'));

beforeAll(async () => {
  practice = await startPractice({ seed: 5, fault: 'none' });
  const made = await createCore(
    coreDeps(home, {
      host: 'browser',
      background: true,
      openWorkspace: (connection) => openWorkspace(connection, databricksDeps()),
      practice: () =>
        Promise.resolve(
          ok({ connection: practiceConnection(practice), seed: 5, control: () => Promise.resolve(ok({})) }),
        ),
    }),
  );
  core = value(made);
  const random = (length: number): Uint8Array => randomBytes(length);
  const assets = value(loadAssets(join(root, 'dist')));
  host = value(await openHost({ assets, accept: core.accept, clock: { now: () => Date.now() }, random, port: 0 }));
  browser = await openChromium();
  // The practice lakehouse signs its own certificate; a person accepts it once.
  context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 } });
  page = await context.newPage();
  await page.goto(host.launchLink());
  await go(page, 'settings');
});
afterAll(async () => {
  await browser?.close();
  await host?.close();
  await core?.close();
  await practice?.close();
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

const part = (name: string) => page.locator(`[data-testid="${name}"]`);
/** For people who look at the screens: BREAKWATER_SHOTS names a folder. */
const shot = async (name: string): Promise<void> => {
  const dir = process.env['BREAKWATER_SHOTS'];
  if (dir === undefined) return;
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(dir, `${name}-${colorScheme}.png`) });
  }
};
/** The page that a click on the link opens. */
const consent = async (): Promise<Page> => {
  const opened = context.waitForEvent('page');
  await part('sign-in-open').click();
  const tab = await opened;
  await tab.locator('#allow').waitFor();
  return tab;
};

it('waits, is cancelled, is refused, and says which', { timeout: 120_000 }, async () => {
  await part('sign-in-again').click();
  await part('sign-in-waits').waitFor();
  await part('sign-in').first().scrollIntoViewIfNeeded();
  await shot('waits');
  await part('sign-in-cancel').click();
  await part('sign-in-failed').getByText('sign-in was cancelled').waitFor();
  await part('sign-in-again').click();
  const tab = await consent();
  await tab.locator('#refuse').click();
  await tab.getByText('You are not signed in').waitFor();
  await part('sign-in-failed').getByText('refused in the browser').waitFor();
});

it('signs in, shows who, works with it, and signs out', { timeout: 120_000 }, async () => {
  await part('sign-in-again').click();
  const tab = await consent();
  await tab.locator('#allow').click();
  await tab.getByText('Go back to Breakwater').waitFor();
  expect(await tab.content()).not.toMatch(/<script|code=/);
  await tab.close();
  await part('sign-in').getByText(`As ${practice.server.world.defaultUser}`).waitFor();
  expect(await part('sign-in').getAttribute('data-auth')).toBe('oauth-u2m');
  await shot('signed-in');
  await expect
    .poll(async () => value(await core.call('app.status', {})).workspace.state, { timeout: 60_000 })
    .toBe('online');
  await part('sign-out').click();
  await page.locator('[data-testid="sign-in"][data-auth="pat"]').waitFor();
});

it('chooses a passphrase, and says how sign-ins are kept', { timeout: 120_000 }, async () => {
  await part('protection').getByText('plain files').waitFor();
  await part('protect').click();
  await part('protect-passphrase').fill('short');
  await part('protect-send').click();
  await page.getByText('at least 10 characters').first().waitFor();
  await part('protect-passphrase').fill('four words and a horse');
  await shot('protect');
  await part('protect-send').click();
  await part('protection').getByText('wrapped by your passphrase').waitFor();
  expect(await page.content()).not.toContain('horse');
});

it('shows the ways to sign in, and what a network may need', { timeout: 60_000 }, async () => {
  await part('way-browser').click();
  expect(await part('connection-sign-in').isDisabled()).toBe(true);
  await part('connection-host').fill('dbc-1.cloud.databricks.com');
  expect(await part('connection-sign-in').isDisabled()).toBe(false);
  await part('connection-network').click();
  await part('connection-proxy').fill('http://proxy.example:8080');
  await part('connection-sign-in').scrollIntoViewIfNeeded();
  await shot('form');
  expect(await part('connection-save').isDisabled()).toBe(true);
});
