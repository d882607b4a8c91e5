// The six points of the line in a real Electron window. Points 1 to 4 are one story on one device, 5 and 6 one on two.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserApp, launchBrowserApp, until } from '../support/browser.ts';
import { ensureTestTools } from '../support/debian.ts';
import { type Display, openDisplay } from '../support/display.ts';
import { type ElectronApp, launchElectronApp } from '../support/electron-app.ts';
import { root } from '../support/places.ts';
import { catalogOf, endPractice, isRunning, killPractice, openFiles, practiceOf } from './support/practice.ts';
import {
  byId, connectionIs, expectKinds, expectTexts, go, onlyHere, openFirstProposal, openRoom, pressDisconnect, roomLog, roundMs,
  setSeverity, soonMs, syncUntil, waitFor, write,
} from './support/screen.ts'; // prettier-ignore
import { attachFile, checkRoom, exportPack, linkBothWays, story, writeStory } from './support/story.ts';
import { shell } from './support/tools.ts';

let display: Display;
const homes = [mkdtempSync(join(tmpdir(), 'breakwater-points-')), mkdtempSync(join(tmpdir(), 'breakwater-devices-'))];
const [home = '', shared = ''] = homes;
const minute = 60_000;
const threeDays = 3 * 24 * 60 * minute;

