// The same window served to a Chromium.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentSecurityPolicy } from '../../shared/domain/content-policy.ts';
import { type BrowserApp, launchBrowserApp, serveApp, until, watchPage } from '../support/browser.ts';

let running: BrowserApp;
const home = mkdtempSync(join(tmpdir(), 'breakwater-browser-e2e-'));
const env = { BREAKWATER_PRACTICE: 'off', DISPLAY: '' };

beforeAll(async () => {
  running = await launchBrowserApp({ home, env });
});
afterAll(async () => {
  await running?.close();
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

const connected = (page = running.page): Promise<boolean> =>
  until('an answer of the core in the page', async () => (await page.getByText(/only here/i).count()) > 0 || null);

describe('the window in a browser', () => {
  it('opens from its one-time link, and the token leaves address and history', async () => {
    await connected();
    expect(running.page.url()).toBe(`${new URL(running.ready.url).origin}/`);
    expect(await running.page.title()).not.toContain(new URL(running.ready.url).hash.slice(1));
    expect(await running.page.evaluate(() => history.length)).toBeLessThanOrEqual(2);
  });

  it('broke the policy nowhere', async () => {
    const policy = await running.page.evaluate(async () => (await fetch('/')).headers.get('content-security-policy'));
    expect(policy).toBe(contentSecurityPolicy);
    expect(running.complaints).toEqual([]);
  });

  it('keeps no cookie', async () => {
    expect(await running.page.context().cookies()).toEqual([]);
  });

  it('survives a reload', async () => {
    await running.page.reload();
    await connected();
  });

  it('gives nothing to somebody with the used link', async () => {
    const context = await running.browser.newContext();
    const page = await context.newPage();
    await page.goto(running.ready.url);
    await until(
      'the refusal in words',
      async () => (await page.getByText(/has no session|used already/i).count()) > 0 || null,
    );
    await context.close();
  });

  it('shows its page in no frame of another site', async () => {
    const page = await running.browser.newPage();
    watchPage(page);
    await page.route('http://other.test/', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<iframe src="${new URL(running.ready.url).origin}/"></iframe>`,
      }),
    );
    await page.goto('http://other.test/');
    await until('the frame', () => page.frames()[1] ?? null);
    const text = await page
      .frames()[1]
      ?.evaluate(() => document.body?.innerText ?? '')
      .catch(() => '');
    expect(text).not.toContain('Inbox');
    await page.close();
  });

  it('says that a profile is in use, and ends cleanly', async () => {
    await expect(serveApp({ home, env })).rejects.toThrow(/another|in use|process/i);
    expect(statSync(join(home, 'profiles', 'default')).mode & 0o077).toBe(0);
    await running.browser.close();
    expect(await running.stop()).toBe(0);
  });
});
