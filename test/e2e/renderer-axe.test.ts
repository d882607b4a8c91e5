// Every place over the sample, in both themes, at the widths of look.md: axe finds nothing, the content policy is not violated.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium } from '../support/browser.ts';
import { serveRenderer, type Served } from '../support/renderer-build.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
type Axe = {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly target: unknown; readonly html: string; readonly failureSummary: string }[];
  }[];
};

let served: Served;
let browser: Browser;
beforeAll(async () => {
  served = await serveRenderer();
  browser = await openChromium();
});
afterAll(async () => {
  await browser.close();
  await served.close();
});

type View = {
  readonly theme: 'dark' | 'light';
  readonly place: string;
  readonly mood?: string;
  readonly width?: number;
};
const open = async ({
  theme,
  place,
  mood = 'sample',
  width = 1440,
}: View): Promise<{ page: Page; problems: string[] }> => {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: theme,
    reducedMotion: 'reduce',
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (thrown) => problems.push(String(thrown)));
  await page.goto(`${served.url}?place=${place}&mood=${mood}`);
  await page.locator('main').waitFor();
  await page.locator('[data-testid="status-bar"][data-state]').waitFor();
  return { page, problems };
};

/** axe is evaluated over the debugger, which the content policy of the page does not bind. */
const violations = async (page: Page): Promise<string[]> => {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axeSource });
  const answer = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then((report) => JSON.stringify(report.violations))`,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  const found = JSON.parse(String(answer.result.value)) as Axe['violations'];
  return found.flatMap((one) =>
    one.nodes.map((node) => `${one.id} ${String(node.target)} ${node.html.slice(0, 160)} ${node.failureSummary}`),
  );
};

const places = ['inbox', 'rooms', 'room', 'people', 'settings'];
const ready: Readonly<Record<string, string>> = {
  inbox: '[data-testid="proposal"]', rooms: '[data-testid="room-row"]', room: '[data-testid="lineage-node"]', people: '[data-testid="person"]', settings: '[data-testid="connection-save"]',
}; // prettier-ignore

describe.each(['dark', 'light'] as const)('%s', (theme) => {
  it.each(places)('%s', async (place) => {
    const { page, problems } = await open({ theme, place });
    await page
      .locator(ready[place] ?? 'main')
      .first()
      .waitFor();
    expect(await violations(page)).toEqual([]);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it.each([['empty'], ['failing'], ['huge']])('room and inbox when %s', async (mood) => {
    for (const place of ['inbox', 'room']) {
      const { page, problems } = await open({ theme, place, mood });
      expect(await violations(page), `${place} ${mood}`).toEqual([]);
      expect(problems).toEqual([]);
      await page.context().close();
    }
  });

  it.each([880, 460])('room at %i px, one panel at a time', async (width) => {
    const { page } = await open({ theme, place: 'room', width });
    for (const panel of ['Lineage', 'What happened', 'Now', 'Timeline']) {
      await page.getByRole('radio', { name: panel, exact: true }).click();
      expect(await violations(page), `${panel} at ${width}`).toEqual([]);
    }
    await page.context().close();
  });

  it('what opens above the room', async () => {
    const { page } = await open({ theme, place: 'room' });
    await page.locator('[data-testid="entry"] [data-row]').first().click();
    await page.getByTestId('composer-kind-decision').click();
    expect(await violations(page), 'chosen entry, decision').toEqual([]);
    const openers: readonly (readonly [string, () => Promise<void>])[] = [
      ['practice', () => page.getByTestId('practice-toggle').click()],
      ['only here', () => page.getByTestId('only-here').click()],
      ['ages', () => page.getByTestId('freshness-all').press('Enter')],
      ['palette', () => page.keyboard.press('Control+k')],
      ['packed for offline', () => page.getByTestId('offline-badge').click()],
      ['menu', () => page.getByTestId('room-more').click()],
    ];
    for (const [name, act] of openers) {
      await act();
      await page.locator('[role="dialog"], [role="menu"]').first().waitFor();
      expect(await violations(page), name).toEqual([]);
      await page.keyboard.press('Escape');
      await page.locator('[role="dialog"], [role="menu"]').first().waitFor({ state: 'detached' });
    }
    await page.context().close();
  });

  it.each([1280, 460])('naming what is watched without a room, at %i px', async (width) => {
    const { page, problems } = await open({ theme, place: 'settings', width });
    await page.getByTestId('watched').first().waitFor();
    await page.getByTestId('watch-text').fill('orders');
    await page.getByTestId('watch-option').first().waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByTestId('watch-text').press('ArrowDown');
    await page.getByTestId('watch-text').press('Enter');
    await expect.poll(() => page.getByTestId('watch-text').inputValue()).toBe('');
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it.each([1280, 460])('a room that is being packed, at %i px', async (width) => {
    const { page, problems } = await open({ theme, place: 'room', width });
    await page.getByTestId('offline-badge').click();
    await page.getByTestId('offline-start').click();
    await page.locator('[data-testid="offline-card"][data-state="packing"]').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByTestId('offline-pause').press('Enter');
    await page.getByTestId('offline-start').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('[role="dialog"]').waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
    await page.context().close();
  });
});
