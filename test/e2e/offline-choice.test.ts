// The boarding card over a real core: what is chosen is counted again, remembered for the room, and kept without a network.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BrowserApp, launchBrowserApp } from '../support/browser.ts';
import { endPractice, killPractice } from './support/practice.ts';
import { byId, connectionIs, openFirstProposal, openRoom, roundMs, waitFor } from './support/screen.ts';

const home = mkdtempSync(join(tmpdir(), 'breakwater-choice-'));
let app: BrowserApp;

beforeAll(async () => {
  app = await launchBrowserApp({ home, env: { DISPLAY: '' } });
  await byId(app.page, 'proposal').first().waitFor({ timeout: 90_000 });
}, 150_000);
afterAll(async () => {
  await app?.close();
  await endPractice(home);
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}, 60_000);

const openCard = async (page: Page): Promise<void> => {
  await byId(page, 'offline-badge').click();
  await byId(page, 'offline-card').waitFor();
  if (!(await byId(page, 'offline-hops').isVisible())) await byId(page, 'offline-how').press('Enter');
  await byId(page, 'offline-hops').waitFor();
};
/** Choose by keyboard, as somebody without a mouse does. */
const choose = async (page: Page, id: string, option: string): Promise<void> => {
  await byId(page, id).press('Enter');
  await page.getByRole('option', { name: option, exact: true }).press('Enter');
  await byId(page, id).getByText(option, { exact: true }).waitFor();
};
const statements = async (page: Page): Promise<string> => {
  await waitFor(byId(page, 'offline-expected'), 'data-busy', 'false', roundMs);
  await byId(page, 'offline-estimate').getByText('Counted now').waitFor({ timeout: roundMs });
  return (await byId(page, 'offline-expected').locator('dl').textContent()) ?? '';
};

it('counts again when a choice changes, packs as chosen, and keeps a choice that is made offline', async () => {
  const { page } = app;
  const log = await openFirstProposal(page);
  // It packs itself first: what is chosen then holds for the next time.
  await expect
    .poll(() => byId(page, 'offline-badge').getAttribute('data-state'), { timeout: 2 * roundMs })
    .toMatch(/^(?:ready|partly)$/);
  await openCard(page);
  // What is packed as chosen is counted when somebody says so.
  await byId(page, 'offline-estimate').getByText('It is packed as chosen.').waitFor({ timeout: roundMs });
  await byId(page, 'offline-count').press('Enter');
  const before = await statements(page);
  expect(before).toMatch(/Rowsabout [\d,]+Sizeabout .+Statements\d+ \+ \d+ callsTime/);
  await choose(page, 'offline-hops', '1 hop');
  await choose(page, 'offline-before', '30 days before');
  await byId(page, 'offline-window').getByText(/Onset/).waitFor();
  expect(await statements(page)).not.toBe(before);
  await byId(page, 'offline-start').getByText('Pack as chosen').waitFor();
  await byId(page, 'offline-start').press('Enter');
  await byId(page, 'offline-start')
    .getByText('Fetch what is new')
    .waitFor({ timeout: 2 * roundMs });

  await page.keyboard.press('Escape');
  await killPractice(home);
  await connectionIs(page, 'offline', 2 * roundMs);
  await openCard(page);
  await byId(page, 'offline-estimate').getByText('cannot be counted now').waitFor();
  await choose(page, 'offline-after', '3 days after');
  await page.reload();
  await openRoom(page, log);
  await openCard(page);
  await byId(page, 'offline-after').getByText('3 days after').waitFor();
  await byId(page, 'offline-hops').getByText('1 hop').waitFor();
  await byId(page, 'offline-start').getByText('Pack as chosen').waitFor();
  expect(app.complaints.filter((line) => !line.includes('WebSocket'))).toEqual([]);
}, 420_000);
