// The button of rights in the window: the check says what is missing and what it costs, the room keeps what it has, and all comes back.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { controlPractice } from '../../main/practice/launch.ts';
import { checkedSources } from '../../main/lake/sources.ts';
import { type BrowserApp, launchBrowserApp, until } from '../support/browser.ts';
import { buildOnce, runCli } from '../support/cli.ts';
import { endPractice, practiceOf } from './support/practice.ts';
import {
  byId,
  expectKinds,
  go,
  openFirstProposal,
  openRoom,
  readTimeline,
  roundMs,
  waitFor,
} from './support/screen.ts';

const homes: string[] = [];
let app: BrowserApp | null = null;
const newHome = (): string => {
  const home = mkdtempSync(join(tmpdir(), 'breakwater-rights-'));
  homes.push(home);
  return home;
};
const launch = async (home: string): Promise<Page> => {
  app = await launchBrowserApp({ home, env: { DISPLAY: '' } });
  return app.page;
};

beforeAll(buildOnce, 300_000);
afterEach(async () => {
  await app?.close();
  app = null;
}, 60_000);
afterAll(async () => {
  for (const home of homes) {
    await endPractice(home);
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}, 60_000);

/** With the drawer open. */
const inDrawer = async (page: Page, act: () => Promise<void>): Promise<void> => {
  await byId(page, 'practice-toggle').click();
  await byId(page, 'practice-rights').waitFor();
  await act();
  await page.keyboard.press('Escape');
  await byId(page, 'practice-rights').waitFor({ state: 'detached' });
};
const choose = async (page: Page, option: RegExp): Promise<void> => {
  await byId(page, 'practice-rights').click();
  await page.getByRole('option', { name: option }).click();
};
const switchedOn = (page: Page): Promise<string> => byId(page, 'practice-on').innerText();

/** Settings → Workspaces → Test, to its end. */
const test = async (page: Page): Promise<Locator> => {
  await go(page, 'settings');
  await byId(page, 'workspace-test').click();
  const list = byId(page, 'check-list');
  await byId(page, 'workspace-test')
    .getByText('Test', { exact: true })
    .waitFor({ timeout: 4 * roundMs });
  await list.waitFor();
  return list;
};
const sourceStates = async (page: Page): Promise<ReadonlyMap<string, string>> =>
  new Map(
    await byId(page, 'freshness')
      .locator('li')
      .evaluateAll((rows) =>
        rows.map((row): [string, string] => [
          (row as HTMLElement).dataset['source'] ?? '',
          (row as HTMLElement).dataset['state'] ?? '',
        ]),
      ),
  );
const deniedCount = async (page: Page): Promise<number> =>
  [...(await sourceStates(page)).values()].filter((state) => state === 'denied').length;

const systemTables = checkedSources.filter(
  ({ table }) => table?.catalog === 'system' && table.schema !== 'information_schema',
);

it('little: what is missing is named with its GRANT and its cost, the room keeps what it has, and all comes back', async () => {
  const home = newHome();
  const page = await launch(home);
  await byId(page, 'proposal')
    .first()
    .waitFor({ timeout: 2 * roundMs });
  const log = await openFirstProposal(page);
  await expectKinds(page, ['run', 'table-version', 'schema-change']);
  // Packed first, so that nothing is under way when the rights go.
  await expect
    .poll(() => byId(page, 'offline-badge').getAttribute('data-state'), { timeout: 3 * roundMs })
    .toMatch(/^(?:ready|partly)$/);
  const before = (await readTimeline(page)).map((one) => one.id);
  expect(await deniedCount(page)).toBe(0);

  await inDrawer(page, async () => {
    expect(await switchedOn(page)).toBe('Nothing is switched on.');
    await choose(page, /^little/);
    await byId(page, 'practice-granted').waitFor();
    const granted = await byId(page, 'practice-granted').innerText();
    expect(granted.match(/SELECT on \S+\.\S+\.\S+/g)).toHaveLength(3);
    expect(granted.match(/CAN VIEW on job \d+/g)).toHaveLength(1);
    expect(await switchedOn(page)).toContain('little rights');
  });

  const list = await test(page);
  const missing = list.getByRole('region', { name: 'Missing grant' });
  for (const { label, table } of systemTables) {
    const row = missing
      .getByRole('listitem')
      .filter({ has: page.getByText(label, { exact: true }) })
      .last();
    expect(await row.innerText(), label).toMatch(/It costs: .+\./);
    expect(await byId(list, 'check-grants').innerText(), label).toContain(
      `GRANT SELECT ON TABLE \`system\`.\`${table?.schema ?? ''}\`.\`${table?.table ?? ''}\` TO `,
    );
  }
  const empty = (await byId(list, 'check-empty').allInnerTexts()).join('\n');
  expect(empty).toContain('ask for EXECUTE on the registered models');
  expect(empty).toContain('ask for CAN VIEW on the serving endpoints');
  expect(await list.getByRole('region', { name: 'Does not work' }).count()).toBe(0);

  // The background finds it out by itself; what it read stays, and every source says how old it is.
  const runsAre = async () => (await sourceStates(page)).get('system.lakeflow.job_run_timeline');
  await expect.poll(runsAre, { timeout: 4 * roundMs }).toBe('denied');
  await openRoom(page, log);
  const kept = new Set((await readTimeline(page)).map((one) => one.id));
  expect(before.filter((id) => !kept.has(id))).toEqual([]);
  await byId(page, 'freshness-all').click();
  const ages = byId(page, 'ages');
  const runs = ages.getByRole('listitem').filter({ has: page.getByText('Job runs', { exact: true }) });
  expect(await runs.innerText()).toMatch(/denied/);
  expect(await runs.innerText()).toMatch(/read .*\d\d:\d\d/);
  await page.keyboard.press('Escape');
  await ages.waitFor({ state: 'detached' });
  await waitFor(byId(page, 'status-bar'), 'data-state', 'online', roundMs);

  await inDrawer(page, async () => {
    await byId(page, 'practice-release').click();
    await expect.poll(() => switchedOn(page), { timeout: roundMs }).toBe('Nothing is switched on.');
    await byId(page, 'practice-granted').waitFor({ state: 'detached' });
  });
  const whole = await test(page);
  expect(await whole.getByRole('region', { name: 'Missing grant' }).count()).toBe(0);
  await expect.poll(() => deniedCount(page), { timeout: 8 * roundMs }).toBe(0);
}, 900_000);

it('little from the beginning: three tables and a job that are named give a room with history, schema and runs', async () => {
  const home = newHome();
  // A machine that is busy starts it slowly; the next call finds the one that is starting.
  const pressed = await until(
    'the practice lakehouse runs with little rights',
    async () => {
      const ran = await runCli(['practice', '--rights', 'little', '--json'], { home });
      return ran.code === 0 ? ran : null;
    },
    240_000,
  );
  const { rights } = JSON.parse(pressed.out) as { rights: { preset: string; tables: string[]; jobs: string[] } };
  expect([rights.preset, rights.tables.length, rights.jobs.length]).toEqual(['little', 3, 1]);
  const told = await runCli(['practice', '--rights', 'little'], { home });
  expect(told.out).toContain(`CAN VIEW on job ${rights.jobs.join()}`);
  const misspelt = await runCli(['practice', '--schemas-off', 'lakeflw'], { home });
  expect([misspelt.code, misspelt.err]).toEqual([1, expect.stringContaining('no system schema lakeflw')]);

  const page = await launch(home);
  await inDrawer(page, async () => {
    // The button that the command line pressed is the one in the window; misspelt, it changed nothing.
    expect(await byId(page, 'practice-granted').innerText()).toContain(rights.tables[0]);
  });
  await go(page, 'settings');
  for (const name of [...rights.tables, ...rights.jobs]) {
    await byId(page, 'watch-text').fill(name);
    const shown = name.split('.').at(-1) ?? name;
    await byId(page, 'watch-option').filter({ hasText: shown }).first().waitFor();
    await byId(page, 'watch-text').press('Enter');
    await byId(page, 'watched', `[data-name="${name}"]`).waitFor();
  }
  for (const name of [...rights.tables, ...rights.jobs])
    await waitFor(byId(page, 'watched', `[data-name="${name}"]`), 'data-seen', 'true', 4 * roundMs);
  await byId(page, 'watch-room').click();
  expect((await byId(page, 'room-affected').inputValue()).split('\n')).toHaveLength(4);
  await byId(page, 'room-title').fill('Numbers look wrong');
  await byId(page, 'room-create').click();
  await byId(page, 'room').waitFor();
  await expectKinds(page, ['run', 'table-version', 'schema-change']);
  // The failed run of the job is proposed as well, though no system table can be read.
  await go(page, 'inbox');
  await byId(page, 'proposal')
    .first()
    .waitFor({ timeout: 2 * roundMs });
  expect(await deniedCount(page)).toBeGreaterThan(3);

  // There is no share, and nobody made anything in the workspace.
  const state = await controlPractice(practiceOf(home), { rights: 'everything', vacuum: true });
  expect(state).not.toHaveProperty('hit');

  const off = await runCli(['practice', '--schemas-off', 'query, billing'], { home });
  expect(off.out).toContain('everything but the system schemas query, billing');
  await inDrawer(page, async () => {
    expect(await switchedOn(page)).toBe('Switched on: system schemas query and billing off.');
    expect(await byId(page, 'practice-schema-query').locator('input').isChecked()).toBe(true);
    await byId(page, 'practice-schema-query').click();
    await expect.poll(() => switchedOn(page), { timeout: roundMs }).toBe('Switched on: system schema billing off.');
    await byId(page, 'practice-schema-query').click();
    await expect.poll(() => switchedOn(page), { timeout: roundMs }).toContain('query');
  });
  const list = await test(page);
  const notOn = list.getByRole('region', { name: 'Not switched on' });
  expect(await notOn.innerText()).toContain('Its schema is not switched on in this metastore.');
  expect(await byId(list, 'check-commands').innerText()).toMatch(/system-schemas enable \S+ (?:query|billing)/);
}, 900_000);
