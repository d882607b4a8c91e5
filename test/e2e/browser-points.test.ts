// Points 3 and 4 in a Chromium against the browser host; and a reload, which a window of the desktop never has.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserApp, launchBrowserApp } from '../support/browser.ts';
import { endPractice, isRunning, killPractice } from './support/practice.ts';
import {
  byId, connectionIs, expectKinds, expectTexts, fillComposer, go, onlyHere, openFirstProposal, openRoom, pressDisconnect, roundMs,
  setSeverity, soonMs, waitFor,
} from './support/screen.ts'; // prettier-ignore
import { attachFile, checkRoom, exportPack, linkBothWays, story, writeStory } from './support/story.ts';

const home = mkdtempSync(join(tmpdir(), 'breakwater-points-browser-'));
const minute = 60_000;
const threeDays = 3 * 24 * 60 * minute;
let app: BrowserApp;
let log = '';

const start = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
  app = await launchBrowserApp({ home, env: { DISPLAY: '', ...env } });
  app.page.setDefaultTimeout(soonMs);
};
/** End it; neither the policy nor the page may have complained about anything while it ran. */
const quit = async (): Promise<void> => {
  expect(app.complaints).toEqual([]);
  await app.close();
};

beforeAll(async () => {
  await start();
  await byId(app.page, 'proposal').first().waitFor({ timeout: minute });
}, 120_000);
afterAll(async () => {
  await app?.close().catch(() => undefined);
  await endPractice(home);
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

describe('the room in a browser', () => {
  it('3: shows what it is, the clocks, machine facts and human entries, and the lineage, linked both ways', async () => {
    log = await openFirstProposal(app.page);
    await checkRoom(app.page);
    await linkBothWays(app.page);
    await expectKinds(app.page, ['opened', 'run', 'schema-change', 'table-version', 'audit']);
  }, 120_000);

  it('a reload keeps the session and what was typed and not sent', async () => {
    const { page } = app;
    const draft = {
      kind: 'decision',
      text: 'half a decision',
      fields: { options: 'this\nthat', choice: 'this', reason: 'not finished yet' },
    };
    await fillComposer(page, draft);
    await page.reload();
    await connectionIs(page, 'online');
    await openRoom(page, log);
    expect(await byId(page, 'composer-text').inputValue()).toBe(draft.text);
    for (const [field, typed] of Object.entries(draft.fields))
      expect(await byId(page, `composer-${field}`).inputValue()).toBe(typed);
    await byId(page, 'composer-send').click();
    await expect.poll(() => byId(page, 'composer-text').inputValue(), { timeout: soonMs }).toBe('');
    await byId(page, 'decision').filter({ hasText: draft.text }).waitFor();
  }, 120_000);

  it('6: the pack can be saved through the browser, whole', async () => {
    const { page } = app;
    const { result, sha256 } = await exportPack(page, 'a copy through the browser');
    const [download] = await Promise.all([page.waitForEvent('download'), byId(result, 'pack-download').click()]);
    expect(download.suggestedFilename()).toMatch(/\.zip$/);
    const saved = await readFile(await download.path());
    expect(createHash('sha256').update(saved).digest('hex')).toBe(sha256);
    await page.keyboard.press('Escape');
    await result.waitFor({ state: 'detached' });
  }, 120_000);

  it('4: works on when the platform is gone', async () => {
    const { page } = app;
    await pressDisconnect(page, true);
    await killPractice(home);
    await connectionIs(page, 'offline');
    const before = await onlyHere(page);
    await writeStory(page);
    await setSeverity(page, 'SEV1');
    await attachFile(page);
    await expect.poll(() => onlyHere(page), { timeout: soonMs }).toBe(before + 7);
    await expectTexts(page, story.texts);
    // A reload while offline: still the same session.
    await page.reload();
    await connectionIs(page, 'offline');
    await openRoom(page, log);
    await expectTexts(page, story.texts);
    await quit();
  }, 120_000);

  it('4: three days later, without any network, everything is there and the ages are true', async () => {
    await start({ BREAKWATER_CLOCK_OFFSET_MS: String(threeDays + minute), BREAKWATER_PRACTICE: 'off' });
    const { page } = app;
    await connectionIs(page, 'offline', roundMs);
    expect(isRunning(home)).toBe(false);
    await go(page, 'rooms');
    await openRoom(page, log);
    await waitFor(byId(page, 'severity'), 'data-value', 'SEV1');
    await expectTexts(page, story.texts);
    await checkRoom(page);
    const facts = byId(page, 'freshness').locator('li');
    await expect
      .poll(async () => (await facts.allTextContents()).filter((age) => /\b3 d\b/.test(age)).length)
      .toBeGreaterThan(3);
    await quit();
  }, 120_000);
});
