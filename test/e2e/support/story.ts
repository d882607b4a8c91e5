// What is done and looked at in a room, the same in Electron and in a browser.
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { byId, chooseEntry, expectTexts, readTimeline, roundMs, soonMs, waitFor, write } from './screen.ts';

export const story = {
  first: 'the nulls begin with the first run after the change',
  typed: 'written without touching the mouse',
  note: 'offline: the reports of the morning are wrong',
  decision: 'keep the champion until the feature is fixed',
  question: 'were orders placed on these forecasts',
  task: 'confirm the change with the owner of the source',
  file: 'nulls per run.csv',
  /** What must be found in the timeline after `writeStory`. */
  texts: [
    'offline: the reports of the morning are wrong',
    'keep the champion until the feature is fixed',
    'were orders placed on these forecasts',
    'confirm the change with the owner of the source',
  ],
} as const;

/** Header, clocks and lineage of a room that was opened from detected signals. */
export const checkRoom = async (page: Page): Promise<void> => {
  await waitFor(byId(page, 'severity'), 'data-value', /^SEV[1-5]$/);
  expect((await byId(page, 'title').innerText()).length).toBeGreaterThan(5);
  await waitFor(byId(page, 'class'), 'data-value', /^[a-z-]+$/);
  await waitFor(byId(page, 'phase'), 'data-phase', /^(detection|triage|root-cause|remediation|learning)$/);
  expect((await byId(page, 'commander').innerText()).trim()).not.toBe('');
  const clocks = byId(page, 'clock-bar').locator('[data-clock]');
  expect(await clocks.count()).toBeGreaterThan(2);
  for (const words of await clocks.allInnerTexts()) expect(words.trim().split('\n').length).toBeGreaterThan(1);

  const lineage = byId(page, 'lineage');
  for (const state of ['failed', 'changed'])
    await byId(lineage, 'lineage-node', `[data-state="${state}"]`).first().waitFor({ timeout: roundMs });
  await waitFor(byId(lineage, 'lineage-facts-to'), 'data-complete-to', /^\d{4}-\d\d-\d\dT/);
};

/** An entry shows its asset, and an asset shows its entries. */
export const linkBothWays = async (page: Page): Promise<void> => {
  const chosen = byId(page, 'lineage-node', '[data-selected="true"]');
  const entry = await chooseEntry(page, 'schema-change');
  await waitFor(entry, 'data-selected', 'true');
  await expect.poll(() => chosen.count(), { timeout: soonMs }).toBeGreaterThan(0);
  await page.keyboard.press('Escape');
  await expect.poll(() => chosen.count(), { timeout: soonMs }).toBe(0);

  const node = byId(page, 'lineage-node', '[data-state="changed"]').first();
  await node.click();
  await waitFor(node, 'data-selected', 'true');
  const lit = await readTimeline(page, { selected: true });
  expect(lit.filter((row) => row.selected).length).toBeGreaterThan(0);
  await node.click();
  await expect.poll(() => chosen.count(), { timeout: soonMs }).toBe(0);
};

/** A note, a decision with options, reason and expiry, a question to another team, a task that is completed. */
export const writeStory = async (page: Page): Promise<void> => {
  await write(page, { kind: 'note', text: story.note });
  await write(page, {
    kind: 'decision',
    text: story.decision,
    fields: {
      options: 'roll back\npause the endpoint\nwait',
      choice: 'wait',
      reason: 'the old version shows the same error in shadow',
      expires: '2099-01-01T12:00',
    },
  });
  await byId(page, 'decision', '[data-state="in-force"]').filter({ hasText: story.decision }).waitFor();
  await write(page, {
    kind: 'question',
    text: story.question,
    fields: { to: 'Trading', reason: 'they see orders first' },
  });
  await byId(page, 'handoff', '[data-state="offered"]').waitFor();
  await write(page, { kind: 'task', text: story.task });
  const task = byId(page, 'task').filter({ hasText: story.task });
  await byId(task, 'task-complete').click();
  await waitFor(task, 'data-state', 'done');
};

/** Attach a small file and wait until it is on this disk. */
export const attachFile = async (page: Page): Promise<void> => {
  await byId(page, 'attach-input').setInputFiles({
    name: story.file,
    mimeType: 'text/csv',
    buffer: Buffer.from('run,nulls\n1,0.31\n'),
  });
  await expectTexts(page, [story.file]);
  await expect.poll(() => byId(page, 'upload').count(), { timeout: soonMs }).toBe(0);
};

export type Exported = {
  readonly result: Locator;
  readonly file: string;
  readonly sha256: string;
  readonly signers: string;
  /** What the screen tells an auditor to type. */
  readonly commands: readonly string[];
};

/** Export the evidence pack from the room's menu; the panel with its result stays open. */
export const exportPack = async (page: Page, purpose: string): Promise<Exported> => {
  await byId(page, 'room-more').click();
  await byId(page, 'export-pack').click();
  await byId(page, 'pack-purpose').fill(purpose);
  await byId(page, 'pack-make').click();
  const result = byId(page, 'pack-result');
  await result.waitFor({ timeout: roundMs });
  const named = async (name: string): Promise<string> => (await result.getAttribute(`data-${name}`)) ?? '';
  return {
    result,
    file: await named('file'),
    sha256: await named('sha256'),
    signers: await named('signers'),
    commands: await result.locator('.copy-block code').allTextContents(),
  };
};
