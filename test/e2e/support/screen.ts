// What a person does in the window, by test ids and roles: the same story is played in Electron and in a browser.
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { until } from '../../support/browser.ts';

/** Longest wait for something that only the core and this disk have to do. */
export const soonMs = 15_000;
/** Longest wait for something that a loop of the core brings (the lake is read every 8 s, back-off included). */
export const roundMs = 45_000;

export const byId = (at: Page | Locator, id: string, attributes = ''): Locator =>
  at.locator(`[data-testid="${id}"]${attributes}`);

/** Wait until the attribute of the one element has the value, and say what it had when it never does. */
export const waitFor = (at: Locator, attribute: string, value: string | RegExp, withinMs = soonMs): Promise<void> =>
  expect
    .poll(async () => (await at.getAttribute(attribute, { timeout: withinMs })) ?? '', {
      timeout: withinMs,
      message: `${attribute} of ${String(at)}`,
    })
    .toMatch(typeof value === 'string' ? new RegExp(`^${value}$`) : value);

export const go = async (page: Page, place: 'inbox' | 'rooms' | 'room' | 'people' | 'settings'): Promise<void> => {
  await byId(page, `place-${place}`).click();
  await page.locator(`main[data-place="${place}"]`).waitFor();
};

export const connectionIs = (page: Page, state: string | RegExp, withinMs = roundMs): Promise<void> =>
  waitFor(byId(page, 'status-bar'), 'data-state', state, withinMs);

export const onlyHere = async (page: Page): Promise<number> =>
  Number(await byId(page, 'only-here').getAttribute('data-count'));

/** Wait for a proposed incident and press its button; answers with the log of the room that opened. */
export const openFirstProposal = async (page: Page): Promise<string> => {
  await go(page, 'inbox');
  await byId(byId(page, 'proposal').first(), 'accept').click();
  return roomLog(page);
};

export const roomLog = async (page: Page): Promise<string> =>
  (await byId(page, 'room').getAttribute('data-log', { timeout: soonMs })) ?? '';

export const openRoom = async (page: Page, log: string): Promise<void> => {
  await go(page, 'rooms');
  await byId(page, 'room-row', `[data-log="${log}"]`).locator('button[data-row]').first().click();
  await byId(page, 'room', `[data-log="${log}"]`).waitFor();
};

/** Pick an entry of a menu. */
export const setSeverity = async (page: Page, severity: string): Promise<void> => {
  await byId(page, 'severity').click();
  await byId(page, `severity-${severity}`).click();
  await waitFor(byId(page, 'severity'), 'data-value', severity);
};

type Writing = { readonly kind: string; readonly text: string; readonly fields?: Readonly<Record<string, string>> };

/** Fill the composer without sending. `fields`: last part of the test id → what is typed there. */
export const fillComposer = async (page: Page, { kind, text, fields = {} }: Writing): Promise<void> => {
  await byId(page, `composer-kind-${kind}`).click();
  await byId(page, 'composer-text').fill(text);
  for (const [field, typed] of Object.entries(fields)) await byId(page, `composer-${field}`).fill(typed);
};

/** Write an entry and wait until the core has it: only then is the composer empty again. */
export const write = async (page: Page, writing: Writing): Promise<void> => {
  await fillComposer(page, writing);
  await byId(page, 'composer-send').click();
  await expect.poll(() => byId(page, 'composer-text').inputValue(), { timeout: soonMs }).toBe('');
};

const timelineList = (page: Page): Locator => byId(page, 'timeline').getByRole('list', { name: /^Timeline/ });

/** The entries of a timeline whose words contain the text: found with the search, as somebody would in a long room. */
export const searchTimeline = async (page: Page, text: string): Promise<Locator> => {
  if ((await byId(page, 'timeline-search-text').count()) === 0) await byId(page, 'timeline-search').click();
  await byId(page, 'timeline-search-text').fill(text);
  return byId(timelineList(page), 'entry').filter({ hasText: text });
};

export const endSearch = async (page: Page): Promise<void> => {
  if ((await byId(page, 'timeline-search-text').count()) > 0) await byId(page, 'timeline-search').click();
};

