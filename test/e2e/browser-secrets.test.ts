// The window in a person's own Chromium: what it, the program and the home keep of what was typed there.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { serveApp } from '../support/browser.ts';
import { openChromiumProfile, savedByChromium } from '../support/chromium-profile.ts';
import { openDisplay } from '../support/display.ts';
import { leftIn, leftText } from '../support/secret-search.ts';
import { startSecretStory } from './support/secret-story.ts';

it(
  'nothing secret stays: not in its output, its home, nor in the profile of the browser',
  { timeout: 240_000 },
  async () => {
    const top = mkdtempSync(join(tmpdir(), 'breakwater-browser-secrets-'));
    onTestFinished(() => rmSync(top, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
    const [home, profile] = [join(top, 'home'), join(top, 'chromium')];
    mkdirSync(home);
    const display = await openDisplay();
    onTestFinished(() => display.close());
    const story = await startSecretStory();
    onTestFinished(() => story.close());
    const said: string[] = [];

    for (const part of [story.connect, story.unlock]) {
      const served = await serveApp({ home, env: { BREAKWATER_PRACTICE: 'off', DISPLAY: '' } });
      onTestFinished(() => served.stop().then(() => undefined));
      const context = await openChromiumProfile(profile, display);
      onTestFinished(() => context.close());
      const page = context.pages()[0] ?? (await context.newPage());
      page.on('console', (message) => void said.push(message.text()));
      await page.goto(served.ready.url);
      await part(page, home);
      // It goes as a person leaves it: form data and sessions are written when it ends.
      await context.close();
      expect(await served.stop()).toBe(0);
      said.push(served.output());
    }

    const kept = leftIn(profile);
    // What a page may keep is really there to be searched: its drafts.
    expect(kept.filter(({ place }) => place.includes('Local Storage')).length).toBeGreaterThan(0);
    expect(story.shown([leftText('what was said', said.join('\n')), ...leftIn(home), ...kept])).toEqual([]);
    expect(savedByChromium(profile)).toEqual({ logins: 0, autofill: 0 });
  },
);
