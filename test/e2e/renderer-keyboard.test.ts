// The window by keyboard alone, over the sample: reach, see the focus, write, select everywhere, settle, and lose nothing.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openChromium } from '../support/browser.ts';
import { serveRenderer, type Served } from '../support/renderer-build.ts';

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

const open = async (place: string, mood = 'sample'): Promise<Page> => {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
  });
  const page = await context.newPage();
  await page.goto(`${served.url}?place=${place}&mood=${mood}`);
  await page.locator('[data-testid="connection"]').waitFor();
  return page;
};
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.getAttribute('data-testid') ?? document.activeElement?.textContent ?? '');

it('Tab reaches everything in a room, and what has the focus shows it', async () => {
  const page = await open('room');
  await page.locator('[data-testid="lineage-node"]').first().waitFor();
  const seen = new Set<string>();
  for (let press = 0; press < 90; press += 1) {
    await page.keyboard.press('Tab');
    const state = await page.evaluate(() => {
      const active = document.activeElement;
      if (active === null || active === document.body) return { id: 'body', ring: true };
      const ringed = (style: CSSStyleDeclaration): boolean =>
        (style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== 'none';
      const near = [active, active.parentElement, ...active.querySelectorAll('*')].filter((one) => one !== null);
      const tick = active.closest('.tick')?.querySelector('.tick-box');
      if (tick !== null && tick !== undefined) near.push(tick);
      return {
        id: active.getAttribute('data-testid') ?? active.getAttribute('aria-label') ?? active.className,
        ring: near.some((one) => ringed(getComputedStyle(one))) || ringed(getComputedStyle(active, '::after')),
      };
    });
    expect(state.ring, `focus is not visible on ${state.id}`).toBe(true);
    seen.add(state.id);
  }
  for (const id of [
    'place-inbox',
    'severity',
    'next-act',
    'room-more',
    'settle',
    'composer-text',
    'lineage-node',
    'practice-toggle',
  ])
    expect([...seen], id).toContain(id);
  await page.context().close();
});

it('from the inbox into a room, with Enter', async () => {
  const page = await open('inbox');
  await page.locator('[data-testid="proposal"] [data-row]').first().focus();
  await page.keyboard.press('d');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.locator('[data-testid="proposal"] [data-row]').first().focus();
  await page.keyboard.press('Enter');
  await page.locator('[data-testid="room"]').waitFor();
  await page.context().close();
});

it('writes with N and Enter, selects with J everywhere, clears with Escape', async () => {
  const page = await open('room');
  await page.locator('[data-testid="lineage-node"]').first().waitFor();
  await page.keyboard.press('n');
  expect(await focused(page)).toBe('composer-text');
  await page.keyboard.type('Seen at the keyboard');
  await page.keyboard.press('Enter');
  await page.getByTestId('entry').filter({ hasText: 'Seen at the keyboard' }).waitFor();
  expect(await page.getByTestId('composer-text').inputValue()).toBe('');
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.locator('[data-testid="entry"][data-selected="true"]').waitFor();
  await page.locator('[data-testid="lineage-node"][data-selected="true"]').first().waitFor();
  await page.keyboard.press('Escape');
  await page.locator('[data-testid="entry"][data-selected="true"]').waitFor({ state: 'detached' });
  await page.locator('[data-testid="lineage-node"][data-selected="true"]').first().waitFor({ state: 'detached' });

  const pos = page.locator('[data-testid="lineage-node"][data-state="changed"]');
  await pos.focus();
  await page.keyboard.press('ArrowRight');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('data-asset'))).toContain('sales_clean');
  await page.keyboard.press('Enter');
  await page.locator('[data-testid="lineage-node"][data-selected="true"]').waitFor();

  // What is cached about the asset stands beside the map; two of its versions are compared there.
  const sheet = page.getByTestId('asset-sheet');
  await sheet.getByText('Who has rights').waitFor();
  await sheet.getByTestId('asset-compare').getByText('amount_net', { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'detached' });
  await page.context().close();
});

it(
  'the sheet of an asset covers neither the clocks nor Now, and what it covers is out of reach',
  { timeout: 120_000 },
  async () => {
    const page = await open('room');
    for (const [width, height] of [
      [1280, 800],
      [1920, 1200],
    ] as const) {
      await page.setViewportSize({ width, height });
      await page.locator('[data-testid="lineage-node"]').first().click();
      const sheet = page.getByTestId('asset-sheet');
      await sheet.waitFor();
      const boxes = await Promise.all([sheet, page.getByTestId('clock-bar'), page.locator('.room-now')].map((one) => one.boundingBox())); // prettier-ignore
      const [own, ...others] = boxes.map((box) => {
        if (box === null) throw new Error('nothing to be seen');
        return box;
      });
      for (const other of others)
      expect(
        own === undefined || own.x + own.width <= other.x || other.x + other.width <= own.x || other.y + other.height <= own.y,
      ).toBe(true); // prettier-ignore
      expect(await page.locator('.happened-panel').isVisible()).toBe(width > 1280);
      await page.keyboard.press('Escape');
      await sheet.waitFor({ state: 'detached' });
      expect(await page.locator('.happened-panel').isVisible()).toBe(true);
    }
    await page.context().close();
  },
);

it('one key settles a value that was set twice', async () => {
  const page = await open('room');
  await page.getByTestId('conflict-severity').waitFor();
  await page.keyboard.press('Alt+1');
  await page.getByTestId('conflict-severity').waitFor({ state: 'detached' });
  expect(await page.getByTestId('severity').getAttribute('data-value')).toBe('SEV1');
  const sent = await page.evaluate(() => (window as unknown as { fake: { calls: { name: string; input: { over: string[] } }[] } }).fake.calls.find((call) => call.name === 'severity.set')?.input.over.length); // prettier-ignore
  expect(sent).toBe(2);
  await page.context().close();
});

it('what is typed survives a refusal and a reload', async () => {
  const page = await open('room');
  await page.evaluate(() => {
    (window as unknown as { fake: { failWrites: boolean } }).fake.failWrites = true;
  });
  await page.keyboard.press('n');
  await page.keyboard.type('Half a thought');
  await page.keyboard.press('Enter');
  await page.getByTestId('toast').waitFor();
  expect(await page.getByTestId('composer-text').inputValue()).toBe('Half a thought');
  await page.reload();
  await page.getByTestId('composer-text').waitFor();
  expect(await page.getByTestId('composer-text').inputValue()).toBe('Half a thought');
  await page.context().close();
});

it('goes anywhere from the palette', async () => {
  const page = await open('room');
  await page.keyboard.press('Control+k');
  await page.getByTestId('palette-text').waitFor();
  await page.keyboard.type('sett');
  await page.keyboard.press('Enter');
  await page.locator('main[data-place="settings"]').waitFor();
  await page.context().close();
});

it('5,000 entries: only what is near the view is in the page, the end can be reached', async () => {
  const page = await open('room', 'huge');
  const rows = page.locator('[data-testid="timeline"] li');
  await rows.first().waitFor();
  expect(await rows.count()).toBeLessThan(60);
  const list = page.locator('[data-testid="timeline"] .vlist');
  await expect
    .poll(
      async () => {
        await list.evaluate((element) => element.scrollTo(0, element.scrollHeight));
        return page.getByText('many 4999').or(page.locator('[data-entry-id="many 4999"]')).count();
      },
      { timeout: 25_000, interval: 50 },
    )
    .toBeGreaterThan(0);
  expect(await rows.count()).toBeLessThan(60);
  await page.context().close();
});
