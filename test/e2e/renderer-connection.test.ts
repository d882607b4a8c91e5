// The connection form with what the machine knows: the window names the source, and never has its token.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openChromium } from '../support/browser.ts';
import { serveRenderer, type Served } from '../support/renderer-build.ts';
import { sampleFound } from '../support/renderer-sample.ts';

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

const settings = async (mood: string): Promise<Page> => {
  const page = await browser.newPage({ viewport: { width: 1100, height: 1100 } });
  await page.goto(`${served.url}?place=settings&mood=${mood}`);
  await page.locator('[data-testid="connection-save"]').waitFor();
  return page;
};
const field = (page: Page, name: string) => page.locator(`[data-testid="connection-${name}"]`);
const take = async (page: Page, label: string): Promise<void> => {
  await field(page, 'found').click();
  await page.getByRole('option', { name: label }).click();
};
const tested = (page: Page): Promise<unknown[]> =>
  page.evaluate(() =>
    (window as unknown as { fake: { calls: { name: string; input: unknown }[] } }).fake.calls
      .filter((one) => one.name === 'connection.test')
      .map((one) => one.input),
  );

it('takes host and source, asks for what is missing, and lends the token to that host only', async () => {
  const page = await settings('sample');
  const [, known, without] = sampleFound;
  const httpPath = '/sql/1.0/warehouses/abc';
  await take(page, known?.label ?? '');
  expect(await field(page, 'host').inputValue()).toBe(known?.host);
  expect(await field(page, 'token').inputValue()).toBe('');
  await page.getByText(`the token stays in ${known?.label}`).waitFor();
  expect(await field(page, 'test').isDisabled()).toBe(true);
  await field(page, 'path').fill(httpPath);
  await field(page, 'test').click();
  await page.locator('[data-testid="check-list"]').waitFor();
  // A step on the way there that is not granted says what to ask for and what it costs, as sources do.
  const way = await page.getByRole('list', { name: 'The way there' }).innerText();
  expect(way).toMatch(
    /missing grant\s+catalogs\s+None besides system[^]*It costs: columns, owners[^]*Ask for: USE CATALOG and USE SCHEMA/,
  );
  // Two sources that one reason closes: what is safe and what to do is said once, for both.
  const broken = await page.getByRole('region', { name: 'Does not work' }).innerText();
  expect(broken).toMatch(/2 sources, for one reason[^]*Audit[^]*who did what[^]*Grants on tables[^]*who may read what/);
  for (const line of ['No answer came in time.', 'Nothing was changed in the workspace.', 'Try again.'])
    expect(broken.split(line), line).toHaveLength(2);
  await field(page, 'token').fill('typed');
  await field(page, 'test').click();
  await expect
    .poll(() => tested(page))
    .toEqual([
      { host: known?.host, httpPath, from: known?.id },
      { host: known?.host, httpPath, token: 'typed' },
    ]);
  await field(page, 'token').fill('');
  expect(await field(page, 'test').isDisabled()).toBe(false);
  await field(page, 'host').fill('dbc-other.cloud.databricks.com');
  expect(await field(page, 'test').isDisabled()).toBe(true);
  await take(page, without?.label ?? '');
  await field(page, 'path').fill(httpPath);
  expect(await field(page, 'test').isDisabled()).toBe(true);
});

it('offers nothing where nothing is known', async () => {
  const page = await settings('empty');
  expect(await field(page, 'found').count()).toBe(0);
});