beforeAll(async () => {
  ensureTestTools(['ssh', 'unzip', 'openssl', 'jq', 'python']);
  display = await openDisplay();
});
afterAll(async () => {
  for (const one of homes) {
    await endPractice(one);
    rmSync(one, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
  display?.close();
});

describe('one device', () => {
  let app: ElectronApp;
  let log = '';
  let before = 0;

  const start = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
    app = await launchElectronApp({ home, display, env });
    app.page.setDefaultTimeout(soonMs);
  };
  /** End it; neither the policy nor the page may have complained about anything while it ran. */
  const quit = async (): Promise<void> => {
    expect(app.complaints).toEqual([]);
    await app.close();
  };
  afterAll(() => app?.close().catch(() => undefined));

  it('1: starts in an empty home, proposes an incident within 60 s, and a room opens from it', async () => {
    const started = performance.now();
    await start();
    await byId(app.page, 'proposal').first().waitFor({ timeout: minute });
    expect(performance.now() - started).toBeLessThan(minute);
    // The lakehouse outlives the window, so nothing of the window may have been handed down to it.
    expect(openFiles(practiceOf(home).pid).filter((path) => path.startsWith(join(home, 'profiles')))).toEqual([]);
  }, 120_000);

  it('2: shows the failed run and the drift as signals of one proposed incident', async () => {
    const { page } = app;
    await expect.poll(() => byId(page, 'proposal').count(), { timeout: roundMs }).toBe(1);
    const monitors = (): Promise<readonly string[]> =>
      byId(byId(page, 'proposal'), 'signal').evaluateAll((all) =>
        all.map((one) => one.getAttribute('data-monitor') ?? ''),
      );
    await expect
      .poll(monitors, { timeout: roundMs })
      .toEqual(expect.arrayContaining(['failed-run', 'drift-psi']) as unknown);
    log = await openFirstProposal(page);
    expect(log).toMatch(/^inc:/);
  }, 120_000);

  it('3: shows what it is, the clocks, machine facts and human entries in one timeline, and the lineage', async () => {
    await checkRoom(app.page);
    await write(app.page, { kind: 'note', text: story.first });
    await expectTexts(app.page, [story.first]);
    await expectKinds(app.page, ['opened', 'note', 'run', 'schema-change', 'table-version', 'alias-move', 'audit']);
    await linkBothWays(app.page);
  }, 120_000);

  it('works by keyboard alone: to the room, and a note into it', async () => {
    const { page } = app;
    const { keyboard } = page;
    await keyboard.press('Escape');
    await keyboard.press('1');
    await page.locator('main[data-place="inbox"]').waitFor();
    await until(
      'the focus on the proposal',
      async () => {
        await keyboard.press('Tab');
        return (
          (await page.evaluate(
            () => document.activeElement?.matches('[data-testid="proposal"] [data-row]') ?? false,
          )) || null
        );
      },
      soonMs,
    );
    await keyboard.press('Enter');
    expect(await roomLog(page)).toBe(log);
    await keyboard.press('n');
    await keyboard.type(story.typed);
    await keyboard.press('Enter');
    await expect.poll(() => byId(page, 'composer-text').inputValue(), { timeout: soonMs }).toBe('');
    await expectTexts(page, [story.typed]);
  }, 120_000);

  it('4: works on when the platform is gone, and says what is only here and how old each kind of fact is', async () => {
    const { page } = app;
    before = await onlyHere(page);
    await pressDisconnect(page, true);
    await connectionIs(page, 'offline');
    await killPractice(home);
    await writeStory(page);
    await setSeverity(page, 'SEV1');
    await attachFile(page);
    const now = await onlyHere(page);
    // A note, a decision, a question, a task and its end, a severity, a file.
    expect(now - before).toBe(7);
    before = now;
    await expectTexts(page, story.texts);
    const ages = await byId(page, 'freshness').locator('li').allTextContents();
    expect(ages.length).toBeGreaterThan(3);
    for (const age of ages) expect(age).toMatch(/\d (s|min|h|d)\b|never read|not there/);
    await connectionIs(page, 'offline');
    await quit();
  }, 120_000);

  it('4: three days later, without any network, everything is there and the ages are true', async () => {
    await start({ BREAKWATER_CLOCK_OFFSET_MS: String(threeDays + minute), BREAKWATER_PRACTICE: 'off' });
    const { page } = app;
    await connectionIs(page, 'offline');
    expect(isRunning(home)).toBe(false);
    await openRoom(page, log);
    await waitFor(byId(page, 'severity'), 'data-value', 'SEV1');
    await expectTexts(page, [story.first, story.typed, ...story.texts]);
    await waitFor(byId(page, 'only-here'), 'data-count', String(before));
    await checkRoom(page);
    const facts = byId(page, 'freshness').locator('li');
    await expect
      .poll(async () => (await facts.allTextContents()).filter((age) => /\b3 d\b/.test(age)).length)
      .toBeGreaterThan(3);
    // Nothing that was ever read claims to be younger than it is.
    for (const age of await facts.allTextContents())
      expect(age).toMatch(/\b[3-9]\d* d\b|\b\d{2,} d\b|never read|not there|denied/);
    await linkBothWays(page);
    await quit();
  }, 120_000);
});

describe('two devices', () => {
  let alice: ElectronApp;
  let bob: BrowserApp;
  let log = '';
  const texts = {
    alice: 'alice was alone with this',
    bob: 'bob was alone with this',
    folder: 'only the folder was there',
  };

  beforeAll(async () => {
    alice = await launchElectronApp({ home: shared, display, profile: 'alice' });
    bob = await launchBrowserApp({ home: shared, profile: 'bob' });
    for (const { page } of [alice, bob]) page.setDefaultTimeout(soonMs);
  }, 120_000);
  afterAll(async () => {
    await bob?.close().catch(() => undefined);
    await alice?.close().catch(() => undefined);
  });

  const both = () => [alice.page, bob.page];
  const share = async (kind: 'delta' | 'folder', place: string): Promise<void> => {
    for (const [page, button] of [
      [alice.page, 'share-setup'],
      [bob.page, 'share-join'],
    ] as const) {
      await go(page, 'people');
      const known = await byId(page, 'share').count();
      await byId(page, `share-kind-${kind}`).click();
      await byId(page, 'share-place').fill(place);
      await byId(page, button).click();
      await expect.poll(() => byId(page, 'share').count(), { timeout: roundMs }).toBe(known + 1);
    }
  };
  const comeBack = async (): Promise<void> => {
    await go(alice.page, 'inbox');
    await byId(alice.page, 'lake-refresh').click();
    for (const page of both()) await connectionIs(page, 'online');
  };

  it('5: a share is set up, the second device joins and is admitted', async () => {
    for (const page of both()) await byId(page, 'proposal').first().waitFor({ timeout: minute });
    await share('delta', `${await catalogOf(shared)}.breakwater`);
    await syncUntil(both(), 'the request to join', async () => (await byId(alice.page, 'join-request').count()) === 1);
    await byId(alice.page, 'role-commander').click();
    await byId(alice.page, 'admit').click();
    await byId(alice.page, 'join-request').waitFor({ state: 'detached' });
    const you = byId(bob.page, 'person', '[data-you="true"]');
    await syncUntil(both(), 'the admission', async () => (await you.getAttribute('data-attested')) === 'true');
  }, 180_000);

  it('5: both open a room from the same signal while apart, and set another severity', async () => {
    await pressDisconnect(alice.page, true);
    await killPractice(shared);
    for (const page of both()) await connectionIs(page, 'offline');
    const opened = [await openFirstProposal(alice.page), await openFirstProposal(bob.page)];
    expect(new Set(opened).size).toBe(1);
    [log = ''] = opened;
    await setSeverity(alice.page, 'SEV1');
    await setSeverity(bob.page, 'SEV4');
    await write(alice.page, { kind: 'note', text: texts.alice });
    await write(bob.page, { kind: 'note', text: texts.bob });
  }, 120_000);

  it('5: back online nothing is lost, both values are on screen, and one click settles them for both', async () => {
    await comeBack();
    const nothingLeft = async (): Promise<boolean> =>
      (await Promise.all(both().map(onlyHere))).every((count) => count === 0);
    await syncUntil(both(), 'everything read back', nothingLeft);
    for (const page of both()) {
      await expect
        .poll(async () => {
          await go(page, 'rooms');
          return byId(page, 'room-row').count();
        })
        .toBe(1);
      await openRoom(page, log);
      await expectTexts(page, [texts.alice, texts.bob], roundMs);
      const sides = byId(byId(page, 'conflict-severity'), 'settle');
      await expect.poll(() => sides.count(), { timeout: roundMs }).toBe(2);
      expect((await sides.evaluateAll((all) => all.map((one) => one.getAttribute('data-value')))).toSorted()).toEqual([
        'SEV1',
        'SEV4',
      ]);
      await waitFor(byId(page, 'severity'), 'data-conflict', 'true');
    }
    await byId(byId(alice.page, 'conflict-severity'), 'settle', '[data-value="SEV4"]').click();
    await waitFor(byId(alice.page, 'severity'), 'data-conflict', 'false');
    await syncUntil(both(), 'everything read back', nothingLeft);
    for (const page of both()) {
      await openRoom(page, log);
      await waitFor(byId(page, 'severity'), 'data-conflict', 'false', roundMs);
      await waitFor(byId(page, 'severity'), 'data-value', 'SEV4');
    }
  }, 180_000);

  it('5: the same through a folder, while the platform is gone', async () => {
    const folder = join(shared, 'shared-folder');
    mkdirSync(folder);
    await share('folder', folder);
    await pressDisconnect(alice.page, true);
    for (const page of both()) await connectionIs(page, 'offline');
    await openRoom(bob.page, log);
    await write(bob.page, { kind: 'note', text: texts.folder });
    await syncUntil(both(), 'the note through the folder', async () => {
      await openRoom(alice.page, log);
      const seen = await byId(byId(alice.page, 'timeline'), 'entry').filter({ hasText: texts.folder }).count();
      await go(alice.page, 'people');
      return seen > 0;
    });
    await pressDisconnect(alice.page, false);
    for (const page of both()) await connectionIs(page, 'online');
  }, 120_000);

  it('6: exports an evidence pack that the commands on the screen accept', async () => {
    const { page } = alice;
    await openRoom(page, log);
    const { result, file, sha256, signers, commands } = await exportPack(page, 'for the auditor, in a test');
    expect(await result.innerText()).toContain(sha256);
    await result.locator('.copy-block').first().getByRole('button').click();
    await expect
      .poll(() => alice.app.evaluate(({ clipboard }) => clipboard.readText()), { timeout: soonMs })
      .toBe(commands[0]);

    const folder = mkdtempSync(join(shared, 'auditor-'));
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const program = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'dist/main/cli.js')}' "$@"\n`;
    writeFileSync(join(bin, 'breakwater'), program, { mode: 0o755 });
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, BREAKWATER_HOME: join(folder, 'empty') };
    const zip = basename(file);
    expect(dirname(signers)).toBe(dirname(file));
    expect(shell(`cp '${file}' '${signers}' .`, folder).code).toBe(0);
    expect(shell(`echo '${sha256}  ${zip}' | sha256sum -c`, folder)).toMatchObject({ code: 0, out: `${zip}: OK\n` });
    expect(shell(`unzip -tq '${zip}'`, folder).code).toBe(0);
    // Every line that the screen told the auditor to type, as it stands there. The last one is about the zip itself.
    const inside = commands.filter((line) => !line.startsWith('breakwater '));
    for (const tool of ['unzip', 'sha256sum', 'ssh-keygen -Y verify', 'sh data/verify.sh'])
      expect(inside.join('\n')).toContain(tool);
    const checked = shell(`set -e\n${inside.join('\n')}`, folder, env);
    expect(checked.text).toContain('Good "evidence-pack@breakwater" signature');
    expect(checked.code).toBe(0);
    const verify = commands.find((line) => line.startsWith('breakwater verify'));
    expect(verify).toBeDefined();
    expect(shell(verify ?? 'false', folder, env)).toMatchObject({
      code: 0,
      text: expect.stringContaining('VERIFIED') as unknown,
    });
    expect(shell(`breakwater verify '${zip}'`, folder, env).code).toBe(3);
    expect(shell(`grep -rhc '${texts.bob}' */data | sort -n | tail -1`, folder).out.trim()).not.toBe('0');
    await page.keyboard.press('Escape');
    await result.waitFor({ state: 'detached' });
  }, 120_000);

  it('nobody complained: no violation of the policy, no error of a page', () => {
    expect(alice.complaints).toEqual([]);
    expect(bob.complaints).toEqual([]);
  });
});