/** Wait until every text is in the timeline. */
export const expectTexts = async (page: Page, texts: readonly string[], withinMs = soonMs): Promise<void> => {
  for (const text of texts) {
    const found = await searchTimeline(page, text);
    await expect
      .poll(() => found.count(), { timeout: withinMs, message: `"${text}" in the timeline` })
      .toBeGreaterThan(0);
  }
  await byId(page, 'timeline-search-text').fill('');
  await endSearch(page);
};

export type Seen = {
  readonly id: string;
  readonly kind: string;
  readonly ledger: string;
  readonly selected: boolean;
};

/**
 * Read a timeline from top to bottom, opening what is folded, until an entry of the kind (or a selected one) was seen, or to its
 * end: a virtual list holds only what is near the view. The view stays where it ended.
 */
export const readTimeline = async (page: Page, until: { kind?: string; selected?: boolean } = {}): Promise<Seen[]> => {
  const list = timelineList(page);
  await byId(list, 'entry').first().waitFor();
  return list.evaluate(async (element, wanted) => {
    const box = element.parentElement;
    if (box === null) throw new Error('a virtual list lies in a box that scrolls');
    const drawn = (): Promise<unknown> =>
      new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const seen = new Map<string, Seen>();
    box.scrollTop = 0;
    for (let turn = 0, atEnd = 0; atEnd < 2; turn += 1) {
      if (turn > 400) throw new Error('a timeline without an end');
      await drawn();
      const folded = element.querySelector<HTMLElement>('[data-line="fold"] button');
      folded?.click();
      const rows = [...element.querySelectorAll<HTMLElement>('[data-testid="entry"]')].map(({ dataset }) => ({
        id: dataset['entryId'] ?? '',
        kind: dataset['kind'] ?? '',
        ledger: dataset['ledger'] ?? '',
        selected: dataset['selected'] === 'true',
      }));
      for (const row of rows) seen.set(row.id, row);
      if (rows.some((row) => row.kind === wanted.kind || row.selected === wanted.selected)) break;
      if (folded !== null) continue;
      const end = box.scrollTop + box.clientHeight >= box.scrollHeight - 2;
      atEnd = end ? atEnd + 1 : 0;
      box.scrollTop += box.clientHeight;
    }
    return [...seen.values()];
  }, until);
};

/** Wait until the timeline holds entries of all these kinds: the lake is read around a room only after it was opened. */
export const expectKinds = async (page: Page, kinds: readonly string[]): Promise<void> => {
  await expect
    .poll(async () => [...new Set((await readTimeline(page)).map((entry) => entry.kind))], { timeout: roundMs })
    .toEqual(expect.arrayContaining([...kinds]) as unknown);
};

/** Find the first entry of a kind and choose it. Facts may arrive and move it meanwhile: then it is looked for again. */
export const chooseEntry = (page: Page, kind: string): Promise<Locator> =>
  until(`choosing an entry of kind ${kind}`, async () => {
    const found = (await readTimeline(page, { kind })).find((row) => row.kind === kind);
    if (found === undefined) return null;
    const entry = byId(byId(page, 'timeline'), 'entry', `[data-entry-id="${found.id}"]`);
    const pressed = await entry
      .locator('button[data-row]')
      .click({ timeout: 2_000 })
      .then(
        () => true,
        () => false,
      );
    return pressed ? entry : null;
  });

/** The drawer of the practice lakehouse: press its first button until it is as wanted, and close it. */
export const pressDisconnect = async (page: Page, on: boolean): Promise<void> => {
  await byId(page, 'practice-toggle').click();
  const button = byId(page, 'practice-disconnect');
  await waitFor(button, 'data-on', String(!on));
  await button.click();
  await waitFor(button, 'data-on', String(on));
  await page.keyboard.press('Escape');
  await button.waitFor({ state: 'detached' });
};

/** Press "Sync now" on every page, again and again, until the condition holds. */
export const syncUntil = async (
  pages: readonly Page[],
  reason: string,
  holds: () => Promise<boolean>,
  withinMs = 60_000,
): Promise<void> => {
  for (const page of pages) await go(page, 'people');
  await until(
    reason,
    async () => {
      for (const page of pages) {
        const button = byId(page, 'sync-now');
        // Busy with an earlier press: the next turn comes soon enough.
        if (await button.isEnabled()) await button.click();
      }
      return (await holds()) || null;
    },
    withinMs,
  );
};
